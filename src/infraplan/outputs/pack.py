"""What is read rather than computed with: map, report and workbook of an edition."""

from pathlib import Path

from infraplan.outputs.edition import Edition
from infraplan.outputs.maps import build_map
from infraplan.outputs.redact import redact
from infraplan.outputs.report.write import write_internal_annex, write_reports
from infraplan.outputs.workbook import write_workbook
from infraplan.words import Language

PUBLIC_MAP, INTERNAL_MAP = "map.html", "internal_map.html"
"""The map that may be handed on, and the one that a planner works with."""
WORKBOOK = "plan.xlsx"


def write_pack(edition: Edition, folder: Path) -> list[Path]:
    """Write what people read of an edition into ``folder``, and return the paths.

    What may be handed on has a plain name and shows what the public may see; what has more says so in its
    name. The workbook is to work with: it shows what the edition has.
    """
    public = redact(edition, "public")
    return [
        *write_maps(edition, public, folder),
        *write_papers(edition, public, folder),
        write_workbook(edition, folder / WORKBOOK),
    ]


def write_maps(edition: Edition, public: Edition, folder: Path) -> list[Path]:
    """Write the map to hand on, and the one to work with where it has more."""
    pages = {PUBLIC_MAP: build_map(public)}
    if edition.level != "public":
        pages[INTERNAL_MAP] = build_map(edition)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return [folder / name for name in pages]


def write_papers(
    edition: Edition, public: Edition, folder: Path, *, language: Language | None = None
) -> list[Path]:
    """Write the papers for a council, and apart from them what only the house may read."""
    papers = write_reports(public, folder, language=language)
    if edition.level == "internal":
        papers += write_internal_annex(edition, folder, language=language)
    return papers
