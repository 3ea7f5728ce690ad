"""Join the editions of several studies into one.

Nothing is left out: what two studies call the same gets its study's mark before its name, and is told as a
seam where it is the same thing. What speaks of one plan as a whole stays with its study. Sums over the whole
region are made where they can be made of the studies' own: of targets and of the switchboard; other tables
keep the rows of their zones alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import geopandas as gpd
import pandas as pd
import shapely

from infraplan.config import Level
from infraplan.coverage.targets import count_missing
from infraplan.errors import OutputError
from infraplan.layers.studyfile import layer_of
from infraplan.outputs.edition import Edition
from infraplan.outputs.manifest import coverage_totals
from infraplan.outputs.region.plans import PHASED, join_plans, number_phases, sum_phases
from infraplan.tables import DEFINITION

Phases = Mapping[tuple[str, Any], int]
"""The region's number of each study's phase."""

_LEAST = 2
_UNKEYED = (None, "row", "phase")
"""Names of indexes that are no keys."""
_POOLED = ("study", "settlement_class")
"""Zones that every study has under the same key: parts of one zone of the region."""
_KEYED = ("project_id", "above", "cabinet_id", "white_spot_id")
"""Columns that hold keys of other tables, in which numbers begin anew in each study."""
OF_ONE_PLAN = ("effect", "risk", "alternatives", "target_plans", "curve")
"""Tables that speak of one study's plan as a whole: they stay with their studies."""
_LEFT = ("sources", *OF_ONE_PLAN)
_SUMMED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "targets": (
        ("target", "unit", "decides", "counts", "down_mbps", "passed_m", "target_share"),
        ("base", "connected", "orderable", "passed_estimated", "planned", "reached"),
    ),
    "switchboard": (tuple(column.name for column in DEFINITION), ("base", "reached")),
}
"""Tables whose rows of the whole add up: by what they are asked, and what is counted."""


@dataclass(frozen=True)
class Region:
    """Several studies: ``parts`` as they are, by their marks, and ``edition`` with all of them together."""

    parts: Mapping[str, Edition]
    edition: Edition


def join(editions: Sequence[Edition], *, name: str) -> Region:
    """Join studies into a region of a name; shapes come in the first study's CRS, words in its language.

    Raises
    ------
    OutputError
        Fewer than two studies, or editions at different levels of secrecy.
    """
    if len(editions) < _LEAST:
        raise OutputError("region_too_few", count=len(editions))
    levels = {edition.level for edition in editions}
    level = next(level for level in reversed(get_args(Level)) if level in levels)
    parts = {mark: _project(part, editions[0].crs) for mark, part in _mark(editions).items()}
    phases = number_phases(parts)
    names = dict.fromkeys(name for part in parts.values() for name in part.tables)
    tables = {table: _join_table(table, parts, phases) for table in names if table not in _LEFT}
    tables["zones"] = _pool(gpd.GeoDataFrame(tables["zones"]))
    if "cells" in tables:
        tables["cells"] = _sum_cells(gpd.GeoDataFrame(tables["cells"]))
    if "phases" in tables:
        tables["phases"] = sum_phases(tables["phases"])
    for table in _SUMMED:
        if table in tables:
            tables[table] = _sum_whole(table, tables[table], len(parts), name)
    about = _tell(parts, tables, name)
    return Region(parts, Edition(about=about, tables=tables, level=level))


def _mark(editions: Iterable[Edition]) -> dict[str, Edition]:
    """Return the editions by a short mark: the code of the municipality that one is about, or a number."""
    found: dict[str, Edition] = {}
    for i, edition in enumerate(editions, 1):
        codes = edition.study["municipalities"]
        mark = codes[0] if len(codes) == 1 and codes[0] not in found else f"S{i}"
        found[mark] = edition
    return found


