import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from infraplan.errors import LayerError
from infraplan.layers.crs import Region, centres, find_region, guess, to_lonlat, usable
from infraplan.layers.read import Layers

LULEA = Region(21.0, 65.0, 23.5, 66.2)


def points(crs: str, *, swap: bool = False, count: int = 20) -> gpd.GeoSeries:
    """Return points in the municipalities of the fixture, as another system writes them, its CRS left out."""
    rng = np.random.default_rng(1)
    places = shapely.points(rng.uniform(820_000, 850_000, count), rng.uniform(7_280_000, 7_296_000, count))
    moved = gpd.GeoSeries(places, crs=3006).to_crs(crs)
    return gpd.GeoSeries(shapely.points(moved.y, moved.x) if swap else moved.to_numpy())


def write(folder: Path, shapes: gpd.GeoSeries, crs: str | None, name: str = "t.gpkg") -> Path:
    path = folder / name
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        gpd.GeoDataFrame({"a": range(len(shapes))}, geometry=shapes.to_numpy(), crs=crs).to_file(path)
    return path


SYSTEMS = [
    ("EPSG:4326", False),
    ("EPSG:4326", True),
    ("EPSG:3006", False),
    ("EPSG:3006", True),
    ("EPSG:3017", False),
    ("EPSG:3021", False),
    ("EPSG:3021", True),
    ("EPSG:3857", False),
    ("EPSG:3067", False),
]


@pytest.mark.parametrize(("crs", "swap"), SYSTEMS)
def test_a_file_without_crs_is_refused_and_the_likely_one_named(
    tmp_path: Path, read: Callable[..., Layers], area: Path, crs: str, swap: bool
) -> None:
    path = write(tmp_path, points(crs, swap=swap), None)
    with pytest.raises(LayerError) as caught:
        read(municipalities={"path": area}, masts={"path": path})
    line = f'under [layers.masts]: crs = "{crs}"' + (", swap = true (" if swap else " (")
    assert line in str(caught.value)
    stated = {"path": path, "crs": crs, "swap": swap}
    assert len(read(municipalities={"path": area}, masts=stated).tables["masts"]) == 20


@pytest.mark.parametrize(
    ("crs", "swap", "claimed"),
    [
        ("EPSG:4326", False, "EPSG:3006"),
        ("EPSG:3006", True, "EPSG:3006"),
        ("EPSG:3021", False, "EPSG:3006"),
        ("EPSG:3017", False, "EPSG:3006"),
        ("EPSG:3006", False, "EPSG:3017"),
        ("EPSG:3006", False, "EPSG:4326"),
        ("EPSG:4326", True, "EPSG:4326"),
        ("EPSG:3006", False, "EPSG:3857"),
    ],
)
def test_a_crs_that_cannot_be_right_is_refused_and_the_likely_one_named(
    tmp_path: Path, read: Callable[..., Layers], area: Path, crs: str, swap: bool, claimed: str
) -> None:
    path = write(tmp_path, points(crs, swap=swap), claimed)
    with pytest.raises(LayerError) as caught:
        read(municipalities={"path": area}, masts={"path": path})
    assert caught.value.key == "crs_impossible"
    assert f"with {claimed} next to no row" in str(caught.value)
    assert f'[layers.masts]: crs = "{crs}"' + (", swap = true (" if swap else " (") in str(caught.value)


