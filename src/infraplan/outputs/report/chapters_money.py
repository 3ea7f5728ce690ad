"""What it costs and who may pay, what else was looked at, and how sure that is."""

from collections.abc import Iterator

import pandas as pd

from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Chart, Note, Paragraph
from infraplan.outputs.report.findings import Money, find_goal, find_money, say_gap
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import (
    DASH,
    MOST_ROWS,
    Paper,
    Told,
    is_true,
    make_table,
    number,
    records,
)
from infraplan.tables import ITEMS

_MONEY = ("cost_low_sek", "cost_sek", "cost_high_sek")
_PLAN = "plan"


def tell_money(paper: Paper) -> Iterator[Told]:
    """Yield investment, support, fees, what is left to finance, and running costs."""
    money = find_money(paper)
    if money is None:
        yield missing(paper, "plan")
        return
    yield Paragraph(
        paper.say(
            "reportmoney.investment",
            base=paper.money(money.base),
            range=paper.money_range(money.low, money.high),
            year=str(paper.price_year),
        )
    )
    yield from _tell_finance(paper, money)
    yield from _tell_items(paper)
    yield missing(paper, "capital_cost", "municipality")


def _tell_finance(paper: Paper, money: Money) -> Iterator[Told]:
    rows = [
        [
            paper.say("reportmoney.finance.investment"),
            *(paper.mnkr(value) for value in (money.low, money.base, money.high)),
        ]
    ]
    steps = (("support", money.support), ("fees", money.fees), ("left", money.left))
    told = None not in (money.support, money.fees, money.left)
    if told:
        rows += [
            [paper.say(f"reportmoney.finance.{name}"), DASH, paper.mnkr(value), DASH] for name, value in steps
        ]
    if money.upkeep is not None:
        rows.append([paper.say("reportmoney.finance.upkeep"), DASH, paper.mnkr(money.upkeep), DASH])
    note = paper.say("reportmoney.finance.note", year=str(paper.price_year))
    table = make_table(paper, "reportmoney.finance", ["item", "low", "base", "high"], rows, note=note)
    if not told:
        yield missing(paper, "support")
        yield table
        return
    rules = paper.parameters.get("support", {}).get("rules")
    values = {
        "investment": paper.money(money.base),
        "support": paper.money(money.support),
        "fees": paper.money(money.fees),
        "left": paper.money(money.left),
    }
    if rules:
        yield Paragraph(paper.say("reportmoney.support_rules", rules=paper.plain(rules)))
    if money.fee is not None:
        yield Paragraph(paper.say("reportmoney.household_pays", fee=paper.sek(money.fee)))
    yield Chart(
        id="chart-finance",
        title=paper.say("reportmoney.finance.finding", **values),
        alt=paper.say("reportmoney.finance.alt", **values),
        says=paper.say("reportmoney.finance.says", **values),
        table=table,
        picture=pictures.draw_finance(paper, money),
    )


def _tell_items(paper: Paper) -> Iterator[Told]:
    """Yield the cost of each item of the bill."""
    bill = paper.rows("bill", "item", *_MONEY)
    if bill.empty:
        yield missing(paper, "bill")
        return
    sums = _sum_items(bill)
    sums = sums.reindex([item for item in ITEMS if item in sums.index])
    rows = [
        [paper.say(f"bill.item_{item}"), *(paper.mnkr(row[name]) for name in _MONEY)]
        for item, row in sums.iterrows()
    ]
    rows.append(
        [paper.say("reportplan.total"), *(paper.mnkr(sums[name].sum(skipna=False)) for name in _MONEY)]
    )
    note = paper.say("reportplan.price_year", year=str(paper.price_year))
    yield make_table(paper, "reportmoney.items", ["item", "low", "base", "high"], rows, note=note, totals=1)


def _sum_items(bill: pd.DataFrame) -> pd.DataFrame:
    """Return the cost of each item; unknown where a part of it is not told."""
    items = bill.groupby("item")[list(_MONEY)]
    sums = items.sum()
    return sums.where(items.count().eq(items.size(), axis=0))


def tell_alternatives(paper: Paper) -> Iterator[Told]:
    """Yield what happens without a decision, the plan, other plans, and what each target would take."""
    if find_money(paper) is None:
        yield missing(paper, "alternatives")
        return
    goal = find_goal(paper)
    if goal is not None:
        yield Paragraph(
            paper.say(
                "reportmoney.nothing",
                lacking=paper.of_all(goal.lacking, goal.base, goal.unit),
                planned=_say_planned(paper, goal.target),
            )
        )
    yield from _tell_plans(paper)
    yield from _tell_targets(paper)
    yield missing(paper, "time_risk", "never")


