"""Write an edition as a workbook."""

from datetime import datetime
from pathlib import Path

from infraplan import words
from infraplan.outputs.edition import Edition
from infraplan.outputs.workbook.book import Book
from infraplan.outputs.workbook.sheets import build_sheets
from infraplan.outputs.workbook.summary import say_head, say_rows, write_summary
from infraplan.words import Language


def write_workbook(edition: Edition, path: Path, *, language: Language | None = None) -> Path:
    """Write summary, projects, phases, bill, white spots, faults and sources as sheets; return the path.

    The summary's figures are formulas over the other sheets; equal editions give equal bytes. A table longer
    than a sheet is cut, and says so.
    """
    speech = words.load(language or edition.language)
    sheets = build_sheets(edition, speech)
    made = datetime.fromisoformat(edition.about["started"]).replace(tzinfo=None)
    subject = speech.text(f"map.level.{edition.level}")
    with Book(path, title=edition.study["name"], subject=subject, made=made) as book:
        write_summary(book, edition, sheets, speech)
        above = next(say_head(edition, speech))
        if any(row["modelled"] for row in edition.about["inputs"]):
            above += " " + speech.text("workbook.modelled")
        for sheet in sheets.values():
            cut = f"{say_rows(sheet, speech)} " if sheet.rows > sheet.shown else ""
            book.add_sheet(sheet, cut + above)
    return path
