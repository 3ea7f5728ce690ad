from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from infraplan.config import Study, StudyInfo
from infraplan.coverage.fixed import evaluate_fixed
from infraplan.demand.grids import assign_cells
from infraplan.errors import LayerError
from infraplan.layers.read import Layers
from infraplan.layers.squares import look_like_squares, squares
from infraplan.layers.technology_rules import read_technology_rules


def bounds(ids, **options):
    return [None if shape is None else shape.bounds for shape in squares(pd.Series(ids), **options)]


def test_thirteen_digits_are_easting_and_northing_of_the_lower_left_corner():
    assert bounds(["3520006860250"]) == [(352000, 6860250, 352250, 6860500)]


def test_the_inspire_form_spells_out_its_size():
    assert bounds(["SE_CRS3006RES1000mN6133000E394000"]) == [(394000, 6133000, 395000, 6134000)]
    assert bounds(["SE_CRS3006RES250mN6133000E394000"]) == [(394000, 6133000, 394250, 6133250)]


@pytest.mark.parametrize(
    "ids", [[3520006860250], [3520006860250.0, None], ["3520006860250.0"], [" 3520006860250 "]]
)
def test_ids_come_as_numbers_and_text(ids):
    assert bounds(ids)[0] == (352000, 6860250, 352250, 6860500)
    assert bounds(ids)[1:] == [None] * (len(ids) - 1)


def test_one_id_off_the_kilometre_makes_all_250_m():
    ids = ["3520006860000"] * 20 + ["3520006860750"]
    assert {shape.area for shape in squares(pd.Series(ids))} == {250.0**2}


def test_many_ids_on_the_kilometre_are_1_km():
    ids = [f"{352000 + 1000 * i}6860000" for i in range(8)]
    assert {shape.area for shape in squares(pd.Series(ids))} == {1000.0**2}


def test_few_ids_on_the_kilometre_need_their_size():
    with pytest.raises(LayerError, match="square_m"):
        squares(pd.Series(["3520006860000"]))
    assert bounds(["3520006860000"], sizes=pd.Series(["1000"])) == [(352000, 6860000, 353000, 6861000)]
    assert bounds(["3520006860000"], sizes=pd.Series([250])) == [(352000, 6860000, 352250, 6860250)]


def test_what_is_no_square_of_sweden_has_none():
    ids = ["", "abc", "123", None, "1000006860250", "3520009860250", "3520006860250"]
    assert [shape is None for shape in squares(pd.Series(ids))] == [True] * 6 + [False]


def test_squares_of_the_older_grid_are_refused_with_the_reason():
    with pytest.raises(LayerError, match=r"16530007412000 has 14 digits.*RT 90"):
        squares(pd.Series(["16530007412000"]))


def test_no_ids_are_no_squares():
    assert len(squares(pd.Series([], dtype="str"))) == 0


@given(east=st.integers(727, 3999), north=st.integers(24_361, 30_757), size=st.sampled_from([250, 1000]))
def test_the_corner_and_size_come_back(east, north, size):
    corner = (east * 250, north * 250)
    (shape,) = squares(pd.Series([f"{corner[0]}{corner[1]}"]), sizes=pd.Series([size]))
    assert shape.bounds == (*corner, corner[0] + size, corner[1] + size)


@given(st.lists(st.text(max_size=20).filter(lambda text: not text.strip().isdecimal())))
def test_any_text_is_taken(texts):
    assert squares(pd.Series(texts, dtype="str")).isna().all()


def test_the_squares_of_dalarna_hold_their_own_centres(shared_data):
    table = pd.read_csv(shared_data / "dalarna" / "population_1km_2025.csv")
    shapes = squares(table["rutid"])
    assert len(shapes) == 4004
    assert shapes.crs.to_epsg() == 3006
    assert (shapes.centroid.x - table["e"]).abs().max() < 1
    assert (shapes.centroid.y - table["n"]).abs().max() < 1


# Squares of Europe


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("1kmN2599E4695", (4_695_000, 2_599_000, 4_696_000, 2_600_000)),
        ("1kmE4695N2599", (4_695_000, 2_599_000, 4_696_000, 2_600_000)),
        ("100mN48573E46012", (4_601_200, 4_857_300, 4_601_300, 4_857_400)),
        ("10kmN485E460", (4_600_000, 4_850_000, 4_610_000, 4_860_000)),
        ("CRS3035RES1000mN2599000E4695000", (4_695_000, 2_599_000, 4_696_000, 2_600_000)),
        ("SE_CRS3035RES100mN4857300E4601200", (4_601_200, 4_857_300, 4_601_300, 4_857_400)),
    ],
)
def test_squares_of_europe_are_those_of_their_grid(name, box):
    shapes = squares(pd.Series([name]))
    assert shapes.crs.to_epsg() == 3035
    assert shapes.iloc[0].bounds == box


