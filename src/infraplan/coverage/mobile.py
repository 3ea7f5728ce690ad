"""Mobile coverage as the operators declare it: shares, white spots, stretches without, and measurements.

All of it is declared and modelled by the operators; the rule file says so in the reader's language
(``rules.declared``), and ``measured`` shows how far it can be trusted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from infraplan import tables
from infraplan.config import LayerName, Study
from infraplan.coverage.mobile_area import measure_land
from infraplan.coverage.mobile_gaps import find_gaps
from infraplan.coverage.mobile_lines import Pieces, cut_lines
from infraplan.coverage.mobile_maps import (
    Floats,
    Ints,
    Maps,
    build_maps,
    find_xy,
    first_area,
)
from infraplan.coverage.mobile_measured import compare_measured
from infraplan.coverage.mobile_shares import (
    Part,
    build_shares,
    count_at,
    count_operators,
    find_profiles,
    gather_tally,
)
from infraplan.coverconfig import Use
from infraplan.errors import StudyError
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.layers.mobile_rules import MobileRules, Ranks
from infraplan.layers.public_kinds import is_protected
from infraplan.spatial import AreaIndex, build_index

_KINDS: dict[LayerName, str] = {"roads": "road", "railways": "railway"}
_LEAST_SHARE = 0.001
"""A smaller part of the study outside a raster is a matter of cells that end at the border."""


@dataclass(frozen=True)
class MobileCoverage:
    """The tables of mobile coverage, each with the contract of its name, and the faults on the way."""

    mobile: pd.DataFrame
    mobile_operators: pd.DataFrame
    mobile_premises: pd.DataFrame
    mobile_white_spots: gpd.GeoDataFrame
    mobile_gaps: gpd.GeoDataFrame
    measured: pd.DataFrame
    disagreements: gpd.GeoDataFrame
    faults: gpd.GeoDataFrame
    public_operators: pd.Series
    """Operators that reach each public building with the study's level in its use, by comma, by its id."""


@dataclass(frozen=True)
class _Stage:
    """What all steps need."""

    maps: Maps
    layers: Layers
    zones: gpd.GeoDataFrame
    parted: gpd.GeoDataFrame
    """The zones by which lines and land are parted: municipalities, or the study where there are none."""
    index: AreaIndex
    """Of ``parted``."""
    study: Study


def evaluate_mobile(
    premises: gpd.GeoDataFrame,
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    layers: Layers,
    rules: MobileRules,
    study: Study,
) -> MobileCoverage:
    """Return all that is to be known of mobile coverage.

    Lines, land and public buildings are parted by the study and its municipalities; homes (households),
    workplaces and holiday homes (premises of that kind) by every kind of zone. Roads are those of
    ``mobile.road_classes`` that cars may use; a ``road_class`` of "" is all of them.

    Parameters
    ----------
    premises, membership, zones
        Contract PREMISES; from ``assign_zones``; contract ZONES.
    rules
        From ``read_mobile_rules``.

    Raises
    ------
    StudyError
        The study's class of coverage is none of the rules.
    """
    if study.mobile.level not in rules.level_ids:
        values = {"level": study.mobile.level, "found": ", ".join(rules.level_ids)}
        raise StudyError(
            "no_such_mobile_level", file=study.file or study.study.name, key="[mobile] level", **values
        )
    maps, wrong = build_maps(layers, rules, study)
    if not maps.keys:
        return _nothing(wrong, study)
    municipal = zones[zones["kind"] == "municipality"]
    parted = municipal if len(municipal) else zones[zones["kind"] == "study"]
    stage = _Stage(maps, layers, zones, parted, build_index(parted.geometry.to_numpy()), study)
    lines, of_lines = _take_lines(layers, study)
    pieces = cut_lines(lines.geometry.to_numpy(), maps, stage.index, step_m=study.mobile.step_m)
    ranks = maps.find_ranks(find_xy(premises))
    mobile, mobile_operators = _share(premises, membership, ranks, lines, pieces, stage)
    on_premises = _find_on_premises(premises, ranks, stage)
    gaps, short = find_gaps(lines, pieces, maps, zones, parted=parted, study=study)
    measured, disagreements, odd = compare_measured(layers, maps, premises, zones, study)
    return MobileCoverage(
        mobile=mobile,
        mobile_operators=mobile_operators,
        mobile_premises=on_premises,
        mobile_white_spots=_find_white_spots(premises, on_premises),
        mobile_gaps=gaps,
        measured=measured,
        disagreements=disagreements,
        faults=gather([wrong, *_tell_rims(stage), *of_lines, short, odd], study.study.crs),
        public_operators=_find_on_buildings(stage),
    )


