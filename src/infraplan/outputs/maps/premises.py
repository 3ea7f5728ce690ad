"""Premises for the map page: where each is, who is there, and what its service answers to each target."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.outputs.edition import Edition
from infraplan.outputs.maps.quantise import (
    WORLD_BITS,
    Keys,
    find_keys,
    pack_bytes,
    pack_keys,
    pack_numbers,
    to_grid,
)
from infraplan.tables import SPEEDS_MBPS, STATUSES

IDS_UP_TO = 250_000
"""So many premises carry their ids: of a county they take 0.3 MB, of a country more than all the rest."""
CELL_BITS = 4
"""A bin is 16 pixels wide, as a power of two: at half a zoom more 23."""

_TILE_ZOOM = 8
"""A tile of the web is 2⁸ pixels wide."""
_LAST_COUNTED = {"access": "orderable", "proximity": "passed_estimated", "planned": "planned"}
_ALONE = 0.5
_SIGN_ZOOMS = range(11, 18)

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Class:
    """What a premises answers, and its sign: told apart by shape, fill and colour alike."""

    key: str
    shape: Literal["circle", "square", "diamond", "triangle", "cross"]
    fill: str
    stroke: str


CLASSES = (
    Class("connected", "square", "#0072b2", "#00385a"),
    Class("orderable", "square", "#ffffff", "#0072b2"),
    Class("passed_estimated", "diamond", "#56b4e9", "#00385a"),
    Class("planned", "diamond", "#ffffff", "#00664a"),
    Class("in_plan", "triangle", "#e69f00", "#4d3500"),
    Class("white_spot", "circle", "#d55e00", "#7a2f00"),
    Class("other", "cross", "", "#4a4a4a"),
)
"""From the surest: a premises is of the first that fits. The first four are ``tables.STATUSES`` at the speed
of the target, the plan and white spots follow. Colours of Okabe and Ito (2008)."""
SHARE_COLOURS = ("#7a2f00", "#d0560a", "#f59a4c", "#fdd3a6", "#ffffff")
"""Of bins, by ``styles.SHARE_BREAKS``: the more are left without, the darker, also in grey; apart from the
blue of zones under them."""
SHARE_STROKE = "#4a3222"
SIZES = (1, 10, 100, 1_000)
"""Households from which a bin is drawn a size larger."""

_KEYS = [row.key for row in CLASSES]
_SAID = ("white_spot", "in_plan")
_AMOUNTS = ("households", "workplaces")
_SPEEDS = tuple(f"{name}_mbps" for name in STATUSES)


def pack_premises(edition: Edition) -> dict[str, Any] | None:
    """Return an edition's premises packed for the page, or None where it has none.

    Only the internal level has premises. Equal places stand in the order of their table.
    """
    table = _read(edition)
    if table is None:
        return None
    keys = find_keys(to_grid(table[["x", "y"]].to_numpy(), edition.crs))
    order = np.argsort(keys, kind="stable")
    keys, table = keys[order], table.iloc[order]
    asked = _find_asked(edition.table("targets"))
    kind, kinds = _find_kinds(table, asked)
    return {
        "count": len(table),
        "places": pack_keys(keys),
        "kind": pack_numbers(kind),
        "households": pack_numbers(_amounts(table, "households")),
        "workplaces": pack_numbers(_amounts(table, "workplaces")),
        "kinds": {name: column.tolist() for name, column in kinds.items()},
        "questions": _ask(kinds, asked),
        "signs_zoom": find_signs_zoom(keys),
        **_look(),
        **_ids(table),
    }


def find_signs_zoom(keys: Keys) -> int:
    """Return the zoom from which a sign each is drawn: where half of the places are alone in their bins.

    ``keys`` are sorted; premises at the same place never stand apart and count as one.
    """
    places = keys[np.diff(keys, prepend=keys[:1] + np.uint64(1)) != 0]
    for zoom in _SIGN_ZOOMS:
        bins = places >> np.uint64(2 * _bin_bits(zoom))
        is_first = np.diff(bins, prepend=bins[:1] + np.uint64(1)) != 0
        is_last = np.diff(bins, append=bins[-1:] + np.uint64(1)) != 0
        if np.count_nonzero(is_first & is_last) >= _ALONE * len(places):
            return zoom
    return _SIGN_ZOOMS[-1] + 1


def _bin_bits(zoom: int) -> int:
    """Return the width of a bin in grid steps, as a power of two."""
    return WORLD_BITS - _TILE_ZOOM - zoom + CELL_BITS


def _read(edition: Edition) -> pd.DataFrame | None:
    """Return where the premises are and what is known of each, whether a white spot and whether in the plan.

    What is nowhere cannot be drawn; the tables of a run hold none such.
    """
    facts = edition.shapes("facts")
    table = edition.shapes("premises") if facts is None else facts
    if table is None:
        return None
    shapes = np.asarray(table.geometry.array, dtype=object)
    somewhere = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not somewhere.any():
        return None
    if not somewhere.all():
        table, shapes = table[somewhere], shapes[somewhere]
    x, y = shapely.get_coordinates(shapely.centroid(shapes)).T
    kept = [name for name in (*_AMOUNTS, *_SPEEDS) if name in table]
    spots = (
        table["white_spot"].to_numpy(dtype=bool)
        if "white_spot" in table
        else table.index.isin(edition.table("white_spots").index)
    )
    in_plan = table.index.isin(edition.table("served").index)
    return pd.DataFrame(table)[kept].assign(white_spot=spots, in_plan=in_plan, x=x, y=y)


def _find_asked(targets: pd.DataFrame) -> list[tuple[str, float, str]]:
    """Return the name, speed and rule of each target."""
    names = ["target", "down_mbps", "counts"]
    if not set(names) <= set(targets.columns):
        return []
    return list(targets[names].drop_duplicates("target").itertuples(index=False, name=None))


def _find_kinds(
    table: pd.DataFrame, asked: Iterable[tuple[str, float, str]]
) -> tuple[Integers, pd.DataFrame]:
    """Return the kind of each premises, and what the kinds are: few, for thousands of premises each.

    A kind tells the highest of the steps that each status reaches, 0 for none, and what else is said. The
    steps hold the targets' own, so that no answer is lost.
    """
    steps = np.array(sorted({0.0, *SPEEDS_MBPS, *(speed for _, speed, _ in asked)}))
    known = [name for name in STATUSES if f"{name}_mbps" in table]
    digits = [
        np.searchsorted(steps, table[f"{name}_mbps"].fillna(0.0).clip(lower=0.0), side="right") - 1
        for name in known
    ]
    digits += [table[name].to_numpy(dtype=np.int64) for name in _SAID]
    sizes = (*([len(steps)] * len(known)), *([2] * len(_SAID)))
    number = np.ravel_multi_index(tuple(digits), sizes)
    there = np.bincount(number) > 0
    found = np.unravel_index(np.flatnonzero(there), sizes)
    kind = (np.cumsum(there) - 1)[number]
    kinds = {name: steps[row] for name, row in zip(known, found, strict=False)}
    said = dict(zip(_SAID, found[len(known) :], strict=True))
    return kind, pd.DataFrame(kinds | said)


def _ask(kinds: pd.DataFrame, asked: Iterable[tuple[str, float, str]]) -> list[dict[str, Any]]:
    """Return of each target the class of every kind, and which classes it counts.

    Without targets, or where no speeds are known, the question is who is no white spot.
    """
    statuses = [name for name in STATUSES if name in kinds]
    if not statuses or not asked:
        counted = [key not in _SAID for key in _KEYS]
        return [{"target": None, "down_mbps": None, "classes": _classify(kinds, np.inf), "counted": counted}]
    return [
        {
            "target": name,
            "down_mbps": speed,
            "classes": _classify(kinds, speed),
            "counted": [i <= _KEYS.index(_LAST_COUNTED[rule]) for i in range(len(_KEYS))],
        }
        for name, speed, rule in asked
    ]


def _classify(kinds: pd.DataFrame, speed: float) -> list[int]:
    """Return the place in CLASSES of each kind at a speed."""
    fits = {name: kinds[name].to_numpy() >= speed for name in STATUSES if name in kinds}
    spots, in_plan = (kinds[name].to_numpy() > 0 for name in _SAID)
    fits |= {"in_plan": in_plan, "white_spot": spots}
    last = _KEYS.index("other")
    classes: list[int] = np.select(
        list(fits.values()), [_KEYS.index(name) for name in fits], default=last
    ).tolist()
    return classes


def _amounts(table: pd.DataFrame, name: str) -> Integers:
    if name not in table:
        return np.zeros(len(table), dtype=np.int64)
    found: Integers = np.maximum(table[name].fillna(0).to_numpy(dtype=np.int64), 0)
    return found


def _look() -> Mapping[str, Any]:
    return {
        "classes": [asdict(row) for row in CLASSES],
        "colours": SHARE_COLOURS,
        "stroke": SHARE_STROKE,
        "sizes": SIZES,
    }


def _ids(table: pd.DataFrame) -> Mapping[str, str]:
    """Return the ids, a line each, where there are not too many."""
    if len(table) > IDS_UP_TO:
        return {}
    lines = "\n".join(str(key).replace("\n", " ") for key in table.index)
    return {"ids": pack_bytes(lines.encode("utf-8", "replace"))}
