from io import BytesIO

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pyproj import Geod, Transformer

from infraplan.outputs import Edition, edition_of
from infraplan.outputs.report import cartography, map_names
from infraplan.outputs.report.cartography import credit, draw_map, extent_of, find_names
from infraplan.outputs.report.drawing import new_figure
from infraplan.outputs.report.map_below import foot_lines, measure_below
from infraplan.outputs.report.map_frame import add_axes, draw_north, draw_scale_bar, round_length
from infraplan.outputs.report.map_layers import MapLayer, styled
from infraplan.outputs.report.map_names import draw_names, find_marks
from infraplan.outputs.styles import STYLES
from infraplan.words import load

SV = load("sv")
SMALL_MM = (80.0, 70.0)
CRS = "EPSG:3006"


def picture(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


def near(colours: np.ndarray, colour: str) -> np.ndarray:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return (np.abs(colours - wanted) <= 12).all(axis=-1)


def shapes_of(*shapes, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


@pytest.fixture
def edition(results) -> Edition:
    return edition_of(results)


@pytest.fixture
def layers(edition):
    found = [(name, edition.shapes(name)) for name in ("white_spot_areas", "routes", "white_spots")]
    return [
        styled(shapes, name, SV.text(f"map.layer.{name}")) for name, shapes in found if shapes is not None
    ]


@pytest.fixture
def written(monkeypatch):
    """All that is written on a map, with the boxes of names."""
    texts, boxes = [], []
    write, draw = map_names.write, cartography.draw_names

    def note(axes, x, y, text, **options):
        texts.append(text)
        return write(axes, x, y, text, **options)

    def note_names(*given, **options):
        boxes[:] = draw(*given, **options)
        return boxes

    monkeypatch.setattr(map_names, "write", note)
    monkeypatch.setattr(cartography, "draw_names", note_names)
    return texts, boxes


def test_equal_editions_give_equal_maps(edition, layers):
    assert len(layers) >= 2
    first, second = (draw_map(edition, layers, words=SV, size_mm=SMALL_MM) for _ in range(2))
    assert first == second


def test_a_map_has_the_size_that_is_asked_for_and_no_word_of_the_machine(edition, layers):
    drawn = draw_map(edition, layers, words=SV, size_mm=SMALL_MM)
    image = Image.open(BytesIO(drawn))
    assert image.size == (pytest.approx(80 / 25.4 * 200, abs=1), pytest.approx(70 / 25.4 * 200, abs=1))
    assert {key: value for key, value in image.info.items() if key != "dpi"} == {}
    assert image.info["dpi"] == pytest.approx((200, 200), abs=0.1)


def test_settings_of_the_machine_change_nothing_and_are_left_alone(edition, layers):
    before = draw_map(edition, layers, words=SV, size_mm=SMALL_MM)
    with mpl.rc_context({"font.size": 30.0, "axes.facecolor": "red", "lines.linewidth": 20.0}):
        assert draw_map(edition, layers, words=SV, size_mm=SMALL_MM) == before
        assert mpl.rcParams["font.size"] == 30.0


def test_layers_are_drawn_in_the_colours_of_the_map_page(edition):
    west, south, east, north = extent_of(edition.zones)
    middle = shapely.Point((west + east) / 2, (south + north) / 2)
    spots = styled(shapes_of(middle), "white_spots", "Saknar")
    with_spots = picture(draw_map(edition, [spots], words=SV, size_mm=SMALL_MM))
    without = picture(draw_map(edition, [], words=SV, size_mm=SMALL_MM))
    # One on the map and one in the legend.
    assert near(with_spots, STYLES["white_spots"].fill).sum() > 2 * 20
    assert near(without, STYLES["white_spots"].fill).sum() == 0


def test_what_lies_elsewhere_is_not_drawn_and_all_kinds_of_shapes_are(edition):
    far = shapes_of(shapely.Point(0, 0), shapely.Point(1e6, 1e6))
    odd = shapes_of(
        None,
        shapely.Point(),
        shapely.LineString([(0, 0), (0, 0)]),
        shapely.GeometryCollection([shapely.Point(1, 1), shapely.box(0, 0, 9, 9)]),
        shapely.MultiPolygon(
            [shapely.box(0, 0, 5, 5), shapely.Point(9, 9).buffer(3).difference(shapely.Point(9, 9).buffer(1))]
        ),
    )
    for name in ("white_spots", "routes", "zones"):
        layers = [MapLayer(far, STYLES[name]), MapLayer(odd, STYLES[name], "Udda")]
        assert draw_map(edition, layers, words=SV, extent=(-10, -10, 20, 20), size_mm=SMALL_MM)


def test_the_scale_bar_is_as_long_as_it_says():
    with new_figure(SMALL_MM) as figure:
        axes = add_axes(figure, SMALL_MM, (800_000.0, 7_300_000.0, 830_000.0, 7_330_000.0), below_mm=6.2)
        draw_scale_bar(axes, SV)
        x, y = axes.lines[0].get_xdata(), axes.lines[0].get_ydata()
        assert [text.get_text() for text in axes.texts] == ["10 km"]
    lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    metres = Geod(ellps="GRS80").inv(lonlat[0][1], lonlat[1][1], lonlat[0][2], lonlat[1][2])[2]
    # The projection is up to 0.2 per cent long at the county's border.
    assert metres == pytest.approx(10_000.0, rel=0.003)
    # And the map is not stretched: as many metres a millimetre across as up.
    (left, right), (bottom, top), box = axes.get_xlim(), axes.get_ylim(), axes.get_window_extent()
    assert (right - left) / box.width == pytest.approx((top - bottom) / box.height, rel=1e-6)


@pytest.mark.parametrize("x", [300_000.0, 500_000.0, 900_000.0])
def test_the_arrow_points_to_true_north(x):
    y = 7_400_000.0
    with new_figure(SMALL_MM) as figure:
        axes = add_axes(figure, SMALL_MM, (x - 1e4, y - 1e4, x + 1e4, y + 1e4), below_mm=6.2)
        draw_north(axes, CRS)
        arrow = axes.texts[0]
        tip, tail = np.array(arrow.xy), np.array(arrow.get_position())
    to_lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    lon, lat = to_lonlat.transform(x, y)
    north = np.array(Transformer.from_crs("EPSG:4326", CRS, always_xy=True).transform(lon, lat + 0.01)) - (
        x,
        y,
    )
    arrow_angle, true_angle = (np.degrees(np.arctan2(d[0], d[1])) for d in (tip - tail, north))
    assert arrow_angle == pytest.approx(true_angle, abs=0.05)


@given(longest=st.floats(0.01, 1e7))
def test_a_round_length_is_1_2_or_5_and_at_least_two_fifths(longest):
    length = round_length(longest)
    assert longest * 0.4 <= length * (1 + 1e-9)
    assert length <= longest
    assert f"{length:e}"[0] in "125"
    assert float(f"{length:e}".split("e")[0]) in (1.0, 2.0, 5.0)


def test_names_hide_neither_each_other_nor_symbols_and_are_not_cut(edition, written):
    rng = np.random.default_rng(7)
    west, south, east, north = extent_of(edition.zones)
    xy = rng.uniform((west, south), (east, north), (60, 2))
    names = shapes_of(*shapely.points(xy), name=[f"Ort {i}" for i in range(60)])
    spots = styled(shapes_of(*shapely.points(xy)), "white_spots", "Saknar")
    draw_map(edition, [spots], words=SV, size_mm=(120.0, 120.0), names=names)
    _, boxes = written
    assert len(boxes) > 10
    assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if a.overlaps(b)]
    with new_figure((120.0, 120.0)) as figure:
        foot = foot_lines(edition, SV, "", width_mm=120.0)
        below = measure_below([spots], foot, 120.0)
        axes = add_axes(figure, (120.0, 120.0), extent_of(_study(edition)), below_mm=below)
        marks = find_marks(axes, [spots])
        inside = axes.get_window_extent()
    for box in boxes:
        assert inside.x0 < box.x0 < box.x1 < inside.x1
        assert not (
            (box.x0 < marks[:, 0]) & (marks[:, 0] < box.x1) & (box.y0 < marks[:, 1]) & (marks[:, 1] < box.y1)
        ).any()


def _study(edition):
    return edition.zones[edition.zones["kind"].astype(str) == "study"]


def test_a_name_stands_beside_a_route_and_not_along_it():
    """Right of its place it would lie along the route; with routes on all sides it is not written."""
    names = shapes_of(shapely.Point(500, 500), name=["Långnamnsbyn"])
    route = styled(shapes_of(shapely.LineString([(500, 500), (1_000, 500)])), "routes")
    comb = styled(shapes_of(*[shapely.LineString([(0, y), (1e3, y)]) for y in range(0, 1_000, 20)]), "routes")
    with new_figure(SMALL_MM) as figure:
        axes = add_axes(figure, SMALL_MM, (0.0, 0.0, 1e3, 1e3), below_mm=6.2)
        (box,) = draw_names(figure, axes, names, [route], most=9)
        middle = axes.transData.transform((500, 500))
        assert box.x1 < middle[0] + 1 or box.y0 > middle[1] or box.y1 < middle[1]
        assert draw_names(figure, axes, names, [comb], most=9) == []


def test_a_small_map_has_fewer_names_and_room_for_its_foot(edition, layers, written):
    draw_map(edition, layers, words=SV, size_mm=(64.0, 82.0), credits_line="Lantmäteriet, SCB " * 9)
    assert len(written[1]) <= cartography.MOST_NAMES // 4
    lines = foot_lines(edition, SV, "Lantmäteriet, SCB " * 9, width_mm=64.0)
    assert max(map(len, lines)) <= 50
    assert measure_below(layers, lines, 64.0) > measure_below(layers, lines, 166.0)


def test_areas_of_stages_differ_without_colours(edition):
    west, south, east, north = extent_of(edition.zones)
    area = shapes_of(shapely.box(west, south, east, north))
    plain, hatched = (
        np.asarray(
            Image.open(
                BytesIO(
                    draw_map(
                        edition, [MapLayer(area, STYLES["corridors"], "", hatch)], words=SV, size_mm=SMALL_MM
                    )
                )
            ).convert("L")
        )
        for hatch in ("", "////")
    )
    assert (plain != hatched).mean() > 0.05


def test_the_most_important_names_come_first(edition):
    names = find_names(edition)
    kinds = list(names["kind"].astype(str))
    assert set(kinds) <= {"locality", "place"}
    assert kinds == sorted(kinds)


def test_hostile_names_are_written_as_they_are(edition, written, hostile):
    west, south, east, north = extent_of(edition.zones)
    at = shapely.Point((west + east) / 2, (south + north) / 2)
    names = shapes_of(at, at, name=["$\\frac{1}{0}$", hostile])
    layer = styled(shapes_of(at), "white_spots", "$x$ " + hostile)
    assert draw_map(edition, [layer], words=SV, names=names, credits_line=f"$y$ {hostile} " * 5)
    texts, _ = written
    assert "$\\frac{1}{0}$" in texts
    assert any("<img src=x onerror=alert(1)> {{7*7}}" in text for text in texts)


def test_the_foot_tells_the_level_and_whom_to_thank(edition):
    def foot(thanks):
        return foot_lines(edition, SV, thanks, width_mm=166.0)

    lines = foot("Lantmäteriet " * 30)
    assert lines[0].startswith(SV.text(f"document.level.{edition.level}"))
    assert SV.text("document.not_for_excavation") in lines[0]
    assert len(lines) > 2
    assert " ".join(lines[1:]).count("Lantmäteriet") == 30
    assert foot("") == lines[:1]
    assert all(len(line) <= 130 for line in lines)
    assert len(foot("x" * 300)) == 4


def test_thanks_are_said_once(edition):
    about = {
        **edition.about,
        "inputs": [{"layer": f"roads {i}", "source": "NVDB", "licence": "CC0"} for i in (1, 2)],
    }
    twice = Edition(about=about, tables=edition.tables, level=edition.level)
    assert credit(twice, "roads") == "NVDB (CC0)"
    assert credit(twice, "water") == ""


def test_an_extent_has_a_margin_and_is_never_nothing():
    square = shapes_of(shapely.box(0, 0, 100_000, 50_000))
    assert extent_of(square) == (-4_000.0, -2_000.0, 104_000.0, 52_000.0)
    assert extent_of(shapes_of(shapely.Point(5, 5))) == (-495.0, -495.0, 505.0, 505.0)
    assert extent_of(None, square.head(0)) == (0.0, 0.0, 1_000.0, 1_000.0)
    assert extent_of(shapes_of(shapely.Point()), square) == extent_of(square)


def test_an_edition_with_nothing_in_it_still_has_a_map(edition):
    empty = Edition(about=edition.about, tables={}, level="public")
    assert draw_map(empty, [], words=SV, size_mm=SMALL_MM)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_numbers_of_the_scale_are_written_as_the_language_does(language):
    with new_figure(SMALL_MM) as figure:
        axes = add_axes(figure, SMALL_MM, (0.0, 0.0, 6e6, 6e6), below_mm=6.2)
        draw_scale_bar(axes, load(language))
        assert axes.texts[0].get_text() == {"sv": "2\u00a0000 km", "en": "2,000 km"}[language]
