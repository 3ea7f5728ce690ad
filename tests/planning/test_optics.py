import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import Tree, any_tree, climb, make_book, make_study, make_tree, make_village

from infraplan import tables
from infraplan.planconfig import Optics
from infraplan.planning.design import design_network
from infraplan.planning.optics import check_optics


def light(tree, study):
    routes, _ = design_network(tree.routes, tree.served, tree.roots, tree.nodes, make_book(), study)
    return check_optics(routes, tree.served, tree.roots, study)


def test_a_village_by_hand():
    optics = light(make_village(), make_study(cabinet_premises=2, cable_m=600))
    tables.check(optics, tables.OPTICS)
    assert optics["cabinet_id"].to_dict() == {"a": "C0002", "b": "C0002", "c": "C0001", "d": "C0001"}
    assert optics["distance_m"].tolist() == [1530.0, 1540.0, 1020.0, 1710.0]
    # Both ends of the drop, the cabinet, and cables that end after 600 m and 1 200 m.
    assert optics["splices"].tolist() == [5, 5, 4, 5]
    # 0.4 dB/km, 0.1 a splice, 4 connectors of 0.5, 1 kept.
    loss = [0.612 + 0.5 + 3, 0.616 + 0.5 + 3, 0.408 + 0.4 + 3, 0.684 + 0.5 + 3]
    assert optics["loss_db"].tolist() == pytest.approx(loss)
    assert optics["left_db"].tolist() == pytest.approx([11 - each for each in loss])
    assert optics["ok"].all()
    assert set(optics["breaks"]) == {""}


@pytest.mark.parametrize(
    ("changed", "breaks"),
    [
        ({"fibre_db_km": 8.0}, "fibre"),
        ({"node_m": 25_000.0}, "fibre"),
        ({"splice_db": 2.7}, "splices"),
        ({"connector_db": 2.5}, "connectors"),
        ({"margin_db": 10.0}, "margin"),
        ({"budget_db": 2.5, "margin_db": 0.0}, "connectors"),
    ],
)
def test_the_largest_part_is_named_where_the_budget_breaks(changed, breaks):
    optics = light(make_village(), make_study(Optics(**changed)))
    assert not optics["ok"].any()
    assert (optics["left_db"] < 0).all()
    assert set(optics["breaks"]) == {breaks}


def test_a_splitter_costs_its_loss_only_where_there_is_one():
    bare, split = (
        light(make_village(), make_study(Optics(budget_db=20.0), architecture=name))
        for name in ("p2p", "gpon")
    )
    assert (split["loss_db"] - bare["loss_db"]).tolist() == pytest.approx([17.5] * 4)
    assert bare["ok"].all()
    assert set(split["breaks"]) == {"splitter"}


def test_a_budget_used_to_the_last_is_kept_and_a_metre_more_breaks_it():
    # 10 km × 0.4 + 3 splices and 3 of cables × 0.1 + 2 + 1 dB: 7.6 dB.
    study = make_study(Optics(budget_db=7.6), cable_m=3_000)
    tree = make_tree([(0, 1, 9_990)], {"a": (1, 10, 1, 0)})
    assert light(tree, study)[["ok", "breaks", "splices"]].to_numpy().tolist() == [[True, "", 6]]
    longer = make_tree([(0, 1, 9_991)], {"a": (1, 10, 1, 0)})
    assert light(longer, study)[["ok", "breaks"]].to_numpy().tolist() == [[False, "fibre"]]


def test_a_drop_is_one_piece_until_it_is_longer_than_a_cable():
    study = make_study(cable_m=1_000)
    homes = {"short": (1, 300, 1, 0), "long": (1, 2_100, 1, 0)}
    assert light(make_tree([(0, 1, 900)], homes), study)["splices"].tolist() == [3, 5]


def test_premises_at_a_root_have_connectors_alone():
    tree = make_tree([], {"a": (0, 10, 1, 0)})
    at_root = Tree(tree.routes.iloc[:0], tree.served, tree.nodes, np.array([1]))
    optics = light(at_root, make_study())
    assert optics[["cabinet_id", "distance_m", "splices"]].to_numpy().tolist() == [["", 0.0, 0]]
    assert optics["loss_db"].tolist() == [3.0]


def test_nobody_has_no_loss():
    tree = make_village()
    optics = light(Tree(tree.routes, tree.served.iloc[:0], tree.nodes, tree.roots), make_study())
    tables.check(optics, tables.OPTICS)
    assert len(optics) == 0


def test_who_hangs_on_no_route_is_named():
    tree = make_village()
    routes, _ = design_network(tree.routes, tree.served, tree.roots, tree.nodes, make_book(), make_study())
    with pytest.raises(ValueError, match="premises 'c' are served, but no route"):
        check_optics(routes.drop(index=[5]), tree.served, tree.roots, make_study())


@settings(max_examples=50)
@given(any_tree(), st.sampled_from([300.0, 2_000.0]))
def test_the_way_is_that_of_a_walk_to_the_root(tree, cable_m):
    study = make_study(cable_m=cable_m)
    optics = light(tree, study)
    tables.check(optics, tables.OPTICS)
    for name, home in tree.served.iterrows():
        metres = tree.routes["length_m"].iloc[[position for position, _ in climb(tree, home["node"])]]
        assert optics.loc[name, "distance_m"] == metres.sum()
        joints = metres.iloc[1:].sum() // cable_m + metres.iloc[0] // cable_m
        assert optics.loc[name, "splices"] == 3 + joints
        loss = metres.sum() * 0.0004 + (3 + joints) * 0.1 + 2 + 1
        assert optics.loc[name, "loss_db"] == pytest.approx(loss)
        assert optics.loc[name, "ok"] == (optics.loc[name, "breaks"] == "") == bool(loss <= 11 + 1e-9)