def _project(edition: Edition, crs: str) -> Edition:
    """Return an edition with its shapes in another CRS."""
    if edition.crs == crs:
        return edition
    tables = {
        name: table.to_crs(crs) if isinstance(table, gpd.GeoDataFrame) else table
        for name, table in edition.tables.items()
    }
    return Edition(about=edition.about, tables=tables, level=edition.level)


def _join_table(name: str, parts: Mapping[str, Edition], phases: Phases) -> pd.DataFrame:
    """Return a table of all studies one below the other."""
    found: list[pd.DataFrame] = []
    taken = pd.Index([])
    for mark, part in parts.items():
        if not len(part.table(name).columns):
            continue
        own = _renumber(name, _rename(part.table(name), mark), mark, phases)
        if own.index.name not in _UNKEYED:
            own = own.set_axis(_keys(own, mark, taken))
            taken = taken.union(own.index, sort=False)
        found.append(own)
    joined = pd.concat(found, ignore_index=found[0].index.name in (None, "row"))
    joined.index.name = found[0].index.name
    return _as_shapes(joined, found)


def _renumber(name: str, table: pd.DataFrame, mark: str, phases: Phases) -> pd.DataFrame:
    """Return a table with the region's numbers of phases."""
    if name == "phases":
        return table.set_axis(pd.Index([phases[mark, phase] for phase in table.index], name="phase"))
    if name in PHASED and "phase" in table:
        return table.assign(phase=[phases[mark, phase] for phase in table["phase"]])
    return table


def _keys(table: pd.DataFrame, mark: str, taken: pd.Index) -> pd.Index:
    """Return a table's keys, with the study's mark where another study may have, or has, the same."""
    twice = table.index.isin(taken)
    if table.index.name == "zone_id":
        twice &= ~table["kind"].isin(_POOLED).to_numpy()
    if table.index.name in _KEYED:
        twice |= True
    keys = [f"{mark}:{key}" if again else key for key, again in zip(table.index, twice, strict=True)]
    return pd.Index(keys, name=table.index.name)


def _as_shapes(joined: pd.DataFrame, found: Sequence[pd.DataFrame]) -> pd.DataFrame:
    shaped = next((table for table in found if isinstance(table, gpd.GeoDataFrame)), None)
    return (
        joined if shaped is None else gpd.GeoDataFrame(joined, geometry=shaped.geometry.name, crs=shaped.crs)
    )


def _rename(table: pd.DataFrame, mark: str) -> pd.DataFrame:
    """Return a table in which keys of other tables bear the study's mark; an empty key stays empty."""
    columns = [name for name in _KEYED if name in table.columns]
    return table.assign(
        **{name: [f"{mark}:{key}" if key else key for key in table[name].fillna("")] for name in columns}
    )