def _say_planned(paper: Paper, target: str) -> str:
    """Say what is decided already, which comes without a decision of the municipality's."""
    rows = paper.of_study("targets", "target", "decides", "orderable", "passed_estimated", "planned")
    rows = rows[(rows["target"] == target) & is_true(rows["decides"])]
    if rows.empty or number(rows["planned"].iloc[0]) is None:
        return ""
    more = number(rows["planned"].iloc[0] - rows["passed_estimated"].iloc[0])
    return (
        paper.say("reportmoney.decided", more=paper.count(more))
        if more
        else paper.say("reportmoney.none_decided")
    )


def _tell_plans(paper: Paper) -> Iterator[Told]:
    rows = paper.rows("alternatives", "aim", "dearer", "premises", "households", "trench_m", "cost_sek")
    if rows.empty:
        yield missing(paper, "alternatives")
        return
    care = [paper.count(0)] if "permit_m" in rows else []
    told = [
        [
            paper.say("reportmoney.nothing_row"),
            *[paper.count(0)] * 2,
            *[paper.km(0)],
            paper.mnkr(0),
            DASH,
            *care,
        ]
    ]
    told += [
        [
            paper.say("reportmoney.plan_row")
            if key == _PLAN
            else _name_alternative(paper, str(key), str(row["aim"])),
            *(paper.count(row[name]) for name in ("premises", "households")),
            paper.km(row["trench_m"]),
            paper.mnkr(row["cost_sek"]),
            DASH if key == _PLAN else paper.share(row["dearer"]),
            *([paper.count(row["permit_m"])] if care else []),
        ]
        for key, row in rows.iterrows()
    ]
    heads = ["plan", "buildings", "households", "km", "cost", "dearer", *(["permit"] if care else [])]
    note = paper.say("reportmoney.alternatives.note", year=str(paper.price_year))
    yield make_table(paper, "reportmoney.alternatives", heads, told, note=note)
    if len(rows) == 1:
        within = number(paper.parameters.get("alternatives", {}).get("within"))
        yield Paragraph(paper.say("reportmoney.no_other", within=paper.percent(within)))


def _name_alternative(paper: Paper, key: str, aim: str) -> str:
    return paper.say("reportmoney.alternative", name=key, aim=paper.say(f"plan.aim.{aim}"))


def _tell_targets(paper: Paper) -> Iterator[Told]:
    """Yield the cheapest way to each target."""
    columns = (
        "target",
        "zone_id",
        "unit",
        "target_share",
        "needed",
        "premises",
        "cost_sek",
        "cost_per_unit_sek",
        "result",
    )
    rows = paper.rows("target_plans", *columns)
    rows = rows[rows["zone_id"] == "study"]
    if rows.empty:
        yield missing(paper, "target_plans")
        return
    told = [
        [
            paper.plain(row["target"]),
            paper.unit(str(row["unit"])),
            *(paper.count(row[name]) for name in ("needed", "premises")),
            paper.mnkr(row["cost_sek"]),
            paper.tkr(row["cost_per_unit_sek"]),
            paper.say(f"plan.result_{row['result']}"),
        ]
        for row in records(rows)
    ]
    heads = ["target", "unit", "needed", "buildings", "cost", "a_unit", "result"]
    note = paper.say("reportmoney.targets.note", year=str(paper.price_year))
    yield make_table(paper, "reportmoney.targets", heads, told, note=note, text=["unit", "result"])


def tell_uncertainty(paper: Paper) -> Iterator[Told]:
    """Yield which items move the cost most, how far the plan is from the best, and what is assumed."""
    money = find_money(paper)
    if money is None:
        yield missing(paper, "plan")
    else:
        if money.p10 is not None and money.p90 is not None:
            ends = paper.money_range(money.p10, money.p90)
            yield Paragraph(paper.say("reportmoney.eight_of_ten", range=ends, base=paper.money(money.base)))
        else:
            yield missing(paper, "risk")
        yield from _tell_tornado(paper, money)
        yield from tell_bound(paper)
        yield from _tell_prices(paper)
    yield from _tell_assumptions(paper)


def _tell_tornado(paper: Paper, money: Money) -> Iterator[Told]:
    """Yield what the cost becomes where one item alone is at its low or high price."""
    bill = paper.rows("bill", "item", *_MONEY)
    if bill.empty:
        yield missing(paper, "bill")
        return
    sums = _sum_items(bill)
    sums = sums.assign(
        down=sums["cost_low_sek"] - sums["cost_sek"], up=sums["cost_high_sek"] - sums["cost_sek"]
    )
    sums = sums.assign(span=sums["up"] - sums["down"]).sort_values("span", ascending=False, kind="stable")
    sums = sums[sums["span"] > 0]
    if sums.empty:
        yield missing(paper, "risk")
        return
    rows = [
        [
            paper.say(f"bill.item_{item}"),
            *(
                paper.mnkr(value)
                for value in (row["cost_sek"], money.base + row["down"], money.base + row["up"])
            ),
        ]
        for item, row in sums.iterrows()
    ]
    note = paper.say("reportmoney.tornado.note", year=str(paper.price_year))
    table = make_table(paper, "reportmoney.tornado", ["item", "base", "down", "up"], rows, note=note)
    first = sums.iloc[0]
    values = {
        "item": paper.say(f"bill.item_{sums.index[0]}").lower(),
        "down": paper.money(-first["down"]),
        "up": paper.money(first["up"]),
    }
    yield Chart(
        id="chart-tornado",
        title=paper.say("reportmoney.tornado.finding", **values),
        alt=paper.say("reportmoney.tornado.alt", **values),
        says=paper.say("reportmoney.tornado.says", **values),
        table=table,
        picture=pictures.draw_tornado(paper, sums, money.base),
    )


