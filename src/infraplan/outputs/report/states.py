"""Who has access: by kind of settlement, and squares in classes that map and table share."""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from infraplan.outputs.report.findings import Goal
from infraplan.outputs.report.paper import STUDY, Paper, is_true, number, records
from infraplan.tables import SETTLEMENT_CLASSES

CLASSES = ("connected", "orderable", "passed")
"""What is counted, each with all before it, in the order of the table."""
SQUARES = ("none", "some", "most", "all", "few")
"""Classes of squares: nobody, less than half, half or more, everybody, and too few to be shown."""
COLUMN = {"access": "orderable", "proximity": "passed", "planned": "planned"}
"""Column of squares and of definitions that counts as a target's rule does."""
_HALF = 0.5
_SHOWN = 5
"""Squares of the worst class that a map's words may name places of."""


@dataclass(frozen=True)
class State:
    """Households of one kind of settlement: all, and by what they have."""

    name: str
    base: float | None
    reached: Mapping[str, float | None]
    shares: Mapping[str, float | None]


def find_state(paper: Paper, mbps: float) -> list[State]:
    """Return a row a kind of settlement and one for all, at one speed; none where that is not told."""
    columns = ("zone_id", "zone_kind", "counts", "unit", "holiday_homes", "down_mbps", "technologies",
               "base", "reached", "share")  # fmt: skip
    rows = paper.rows("switchboard", *columns)
    asked = (
        (rows["unit"] == "households")
        & ~is_true(rows["holiday_homes"])
        & (rows["down_mbps"] == mbps)
        & (rows["technologies"] == "all")
    )
    rows = rows[asked]
    zones = {f"class:{name}": paper.say(f"zones.{name}") for name in SETTLEMENT_CLASSES if name}
    zones[STUDY] = paper.say("reportstate.whole")
    return [
        _make_state(name, part) for zone, name in zones.items() if len(part := rows[rows["zone_id"] == zone])
    ]


def _make_state(name: str, rows: pd.DataFrame) -> State:
    by_counts = {row["counts"]: row for row in records(rows)}
    return State(
        name,
        number(rows["base"].iloc[0]),
        {counts: number(row["reached"]) for counts, row in by_counts.items()},
        {counts: number(row["share"]) for counts, row in by_counts.items()},
    )


@dataclass(frozen=True)
class Part:
    """Squares of one class: which, how many, and the households and workplaces in them; NaN if hidden."""

    shapes: gpd.GeoDataFrame
    people: float

    @property
    def squares(self) -> int:
        """How many squares there are of the class."""
        return len(self.shapes)


@dataclass(frozen=True)
class Squares:
    """Squares in classes by the share that a target's rule counts."""

    down_mbps: float
    parts: Mapping[str, Part]

    @property
    def shown(self) -> int:
        """How many squares there are whose share is shown."""
        return sum(part.squares for name, part in self.parts.items() if name != "few")

    @property
    def worst(self) -> gpd.GeoDataFrame:
        """Squares without anybody who is reached, most people first."""
        found = self.parts["none"].shapes
        return found.sort_values("people", ascending=False, kind="stable").head(_SHOWN)


def classify(paper: Paper, goal: Goal) -> Squares | None:
    """Return the squares of the coarsest grid in classes; None where it shows none with people."""
    shapes = paper.edition.shapes("cells")
    column = COLUMN[goal.counts]
    asked = {"grid", "units", "down_mbps", "suppressed", column}
    if shapes is None or not asked <= set(shapes.columns):
        return None
    grid = shapes.groupby("grid", observed=True).size().idxmin()
    cells = shapes[shapes["grid"] == grid]
    people = cells["units"].astype("float64")
    hidden = is_true(cells["suppressed"]) | people.isna() | cells[column].isna()
    cells = cells.assign(
        people=people.mask(hidden, 0).fillna(0), share=cells[column] / people.where(people > 0)
    )
    cells = cells.assign(part=_name_parts(cells["share"], hidden))
    cells = cells[hidden | (cells["people"] > 0)]
    if hidden[cells.index].all():
        return None
    parts = {}
    for name in SQUARES:
        found = cells[cells["part"] == name]
        unknown = name == "few" and len(found) > 0
        parts[name] = Part(found, float("nan") if unknown else float(found["people"].sum()))
    return Squares(float(cells["down_mbps"].iloc[0]), parts)


def _name_parts(shares: pd.Series, hidden: pd.Series) -> pd.Series:
    named = pd.Series("some", index=shares.index)
    named[shares >= _HALF] = "most"
    named[shares >= 1] = "all"
    named[shares == 0] = "none"
    named[hidden] = "few"
    return named
