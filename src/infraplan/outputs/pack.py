"""What is read rather than computed with: map, report and workbook of an edition."""

from pathlib import Path

from infraplan.outputs.edition import Edition
from infraplan.outputs.maps import build_map
from infraplan.outputs.redact import redact
from infraplan.outputs.workbook import write_workbook

PUBLIC_MAP, INTERNAL_MAP = "map.html", "internal_map.html"
"""The map that may be handed on, and the one that a planner works with."""
WORKBOOK = "plan.xlsx"


def write_pack(edition: Edition, folder: Path) -> list[Path]:
    """Write what people read of an edition into ``folder``, and return the paths.

    What may be handed on has a plain name and shows what the public may see; what has more says so in its
    name. The workbook is to work with: it shows what the edition has.
    """
    return [*write_maps(edition, folder), write_workbook(edition, folder / WORKBOOK)]


def write_maps(edition: Edition, folder: Path) -> list[Path]:
    """Write the map to hand on, and the one to work with where it has more."""
    pages = {PUBLIC_MAP: build_map(redact(edition, "public"))}
    if edition.level != "public":
        pages[INTERNAL_MAP] = build_map(edition)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return [folder / name for name in pages]
