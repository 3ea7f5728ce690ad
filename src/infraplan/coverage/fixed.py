"""What each premises can have over fixed networks: declared, decided, or estimated from existing fibre."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import spatial
from infraplan.config import LayerName, Study
from infraplan.coverage.matching import match_premises
from infraplan.coverage.offers import OFFER, Declared, Offered, choose_best, group_offers, stack
from infraplan.coverage.passed import find_passed
from infraplan.coverage.reliable import Exchanges, Smalls, find_reliable
from infraplan.demand.dasymetric import Floats
from infraplan.layers import Layers
from infraplan.layers.dates import read_years
from infraplan.layers.faults import faults, gather
from infraplan.layers.technology_rules import TechnologyRules
from infraplan.layers.tomlfile import nearest

_AREAS = (3, 6)
"""shapely's numbers of polygons and of polygons of several parts."""
_ASKED = (*OFFER, "exchange_m")


def evaluate_fixed(
    premises: gpd.GeoDataFrame, layers: Layers, rules: TechnologyRules, study: Study
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return what each premises has or could have, several rows a premises, and the faults.

    From the connected premises (by id or position), from footprints (areas that premises lie in, or lists),
    and estimated from existing fibre (``passed.find_passed``). Offers dearer than ``coverage.order_max_sek``
    cannot be ordered in PTS's sense and are set aside. Plans that are not decided keep their rows; whoever
    counts plans asks ``decided``.

    Of the rows of the same premises, operator, technology, status, date and decision that are equally
    reliable only the best is kept: the greatest speed down, then up. The others are no faults: every row of a
    layer that meets a premises has been used.

    Returns
    -------
    service, faults
        SERVICE with text as categories, those of ``premises_id`` being the index of the premises; FAULTS.
    """
    xy = shapely.get_coordinates(premises.geometry.to_numpy())
    exchanges = Exchanges.find(layers, study.coverage.networks)
    declared, found = _evaluate_declared(_Asked(premises, xy, layers, rules, study, exchanges))
    passed = find_passed(premises, declared.choose("fibre"), layers, study.coverage)
    found.append(_unknown_networks(layers, study))
    return stack(premises.index, [declared, passed]), gather(found, study.study.crs)


@dataclass(frozen=True)
class _Asked:
    """What every layer is held against; ``xy`` are the premises' coordinates, shape (premises, 2)."""

    premises: gpd.GeoDataFrame
    xy: Floats
    layers: Layers
    rules: TechnologyRules
    study: Study
    exchanges: Exchanges


def _evaluate_declared(asked: _Asked) -> tuple[Declared, list[gpd.GeoDataFrame]]:
    """Return what operators declare, and the faults of their layers."""
    parts: list[Offered] = []
    found: list[gpd.GeoDataFrame] = []
    for name, table in _declared(asked.layers, asked.study):
        offered, wrong = _take(name, table, asked)
        parts += offered
        found += [*wrong, *_remark(name, table, asked.rules)]
    return choose_best(asked.premises.index, parts), found


def _declared(layers: Layers, study: Study) -> Iterator[tuple[LayerName, gpd.GeoDataFrame]]:
    """Yield the layers that say who can have what, with the same columns."""
    connected, footprints = layers.get("connected"), layers.get("footprints")
    if connected is not None:
        # Fibre that does not say how fast it is can do what any fibre can.
        silent = connected["down_mbps"].isna() & (connected["technology"] == "fibre")
        speed = connected["down_mbps"].mask(silent, study.coverage.passed_mbps)
        yield "connected", connected.assign(down_mbps=speed, planned_by="", decided=True)
    if footprints is not None:
        # What is there needs no decision.
        decided = footprints["decided"] | (footprints["status"] != "planned")
        yield "footprints", footprints.assign(decided=decided)


def _take(
    name: LayerName, table: gpd.GeoDataFrame, asked: _Asked
) -> tuple[list[Offered], list[gpd.GeoDataFrame]]:
    """Return the offers of a layer's areas and of its lists, and the faults."""
    limit = asked.study.coverage.order_max_sek
    dear = ((table["status"] == "orderable") & (table["price_sek"] > limit)).to_numpy()
    found = [_too_dear(table[dear], name, limit)]
    is_area = np.isin(shapely.get_type_id(table.geometry.to_numpy()), _AREAS)
    parts = []
    for rows, match in ((is_area & ~dear, _match_areas), (~is_area & ~dear, _match_list)):
        if rows.any():
            # A country's list is a quarter of a gigabyte: no copy of it without need.
            offers, offer, position, wrong = match(table if rows.all() else table[rows], name, asked)
            reliable, unknown = find_reliable(offers, offer, asked.xy[position], asked.rules, asked.exchanges)
            parts.append(Offered(offers, offer, position, reliable))
            found += [wrong, _counted("exchange_unknown", name, unknown)]
    return parts, found


_Matched = tuple[pd.DataFrame, Smalls, Smalls, gpd.GeoDataFrame]
"""Offers; the offer and the premises of each pair; faults."""


def _match_areas(table: gpd.GeoDataFrame, name: LayerName, asked: _Asked) -> _Matched:
    """Match areas, all of the same offer at once: a premises in two of them has it once."""
    offers, code = group_offers(table, _ASKED)
    index = spatial.build_index(table.geometry.to_numpy())
    position, offer = (found.astype(np.int32) for found in spatial.find_groups(index, asked.xy, code))
    met = np.zeros(len(offers), dtype=bool)
    met[offer] = True
    idle = int((~met[code]).sum())
    return offers, offer, position, _counted("footprint_without_premises", name, idle)


def _match_list(table: gpd.GeoDataFrame, name: LayerName, asked: _Asked) -> _Matched:
    """Match rows that name their premises, or are a point near it."""
    position = match_premises(table, asked.premises, reach_m=asked.study.coverage.match_m)
    matched = position >= 0
    offers, offer = group_offers(table, _ASKED)
    wrong = _unmatched(table[~matched], name, asked.layers, asked.study)
    return offers, offer[matched], position[matched].astype(np.int32), wrong


def _unmatched(table: gpd.GeoDataFrame, layer: LayerName, layers: Layers, study: Study) -> gpd.GeoDataFrame:
    """Return the faults of rows without premises; those outside the study are only counted."""
    if layers.area is not None:
        shapely.prepare(layers.area)
    placed = (table.geom_type == "Point") & ~table.geometry.is_empty
    outside = placed & (False if layers.area is None else ~table.geometry.intersects(layers.area))
    here, nowhere = table[placed & ~outside], table[~placed]
    parts = [
        faults(
            "unmatched_connection",
            layer,
            severity="warning",
            feature_ids=list(here.index),
            shapes=list(here.geometry),
            crs=study.study.crs,
            values={"match_m": study.coverage.match_m},
        ),
        faults(
            "unmatched_id",
            layer,
            severity="warning",
            feature_ids=list(nowhere.index),
            values=[{"premises_id": text} for text in nowhere["premises_id"]],
        ),
        _counted("outside_study", layer, int(outside.sum())),
    ]
    return gather(parts, study.study.crs)


def _remark(name: LayerName, table: gpd.GeoDataFrame, rules: TechnologyRules) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is odd about rows that are used all the same."""
    yield _counted("speed_unknown", name, int(table["down_mbps"].isna().sum()))
    yield _too_fast(table, name, rules.most_mbps)
    if name == "footprints":
        yield _unreadable_dates(table)


def _too_dear(rows: gpd.GeoDataFrame, layer: LayerName, limit: float) -> gpd.GeoDataFrame:
    return faults(
        "order_too_dear",
        layer,
        severity="warning",
        feature_ids=list(rows.index),
        shapes=list(rows.geometry),
        crs=rows.crs,
        values=[{"price": float(price), "limit": limit} for price in rows["price_sek"]],
    )


def _too_fast(table: gpd.GeoDataFrame, layer: LayerName, most_mbps: Mapping[str, float]) -> gpd.GeoDataFrame:
    technology, met = pd.factorize(table["technology"])
    most = np.array([most_mbps.get(name, np.nan) for name in met], dtype=np.float64)[technology]
    beyond = table["down_mbps"].to_numpy() > most
    rows = table[beyond].assign(most=most[beyond])
    told = zip(rows["technology"], rows["down_mbps"], rows["most"], strict=True)
    return faults(
        "speed_beyond_technology",
        layer,
        severity="warning",
        feature_ids=list(rows.index),
        shapes=list(rows.geometry),
        crs=rows.crs,
        values=[{"technology": name, "speed": speed, "most": limit} for name, speed, limit in told],
    )


def _unknown_networks(layers: Layers, study: Study) -> gpd.GeoDataFrame:
    """Return the names under ``coverage.networks`` that no layer of offers has: slips, most often."""
    parts = [table["operator"] for name in _OFFERED if (table := layers.get(name)) is not None]
    known = sorted({str(name) for part in parts for name in part.unique()})
    strange = [name for name in study.coverage.networks if name not in known]
    folded = {name.casefold(): name for name in known}
    near = [folded.get(nearest(name, list(folded)), "–") for name in strange]
    return faults(
        "network_operator_unknown",
        "footprints" if layers.get("footprints") is not None else "connected",
        severity="warning",
        feature_ids=[""] * len(strange),
        values=[{"operator": a, "near": b} for a, b in zip(strange, near, strict=True)],
    )


_OFFERED: tuple[LayerName, ...] = ("connected", "footprints")


def _counted(rule: str, layer: LayerName, count: int) -> gpd.GeoDataFrame:
    """Return one fault that counts, none where there is nothing to count."""
    return faults(rule, layer, severity="info", feature_ids=("",) * bool(count), values={"count": count})


def _unreadable_dates(footprints: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    # Few of them: an operator's list of a million addresses has a handful of dates.
    dates, met = pd.factorize(footprints["planned_by"])
    unread = (met != "") & read_years(pd.Series(met)).isna().to_numpy()
    wrong = footprints[np.append(unread, False)[dates]]
    return faults(
        "plan_date_unreadable",
        "footprints",
        severity="warning",
        feature_ids=list(wrong.index),
        shapes=list(wrong.geometry),
        crs=wrong.crs,
        values=[{"date": text} for text in wrong["planned_by"]],
    )
