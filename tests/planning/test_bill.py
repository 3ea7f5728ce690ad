import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import any_tree, make_book, make_study, make_tree, make_village, percent, price

from infraplan import tables
from infraplan.planning.bill import build_bill
from infraplan.planning.design import assign_cabinets, design_network
from infraplan.planning.optics import check_optics

BOOK = make_book()
MONEY = list(tables.MONEY)


def design(tree, study, book=BOOK):
    return design_network(tree.routes, tree.served, tree.roots, tree.nodes, book, study)


def lines(bill, *columns):
    return bill[["item", "detail", *columns]].to_numpy().tolist()


def test_a_village_line_by_line():
    study = make_study(cabinet_premises=2, cable_m=600)
    routes, cabinets = design(make_village(), study)
    bill = build_bill(routes, cabinets, BOOK, study)
    tables.check(bill, tables.BILL)
    assert lines(bill, "unit", "quantity", "cost_sek") == [
        ["trench", "verge", "m", 2300.0, 23_000],
        ["duct", "", "m", 2300.0, 2_300],
        ["cable", "2", "m", 60.0, 60],
        ["cable", "4", "m", 740.0, 1_480],
        ["cable", "12", "m", 1500.0, 6_000],
        ["connection", "", "each", 4.0, 400],
        # 3 + 7 fibres into the cabinets, two ends of 10 in drops, 9 + 7 + 3 where cables end.
        ["splice", "cabinet", "each", 10.0, 100],
        ["splice", "drop", "each", 20.0, 200],
        ["splice", "joint", "each", 19.0, 190],
        ["cabinet", "", "each", 2.0, 2_000],
        # 10 % of 35 730; 10 % of 39 303 is 3 930.30.
        ["design", "", "%", 10.0, 3_573],
        ["margin", "", "%", 10.0, 3_931],
    ]
    # Built at half price 17 865: 5 % are 893.25, no margin. At double price 71 460: 20 % are 14 292, and 30 %
    # of both 25 725.60.
    assert bill[["cost_low_sek", "cost_high_sek"]].to_numpy()[-2:].tolist() == [[894, 14_292], [0, 25_726]]
    assert bill[[*MONEY]].sum().tolist() == [17_865 + 894, 35_730 + 3_573 + 3_931, 71_460 + 14_292 + 25_726]
    assert bill["material_sek"].tolist() == [2300, 1840, 42, 1036, 4200, 160, 10, 20, 19, 1200, 0, 0]
    assert (bill["material_sek"] + bill["labour_sek"] == bill["cost_sek"]).all()
    assert bill["price"].tolist()[:-2] == [10, 1, 1, 2, 4, 100, 10, 10, 10, 1000]
    assert bill["price"].tolist()[-2:] == pytest.approx([np.nan] * 2, nan_ok=True)
    assert bill["guess"].tolist() == [item != "splice" for item in bill["item"]]
    assert bill["source"].tolist() == ["a test (2026)"] * 10 + ["a share (2026)"] * 2


def test_what_is_reused_shared_or_crossed_has_its_own_lines():
    tree = make_tree([(0, 1, 100), (1, 2, 100), (2, 3, 100), (3, 4, 100)], {"a": (4, 10, 1, 0)})
    tree.routes.loc[0, ["existing", "method"]] = ["own_duct", ""]
    tree.routes.loc[[1, 2], "existing"] = "leased_duct"
    tree.routes.loc[[1, 2], "method"] = ""
    tree.routes.loc[2, "rent_sek_m"] = 7.5
    tree.routes.loc[3, ["works_share", "factor", "cross_road"]] = [0.6, 1.5, 2]
    study = make_study(spare=0.0, cabinet_m=100)
    bill = build_bill(*design(tree, study), BOOK, study)
    assert lines(bill, "quantity", "price", "cost_sek")[:-6] == [
        ["trench", "verge", 10.0, 10.0, 100],
        ["trench", "verge 60 %", 100.0, 6.0, 600],
        ["soft_area", "verge 60 %", 100.0, 3.0, 300],
        ["duct", "", 110.0, 1.0, 110],
        ["own_duct", "", 100.0, 3.0, 300],
        ["leased_duct", "", 100.0, 6.0, 600],
        ["leased_duct", "7.5", 100.0, 7.5, 750],
        ["cable", "2", 410.0, 1.0, 410],
        ["crossing", "road", 2.0, 500.0, 1000],
    ]


