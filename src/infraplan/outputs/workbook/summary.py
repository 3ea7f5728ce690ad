"""The workbook's first sheet: the study's figures as formulas over the other sheets, and three to try out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infraplan.layers.studyfile import layer_of
from infraplan.outputs.edition import Edition
from infraplan.outputs.rounding import shown_share
from infraplan.outputs.workbook.book import Book, Cell, Formula, Sheet
from infraplan.tables import ITEMS
from infraplan.words import Words

SUMS = ("premises", "households", "workplaces", "cost_low_sek", "cost_sek", "cost_high_sek", "upkeep_sek")
"""Columns of the projects that the summary adds up."""
PAID = ("support_sek", "own_sek", "left_sek")
"""Columns of the support that the summary adds up: what it can pay, what fees pay, and what is left."""


@dataclass(frozen=True)
class Line:
    """A row of the summary: what it is, its value, how that is written, and a remark."""

    name: str
    value: Cell
    kind: str = "count"
    note: str = ""


@dataclass(frozen=True)
class Section:
    """Some rows under a heading."""

    title: str
    lines: tuple[Line, ...]


def write_summary(book: Book, edition: Edition, sheets: dict[str, Sheet], words: Words) -> None:
    """Write the first sheet: what the study is, its figures, what may be tried, and what each sheet holds."""
    name = words.text("workbook.sheet.summary")
    page = book.add_page(name, widths=(46, 20, 78))
    page.write_string(0, 0, edition.study["name"], book.style("title"))
    row = 1
    for sentence in say_head(edition, words):
        page.write_string(row, 0, sentence, book.style("note"))
        row += 1
    for section in build_sections(edition, sheets, words, first=row + 1):
        row += 1
        page.write_string(row, 0, section.title, book.style("section"))
        for line in section.lines:
            row += 1
            page.write_string(row, 0, line.name, book.style("wrapped"))
            book.put(page, row, 1, line.value, line.kind)
            page.write_string(row, 2, line.note, book.style("note"))
        row += 1


def say_head(edition: Edition, words: Words) -> Iterator[str]:
    """Say what stands above every sheet: level, date, what it is not for, what is modelled."""
    about = edition.about
    yield " ".join(
        [
            words.text(f"map.level.{edition.level}"),
            words.text("workbook.made", date=about["started"][:10], year=str(edition.study["year"])),
            words.text("map.not_for_excavation"),
        ]
    )
    modelled = dict.fromkeys(layer_of(row["layer"]) for row in about["inputs"] if row["modelled"])
    if modelled:
        names = [words.entries.get(f"map.input.{name}", name) for name in modelled]
        yield words.text("map.modelled", layers=", ".join(names))


def build_sections(edition: Edition, sheets: dict[str, Sheet], words: Words, *, first: int) -> list[Section]:
    """Return the summary's sections; the first one's heading stands in row ``first`` (from nought)."""
    found = [_whole(edition, words)]
    projects = sheets.get("projects")
    if projects is not None and projects.rows:
        found += [_plan(edition, projects, sheets.get("support"), words)]
        found += [_items(sheets["bill"], words)] if "bill" in sheets else []
    found += [_targets(edition, words)] if len(edition.table("effect")) else []
    if projects is not None and all(
        _told(projects, name, words) for name in ("cost_sek", "households", "premises")
    ):
        at = first + sum(len(section.lines) + 2 for section in found)
        found.append(_trial(projects, sheets.get("support"), words, heading=at))
    return [*found, _contents(sheets, words)]


def _whole(edition: Edition, words: Words) -> Section:
    totals = edition.about["totals"]
    lines = [
        Line(words.text(f"workbook.{whose}_{name}"), value)
        for whose, group in (("all", "premises"), ("white", "white_spots"))
        for name, value in totals.get(group, {}).items()
    ]
    return Section(words.text("workbook.section_now"), tuple(lines))


def _plan(edition: Edition, projects: Sheet, support: Sheet | None, words: Words) -> Section:
    """Return what the plan comes to and who can pay: sums over the projects where all of them are told."""
    plan = edition.about["totals"]["plan"]
    known = {**plan.get("served", {}), **{name: plan.get(name) for name in SUMS if name in plan}}
    lines = []
    for name in SUMS:
        cells = _told(projects, name, words)
        if cells is not None:
            value: Cell = Formula(f"=SUM({projects.range(words.text(f'workbook.head.{name}'))})", sum(cells))
        elif known.get(name) is not None:
            value = known[name]
        else:
            continue
        kind = "sek" if name.endswith("_sek") else "count"
        lines.append(Line(words.text(f"workbook.plan_{name}"), value, kind))
    paid = {name: _sum(support, name, words) for name in PAID}
    lines += [Line(words.text(f"workbook.plan_{name}"), sum_, "sek") for name, sum_ in paid.items() if sum_]
    return Section(words.text("workbook.section_plan"), tuple(lines))


def _items(bill: Sheet, words: Words) -> Section:
    """Return the cost of each item, which together are the plan's."""
    heads = [words.text(f"workbook.head.{name}") for name in ("item", "cost_sek")]
    columns = {column.head: column.cells for column in bill.columns}
    if not set(heads) <= set(columns):
        return Section(words.text("workbook.section_items"), ())
    sums: dict[str, float] = {}
    for item, cost in zip(columns[heads[0]], columns[heads[1]], strict=True):
        sums[str(item)] = sums.get(str(item), 0.0) + (cost if isinstance(cost, int | float) else 0.0)
    names = [name for item in ITEMS if (name := words.text(f"bill.item_{item}")) in sums]
    where, what = bill.range(heads[0]), bill.range(heads[1])
    lines = [Line(name, Formula(f'=SUMIF({where},"{name}",{what})', sums[name]), "sek") for name in names]
    total = Line(words.text("plan.total"), Formula(f"=SUM({what})", sum(sums.values())), "sek")
    return Section(words.text("workbook.section_items"), (*lines, total))


