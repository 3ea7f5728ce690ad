import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import Tree, any_tree, climb, make_book, make_study, make_tree, make_village

from infraplan import tables
from infraplan.network.costs import add_up, itemise
from infraplan.planning.design import assign_cabinets, choose_cables, design_network, find_overfull

BOOK = make_book()

designs = st.fixed_dictionaries(
    {
        "architecture": st.sampled_from(["p2p", "gpon"]),
        "split": st.integers(2, 8),
        "fibres_per_premises": st.integers(1, 4),
        "spare": st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 1.0]),
        "cabinet_premises": st.integers(1, 6),
        "cabinet_least": st.integers(0, 4),
        "cabinet_m": st.sampled_from([100.0, 1_500.0, 1e6]),
        "cable_m": st.sampled_from([400.0, 2_000.0]),
    }
)


def design(tree, study, book=BOOK):
    return design_network(tree.routes, tree.served, tree.roots, tree.nodes, book, study)


def test_fibres_run_from_the_drops_to_cabinets_and_the_lit_ones_to_the_root():
    routes, cabinets = design(make_village(), make_study(cabinet_premises=2, cable_m=600))
    # Drops 2, 3 households + 1 workplace, 2, 2. Along 1–2 one and four lit, 5 × 1.25; along 1–3 d's
    # drop, 2 × 1.25; along 0–1 the lit ones of both cabinets, 7 × 1.25: each rounded up.
    assert routes["fibres"].tolist() == [9, 7, 3, 2, 4, 2, 2]
    assert routes["cables"].tolist() == ["12", "12", "4", "2", "4", "2", "2"]
    assert routes["premises"].tolist() == [4, 2, 1, 1, 1, 1, 1]
    assert routes["cabinet_id"].tolist() == ["", "", "", "C0002", "C0002", "C0001", "C0001"]
    # 600 m lies on 0–1, 1 200 m both on 1–2 and on 1–3.
    assert routes["joints"].tolist() == [9, 7, 3, 0, 0, 0, 0]
    assert cabinets["kind"].tolist() == ["cabinet", "cabinet"]
    assert cabinets["node"].to_dict() == {"C0001": 1, "C0002": 2}
    assert cabinets["premises"].tolist() == [2, 2]
    assert cabinets["fibres_in"].tolist() == [3, 7]
    assert cabinets["longest_m"].tolist() == [710.0, 40.0]
    assert cabinets["too_far"].tolist() == [False, False]
    tables.check(routes, tables.ROUTES)
    tables.check(cabinets, tables.CABINETS, crs=routes.crs)
    assert (cabinets.geometry == make_village().nodes.geometry.loc[[1, 2]].set_axis(cabinets.index)).all()


def test_a_splitter_leads_one_fibre_for_many_to_the_root():
    study = make_study(architecture="gpon", split=4, cabinet_premises=2)
    routes, cabinets = design(make_village(), study)
    # One for two lit fibres and two for five: 3 × 1.25 along 0–1, 2 × 1.25 along 1–2.
    assert routes["fibres"].tolist() == [4, 3, 3, 2, 4, 2, 2]
    assert cabinets["fibres_in"].tolist() == [2, 3]


