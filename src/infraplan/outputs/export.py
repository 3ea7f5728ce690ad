"""A finished run for others to have: what a level may see, as layers, metadata, map, report and workbook.

All of it is made of one redacted edition (``outputs.redact``): no writer here sees anything else.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from infraplan import words
from infraplan.config import Level
from infraplan.errors import OutputError
from infraplan.outputs.dcat import write_metadata
from infraplan.outputs.edition import Edition, read_edition
from infraplan.outputs.exchange import FORMATS, write_layers
from infraplan.outputs.levels import LEVELS
from infraplan.outputs.manifest import checksum
from infraplan.outputs.pack import WORKBOOK, write_maps, write_papers
from infraplan.outputs.redact import least_shown, redact
from infraplan.outputs.staging import staged
from infraplan.outputs.workbook import write_workbook

__all__ = ["FORMATS", "export"]

_INTERNAL = "internal_"
"""What files of the pack begin with that show more than the public sees: here the level says so."""


def export(
    out_folder: Path,
    destination: Path,
    *,
    level: str = "public",
    formats: Iterable[str] = ("geojson",),
    pack: bool = True,
) -> list[Path]:
    """Write a finished run as a level of secrecy may see it, and say so in each name; return the paths.

    Each layer in each format with its metadata; with ``pack`` also what people read: map, report, workbook.
    ``export_LEVEL.json`` says level, what it holds, vintages, sources and checksums.

    Raises
    ------
    OutputError
        No run in ``out_folder``, a level or format that there is not, or a destination that cannot be
        written.
    """
    asked = next((name for name in LEVELS if name == level), None)
    if asked is None:
        raise OutputError("no_such_level", level=level, found=", ".join(LEVELS))
    chosen = tuple(dict.fromkeys(formats))
    for name in chosen:
        if name not in FORMATS:
            raise OutputError("no_such_format", format=name, found=", ".join(FORMATS))
    edition = redact(read_edition(Path(out_folder)), asked)
    destination = Path(destination)
    with staged(destination) as staging:
        files = write_layers(edition, staging, chosen)
        write_metadata(edition, files, staging)
        if pack:
            _write_pack(edition, staging)
        names = sorted(path.name for path in staging.iterdir())
        about = f"export_{asked}.json"
        (staging / about).write_text(_describe(edition, staging, names), encoding="utf-8", newline="")
    return [destination / name for name in (*names, about)]


def _write_pack(edition: Edition, folder: Path) -> None:
    """Write what people read, all of it made of the edition and each file with the level in its name."""
    inside = folder / "pack"
    inside.mkdir()
    written = write_maps(edition, edition, inside) + write_papers(edition, edition, inside)
    written.append(write_workbook(edition, inside / WORKBOOK))
    for path in written:
        name = Path(path.name.removeprefix(_INTERNAL))
        path.replace(folder / f"{name.stem}_{edition.level}{name.suffix}")
    inside.rmdir()


def _describe(edition: Edition, folder: Path, names: list[str]) -> str:
    """Return what is said of the files: for whom they are, from what, of when, and for what not."""
    level: Level = edition.level
    hidden = level == "public"
    inputs: list[dict[str, Any]] = [dict(row) for row in edition.about["inputs"]]
    told = ("layer", "source", "licence", "date", "level", "modelled", "assumption")
    about = {
        "study": edition.about["study"],
        "level": level,
        "holds": words.load(edition.language).text(f"levels.holds_{level}"),
        "crs": edition.crs,
        "not_for_excavation": edition.about["not_for_excavation"],
        "suppressed_below": least_shown(edition) if hidden else None,
        "infraplan": edition.about["versions"]["infraplan"],
        "run_started": edition.about["started"],
        "sources": [{key: row.get(key) for key in told} for row in inputs],
        "files": {name: checksum(folder / name) for name in names},
    }
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"
