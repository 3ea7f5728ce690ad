"""Maps that a chapter has where the study's own layers are there."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from infraplan.outputs.report import pictures
from infraplan.outputs.report.chapters_delivery import tell_permits
from infraplan.outputs.report.document import Map
from infraplan.outputs.report.paper import Missing, make_paper


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
