"""Measurements held against the declared map: where they agree, and where the map says yes and the phone no.

Each measurement is held against the map of its own operator and technology, or of any where it names none.
Confirmed observations (``mobile``, ``no_mobile``) are measurements of a call; unconfirmed ones never enter.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.mobile_maps import USES, Floats, Ints, Maps, best_of, find_xy, first_area, rank_stated
from infraplan.demand.membership import name_zones
from infraplan.layers import Layers
from infraplan.layers.dates import read_years
from infraplan.layers.faults import faults, gather
from infraplan.layers.mobile_rules import MobileRules, Ranks
from infraplan.spatial import build_index

_WAYS = ["both", "map_only", "measured_only", "neither"]
_SAID = {"mobile": True, "no_mobile": False}


@dataclass(frozen=True)
class _Rows:
    """What was measured where.

    Attributes
    ----------
    table
        Columns layer, date, operator, technology, use, down_mbps, dbm; the index is the id.
    xy
        Shape (rows, 2).
    measured
        Class that was measured, shape (rows,).
    known
        Highest class that the measurement says anything about, shape (rows,).
    """

    table: pd.DataFrame
    xy: Floats
    measured: Ranks
    known: Ranks


def compare_measured(
    layers: Layers, maps: Maps, premises: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, study: Study
) -> tuple[pd.DataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return MEASURED, DISAGREEMENTS, and the faults of what could not be held against the map."""
    rules = maps.rules
    measured, wrong = _read_measurements(layers.get("measurements"), rules)
    observed, unsure = _read_observations(layers.get("observations"), premises, rules, study)
    rows = _join([part for part in (measured, observed) if part is not None])
    rows, left_out = _sift(rows, maps, zones, study)
    found = gather([*wrong, *unsure, *left_out], study.study.crs)
    declared = _find_declared(rows, maps)
    return (
        _sum_up(rows, declared, maps, zones),
        _list_disagreements(rows, declared, zones, maps, study),
        found,
    )


_COLUMNS = ["layer", "date", "operator", "technology", "use", "down_mbps", "dbm"]


def _read_measurements(
    table: gpd.GeoDataFrame | None, rules: MobileRules
) -> tuple[_Rows | None, list[gpd.GeoDataFrame]]:
    if table is None:
        return None, []
    table, rank, silent = rank_stated(table.assign(layer="measurements"), rules)
    none = table["no_service"].to_numpy(dtype=bool)
    rank[none] = 0
    silent &= ~none
    kept = table[~silent]
    wrong = _tell("measured_nothing", "measurements", int(silent.sum()), "warning")
    top = np.full(len(kept), len(rules.levels), dtype=np.int8)
    return _Rows(kept[_COLUMNS], find_xy(kept), rank[~silent], top), wrong


def _read_observations(
    table: gpd.GeoDataFrame | None, premises: gpd.GeoDataFrame, rules: MobileRules, study: Study
) -> tuple[_Rows | None, list[gpd.GeoDataFrame]]:
    if table is None:
        return None, []
    table = table[table["says"].isin(_SAID)]
    confirmed = table["confirmed"].to_numpy(dtype=bool)
    unsure = _tell("observed_unconfirmed", "observations", int((~confirmed).sum()), "info")
    table = table[confirmed]
    xy = _place(table, premises)
    placed = np.isfinite(xy).all(axis=1)
    unsure += _tell("observed_nowhere", "observations", int((~placed).sum()), "warning")
    table, xy = table[placed], xy[placed]
    names = [rules.name_technology(text) for text in table["technology"]]
    table = table.assign(
        layer="observations",
        technology=pd.Series(names, table.index, dtype="str"),
        use=study.mobile.use,
        dbm=np.nan,
    )
    call = np.int8(rules.rank(rules.emergency.level))
    said = table["says"].map(_SAID).to_numpy(dtype=bool)
    measured = np.where(said, call, 0).astype(np.int8)
    return _Rows(table[_COLUMNS], xy, measured, np.full(len(table), call, dtype=np.int8)), unsure


