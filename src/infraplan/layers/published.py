"""Published tables of shares, checked figure by figure: what is used keeps PUBLISHED, the rest is a fault."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverconfig import Published
from infraplan.errors import LayerError, MissingFileError
from infraplan.layers.faults import faults, gather
from infraplan.layers.parse import to_numbers
from infraplan.layers.published_layouts import (
    YEAR,
    Figures,
    find_definition,
    read_figures,
    read_published_rules,
)
from infraplan.layers.published_shares import CELL, find_scale, is_missing, is_percent, read_share
from infraplan.layers.published_zones import Register
from infraplan.layers.read import read_layers, whole_layer_fault
from infraplan.layers.study import is_swedish, study_name
from infraplan.tables.fixed import DEFINITION

LAYER = "published"
"""What stands for the layer in faults of published tables."""

_COARSEST = 0.005
"""Shares come in whole per cent at the coarsest: 1 and 0.9 have lost their zeros in a spreadsheet."""


def read_published(
    study: Study, *, municipalities: pd.DataFrame | None = None, strict: bool = True
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Read the published tables of a study: a row a zone, year and measure, and the faults.

    Beside the contract PUBLISHED the table has ``rounding``: half a unit of the last digit that the measure
    is published with, as a share. Each figure of a file is used, or a fault; a cell that says that it has no
    figure ("-", "..") is used and has no share.

    Parameters
    ----------
    municipalities
        Code and name of the study's municipalities, to hold the tables against; read from the study's layer
        where not given.
    strict
        Whether a file that cannot be used as a whole stops the reading; otherwise it becomes a fault.

    Raises
    ------
    MissingFileError
        A file is not there.
    LayerError
        A file cannot be used as a whole.
    """
    names = _name_municipalities(study, municipalities) if study.published else {}
    parts, found = [], []
    for table in study.published:
        try:
            read = list(_read_table(table, names, study))
        except (LayerError, MissingFileError) as error:
            if strict:
                raise
            found.append(whole_layer_fault(error, LAYER))
            continue
        parts += [sheet.used for sheet in read]
        found += [part for sheet in read for part in sheet.faults]
        found += _find_absent(pd.concat([sheet.used for sheet in read]), table, names)
    columns = [*tables.PUBLISHED.names, "rounding"]
    nothing = tables.empty(tables.PUBLISHED).assign(rounding=pd.Series(dtype="float64"))
    used = [part[columns] for part in parts if len(part)]
    whole = pd.concat(used, ignore_index=True).rename_axis("row") if used else nothing
    return whole, gather(found, study.study.crs)


def _name_municipalities(study: Study, given: pd.DataFrame | None) -> dict[str, str]:
    if given is None and "municipalities" in study.layers:
        layers = {"municipalities": study.layers["municipalities"]}
        given = read_layers(study.model_copy(update={"layers": layers}), strict=False).get("municipalities")
    if given is None:
        return {}
    return dict(zip(given["code"].astype("str"), given["name"].astype("str"), strict=True))


@dataclass(frozen=True)
class _Sheet:
    """What became of the figures of one sheet."""

    used: pd.DataFrame
    faults: list[gpd.GeoDataFrame]


class _Sifter:
    """The figures of a sheet on their way in: ``frame`` holds those still used."""

    def __init__(self, frame: pd.DataFrame, table: Published) -> None:
        self.frame, self.table = frame, table
        self.faults: list[gpd.GeoDataFrame] = []

    def find(
        self, rule: str, broken: pd.Series, *, severity: str = "error", aside: bool = True, **values: Any
    ) -> None:
        """Note the figures that break a rule, one fault each, and set them aside."""
        rows = self.frame[broken.to_numpy(dtype=bool)]
        if len(rows):
            ids = [f"{self.table.name}-{row}" for row in rows["row"]]
            each = [self._tell(row) | values for row in rows.to_dict("records")]
            self.faults.append(faults(rule, LAYER, severity=severity, feature_ids=ids, values=each))
            if aside:
                self.frame = self.frame[~broken.to_numpy(dtype=bool)]

    def leave_out(self, rule: str, broken: pd.Series, column: str) -> None:
        """Leave out figures that are no faults, counted by the value of a column."""
        left = self.frame[broken.to_numpy(dtype=bool)]
        counts = left[column].value_counts(sort=False)
        file = self.table.path.name
        values = [{"file": file, "name": str(name), "count": int(count)} for name, count in counts.items()]
        if values:
            self.faults.append(
                faults(rule, LAYER, severity="info", feature_ids=[""] * len(values), values=values)
            )
            self.frame = self.frame[~broken.to_numpy(dtype=bool)]

    def _tell(self, row: dict[Any, Any]) -> dict[str, Any]:
        file, zone = self.table.path.name, f"{row['zone_code']} {row['zone_name']}".strip()
        told = {name: str(row[name]) for name in ("measure", "year", "base", "expected") if name in row}
        return told | {
            "file": file,
            "row": str(row["row"]),
            "zone": zone,
            "value": row["cell"],
        }


