import pytest
import shapely

from infraplan import tables
from infraplan.services import gather_places, gather_points

VILLAGE = [(0, 0), (5, 0), (500, 0), (5, 5)]


@pytest.fixture
def gather(make):
    def run(study=None, municipalities=None, **layers):
        study = study or make.study()
        if municipalities is not None:
            layers["municipalities"] = municipalities
        found = make.layers(**layers)
        zones, _ = make.zones(found, study, make.premises([(0, 0), (100, 100)]))
        points, faults = gather_points(found, zones, study)
        tables.check(points, tables.SERVICE_POINTS, crs=make.crs)
        tables.check(faults, tables.FAULTS, crs=make.crs)
        told = {(row.rule, row.layer): row.values for row in faults.drop(columns="geometry").itertuples()}
        return points, {key: faults.loc[faults["rule"] == key[0], "values"].tolist() for key in told}

    return run


def test_points_are_those_of_the_kinds_asked_for_by_service_and_id(make, gather):
    points, _ = gather(
        make.study(("pharmacy", "grocery")),
        service_points=make.points(["grocery", "pharmacy", "grocery"], [(0, 0), (90, 0), (50, 0)], "cab"),
    )
    assert points.index.tolist() == ["a", "b", "c"]
    assert points["service"].tolist() == ["pharmacy", "grocery", "grocery"]
    assert set(points["source"]) == {"service_points"}


def test_public_buildings_are_service_points_where_their_kind_is_asked_for(make, gather):
    square = shapely.box(0, 0, 10, 10)
    buildings = make.layer("public_buildings", [square, square], ["x", "y"], kind=["library", "town_hall"])
    points, told = gather(make.study(("library",)), public_buildings=buildings)
    assert points.index.tolist() == ["x"]
    assert points.geometry.iloc[0].equals(make.move(shapely.Point(5, 5)))
    assert told["service_kinds_unasked", "public_buildings"] == [{"count": 1, "kinds": "town_hall (1)"}]


def test_protected_buildings_never_are_service_points_and_only_their_number_is_told(make, gather):
    shapes = [shapely.Point(0, 0)] * 4
    buildings = make.layer(
        "public_buildings",
        shapes,
        ["secret", "hidden", "open", "refuge"],
        kind=["school", "protected_housing", "school", "Kvinnojour"],
        protected=[True, False, False, False],
    )
    asked = ("school", "protected_housing", "Kvinnojour")
    points, told = gather(make.study(asked), public_buildings=buildings)
    assert points.index.tolist() == ["open"]
    assert told["service_protected", "public_buildings"] == [{"count": 3}]
    assert "secret" not in str(told)
    assert "hidden" not in str(told)
    assert "refuge" not in str(told)


def test_points_of_a_service_within_a_few_metres_are_one_place(make, gather):
    points, told = gather(
        service_points=make.points(["grocery"] * 4, VILLAGE, "dcba", name=["Nära", "Ica", "Coop", "Nära"])
    )
    assert points["place_id"].to_dict() == {"a": "a", "b": "b", "c": "a", "d": "a"}
    assert told["service_points_share", "service_points"] == [{"count": 2, "place_m": 10}]
    places = gather_places(points)
    assert places["name"].to_dict() == {"a": "Nära, Ica", "b": "Coop"}


def test_two_services_at_one_place_are_two_places(make, gather):
    points, told = gather(
        make.study(("grocery", "parcel")),
        service_points=make.points(["grocery", "parcel"], [(0, 0), (0, 0)]),
    )
    assert (points["place_id"] == points.index).all()
    assert not told


def test_a_chain_of_points_is_one_place_and_the_limit_itself_is_near(make, gather):
    row = [(10 * i, 0) for i in range(4)]
    points, _ = gather(service_points=make.points(["grocery"] * 4, row))
    assert set(points["place_id"]) == {"0"}
    points, _ = gather(make.study(place_m=9.99), service_points=make.points(["grocery"] * 4, row))
    assert points["place_id"].nunique() == 4


def test_an_id_that_both_layers_have_is_told_apart(make, gather):
    shapes = [shapely.Point(300, 0)]
    points, _ = gather(
        make.study(("grocery", "library")),
        service_points=make.points(["grocery"], [(0, 0)], ["way/1"]),
        public_buildings=make.layer("public_buildings", shapes, ["way/1"], kind=["library"]),
    )
    assert points.index.tolist() == ["way/1", "way/1:library"]


@pytest.mark.parametrize(
    ("kind", "rule", "near"),
    [
        ("grosery", "service_kind_near", "grocery"),
        ("Grocery", "service_kind_near", "grocery"),
        ("Dagligvaror", "service_kind_near", "grocery"),
        ("servicepunkt", "service_kind_ambiguous", None),
        ("Servicepunkt", "service_kind_ambiguous", None),
        ("bank", "service_kinds_unasked", None),
        ("library", "service_kinds_unasked", None),
    ],
)
def test_kinds_that_are_not_asked_for_are_counted_and_misspelt_ones_named(make, gather, kind, rule, near):
    points, told = gather(service_points=make.points(["grocery", kind, kind], [(0, 0), (90, 0), (300, 0)]))
    assert points.index.tolist() == ["0"]
    assert set(told) == {(rule, "service_points")}
    (values,) = told[rule, "service_points"]
    assert values["count"] == 2
    assert values.get("near") == near


def test_services_without_points_and_misspelt_ones_are_told(make, gather):
    points, told = gather(
        make.study(("grocery", "pharmasy", "fuel", "ski_lift")),
        service_points=make.points(["grocery"], [(0, 0)]),
    )
    assert len(points) == 1
    assert told["service_misspelt", "service_points"] == [{"service": "pharmasy", "near": "pharmacy"}]
    assert told["service_without_points", "service_points"] == [{"service": "fuel"}, {"service": "ski_lift"}]


def test_points_know_their_municipality_and_none_outside(make, gather):
    area = make.layer("municipalities", [shapely.box(-50, -50, 200, 200)], ["2513"], code=["2513"])
    points, _ = gather(service_points=make.points(["grocery"] * 2, [(0, 0), (9000, 0)]), municipalities=area)
    assert points["municipality"].tolist() == ["2513", ""]


def test_nothing_is_an_empty_table(gather):
    points, told = gather()
    assert not len(points)
    assert set(told) == {("service_without_points", "service_points")}