def _place(table: gpd.GeoDataFrame, premises: gpd.GeoDataFrame) -> Floats:
    """Return where observations are: at their premises, else where they are drawn; NaN for nowhere."""
    shapes = table.geometry.to_numpy()
    is_line = shapely.get_dimensions(shapes) == 1
    shapes = np.where(
        is_line, shapely.line_interpolate_point(np.where(is_line, shapes, None), 0.5, normalized=True), shapes
    )
    xy = np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    of = premises.index.get_indexer(table["premises_id"])
    known = of >= 0
    xy[known] = find_xy(premises.iloc[of[known]])
    return xy


def _join(parts: Sequence[_Rows]) -> _Rows:
    nothing = pd.DataFrame({name: [] for name in _COLUMNS})
    table = pd.concat([part.table for part in parts]) if parts else nothing
    ids = pd.Index(table.index.astype("str"), name="measurement_id")
    # An observation may be called as a measurement is.
    ids = ids.where(~ids.duplicated(), "observation " + ids)
    return _Rows(
        pd.DataFrame(table).set_axis(ids),
        np.concatenate([np.empty((0, 2)), *(part.xy for part in parts)]),
        np.concatenate([np.empty(0, np.int8), *(part.measured for part in parts)]),
        np.concatenate([np.empty(0, np.int8), *(part.known for part in parts)]),
    )


def _sift(
    rows: _Rows, maps: Maps, zones: gpd.GeoDataFrame, study: Study
) -> tuple[_Rows, list[gpd.GeoDataFrame]]:
    """Return what can be held against the map: of a known operator, of these years, inside the study."""
    year = read_years(rows.table["date"]).to_numpy()
    operator = rows.table["operator"].astype("str")
    unknown = ~operator.isin([*maps.operators, ""]).to_numpy(dtype=bool)
    undated = ~unknown & np.isnan(year)
    since = study.study.year - study.mobile.measured_years if study.mobile.measured_years else -np.inf
    old = ~unknown & (year < since)
    inside = first_area(build_index(zones.geometry[zones["kind"] == "study"].to_numpy()), rows.xy) >= 0
    outside = ~unknown & ~undated & ~old & ~inside
    found: list[gpd.GeoDataFrame] = []
    for (layer, name), group in _parts_of(rows.table[unknown], "layer", "operator"):
        values = {"operator": name, "found": ", ".join(maps.operators)}
        found += _tell("measured_operator", layer, len(group), "warning", **values)
    for (layer,), at in _parts_of(rows.table, "layer"):
        found += _tell("measured_undated", layer, int(undated[at].sum()), "warning")
        found += _tell("measured_old", layer, int(old[at].sum()), "info", year=str(since))
        found += _tell("outside_study", layer, int(outside[at].sum()), "info")
    kept = ~(unknown | undated | old | outside)
    return _Rows(rows.table[kept], rows.xy[kept], rows.measured[kept], rows.known[kept]), found


def _tell(rule: str, layer: str, count: int, severity: str, **values: object) -> list[gpd.GeoDataFrame]:
    """Return a fault that counts, where there is anything to count."""
    return [faults(rule, layer, severity=severity, values={"count": count, **values})] if count else []


def _find_declared(rows: _Rows, maps: Maps) -> Ranks:
    """Return the class that the map of each measurement's operator, technology and use declares there."""
    ranks = maps.find_ranks(rows.xy)
    declared = np.zeros(len(rows.xy), dtype=np.int8)
    for (operator, technology, text), at in _parts_of(rows.table, "operator", "technology", "use"):
        use = next(use for use in USES if use == text)
        asked = maps.select(use, operator=operator, technology=technology)
        declared[at] = best_of(ranks[:, at], asked)
    return declared


def _parts_of(table: pd.DataFrame, *columns: str) -> Iterator[tuple[tuple[str, ...], Ints]]:
    """Yield the different texts of some columns, and the positions of their rows."""
    grouped = table.groupby(list(columns)).ngroup().to_numpy()
    for number in range(grouped.max(initial=-1) + 1):
        at = np.flatnonzero(grouped == number)
        yield tuple(str(table[name].iloc[at[0]]) for name in columns), at