def _pool(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the zones with those that every study has as one."""
    pooled = zones["kind"].isin(_POOLED)
    if not pooled.any():
        return zones
    rows = []
    for key, group in zones[pooled].groupby(level=0, sort=False):
        people = group["population"].sum(min_count=len(group))
        rows.append(
            (key, {**group.iloc[0], "population": people, "geometry": shapely.union_all(group.geometry)})
        )
    whole = gpd.GeoDataFrame([row for _, row in rows], index=[key for key, _ in rows], crs=zones.crs)
    joined = gpd.GeoDataFrame(pd.concat([whole, zones[~pooled]]), crs=zones.crs)
    return gpd.GeoDataFrame(joined.rename_axis(zones.index.name), crs=zones.crs)


def _sum_cells(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return squares with those at a border, of which each study counts its own people, as one.

    One counts as the municipality's where more of its people live.
    """
    most = cells.sort_values("households", ascending=False, kind="stable")
    first = most[~most.duplicated(["grid", "code"])]
    sums = cells.groupby(["grid", "code"], sort=False)[list(_COUNTED_IN_CELLS)].sum()
    counted = sums.loc[pd.MultiIndex.from_frame(first[["grid", "code"]])].set_axis(first.index)
    whole = first.assign(**{name: counted[name] for name in _COUNTED_IN_CELLS})
    return gpd.GeoDataFrame(whole.loc[cells.index.intersection(whole.index, sort=False)], crs=cells.crs)


_COUNTED_IN_CELLS = (
    "premises",
    "households",
    "workplaces",
    "units",
    "connected",
    "orderable",
    "passed",
    "planned",
    "white_spots",
)


def _sum_whole(name: str, table: pd.DataFrame, studies: int, region: str) -> pd.DataFrame:
    """Return a table with one row for the whole where every study has one that asks the same."""
    by, counts = _SUMMED[name]
    by = tuple(column for column in by if column in table)
    pooled = table["zone_kind"].isin(_POOLED)
    groups = table[pooled].groupby([*by, "zone_id", "zone_kind"], sort=False, dropna=False)
    whole = groups.agg(
        **{column: (column, _sum_known) for column in counts if column in table},
        zone_name=("zone_name", "first"),
        parts=("zone_id", "size"),
    ).reset_index()
    # A class of settlement that some study lacks has nobody there; the whole must be of all.
    whole = whole[(whole["parts"] == studies) | (whole["zone_kind"] != "study")].drop(columns="parts")
    whole.loc[whole["zone_kind"] == "study", "zone_name"] = region
    whole["share"] = whole["reached"] / whole["base"].where(whole["base"] > 0)
    if "target_share" in whole:
        asked = whole[["base", "reached", "target_share"]].itertuples(index=False, name=None)
        whole["missing"] = [_missing(*row) for row in asked]
        whole["met"] = (whole["missing"] == 0) & (whole["base"] > 0)
    joined = pd.concat([whole, table[~pooled]], ignore_index=True).rename_axis("row")
    return pd.DataFrame(joined[list(table.columns)])


def _sum_known(values: pd.Series) -> float:
    """Return a sum, not known where a part is hidden."""
    return float(values.sum(min_count=len(values)))


def _missing(base: float, reached: float, share: float) -> float:
    """Return what is missing to a target, not known where a count is hidden."""
    return count_missing(int(base), int(reached), share) if base >= 0 and reached >= 0 else float("nan")


def _tell(parts: Mapping[str, Edition], tables: Mapping[str, pd.DataFrame], name: str) -> dict[str, Any]:
    first = next(iter(parts.values()))
    about = dict(first.about)
    study = {
        **first.study,
        "name": name,
        "year": max(int(part.study["year"]) for part in parts.values()),
        "municipalities": [code for part in parts.values() for code in part.study["municipalities"]],
    }
    totals: dict[str, Any] = coverage_totals(
        *(
            _or_empty(tables.get(table))
            for table in ("premises", "targets", "white_spots", "white_spot_areas")
        )
    )
    return {
        **{
            key: about[key]
            for key in ("infraplan_manifest", "seconds", "not_for_excavation", "versions")
            if key in about
        },
        "study": name,
        "started": max(str(part.about["started"]) for part in parts.values()),
        "level": first.level,
        "inputs": _inputs(parts),
        "published": [],
        "parameters": {**about["parameters"], "study": study},
        **({"cost_book": about["cost_book"]} if "cost_book" in about else {}),
        "counts": {"layers": {}},
        "totals": totals | join_plans(parts, tables),
        "undrawn": sorted({layer for part in parts.values() for layer in part.about["undrawn"]}),
        "studies": [
            {
                "mark": mark,
                "study": part.study["name"],
                "year": part.study["year"],
                "started": part.about["started"],
            }
            for mark, part in parts.items()
        ],
    }


_COUNTED = ("premises", "households", "workplaces")


def _or_empty(table: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in (*_COUNTED, "zone_kind")}) if table is None else table


def _inputs(parts: Mapping[str, Edition]) -> list[dict[str, Any]]:
    """Return the inputs of all studies; the same file in two is told once."""
    rows = [row for part in parts.values() for row in part.about["inputs"]]
    once: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        once.setdefault((layer_of(row["layer"]), row.get("sha256"), row.get("source"), row.get("date")), row)
    return list(once.values())