def test_a_row_of_two_prices_names_none():
    tree = make_tree([(0, 1, 100), (1, 2, 300)], {"a": (2, 10, 1, 0)})
    tree.routes.loc[[0, 1], ["existing", "method"]] = ["leased_duct", ""]
    tree.routes.loc[[0, 1], "rent_sek_m"] = [7.500_000_1, 7.500_000_2]
    study = make_study()
    bill = build_bill(*design(tree, study), BOOK, study)
    row = bill[bill["item"] == "leased_duct"]
    assert lines(row, "quantity", "cost_sek") == [["leased_duct", "7.5", 400.0, 3_000]]
    assert row["price"].isna().all()


def test_chambers_and_the_splices_in_them_have_their_own_lines():
    study = make_study(cabinet_premises=3, cabinet_least=2)
    bill = build_bill(*design(make_village(), study), BOOK, study)
    # a, b and d light 6 fibres, c one: 7.5 and 1.25 with the spare ones, rounded up.
    found = bill["item"].isin(["cabinet", "chamber"]) | bill["detail"].isin(["cabinet", "chamber"])
    assert lines(bill[found], "quantity", "cost_sek", "material_sek") == [
        ["splice", "cabinet", 8.0, 80, 8],
        ["splice", "chamber", 2.0, 20, 2],
        ["cabinet", "", 1.0, 1_000, 600],
        ["chamber", "", 1.0, 300, 60],
    ]


def test_half_a_crown_of_material_is_rounded_up():
    # 45 kronor of which 70 % material are 31.5, though 0.7 × 45 is a hair less.
    study = make_study(spare=0.0)
    tree = make_tree([(0, 1, 35)], {"a": (1, 10, 1, 0)})
    bill = build_bill(*design(tree, study), BOOK, study)
    cable = bill[bill["item"] == "cable"].iloc[0]
    assert cable[["cost_sek", "material_sek", "labour_sek"]].tolist() == [45, 32, 13]


@pytest.mark.parametrize(("share", "crowns"), [(8, 8), (7, 7), (8.01, 9), (0, 0)])
def test_a_share_is_rounded_up_but_never_by_noise(share, crowns):
    # 10 m at 8 + 1 + 1 kronor make 100.
    book = make_book(
        overheads={"design": percent(share, share, share), "margin": percent(0, 0, 0)},
        cabinet=price(0, "SEK each"),
        splice=price(0, "SEK each"),
        connection=price(0, "SEK each"),
        methods={"verge": price(8)},
    )
    tree = make_tree([], {"a": (0, 10, 1, 0)})
    study = make_study()
    bill = build_bill(*design(tree, study, book), book, study)
    assert bill["cost_sek"].tolist() == [80, 10, 10, 0, 0, 0, 0, crowns, 0]


def test_projects_stand_apart_with_their_phase():
    study = make_study(cabinet_premises=2)
    routes, cabinets = design(make_village(), study)
    project = pd.Series(["P2", "P1", "P2", "P1", "P1", "P2", "P2"], index=routes.index, dtype="str")
    routes = routes.assign(project_id=project, phase=[2, 1, 2, 1, 1, 2, 2])
    cabinets = assign_cabinets(cabinets, routes, np.array([0]))
    bill = build_bill(routes, cabinets, BOOK, study)
    tables.check(bill, tables.BILL)
    assert bill["project_id"].tolist() == sorted(bill["project_id"])
    assert bill.groupby("project_id")["phase"].unique().map(list).to_dict() == {"P1": [1], "P2": [2]}
    # P1: 500 × 15, drops 500 and 700, a cabinet, 7 splices: 9 770, 977 more, and 10 % of 10 747 rounded up.
    assert bill[bill["project_id"] == "P1"]["cost_sek"].sum() == 9_770 + 977 + 1_075
    for name in ("P1", "P2"):
        order = [tables.ITEMS.index(item) for item in bill[bill["project_id"] == name]["item"]]
        assert order == sorted(order)
        assert order[-2:] == [tables.ITEMS.index("design"), tables.ITEMS.index("margin")]


def test_nothing_built_is_an_empty_bill():
    tree = make_village()
    study = make_study()
    routes, cabinets = design_network(
        tree.routes.iloc[:0], tree.served.iloc[:0], tree.roots, tree.nodes, BOOK, study
    )
    bill = build_bill(routes, cabinets, BOOK, study)
    tables.check(bill, tables.BILL)
    assert len(bill) == 0
    assert bill[[*MONEY]].sum().tolist() == [0, 0, 0]


