"""The benchmarks: what the router's reads, refuses and calls worse; the county that is planned."""

import gzip
import json

import networkx as nx
import numpy as np
import pytest
import shapely
from county import TINY, make_county, write_county
from measure import Measured
from router.check import WrongAnswerError, check_bound, check_prizes, check_ring, check_tree
from router.instances import Graph, Households, crop, draw_graph, make_towns, read_file, relabel
from router.table import Row, Target, compare, judge, read_table, render, render_head, replace_table

import planning
from infraplan.layers import read_study
from infraplan.outputs.manifest import totals
from infraplan.pipeline import run

SQUARE = Graph(np.array([[0, 1, 3], [1, 2, 4], [2, 3, 5], [3, 0, 6], [4, 5, 1]]), np.array([0, 2, 5]))
"""A ring of four and a pair beside it, of which a terminal is out of reach."""
NOBODY = np.array([], np.int64)
AWAY = np.array([5])


def test_a_file_is_read_with_its_own_numbers(tmp_path):
    path = tmp_path / "small.gr.gz"
    path.write_bytes(
        gzip.compress(b"SECTION Graph\nNodes 3\nEdges 2\nE 1 2 7\nE 2 3 9\nEND\n\nTerminals 1\nT 3\n")
    )
    graph = read_file(path)
    assert graph.edges.tolist() == [[1, 2, 7], [2, 3, 9]]
    assert graph.terminals.tolist() == [3]


def test_towns_are_whole_and_the_same_each_time():
    graph = make_towns(12, 40, towns=2)
    assert np.array_equal(graph.edges, make_towns(12, 40, towns=2).edges)
    first = make_towns(12, 40)
    assert (len(first.edges), first.edges[:, 2].sum(), first.terminals.sum()) == (370, 1_418_522, 9_180)
    assert len(set(graph.terminals.tolist())) == 40
    nodes = np.unique(graph.edges[:, :2])
    assert np.array_equal(nodes, np.arange(len(nodes)))
    mixed = relabel(graph)
    assert np.array_equal(
        np.sort(np.bincount(mixed.edges[:, :2].ravel())), np.sort(np.bincount(graph.edges[:, :2].ravel()))
    )
    assert not np.array_equal(mixed.terminals, graph.terminals)


def test_a_drawn_graph_is_a_ring_with_chords():
    graph = draw_graph(20, 3)
    assert np.bincount(graph.edges[:, :2].ravel()).min() >= 2
    assert len({tuple(pair) for pair in graph.edges[:, :2].tolist()}) == len(graph.edges)


def test_a_part_of_a_graph_hangs_together():
    part = crop(make_towns(12, 40, towns=2), 50)
    assert set(part.terminals.tolist()) == set(part.edges[:, :2].ravel().tolist())
    assert len(part.terminals) <= 50
    check_ring(part, np.arange(len(part.edges)), part.edges[:, 2].sum())
    assert np.bincount(part.edges[:, :2].ravel())[part.terminals].min() >= 2


def test_a_right_tree_passes():
    check_tree(SQUARE, np.array([0, 1]), 7, AWAY)


@pytest.mark.parametrize(
    ("chosen", "cost", "unreached", "fault"),
    [
        ([0, 1, 2, 3], 18, AWAY, "a cycle"),
        ([0, 1], 8, AWAY, "the cost is not"),
        ([0, 0, 1], 10, AWAY, "twice"),
        ([0, 2], 8, AWAY, "not joined"),
        ([0, 1], 7, NOBODY, "out of reach"),
        ([], 0, np.array([2, 5]), "out of reach"),
    ],
)
def test_a_wrong_tree_fails(chosen, cost, unreached, fault):
    with pytest.raises(WrongAnswerError, match=fault):
        check_tree(SQUARE, np.array(chosen, np.int64), cost, unreached)


@pytest.mark.parametrize(
    ("chosen", "cost", "prize", "roots", "fault"),
    [
        ([0, 3], 9, 13.0, [0], "prize"),
        ([0, 3, 4], 10, 12.0, [0], "roots"),
        ([0, 1], 7, 9.0, [0, 2], "a cycle"),
    ],
)
def test_prizes_hang_on_the_roots_which_are_one(chosen, cost, prize, roots, fault):
    worth = np.array([0.0, 5.0, 4.0, 7.0, 0.0, 0.0])
    check_prizes(SQUARE, worth, Households(worth, np.array([0])), np.array([0, 3]), 9, 12.0)
    with pytest.raises(WrongAnswerError, match=fault):
        check_prizes(SQUARE, worth, Households(worth, np.array(roots)), np.array(chosen), cost, prize)


