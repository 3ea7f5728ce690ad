"""Maps and charts that a chapter has where a study has the layers or the years for them."""

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import pandas as pd

from infraplan.outputs.report import pictures
from infraplan.outputs.report.chapters_delivery import tell_permits
from infraplan.outputs.report.chapters_goals import tell_goals
from infraplan.outputs.report.chapters_state import tell_state
from infraplan.outputs.report.document import Map, Table
from infraplan.outputs.report.findings import find_goal
from infraplan.outputs.report.paper import Missing, make_paper
from infraplan.outputs.report.states import classify


def test_areas_that_ask_for_permits_are_on_a_map_with_their_table(demo, monkeypatch, png):
    drawn = []
    monkeypatch.setattr(pictures, "draw_map", lambda _, layers, **__: drawn.extend(layers) or png)
    projects = demo.shapes("projects")
    near, far = projects.geometry.iloc[0].buffer(900), projects.geometry.iloc[0].buffer(99)
    nature = gpd.GeoDataFrame({"geometry": [near, far]}, index=["r 1", "r2"], crs=demo.crs)
    row = {
        "area_id": "protected:r_1", "kind": "nature_reserve", "name": "Myren", "metres": 1_234.0,
        "permit": "dispens", "authority": "Länsstyrelsen", "lead_time_weeks": 12, "phase": 1,
    }  # fmt: skip
    tables = {**demo.tables, "permits": pd.DataFrame([row]), "protected_nature": nature}
    told = list(tell_permits(make_paper(replace(demo, tables=tables), "sv")))
    found = next(block for block in told if isinstance(block, Map))
    assert "1\xa0234 meter" in found.title
    assert "Myren" in found.says
    assert found.table.rows[0][2] == "1\xa0234"
    # Of the two areas the one that the plan digs in, and the plan itself.
    assert [len(layer.shapes) for layer in drawn] == [1, len(projects)]
    bare = list(tell_permits(make_paper(replace(demo, tables={**tables, "protected_nature": None}), "sv")))
    assert not [block for block in bare if isinstance(block, Map)]
    assert "conflict_map" in [item.what for item in bare if isinstance(item, Missing)]
    # The public is told sums by kind, not which areas they are of.
    summed = {name: row[name] for name in row.keys() - {"area_id", "name", "phase"}}
    open_ = list(tell_permits(make_paper(replace(demo, tables={"permits": pd.DataFrame([summed])}), "sv")))
    assert [block.rows for block in open_ if isinstance(block, Table)] == [
        (("naturreservat", "1\xa0234", "dispens", "Länsstyrelsen", "12"),)
    ]


def make_series(demo):
    """Return ten published years of the demo's municipality, and the outlook towards a target."""
    zone = demo.zones[demo.zones["kind"].astype(str) == "municipality"].iloc[0]
    told = {
        "zone_id": zone.name, "zone_name": zone["name"], "zone_kind": "municipality", "measure": "at_100",
        "counts": "orderable", "unit": "households", "down_mbps": 100.0, "holiday_homes": False,
        "technologies": "all",
    }  # fmt: skip
    shares = (0.312, 0.340, 0.389, 0.431, 0.460, 0.488, 0.519, 0.552, 0.578, 0.601)
    years = {"bound": "exact", "base": 1_600.0, "reached": None, "source": "PTS", "after_break": ""}
    series = pd.DataFrame([{**told, **years, "year": 2016 + i, "share": s} for i, s in enumerate(shares)])
    outlook = {
        **told, "target": "Snabbt", "target_share": 0.95, "target_year": 2030, "first_year": 2016,
        "last_year": 2025, "share": 0.601, "pace": 0.0326, "reached_year": 2036.0, "earliest_year": 2035.0,
        "latest_year": None, "method": "trend",
    }  # fmt: skip
    return series, pd.DataFrame([outlook])


def test_a_forecast_says_its_band_as_its_table_has_it_and_whose_figures_it_goes_on(demo, undrawn):
    series, pace = make_series(demo)
    paper = make_paper(replace(demo, tables={**demo.tables, "series": series, "pace": pace}), "sv")
    band = next(block for block in tell_goals(paper) if getattr(block, "id", "") == "chart-band")
    year, low, _, high = band.table.rows[-1]
    low, high = low.removesuffix("\xa0%"), high.removesuffix("\xa0%")
    assert f"{low}–{high} procent år {year}" in band.title
    assert "åtta fall av tio" in band.says
    assert band.table.source == "PTS"


def test_a_published_series_is_named_by_what_it_counts(demo, undrawn):
    series, _ = make_series(demo)
    paper = make_paper(replace(demo, tables={**demo.tables, "series": series}), "sv")
    years = next(block for block in tell_state(paper) if getattr(block, "id", "") == "chart-years")
    assert "100 Mbit/s (hushåll: tillgång)" in years.says.replace("\xa0", " ")
    assert "at_100" not in years.says + years.alt


def test_squares_and_network_read_in_grey(demo, monkeypatch, png):
    drawn = []
    monkeypatch.setattr(pictures, "draw_map", lambda _, layers, **__: drawn.append(layers) or png)
    paper = make_paper(demo, "sv")
    pictures.draw_squares(paper, classify(paper, find_goal(paper)))
    pictures.draw_network(paper)
    squares, network = drawn
    fills = [layer.style.fill for layer in squares if layer.style.fill]
    grey = [0.3 * r + 0.59 * g + 0.11 * b for r, g, b in (bytes.fromhex(fill[1:]) for fill in fills)]
    assert len(grey) >= 3
    assert all(more - less > 25 for less, more in pairwise(grey))
    points = [layer.style.symbol for layer in network if layer.style.size]
    assert len(points) == len(set(points)) == 2
