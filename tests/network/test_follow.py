"""A duct is reused where a trench follows it; that it lies near, or crosses, is not enough."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString
from shapely.affinity import rotate, scale, translate

from infraplan.network.follow import cut_places, find_runs
from infraplan.network.lines import cut_lines, spread

RULE = {"corridor_m": 10.0, "min_share": 0.8, "min_run_m": 30.0}
STREET = [(0, 0), (200, 0)]


def array(*lines):
    return np.array([LineString(line) for line in lines], dtype=object)


def runs(lines, assets, **rule):
    """Return runs as (line, start, end, asset), metres rounded."""
    found = find_runs(array(*lines), array(*assets), **(RULE | rule))
    assert (found.share >= (RULE | rule)["min_share"]).all()
    assert (found.share <= 1.0).all()
    columns = (found.line, found.start_m.round(), found.end_m.round(), found.asset)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_a_parallel_duct_is_followed_all_along():
    assert runs([STREET], [[(-20, 4), (220, 4)]]) == [(0, 0, 200, 0)]


def test_it_matters_not_which_way_each_is_drawn():
    assert runs([STREET[::-1]], [[(-20, 4), (220, 4)]]) == [(0, 0, 200, 0)]


@pytest.mark.parametrize(
    "duct",
    [
        pytest.param([(100, -90), (100, 90)], id="crosses"),
        pytest.param([(60, -90), (140, 90)], id="crosses aslant"),
        pytest.param([(100, 0), (100, 90)], id="ends at it"),
        pytest.param([(-90, 11), (290, 11)], id="just too far away"),
        pytest.param([(-90, 0), (-2, 0)], id="ends before it begins"),
        pytest.param([(90, -5), (95, 5), (100, -5), (105, 5), (110, -5)], id="a tangle"),
        pytest.param([(90, 3), (115, 3)], id="too short"),
    ],
)
def test_a_duct_that_is_only_near_is_not_followed(duct):
    assert runs([STREET], [duct]) == []


def test_every_second_house_lead_across_the_street_is_no_reuse():
    leads = [[(x, -15), (x, 15)] for x in range(0, 201, 5)]
    assert runs([STREET], leads) == []


def test_a_duct_for_half_of_the_way_is_followed_for_half():
    assert runs([STREET], [[(-50, 4), (100, 4)]]) == [(0, 0, 100, 0)]


def test_a_duct_that_turns_away_is_followed_until_it_does():
    assert runs([STREET], [[(0, 4), (120, 4), (120, 90)]]) == [(0, 0, 115, 0)]


def test_a_duct_round_the_corner_with_the_street_is_followed_round_it():
    corner = [(0, 0), (100, 0), (100, 100)]
    assert runs([corner], [[(0, 4), (96, 4), (96, 100)]], min_share=0.9) == [(0, 0, 200, 0)]


def test_a_small_gap_is_bridged_and_its_share_told():
    duct = [(0, 4), (90, 4), (90, 14), (105, 14), (105, 4), (200, 4)]
    found = find_runs(array(STREET), array(duct), **RULE)
    assert (found.start_m.tolist(), found.end_m.tolist()) == ([0.0], [200.0])
    # 41 samples, of which those at 90 to 105 m see a duct that leaves, is far away, or comes back.
    assert found.share == pytest.approx([37 / 41])


def test_a_gap_as_long_as_a_run_is_not_bridged():
    street = [(0, 0), (1000, 0)]
    duct = [(0, 4), (480, 4), (480, 40), (530, 40), (530, 4), (1000, 4)]
    assert runs([street], [duct]) == [(0, 0, 475, 0), (0, 535, 1000, 0)]


def test_zigzag_in_and_out_is_followed_only_while_it_is_in():
    # In for 60 m, out for 15 m, and so on: 35 of 43 samples follow, none of them at a turn.
    duct = [(0, 2), (60, 2), (60, 30), (75, 30), (75, 2), (135, 2), (135, 30), (150, 30), (150, 2), (210, 2)]
    street = [(0, 0), (210, 0)]
    found = runs([street], [duct], min_share=0.85)
    assert found == [(0, 0, 55, 0), (0, 80, 130, 0), (0, 155, 210, 0)]
    assert runs([street], [duct], min_share=0.8) == [(0, 0, 210, 0)]


def test_short_edges_of_a_street_are_runs_where_the_duct_passes_them_whole():
    street = [[(0, 0), (12, 0)], [(12, 0), (20, 0)], [(20, 0), (45, 0)]]
    side = [(12, 0), (12, 20)]
    assert runs([*street, side], [[(-5, 3), (50, 3)]]) == [(0, 0, 12, 0), (1, 0, 8, 0), (2, 0, 25, 0)]
    # The duct ends after a third of the last one.
    assert runs([*street, side], [[(-5, 3), (25, 3)]]) == [(0, 0, 12, 0), (1, 0, 8, 0)]


def test_two_ducts_along_one_street_are_both_kept():
    found = runs([STREET], [[(0, 4), (200, 4)], [(50, -4), (150, -4)]])
    assert found == [(0, 0, 200, 0), (0, 50, 150, 1)]


def test_a_line_that_is_its_own_asset_is_followed():
    wavy = [(x, 20 * np.sin(x / 40)) for x in range(0, 401, 10)]
    (found,) = runs([wavy], [wavy], min_share=1.0, corridor_m=0.001)
    assert found == (0, 0, round(LineString(wavy).length), 0)


def test_points_drawn_twice_and_empty_lines_do_no_harm():
    twice = [(0, 0), (0, 0), (100, 0), (100, 0), (200, 0)]
    lines = np.array([LineString(), LineString(twice), LineString([(5, 5), (5, 5)]), LineString()])
    found = find_runs(lines, lines, **RULE)
    assert found.line.tolist() == found.asset.tolist() == [1]
    assert found.end_m.tolist() == [200.0]


def test_nothing_follows_nothing():
    none = np.empty(0, dtype=object)
    for lines, assets in ((none, none), (array(STREET), none), (none, array(STREET))):
        found = find_runs(lines, assets, **RULE)
        assert len(found.line) == len(found.share) == 0
        which, along = cut_places(found, shapely.length(lines))
        assert len(which) == len(along) == 0


def test_lines_are_cut_where_runs_begin_and_end_but_not_at_their_own_ends():
    lines = array(STREET, [(0, 50), (200, 50)])
    ducts = array([(-9, 4), (100, 4)], [(-9, -4), (100, -4)], [(60, 52), (130, 52)])
    which, along = cut_places(find_runs(lines, ducts, **RULE), shapely.length(lines))
    assert which.tolist() == [0, 1, 1]
    assert along.tolist() == [100.0, 60.0, 130.0]


def test_samples_in_several_blocks_are_those_of_one(monkeypatch):
    rng = np.random.default_rng(4)
    lines, assets = wander(rng, 40), wander(rng, 10)
    whole = find_runs(lines, assets, **RULE)
    monkeypatch.setattr("infraplan.network.follow._BLOCK", 7)
    parts = find_runs(lines, assets, **RULE)
    assert len(whole.line) > 5
    for name in ("line", "start_m", "end_m", "asset", "share"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


def wander(rng, count):
    """Return crooked lines that lie near each other, many of them parallel for a while."""
    bearing = np.cumsum(rng.normal(0.0, 0.25, (count, 15)), axis=1)
    steps = np.stack([np.cos(bearing), np.sin(bearing)], axis=-1) * rng.uniform(2, 20, (count, 15, 1))
    return shapely.linestrings(np.cumsum(steps, axis=1) + rng.uniform(0, 60, (count, 1, 2)))


def follows(line, asset, at, corridor_m, turn_degrees, step_m):
    """Tell for one place whether the asset runs along there, by the rule word for word."""
    place = line.interpolate(at)
    if place.distance(asset) > corridor_m:
        return False
    foot = asset.project(place)

    def chord(shape, along):
        ends = (shape.interpolate(min(max(along + d, 0), shape.length)) for d in (-step_m / 2, step_m / 2))
        (x0, y0), (x1, y1) = (end.coords[0] for end in ends)
        return np.array([x1 - x0, y1 - y0]) / np.hypot(x1 - x0, y1 - y0)

    ours, theirs = chord(line, at), chord(asset, foot)
    away = np.subtract(place.coords[0], asset.interpolate(foot).coords[0])
    if min(foot, asset.length - foot) < 0.001 and abs(away @ theirs) > step_m / 2:
        return False
    return abs(ours @ theirs) >= np.cos(np.radians(turn_degrees))


def brute_runs(line, asset, *, corridor_m, min_share, min_run_m, turn_degrees=30.0, step_m=5.0):
    """Return (start, end, share) of all runs of one line and asset, sample by sample."""
    steps = max(int(np.ceil(line.length / step_m)), 1)
    places = np.linspace(0.0, line.length, steps + 1)
    hit = [k for k in range(steps + 1) if follows(line, asset, places[k], corridor_m, turn_degrees, step_m)]
    if line.length < min_run_m:
        share = len(hit) / (steps + 1)
        return [(0.0, line.length, share)] if hit and share >= min_share else []
    found = []

    def grow(stretch, longest):
        """Cut a stretch at gaps longer than that, and what is too thin at its longest gaps."""
        cut, here = [], stretch[:1]
        for k in stretch[1:]:
            if places[k] - places[here[-1]] > longest:
                cut.append(here)
                here = []
            here = [*here, k]
        for part in [*cut, here]:
            share = len(part) / (part[-1] - part[0] + 1)
            if share < min_share:
                widest = max(places[b] - places[a] for a, b in pairwise(part))
                grow(part, widest - 1e-6)
            elif places[part[-1]] - places[part[0]] >= min_run_m - 0.001:
                found.append((places[part[0]], places[part[-1]], share))

    if hit:
        grow(hit, min_run_m)
    return found


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 0.8, 1.0]), st.sampled_from([10.0, 40.0, 90.0]))
def test_random_lines_have_the_runs_of_brute_force(seed, min_share, min_run_m):
    rng = np.random.default_rng(seed)
    lines, assets = wander(rng, 6), wander(rng, 4)
    rule = {"corridor_m": 8.0, "min_share": min_share, "min_run_m": min_run_m}
    found = find_runs(lines, assets, **rule)
    expected = sorted(
        (i, start, j, end, share)
        for i, line in enumerate(lines)
        for j, asset in enumerate(assets)
        for start, end, share in brute_runs(line, asset, **rule)
    )
    rows = zip(found.line, found.start_m, found.asset, found.end_m, found.share, strict=True)
    assert np.array(list(rows)).reshape(-1, 5) == pytest.approx(np.array(expected).reshape(-1, 5))


@given(st.integers(0, 2**32 - 1))
def test_runs_lie_within_their_line_and_apart_and_cuts_make_each_a_line(seed):
    rng = np.random.default_rng(seed)
    lines, assets = wander(rng, 8), wander(rng, 5)
    lengths = shapely.length(lines)
    found = find_runs(lines, assets, **RULE)
    assert (found.start_m >= 0.0).all()
    assert (found.end_m <= lengths[found.line] + 1e-9).all()
    assert (found.end_m - found.start_m >= np.minimum(30.0, lengths[found.line]) - 0.001).all()
    for pair in set(zip(found.line, found.asset, strict=True)):
        mine = (found.line == pair[0]) & (found.asset == pair[1])
        assert (found.start_m[mine][1:] > found.end_m[mine][:-1]).all()
    which, along = cut_places(found, lengths)
    kept, _ = spread(which, along, lengths, 0.001)
    points = shapely.line_interpolate_point(lines[which[kept]], along[kept])
    pieces, line_of = cut_lines(lines, which[kept], along[kept], shapely.get_coordinates(points))
    ends = np.cumsum(shapely.length(pieces)) - np.r_[0.0, np.cumsum(lengths)][line_of]
    for line, start, end in zip(found.line, found.start_m, found.end_m, strict=True):
        of_line = np.r_[0.0, ends[line_of == line]]
        assert np.abs(of_line - start).min() < 0.005
        assert np.abs(of_line - end).min() < 0.005


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 10.0), st.floats(0.0, 360.0))
def test_a_larger_turned_or_moved_drawing_has_the_same_runs(seed, factor, degrees):
    rng = np.random.default_rng(seed)
    lines, assets = wander(rng, 6), wander(rng, 4)

    def move(shape):
        turned = rotate(scale(shape, factor, factor, origin=(0, 0)), degrees, origin=(0, 0))
        return translate(turned, 500.0, -300.0)

    rule = {"min_share": 0.8, "turn_degrees": 30.0}
    plain = find_runs(lines, assets, corridor_m=8.0, min_run_m=30.0, step_m=4.0, **rule)
    metres = {"corridor_m": 8.0 * factor, "min_run_m": 30.0 * factor, "step_m": 4.0 * factor}
    moved = find_runs(*(np.array([move(s) for s in t]) for t in (lines, assets)), **metres, **rule)
    assert moved.line.tolist() == plain.line.tolist()
    assert moved.asset.tolist() == plain.asset.tolist()
    assert moved.start_m == pytest.approx(plain.start_m * factor)
    assert moved.end_m == pytest.approx(plain.end_m * factor)


@given(st.integers(0, 2**32 - 1))
def test_a_line_drawn_the_other_way_has_its_runs_from_the_other_end(seed):
    rng = np.random.default_rng(seed)
    lines, assets = wander(rng, 6), wander(rng, 4)
    there, back = find_runs(lines, assets, **RULE), find_runs(shapely.reverse(lines), assets, **RULE)
    mirrored = sorted(
        zip(back.line, shapely.length(lines)[back.line] - back.end_m, back.asset, back.share, strict=True)
    )
    rows = list(zip(there.line, there.start_m, there.asset, there.share, strict=True))
    assert np.array(rows).reshape(-1, 4) == pytest.approx(np.array(mirrored).reshape(-1, 4), abs=1e-6)
