"""Permits and shared trenches, added up by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, box

from infraplan import tables
from infraplan.config import Study, StudyInfo
from infraplan.costbook import CostBook, Method
from infraplan.layers import read_cost_book
from infraplan.layers.geodesics import geodesic_lengths
from infraplan.network.costs import itemise
from infraplan.network.graph import bare_columns
from infraplan.planning.permits import list_codigging, list_permits

CRS = "EPSG:3006"
X, Y = 500_000.0, 7_300_000.0
PLANE = 0.9996
"""On the central meridian a metre in the plane of SWEREF 99 TM is 1 / 0.9996 m on the ground."""


@pytest.fixture(scope="module")
def book() -> CostBook:
    """A hundred kronor a metre for the trench alone."""
    method = Method(low=50, base=100, high=200, source="a test", year=2026)
    return read_cost_book("norrland-2026").model_copy(update={"methods": {"dig": method}})


@pytest.fixture(scope="module")
def study() -> Study:
    return Study(study=StudyInfo(name="test", year=2026, language="en"))


def make_routes(*rows: dict[str, object]) -> gpd.GeoDataFrame:
    """Make edges straight north from (at, 0), each a kilometre long where nothing else is said."""
    parts = []
    for number, said in enumerate(rows):
        row = {"kind": "road", "at": number, "from": 0.0, "to": 1000.0} | said
        at = X + 1000.0 * row["at"]
        line = LineString([(at, Y + row["from"]), (at, Y + row["to"])])
        given = {name: [value] for name, value in row.items() if name not in ("at", "from", "to")}
        columns = {"tail": [0], "head": [1], "road_class": [""], "surface": [""], "method": ["dig"]}
        columns |= {"project_id": ["P0001"], "phase": [1], "premises": [1], "fibres": [2], "cables": ["12"]}
        columns |= {"cabinet_id": [""], "joints": [0]}
        length = geodesic_lengths(np.array([line]), CRS)
        table = {**bare_columns(1, row["kind"]), **columns, "length_m": length, **given}
        parts.append(gpd.GeoDataFrame(table, geometry=[line], crs=CRS))
    routes = pd.concat(parts).set_axis(pd.RangeIndex(10, 10 + len(parts), name="edge_id"))
    text = [c.name for c in tables.ROUTES.columns if c.kind == "text"]
    routes = routes.astype(dict.fromkeys(text, "str"))
    tables.check(routes, tables.ROUTES)
    return routes


def make_areas(**rows: dict[str, object]) -> gpd.GeoDataFrame:
    default = {"kind": "nature_reserve", "name": "", "hard": False, "factor": 1.0, "permit_sv": "Dispens"}
    default |= {"permit_en": "Exemption", "authority": "länsstyrelsen", "lead_time_weeks": np.nan}
    default |= {"source_rule": "a law", "geometry": box(X - 10, Y - 10, X + 9000, Y + 9000)}
    table = pd.DataFrame([default | row for row in rows.values()])
    index = pd.Index(list(rows), name="area_id", dtype="str")
    return gpd.GeoDataFrame(table.set_axis(index), geometry="geometry", crs=CRS)


def show(table: pd.DataFrame, *names: str) -> list[list[object]]:
    return table[list(names)].to_numpy(object).tolist()


def test_a_road_lies_in_its_area_as_a_whole_and_care_is_what_the_factor_adds(book, study):
    routes = make_routes({"areas": "a", "factor": 1.5, "length_m": 1000.0}, {"areas": ""})
    areas = make_areas(a={"factor": 1.5, "name": "Sjaunja", "lead_time_weeks": 12.0})
    permits = list_permits(routes, areas, book, study)
    tables.check(permits, tables.PERMITS)
    row = permits.iloc[0].to_dict()
    assert len(permits) == 1
    # 1 000 m x 100 SEK x 0.5
    assert (row["metres"], row["extra_sek"], row["lead_time_weeks"]) == (1000.0, 50_000, 12.0)
    assert (row["area_id"], row["name"], row["permit"], row["source"]) == (
        "a",
        "Sjaunja",
        "Exemption",
        "a law",
    )


def test_a_permit_is_named_in_the_studys_language(book):
    swedish = Study(study=StudyInfo(name="test", year=2026))
    permits = list_permits(make_routes({"areas": "a"}), make_areas(a={}), book, swedish)
    assert permits["permit"].tolist() == ["Dispens"]


def test_a_drop_lies_in_an_area_as_far_as_it_does_even_in_several_pieces(book, study):
    # Of the drop's 1 000 m in the plane, 0-200 and 500-600 lie in the area; at 600 it only touches a corner.
    pieces = MultiPolygon([box(X - 5, Y - 5, X + 5, Y + 200), box(X - 5, Y + 500, X + 5, Y + 600)])
    routes = make_routes({"kind": "drop", "areas": "a"}, {"kind": "link", "at": 0, "areas": "a"})
    permits = list_permits(routes, make_areas(a={"geometry": pieces}), book, study)
    assert permits["metres"].tolist() == [pytest.approx(2 * 300 / PLANE, rel=1e-6)]


def test_an_area_that_a_drop_only_touches_has_no_metres_of_it(book, study):
    touching = make_areas(a={"geometry": box(X - 50, Y - 50, X + 50, Y)})
    permits = list_permits(make_routes({"kind": "drop", "areas": "a"}), touching, book, study)
    assert permits["metres"].tolist() == [0.0]


def test_where_areas_overlap_each_has_the_metres_and_the_dearest_has_the_care(book, study):
    routes = make_routes(
        {"areas": "a b", "factor": 2.0, "length_m": 100.0},
        {"areas": "b", "factor": 2.0, "length_m": 10.0},
        {"areas": "c a", "factor": 1.2, "length_m": 1.0},
    )
    areas = make_areas(a={"factor": 1.2}, b={"factor": 2.0}, c={"factor": 1.2})
    permits = list_permits(routes, areas, book, study)
    assert show(permits, "area_id", "metres", "extra_sek") == [
        ["b", 110.0, 11_000],
        ["a", 101.0, 0],
        ["c", 1.0, 20],  # as dear as a: the first that is named
    ]


def test_each_project_has_its_own_rows_by_project_and_length(book, study):
    routes = make_routes(
        {"areas": "a", "project_id": "P0002", "phase": 1},
        {"areas": "a", "length_m": 5.0, "phase": 2},
        {"areas": "b", "length_m": 7.0, "phase": 2},
    )
    permits = list_permits(routes, make_areas(a={}, b={}), book, study)
    assert show(permits, "project_id", "phase", "area_id") == [
        ["P0001", 2, "b"],
        ["P0001", 2, "a"],
        ["P0002", 1, "a"],
    ]


def test_a_duct_that_is_there_needs_no_permit(book, study):
    routes = make_routes({"areas": "a", "existing": "own_duct", "method": "", "duct_id": "d"})
    permits = list_permits(routes, make_areas(a={}), book, study)
    tables.check(permits, tables.PERMITS)
    assert permits.empty


def test_no_routes_and_no_areas_ask_for_nothing(book, study):
    routes = make_routes({"areas": ""})
    for some in (routes, routes.iloc[:0]):
        permits = list_permits(some, make_areas(a={}).iloc[:0], book, study)
        tables.check(permits, tables.PERMITS)
        assert permits.empty


def test_an_area_that_is_not_in_the_table_is_named(book, study):
    with pytest.raises(KeyError, match="gone"):
        list_permits(make_routes({"areas": "a gone"}), make_areas(a={}), book, study)


factors = st.sampled_from([1.0, 1.25, 2.0])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sets(st.sampled_from("abc")), st.floats(0.5, 900.0)), max_size=6), st.data())
def test_what_care_adds_agrees_with_the_bill_to_the_crown(book, study, rows, data):
    factor = {name: data.draw(factors) for name in "abc"}
    given = [
        {"areas": " ".join(sorted(a)), "length_m": m, "factor": max([1.0, *(factor[n] for n in a)])}
        for a, m in rows
    ]
    routes = make_routes(*given, {"areas": ""})
    areas = make_areas(**{name: {"factor": factor[name]} for name in "abc"})
    permits = list_permits(routes, areas, book, study)
    billed = sum(i.crowns[:, 1].sum() for i in itemise(routes, book, study.design) if i.name == "soft_area")
    assert permits["extra_sek"].sum() == billed
    assert permits["metres"].sum() == pytest.approx(sum(len(a) * m for a, m in rows))


def make_works(**rows: dict[str, object]) -> gpd.GeoDataFrame:
    default = {"start": "2027-05-01", "end": "2028-09-30", "kind": "water", "name": "", "contact": "0970"}
    text = [{name: row.get(name, value) for name, value in default.items()} for row in rows.values()]
    share = [float(row.get("share", np.nan)) for row in rows.values()]
    table = pd.DataFrame(text).astype("str").assign(share=share)
    index = pd.Index(list(rows), dtype="str")
    return gpd.GeoDataFrame(table.set_axis(index), geometry=[box(X, Y, X + 1, Y + 1)] * len(rows), crs=CRS)


def test_digging_together_saves_the_share_that_others_pay(book, study):
    routes = make_routes(
        {"works_id": "w", "works_share": 0.6, "length_m": 100.0},
        {"works_id": "w", "works_share": 0.6, "length_m": 50.0, "factor": 2.0, "areas": "a"},
        {"length_m": 70.0},
    )
    found = list_codigging(routes, make_works(w={}), book, study, first_year=2027)
    tables.check(found, tables.CODIGGING)
    # 100 x 100 x 0.4, and 50 x 100 x 0.4 twice over: its care is shared as well
    assert show(found, "works_id", "name", "contact", "metres", "saved_sek", "in_time") == [
        ["w", "water", "0970", 150.0, 4_000 + 4_000, True]
    ]


@pytest.mark.parametrize(
    ("start", "end", "phase", "meets"),
    [
        ("2027-05-01", "2028-09-30", 1, True),
        ("2027", "2027", 1, True),
        ("2028-01-01", "2029-01-01", 1, False),
        ("2028-01-01", "2029-01-01", 2, True),
        ("2028-01-01", "2029-01-01", 3, True),
        ("2028-01-01", "2029-01-01", 4, False),
        ("2029-01-01", "2026-01-01", 2, False),
        ("soon", "2029", 1, False),
        ("2026", "", 1, False),
    ],
)
def test_works_and_phase_meet_when_its_year_lies_within_their_time(book, study, start, end, phase, meets):
    routes = make_routes({"works_id": "w", "works_share": 0.5, "phase": phase})
    works = make_works(w={"start": start, "end": end})
    assert list_codigging(routes, works, book, study, first_year=2027)["in_time"].tolist() == [meets]


def test_works_stand_by_what_they_save_and_by_name_where_they_have_one(book, study):
    routes = make_routes(
        {"works_id": "v", "works_share": 0.9},
        {"works_id": "w", "works_share": 0.5},
        {"works_id": "w", "works_share": 0.5, "project_id": "P0002", "length_m": 30_000.0},
    )
    works = make_works(v={"share": 0.9}, w={"name": "Ny vattenledning", "share": 0.5}, x={})
    found = list_codigging(routes, works, book, study, first_year=2027)
    assert show(found, "project_id", "works_id", "name") == [
        ["P0002", "w", "Ny vattenledning"],
        ["P0001", "w", "Ny vattenledning"],
        ["P0001", "v", "water"],
    ]


def test_where_a_duct_is_reused_nothing_is_dug_together(book, study):
    routes = make_routes({"works_id": "w", "works_share": 0.5, "existing": "own_duct", "method": ""})
    found = list_codigging(routes, make_works(w={}), book, study, first_year=2027)
    tables.check(found, tables.CODIGGING)
    assert found.empty
