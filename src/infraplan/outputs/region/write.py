"""Write a region: its map, its table, its seams, and all layers, as a run leaves them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from infraplan.errors import OutputError
from infraplan.outputs import manifest
from infraplan.outputs.delimited import to_csv
from infraplan.outputs.edition import Edition, read_edition
from infraplan.outputs.geojson import to_geojson, to_points
from infraplan.outputs.gpkg import write_gpkg
from infraplan.outputs.pack import write_maps
from infraplan.outputs.redact import redact
from infraplan.outputs.region.join import join
from infraplan.outputs.region.progress import build_progress
from infraplan.outputs.region.seams import find_seams
from infraplan.outputs.staging import FACTS, MANIFEST, PACKAGE, PLAN_PACKAGE, staged
from infraplan.outputs.workbook import write_workbook


def write_region(folders: Sequence[Path], destination: Path, *, name: str) -> Edition:
    """Join the finished runs in some folders into one region, write it, and return it.

    The folder is as that of a run, so that it can be exported in its turn, with ``region.csv`` (how far each
    municipality has come) and ``seams.csv`` and ``seams.geojson`` beside.

    Raises
    ------
    OutputError
        Fewer than two folders, the same twice, one that holds no run, or a destination that is one of them.
    """
    places = [Path(folder).resolve() for folder in folders]
    if Path(destination).resolve() in places:
        raise OutputError("region_into_study", folder=destination)
    if twice := next((folder for folder in places if places.count(folder) > 1), None):
        raise OutputError("region_twice", folder=twice)
    region = join([read_edition(folder) for folder in folders], name=name)
    language = region.edition.language
    progress, seams = build_progress(region.parts), find_seams(region.parts, language=language)
    edition = Edition(
        about=region.edition.about,
        tables={**region.edition.tables, "region": progress, "seams": seams},
        level=region.edition.level,
    )
    with staged(destination) as staging:
        (staging / "region.csv").write_text(to_csv(_shown(progress)), "utf-8", newline="")
        flat = pd.DataFrame(seams.drop(columns="geometry")).round({"metres": 1}).reset_index()
        (staging / "seams.csv").write_text(to_csv(flat), "utf-8", newline="")
        (staging / "seams.geojson").write_text(to_geojson(to_points(seams)), "utf-8", newline="")
        if "facts" in edition.tables:
            edition.tables["facts"].to_parquet(staging / FACTS)
        write_gpkg(edition, staging / (PLAN_PACKAGE if edition.has_plan else PACKAGE))
        write_workbook(edition, staging / "region.xlsx")
        write_maps(edition, redact(edition, "public"), staging)
        (staging / MANIFEST).write_text(manifest.to_json(manifest.build(edition.about, staging)), "utf-8")
    return edition


def _shown(progress: pd.DataFrame) -> pd.DataFrame:
    return progress.round({"share": 6, "share_with_plan": 6})
