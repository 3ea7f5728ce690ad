"""Which tables of an edition are sheets, with which columns, and what their codes are called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from infraplan.outputs.cells import plain_column
from infraplan.outputs.edition import Edition
from infraplan.outputs.rounding import shown_m, shown_number, shown_sek, shown_share
from infraplan.outputs.workbook.book import FIRST_ROW, Cell, Column, Formula, Kind, Sheet
from infraplan.words import Words, round_half

Coded = str
"""Key of the words of a code, ``{}`` in its place; empty for text that is shown as it is."""


@dataclass(frozen=True)
class Field:
    """A column of a table in the workbook."""

    name: str
    kind: Kind = "text"
    coded: Coded = ""


@dataclass(frozen=True)
class Spec:
    """A table of the edition as a sheet; ``order`` sorts its rows."""

    key: str
    fields: tuple[Field, ...]
    order: tuple[str, ...] = ()


_COSTS = (Field("cost_low_sek", "sek"), Field("cost_sek", "sek"), Field("cost_high_sek", "sek"))
_WHO = (Field("premises", "count"), Field("households", "count"), Field("workplaces", "count"))
_YES = "workbook.answer.{}"

SPECS = (
    Spec(
        "projects",
        (
            Field("project_id"),
            Field("name"),
            Field("municipality"),
            Field("phase", "year"),
            *_WHO,
            Field("public_buildings", "count"),
            Field("road_m", "metres"),
            Field("drop_m", "metres"),
            Field("link_m", "metres"),
            Field("reused_m", "metres"),
            Field("permit_m", "metres"),
            *_COSTS,
            Field("upkeep_sek", "sek"),
            Field("over_limit", coded=_YES),
        ),
        ("phase", "cost_per_household_sek"),
    ),
    Spec(
        "phases",
        (
            Field("phase", "year"),
            Field("year", "year"),
            Field("projects", "count"),
            *_WHO,
            Field("trench_m", "metres"),
            *_COSTS,
            Field("budget_sek", "sek"),
            Field("left_sek", "sek"),
        ),
    ),
    Spec(
        "bill",
        (
            Field("project_id"),
            Field("phase", "year"),
            Field("item", coded="bill.item_{}"),
            Field("detail", coded="map.method.{}"),
            Field("quantity", "number"),
            Field("unit", coded="bill.unit_{}"),
            Field("price", "number"),
            *_COSTS,
            Field("material_sek", "sek"),
            Field("labour_sek", "sek"),
            Field("guess", coded=_YES),
            Field("source"),
        ),
    ),
    Spec(
        "support",
        (
            Field("project_id"),
            Field("buildings", "count"),
            Field("eligible", "count"),
            Field("unsure", "count"),
            Field("eligible_sek", "sek"),
            Field("own_sek", "sek"),
            Field("support_sek", "sek"),
            Field("left_sek", "sek"),
        ),
    ),
    Spec(
        "targets",
        (
            Field("target"),
            Field("zone_name"),
            Field("zone_kind", coded="workbook.zone_kind.{}"),
            Field("unit", coded="map.unit.{}"),
            Field("counts", coded="map.counts.{}"),
            Field("base", "count"),
            Field("connected", "count"),
            Field("orderable", "count"),
            Field("passed_estimated", "count"),
            Field("planned", "count"),
            Field("reached", "count"),
            Field("share", "share"),
            Field("target_share", "share"),
            Field("missing", "count"),
            Field("met", coded=_YES),
        ),
    ),
    Spec(
        "white_spot_areas",
        (Field("white_spot_id"), Field("name"), Field("municipality"), *_WHO),
        ("-households", "-premises"),
    ),
    Spec(
        "white_spots",
        (
            Field("premises_id"),
            Field("white_spot_id"),
            Field("municipality"),
            Field("settlement_class", coded="map.class.{}"),
            Field("households", "count"),
            Field("workplaces", "count"),
            Field("best_down_mbps", "number"),
            Field("rule", coded="map.rule.{}"),
            Field("eligible", coded="map.answer.{}"),
        ),
    ),
    Spec(
        "faults",
        (
            Field("severity", coded="summary.severity_{}"),
            Field("layer", coded="map.input.{}"),
            Field("feature_id"),
            Field("rule"),
            Field("message"),
            Field("remedy"),
        ),
    ),
    Spec(
        "sources",
        (
            Field("layer", coded="map.input.{}"),
            Field("source"),
            Field("licence"),
            Field("date"),
            Field("level", coded="map.level_name.{}"),
            Field("modelled", coded=_YES),
            Field("assumption"),
        ),
    ),
)
"""Sheets in their order, after the summary."""


def build_sheets(edition: Edition, words: Words) -> dict[str, Sheet]:
    """Return the sheets of the tables that the edition has, by key; a column that it lacks is left out."""
    found = {}
    for spec in SPECS:
        table = _rows(edition, spec)
        if len(table.columns):
            columns = tuple(_column(field, table, words) for field in spec.fields if field.name in table)
            found[spec.key] = Sheet(
                name=words.text(f"workbook.sheet.{spec.key}"),
                table=f"t_{spec.key}",
                title=words.text(f"workbook.title.{spec.key}"),
                columns=columns + _reckoned(spec.key, columns, words),
            )
    return found


def _rows(edition: Edition, spec: Spec) -> pd.DataFrame:
    """Return a table's rows in the order in which they are read, its key as a column."""
    if spec.key == "sources":
        return pd.DataFrame(list(edition.about["inputs"]))
    table = edition.table(spec.key)
    if not len(table.columns):
        return table
    flat = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).reset_index()
    by = [name.removeprefix("-") for name in spec.order]
    if not set(by) <= set(flat.columns):
        return flat
    return flat.sort_values(by, ascending=[not name.startswith("-") for name in spec.order], kind="stable")


