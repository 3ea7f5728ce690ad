"""Which zone premises lie in, and sums by zone, held against plain loops."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from infraplan.demand import assign_zones, name_zones, sum_by_zone

CRS = "EPSG:3006"
KIND = {"class": "settlement_class"}


def make_zones(**shapes):
    """Return zones from id (with ``_`` for the colon) = shape."""
    ids = [name.replace("_", ":", 1) for name in shapes]
    kinds = [KIND.get(i.partition(":")[0], i.partition(":")[0]) for i in ids]
    frame = pd.DataFrame(
        {"name": [i.upper() for i in ids], "kind": kinds}, index=pd.Index(ids, dtype="str", name="zone_id")
    )
    return gpd.GeoDataFrame(frame, geometry=list(shapes.values()), crs=CRS)


def make_premises(xy, ids=None, **columns):
    count = len(xy)
    index = pd.Index([f"p{i}" for i in range(count)] if ids is None else ids, dtype="str", name="premises_id")
    text = {
        name: pd.Series(columns.get(name, [""] * count), index=index, dtype="str")
        for name in ("municipality", "locality", "settlement_class")
    }
    return gpd.GeoDataFrame(text, geometry=shapely.points(np.reshape(xy, (-1, 2))), index=index, crs=CRS)


ZONES = make_zones(
    study=box(0, 0, 4, 4),
    municipality_02=box(0, 0, 2, 4),
    municipality_01=box(2, 0, 4, 4),
    locality_T1=box(0, 0, 1, 1),
    place_P=box(3, 3, 4, 4),
    class_locality=box(0, 0, 1, 1),
    class_outside=box(0, 0, 4, 4),
    deso_b=box(0, 0, 2, 4),
    deso_a=box(2, 0, 4, 4),
)


def test_columns_are_the_kinds_that_there_are_and_categories_their_zones_in_order():
    premises = make_premises(
        [(1, 1), (3, 3), (9, 9)],
        municipality=["01", "02", ""],
        locality=["T1", "P", "?"],
        settlement_class=["locality", "small_locality", "outside"],
    )
    found = assign_zones(premises, ZONES)
    assert found.index.equals(premises.index)
    assert found.columns.tolist() == ["study", "municipality", "locality", "settlement_class", "deso"]
    assert found["municipality"].cat.categories.tolist() == ["municipality:02", "municipality:01"]
    assert found["deso"].cat.categories.tolist() == ["deso:b", "deso:a"]
    assert found.astype("object").where(found.notna(), None).to_numpy().tolist() == [
        ["study", "municipality:01", "locality:T1", "class:locality", "deso:b"],
        ["study", "municipality:02", None, None, "deso:a"],
        ["study", None, None, "class:outside", None],
    ]


def test_codes_may_be_categories_and_hold_colons():
    zones = make_zones(study=box(0, 0, 1, 1), municipality_x=box(0, 0, 1, 1))
    zones.index = pd.Index(["study", "municipality:x:y"], dtype="str", name="zone_id")
    premises = make_premises([(0, 0), (0, 0)], municipality=["x:y", "x"])
    premises["municipality"] = premises["municipality"].astype("category")
    found = assign_zones(premises, zones)["municipality"]
    assert found.cat.codes.tolist() == [0, -1]


def test_a_border_and_an_overlap_belong_to_the_first_id_whatever_the_order_of_zones():
    shapes = {"deso_b": box(0, 0, 2, 2), "deso_c": box(1, 0, 3, 2), "deso_a": box(2, 0, 4, 2)}
    points = [(0, 0), (1, 1), (1.5, 1), (2, 1), (2.5, 1), (3, 1), (4, 2), (4.01, 2)]
    expected = ["b", "b", "b", "a", "a", "a", "a", None]
    for order in (["deso_b", "deso_c", "deso_a"], ["deso_a", "deso_b", "deso_c"]):
        zone = assign_zones(make_premises(points), make_zones(**{i: shapes[i] for i in order}))["deso"]
        assert [None if pd.isna(z) else z[-1] for z in zone] == expected


def test_without_premises_there_are_zones_and_no_members():
    found = assign_zones(make_premises([]), ZONES)
    sums = sum_by_zone(found, pd.DataFrame({"n": pd.Series([], dtype="int64")}, index=found.index))
    assert len(found) == 0
    assert sums["n"].tolist() == [0] * 8
    assert sums["n"].dtype == "int64"


def test_sums_keep_their_types_and_the_order_of_zones():
    premises = make_premises([(1, 1), (3, 3), (9, 9)], municipality=["01", "02", "01"])
    amounts = pd.DataFrame(
        {"whole": [2**52, 1, 1], "yes": [True, True, False], "part": [0.5, np.nan, 1.0]}, index=premises.index
    )
    sums = sum_by_zone(assign_zones(premises, ZONES), amounts)
    assert sums.dtypes.astype(str).to_dict() == {"whole": "int64", "yes": "int64", "part": "float64"}
    assert sums.index.tolist() == [i for i in ZONES.index if not i.startswith("place")]
    assert sums.index.name == "zone_id"
    assert sums.loc["municipality:01"].tolist() == [2**52 + 1, 1, 1.5]
    assert sums.loc["study", "whole"] == 2**52 + 2
    assert np.isnan(sums.loc["municipality:02", "part"])
    assert sums.loc["locality:T1"].tolist() == [0, 0, 0.0]


def test_zones_are_named_in_the_order_asked_for():
    named = name_zones(pd.Index(["deso:a", "study", "deso:a"]), ZONES)
    assert named.to_numpy().tolist() == [
        ["deso:a", "DESO:A", "deso"], ["study", "STUDY", "study"], ["deso:a", "DESO:A", "deso"],
    ]  # fmt: skip
    assert named.columns.tolist() == ["zone_id", "zone_name", "zone_kind"]
    with pytest.raises(KeyError):
        name_zones(pd.Index(["deso:z"]), ZONES)


squares = st.lists(st.tuples(*[st.integers(0, 5)] * 2, *[st.integers(1, 3)] * 2), min_size=1, max_size=6)
whole_points = st.lists(st.tuples(st.integers(0, 16), st.integers(0, 16)), max_size=12)


@given(squares, whole_points, st.randoms(use_true_random=False))
def test_sums_by_place_are_those_of_a_loop(corners, halves, random):
    shapes = {f"area_{i}": box(x, y, x + w, y + h) for i, (x, y, w, h) in enumerate(corners)}
    items = list(shapes.items())
    random.shuffle(items)
    zones = make_zones(**dict(items))
    # Half steps: inside, on edges, on corners and outside.
    points = [(x / 2, y / 2) for x, y in halves]
    premises = make_premises(points)
    amounts = pd.DataFrame({"n": range(1, len(points) + 1)}, index=premises.index, dtype="int64")
    expected = dict.fromkeys(zones.index, 0)
    for number, (x, y) in enumerate(points, start=1):
        for i, (left, low, w, h) in enumerate(corners):
            if left <= x <= left + w and low <= y <= low + h:
                expected[f"area:{i}"] += number
                break
    assert sum_by_zone(assign_zones(premises, zones), amounts)["n"].to_dict() == expected