@pytest.mark.parametrize(
    "name",
    [
        "1kmN0099E4695",
        "1kmN2599E9999",
        "CRS3035RES1000mN2599500E4695000",
        "CRS3035RES000mN2599000E4695000",
        "0kmN2599E4695",
        "1kmN2599",
        "1miN2599E4695",
        "1kmN2599E4695x",
        "CRS4326RES1000mN2599000E4695000",
        "1kmN٢٥٩٩E4695",
    ],
)
def test_what_is_no_square_of_europe_has_none(name):
    assert squares(pd.Series([name, "1kmN2599E4695"])).isna().tolist() == [True, False]


def test_a_corner_off_the_grid_is_no_square():
    ids = ["SE_CRS3006RES1000mN6133500E394000", "SE_CRS3006RES250mN6133500E394000"]
    assert squares(pd.Series(ids)).isna().tolist() == [True, False]


def test_two_grids_in_one_column_are_refused():
    with pytest.raises(LayerError, match=r"two grids: 3520006860250 and 1kmN4857E4601"):
        squares(pd.Series(["x", "3520006860250", "1kmN4857E4601"]))
    with pytest.raises(LayerError, match="RT 90"):
        squares(pd.Series(["1kmN4857E4601", "16530007412000"]))


def test_sizes_of_one_grid_may_differ():
    shapes = squares(pd.Series(["1kmN4857E4601", "100mN48573E46012"]))
    assert shapes.area.tolist() == [1e6, 1e4]


@pytest.mark.parametrize("grid", ["laea_1km", "laea_100m", "sweref_250m"])
@settings(max_examples=5)
@given(places=st.lists(st.tuples(st.floats(11.5, 20), st.floats(55.5, 69)), min_size=1))
def test_the_square_of_a_point_holds_it(grid, places):
    """Ids that our own grids write, an independent way to them, come back as the square around the point."""
    points = gpd.GeoSeries(shapely.points(places), crs=4326)
    names = assign_cells(points, grid)
    shapes = squares(names, sizes=pd.Series(250, index=names.index) if grid == "sweref_250m" else None)
    assert shapes.buffer(0.01).contains(points.to_crs(shapes.crs)).all()


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["1kmN4857E4601"], True),
        (["", None, "3520006860250"], True),
        (["16530007412000"], True),
        ([3520006860250.0], True),
        (["A1", "A2"], False),
        ([], False),
    ],
)
def test_ids_are_known_by_their_looks(cells, told):
    assert look_like_squares(pd.Series(cells)) is told


# Coverage that comes in squares


def write(folder: Path, text: str) -> Path:
    path = folder / "cover.csv"
    path.write_text(text, "utf-8")
    return path


def test_a_table_of_250_m_squares_is_a_footprint(tmp_path: Path, read: Callable[..., Layers]) -> None:
    rows = "8280007288000;1000\n8282507288000;100\n8290007289250;30\n12;5\n"
    path = write(tmp_path, "Ruta;Mbit\n" + rows)
    layers = read(
        footprints={"path": path, "columns": {"down_mbps": "Mbit"}, "values": {"operator": {"*": "A"}}}
    )
    table = layers.tables["footprints"]
    assert table.bounds.to_numpy().tolist() == [
        [828_000, 7_288_000, 828_250, 7_288_250],
        [828_250, 7_288_000, 828_500, 7_288_250],
        [829_000, 7_289_250, 829_250, 7_289_500],
    ]
    assert table["down_mbps"].tolist() == [1000, 100, 30]
    [fault] = layers.faults.to_dict("records")
    assert (fault["rule"], fault["values"]["value"]) == ("no_such_square", "12")


