import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.errors import LayerError
from infraplan.layers.squares import squares


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
