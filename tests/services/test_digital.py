import numpy as np
import pandas as pd
import pytest

from infraplan import tables
from infraplan.services import find_digital


@pytest.fixture
def distances():
    def build(rows):
        table = pd.DataFrame(rows, columns=["premises_id", "service", "nearest_m", "reason"])
        table = table.assign(
            nearest_id="p", nearest_min=1.0, second_id="", second_m=np.nan, second_min=np.nan
        ).rename_axis("row")
        tables.check(table, tables.DISTANCES)
        return table

    return build


def best_of(**mbps):
    return pd.DataFrame({"reliable_mbps": mbps}).rename_axis("premises_id")


def operators_of(**count):
    return pd.DataFrame({"operators": count}).rename_axis("premises_id")


KM = 1000.0


def test_who_cannot_comes_first_then_the_longest_journey(make, distances):
    ids = ["near", "can", "cannot", "worse", "island", "nobody"]
    premises = make.premises([(0, 0)] * 6, ids, households=[1, 1, 1, 1, 1, 0])
    rows = [(i, "grocery", km * KM, "") for i, km in zip(ids, [9, 30, 11, 12, np.nan, 50], strict=True)]
    rows[4] = ("island", "grocery", np.nan, "island")
    best = best_of(near=0.0, can=30.0, cannot=29.9, worse=0.0, island=0.0, nobody=0.0)
    found = find_digital(premises, distances(rows), best, None, make.study())
    tables.check(found, tables.DIGITAL, crs=make.crs)
    assert found.index.tolist() == ["island", "worse", "cannot", "can"]
    assert found["can"].tolist() == [False, False, False, True]
    assert np.isnan(found["nearest_km"].iloc[0])
    assert found["nearest_km"].tolist()[1:] == [12.0, 11.0, 30.0]
    assert set(found["mobile_operators"]) == {-1}


def test_the_furthest_service_is_named_and_the_far_ones_counted(make, distances):
    rows = [
        ("h0", "grocery", 12 * KM, ""),
        ("h0", "pharmacy", 20 * KM, ""),
        ("h0", "cash", 20 * KM, ""),
        ("h0", "school", 10 * KM, ""),
        ("h0", "library", np.nan, "no_service"),
    ]
    found = find_digital(
        make.premises([(0, 0)]), distances(rows), best_of(h0=100.0), operators_of(h0=3), make.study()
    )
    row = found.loc["h0"]
    assert (row["service"], row["nearest_km"], row["services_far"]) == ("pharmacy", 20.0, 3)
    assert (row["fixed_mbps"], row["mobile_operators"], row["can"]) == (100.0, 3, True)


@pytest.mark.parametrize(("own", "named"), [({}, "cash"), ({"not_digital": ()}, "fuel")])
def test_what_must_be_fetched_is_no_journey_that_digital_service_replaces(make, distances, own, named):
    rows = [("h0", "fuel", 40 * KM, ""), ("h0", "town", 90 * KM, ""), ("h0", "cash", 20 * KM, "")]
    rows += [("h1", "fuel", 40 * KM, ""), ("h1", "town", 90 * KM, "")]
    premises = make.premises([(0, 0)] * 2)
    found = find_digital(premises, distances(rows), best_of(), None, make.study(**own))
    assert found.index.tolist() == (["h0"] if named == "cash" else ["h0", "h1"])
    assert found["service"].iloc[0] == named


def test_equal_needs_are_ordered_by_services_households_and_id(make, distances):
    ids = ["d", "c", "b", "a"]
    premises = make.premises([(0, 0)] * 4, ids, households=[1, 2, 2, 1])
    rows = [(i, s, 20 * KM, "") for i in ids for s in ("grocery", "cash") if i != "a" or s == "cash"]
    found = find_digital(premises, distances(rows), best_of(), None, make.study())
    assert found.index.tolist() == ["b", "c", "d", "a"]


def test_nothing_far_is_an_empty_table(make, distances):
    for rows in ([], [("h0", "grocery", 1.0, "")]):
        table = distances(rows) if rows else tables.empty(tables.DISTANCES)
        found = find_digital(make.premises([(0, 0)]), table, best_of(h0=1.0), None, make.study())
        assert not len(found)
        tables.check(found, tables.DIGITAL, crs=make.crs)


def test_it_follows_from_evaluated_distances(make, evaluate):
    layers = make.layers(
        roads=make.layer("roads", make.lines([(0, 0), (30_000, 0)])),
        service_points=make.points(["grocery"], [(0, 0)]),
    )
    premises = make.premises([(1000, 0), (20_000, 0), (25_000, 0)])
    found = evaluate(layers, premises, make.study())
    digital = find_digital(premises, found.distances, best_of(h1=1000.0), None, make.study())
    tables.check(digital, tables.DIGITAL, crs=make.crs)
    assert digital.index.tolist() == ["h2", "h1"]
    assert digital["can"].tolist() == [False, True]