def test_premises_are_served_by_the_square_that_they_lie_in(
    tmp_path: Path, read: Callable[..., Layers]
) -> None:
    """From the table to who can order what: oracle is arithmetic on the corners."""
    random = np.random.default_rng(5)
    corners = random.choice(40 * 40, 300, replace=False)
    east, north = 828_000 + 250 * (corners % 40), 7_288_000 + 250 * (corners // 40)
    speeds = random.choice([30, 100, 1000], 300)
    lines = [f"{e}{n};{speed}" for e, n, speed in zip(east, north, speeds, strict=True)]
    path = write(tmp_path, "ruta;down_mbps\n" + "\n".join(lines))
    layers = read(footprints={"path": path, "values": {"technology": {"*": "fibre"}}})
    x, y = random.uniform(828_000, 838_000, 500), random.uniform(7_288_000, 7_298_000, 500)
    ids = pd.Index([f"p{number}" for number in range(500)], name="premises_id", dtype="str")
    premises = gpd.GeoDataFrame(
        {"kind": "single", "households": 1, "workplaces": 0},
        geometry=shapely.points(x, y),
        index=ids,
        crs=3006,
    )
    study = Study(study=StudyInfo(name="t", year=2026))
    service, _ = evaluate_fixed(premises, layers, read_technology_rules("2026"), study)
    mine = dict(zip(zip(east, north, strict=True), speeds, strict=True))
    expected = {
        name: mine[corner]
        for name, corner in zip(ids, zip(x // 250 * 250, y // 250 * 250, strict=True), strict=True)
        if corner in mine
    }
    found = service.set_index(service["premises_id"].astype(str))["down_mbps"]
    assert found.to_dict() == expected


@pytest.mark.parametrize("layer", ["footprints", "mobile_coverage", "population"])
def test_squares_of_100_m_and_1_km_lie_where_europe_says(
    tmp_path: Path, read: Callable[..., Layers], layer: str
) -> None:
    """Random points of the study lie in the squares that name them, in the study's own CRS."""
    random = np.random.default_rng(3)
    points = gpd.GeoSeries(
        shapely.points(random.uniform(820_000, 830_000, 40), random.uniform(7_280_000, 7_290_000, 40)),
        crs=3006,
    )
    names = pd.concat([assign_cells(points[:20], "laea_1km"), assign_cells(points[20:], "laea_100m")])
    frame = pd.DataFrame(
        {"GRD_ID": names, "operator": "A", "down_mbps": 100, "population": 1, "n": range(40)}
    )
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    layers = read(**{layer: {"path": path}})
    table = layers.tables[layer].sort_values("n", key=lambda n: n.astype(int))
    assert table.crs == "EPSG:3006"
    assert table.geometry.reset_index(drop=True).buffer(0.01).contains(points).all()
    sides = np.sqrt(table.area.to_numpy())
    assert sides[:20] == pytest.approx(1_000, rel=0.01)
    assert sides[20:] == pytest.approx(100, rel=0.01)


def test_neighbouring_squares_leave_no_gap(tmp_path: Path, read: Callable[..., Layers]) -> None:
    rows = [f"1kmN{north}E{east},100" for north in range(4857, 4861) for east in range(4801, 4805)]
    path = write(tmp_path, "square_id,down_mbps\n" + "\n".join(rows))
    table = read(footprints={"path": path}).tables["footprints"]
    whole = shapely.union_all(table.geometry.to_numpy())
    assert whole.geom_type == "Polygon"
    assert not whole.interiors
    assert whole.area == pytest.approx(table.area.sum(), rel=1e-9)


@pytest.mark.parametrize("better", ["e,n", "lon,lat", "premises_id,x1"])
def test_what_says_better_where_a_row_lies_goes_before_squares(
    tmp_path: Path, read: Callable[..., Layers], better: str
) -> None:
    cells = {"e,n": "828001,7288001", "lon,lat": "22.1,65.6", "premises_id,x1": "P1,0"}[better]
    path = write(tmp_path, f"ruta,down_mbps,{better}\n8280007288250,100,{cells}\n")
    told = {"path": path, "crs": "EPSG:3006"} if better == "e,n" else {"path": path}
    table = read(footprints=told).tables["footprints"]
    assert "Polygon" not in set(table.geom_type)
    named = read(footprints={**told, "columns": {"square_id": "ruta"}}).tables["footprints"]
    assert set(named.geom_type) == {"Polygon"}


def test_things_that_lie_in_squares_are_no_squares(tmp_path: Path, read: Callable[..., Layers]) -> None:
    path = write(tmp_path, "ruta,households\n8280007288250,1\n")
    with pytest.raises(LayerError, match="no coordinates"):
        read(premises={"path": path})
