"""The walk through the study of Andorra, made of what a run left: ``python tests/andorra_walk.py OUT``.

It reads the tables as anybody would, with no code of infraplan: a figure that does not add up stops it.
"""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path

Row = dict[str, str]


def read(folder: Path, name: str) -> list[Row]:
    """Return the rows of a table."""
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def number(value: float | str, decimals: int = 0) -> str:
    """Write a number with thin groups of three."""
    return f"{float(value):,.{decimals}f}".replace(",", " ")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Draw a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def add(rows: Iterable[Row], column: str) -> int:
    """Return the sum of whole kronor."""
    return sum(int(row[column]) for row in rows)


def agree(said: object, due: object, what: str) -> None:
    """Stop where two figures that must be the same are not."""
    if said != due:
        raise SystemExit(f"{what}: {said} is said, {due} is due")


def choose_project(bill: list[Row], permits: list[Row]) -> str:
    """Return the smallest project that needs a permit, reuses a duct and crosses something."""
    items: dict[str, set[str]] = {}
    for row in bill:
        items.setdefault(row["project_id"], set()).add(row["item"])
    wanted = {row["project_id"] for row in permits}
    rich = [name for name in wanted if {"leased_duct", "crossing", "trench"} <= items[name]]
    cost = {name: add((r for r in bill if r["project_id"] == name), "cost_sek") for name in wanted}
    return min(rich or wanted, key=lambda name: (cost[name], name))


def follow_project(name: str, bill: list[Row], project: Row) -> str:
    """Return the bill of a project, line by line, and check every line and sum."""
    rows = [row for row in bill if row["project_id"] == name]
    built = [row for row in rows if row["item"] not in ("design", "margin")]
    lines = []
    for row in built:
        quantity, cost = float(row["quantity"]), int(row["cost_sek"])
        reckoned = ""
        if row["price"]:
            reckoned = f"{number(quantity, 1)} {row['unit']} × {float(row['price']):g}"
            # Every edge is rounded by itself: as many half kronor as there are edges at most.
            if abs(quantity * float(row["price"]) - cost) > 0.5 * max(quantity, 50):
                raise SystemExit(f"{name} {row['item']}: {reckoned} is not {cost}")
        lines.append([row["item"], row["detail"], reckoned, number(cost)])
    total = add(built, "cost_sek")
    design, margin = (next(row for row in rows if row["item"] == item) for item in ("design", "margin"))
    for row, of in ((design, total), (margin, total + int(design["cost_sek"]))):
        share = float(row["quantity"])
        agree(int(row["cost_sek"]), ceil(round(of * share / 100, 6)), f"{name} {row['item']}")
        lines.append([row["item"], "", f"{share:g} % of {number(of)}", number(row["cost_sek"])])
    agree(int(project["cost_sek"]), add(rows, "cost_sek"), f"cost of {name}")
    lines.append(["**sum**", "", "", f"**{number(project['cost_sek'])}**"])
    return table(["item", "detail", "reckoned", "SEK"], lines)


