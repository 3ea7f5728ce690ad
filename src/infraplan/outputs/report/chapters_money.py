"""What the plan costs, and who may pay."""

from collections.abc import Iterator

from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Chart, Paragraph
from infraplan.outputs.report.findings import MONEY, Money, find_money, sum_items
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import DASH, Paper, Told, make_table
from infraplan.tables import ITEMS


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
        buildings = paper.count(paper.plan["served"]["premises"])
        yield Paragraph(
            paper.say("reportmoney.household_pays", fee=paper.sek(money.fee), buildings=buildings)
        )
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
    bill = paper.rows("bill", "item", *MONEY)
    if bill.empty:
        yield missing(paper, "bill")
        return
    sums = sum_items(bill)
    sums = sums.reindex([item for item in ITEMS if item in sums.index])
    rows = [
        [paper.say(f"bill.item_{item}"), *(paper.mnkr(row[name]) for name in MONEY)]
        for item, row in sums.iterrows()
    ]
    rows.append(
        [paper.say("reportplan.total"), *(paper.mnkr(sums[name].sum(skipna=False)) for name in MONEY)]
    )
    note = paper.say("reportmoney.items.note", year=str(paper.price_year))
    yield make_table(paper, "reportmoney.items", ["item", "low", "base", "high"], rows, note=note, totals=1)
