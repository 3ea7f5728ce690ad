"""Public buildings and blocks of flats: what each is connected by, who reaches it, and which lack fibre."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan import tables
from infraplan.config import Study
from infraplan.demand import assign_zones, name_zones
from infraplan.demand.places import Ints, Shapes
from infraplan.demand.placing import assign_municipality, assign_settlement
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.services.buildings import sort_kinds, translate_buildings
from infraplan.tables import HOUSING

Bools = NDArray[np.bool_]

_LAYER = "public_buildings"
_FLATS = "multi_dwelling"
_HOUSING = "housing"
"""All kinds of ``tables.HOUSING`` together, in shares."""
_WIRELESS = frozenset({"mobile", "satellite"})
"""Technologies whose networks are not fixed: nothing of theirs leads to the building."""
_THERE = frozenset({"connected", "orderable", "passed_estimated"})
"""Statuses with which a network reaches a building; what is planned does not yet."""
_TOUCH_M = 1e-9
"""A reach of nothing still finds what is in the very same place."""


class _Buildings(NamedTuple):
    """Buildings and the position of each one's premises, −1 for none."""

    rows: gpd.GeoDataFrame
    home: Ints


def evaluate_public(
    premises: gpd.GeoDataFrame,
    membership: pd.DataFrame,
    zones: gpd.GeoDataFrame,
    layers: Layers,
    service: pd.DataFrame,
    mobile_premises: pd.DataFrame,
    study: Study,
    *,
    mobile_operators: pd.Series | None = None,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, gpd.GeoDataFrame]:
    """Return all public buildings and blocks of flats with their own connections, and shares by zone.

    Buildings are the rows of ``public_buildings``, and all premises of kind ``multi`` at which that layer has
    no block of flats. A building is the premises that its row names, else the nearest within
    ``[coverage] match_m`` of it, of equally near ones the lowest id; several buildings may be one premises.
    An area is nearest to premises inside it.

    Where no premises is found, or the study knows of no connection at all, ``connection`` is unknown, and the
    building is on the list of those without fibre until somebody knows. Fixed networks reach what they
    connect, offer to connect, or are estimated to pass. Protected buildings are in no share.

    Parameters
    ----------
    membership
        From ``demand.assign_zones``.
    service
        Contract SERVICE.
    mobile_premises
        Contract MOBILE_PREMISES, empty where nothing is known of mobile coverage.
    mobile_operators
        Operators by comma that reach a building with the study's level, by building_id or premises_id; where
        a building has both, its own counts.

    Returns
    -------
    public, shares, faults
        Contracts PUBLIC (the layer's rows in their order, then blocks of flats), PUBLIC_SHARES (zones in
        their order, in each the kinds that there are, then all housing), FAULTS.
    """
    translated, kind_faults = translate_buildings(layers)
    listed, listed_faults = _read_listed(translated, premises, study)
    buildings = _add_flats(listed, premises)
    rows = _place(buildings, premises, zones, study)
    told = pd.concat(
        [
            _read_service(service, premises.index, buildings.home),
            _find_mobile(rows.index, premises.index, buildings.home, mobile_operators),
        ],
        axis=1,
    )
    public = rows.assign(**{name: told[name].to_numpy() for name in told.columns})
    lives_in = public["kind"].isin([*HOUSING, _FLATS])
    public["without_fibre"] = (lives_in & (public["connection"] != "fibre")).to_numpy()
    reached = (public["mobile_operators"] != "").to_numpy()
    if mobile_operators is None:
        reached = _has_mobile(mobile_premises, premises.index, buildings.home)
    found = [kind_faults, listed_faults, *_report(buildings, service)]
    shares = _count_shares(public.assign(mobile=reached), buildings.home, membership, zones)
    columns = [*tables.PUBLIC.names, "geometry"]
    return public[columns].rename_axis("building_id"), shares, gather(found, study.study.crs)


