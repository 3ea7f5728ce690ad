"""Areas hold their own white premises, and nobody else's."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import Point, box

from infraplan import tables
from infraplan.config import Gaps
from infraplan.coverage import build_areas, find_white_spots

CRS = "EPSG:3006"


def make_zones(rows):
    frame = pd.DataFrame(
        {"name": [r[1] for r in rows], "kind": [r[2] for r in rows], "population": np.nan},
        index=pd.Index([r[0] for r in rows], dtype="str", name="zone_id"),
    ).astype({"name": "str", "kind": "str"})
    return gpd.GeoDataFrame(frame, geometry=[r[3] for r in rows], crs=CRS)


STUDY_ONLY = make_zones([("study", "Test", "study", box(-1e6, -1e6, 1e6, 1e6))])


def build(rows, have, study, zones=STUDY_ONLY):
    white = find_white_spots(rows, have, study)
    areas = build_areas(white, rows, zones, study)
    tables.check(areas, tables.WHITE_SPOT_AREAS, crs=CRS)
    return white, areas


def test_no_white_spots_no_areas(premises, service, study):
    _, areas = build(premises([Point(0, 0)]), service([("0", 1000.0, "connected")]), study())
    assert not len(areas)


@pytest.mark.parametrize("places", [[(0, 0)], [(0, 0)] * 3, [(0, 0), (500, 0), (1000, 0)], [(0, 0), (1, 1)]])
def test_few_coincident_and_collinear_points(premises, service, study, places):
    _, areas = build(premises([Point(p) for p in places], households=2, workplaces=1), service([]), study())
    assert areas[["premises", "households", "workplaces"]].to_numpy().tolist() == [
        [len(places), 2 * len(places), len(places)]
    ]
    assert areas.geometry.iloc[0].covers(shapely.multipoints(places))


@pytest.mark.parametrize(("seed", "chain_m"), [(s, c) for s in range(6) for c in (1.0, 120.0, 500.0)])
def test_every_white_premises_inside_and_no_other(premises, service, study, seed, chain_m):
    random = np.random.default_rng(seed)
    n = 400
    centres = random.uniform([700_000, 7_300_000], [706_000, 7_306_000], (25, 2))
    xy = np.unique(np.round(centres[random.integers(0, 25, n)] + random.normal(0, 150, (n, 2)), 1), axis=0)
    rows = premises(shapely.points(xy), households=random.integers(0, 2, len(xy)))
    have = service([(str(i), 1000.0, "connected") for i in np.flatnonzero(random.random(len(xy)) < 0.5)])
    white, areas = build(rows, have, study(gaps=Gaps(chain_m=chain_m)))
    assert areas.geometry.is_valid.all()
    assert set(areas.index) == set(white["white_spot_id"])
    for name, area in areas.geometry.items():
        inside = set(rows.index[shapely.covers(area, rows.geometry.to_numpy())])
        assert inside == set(white.index[white["white_spot_id"] == name])
    assert areas["premises"].sum() == len(white)
    assert areas["households"].sum() == white["households"].sum()
    assert sum(areas.area) == pytest.approx(areas.union_all().area)


def test_a_served_flat_in_the_very_same_place_cannot_be_kept_out(premises, service, study):
    rows = premises([Point(0, 0), Point(0, 0), Point(0.5, 0)], ids=list("abc"))
    _, areas = build(rows, service([("a", 1000.0, "connected"), ("c", 1000.0, "connected")]), study())
    assert areas.geometry.iloc[0].covers(Point(0, 0))
    assert not areas.geometry.iloc[0].covers(Point(0.5, 0))


def test_areas_are_named_after_the_nearest_place(premises, service, study):
    rows = premises([Point(0, 0), Point(9000, 0)], municipality=["01", "01"], households=[2, 1])
    zones = make_zones(
        [
            ("study", "Test", "study", box(0, 0, 1, 1)),
            ("municipality:01", "Staden", "municipality", box(0, 0, 1, 1)),
            ("locality:A", "Ytan", "locality", box(2000, 0, 3000, 10)),
            ("place:B", "Byn", "place", Point(9500, 0)),
            ("place:C", "", "place", Point(0, 0)),
        ]
    )
    _, areas = build(rows, service([]), study(), zones)
    assert areas["name"].to_dict() == {"W0001": "Ytan", "W0002": "Byn"}
    _, areas = build(rows, service([]), study(), zones.iloc[:2])
    assert areas["name"].tolist() == ["Staden", "Staden"]
    _, areas = build(rows, service([]), study())
    assert areas["name"].tolist() == ["W0001", "W0002"]


def test_the_municipality_with_most_premises_names_the_area(premises, service, study):
    rows = premises(
        [Point(0, 0), Point(1, 0), Point(2, 0), Point(3, 0)], municipality=["02", "02", "01", "01"]
    )
    _, areas = build(rows, service([]), study())
    assert areas["municipality"].tolist() == ["01"]