def test_trenches_for_nobody_still_cost():
    tree = make_village()
    study = make_study()
    routes, cabinets = design_network(tree.routes, tree.served.iloc[:0], tree.roots, tree.nodes, BOOK, study)
    bill = build_bill(routes, cabinets, BOOK, study)
    assert "cabinet" not in set(bill["item"])
    assert "cable" not in set(bill["item"])
    assert bill["cost_sek"].iloc[0] == 23_000


@settings(max_examples=50)
@given(any_tree(), st.sampled_from(["p2p", "gpon"]), st.integers(1, 6), st.data())
def test_sums_agree_to_the_crown(tree, architecture, cabinet_premises, data):
    # Prices with öre, so that each edge is rounded.
    book = make_book(methods={"verge": price(10.37)}, duct=price(1.51), cabinet=price(999.5, "SEK each"))
    options = {"cabinet_premises": cabinet_premises, "cabinet_least": 3, "cable_m": 700}
    study = make_study(architecture=architecture, **options)
    routes, cabinets = design(tree, study, book)
    names = st.sampled_from(["P0001", "P0002", "P0003"])
    project = pd.Series([data.draw(names) for _ in routes.index], index=routes.index, dtype="str")
    routes = routes.assign(project_id=project, phase=project.str[-1:].astype("int64"))
    cabinets = assign_cabinets(cabinets, routes, tree.roots)
    bill = build_bill(routes, cabinets, book, study)
    tables.check(bill, tables.BILL)
    of_edges = ~bill["item"].isin(["cabinet", "chamber", "design", "margin"])
    of_edges &= ~((bill["item"] == "splice") & (bill["detail"] != "drop"))
    sums = bill[of_edges].groupby("project_id")[MONEY].sum()
    assert sums.to_dict() == routes.groupby("project_id")[MONEY].sum().to_dict()
    for _, rows in bill.groupby("project_id"):
        costs = rows.set_index("item")
        built = costs.drop(index=["design", "margin"])[MONEY].sum()
        for name, design_share, margin_share in zip(MONEY, (5, 10, 20), (0, 10, 30), strict=True):
            added, margin = costs.loc["design", name], costs.loc["margin", name]
            assert 0 <= 100 * added - design_share * built[name] < 100
            assert 0 <= 100 * margin - margin_share * (built[name] + added) < 100
        assert rows["phase"].tolist() == [int(rows["project_id"].iloc[0][-1])] * len(rows)
    assert (bill["material_sek"] + bill["labour_sek"] == bill["cost_sek"]).all()
    assert (bill["cost_low_sek"] <= bill["cost_sek"]).all()
    assert (bill["cost_sek"] <= bill["cost_high_sek"]).all()
    assert not bill.duplicated(["project_id", "item", "detail"]).any()
    assert bill[bill["item"].isin(["cabinet", "chamber"])]["quantity"].sum() == len(cabinets)


def test_a_county_is_dimensioned_billed_and_lit():
    rng = np.random.default_rng(1)
    count = 50_000
    above = np.maximum(np.arange(1, count) - rng.integers(1, 30, count - 1), 0)
    roads = list(zip(above.tolist(), range(1, count), rng.integers(5, 100, count - 1).tolist(), strict=True))
    at = rng.integers(1, count, count).tolist()
    tree = make_tree(roads, {str(number): (node, 20, 1, 0) for number, node in enumerate(at)})
    study = make_study()
    book = make_book(cables=[price(1 + size / 10, fibres=size) for size in (2, 12, 48, 192)])
    routes, cabinets = design(tree, study, book)
    bill = build_bill(routes, cabinets, book, study)
    optics = check_optics(routes, tree.served, tree.roots, study)
    assert cabinets["premises"].sum() == len(optics) == count
    ends = ["cabinet", "chamber", "joint"]
    of_edges = ~bill["item"].isin(["cabinet", "chamber", "design", "margin"]) & ~bill["detail"].isin(ends)
    assert bill[of_edges][MONEY].sum().tolist() == routes[MONEY].sum().tolist()
    # All lit fibres reach the root.
    assert routes["fibres"][(routes["tail"] == 0) & (routes["kind"] == "road")].sum() >= 1.25 * (count - 50)