def build(folder: Path) -> str:
    """Return the walk as Markdown."""
    names = ("bill", "projects", "phases", "permits", "targets", "target_plans", "curve", "risk", "support")
    bill, projects, phases, permits, targets, ways, curve, risk, support = (read(folder, n) for n in names)
    technology, optics = read(folder, "technology"), read(folder, "optics")
    plan = json.loads((folder / "manifest.json").read_text("utf-8"))["totals"]["plan"]
    goal = next(r for r in targets if r["zone_kind"] == "study" and r["decides"] == "True")
    chosen = choose_project(bill, permits)
    project = next(row for row in projects if row["project_id"] == chosen)
    part = next(row for row in support if row["project_id"] == chosen)
    own = [row for row in permits if row["project_id"] == chosen]
    whole = next(row for row in risk if row["project_id"] == "plan")
    way = next(row for row in ways if row["zone_id"] == "study")
    steps = [row for row in curve if row["zone_id"] == "study"]

    agree(int(goal["missing"]), plan["aim"], "units needed")
    agree(add(projects, "cost_sek"), plan["cost_sek"], "sum of the projects")
    agree(add(phases, "cost_sek"), plan["cost_sek"], "sum of the phases")
    agree(add(bill, "cost_sek"), plan["cost_sek"], "sum of the bill")
    for row in phases:
        inside = [p for p in projects if p["phase"] == row["phase"]]
        agree(add(inside, "cost_sek"), int(row["cost_sek"]), f"phase {row['phase']}")
        agree(add(inside, "households"), int(row["households"]), f"households of phase {row['phase']}")
    shares = [int(part[name]) for name in ("own_sek", "support_sek", "left_sek")]
    agree(sum(shares), int(project["cost_sek"]), f"support of {chosen}")

    items: dict[str, int] = {}
    for row in bill:
        items[row["item"]] = items.get(row["item"], 0) + int(row["cost_sek"])
    kinds: dict[str, int] = {}
    for row in technology:
        kinds[row["technology"]] = kinds.get(row["technology"], 0) + 1
    broken = [row for row in optics if row["ok"] == "False"]
    dear = [step for step in steps if step["instead"] != "fibre"]
    gap = (plan["network_sek"] / plan["network_bound_sek"] - 1) * 100
    return f"""# Andorra, from the study file to the last krona

A small mountain country from OpenStreetMap, with assumed fibre along its primary roads, assumed ducts along its secondary ones, real elevation, and areas drawn
for the purpose: [`tests/andorra.toml`](../tests/andorra.toml). The prices are Swedish guesses (`neutral-2026`). Nothing here is a plan for Andorra; it shows how every figure can be followed
in the files of a run. A test makes this page anew and holds it against what is here.

## 1. How many are missing

`targets.csv`, the study's row that decides: {number(goal["base"])} households and workplaces, of which the target's rule ({goal["counts"]}) counts {number(goal["reached"])}. For {float(goal["target_share"]):.0%} of all,
{number(ceil(round(float(goal["target_share"]) * int(goal["base"]), 6)))} are needed, so {number(goal["missing"])} are missing. That is what the plan is asked for (`manifest.json`, `totals.plan.aim`).

## 2. What is built

The plan reaches {number(plan["served"]["premises"])} premises with {number(plan["served"]["households"])} households and {number(plan["served"]["workplaces"])} workplaces over {number(plan["metres"] / 1000, 1)} km. `bill.csv`, added up by item:

{table(["item", "SEK"], [*([item, number(cost)] for item, cost in items.items()), ["**sum**", f"**{number(plan['cost_sek'])}**"]])}

## 3. One project, line by line

{chosen} at {project["name"]}: {project["premises"]} premises, {project["households"]} households, phase {project["phase"]}. Each line is a row of `bill.csv`, the price is the base price of `neutral-2026`
in money of 2026; every stretch is rounded to whole kronor by itself, so a line can be some kronor off its product. Where prices differ within a line, none is shown.

{follow_project(chosen, bill, project)}

The sum is the project's cost in `projects.csv`. What decided the laying method of each stretch stands in `routes.geojson` under `reason`.

It needs: {"; ".join(f"{row['permit']} ({row['name']}, {number(row['metres'])} m, {number(row['extra_sek'])} SEK for care)" for row in own)}. By the rules of `[support]` its cost falls
apart into fees of {number(shares[0])}, support of at most {number(shares[1])} and {number(shares[2])} left to finance (`support.csv`).

## 4. Phases and the whole

{table(["phase", "year", "projects", "households", "SEK", "left of the year's budget"], [[r["phase"], r["year"], r["projects"], r["households"], number(r["cost_sek"]), number(r["left_sek"])] for r in phases])}

Each phase is the sum of its projects, and all phases together cost {number(plan["cost_sek"])} SEK: the sum of the bill. With prices drawn at random the whole lies between {number(whole["p10_sek"])} and
{number(whole["p90_sek"])} SEK in eight cases of ten (`risk.csv`); with all prices at their lowest and highest it is {number(plan["cost_low_sek"])} and {number(plan["cost_high_sek"])}.

## 5. How good it is

The network at the price of the smallest cables costs {number(plan["network_sek"])} SEK, and none for the same goal can cost less than {number(plan["network_bound_sek"])}: it is at most {gap:.2f} % dearer than the cheapest.
In all no plan can cost less than {number(plan["lower_bound_sek"])} SEK. {f"Ducts on {len(plan['overfull_ducts'])} stretches had too little room for the cables of the first network drawn: trenches are counted there, which the bound does not know." if plan["overfull_ducts"] else "All ducts have room for their cables."}

## 6. What else the tables say

The cheapest way to the target for the whole country costs {number(way["cost_sek"])} SEK before cabinets and larger cables, {number(way["cost_per_unit_sek"])} a household or workplace (`target_plans.csv`). {f"From {float(dear[0]['share']):.1%} on a step costs {number(dear[0]['per_unit_sek'])} SEK a unit and {dear[0]['instead']} is cheaper" if dear else "No step is so dear that something else is cheaper"} (`curve.csv`).
By `technology.csv` {", ".join(f"{number(count)} premises get {name}" for name, count in sorted(kinds.items()))}. The light reaches all but {len(broken)} of {number(len(optics))} premises within the budget of the equipment (`optics.csv`).
"""


if __name__ == "__main__":
    sys.stdout.write(build(Path(sys.argv[1])))