def _sum_up(rows: _Rows, declared: Ranks, maps: Maps, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return MEASURED: zone by zone, for each operator and all, each technology and all, each class."""
    frame = pd.DataFrame(
        {
            "operator": rows.table["operator"].to_numpy(dtype=object),
            "technology": rows.table["technology"].to_numpy(dtype=object),
        }
    )
    parts, places = [], _by_zone(rows.xy, zones)
    for rank, level in enumerate(maps.rules.level_ids, 1):
        said, met = declared >= rank, rows.measured >= rank
        ways = [said & met, said & ~met, ~said & met, ~said & ~met]
        counts = pd.DataFrame(dict(zip(_WAYS, ways, strict=True))).astype("int64")
        counted = frame.join(counts)
        for zone_id in places:
            inside = counted.assign(zone_id=zone_id)[(rows.known >= rank) & zone_id.notna().to_numpy()]
            parts += [part.assign(level=level) for part in _sum_groups(inside)]
    if not parts or not len(rows.table):
        nothing: pd.DataFrame = tables.empty(tables.MEASURED)
        return nothing
    whole = pd.concat(parts, ignore_index=True)
    whole = whole.astype(dict.fromkeys(_WAYS, "int64"))
    yes, right = whole["both"] + whole["map_only"], whole["both"] + whole["neither"]
    total = whole[_WAYS].sum(axis=1)
    place = zones.index.get_indexer(whole["zone_id"])
    levels = whole["level"].map(maps.rules.rank)
    order = np.lexsort((levels, whole["technology"], whole["operator"], place))
    whole = whole.assign(
        agreement=right / total, wrong_yes=(whole["map_only"] / yes.where(yes > 0)).astype("float64")
    )
    named = name_zones(pd.Index(whole["zone_id"]), zones).drop(columns="zone_id")
    whole = pd.concat([whole, named], axis=1).iloc[order]
    texts = {column.name: "str" for column in tables.MEASURED.columns if column.kind == "text"}
    table: pd.DataFrame = whole.astype(texts)[tables.MEASURED.names].reset_index(drop=True)
    return table.rename_axis("row")


def _by_zone(xy: Floats, zones: gpd.GeoDataFrame) -> list[pd.Series]:
    """Return for each kind of zones the id of the one that each place lies in, None for none."""
    found = []
    for kind in zones["kind"].unique():
        of = zones[(zones["kind"] == kind) & zones.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
        if kind != "place" and len(of):
            ids = np.array([*of.index, None], dtype=object)
            found.append(pd.Series(ids[first_area(build_index(of.geometry.to_numpy()), xy)], dtype="object"))
    return found


def _sum_groups(counted: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the counts of each operator and all, each technology and all; unnamed ones are in all."""
    parts = []
    for named in (["operator", "technology"], ["operator"], ["technology"], []):
        kept = counted[(counted[named] != "").all(axis=1)] if named else counted
        sums = kept.groupby(["zone_id", *named])[_WAYS].sum().reset_index()
        parts.append(sums.assign(**{name: "" for name in ("operator", "technology") if name not in named}))
    return parts


def _list_disagreements(
    rows: _Rows, declared: Ranks, zones: gpd.GeoDataFrame, maps: Maps, study: Study
) -> gpd.GeoDataFrame:
    """Return the measurements that say otherwise than the map.

    At the study's class; those that agree there, at a call. An observation speaks of a call only.
    """
    rules = maps.rules
    level = np.minimum(rules.rank(study.mobile.level), rows.known)
    call = rules.rank(rules.emergency.level)
    differ = (declared >= level) != (rows.measured >= level)
    at_call = ~differ & ((declared >= call) != (rows.measured >= call))
    level = np.where(at_call, call, level)
    at = np.flatnonzero(differ | at_call)
    table = rows.table.iloc[at]
    municipal = zones[zones["kind"] == "municipality"]
    codes = [*(str(zone).partition(":")[2] for zone in municipal.index), ""]
    found = first_area(build_index(municipal.geometry.to_numpy()), rows.xy[at])
    names = np.array(rules.level_ids, dtype=object)
    result = pd.DataFrame(
        {
            "date": table["date"].astype("str"),
            "operator": table["operator"].astype("str"),
            "technology": table["technology"].astype("str"),
            "level": pd.Series(names[level[at] - 1], table.index, dtype="str"),
            "declared": (declared >= level)[at],
            "measured": (rows.measured >= level)[at],
            "measured_mbps": table["down_mbps"].astype("float64"),
            "measured_dbm": table["dbm"].astype("float64"),
            "municipality": pd.Series(np.array(codes, dtype=object)[found], table.index, dtype="str"),
        }
    )
    return gpd.GeoDataFrame(result, geometry=shapely.points(rows.xy[at]), crs=study.study.crs)
