import numpy as np
import pandas as pd
import pytest
import shapely

ROAD = [[(0, 0), (30_000, 0)]]


@pytest.fixture
def shares(make, evaluate):
    """Return a function that gives the shares of premises along a road of 30 km with a shop at its start."""

    def run(km, study=None, municipalities=None, **columns):
        layers = {
            "roads": make.layer("roads", make.lines(*ROAD)),
            "service_points": make.points(["grocery"], [(0, 0)]),
        }
        if municipalities is not None:
            layers["municipalities"] = municipalities
        # On the road, so that a kilometre along it is one of the plane but for the projection.
        xy = [(x * 1000 / make.stretch, 0 if x < 30 else 5_000) for x in km]
        return evaluate(make.layers(**layers), make.premises(xy, **columns), study or make.study())

    return run


def test_households_are_counted_within_each_distance(shares):
    found = shares([1, 1.9, 3, 7, 24, 29], households=[1, 2, 0, 4, 5, 6]).service_shares
    whole = found[found["zone_id"] == "study"]
    assert whole["within_km"].tolist() == [2.0, 5.0, 10.0, 15.0, 25.0]
    assert whole["within"].tolist() == [3, 3, 7, 7, 12]
    assert set(whole["households"]) == {18}
    assert set(whole["unreached"]) == {0}
    assert whole["share"].tolist() == [x / 18 for x in (3, 3, 7, 7, 12)]
    row = whole.iloc[0]
    assert row["median_km"] == pytest.approx(24, abs=1e-3)
    assert row["p90_km"] == pytest.approx(29, abs=1e-3)
    assert row["furthest_km"] == pytest.approx(29, abs=1e-3)
    assert row["median_min"] == pytest.approx(24 / 50 * 60, abs=1e-2)


def test_who_reaches_none_is_counted_and_further_away_than_all(shares):
    """The last house lies 5 km from the road."""
    found = shares([1, 2.5, 30], households=[1, 2, 3]).service_shares
    row = found[found["zone_id"] == "study"].iloc[1]
    assert (row["households"], row["within"], row["unreached"], row["share"]) == (6, 3, 3, 0.5)
    assert row["median_km"] == pytest.approx(2.5, abs=1e-3)
    assert np.isnan(row["p90_km"])
    assert row["furthest_km"] == pytest.approx(2.5, abs=1e-3)


def test_every_zone_has_its_figures_in_the_order_of_the_zones(make, shares):
    squares = [shapely.box(-100, -9_000, 10_000, 9_000), shapely.box(10_000, -9_000, 31_000, 9_000)]
    area = make.layer("municipalities", squares, ["2513", "2514"], code=["2513", "2514"], name=["A", "B"])
    found = shares([1, 3, 20], municipalities=area, municipality=["2513", "2513", "2514"]).service_shares
    ids = found["zone_id"].drop_duplicates().tolist()
    assert ids == ["study", "municipality:2513", "municipality:2514", "class:outside"]
    at_5 = found[found["within_km"] == 5.0].set_index("zone_id")
    assert at_5["within"].to_dict() == dict(zip(ids, [2, 2, 0, 2], strict=True))
    assert at_5["share"].tolist() == [2 / 3, 1.0, 0.0, 2 / 3]
    assert at_5["zone_name"]["municipality:2514"] == "B"


def test_a_zone_without_households_has_no_share(make, shares):
    found = shares([1], households=[0]).service_shares
    assert found["share"].isna().all()
    assert found["median_km"].isna().all()
    assert found["furthest_km"].isna().all()


def test_the_limit_itself_is_within(make, evaluate):
    layers = make.layers(
        roads=make.layer("roads", make.lines(*ROAD)), service_points=make.points(["grocery"], [(0, 0)])
    )
    found = evaluate(layers, make.premises([(1234, 0)]), make.study())
    exact = found.distances["nearest_m"].iloc[0] / 1000
    for limit, within in ((exact, 1), (exact - 1e-9, 0)):
        again = evaluate(layers, make.premises([(1234, 0)]), make.study(within_km=(limit,)))
        assert again.service_shares["within"].iloc[0] == within


def test_a_service_without_points_has_distances_that_say_so_and_no_shares(make, evaluate):
    layers = make.layers(
        roads=make.layer("roads", make.lines(*ROAD)), service_points=make.points(["fuel"], [(0, 0)])
    )
    found = evaluate(layers, make.premises([(0, 0)]), make.study(("grocery", "fuel")))
    assert found.distances["reason"].tolist() == ["no_service", ""]
    assert set(found.service_shares["service"]) == {"fuel"}


def test_services_are_in_the_studys_order(make, evaluate):
    layers = make.layers(
        roads=make.layer("roads", make.lines(*ROAD)),
        service_points=make.points(["fuel", "grocery"], [(0, 0), (100, 0)]),
    )
    found = evaluate(layers, make.premises([(0, 0)]), make.study(("grocery", "fuel"), within_km=(5.0,)))
    first = found.service_shares.groupby("zone_id", sort=False)["service"].agg(list)
    assert first["study"] == ["grocery", "fuel"]
    assert isinstance(found.distances["service"].dtype, pd.CategoricalDtype)