def tell_bound(paper: Paper) -> Iterator[Told]:
    """Yield how far the plan can be from the best possible, in plain words."""
    gap = number(paper.plan.get("gap"))
    if gap is None:
        yield Paragraph(paper.say("reportmoney.no_bound"))
        return
    most = paper.plan.get("most_households")
    values = {"gap": say_gap(paper, gap), "bound": paper.money(paper.plan.get("lower_bound_sek"))}
    if most is not None:
        values["most"] = paper.count(most)
    key = "bound_budget" if most is not None else "bound"
    yield Paragraph(paper.say(f"reportmoney.{key}_proven" if gap == 0 else f"reportmoney.{key}", **values))
    network = number(paper.plan.get("network_gap"))
    if network is not None and most is None:
        share = say_gap(paper, network)
        key = "network_proven" if network == 0 else "network"
        yield Paragraph(
            paper.say(f"reportmoney.{key}", network=paper.money(paper.plan["network_sek"]), gap=share)
        )
    if paper.plan.get("search_ended") == "time":
        yield Paragraph(paper.say("reportmoney.ended_time"))


def _tell_prices(paper: Paper) -> Iterator[Told]:
    """Yield the prices that the plan is reckoned with, with span and source; guesses are marked as such."""
    bill = paper.rows("bill", "item", "detail", "unit", "quantity", *_MONEY, "source", "guess")
    bill = bill[bill["unit"].isin(["m", "each"]) & (bill["quantity"] > 0)]
    if bill.empty:
        yield missing(paper, "prices")
        return
    bill = bill.assign(detail=bill["detail"].fillna("").astype(str), guess=is_true(bill["guess"]))
    keys = ["item", "detail", "unit"]
    parts = bill.groupby(keys, sort=False)
    whole = parts[["quantity", *_MONEY]].sum().join(parts[["source", "guess"]].first())
    whole = whole.sort_values("cost_sek", ascending=False, kind="stable").head(MOST_ROWS)
    rows = []
    for row in records(whole.reset_index()):
        low, base, high = (paper.sek(row[name] / row["quantity"]) for name in _MONEY)
        rows.append(
            [
                _name_price(paper, str(row["item"]), str(row["detail"])),
                paper.say(f"reportmoney.per_{row['unit']}"),
                base,
                f"{low}–{high}",
                paper.say("reportmoney.standard_value") if row["guess"] else paper.plain(row["source"]),
            ]
        )
    heads = ["price", "unit", "value", "span", "source"]
    note = paper.say("reportmoney.prices.note", year=str(paper.price_year))
    yield make_table(paper, "reportmoney.prices", heads, rows, text=["unit", "source"], note=note)
    if whole["guess"].any():
        yield Note("warning", paper.say("reportmoney.guess_warning"))


def _name_price(paper: Paper, item: str, detail: str) -> str:
    """Name what a price is for: the item, and its laying method, number of fibres or what is crossed."""
    name = paper.say(f"bill.item_{item}")
    if not detail:
        return name
    if item == "cable":
        return f"{name}: {paper.say('reportmoney.fibres', count=detail)}"
    first, _, rest = detail.partition(" ")
    said = paper.words.entries.get(f"map.method.{first}") or paper.kind(f"reportmoney.detail_{first}", first)
    return f"{name}: {said} {rest}".strip()


def _tell_assumptions(paper: Paper) -> Iterator[Told]:
    """Yield the settings that steer the figures most, and the assumptions of input layers."""
    coverage, demand = (paper.parameters.get(name, {}) for name in ("coverage", "demand"))
    gaps = paper.parameters.get("gaps", {})
    rows = [
        [
            paper.say(f"reportmoney.setting_{name}"),
            paper.decimal(value, decimals),
            paper.say(f"reportmoney.why_{name}"),
        ]
        for name, value, decimals in (
            ("passed_m", coverage.get("passed_m"), 0),
            ("order_max_sek", coverage.get("order_max_sek"), 0),
            ("persons_per_household", demand.get("persons_per_household"), 2),
            ("plan_years", gaps.get("plan_years"), 0),
            ("chain_m", gaps.get("chain_m"), 0),
        )
        if value is not None
    ]
    if rows:
        heads = ["setting", "value", "source"]
        yield make_table(paper, "reportmoney.settings", heads, rows, text=["source"])