def test_without_municipalities_the_area_of_the_studys_crs_decides(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    with pytest.raises(LayerError, match=r'\[layers.masts\]: crs = "EPSG:3021" \('):
        read(masts={"path": write(tmp_path, points("EPSG:3021"), "EPSG:3006")})


@pytest.mark.parametrize("zone", range(3007, 3019))
def test_without_municipalities_every_local_zone_that_would_do_is_named(
    tmp_path: Path, read: Callable[..., Layers], zone: int
) -> None:
    middle = gpd.GeoSeries([shapely.Point(150_000, 6_700_000)], crs=zone).to_crs(4326)[0]
    assert 11 < middle.x < 25
    box = CRS(zone).area_of_use
    assert box is not None
    north = gpd.GeoSeries([shapely.Point(middle.x, (box.south + box.north) / 2)], crs=4326).to_crs(zone)
    with pytest.raises(LayerError, match=rf'crs = "EPSG:{zone}"'):
        read(masts={"path": write(tmp_path, gpd.GeoSeries(north.to_numpy()), "EPSG:3006")})


@pytest.mark.parametrize("zone", [3023, 3024])
def test_the_other_zones_of_rt_90_are_named_where_the_study_is_known(
    tmp_path: Path, read: Callable[..., Layers], area: Path, zone: int
) -> None:
    path = write(tmp_path, points(f"EPSG:{zone}"), "EPSG:3006")
    with pytest.raises(LayerError, match=rf'\[layers.masts\]: crs = "EPSG:{zone}" \('):
        read(municipalities={"path": area}, masts={"path": path})


def test_check_lists_what_run_stops_at(tmp_path: Path, read: Callable[..., Layers], area: Path) -> None:
    layers = read(
        strict=False,
        municipalities={"path": area},
        masts={"path": write(tmp_path, points("EPSG:3021"), None)},
        roads={"path": tmp_path / "nowhere.gpkg"},
        fibre_nodes={"path": write(tmp_path, points("EPSG:3006"), "EPSG:3006", "f.gpkg")},
    )
    rows = layers.faults[["rule", "severity", "layer", "feature_id"]].to_numpy().tolist()
    assert sorted(rows) == [["missing_file", "error", "roads", ""], ["no_crs_likely", "error", "masts", ""]]
    assert set(layers.tables) == {"municipalities", "fibre_nodes"}


def test_geojson_in_metres_is_not_taken_for_degrees(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = tmp_path / "t.geojson"
    feature = '{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[828000,7288000]}}'
    path.write_text('{"type":"FeatureCollection","features":[' + feature + "]}")
    with pytest.raises(LayerError, match=r'\[layers.masts\]: crs = "EPSG:3006" \('):
        read(masts={"path": path})
    layers = read(masts={"path": path, "crs": "EPSG:3006"})
    assert layers.faults.empty
    assert layers.tables["masts"].geometry.iloc[0].x == 828_000


def test_coordinates_in_a_table_need_a_stated_crs(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("X,Y\n7288000,828000\n7288001,828001\n")
    with pytest.raises(LayerError, match=r'\[layers.masts\]: crs = "EPSG:3006", swap = true \('):
        read(masts={"path": path})
    assert read(masts={"path": path, "crs": "EPSG:3006", "swap": True}).get("masts") is not None
    stated = {"path": path, "crs": "EPSG:3006", "columns": {"x": "Y", "y": "X"}}
    assert read(masts=stated).tables["masts"].geometry.iloc[0].x == 828_000


def test_single_strays_are_set_aside_with_the_likely_slip(
    tmp_path: Path, read: Callable[..., Layers], area: Path
) -> None:
    path = tmp_path / "t.csv"
    rows = ["828000,7288000", "7288000,828000", "22.1,65.6", "65.6,22.1", "0,0", "400000,6500000"]
    path.write_text("x,y\n" + "\n".join(rows))
    layers = read(municipalities={"path": area}, premises={"path": path, "crs": "EPSG:3006"})
    faults = layers.faults.set_index("feature_id")
    assert faults["rule"].to_dict() == {
        "premises-2": "other_crs",
        "premises-3": "other_crs",
        "premises-4": "other_crs",
        "premises-5": "zero_coordinates",
        "premises-6": "out_of_area",
    }
    likely = {key: value["likely"] for key, value in faults["values"].items() if "likely" in value}
    assert likely == {
        "premises-2": 'crs = "EPSG:3006", swap = true',
        "premises-3": 'crs = "EPSG:4326"',
        "premises-4": 'crs = "EPSG:4326", swap = true',
    }
    assert list(layers.tables["premises"].index) == ["premises-1"]


def test_one_row_in_place_by_chance_does_not_hide_a_wrong_crs(
    tmp_path: Path, read: Callable[..., Layers], area: Path
) -> None:
    wrong = [*points("EPSG:3021", count=60), shapely.Point(828_000, 7_288_000)]
    with pytest.raises(LayerError, match=r'\[layers.masts\]: crs = "EPSG:3021" \('):
        read(
            municipalities={"path": area}, masts={"path": write(tmp_path, gpd.GeoSeries(wrong), "EPSG:3006")}
        )


def test_a_national_file_is_no_wrong_crs(tmp_path: Path, read: Callable[..., Layers], area: Path) -> None:
    rng = np.random.default_rng(2)
    south = shapely.points(rng.uniform(300_000, 700_000, 300), rng.uniform(6_200_000, 7_000_000, 300))
    shapes = gpd.GeoSeries([*south, shapely.Point(828_000, 7_288_000)])
    layers = read(municipalities={"path": area}, masts={"path": write(tmp_path, shapes, "EPSG:3006")})
    assert layers.counts.loc["masts"].tolist() == [301, 0, 0, 300, 1]


def test_a_layer_somewhere_else_says_where(tmp_path: Path, read: Callable[..., Layers], area: Path) -> None:
    path = write(tmp_path, gpd.GeoSeries([shapely.Point(-71.06, 42.36)]), "EPSG:4326")
    with pytest.raises(LayerError, match=r"longitude -71.06, latitude 42.36"):
        read(municipalities={"path": area}, masts={"path": path})


def test_the_study_is_believed_against_the_file_and_says_so(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    path = write(tmp_path, points("EPSG:3021"), "EPSG:3006")
    layers = read(masts={"path": path, "crs": "EPSG:3021"})
    assert layers.faults["rule"].tolist() == ["crs_contradicted"]
    assert layers.counts.loc["masts", "used"] == 20


def test_an_esri_projection_file_is_recognised(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, points("EPSG:3021"), "EPSG:3021", "t.shp")
    assert "AUTHORITY" not in path.with_suffix(".prj").read_text()
    layers = read(masts={"path": path})
    assert layers.sources.loc["masts", "crs"] == "EPSG:3021"
    truth = gpd.GeoSeries(points("EPSG:3006").to_numpy(), crs=3006)
    assert layers.tables["masts"].geometry.reset_index(drop=True).distance(truth).max() < 0.01
    path.with_suffix(".prj").unlink()
    with pytest.raises(LayerError, match="EPSG:3021"):
        read(masts={"path": path})


def test_a_crs_that_says_nothing_is_none() -> None:
    undefined = 'LOCAL_CS["Undefined Cartesian SRS",UNIT["Meter",1]]'
    assert usable(CRS.from_wkt(undefined)) is None
    assert usable(None) is None
    assert usable(CRS.from_epsg(5845)) == CRS.from_epsg(5845)


def test_a_national_shape_that_overlaps_the_study_is_in_place(
    tmp_path: Path, read: Callable[..., Layers], area: Path
) -> None:
    sweden = gpd.GeoSeries([shapely.box(300_000, 6_100_000, 900_000, 7_600_000)])
    gpd.GeoDataFrame({"operator": ["A"]}, geometry=sweden.to_numpy(), crs=3006).to_file(tmp_path / "t.gpkg")
    layers = read(municipalities={"path": area}, mobile_coverage={"path": tmp_path / "t.gpkg"})
    assert layers.counts.loc["mobile_coverage", "used"] == 1


ZONES = st.sampled_from(["EPSG:3006", "EPSG:4326", "EPSG:3021", "EPSG:3857", "EPSG:3017"])


@settings(max_examples=25, deadline=None)
@given(
    ZONES,
    st.booleans(),
    st.lists(st.tuples(st.floats(21.2, 22.4), st.floats(65.1, 66.1)), min_size=1, max_size=9),
)
def test_whatever_system_points_are_written_in_is_among_the_guesses(
    crs: str, swap: bool, lonlat: list[tuple[float, float]]
) -> None:
    written = gpd.GeoSeries(shapely.points(lonlat), crs=4326).to_crs(crs)
    xy = np.column_stack([written.y, written.x] if swap else [written.x, written.y])
    found = guess(xy, LULEA, study_crs="EPSG:3006")
    assert (crs, swap) in [(entry.crs, entry.swap) for entry in found]


def test_regions() -> None:
    sweden = find_region("EPSG:3006", None)
    assert sweden is not None
    assert sweden.holds(np.array([[18.0, 59.3], [24.0, 65.8], [2.0, 48.0], [np.nan, 60.0]])).tolist() == [
        True,
        True,
        False,
        False,
    ]
    near = find_region("EPSG:3006", shapely.box(820_000, 7_280_000, 830_000, 7_290_000))
    assert near is not None
    assert near.east - near.west < 2
    assert find_region("+proj=utm +zone=33 +ellps=GRS80 +units=m", None) is None


def test_centres_of_nothing_are_unknown() -> None:
    shapes = np.array(
        [shapely.Point(), None, shapely.box(0, 0, 2, 4), shapely.Point(1e200, -1e200)], dtype=object
    )
    found = centres(shapes)
    assert np.isnan(found[:2]).all()
    assert found[2].tolist() == [1, 2]
    assert np.isinf(to_lonlat(found[3:], "EPSG:3006")).all()