def _read_table(table: Published, names: dict[str, str], study: Study) -> Iterator[_Sheet]:
    if not table.path.exists():
        where = {"file": study_name(study), "key": f'[[published]] "{table.name}" path'}
        raise MissingFileError("missing_file", **where, path=table.path)
    for figures in read_figures(table):
        yield _read_sheet(figures, table, names, study)


def _read_sheet(figures: Figures, table: Published, names: dict[str, str], study: Study) -> _Sheet:
    """Take the figures of a sheet from text to what PUBLISHED asks for."""
    sifter = _Sifter(figures.frame, table)
    _sift_parts(sifter, figures.unit)
    _sift_zones(sifter, names, study)
    _sift_years(sifter)
    _sift_shares(sifter)
    _sift_bases(sifter)
    _sift_copies(sifter)
    return _Sheet(_describe(sifter.frame, table, figures.unit), sifter.faults)


def _sift_parts(sifter: _Sifter, unit: str) -> None:
    """Leave out figures of parts of zones, and measures that are no definition of ours."""
    words = read_published_rules().words
    small = sifter.frame["part"].str.casefold()
    sifter.leave_out("published_part", (small != "") & ~small.isin(words.whole), "part")
    if sifter.table.layout != "pts_mobile":
        measures = sifter.frame["measure"]
        known = {name: find_definition(name, unit, sifter.table) is not None for name in measures.unique()}
        sifter.leave_out("published_measure_unknown", ~measures.map(known).astype("bool"), "measure")


def _sift_zones(sifter: _Sifter, names: dict[str, str], study: Study) -> None:
    frame = sifter.frame
    # No name with å, ä or ö in the whole table: they were lost on the way.
    plain = bool(frame["zone_name"].map(str.isascii).all())
    register = Register(names, swedish=is_swedish(study), plain=plain)
    pairs = frame[["zone_code", "zone_name"]].drop_duplicates()
    zones = {pair: register.find(*pair) for pair in pairs.itertuples(index=False, name=None)}
    of = [zones[pair] for pair in zip(frame["zone_code"], frame["zone_name"], strict=True)]
    problem = pd.Series([zone.problem for zone in of], index=frame.index, dtype="str")
    sifter.frame = frame.assign(
        zone_kind=pd.Series([zone.kind for zone in of], index=frame.index, dtype="str"),
        code=pd.Series([zone.code for zone in of], index=frame.index, dtype="str"),
        expected=pd.Series([zone.expected for zone in of], index=frame.index, dtype="str"),
    )
    sifter.find("published_zone_unknown", problem == "published_zone_unknown")
    kept = problem[sifter.frame.index]
    sifter.find("published_code_and_name", kept == "published_code_and_name", severity="warning")


def _sift_years(sifter: _Sifter) -> None:
    found = sifter.frame["year"].map(lambda text: sorted(set(YEAR.findall(text))))
    sifter.find("published_year", found.map(len) != 1)
    years = found[sifter.frame.index].map(lambda years: int(years[0])).astype("int64")
    sifter.frame = sifter.frame.assign(when=years)


