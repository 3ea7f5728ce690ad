"""Public buildings are reached where they lie, with and without premises of their own."""

from pathlib import Path

import geopandas as gpd
import shapely

from infraplan.layers import read_study
from infraplan.pipeline import run_coverage

X, Y = 828_000, 7_288_000
STUDY = """[study]
name = "t"
crs = "EPSG:3006"
year = 2026
"""


def test_both_tables_count_the_same_public_buildings(tmp_path: Path) -> None:
    layers = {
        "municipalities": ({"code": ["2580"]}, [shapely.box(X - 5_000, Y - 5_000, X + 5_000, Y + 5_000)]),
        "premises": ({"premises_id": ["h"], "households": [1]}, [shapely.Point(X, Y)]),
        "public_buildings": (
            {"kind": ["school"] * 3},
            [shapely.Point(X + 10, Y), shapely.Point(X + 900, Y), shapely.Point(X - 900, Y)],
        ),
        "mobile_coverage": (
            {"operator": ["A"], "down_mbps": [10.0]},
            [shapely.box(X + 5, Y, X + 999, Y + 9)],
        ),
    }
    for name, (columns, shapes) in layers.items():
        gpd.GeoDataFrame(columns, geometry=shapes, crs=3006).to_file(tmp_path / f"{name}.gpkg")
    tables = "".join(f'[layers.{name}]\npath = "{name}.gpkg"\n' for name in layers)
    (tmp_path / "study.toml").write_text(STUDY + tables)
    found = run_coverage(read_study(tmp_path))
    figures = found.figures
    told = [str(row) for row in found.faults.drop(columns="geometry").to_dict("records")]
    assert len(told) == len(set(told)) > 0
    public, mobile, shares = figures["public"], figures["mobile"], figures["public_shares"]
    # The premises is outside of the coverage, the school beside it is inside.
    assert figures["mobile_premises"]["operators"].tolist() == [0]
    assert public["mobile_operators"].tolist() == ["A", "A", ""]
    school = shares[(shares["zone_kind"] == "study") & (shares["kind"] == "school")]
    counted = mobile[
        (mobile["zone_kind"] == "study")
        & (mobile["of"] == "public_buildings")
        & (mobile["operator"] == "A")
        & (mobile["level"] == "data_10")
        & (mobile["technology"] == "")
        & (mobile["use"] == "hand")
    ]
    assert school["mobile"].tolist() == counted["reached"].tolist() == [2]