def _column(field: Field, table: pd.DataFrame, words: Words) -> Column:
    read = _READ.get(field.kind)
    cells = [
        read(cell) if read and isinstance(cell, int | float) else cell
        for cell in plain_column(table[field.name])
    ]
    if field.kind == "share" and {"target_share", "met"} <= set(table) and field.name == "share":
        rows = zip(table["share"], table["target_share"], table["met"], strict=True)
        cells = [shown_share(float(share), float(goal), bool(met)) for share, goal, met in rows]
    if field.coded:
        cells = [_name(str(cell).lower(), field.coded, words) if cell is not None else None for cell in cells]
    return Column(words.text(f"workbook.head.{field.name}"), field.kind, cells)


_READ: Mapping[Kind, Callable[[Cell], Cell]] = {
    "metres": shown_m,
    "sek": shown_sek,
    "share": shown_share,
    "number": lambda cell: shown_number(cell, 2),
}
"""How numbers are rounded, once: metres and kronor whole, shares to a tenth of a per cent."""


def _name(code: str, coded: Coded, words: Words) -> str:
    """Return what a code is called; one that has no name is shown as it is."""
    return words.entries.get(coded.format(code), code)


def _reckoned(key: str, columns: tuple[Column, ...], words: Words) -> tuple[Column, ...]:
    """Return the columns of projects that a formula fills: cost a household, and the sum so far."""
    if key != "projects":
        return ()
    by_head = {column.head: (place, column) for place, column in enumerate(columns)}
    wanted = [words.text(f"workbook.head.{name}") for name in ("households", "cost_sek")]
    if not all(head in by_head and _is_whole(by_head[head][1]) for head in wanted):
        return ()
    (home, homes), (cost, costs) = ((xl_col_to_name(by_head[h][0]), by_head[h][1].cells) for h in wanted)
    each: list[Cell] = []
    so_far: list[Cell] = []
    running = 0.0
    for row, (count, sek) in enumerate(
        zip(map(_number, homes), map(_number, costs), strict=True), FIRST_ROW + 1
    ):
        running += sek
        one = float(round_half(sek / count)) if count else ""
        each.append(Formula(f'=IF({home}{row}=0,"",ROUND({cost}{row}/{home}{row},0))', one))
        so_far.append(Formula(f"=SUM({cost}${FIRST_ROW + 1}:{cost}{row})", running))
    heads = {"cost_per_household_sek": each, "running_sek": so_far}
    return tuple(Column(words.text(f"workbook.head.{head}"), "sek", cells) for head, cells in heads.items())


def _is_whole(column: Column) -> bool:
    """Whether every cell is told: a sum over hidden ones would be wrong."""
    return all(isinstance(cell, int | float) for cell in column.cells)


def _number(cell: Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0