def _read_listed(
    layers: Layers, premises: gpd.GeoDataFrame, study: Study
) -> tuple[_Buildings, gpd.GeoDataFrame]:
    """Return the buildings of the layer, and faults of those that have no place."""
    table = layers.get("public_buildings")
    if table is None:
        nothing = tables.empty(tables.PUBLIC, premises.crs)
        return _Buildings(nothing, np.empty(0, np.int64)), gather([], premises.crs)
    at = premises.index.get_indexer(pd.Index(table["premises_id"].astype("str"))).astype(np.int64)
    shapes = table.geometry.to_numpy()
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    astray = (at < 0) & (table["premises_id"] != "").to_numpy() & placed
    free = np.flatnonzero((at < 0) & placed)
    at[free] = find_premises(shapes[free], premises, reach_m=study.coverage.match_m)
    points = np.full(len(table), None, dtype=object)
    points[placed] = shapely.force_2d(shapely.point_on_surface(shapes[placed]))
    own = np.flatnonzero(~placed & (at >= 0))
    points[own] = premises.geometry.to_numpy()[at[own]]
    kept = placed | (at >= 0)
    rows = gpd.GeoDataFrame(
        {
            **{name: table[name].astype("str") for name in ("kind", "name", "operator", "wifi")},
            "protected": table["protected"].to_numpy(bool),
            "source": pd.Series([_LAYER] * len(table), index=table.index, dtype="str"),
        },
        geometry=points,
        crs=premises.crs,
        index=table.index.astype("str"),
    )
    counts = {"public_premises_unknown": astray, "public_no_place": ~kept}
    parts = [_tell(rule, int(rows_.sum()), "warning") for rule, rows_ in counts.items()]
    return _Buildings(rows[kept], at[kept]), gather(parts, premises.crs)


def find_premises(shapes: Shapes, premises: gpd.GeoDataFrame, *, reach_m: float) -> Ints:
    """Return the position of the premises nearest to each point or area, −1 for none within reach.

    Inside an area, where all are equally near, the one nearest to a point in its middle; then the lowest id.
    """
    found = np.full(len(shapes), -1, np.int64)
    if not len(shapes) or not len(premises):
        return found
    points = premises.geometry.to_numpy()
    shape, near = shapely.STRtree(points).query_nearest(
        shapes, max_distance=max(reach_m, _TOUCH_M), all_matches=True
    )
    middle = shapely.distance(shapely.point_on_surface(shapes[shape]), points[near])
    order = np.lexsort((premises.index.to_numpy(object)[near], middle, shape))
    which, first = np.unique(shape[order], return_index=True)
    found[which] = near[order][first]
    return found


def _add_flats(listed: _Buildings, premises: gpd.GeoDataFrame) -> _Buildings:
    """Return the buildings with the blocks of flats that the layer does not have."""
    flats = (premises["kind"] == "multi").to_numpy(copy=True)
    flats[listed.home[(listed.rows["kind"] == _FLATS).to_numpy() & (listed.home >= 0)]] = False
    at = np.flatnonzero(flats)
    rows = premises.iloc[at]
    taken = set(listed.rows.index)
    names = [str(name) if name not in taken else f"{name}:{_FLATS}" for name in rows.index]
    added = gpd.GeoDataFrame(
        {
            "kind": _FLATS,
            "name": "",
            "operator": "",
            "wifi": "unknown",
            "protected": False,
            "source": rows["source"].to_numpy(),
        },
        geometry=rows.geometry.to_numpy(),
        crs=premises.crs,
        index=pd.Index(names, dtype="str"),
    )
    parts = [part for part in (listed.rows, added) if len(part)] or [listed.rows]
    whole = gpd.GeoDataFrame(pd.concat(parts), geometry="geometry", crs=premises.crs)
    return _Buildings(whole.rename_axis("building_id"), np.concatenate([listed.home, at]))


def _place(
    buildings: _Buildings, premises: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, study: Study
) -> gpd.GeoDataFrame:
    """Return the buildings with where they are: as their premises, else by where they lie."""
    rows, at = buildings
    lone = at < 0
    own = rows[lone]
    nobody: Shapes = np.empty(0, object)
    by_place = pd.concat(
        [
            assign_municipality(own.geometry, zones, nobody, study.demand)["municipality"],
            assign_settlement(own.geometry, zones, study.demand)[["locality", "settlement_class"]],
        ],
        axis=1,
    )
    columns: dict[str, Any] = {}
    for name in by_place.columns:
        values = np.full(len(rows), "", dtype=object)
        values[lone] = by_place[name].to_numpy(object)
        values[~lone] = premises[name].to_numpy(object)[at[~lone]]
        columns[name] = pd.Series(values, index=rows.index, dtype="str")
    ids = np.append(premises.index.to_numpy(object), "")
    households = np.append(premises["households"].to_numpy(np.int64), 0)
    return rows.assign(
        **columns, premises_id=pd.Series(ids[at], index=rows.index, dtype="str"), households=households[at]
    )


