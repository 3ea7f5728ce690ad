"""What is read rather than computed with: map, report and workbook of an edition."""

from pathlib import Path

from infraplan.outputs.edition import Edition
from infraplan.outputs.maps import build_map
from infraplan.outputs.redact import redact

PUBLIC_MAP, INTERNAL_MAP = "map.html", "internal_map.html"
"""The map that may be handed on, and the one that a planner works with."""


def write_pack(edition: Edition, folder: Path) -> list[Path]:
    """Write what people read of an edition into ``folder``, and return the paths.

    What may be handed on has a plain name and shows what the public may see; what has more says so in its
    name.
    """
    public = redact(edition, "public")
    pages = {PUBLIC_MAP: build_map(public)}
    if edition.level != "public":
        pages[INTERNAL_MAP] = build_map(edition)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return [folder / name for name in pages]