def _nothing(wrong: gpd.GeoDataFrame, study: Study) -> MobileCoverage:
    """Return empty tables: no map is no statement, so nothing is a white spot either."""
    made = {
        field.name: tables.empty(getattr(tables, field.name.upper()), study.study.crs)
        for field in fields(MobileCoverage)
        if field.name not in ("faults", "public_operators")
    }
    return MobileCoverage(**made, faults=wrong, public_operators=pd.Series(dtype="str"))


def _take_lines(layers: Layers, study: Study) -> tuple[gpd.GeoDataFrame, list[gpd.GeoDataFrame]]:
    """Return the roads and railways that are asked about, and faults that tell of the others."""
    parts, found = [], []
    for layer, kind in _KINDS.items():
        table = layers.get(layer)
        if table is None:
            continue
        asked = np.ones(len(table), dtype=bool)
        if layer == "roads":
            asked = (
                table["road_class"].isin(study.mobile.road_classes) & (table["net"] == "motor")
            ).to_numpy()
            found += _tell_unasked(table[~asked], study)
        kept = table[asked].assign(kind=kind)
        texts = {name: kept.get(name, "") for name in ("road_number", "name", "road_class")}
        parts.append(kept.assign(**texts)[["kind", *texts, "geometry"]])
    nothing = gpd.GeoDataFrame(
        {name: pd.Series(dtype="str") for name in ("kind", "road_number", "name", "road_class")},
        geometry=gpd.GeoSeries([], crs=study.study.crs),
    )
    lines = pd.concat([part for part in parts if len(part)] or [nothing], ignore_index=True)
    return gpd.GeoDataFrame(lines, geometry="geometry", crs=study.study.crs), found


def _tell_unasked(table: gpd.GeoDataFrame, study: Study) -> list[gpd.GeoDataFrame]:
    if table.empty:
        return []
    length_m = float(geodesic_lengths(table.geometry.to_numpy(), study.study.crs).sum())
    values = {
        "count": len(table),
        "km": round(length_m / 1_000),
        "classes": ", ".join(study.mobile.road_classes),
    }
    return [faults("mobile_other_roads", "roads", severity="info", values=values)]