def _read_service(service: pd.DataFrame, ids: pd.Index, at: Ints) -> pd.DataFrame:
    """Return what each building is connected by, can order, and who reaches it by a fixed network."""
    asked = np.unique(at[at >= 0])
    position = np.full(len(ids) + 1, -1)
    position[asked] = np.arange(len(asked))
    place = position[_find_positions(service["premises_id"], ids)]
    rows = service[place >= 0]
    place = place[place >= 0]
    # Position −1, of nothing, is the last of each.
    whose = np.where(at >= 0, position[at], -1)
    status = rows["status"].astype("str").to_numpy(object)
    technology = rows["technology"].astype("str").to_numpy(object)
    told: dict[str, Any] = {}
    for name, wanted in (("connection", "connected"), ("orderable", "orderable")):
        # Where the study has no such row at all it knows nothing of it.
        nothing = "none" if (service["status"] == wanted).any() else "unknown"
        best = np.full(len(asked) + 1, nothing, dtype=object)
        best[place[status == wanted]] = "other"
        best[place[(status == wanted) & (technology == "fibre")]] = "fibre"
        best[-1] = "unknown"
        told[name] = pd.Series(best[whose], dtype="str")
    there = status == "connected"
    told["down_mbps"] = _find_speeds(place[there], rows["down_mbps"].to_numpy()[there], len(asked))[whose]
    fixed = np.isin(status, list(_THERE)) & ~np.isin(technology, list(_WIRELESS))
    operators = rows["operator"].astype("str").to_numpy(object)[fixed]
    told["fixed_operators"] = pd.Series(_join(place[fixed], operators, len(asked))[whose], dtype="str")
    return pd.DataFrame(told)


def _find_positions(keys: pd.Series, ids: pd.Index) -> Ints:
    """Return the position of the premises that each row names, −1 for none; a category is looked up once."""
    if isinstance(keys.dtype, pd.CategoricalDtype):
        found = ids.get_indexer(pd.Index(keys.cat.categories.astype("str")))
        return np.append(found, -1)[keys.cat.codes.to_numpy()].astype(np.int64)
    return ids.get_indexer(pd.Index(keys.astype("str"))).astype(np.int64)