def test_an_edge_costs_its_trench_duct_cables_and_ends():
    routes, _ = design(make_village(), make_study(cabinet_premises=2))
    # 10 + 1 + 4 a metre, 10 + 1 + 2 along 1–3; drops 100 + 10 for each of two splices a fibre beside.
    costs = [1000 * 15, 500 * 15, 700 * 13, 30 * 12 + 140, 40 * 13 + 180, 20 * 12 + 140, 10 * 12 + 140]
    assert routes["cost_sek"].tolist() == costs
    assert routes["cost_low_sek"].tolist() == [cost // 2 for cost in costs]
    assert routes["cost_high_sek"].tolist() == [cost * 2 for cost in costs]


def test_method_and_existing_stay_and_the_arguments_too():
    tree = make_village()
    tree.routes.loc[1, "existing"], tree.routes.loc[1, "method"] = "own_duct", ""
    before = tree.routes.copy()
    routes, _ = design(tree, make_study(cabinet_premises=2))
    pd.testing.assert_frame_equal(tree.routes, before)
    assert routes[["existing", "method"]].equals(before[["existing", "method"]])
    # Drawing into the duct 3 a metre, cable 4.
    assert routes.loc[1, "cost_sek"] == 500 * (3 + 4)


def test_a_fibre_too_many_for_the_room_of_a_duct_is_found():
    tree = make_tree([(0, 1, 100), (1, 2, 100)], {"a": (2, 10, 25, 0)})
    tree.routes.loc[[0, 1], "existing"] = "leased_duct"
    tree.routes.loc[[0, 1], "room"] = [3, 2]
    routes, _ = design(tree, make_study(spare=0.0))
    assert routes["cables"].tolist() == ["12+12+2"] * 3
    assert find_overfull(routes).tolist() == [1]
    assert find_overfull(routes.assign(existing="new")).tolist() == []


@pytest.mark.parametrize(
    ("fibres", "cables"),
    [(0, ""), (1, "2"), (2, "2"), (3, "4"), (12, "12"), (13, "12+2"), (24, "12+12"), (29, "12+12+12")],
)
def test_cables_are_the_smallest_that_hold_the_fibres(fibres, cables):
    assert choose_cables(np.array([fibres, 0]), BOOK).tolist() == [cables, ""]


@pytest.mark.parametrize("architecture", ["p2p", "gpon"])
def test_a_tower_of_500_households_has_a_fibre_for_each(architecture):
    tree = make_tree([(0, 1, 100)], {"tower": (1, 20, 500, 0)})
    routes, cabinets = design(tree, make_study(architecture=architecture, split=32, spare=0.1))
    # 500 × 1.1 to the root, or ceil(500 / 32) = 16 × 1.1 rounded up; the drop's own 500 are 41 × 12 + 8.
    fibres = 550 if architecture == "p2p" else 18
    assert routes["fibres"].tolist() == [fibres, 500]
    assert routes.loc[1, "cables"] == "+".join(["12"] * 42)
    assert cabinets[["node", "premises", "fibres_in"]].to_numpy().tolist() == [[1, 1, fibres]]


def test_a_tenth_of_spare_is_no_hair_more_than_a_tenth():
    homes = {f"h{number}": (1, 10, 1, 0) for number in range(30)}
    routes, _ = design(make_tree([(0, 1, 100)], homes), make_study(spare=0.1))
    assert routes.loc[0, "fibres"] == 33


def test_premises_at_a_root_need_neither_trench_nor_cabinet():
    tree = make_tree([], {"a": (0, 10, 1, 0)}, roots=(0, 1))
    at_root = Tree(tree.routes.iloc[:0], tree.served, tree.nodes, np.array([2]))
    routes, cabinets = design(at_root, make_study())
    assert (len(routes), len(cabinets)) == (0, 0)


def test_nothing_to_build_and_nobody_served_are_no_errors():
    tree = make_village()
    for routes, served in ((tree.routes.iloc[:0], tree.served.iloc[:0]), (tree.routes, tree.served.iloc[:0])):
        designed, cabinets = design(Tree(routes, served, tree.nodes, tree.roots), make_study())
        assert len(cabinets) == 0
        assert designed["fibres"].sum() == 0
        assert (designed["cables"] == "").all()
        tables.check(designed, tables.ROUTES)
        tables.check(cabinets, tables.CABINETS)


def test_who_hangs_on_no_route_is_named():
    tree = make_village()
    alone = Tree(tree.routes.drop(index=[2, 6]), tree.served, tree.nodes, tree.roots)
    with pytest.raises(ValueError, match="premises 'd' are served, but no route"):
        design(alone, make_study())
    with pytest.raises(ValueError, match="hang on no root"):
        design(Tree(tree.routes, tree.served, tree.nodes, np.array([], np.int64)), make_study())


def test_cabinets_belong_to_the_project_that_feeds_them():
    tree = make_village()
    project = pd.Series(["P2", "P1", "P2", "P1", "P1", "P2", "P2"], index=tree.routes.index, dtype="str")
    phased = tree.routes.assign(project_id=project, phase=[2, 1, 2, 1, 1, 2, 2])
    routes, cabinets = design(
        Tree(phased, tree.served, tree.nodes, tree.roots), make_study(cabinet_premises=2)
    )
    assert cabinets["project_id"].tolist() == ["P2", "P1"]
    assert cabinets["phase"].tolist() == [2, 1]
    assert design(tree, make_study(cabinet_premises=2))[1]["project_id"].tolist() == ["", ""]
    # Seen from a root at 1, the first edge there feeds the cabinet at it.
    moved = assign_cabinets(cabinets, routes.drop(index=[0]), np.array([1]))
    assert moved["project_id"].tolist() == ["P1", "P1"]


def test_a_cabinet_at_the_root_serves_all_when_nothing_speaks_against_it():
    tree = make_tree([(0, 1, 100), (2, 0, 100)], {"a": (1, 10, 1, 0), "b": (2, 10, 1, 0)})
    routes, cabinets = design(tree, make_study())
    assert cabinets["node"].tolist() == [0]
    assert routes["fibres"].tolist() == [3, 3, 2, 2]


@settings(max_examples=50)
@given(any_tree(), designs)
def test_each_edge_holds_what_a_walk_from_every_premises_counts(tree, options):
    study = make_study(**options)
    routes, cabinets = design(tree, study)
    needed, lit = np.zeros(len(routes), np.int64), dict.fromkeys(cabinets.index, 0)
    premises = np.zeros(len(routes), np.int64)
    joints = np.zeros(len(routes), np.int64)
    for home in tree.served.itertuples():
        way = climb(tree, home.node)
        cabinet = routes["cabinet_id"].iloc[way[0][0]]
        units = home.households + home.workplaces
        stops = [node for _, node in way]
        assert cabinets.loc[cabinet, "node"] in stops
        for position, _ in way[: stops.index(cabinets.loc[cabinet, "node"]) + 1]:
            needed[position] += max(study.design.fibres_per_premises, units)
        for position, _ in way:
            premises[position] += 1
        lit[cabinet] += max(1, units)
    for cabinet, count in lit.items():
        feeder = math.ceil(count / study.design.split) if study.design.architecture == "gpon" else count
        for position, _ in climb(tree, cabinets.loc[cabinet, "node"]):
            needed[position] += feeder
        assert cabinets.loc[cabinet, "fibres_in"] == with_spare(feeder, study)
    drop = (routes["kind"] == "drop").to_numpy()
    expected = [n if d else with_spare(n, study) for n, d in zip(needed, drop, strict=True)]
    assert routes["fibres"].tolist() == expected
    assert routes["premises"].tolist() == premises.tolist()
    for position in range(len(routes)):
        joints[position] = expected[position] * count_joints_by_hand(tree, position, study)
    assert routes["joints"].tolist() == joints.tolist()
    tables.check(routes, tables.ROUTES)
    tables.check(cabinets, tables.CABINETS)


def with_spare(fibres, study):
    return math.ceil(round(fibres * (1 + study.design.spare), 6))


def count_joints_by_hand(tree, position, study):
    edge = tree.routes.iloc[position]
    ends = (climb(tree, edge["tail"]), climb(tree, edge["head"]))
    near, far = sorted(tree.routes["length_m"].iloc[[p for p, _ in way]].sum() for way in ends)
    begin = near if edge["kind"] == "drop" else 0.0
    marks = range(int((far - begin) / study.design.cable_m) + 2)
    return sum(near - begin < mark * study.design.cable_m <= far - begin for mark in marks)


@settings(max_examples=50)
@given(any_tree(), designs)
def test_cables_hold_the_fibres_and_costs_are_those_of_all_items(tree, options):
    study = make_study(**options)
    routes, _ = design(tree, study)
    for fibres, cables in zip(routes["fibres"], routes["cables"], strict=True):
        sizes = [int(size) for size in cables.split("+")] if cables else []
        assert sizes == sorted(sizes, reverse=True)
        assert sum(sizes) >= fibres
        assert sum(sizes[:-1]) < fibres or not sizes
    assert find_overfull(routes).empty
    crowns = add_up(itemise(routes, BOOK, study.design), len(routes))
    assert routes[list(tables.MONEY)].to_numpy().tolist() == crowns.tolist()
    assert (routes["cost_low_sek"] <= routes["cost_sek"]).all()
    assert (routes["cost_sek"] <= routes["cost_high_sek"]).all()


@settings(max_examples=50)
@given(any_tree(), designs)
def test_cabinets_stand_on_roads_near_enough_and_not_too_full(tree, options):
    study = make_study(**options)
    routes, cabinets = design(tree, study)
    assert cabinets["premises"].sum() == len(tree.served)
    assert (cabinets["premises"] <= study.design.cabinet_premises).all()
    few = cabinets["premises"] < study.design.cabinet_least
    assert cabinets["kind"].tolist() == ["chamber" if each else "cabinet" for each in few]
    assert (tree.nodes["kind"].loc[cabinets["node"]] == "road").all()
    metres, drops = ({cabinet: [] for cabinet in cabinets.index} for _ in range(2))
    for home in tree.served.itertuples():
        way = climb(tree, home.node)
        cabinet = routes["cabinet_id"].iloc[way[0][0]]
        stop = [node for _, node in way].index(cabinets.loc[cabinet, "node"])
        metres[cabinet].append(routes["length_m"].iloc[[p for p, _ in way[: stop + 1]]].sum())
        drops[cabinet].append(routes["length_m"].iloc[way[0][0]])
    longest = [max(found) for found in metres.values()]
    assert cabinets["longest_m"].tolist() == pytest.approx(longest)
    assert cabinets["too_far"].tolist() == [found > study.design.cabinet_m for found in longest]
    # Only a drop that is itself too long makes the way too long.
    alone = [max(found) > study.design.cabinet_m for found in drops.values()]
    assert (cabinets["too_far"] <= alone).all()


@settings(max_examples=50)
@given(any_tree(), designs)
def test_fibres_never_fall_towards_the_root_but_where_a_cabinet_gathers_them(tree, options):
    routes, cabinets = design(tree, make_study(**options))
    single, _ = design(tree, make_study(**options | {"architecture": "p2p", "fibres_per_premises": 1}))
    for home in tree.served.itertuples():
        way = climb(tree, home.node)
        for (lower, node), (upper, _) in itertools.pairwise(way):
            assert single["fibres"].iloc[lower] <= single["fibres"].iloc[upper]
            if node not in set(cabinets["node"]):
                assert routes["fibres"].iloc[lower] <= routes["fibres"].iloc[upper]


def test_a_cabinet_for_each_premises_where_it_takes_no_more():
    _, cabinets = design(make_village(), make_study(cabinet_premises=1))
    assert sorted(cabinets["node"]) == [1, 2, 2, 3]
    assert cabinets.index.tolist() == ["C0001", "C0002", "C0003", "C0004"]


def test_few_premises_share_a_chamber():
    # Three of the four, in the order of the tree, fill a cabinet at 1; c is left.
    _, cabinets = design(make_village(), make_study(cabinet_premises=3, cabinet_least=2))
    assert cabinets[["kind", "node", "premises"]].to_numpy().tolist() == [
        ["cabinet", 1, 3],
        ["chamber", 1, 1],
    ]


def test_the_order_of_edges_changes_nothing():
    tree = make_village()
    turned = Tree(tree.routes.iloc[::-1], tree.served.iloc[::-1], tree.nodes, tree.roots)
    routes, cabinets = design(tree, make_study(cabinet_premises=2))
    other, same = design(turned, make_study(cabinet_premises=2))
    pd.testing.assert_frame_equal(other.sort_index(), routes)
    pd.testing.assert_frame_equal(same, cabinets)