def _share(
    premises: gpd.GeoDataFrame,
    membership: pd.DataFrame,
    ranks: Ranks,
    lines: gpd.GeoDataFrame,
    pieces: Pieces,
    stage: _Stage,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return MOBILE and MOBILE_OPERATORS."""
    maps, index = stage.maps, stage.index
    buildings = stage.layers.get("public_buildings")
    # Of protected ones not even how many there are is told.
    xy = find_xy(buildings[~is_protected(buildings)]) if buildings is not None else np.empty((0, 2))
    water = stage.layers.get("water")
    shapes = water.geometry.to_numpy() if water is not None else np.empty(0, dtype=object)
    land = measure_land(maps, index, shapes[shapely.get_dimensions(shapes) == 2])  # noqa: PLR2004  (areas)
    distinct, profiles = find_profiles([ranks, maps.find_ranks(xy), pieces.ranks, land.ranks], len(maps.keys))
    parts = [
        *_part_premises(premises, membership, profiles[0]),
        *_part(first_area(index, xy), stage, "public_buildings", profiles[1], np.ones(len(xy))),
        *_part_lines(lines, pieces, profiles[2], stage),
        *_part(land.zone, stage, "area", profiles[3], land.area_m2),
    ]
    tally = gather_tally(parts, distinct, stage.zones)
    built = build_shares, count_operators
    mobile, operators = (build(tally, maps, stage.zones, stage.study) for build in built)
    return mobile, operators


def _part_premises(premises: gpd.GeoDataFrame, membership: pd.DataFrame, profile: Ints) -> Iterator[Part]:
    amounts = {
        "homes": premises["households"].to_numpy(dtype="float64"),
        "workplaces": premises["workplaces"].to_numpy(dtype="float64"),
        "holiday_homes": (premises["kind"] == "holiday").to_numpy(dtype="float64"),
    }
    for kind in membership.columns:
        zone = pd.Categorical(membership[kind])
        yield from (Part(of, zone, profile, amount) for of, amount in amounts.items())


def _part(zone: Ints, stage: _Stage, of: str, profile: Ints, amount: Floats) -> Iterator[Part]:
    """Yield amounts in the municipalities, and in the study."""
    yield from (Part(of, where, profile, amount) for where in _place(zone, stage))


def _place(zone: Ints, stage: _Stage) -> Iterator[pd.Categorical]:
    """Yield the zones of each kind of places, by the position in ``parted``."""
    whole = stage.zones.index[stage.zones["kind"] == "study"]
    yield pd.Categorical.from_codes(np.where(zone >= 0, 0, -1), categories=whole)
    if not stage.parted.index.equals(whole):
        yield pd.Categorical.from_codes(zone, categories=stage.parted.index)


def _part_lines(lines: gpd.GeoDataFrame, pieces: Pieces, profile: Ints, stage: _Stage) -> Iterator[Part]:
    road = (lines["kind"] == "road").to_numpy()[pieces.line]
    classes = lines["road_class"].to_numpy(dtype=object)[pieces.line]
    length_m = pieces.length_m
    for where in _place(pieces.zone, stage):
        yield Part("railways", where[~road], profile[~road], length_m[~road])
        yield Part("roads", where[road], profile[road], length_m[road])
        yield Part("roads", where[road], profile[road], length_m[road], pd.Series(classes[road], dtype="str"))


def _find_on_premises(premises: gpd.GeoDataFrame, ranks: Ranks, stage: _Stage) -> pd.DataFrame:
    """Return MOBILE_PREMISES."""
    maps, mobile = stage.maps, stage.study.mobile
    call, level = (maps.rules.rank(name) for name in (maps.rules.emergency.level, mobile.level))
    return pd.DataFrame(
        {
            "operators": count_at(ranks, maps, level, mobile.use),
            "operator_names": _name_operators(ranks, maps, level, mobile.use),
            "call_operators": count_at(ranks, maps, call, mobile.use),
            "mobile_mbps": maps.find_speeds(find_xy(premises), maps.select(mobile.use)),
        },
        index=premises.index,
    )


def _find_on_buildings(stage: _Stage) -> pd.Series:
    """Return which operators reach each public building, where it lies itself."""
    buildings = stage.layers.get("public_buildings")
    if buildings is None:
        return pd.Series(dtype="str")
    maps, mobile = stage.maps, stage.study.mobile
    ranks = maps.find_ranks(find_xy(buildings))
    names = _name_operators(ranks, maps, maps.rules.rank(mobile.level), mobile.use)
    return pd.Series(names.astype("str"), index=buildings.index.astype("str"), dtype="str")


def _name_operators(ranks: Ranks, maps: Maps, level: int, use: Use) -> pd.Categorical:
    """Return the names of the operators that reach a class at each place, by comma."""
    names = maps.operators
    at = [(ranks[maps.select(use, operator=name)] >= level).any(axis=0) for name in names]
    # Few sets of operators occur, each of which is spelt once.
    sets, which = np.unique(np.array(at, dtype=bool), axis=1, return_inverse=True)
    spelt = [", ".join(name for name, here in zip(names, one, strict=True) if here) for one in sets.T]
    return pd.Categorical.from_codes(which.ravel(), categories=pd.Index(spelt, dtype="str"))


def _find_white_spots(premises: gpd.GeoDataFrame, on_premises: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return where people normally are and no operator gives the study's class in its use."""
    lived_in = (premises["households"] > 0) | (premises["workplaces"] > 0) | (premises["kind"] == "holiday")
    white = premises[lived_in & (on_premises["operators"] == 0)]
    calls = on_premises.loc[white.index, "call_operators"]
    no_call, other = tables.EMERGENCY
    emergency = pd.Series(np.where(calls == 0, no_call, other), white.index, dtype="str")
    told = white.assign(
        best_mbps=on_premises.loc[white.index, "mobile_mbps"], call_operators=calls, emergency=emergency
    )
    return told[[*tables.MOBILE_WHITE_SPOTS.names, "geometry"]]


def _tell_rims(stage: _Stage) -> Iterator[gpd.GeoDataFrame]:
    """Yield a fault for each map that is only known from rasters which end inside the study."""
    maps = stage.maps
    study = shapely.union_all(stage.index.areas)
    for number, key in enumerate(maps.keys):
        own = [layer.cells for layer in maps.rasters if layer.key == number]
        if not own or not study.area:
            continue
        known = shapely.union_all([_frame(cells.bounds, cells.crs, maps.crs) for cells in own])
        share = 1.0 - study.intersection(known).area / study.area
        if share > _LEAST_SHARE:
            values = {**key._asdict(), "percent": max(1, round(100 * share))}
            yield faults("mobile_raster_ends", "mobile_coverage", severity="warning", values=values)


def _frame(bounds: tuple[float, float, float, float], own: CRS, crs: CRS) -> shapely.Polygon:
    """Return the extent of a raster in the study's CRS; sides that are straight there are bent here."""
    ring = shapely.segmentize(shapely.box(*bounds), max((bounds[2] - bounds[0]) / 50, 1e-9))
    if own == crs:
        return ring
    transformer = Transformer.from_crs(own, crs, always_xy=True)
    return shapely.transform(ring, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))