def _find_speeds(place: Ints, mbps: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return the highest known speed of each place, NaN for none; nothing is the last."""
    best = np.full(count + 1, -np.inf)
    np.fmax.at(best, place, mbps)
    return np.where(np.isfinite(best), best, np.nan)


def _join(place: Ints, texts: NDArray[np.object_], count: int) -> NDArray[np.object_]:
    """Return the different texts of each place in order, by comma; nothing is the last."""
    pairs = pd.DataFrame({"place": place, "text": texts})
    pairs = pairs[pairs["text"] != ""].drop_duplicates().sort_values(["place", "text"])
    joined = np.full(count + 1, "", dtype=object)
    for number, group in pairs.groupby("place")["text"]:
        joined[int(str(number))] = ", ".join(group)
    return joined


def _find_mobile(
    buildings: pd.Index, premises: pd.Index, at: Ints, operators: pd.Series | None
) -> pd.DataFrame:
    """Return the operators of mobile networks that reach each building."""
    text = np.full(len(buildings), "", dtype=object)
    if operators is not None:
        ids = pd.Index(np.append(premises.to_numpy(object), "")[at], dtype="str")
        known = operators[~operators.index.duplicated()].astype("str")
        by_premises = known.reindex(ids).fillna("").to_numpy(object)
        by_building = known.reindex(buildings)
        text = np.where(by_building.isna(), by_premises, by_building.fillna("")).astype(object)
    return pd.DataFrame({"mobile_operators": pd.Series(text, dtype="str")})


def _has_mobile(mobile: pd.DataFrame, ids: pd.Index, at: Ints) -> Bools:
    """Return whether any operator reaches the premises of each building with the study's level."""
    counts = mobile["operators"].reindex(ids).fillna(0).to_numpy(np.float64)
    return np.append(counts > 0, np.False_)[at]


def _report(buildings: _Buildings, service: pd.DataFrame) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is told of buildings without premises, and of protected ones: how many, and no more."""
    yield _tell("public_no_premises", int((buildings.home < 0).sum()), "info")
    yield _tell("public_protected", int(buildings.rows["protected"].sum()), "info")
    if len(buildings.rows) and not (service["status"] == "connected").any():
        yield _tell("public_no_connected", len(buildings.rows), "info")


def _tell(rule: str, count: int, severity: str) -> gpd.GeoDataFrame:
    found = faults(rule, _LAYER, severity=severity, values={"count": count})
    return found.iloc[: int(count > 0)]


def _count_shares(
    public: gpd.GeoDataFrame, at: Ints, membership: pd.DataFrame, zones: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return a row a zone and kind, of buildings that are not protected."""
    nothing: pd.DataFrame = tables.empty(tables.PUBLIC_SHARES)
    shown = ~public["protected"].to_numpy(bool)
    rows, at = public[shown], at[shown]
    if not len(rows):
        return nothing
    amounts = pd.DataFrame(
        {
            "buildings": True,
            "fibre": rows["connection"] == "fibre",
            "fibre_orderable": (rows["connection"] == "fibre") | (rows["orderable"] == "fibre"),
            "wifi": rows["wifi"] == "yes",
            "wifi_unknown": rows["wifi"] == "unknown",
            "mobile": rows["mobile"],
            "known": rows["connection"] != "unknown",
        }
    )
    groups = {kind: (rows["kind"] == kind).to_numpy() for kind in sort_kinds(rows["kind"])}
    groups |= {_FLATS: (rows["kind"] == _FLATS).to_numpy(), _HOUSING: rows["kind"].isin(HOUSING).to_numpy()}
    lone = assign_zones(rows[at < 0], zones)
    parts = [
        _sum(_join_codes(membership[kind], lone[kind], at), amounts, groups, membership[kind].cat.categories)
        for kind in membership.columns
    ]
    whole = pd.concat(parts, ignore_index=True)
    named = name_zones(pd.Index(whole["zone_id"], dtype="str"), zones)
    # Of buildings none of whose connections is known, no share is.
    share = (whole["fibre"] / whole["buildings"]).where(whole["known"] > 0)
    whole = pd.concat([named, whole.drop(columns=["zone_id", "known"])], axis=1).assign(share=share)
    order = np.lexsort((np.arange(len(whole)), zones.index.get_indexer(pd.Index(whole["zone_id"]))))
    return whole.iloc[order][nothing.columns].reset_index(drop=True).rename_axis("row")


def _join_codes(member: pd.Series, lone: pd.Series, at: Ints) -> Ints:
    """Return the number of each building's zone: its premises', else the one where it lies; −1 for none."""
    codes = np.full(len(at), -1, np.int64)
    codes[at >= 0] = member.cat.codes.to_numpy()[at[at >= 0]]
    codes[at < 0] = lone.cat.codes.to_numpy()
    return codes


def _sum(zone: Ints, amounts: pd.DataFrame, groups: dict[str, Bools], ids: pd.Index) -> pd.DataFrame:
    """Return the amounts of each zone of a kind and each group, zone after zone."""
    sums: dict[str, Any] = {
        "zone_id": np.repeat(ids.to_numpy(object), len(groups)),
        "kind": pd.Series(list(groups) * len(ids), dtype="str"),
    }
    for name, values in amounts.items():
        counted = [
            np.bincount(zone[chosen] + 1, values.to_numpy()[chosen], minlength=len(ids) + 1)[1:]
            for chosen in groups.values()
        ]
        sums[str(name)] = np.stack(counted, axis=1).ravel().astype(np.int64)
    return pd.DataFrame(sums)