def test_a_ring_has_no_single_cut_but_those_of_the_graph():
    ring = Graph(np.r_[SQUARE.edges[:4], [[2, 4, 9]]], np.array([0, 2, 4]))
    check_ring(ring, np.arange(5), 27)
    with pytest.raises(WrongAnswerError, match="single cut"):
        check_ring(ring, np.array([0, 1, 4]), 16)


def test_a_bound_is_below_the_optimum_and_that_below_the_cost():
    check_bound(10, 9, 9.5)
    check_bound(10, 9, None)
    for cost, bound, optimum in ((10, 9.6, 9.5), (9, 8, 9.5), (9, 10, None)):
        with pytest.raises(WrongAnswerError):
            check_bound(cost, bound, optimum)


NEAR = (Target("gap", "≤", 0.02), Target("certificate", "≤", 0.05))


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ({"gap": 0.01, "certificate": 0.04, "seconds": 10.4}, "met"),
        ({"gap": 0.03, "certificate": 0.06, "seconds": 12}, "**missed** (gap %, certificate %, late)"),
        ({"certificate": 0.04}, "open (gap %)"),
        ({"certificate": 0.02}, "met"),
    ],
)
def test_a_verdict_names_what_was_missed(figures, verdict):
    assert judge(Row("a", "tree", NEAR, figures, 10.0)) == verdict


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (None, {}, "new"),
        ({"certificate": 0.0138}, {"certificate": 0.0120}, "certificate % 0.0138 → 0.012"),
        ({"certificate": 0.0120}, {"certificate": 0.0138}, "**worse**: certificate % 0.012 → 0.0138"),
        ({"certificate": 0.5}, {"certificate": 0.54}, "same"),
        ({"gap": 0.0}, {"gap": 0.0009}, "same"),
        ({"seconds": 10.0, "tree": 0.01}, {"seconds": 12.9, "tree": 0.014}, "same"),
        ({"seconds": 1.0}, {"seconds": 1.4}, "**worse**: CPU s 1 → 1.4"),
        ({"cost": 10, "memory": 100}, {"cost": 20, "memory": 900}, "same"),
    ],
)
def test_a_change_counts_beyond_noise(before, now, change):
    assert compare(Row("a", "tree", NEAR, now), before) == change


def test_more_can_be_better():
    row = Row("a", "sooner", (Target("value", "≥", 100),), {"value": 90.0})
    assert compare(row, {"value": 130.0}) == "**worse**: value 130 → 90"
    assert compare(row, {"value": 50.0}) == "value 50 → 90"


def test_a_table_is_read_as_it_was_printed():
    rows = [
        Row("a in 10 s", "tree", NEAR, {"cost": 7, "gap": 0.01, "certificate": 0.04, "tree": 0.002}, 10.0),
        Row("b", "nothing", note="no room"),
    ]
    table = "\n".join([render_head(), *(render(row, {}) for row in rows)])
    text = replace_table("# Measurements\n\nWhat else there is.\n", table)
    assert read_table("a | table\n" * 3) == {}
    assert read_table(text) == {"a in 10 s": rows[0].figures, "b": {}}
    assert replace_table(text, table) == text
    assert text.startswith("# Measurements\n\nWhat else there is.\n\n")
    assert replace_table(f"{text}and more\n", "none").endswith("none\n\n<!-- router: end -->\nand more\n")


def test_a_made_county_hangs_together_and_is_the_same_each_time():
    layers, again = make_county(TINY), make_county(TINY)
    for name, table in layers.items():
        assert table.geom_equals(again[name]).all(), name
        assert len(table), name
        assert shapely.is_valid(table.geometry.to_numpy()).all(), name
    assert len(layers["premises"]) == TINY.spots + TINY.served
    assert len(layers["municipalities"]) == TINY.municipalities
    assert shapely.coverage_is_valid(layers["municipalities"].geometry.to_numpy())
    ends = shapely.get_coordinates(shapely.boundary(layers["roads"].geometry.to_numpy())).reshape(-1, 2, 2)
    roads = nx.Graph((tuple(one), tuple(other)) for one, other in ends.tolist())
    assert nx.is_connected(roads)
    assert 1.2 * len(roads) < len(roads.edges)


@pytest.mark.slow
def test_a_made_county_is_planned(tmp_path):
    results = run(read_study(write_county(tmp_path, TINY)))
    said = totals(results) | {"seconds": results.seconds}
    assert said["white_spots"]["premises"] > TINY.spots / 2
    assert said["plan"]["reached_goal"]
    assert planning.tell_plan(said).startswith(f"{said['white_spots']['premises']} white spots, ")
    row = planning.render("a", "none", Measured(1.0, 2.0, json.dumps(said)))
    assert row.startswith("| a | none | 1.00 | 2 | read ")
