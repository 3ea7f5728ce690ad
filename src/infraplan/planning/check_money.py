"""The part of the independent check that is about money: it knows the cost book, and nobody's code."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any

import pandas as pd

from infraplan.costbook import CostBook, Price
from infraplan.planning.model import Plan

LEVELS = ("low", "base", "high")
_COSTS = ("cost_low_sek", "cost_sek", "cost_high_sek")
_EDGE_ITEMS = (
    "trench",
    "soft_area",
    "duct",
    "own_duct",
    "leased_duct",
    "cable",
    "crossing",
    "connection",
    "splice",
)


def wrong_edge_costs(routes: pd.DataFrame, book: CostBook) -> list[str]:
    """Price every edge of a plan anew, item by item, and compare."""
    wrong = []
    for edge, row in zip(routes.index, routes.to_dict("records"), strict=True):
        if row["existing"] == "new" and row["method"] not in book.methods:
            wrong.append(f"edge {edge} has no price for method {row['method']!r}")
            continue
        items = list(_price(row, book))
        for level, column in zip(LEVELS, _COSTS, strict=True):
            due = sum(_crowns(amount[level]) for amount in items)
            if due != row[column]:
                wrong.append(f"edge {edge} costs {row[column]} SEK ({level}), {due} are due")
    return wrong


def wrong_bill(plan: Plan, book: CostBook) -> list[str]:
    """Hold the bill against routes and cabinets, by project."""
    bill = plan.bill
    unlike = bill["material_sek"] + bill["labour_sek"] != bill["cost_sek"]
    wrong = [f"bill {row}: material and labour are not its cost" for row in bill.index[unlike]]
    billed, due = _add_up_bill(bill), _add_up_built(plan, book)
    for project in sorted(set(bill["project_id"])):
        for level in LEVELS:
            rows, built = billed[project, level], due[project, level]
            items = sum(rows[item] for item in _EDGE_ITEMS)
            if items != built["edges"]:
                wrong.append(
                    f"project {project}: {items} SEK ({level}) are billed for its edges,"
                    f" {built['edges']} are due"
                )
            wrong += [
                f"project {project}: {kind} costs {rows[kind]} SEK ({level}), {built[kind]} are due"
                for kind in ("cabinet", "chamber")
                if rows[kind] != built[kind]
            ]
            wrong += _wrong_overheads(project, rows, level, book)
    if set(bill["project_id"]) != set(plan.routes["project_id"]):
        wrong.append("the bill's projects are not those of the routes")
    return wrong


_Sums = defaultdict[tuple[str, str], Counter[str]]
"""Crowns of a project at a level, by item."""


def _add_up_bill(bill: pd.DataFrame) -> _Sums:
    sums: _Sums = defaultdict(Counter)
    for level, column in zip(LEVELS, _COSTS, strict=True):
        for project, item, cost in zip(bill["project_id"], bill["item"], bill[column].tolist(), strict=True):
            sums[project, level][item] += cost
    return sums


def _add_up_built(plan: Plan, book: CostBook) -> _Sums:
    """Return what edges, with their splices, and boxes of each project cost."""
    sums: _Sums = defaultdict(Counter)
    edges, boxes = plan.routes, plan.cabinets
    for level, column in zip(LEVELS, _COSTS, strict=True):
        splice = getattr(book.splice, level)
        for project, cost, joints in zip(
            edges["project_id"], edges[column].tolist(), edges["joints"].tolist(), strict=True
        ):
            sums[project, level]["edges"] += cost + _crowns(joints * splice)
        for project, kind, fibres in zip(
            boxes["project_id"], boxes["kind"], boxes["fibres_in"].tolist(), strict=True
        ):
            sums[project, level]["edges"] += _crowns(fibres * splice)
            sums[project, level][kind] += _crowns(getattr(getattr(book, kind), level))
    return sums


def wrong_projects(plan: Plan, premises: pd.DataFrame) -> list[str]:
    """Hold projects and phases against routes, people and bill."""
    wrong = []
    projects = plan.projects
    phase_of = projects["phase"].to_dict()
    public = set(premises.index[premises["kind"] == "public"])
    lives, bills = (dict(iter(table.groupby("project_id"))) for table in (plan.served, plan.bill))
    for project, row in projects.iterrows():
        people = lives.get(project, plan.served[:0])
        billed = bills.get(project, plan.bill[:0])
        sums = {
            "premises": len(people),
            "households": people["households"].sum(),
            "workplaces": people["workplaces"].sum(),
            "public_buildings": len(public & set(people.index)),
            **{column: billed[column].sum() for column in _COSTS},
        }
        wrong += [
            f"project {project} says {row[name]} {name}, {value} are due"
            for name, value in sums.items()
            if row[name] != value
        ]
        if row["above"] and row["above"] not in phase_of:
            wrong.append(f"project {project} is fed through {row['above']}, which is none")
        elif row["above"] and phase_of[row["above"]] > row["phase"]:
            wrong.append(f"project {project} is built before {row['above']}, which feeds it")
    wrong += [
        f"edge {edge} is in project {project}, which is none"
        for edge, project in plan.routes["project_id"].items()
        if project not in projects.index
    ]
    for table, name in ((plan.routes, "edge"), (plan.bill, "bill"), (plan.cabinets, "cabinet")):
        wrong += [
            f"{name} {i} is in phase {phase}, its project {project} is not"
            for i, project, phase in zip(table.index, table["project_id"], table["phase"], strict=True)
            if phase_of.get(project) != phase
        ]
    for phase, row in plan.phases.iterrows():
        inside = projects[projects["phase"] == phase]
        wrong += [
            f"phase {phase} says {row[name]:.0f} {name}, {inside[name].sum()} are due"
            for name in ("premises", "households", "workplaces", *_COSTS)
            if row[name] != inside[name].sum()
        ]
    return wrong


def _price(row: Mapping[Any, Any], book: CostBook) -> Iterator[dict[str, float]]:
    """Yield the amount of each item of an edge, by level."""
    length, share, factor = float(row["length_m"]), float(row["works_share"]), float(row["factor"])
    # Ducts and poles that are there lead over what is crossed, and a lake cable lies in it.
    dug = row["existing"] == "new" and book.methods[str(row["method"])].duct
    if row["existing"] == "new":
        method = book.methods[str(row["method"])]
        yield _times(length, method, share)
        if factor > 1.0:
            yield _times(length, method, share * (factor - 1.0))
        if method.duct:
            yield _times(length, book.duct, 1.0)
    elif row["existing"] == "own_duct":
        yield _times(length, book.own_duct, 1.0)
    else:
        rent = float(row["rent_sek_m"])
        told = {level: rent if rent == rent else getattr(book.leased_duct, level) for level in LEVELS}  # noqa: PLR0124
        yield {level: length * price for level, price in told.items()}
    counted = str(row["cables"]).split("+")
    for cable in book.cables:
        if pieces := counted.count(str(cable.fibres)):
            yield _times(length * pieces, cable, 1.0)
    for over in ("road", "railway", "water", "power_line") if dug else ():
        fits = (
            crossing
            for crossing in book.crossings
            if crossing.over == over
            and (crossing.road_class == "any" or row["crossed_class"] in crossing.road_class)
        )
        crossing = next(fits, None)
        if row[f"cross_{over}"] and crossing is not None:
            yield _times(float(row[f"cross_{over}"]), crossing, 1.0)
    if row["kind"] == "drop":
        yield _times(1.0, book.connection, 1.0)
        yield _times(2.0 * float(row["fibres"]), book.splice, 1.0)


def _times(quantity: float, price: Price, share: float) -> dict[str, float]:
    return {level: quantity * (getattr(price, level) * share) for level in LEVELS}


def _wrong_overheads(project: str, rows: Counter[str], level: str, book: CostBook) -> list[str]:
    built = sum(cost for item, cost in rows.items() if item not in ("design", "margin"))
    wrong = []
    for name in ("design", "margin"):
        per_cent = getattr(getattr(book.overheads, name), level)
        due = ceil(Fraction(str(per_cent)) * built / 100)
        if rows[name] != due:
            wrong.append(f"project {project}: {name} costs {rows[name]} SEK ({level}), {due} are due")
        built += due
    return wrong


def _crowns(amount: float) -> int:
    return floor(round(amount, 6) + 0.5)