def _sift_shares(sifter: _Sifter) -> None:
    """Read the shares, and set aside what none can be, by the scale of each measure's column."""
    texts = sifter.frame["cell"]
    read = {text: read_share(text) for text in texts.unique()}
    cells = pd.DataFrame([read[text] for text in texts], index=texts.index, columns=list(CELL))
    sifter.frame = sifter.frame.assign(**{name: cells[name] for name in CELL})
    sifter.find("published_not_a_share", sifter.frame["number"].isna() & ~is_missing(sifter.frame["cell"]))
    sifter.find("published_negative", sifter.frame["number"] < 0)
    scale = _find_scales(sifter.frame, sifter.table.percent)
    scale = scale.where(~is_percent(sifter.frame), 100.0)
    sifter.find("published_scale", scale.isna() & sifter.frame["number"].notna())
    scale = scale[sifter.frame.index].fillna(1.0)
    share = sifter.frame["number"] / scale
    sifter.frame = sifter.frame.assign(share=share, rounding=0.5 * 10.0 ** -sifter.frame["decimals"] / scale)
    sifter.find("published_over_one", sifter.frame["share"] > 1.0)


def _find_scales(frame: pd.DataFrame, percent: bool | None) -> pd.Series:  # noqa: FBT001  (a key of the study)
    """Return by what each figure is to be divided: as the study says, else by the numbers of its measure."""
    if percent is not None:
        return pd.Series(100.0 if percent else 1.0, index=frame.index)
    scales = {name: find_scale(group) for name, group in frame.groupby("measure", sort=False)}
    return frame["measure"].map(scales).astype("float64")


def _sift_bases(sifter: _Sifter) -> None:
    text = sifter.frame["base"]
    base = to_numbers(text)
    sifter.frame = sifter.frame.assign(counted=base.where(base >= 0))
    wrong = sifter.frame["counted"].isna() & ~is_missing(text)
    sifter.find("published_base", wrong, severity="repaired", aside=False)
    sifter.find("published_base_zero", (sifter.frame["counted"] == 0) & sifter.frame["share"].notna())


def _sift_copies(sifter: _Sifter) -> None:
    """Keep the first figure of a zone, measure and year; one that has a share goes before one without."""
    frame = sifter.frame
    # A zone that is known by its name alone has no code of its own.
    named = frame["code"].where(frame["code"] != "", frame["zone_name"].str.casefold())
    keys = frame[["zone_kind", "measure", "when"]].assign(zone=named)
    ordered = keys.iloc[np.argsort(frame["share"].isna().to_numpy(), kind="stable")]
    sifter.find("published_twice", ordered.duplicated().reindex(frame.index))


def _describe(frame: pd.DataFrame, table: Published, unit: str) -> pd.DataFrame:
    """Return used figures with the columns of PUBLISHED, in the order of the file."""
    rounding = frame.loc[frame["bound"] == "exact"].groupby("measure")["rounding"].min()
    text = ["zone_kind", "zone_name", "measure", "bound"]
    told = (
        frame[text]
        .astype("str")
        .assign(
            table=pd.Series(table.name, frame.index, dtype="str"),
            zone_code=frame["code"],
            year=frame["when"],
            share=frame["share"],
            base=frame["counted"],
            rounding=frame["measure"].map(rounding).astype("float64").fillna(0.0).clip(upper=_COARSEST),
            source=pd.Series(table.source or table.name, frame.index, dtype="str"),
        )
    )
    return told.join(_define(frame["measure"], table, unit)).reset_index(drop=True)


def _define(measures: pd.Series, table: Published, unit: str) -> pd.DataFrame:
    """Return the definition of each figure; one that is none of ours is empty."""
    names = [column.name for column in DEFINITION]
    said: dict[str, tuple[Any, ...]] = {}
    for name in measures.unique():
        found = find_definition(name, unit, table)
        said[name] = _NONE if found is None else tuple(getattr(found, part) for part in names)
    rows = pd.DataFrame([said[name] for name in measures], columns=names, index=measures.index)
    text = ["counts", "unit", "technologies"]
    return rows.astype(dict.fromkeys(text, "str") | {"holiday_homes": "bool", "down_mbps": "float64"})


_NONE = ("", "", False, 0.0, "")
"""The definition of what is none of ours, such as mobile coverage."""


def _find_absent(used: pd.DataFrame, table: Published, names: dict[str, str]) -> Iterator[gpd.GeoDataFrame]:
    """Yield the study's municipalities that a table of municipalities says nothing of."""
    of_municipalities = used[used["zone_kind"] == "municipality"]
    told = set(of_municipalities["zone_code"])
    absent = [f"{code} {name}".strip() for code, name in names.items() if code not in told]
    if absent and len(of_municipalities):
        values = {"file": table.path.name, "count": len(absent), "zones": ", ".join(absent)}
        yield faults("published_without_zone", LAYER, severity="warning", values=values)
