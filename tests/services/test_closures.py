"""Closures against a search without the point."""

import itertools

import numpy as np
import pytest
import shapely

from infraplan.services import evaluate_services

FAR_KM = 0.6


@pytest.fixture(scope="module")
def town(make):
    """Return a town with an island beside it, one-way streets, premises and points drawn by lot."""
    random = np.random.default_rng(11)
    grid = [(x * 100, y * 100) for x in range(9) for y in range(6)]
    pairs = itertools.combinations(grid, 2)
    near = [(a, b) for a, b in pairs if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 100]
    streets = [near[i] for i in np.flatnonzero(random.random(len(near)) < 0.75)]
    # Near enough for its people to begin at the main roads, where their own shop has closed.
    island = [((1000, 0), (1300, 0)), ((1300, 0), (1300, 300))]
    beyond = [((5000, 0), (5300, 0))]
    lines = [*streets, *island, *beyond]
    oneway = random.choice(["both", "both", "both", "forward", "backward"], len(streets)).tolist()
    oneway += ["both"] * 3
    xy = [*random.uniform(0, 800, (60, 2)) * [1, 0.6], *random.uniform(1000, 1300, (12, 2)) - [0, 1000]]
    xy += [(5100, 10), (5200, -5), (9000, 9000)]
    shops = [*(random.uniform(0, 800, (7, 2)) * [1, 0.6]), (1150, 20), (5250, 3)]
    roads = make.layer("roads", make.lines(*lines), oneway=oneway)
    return roads, shops, make.premises(xy, households=random.integers(0, 4, len(xy)).tolist())


def search(make, town, kept):
    roads, shops, premises = town
    points = make.points(["grocery"] * len(kept), [shops[i] for i in kept], [f"p{i}" for i in kept])
    study = make.study(far_km=FAR_KM)
    layers = make.layers(roads=roads, service_points=points)
    zones, membership = make.zones(layers, study, premises)
    return evaluate_services(premises, membership, zones, layers, study)


def test_a_closure_is_what_a_search_without_the_point_finds(make, town):
    _, shops, premises = town
    everything = range(len(shops))
    whole = search(make, town, everything)
    before = whole.distances["nearest_m"].to_numpy()
    nearest = whole.distances["nearest_id"].astype("str").to_numpy()
    households = premises["households"].to_numpy()
    closures = whole.closures.set_index("point_id")
    assert set(closures.index) == set(nearest) - {""}
    assert closures["stranded"].sum() > 0
    assert closures["newly_beyond"].sum() > closures["stranded"].sum()
    for number in everything:
        name = f"p{number}"
        if name not in closures.index:
            continue
        left = search(make, town, [i for i in everything if i != number])
        after = left.distances["nearest_m"].to_numpy()
        mine = nearest == name
        # Nobody else is touched, and the second nearest was said right.
        np.testing.assert_array_equal(before[~mine], after[~mine])
        np.testing.assert_array_equal(whole.distances["second_m"].to_numpy()[mine], after[mine])
        np.testing.assert_array_equal(
            whole.distances["second_min"].to_numpy()[mine & np.isnan(after)], np.nan
        )
        row = closures.loc[name]
        added = np.rint(1000 * (after - before)[mine]) / 1000 / 1000
        reached = ~np.isnan(added)
        assert row["premises"] == mine.sum()
        assert row["households"] == households[mine].sum()
        assert row["stranded"] == households[mine][~reached].sum()
        each = np.sort(np.repeat(np.where(reached, added, np.inf), households[mine]))
        median = each[(len(each) + 1) // 2 - 1] if len(each) else np.nan
        assert row["median_added_km"] == pytest.approx(median, nan_ok=True) or np.isinf(median)
        assert np.isnan(row["median_added_km"]) == (not np.isfinite(median))
        assert row["most_added_km"] == pytest.approx(
            added[reached].max() if reached.any() else np.nan, nan_ok=True
        )
        assert row["household_km"] == pytest.approx((added[reached] * households[mine][reached]).sum())
        beyond = (before[mine] <= 1000 * FAR_KM) & ~(after[mine] <= 1000 * FAR_KM)
        assert row["newly_beyond"] == households[mine][beyond].sum()
        assert row["beyond_km"] == FAR_KM
        ids = premises.index.to_numpy()[mine]
        lost = np.where(reached, added, np.inf)
        order = sorted(zip(-lost, -households[mine], ids, strict=True))
        assert row["hit_hardest"] == ", ".join(name for _, _, name in order[:5])


def test_the_dearest_closures_come_first(make, town):
    found = search(make, town, range(9)).closures
    assert found["household_km"].is_monotonic_decreasing


def test_points_outside_that_nobody_uses_are_left_out_and_those_inside_stay(make, evaluate):
    roads = make.layer("roads", make.lines([(0, 0), (9000, 0)]))
    points = make.points(["grocery"] * 3, [(0, 0), (500, 0), (8000, 0)], name=["Ica", "Coop", "Far"])
    area = make.layer("municipalities", [shapely.box(-100, -100, 1000, 100)], ["2513"], code=["2513"])
    layers = make.layers(roads=roads, service_points=points, municipalities=area)
    found = evaluate(layers, make.premises([(10, 0)], municipality=["2513"]), make.study()).closures
    assert found["name"].tolist() == ["Ica", "Coop"]
    assert found["premises"].tolist() == [1, 0]
    assert found["hit_hardest"].tolist() == ["h0", ""]
    assert np.isnan(found["median_added_km"].iloc[1])


def test_a_place_closes_with_all_its_points(make, evaluate):
    roads = make.layer("roads", make.lines([(0, 0), (9000, 0)]))
    points = make.points(["parcel"] * 2, [(0, 0), (3, 0)], name=["Budbee", "Instabox"])
    layers = make.layers(roads=roads, service_points=points)
    found = evaluate(layers, make.premises([(500, 0)]), make.study(("parcel",))).closures
    assert found["name"].tolist() == ["Budbee, Instabox"]
    assert found["stranded"].tolist() == [1]
