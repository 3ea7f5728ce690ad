"""Stretches of road and railway without coverage, told as a driver would: from where to where along the road.

A stretch lacks the study's class in its use: of every operator, and, where there are few, of each of them.
It goes on across the borders of municipalities, and from line to line of the same road. ``from_place`` and
``to_place`` are the named places nearest to its ends; ``from_m`` and ``to_m`` are metres along the road from
its western end, which ``road_from`` is nearest to. Roads are followed only as far as their number (or name)
and class go on, and no further than the study: ``to_call_m`` is NaN where no call can be made along that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.mobile_chains import Chains, chain_lines
from infraplan.coverage.mobile_lines import Pieces, Steps, list_steps, place_along
from infraplan.coverage.mobile_maps import Bools, Floats, Ints, Maps, best_of
from infraplan.demand.zonetable import name_nearest
from infraplan.layers.faults import faults, gather

_FEW = 4
"""Operators up to which the stretches of each are listed too: Sweden has four networks of its own."""
_SAME_M = 1e-3
_LAYERS = {"road": "roads", "railway": "railways"}


@dataclass(frozen=True)
class _Road:
    """Pieces in the order of the roads and along them; arrays of shape (pieces,)."""

    chain: Ints
    start_m: Floats
    end_m: Floats
    follows: Bools
    """Whether the piece begins where the one before it ends."""
    piece: Ints
    """Its position among the pieces."""


@dataclass(frozen=True)
class _Runs:
    """Runs of pieces: positions of the first and the last of each, shape (runs,)."""

    first: Ints
    last: Ints


def find_gaps(
    lines: gpd.GeoDataFrame,
    pieces: Pieces,
    maps: Maps,
    zones: gpd.GeoDataFrame,
    *,
    parted: gpd.GeoDataFrame,
    study: Study,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return MOBILE_GAPS, and faults that count the stretches too short to be listed.

    Parameters
    ----------
    lines
        Columns kind, road_number, name, road_class; LineStrings.
    pieces
        What ``cut_lines`` made of them.
    zones
        All, for the names of places.
    parted
        The zones by which the pieces were cut.
    """
    met = np.unique(pieces.line)
    steps = list_steps(lines.geometry.to_numpy(), maps.crs)
    chains = _chain(lines, steps, met)
    road = _order(pieces, chains, steps)
    use, level = study.mobile.use, maps.rules.rank(study.mobile.level)
    silent = best_of(pieces.ranks, maps.select(use)) < maps.rules.rank(maps.rules.emergency.level)
    found, short = [], []
    for operator in ("", *(maps.operators if len(maps.operators) <= _FEW else ())):
        white = best_of(pieces.ranks, maps.select(use, operator=operator)) < level
        runs = _find_runs(white[road.piece], road)
        gaps = _describe(runs, road, pieces, lines, (silent & white)[road.piece]).assign(operator=operator)
        long = (gaps["length_m"] >= study.mobile.least_gap_m).to_numpy()
        short += list(_tell_short(gaps[~long], operator, study))
        shapes = _draw(_Runs(runs.first[long], runs.last[long]), road, pieces, chains, steps)
        found.append(gpd.GeoDataFrame(gaps[long], geometry=shapes, crs=lines.crs))
    table = _name(gpd.GeoDataFrame(pd.concat(found, ignore_index=True)), chains, zones, parted)
    return table, gather(short, study.study.crs)


def _chain(lines: gpd.GeoDataFrame, steps: Steps, met: Ints) -> Chains:
    """Join the lines that have pieces; the others are in no road (−1)."""
    part = lines.iloc[met]
    called = part["road_number"].where(part["road_number"] != "", part["name"])
    group = pd.DataFrame({"kind": part["kind"], "called": called, "class": part["road_class"]})
    number = group.groupby(list(group.columns)).ngroup().to_numpy().astype(np.int64)
    length_m = steps.at_m[steps.last] - steps.at_m[steps.first]
    own = chain_lines(part.geometry.to_numpy(), length_m[met], number)
    chain, begin_m = np.full(len(lines), -1, dtype=np.int64), np.zeros(len(lines))
    turned = np.zeros(len(lines), dtype=bool)
    chain[met], begin_m[met], turned[met] = own.chain, own.begin_m, own.turned
    return Chains(chain, begin_m, turned, own.ends)


def _order(pieces: Pieces, chains: Chains, steps: Steps) -> _Road:
    line = pieces.line
    length_m = (steps.at_m[steps.last] - steps.at_m[steps.first])[line]
    turned = chains.turned[line]
    start_m = chains.begin_m[line] + np.where(turned, length_m - pieces.end_m, pieces.start_m)
    end_m = chains.begin_m[line] + np.where(turned, length_m - pieces.start_m, pieces.end_m)
    chain = chains.chain[line]
    order = np.lexsort((start_m, chain))
    chain, start_m, end_m = chain[order], start_m[order], end_m[order]
    follows = (chain[1:] == chain[:-1]) & (np.abs(start_m[1:] - end_m[:-1]) < _SAME_M)
    return _Road(chain, start_m, end_m, np.r_[False, follows][: len(chain)], order)


def _find_runs(chosen: Bools, road: _Road) -> _Runs:
    """Return the longest runs of chosen pieces that follow each other."""
    before = np.r_[False, chosen[:-1]][: len(chosen)] & road.follows
    goes_on = np.r_[before[1:] & chosen[1:], False][: len(chosen)]
    return _Runs(np.flatnonzero(chosen & ~before), np.flatnonzero(chosen & ~goes_on))


