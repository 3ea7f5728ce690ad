"""How sure the cost is: which items move it most, how far the plan is from the best, what is assumed."""

from collections.abc import Iterator

from infraplan.outputs.report import pictures
from infraplan.outputs.report.document import Chart, Note, Paragraph
from infraplan.outputs.report.findings import MONEY, Money, find_money, say_gap, sum_items
from infraplan.outputs.report.omitted import missing
from infraplan.outputs.report.paper import MOST_ROWS, Paper, Told, is_true, make_table, number, records


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
    bill = paper.rows("bill", "item", *MONEY)
    if bill.empty:
        yield missing(paper, "bill")
        return
    sums = sum_items(bill)
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
    bill = paper.rows("bill", "item", "detail", "unit", "quantity", *MONEY, "source", "guess")
    bill = bill[bill["unit"].isin(["m", "each"]) & (bill["quantity"] > 0)]
    if bill.empty:
        yield missing(paper, "prices")
        return
    bill = bill.assign(detail=bill["detail"].fillna("").astype(str), guess=is_true(bill["guess"]))
    keys = ["item", "detail", "unit"]
    parts = bill.groupby(keys, sort=False)
    whole = parts[["quantity", *MONEY]].sum().join(parts[["source", "guess"]].first())
    whole = whole.sort_values("cost_sek", ascending=False, kind="stable").head(MOST_ROWS)
    rows = []
    for row in records(whole.reset_index()):
        low, base, high = (paper.sek(row[name] / row["quantity"]) for name in MONEY)
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
    if item == "crossing" and rest:
        said += paper.say("bill.detail_classes", classes=rest.replace("-", "–"))
    elif rest:
        said += paper.say(
            "bill.detail_share", share=paper.words.share(float(rest.removesuffix(" %")) / 100.0, 0)
        )
    return f"{name}: {said}"


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
