"""Results into a folder, all or nothing, the manifest last."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from infraplan import words
from infraplan.config import Level, Study
from infraplan.errors import OutputError
from infraplan.layers.faults import describe
from infraplan.layers.studyfile import list_files
from infraplan.outputs import manifest
from infraplan.outputs.delimited import to_csv
from infraplan.outputs.edition import Edition, edition_of, read_edition
from infraplan.outputs.geojson import to_geojson, to_points
from infraplan.outputs.gpkg import write_gpkg
from infraplan.outputs.maps import Tiles, build_map
from infraplan.outputs.pack import write_pack, write_papers
from infraplan.outputs.redact import redact
from infraplan.outputs.results import Covered, Results
from infraplan.outputs.staging import FACTS, MANIFEST, PACKAGE, PLAN_PACKAGE, atomic, staged
from infraplan.tables import TARGETS
from infraplan.words import Language, Words

PROTECTED = "internal_protected.csv"

_MEASURED = re.compile(r"(_m|_db|_sek|metres|quantity|price)$")
"""Columns with a unit, by their names."""


def write_results(results: Covered, folder: Path, *, pack: bool = True) -> Path:
    """Write all that a run leaves into ``folder`` (made where it is missing), and return it.

    Without a plan that is what is known before any; without ``pack`` the tables and layers alone, not what
    people read: maps, papers, workbook.

    Raises
    ------
    OutputError
        The folder is a file, may not be written, is full, another run is writing there, or a file of the
        results would take the place of one that the study reads.
    """
    folder = Path(folder)
    edition = edition_of(results)
    with staged(folder) as staging:
        for name, text in _texts(results).items():
            _write(staging / name, text)
        write_gpkg(edition, staging / (PLAN_PACKAGE if edition.has_plan else PACKAGE))
        if results.facts is not None:
            results.facts.to_parquet(staging / FACTS)
        if pack:
            write_pack(edition, staging)
        _write(staging / MANIFEST, manifest.to_json(manifest.build(edition.about, staging)))
        _spare_inputs(results.study, folder, staging)
    return folder


def _spare_inputs(study: Study, folder: Path, staging: Path) -> None:
    """Refuse to write over a file that the study reads, as where it is run into its own folder."""
    targets = {(folder / path.name).resolve() for path in staging.iterdir()}
    for file in list_files(study):
        if file.layer.path.resolve() in targets:
            raise OutputError("output_is_input", path=file.layer.path, layer=file.name)
    for table in study.published:
        if table.path.resolve() in targets:
            raise OutputError("output_is_input", path=table.path, layer=table.name)


def write_faults(faults: gpd.GeoDataFrame, summary: str, folder: Path, speech: Words) -> Path:
    """Write faults alone, as a table, as a map layer and in words (``summary.txt``), into ``folder``."""
    with staged(folder) as staging:
        for name, text in (_fault_texts(faults, speech) | {"summary.txt": summary}).items():
            _write(staging / name, text)
    return folder


def write_map(
    folder: Path,
    path: Path,
    *,
    level: Level = "public",
    language: Language | None = None,
    beside: Path | None = None,
    tiles: Tiles | None = None,
) -> Path:
    """Write the map of the finished run in ``folder`` to ``path``, and return the path.

    ``beside`` is the folder of another run, to compare with; both are shown as the level may see them.

    Raises
    ------
    OutputError
        A folder holds no run, or one that the level is above of, the runs are of different areas, or ``path``
        cannot be written.
    """
    whole = read_edition(folder)
    other = None if beside is None else _read_beside(beside, folder, whole)
    edition = redact(whole, level)
    write_text(path, build_map(edition, language=language, beside=other, tiles=tiles))
    return path


def _read_beside(beside: Path, folder: Path, edition: Edition) -> Edition:
    """Return another run of the same area."""
    other = read_edition(beside)
    ours, theirs = (f"{', '.join(one.study['municipalities'])} ({one.crs})" for one in (edition, other))
    if ours != theirs:
        raise OutputError("other_area", folder=folder, beside=beside, ours=ours, theirs=theirs)
    return other


def write_report(folder: Path, destination: Path, *, language: Language | None = None) -> list[Path]:
    """Write the papers of the finished run in ``folder`` into another folder, and return the paths.

    Raises
    ------
    OutputError
        The folder holds no run, or ``destination`` cannot be written.
    """
    edition = read_edition(folder)
    with staged(destination) as staging:
        papers = write_papers(edition, redact(edition, "public"), staging, language=language)
        names = [path.name for path in papers]
    return [Path(destination) / name for name in names]


def write_text(path: Path, text: str) -> None:
    """Write a text file, all or nothing."""
    with atomic(path) as staging:
        _write(staging, text)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _texts(results: Covered) -> dict[str, str]:
    speech = words.load(results.study.study.language)
    about = manifest.provenance(results)
    targets = results.targets.assign(modelled_layers=" ".join(manifest.name_modelled(results)))
    texts = {
        "white_spots.geojson": to_geojson(results.white_spots, about=about),
        "white_spot_areas.geojson": to_geojson(results.white_spot_areas, about=about),
        "targets.csv": to_csv(targets, [*TARGETS.names, "modelled_layers"]),
        **{f"{name}.csv": _plain_csv(table) for name, table in results.open_figures.items()},
        **_protected_texts(results),
        **_fault_texts(results.faults, speech),
    }
    if isinstance(gaps := results.figures.get("mobile_gaps"), gpd.GeoDataFrame):
        texts["mobile_gaps.geojson"] = to_geojson(gaps, about=about)
    return texts | (_plan_texts(results, about) if isinstance(results, Results) else {})


def _plan_texts(results: Results, about: dict[str, Any]) -> dict[str, str]:
    return {
        "routes.geojson": to_geojson(results.plan.routes, about=about),
        **{f"{name}.csv": _plain_csv(table) for name, table in results.plan_tables.items()},
    }


def _protected_texts(results: Covered) -> dict[str, str]:
    """Return the file of protected buildings, where there are any: its name says who may see it."""
    return {PROTECTED: _plain_csv(results.protected)} if len(results.protected) else {}


def _plain_csv(table: pd.DataFrame) -> str:
    """Return a table as CSV with its key first and without geometry.

    Metres, decibels and kronor are written to the hundredth, shares to the millionth: more digits than that
    are read as noise. plan.gpkg has them all.
    """
    flat = table.drop(columns=table.geometry.name) if isinstance(table, gpd.GeoDataFrame) else table
    digits = {name: 2 if _MEASURED.search(name) else 6 for name in map(str, flat.columns)}
    return to_csv(pd.DataFrame(flat).round(digits).reset_index())


def _fault_texts(faults: gpd.GeoDataFrame, speech: Words) -> dict[str, str]:
    said = describe(faults, speech)
    return {
        "faults.csv": to_csv(pd.DataFrame(said.drop(columns=said.geometry.name))),
        "faults.geojson": to_geojson(to_points(said)),
    }