def _describe(
    runs: _Runs, road: _Road, pieces: Pieces, lines: gpd.GeoDataFrame, silent: Bools
) -> pd.DataFrame:
    """Return a row a stretch, without names and shape."""
    no_call_m, to_call_m = _measure_silence(runs, road, silent)
    of = lines.iloc[pieces.line[road.piece[runs.first]]]
    from_m, to_m = road.start_m[runs.first], road.end_m[runs.last]
    return pd.DataFrame(
        {
            **{name: of[name].to_numpy() for name in ("kind", "road_number", "name", "road_class")},
            "from_m": from_m,
            "to_m": to_m,
            "length_m": to_m - from_m,
            "zone": _find_zone(runs, road, pieces),
            "emergency": np.where(no_call_m > 0, *tables.EMERGENCY),
            "to_call_m": to_call_m,
            "no_call_m": no_call_m,
            "chain": road.chain[runs.first],
        }
    )


def _measure_silence(runs: _Runs, road: _Road, silent: Bools) -> tuple[Floats, Floats]:
    """Return how much of each run has no call, and how far it is along the road to one at most."""
    quiet = _find_runs(silent, road)
    length_m = road.end_m[quiet.last] - road.start_m[quiet.first]
    # Beyond each end a call can be made, or the road ends.
    before = road.follows[quiet.first]
    after = np.r_[road.follows[1:], False][: len(road.chain)][quiet.last]
    furthest = np.where(before & after, length_m / 2, np.where(before | after, length_m, np.nan))
    run = np.searchsorted(runs.first, quiet.first, side="right") - 1
    no_call_m = np.bincount(run, length_m, minlength=len(runs.first)).astype(np.float64)
    to_call_m = np.zeros(len(runs.first))
    np.fmax.at(to_call_m, run, furthest)
    to_call_m[run[np.isnan(furthest)]] = np.nan
    return no_call_m, to_call_m


def _find_zone(runs: _Runs, road: _Road, pieces: Pieces) -> Ints:
    """Return the zone with most metres of each run, the first of equals."""
    sizes = runs.last - runs.first + 1
    run = np.repeat(np.arange(len(sizes)), sizes)
    at = np.arange(len(run)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + runs.first[run]
    frame = pd.DataFrame(
        {"run": run, "zone": pieces.zone[road.piece[at]], "m": (road.end_m - road.start_m)[at]}
    )
    most = frame.groupby(["run", "zone"])["m"].sum().reset_index()
    most = most.sort_values(["run", "m", "zone"], ascending=[True, False, True])
    return most.drop_duplicates("run")["zone"].to_numpy(dtype=np.int64)


def _tell_short(gaps: pd.DataFrame, operator: str, study: Study) -> Iterator[gpd.GeoDataFrame]:
    for kind, rows in gaps.groupby("kind"):
        values = {
            "count": len(rows),
            "metres": round(rows["length_m"].sum()),
            "least_gap_m": study.mobile.least_gap_m,
        }
        rule = "mobile_short_gaps_of" if operator else "mobile_short_gaps"
        yield faults(rule, _LAYERS[str(kind)], severity="info", values=values | {"operator": operator})


def _draw(
    runs: _Runs, road: _Road, pieces: Pieces, chains: Chains, steps: Steps
) -> Sequence[shapely.Geometry]:
    """Return the line of each run, in the direction of the road."""
    line = pieces.line[road.piece]
    begins, first_step = steps.at, steps.first
    origin = begins[first_step[line]]
    start, end = origin + pieces.start_at[road.piece], origin + pieces.end_at[road.piece]
    turned = chains.turned[line]
    first = place_along(steps, np.where(turned, end, start), line)
    last = place_along(steps, np.where(turned, start, end), line)
    inner = np.searchsorted(steps.at, start, side="right"), np.searchsorted(steps.at, end, side="left")
    shapes = []
    for begin, stop in zip(runs.first, runs.last, strict=True):
        parts = []
        for at in range(begin, stop + 1):
            corners = steps.ends[inner[0][at] : inner[1][at], :2]
            parts += [first[at : at + 1], corners[::-1] if turned[at] else corners, last[at : at + 1]]
        xy = np.concatenate(parts)
        shapes.append(shapely.linestrings(xy[np.r_[True, (np.diff(xy, axis=0) != 0).any(axis=1)]]))
    return shapes


def _name(
    table: gpd.GeoDataFrame, chains: Chains, zones: gpd.GeoDataFrame, parted: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the stretches with places, municipality and ids."""
    shapes, ends = table.geometry.to_numpy(), chains.ends[table["chain"].to_numpy(dtype=np.int64)]
    points = {
        "from_place": shapely.get_point(shapes, 0),
        "to_place": shapely.get_point(shapes, -1),
        "road_from": shapely.points(ends[:, :2]),
        "road_to": shapely.points(ends[:, 2:]),
    }
    # The study alone has no code.
    codes = np.array([str(zone).partition(":")[2] for zone in parted.index], dtype=object)
    table = table.assign(
        municipality=codes[table["zone"].to_numpy(dtype=np.int64)],
        **{name: name_nearest(where, zones) for name, where in points.items()},
    )
    order = ["operator", "kind", "road_number", "name", "road_class", "chain", "from_m"]
    table = table.sort_values(order, ignore_index=True)
    numbers = [f"gap-{number}" for number in range(1, len(table) + 1)]
    table.index = pd.Index(numbers, dtype="str", name="gap_id")
    texts = {column.name: "str" for column in tables.MOBILE_GAPS.columns if column.kind == "text"}
    return table.astype(texts)[[*tables.MOBILE_GAPS.names, "geometry"]]
