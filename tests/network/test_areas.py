"""Areas drawn by hand, and random ones held against brute force."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from infraplan.config import Study, StudyInfo
from infraplan.layers.area_rules import AreaRule, AreaRules, read_area_rules
from infraplan.layers.faults import describe
from infraplan.network.areas import assign_areas, cut_places, find_areas
from infraplan.network.lines import GRID_M
from infraplan.words import load

CRS = "EPSG:3006"
STUDY = Study(study=StudyInfo(name="test", year=2026))
SAYS = {"permit_sv": "Fråga", "permit_en": "Ask", "source": "letter", "year": 2026}
RULES = AreaRules(
    name="own",
    year=2026,
    kinds={
        "park": AreaRule(hard=True, authority="A", lead_time_weeks=8, **SAYS),
        "meadow": AreaRule(hard=False, factor=1.5, **SAYS),
        "other": AreaRule(hard=False, factor=1.2, **SAYS),
    },
)


def table(*rows, **columns):
    """Make a layer of areas: rows of kind and shape."""
    count = len(rows)
    values = {"name": [""] * count, "factor": np.nan, "permit": [""] * count, "uncertainty_m": 0.0} | columns
    index = pd.Index([f"a-{number}" for number in range(1, count + 1)], name="feature_id", dtype="str")
    frame = pd.DataFrame({"kind": [kind for kind, _ in rows], **values}, index=index)
    return gpd.GeoDataFrame(frame, geometry=[shape for _, shape in rows], crs=CRS)


def make_areas(*rows, ids=None):
    """Make areas as ``find_areas`` does: rows of factor (None: hard) and shape."""
    index = pd.Index(ids or [f"no_go:{n}" for n in range(len(rows))], name="area_id", dtype="str")
    columns = {
        "hard": [factor is None for factor, _ in rows],
        "factor": [np.nan if factor is None else factor for factor, _ in rows],
    }
    return gpd.GeoDataFrame(columns, index=index, geometry=[shape for _, shape in rows], crs=CRS)


def line(*places):
    return LineString(places)


def lines(*shapes):
    return np.array(shapes, dtype=object)


# What the areas are


def test_areas_of_all_layers_are_gathered_with_what_their_kinds_rule_says(make_layers):
    layers = make_layers(
        reindeer=table(("meadow", box(0, 0, 1, 1))),
        no_go=table(("park", box(0, 0, 2, 2)), ("meadow", box(2, 2, 3, 3)), name=["Muddus", ""]),
    )
    areas, faults = find_areas(layers, RULES, STUDY)
    assert faults.empty
    assert areas.index.tolist() == ["no_go:a-1", "no_go:a-2", "reindeer:a-1"]
    assert areas.index.name == "area_id"
    assert areas.loc["no_go:a-1"].drop("geometry").to_dict() == {
        "kind": "park",
        "name": "Muddus",
        "hard": True,
        "factor": pytest.approx(np.nan, nan_ok=True),
        "permit_sv": "Fråga",
        "permit_en": "Ask",
        "authority": "A",
        "lead_time_weeks": 8.0,
        "source_rule": "letter",
    }
    assert areas["factor"].tolist()[1:] == [1.5, 1.5]
    assert areas["lead_time_weeks"].isna().tolist() == [False, True, True]


def test_what_a_row_says_goes_before_its_rule(make_layers):
    rows = [("park", box(0, 0, 1, 1)), ("park", box(0, 0, 1, 1)), ("meadow", box(0, 0, 1, 1))]
    layers = make_layers(protected=table(*rows, factor=[2.5, np.nan, 3.0], permit=["", "Ring Eva", ""]))
    areas, _ = find_areas(layers, RULES, STUDY)
    assert areas["hard"].tolist() == [False, True, False]
    assert areas["factor"].to_numpy() == pytest.approx([2.5, np.nan, 3.0], nan_ok=True)
    assert areas["permit_sv"].tolist() == ["Fråga", "Ring Eva", "Fråga"]
    assert areas["permit_en"].tolist() == ["Ask", "Ring Eva", "Ask"]


def test_kinds_without_a_rule_follow_that_for_others_and_are_named(make_layers):
    rows = [("swamp", box(0, 0, 1, 1)), ("meadow", box(0, 0, 1, 1)), ("swamp", box(3, 3, 4, 4))]
    areas, faults = find_areas(make_layers(protected=table(*rows)), RULES, STUDY)
    assert areas["factor"].tolist() == [1.2, 1.5, 1.2]
    assert areas["kind"].tolist() == ["swamp", "meadow", "swamp"]
    assert faults[["rule", "severity", "layer"]].to_numpy().tolist() == [
        ["area_kind_unknown", "warning", "protected"]
    ]
    for language in ("sv", "en"):
        (said,) = describe(faults, load(language))["message"]
        assert "swamp" in said
        assert "2" in said


def test_points_and_lines_reach_as_far_as_they_are_uncertain(make_layers):
    rows = [
        ("meadow", Point(0, 0)),
        ("meadow", line((0, 0), (10, 0))),
        ("meadow", Point(5, 5)),
        ("meadow", box(0, 0, 2, 2)),
    ]
    layers = make_layers(heritage=table(*rows, uncertainty_m=[10.0, 1.0, 0.0, 50.0]))
    areas, faults = find_areas(layers, RULES, STUDY)
    assert areas.index.tolist() == ["heritage:a-1", "heritage:a-2", "heritage:a-4"]
    # Circles are drawn with corners.
    assert areas.area.tolist() == pytest.approx([100 * np.pi, 20 + np.pi, 4], rel=0.01)
    assert faults["rule"].tolist() == ["area_without_extent"]
    assert faults["values"].tolist() == [{"count": 1}]


def test_layers_of_points_without_extent_alone_give_no_areas(make_layers):
    areas, faults = find_areas(make_layers(heritage=table(("meadow", Point(0, 0)))), RULES, STUDY)
    assert areas.empty
    assert faults["rule"].tolist() == ["area_without_extent"]


def test_a_study_without_areas_has_none(make_layers):
    areas, faults = find_areas(make_layers(), RULES, STUDY)
    assert areas.empty
    assert faults.empty
    assert areas.crs == CRS
    assert [len(part) for part in cut_places(lines(line((0, 0), (1, 1))), areas)] == [0, 0]
    told = assign_areas(lines(line((0, 0), (1, 1))), areas, cut=np.array([False]))
    assert told.iloc[0].tolist() == [False, 1.0, ""]


def test_ids_with_spaces_are_names_of_one_word_and_stay_apart(make_layers):
    given = table(*[("meadow", box(n, 0, n + 2, 1)) for n in range(3)])
    given = given.set_axis(pd.Index(["NR 12", "NR_12", "NR  12"], name="feature_id", dtype="str"))
    found, _ = find_areas(make_layers(protected=given), RULES, STUDY)
    assert found.index.tolist() == ["protected:NR_12", "protected:NR_12#2", "protected:NR_12#3"]
    inside = assign_areas(lines(line((0.5, 0.5), (1.5, 0.5))), found)
    assert inside["areas"].str.split().explode().isin(found.index).all()


def test_columns_have_their_types_whatever_there_is(make_layers):
    full, _ = find_areas(make_layers(no_go=table(("park", box(0, 0, 1, 1)))), RULES, STUDY)
    none, _ = find_areas(make_layers(), RULES, STUDY)
    assert full.dtypes.to_dict() == none.dtypes.to_dict()


def test_the_bundled_rules_close_parks_and_leave_reserves_open(make_layers):
    rows = [
        (kind, box(0, 0, 1, 1)) for kind in ("national_park", "nature_reserve", "reindeer", "never heard of")
    ]
    areas, faults = find_areas(make_layers(protected=table(*rows)), read_area_rules("areas-2026"), STUDY)
    assert areas["hard"].tolist() == [True, False, False, True]
    assert len(faults) == 1


# Where lines enter and leave


def cuts(areas, *shapes):
    which, along = cut_places(lines(*shapes), areas)
    assert which.dtype == np.int64
    return [(int(number), round(float(at), 6)) for number, at in zip(which, along, strict=True)]


SQUARE = make_areas((1.5, box(10, 0, 20, 10)))


def test_a_line_is_cut_where_it_enters_and_leaves():
    assert cuts(SQUARE, line((0, 5), (30, 5)), line((0, 50), (30, 50)), line((15, 5), (15, 30))) == [
        (0, 10),
        (0, 20),
        (2, 5),
    ]


@pytest.mark.parametrize(
    "places",
    [
        [(0, 0), (30, 0)],  # along a side
        [(0, -5), (10, 0), (20, -5)],  # touching a corner
        [(10, 2), (10, 8)],  # on the border
        [(12, 5), (18, 5)],  # inside
        [(0, 5), (10, 5)],  # up to the border
        [(20, 5), (12, 5)],  # from the border inwards
        [(0, 10), (12, 10), (12, 15)],  # along a side and away
        [(5, 20), (12, 10), (18, 20)],  # touching a side from outside
        [(12, 2), (15, 10), (18, 2)],  # touching a side from inside
    ],
)
def test_lines_that_touch_a_border_or_follow_it_are_not_cut(places):
    assert cuts(SQUARE, line(*places)) == []


def test_a_line_that_follows_a_side_and_turns_in_is_cut_where_it_turns():
    assert cuts(SQUARE, line((0, 0), (15, 0), (15, 5))) == [(0, 15)]


def test_a_shared_border_is_one_place_and_overlaps_are_several():
    side_by_side = make_areas((1.5, box(10, 0, 20, 10)), (1.2, box(20, 0, 30, 10)))
    assert cuts(side_by_side, line((0, 5), (40, 5))) == [(0, 10), (0, 20), (0, 30)]
    overlapping = make_areas((1.5, box(10, 0, 25, 10)), (None, box(20, 0, 30, 10)))
    assert cuts(overlapping, line((0, 5), (40, 5))) == [(0, 10), (0, 20), (0, 25), (0, 30)]


def test_holes_and_parts_are_entered_and_left():
    ring = Polygon(box(10, 0, 40, 30).exterior.coords, [box(20, 10, 30, 20).exterior.coords])
    area = make_areas((1.5, shapely.MultiPolygon([ring, box(50, 0, 60, 30)])))
    assert cuts(area, line((0, 15), (70, 15))) == [(0, at) for at in (10, 20, 30, 40, 50, 60)]


def test_long_borders_are_looked_at_in_parts():
    circle = Point(0, 0).buffer(100, quad_segs=500)
    found = cuts(make_areas((1.5, circle)), line((-200, 0.5), (200, 0.5)))
    assert [at for _, at in found] == pytest.approx([100, 300], abs=0.01)
    around = line(*circle.exterior.coords)
    assert cuts(make_areas((1.5, circle)), around) == []


def random_areas(seed, count=15):
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        angles = np.linspace(0, 2 * np.pi, rng.integers(3, 120), endpoint=False)
        radii = rng.uniform(5, 30) * (1 + 0.3 * np.sin(rng.integers(1, 6) * angles))
        ring = rng.uniform(0, 100, 2) + radii[:, None] * np.c_[np.cos(angles), np.sin(angles)]
        rows.append((None if rng.random() < 0.3 else round(float(rng.uniform(1, 3)), 2), Polygon(ring)))
    return make_areas(*rows)


def random_lines(seed, count=60):
    rng = np.random.default_rng([seed, 1])
    return lines(*(LineString(rng.uniform(0, 100, (rng.integers(2, 5), 2))) for _ in range(count)))


def simple(shapes):
    return shapes[shapely.is_simple(shapes)]


@pytest.mark.parametrize("seed", range(8))
def test_places_are_those_of_brute_force(seed):
    areas, roads = random_areas(seed), simple(random_lines(seed))
    which, along = cut_places(roads, areas)
    for number, road in enumerate(roads):
        shared = shapely.get_parts(shapely.intersection(areas.boundary.to_numpy(), road))
        expected = np.sort(shapely.line_locate_point(road, shared[~shapely.is_empty(shared)]))
        apart = np.r_[True, np.diff(expected) > GRID_M][: len(expected)]
        assert along[which == number] == pytest.approx(expected[apart], abs=1e-6)


# What lines lie in


def test_a_cut_line_lies_where_its_middle_lies():
    areas = make_areas((None, box(0, 0, 10, 10)), (1.5, box(0, 0, 10, 10)), (2.0, box(5, 0, 30, 10)))
    told = assign_areas(
        lines(line((1, 5), (3, 5)), line((9, 5), (20, 5)), line((40, 5), (50, 5)), line((0, 5), (12, 5))),
        areas,
    )
    assert told["blocked"].tolist() == [True, False, False, True]
    assert told["factor"].tolist() == [1.5, 2.0, 1.0, 2.0]
    assert told["areas"].tolist() == ["no_go:1", "no_go:2", "", "no_go:1 no_go:2"]


def test_a_line_that_was_not_cut_lies_in_all_that_a_part_of_it_lies_in():
    areas = make_areas((None, box(0, 0, 10, 10)), (1.5, box(20, 0, 30, 10)), (3.0, box(25, 0, 40, 10)))
    told = assign_areas(
        lines(
            line((9.98, 5), (20, 5)),
            line((9.995, 5), (20, 5)),
            line((15, 5), (35, 5)),
            line((50, 5), (60, 5)),
        ),
        areas,
        cut=np.zeros(4, bool),
    )
    assert told["blocked"].tolist() == [True, False, False, False]
    # 5 m at 1, 5 m at 1.5, 10 m at 3.
    assert told["factor"].to_numpy() == pytest.approx([1, 1, (5 + 7.5 + 30) / 20, 1])
    assert told["areas"].tolist() == ["", "", "no_go:1 no_go:2", ""]


def test_cut_lines_and_others_are_told_apart():
    areas = make_areas((None, box(0, 0, 10, 10)))
    road = line((9.5, 5), (20, 5))
    assert assign_areas(lines(road, road), areas, cut=np.array([True, False]))["blocked"].tolist() == [
        False,
        True,
    ]


def test_a_road_that_is_a_border_lies_outside():
    border = line((0, 0), (10, 0), (10, 7.3))
    areas = make_areas((None, box(0, 0, 10, 10)), (2.0, box(0, -5, 10, 0)))
    for cut in (None, np.array([False])):
        assert assign_areas(lines(border), areas, cut=cut).iloc[0].tolist() == [False, 1.0, ""]


def test_ids_are_sorted_as_text_and_each_stands_once():
    rows = [(1.1, box(0, 0, 10, 10)), (1.2, box(0, 0, 10, 10)), (1.3, box(0, 0, 4, 10))]
    areas = make_areas(*rows, ids=["reindeer:2", "no_go:10", "no_go:9"])
    winding = line((2, 5), (6, 5), (6, 6), (2, 6))
    told = assign_areas(lines(winding), areas, cut=np.array([False]))
    assert told["areas"].tolist() == ["no_go:10 no_go:9 reindeer:2"]


def test_no_lines_have_no_rows():
    for cut in (None, np.zeros(0, bool)):
        told = assign_areas(lines(), SQUARE, cut=cut)
        assert told.columns.tolist() == ["blocked", "factor", "areas"]
        assert told.empty
    assert [len(part) for part in cut_places(lines(), SQUARE)] == [0, 0]


def mean_factor(road, soft):
    """Add up lengths from the dearest areas down: what lies in several counts at the dearest."""
    extra, covered = 0.0, shapely.Polygon()
    levels = sorted(set(soft["factor"]), reverse=True)
    for level, below in zip(levels, [*levels[1:], 1.0], strict=True):
        covered = shapely.union(covered, shapely.union_all(soft.geometry[soft["factor"] == level]))
        extra += (level - below) * shapely.intersection(road, covered).length
    return 1 + extra / road.length


@pytest.mark.parametrize("seed", range(5))
def test_whole_lines_are_weighed_as_brute_force_does(seed):
    areas, roads = random_areas(seed), simple(random_lines(seed))
    told = assign_areas(roads, areas, cut=np.zeros(len(roads), bool))
    soft = areas[~areas["hard"]]
    for number, road in enumerate(roads):
        inside = areas.intersection(road).length > 0.02
        row = told.iloc[number]
        assert row["blocked"] == bool((inside & areas["hard"]).any())
        assert row["areas"] == " ".join(sorted(areas.index[inside & ~areas["hard"]]))
        assert row["factor"] == pytest.approx(mean_factor(road, soft), abs=1e-3)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_the_pieces_of_a_line_add_up_to_it(seed):
    areas, roads = random_areas(seed, 6), simple(random_lines(seed, 10))
    whole = assign_areas(roads, areas, cut=np.zeros(len(roads), bool))
    which, along = cut_places(roads, areas)
    for number, road in enumerate(roads):
        stops = [0.0, *along[which == number], road.length]
        pieces = lines(*(shapely.ops.substring(road, a, b) for a, b in pairwise(stops)))
        told = assign_areas(pieces, areas)
        metres = shapely.length(pieces)
        assert (told["factor"] * metres).sum() == pytest.approx(
            whole["factor"][number] * road.length, abs=0.2
        )
        long = metres > 0.1
        assert not (told["blocked"][long].any() and not whole["blocked"][number])


def test_nothing_that_is_given_is_changed():
    areas, roads = random_areas(0), random_lines(0)
    before = shapely.to_wkb(areas.geometry.to_numpy()), shapely.to_wkb(roads)
    cut_places(roads, areas)
    assign_areas(roads, areas, cut=np.zeros(len(roads), bool))
    after = shapely.to_wkb(areas.geometry.to_numpy()), shapely.to_wkb(roads)
    assert [part.tolist() for part in before] == [part.tolist() for part in after]
