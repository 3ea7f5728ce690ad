"""Targets on small road networks, against every choice that there is."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import oracles
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from infraplan import tables
from infraplan.config import Study, StudyInfo, Target
from infraplan.costbook import Percent
from infraplan.coverage import find_missing
from infraplan.errors import PlanError
from infraplan.layers import read_cost_book
from infraplan.network.graph import RouteGraph, bare_columns
from infraplan.network.snap import Attachment
from infraplan.planning import reach
from infraplan.planning.model import Effort, Goal
from infraplan.planning.reach import plan_targets, with_surcharge

CRS = "EPSG:3006"
EXACT = Effort()


def make_network(roads, drops, roots=(0,)):
    """Make an attachment from roads and drops (tail, head, cost); heads of drops are premises p4, p5, …"""
    homes = sorted({head for _, head, _ in drops})
    count = max(max(edge[:2]) for edge in [*roads, *drops]) + 1
    kind = ["premises" if node in homes else "road" for node in range(count)]
    nodes = gpd.GeoDataFrame(
        {"kind": pd.Series(kind, dtype="str"), "component": 0, "access": False},
        geometry=[Point(500_000 + node, 7_300_000) for node in range(count)],
        crs=CRS,
    ).rename_axis("node_id")
    table = pd.DataFrame([*roads, *drops], columns=["tail", "head", "cost_sek"]).astype("int64")
    columns = bare_columns(len(table), "road") | {
        "kind": pd.Series(["road"] * len(roads) + ["drop"] * len(drops), dtype="str"),
        **{name: table[name] for name in table},
        **{name: pd.Series([""] * len(table), dtype="str") for name in ("road_class", "surface", "road_id")},
        "length_m": 1.0,
        "level": 0,
        "access": False,
    }
    lines = [LineString([(0, 0), (1, 1)])] * len(table)
    edges = gpd.GeoDataFrame(columns, geometry=lines, crs=CRS).rename_axis("edge_id")
    names = pd.Index([f"p{node}" for node in homes], name="premises_id", dtype="str")
    unattached = pd.DataFrame({"reason": pd.Series(dtype="str"), "distance_m": pd.Series(dtype="float64")})
    return Attachment(
        RouteGraph(nodes, edges),
        pd.Series(homes, index=names, name="node", dtype="int64"),
        unattached.set_axis(pd.Index([], name="premises_id", dtype="str")),
        np.array(sorted(roots), np.int64),
    )


def make_premises(households, municipality="", workplaces=0):
    """Make premises from households by name; a municipality is given to all, or to each."""
    index = pd.Index(list(households), name="premises_id", dtype="str")
    return gpd.GeoDataFrame(
        {
            "households": pd.Series(households, index=index, dtype="int64"),
            "workplaces": pd.Series(workplaces, index=index, dtype="int64"),
            "municipality": pd.Series(municipality, index=index, dtype="str"),
        },
        geometry=[Point(0, 0)] * len(index),
        crs=CRS,
    )


def make_zones(*codes):
    ids = ["study", *(f"municipality:{code}" for code in codes), "class:outside"]
    kinds = ["study", *("municipality" for _ in codes), "settlement_class"]
    names = ["Everything", *(f"Town {code}" for code in codes), "Outside"]
    table = pd.DataFrame({"name": names, "kind": kinds}, dtype="str")
    return table.set_axis(pd.Index(ids, name="zone_id", dtype="str"))


def make_service(*served):
    row = {"operator": "", "technology": "fibre", "down_mbps": 1000.0, "status": "connected"}
    table = pd.DataFrame([{"premises_id": name} | row for name in served])
    return table if len(table) else pd.DataFrame({name: [] for name in ("premises_id", *row)})


def make_study(*shares, of="households", **sections):
    targets = tuple(
        Target(name=f"{share:.0%}", down_mbps=100, share=share, counts="access", of=of) for share in shares
    )
    return Study(study=StudyInfo(name="test", year=2026), targets=targets, **sections)


@pytest.fixture(scope="module")
def book():
    """Ten per cent for design, and ten more of all for what nobody knows: 21 in all."""
    ten = Percent(low=5, base=10, high=20, source="a test", year=2026)
    bundled = read_cost_book("norrland-2026")
    return bundled.model_copy(
        update={"overheads": bundled.overheads.model_copy(update={"design": ten, "margin": ten})}
    )


@pytest.fixture
def valley():
    """A road 0 – 1 – 2 – 3 from the existing network, 100 each; homes p4 at 1, p5 at 2, p6 and p7 at 3."""
    return make_network(
        [(0, 1, 100), (1, 2, 100), (2, 3, 100)], [(1, 4, 10), (2, 5, 10), (3, 6, 10), (3, 7, 30)]
    )


def test_each_share_costs_the_least_way_there_by_hand(valley, book):
    premises = make_premises({"p4": 1, "p5": 1, "p6": 4, "p7": 4, "p9": 10})
    study = make_study(0.5, 0.55, 0.75, 1.0)
    table = plan_targets(
        valley, premises, make_service("p9"), make_zones(), study, book, effort=EXACT
    ).set_index("target")
    # Ten of twenty households have it. One more: 100 + 10; five more: 310 + 10 for p6 and 10 for p4 or p5.
    assert table["needed"].to_dict() == {"50%": 0, "55%": 1, "75%": 5, "100%": 10}
    assert table["cost_sek"].tolist() == [0, 134, with_surcharge(320, book), with_surcharge(360, book)]
    assert table["result"].tolist() == ["met", *["can_be_met"] * 3]
    assert table["served"].tolist() == [0, 1, 5, 10]
    assert table["premises"].tolist() == [0, 1, 2, 4]
    assert (table["lower_bound_sek"] <= table["cost_sek"]).all()
    # 110 x 1.21 is 133.1: the cost rounds up, the bound down.
    assert table.loc["55%", ["cost_sek", "lower_bound_sek", "cost_per_unit_sek"]].tolist() == [134, 133, 134]
    assert np.isnan(table.loc["50%", "cost_per_unit_sek"])


def test_the_table_keeps_its_contract(valley, book):
    premises = make_premises({"p4": 1, "p5": 1}, municipality=["25", "26"])
    table = plan_targets(
        valley, premises, make_service(), make_zones("25", "26"), make_study(0.5, 1.0), book
    )
    tables.check(table, tables.TARGET_PLANS)
    assert table["zone_id"].tolist() == ["study", "municipality:25", "municipality:26"] * 2
    assert table["zone_name"].tolist()[:2] == ["Everything", "Town 25"]


def test_without_targets_the_table_is_empty(valley, book):
    premises = make_premises({"p4": 1})
    table = plan_targets(valley, premises, make_service(), make_zones(), make_study(), book)
    tables.check(table, tables.TARGET_PLANS)
    assert table.empty


def test_a_municipality_is_planned_for_as_if_it_were_alone(valley, book):
    premises = make_premises({"p4": 1, "p5": 1, "p6": 1, "p7": 1}, municipality=["25", "25", "26", "26"])
    study = make_study(1.0)
    table = plan_targets(valley, premises, make_service(), make_zones("25", "26"), study, book)
    # The further one pays the road through the nearer one too.
    assert table["cost_sek"].tolist() == [with_surcharge(cost, book) for cost in (360, 220, 340)]
    assert table["needed"].tolist() == [4, 2, 2]


def test_a_study_of_one_municipality_is_solved_once(valley, book, monkeypatch):
    asked = []
    real = reach.routing.quota_tree

    def counted(*given, **options):
        asked.append(options)
        return real(*given, **options)

    monkeypatch.setattr(reach, "routing", SimpleNamespace(quota_tree=counted))
    premises = make_premises({"p4": 1, "p5": 1}, municipality="25")
    table = plan_targets(valley, premises, make_service(), make_zones("25"), make_study(0.5, 1.0), book)
    assert len(asked) == 2
    assert table["cost_sek"].tolist() == [134, 134, with_surcharge(220, book), with_surcharge(220, book)]


def test_a_time_limit_is_shared_and_the_gap_is_no_finer_than_one_per_cent(valley, book, monkeypatch):
    asked = []
    real = reach.routing.quota_tree

    def heard(*given, **options):
        asked.append((options["gap"], options["time_limit_s"]))
        return real(*given, **options)

    monkeypatch.setattr(reach, "routing", SimpleNamespace(quota_tree=heard))
    premises = make_premises({"p4": 1, "p5": 1}, municipality=["25", "26"])
    given = (valley, premises, make_service(), make_zones("25", "26"), make_study(1.0), book)
    plan_targets(*given, effort=Effort(gap=0.0001, time_limit_s=60.0))
    plan_targets(*given, effort=Effort(gap=0.02))
    assert asked == [(0.01, 20.0)] * 3 + [(0.02, None)] * 3


def test_what_no_road_leads_to_is_out_of_reach_and_counted_as_far_as_roads_go(book):
    island = make_network([(0, 1, 100), (2, 3, 5)], [(1, 4, 10), (3, 5, 1)])
    premises = make_premises({"p4": 1, "p5": 2, "nowhere": 3}, municipality=["25", "25", "26"])
    table = plan_targets(island, premises, make_service(), make_zones("25", "26"), make_study(1.0), book)
    assert table["result"].tolist() == ["out_of_reach"] * 3
    assert table["served"].tolist() == [1, 1, 0]
    assert table["cost_sek"].tolist() == [134, 134, 0]
    assert table["lower_bound_sek"].tolist() == [133, 133, 0]
    assert np.isnan(table["cost_per_unit_sek"].iloc[2])


def test_a_zone_without_anybody_misses_nothing(valley, book):
    premises = make_premises({"p4": 1}, municipality="25")
    table = plan_targets(valley, premises, make_service(), make_zones("25", "99"), make_study(1.0), book)
    assert table["result"].tolist() == ["can_be_met", "can_be_met", "met"]


def test_nobody_is_reached_through_a_house(book):
    """The short way to p5 leads through p4, which has a drop to either road."""
    network = make_network([(0, 1, 10), (0, 2, 500)], [(1, 3, 10), (2, 3, 10), (2, 4, 10)])
    premises = make_premises({"p4": 1})
    table = plan_targets(network, premises, make_service(), make_zones(), make_study(1.0), book)
    assert table["cost_sek"].tolist() == [with_surcharge(510, book)]


def test_premises_where_the_network_is_cost_nothing(book):
    network = make_network([(0, 1, 10)], [(1, 2, 10), (0, 3, 7)], roots=(0, 2))
    premises = make_premises({"p2": 1, "p3": 1})
    table = plan_targets(network, premises, make_service(), make_zones(), make_study(0.5, 1.0), book)
    assert table["cost_sek"].tolist() == [0, with_surcharge(7, book)]
    assert table["premises"].tolist() == [1, 2]


def test_without_an_existing_network_there_is_no_way(valley, book):
    network = make_network([(0, 1, 10)], [(1, 2, 10)], roots=())
    with pytest.raises(PlanError):
        plan_targets(network, make_premises({"p2": 1}), make_service(), make_zones(), make_study(1.0), book)


@pytest.mark.parametrize(("forced", "cost"), [(frozenset(), 1210), (frozenset({"p4"}), 134)])
def test_the_plan_for_a_target_is_the_answer_unless_it_was_made_with_wishes(valley, book, forced, cost):
    premises = make_premises({"p4": 1, "p5": 1}, municipality="25")
    study = make_study(0.5, 1.0, plan={"goal": "target", "target": "50%"})
    served = pd.DataFrame({"households": [1], "workplaces": [0]}, index=["p5"])
    plan = SimpleNamespace(
        goal=Goal("target", needed=1, forced=forced), served=served, network_sek=1000, network_bound_sek=900
    )
    given = (valley, premises, make_service(), make_zones("25"), study, book)
    table = plan_targets(*given, plan=plan)
    assert table["cost_sek"].tolist()[:2] == [cost, cost]
    assert table["cost_sek"].tolist()[2:] == [with_surcharge(220, book)] * 2


edges = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 30))
drops = st.tuples(st.integers(0, 5), st.integers(6, 8), st.integers(0, 30))


@settings(max_examples=150)
@given(
    roads=st.lists(edges, min_size=4, max_size=9),
    drops=st.lists(drops, min_size=3, max_size=5),
    roots=st.sets(st.integers(0, 5), min_size=1, max_size=2),
    people=st.lists(st.integers(0, 4), min_size=3, max_size=3),
    share=st.sampled_from([0.3, 0.5, 0.8, 1.0]),
    split=st.lists(st.sampled_from(["25", "26"]), min_size=3, max_size=3),
)
def test_no_choice_is_cheaper_than_its_bound_and_none_found_beats_the_best(
    book, roads, drops, roots, people, share, split
):
    network = make_network([*roads, (0, 5, 99)], [*drops, (0, 8, 99)], roots)
    premises = make_premises(dict(zip(["p6", "p7", "p8"], people, strict=True)), municipality=split)
    study, zones = make_study(share), make_zones("25", "26")
    table = plan_targets(network, premises, make_service(), zones, study, book, effort=EXACT)
    trees = oracles.every_tree(9, [*roads, (0, 5, 99), *drops, (0, 8, 99)], roots, range(6, 9))
    for row in table.itertuples():
        inside = premises if row.zone_id == "study" else premises[premises["municipality"] == row.zone_id[-2:]]
        missing, needed = find_missing(inside, make_service(), study.targets[0])
        assert needed == row.needed
        prizes = [0] * 9
        for name in missing:
            prizes[int(name[1:])] = inside["households"][name]
        most = max(oracles.collected(nodes, prizes) for nodes in trees)
        assert (row.result == "out_of_reach") == (most < needed)
        best = oracles.best_quota(trees, prizes, min(needed, most))
        assert row.lower_bound_sek <= with_surcharge(best, book) <= row.cost_sek
        assert row.cost_sek <= with_surcharge(best * (1 + reach.GAP), book)
        assert row.served >= min(needed, most)