def _targets(edition: Edition, words: Words) -> Section:
    """Return each target before and after the plan; no share is rounded up to a target that is missed."""
    rows = edition.table("effect").to_dict("records")
    lines = [_target(row, when, words) for row in rows for when in ("before", "after")]
    return Section(words.text("workbook.section_targets"), tuple(lines))


def _target(row: Mapping[Any, Any], when: str, words: Words) -> Line:
    unit = words.text(f"map.unit.{row['unit']}").lower()
    named = words.text("workbook.target", target=row["target"], unit=unit)
    return Line(
        words.text(f"workbook.target_{when}", target=named),
        _share_of(row[when], row["base"], row["target_share"]),
        "share",
        _say_count(row, when, words),
    )


def _share_of(reached: float, base: float, goal: float) -> Cell:
    if not (base > 0 and reached >= 0):
        return None
    text = f"{reached:.0f}/{base:.0f}"
    formula = f"=ROUND({text},3)-IF(AND({text}<{goal},ROUND({text},3)>={goal}),0.001,0)"
    share = reached / base
    shown = shown_share(share, goal, share >= goal)
    return None if shown is None else Formula(formula, shown)


def _say_count(row: Mapping[Any, Any], when: str, words: Words) -> str:
    if not (row["base"] > 0 and row[when] >= 0):
        return ""
    goal = words.share(row["target_share"])
    return words.text("workbook.of_base", reached=int(row[when]), base=int(row["base"]), goal=goal)


def _sum(sheet: Sheet | None, name: str, words: Words) -> Formula | None:
    """Return the sum of a column as a formula; None where there is no such sheet, or it hides some of it."""
    cells = None if sheet is None else _told(sheet, name, words)
    if sheet is None or cells is None:
        return None
    return Formula(f"=SUM({sheet.range(words.text(f'workbook.head.{name}'))})", sum(cells))


def _trial(projects: Sheet, support: Sheet | None, words: Words, *, heading: int) -> Section:
    """Return three cells to change, and what follows from them: budget, dearer prices, fee a building.

    As long as nothing is changed, what is left is what the plan leaves.
    """
    costs, homes = _told(projects, "cost_sek", words) or [], _told(projects, "households", words) or []
    buildings = sum(_told(projects, "premises", words) or [])
    cost, home, running, building = (
        projects.range(words.text(f"workbook.head.{name}"))
        for name in ("cost_sek", "households", "running_sek", "premises")
    )
    budget, dearer, fee = (f"$B${heading + 2 + place}" for place in range(3))
    total, households = sum(costs), sum(homes)
    paid, fees = (
        sum((_told(support, name, words) if support else None) or []) for name in ("support_sek", "own_sek")
    )
    asked = fees / buildings if buildings else 0.0
    supported = _sum(support, "support_sek", words)
    known = supported.text.removeprefix("=") if supported else "0"
    left = total - asked * buildings - paid
    lines = (
        Line(words.text("workbook.try_budget"), total, "input", words.text("workbook.try_note")),
        Line(words.text("workbook.try_dearer"), 0.0, "input_share"),
        Line(words.text("workbook.try_fee"), asked, "input"),
        Line(words.text("workbook.try_cost"), Formula(f"=ROUND(SUM({cost})*(1+{dearer}),0)", total), "sek"),
        Line(
            words.text("workbook.try_fits"),
            Formula(f'=COUNTIF({running},"<="&{budget}/(1+{dearer}))', len(costs)),
            "count",
            words.text("workbook.try_order"),
        ),
        Line(
            words.text("workbook.try_homes"),
            Formula(f'=SUMIF({running},"<="&{budget}/(1+{dearer}),{home})', households),
        ),
        Line(words.text("workbook.try_fees"), Formula(f"=SUM({building})*{fee}", asked * buildings), "sek"),
        Line(
            words.text("workbook.try_left"),
            Formula(f"=ROUND(SUM({cost})*(1+{dearer}),0)-SUM({building})*{fee}-{known}", left),
            "sek",
            words.text("workbook.try_left_note"),
        ),
    )
    return Section(words.text("workbook.section_try"), lines)


def _contents(sheets: dict[str, Sheet], words: Words) -> Section:
    lines = tuple(Line(sheet.name, sheet.rows, "count", say_rows(sheet, words)) for sheet in sheets.values())
    return Section(words.text("workbook.section_contents"), lines)


def say_rows(sheet: Sheet, words: Words) -> str:
    """Say how many rows a sheet has, and where the rest is if it has not all of them."""
    if sheet.rows > sheet.shown:
        return words.text("workbook.cut", shown=sheet.shown, rows=sheet.rows)
    return sheet.title


def _told(sheet: Sheet, name: str, words: Words) -> Sequence[float] | None:
    """Return the cells of a column that is told whole; None where it is missing or some are hidden."""
    head = words.text(f"workbook.head.{name}")
    for column in sheet.columns:
        if column.head == head and column.cells:
            cells = [cell for cell in column.cells if isinstance(cell, int | float)]
            return cells if len(cells) == len(column.cells) else None
    return None
