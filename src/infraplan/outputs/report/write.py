"""The papers of an edition as HTML and PDF, in a folder that its caller replaces whole."""

from pathlib import Path

from infraplan.outputs.edition import Edition
from infraplan.outputs.report.content import build_report
from infraplan.outputs.report.document import Document
from infraplan.outputs.report.followup import build_followup
from infraplan.outputs.report.html import build_html
from infraplan.outputs.report.internal import build_internal_annex
from infraplan.outputs.report.memo import build_memo
from infraplan.outputs.report.pdf import build_pdf
from infraplan.outputs.report.sheets import build_sheets
from infraplan.words import Language

PAPERS = {
    "report": build_report,
    "memo": build_memo,
    "followup": build_followup,
    "sheets": build_sheets,
}
"""What is written of any edition, by the stem of its files."""
INTERNAL_ANNEX = "internal_annex"


def write_reports(edition: Edition, folder: Path, *, language: Language | None = None) -> list[Path]:
    """Write report, memorandum, follow-up and map sheets, each as HTML and PDF; return the paths.

    In the study's language where none is asked for. The internal annex is apart: ``write_internal_annex``.
    """
    return [
        path
        for stem, build in PAPERS.items()
        for path in _write(build(edition, language=language), folder, stem)
    ]


def write_internal_annex(edition: Edition, folder: Path, *, language: Language | None = None) -> list[Path]:
    """Write the internal annex of an internal edition as HTML and PDF; return the paths.

    Raises
    ------
    OutputError
        The edition is not internal.
    """
    return _write(build_internal_annex(edition, language=language), folder, INTERNAL_ANNEX)


def _write(document: Document, folder: Path, stem: str) -> list[Path]:
    page, paper = folder / f"{stem}.html", folder / f"{stem}.pdf"
    page.write_text(build_html(document), "utf-8", newline="\n")
    paper.write_bytes(build_pdf(document))
    return [page, paper]
