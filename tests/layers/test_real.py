from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infraplan.layers.read import Layers

ANDORRA = "EPSG:25831"


@pytest.mark.parametrize(
    ("name", "layer", "columns", "count"),
    [
        ("roads", "roads", {}, 4981),
        ("buildings", "buildings", {}, 5031),
        ("addresses", "addresses", {}, 251),
        ("public_buildings", "amenities", {"kind": "osm_id"}, 243),
        ("population", "places", {}, 119),
        ("masts", "masts", {}, 15),
        ("power_lines", "power_lines", {"kind": "power"}, 22),
        ("municipalities", "admin", {"code": "osm_id"}, 11),
    ],
)
def test_each_layer_of_andorra(
    shared_data: Path, read: Callable[..., Layers], name: str, layer: str, columns: dict[str, str], count: int
) -> None:
    file: dict[str, Any] = {"path": shared_data / "andorra" / "andorra_layers.gpkg", "layer": layer}
    layers = read(crs=ANDORRA, **{name: {**file, "columns": columns}})
    assert layers.counts.loc[name, ["rows_in", "used"]].tolist() == [count, count]
    assert layers.tables[name].crs == ANDORRA


def test_osm_files_are_read_by_theme(shared_data: Path, read: Callable[..., Layers]) -> None:
    pbf = {"path": shared_data / "andorra" / "andorra.osm.pbf"}
    layers = read(crs=ANDORRA, masts=pbf, addresses=pbf)
    assert layers.tables["addresses"].index.str.match(r"(node|way|relation)/\d+").all()
    assert layers.counts.loc["addresses", "used"] == 251


def test_the_municipalities_and_localities_of_norrbotten(
    shared_data: Path, read: Callable[..., Layers]
) -> None:
    folder = shared_data / "norrbotten"
    layers = read(
        municipalities={"path": folder / "municipalities.gpkg"},
        localities={"path": folder / "tatorter_2020.csv"},
    )
    assert layers.counts["used"].to_dict() == {"municipalities": 14, "localities": 89}
    localities = layers.tables["localities"]
    assert localities["population"].sum() == 207_398
    assert localities.loc["2506TC101", "name"] == "Arjeplog"
    assert set(localities.geom_type) == {"Point"}
    assert layers.faults.empty
    here = localities.to_crs(4326).geometry["2506TC101"]
    assert (here.x, here.y) == pytest.approx((17.853058, 66.046911))


def test_the_populated_squares_of_dalarna(shared_data: Path, read: Callable[..., Layers]) -> None:
    file = {"path": shared_data / "dalarna" / "population_1km_2025.csv"}
    people = {"population": "befolkning_2025"}
    squares = read(population={**file, "columns": people}).tables["population"]
    assert len(squares) == 4004
    assert squares["population"].sum() == 285_587
    assert squares.area.to_numpy() == pytest.approx(1e6)
    points = read(population={**file, "crs": "EPSG:3006", "columns": {**people, "x": "e", "y": "n"}})
    inside = points.tables["population"].within(squares)
    assert inside.sum() >= 4000  # some lower-left corners are given with rounding


def test_areas_of_dalarna(shared_data: Path, read: Callable[..., Layers]) -> None:
    folder = shared_data / "dalarna"
    layers = read(
        population={"path": folder / "deso_2025.geojson", "columns": {"population": "befolkning_2024"}},
        no_go={"path": folder / "holiday_home_areas_2020.geojson", "columns": {"kind": "fritidshus"}},
    )
    assert layers.counts["used"].to_dict() == {"population": 175, "no_go": 74}
    assert layers.tables["no_go"].is_valid.all()


SERVICES = {
    "public_buildings": {"school": 13, "hospital": 8, "library": 5, "town_hall": 6},
    "service_points": {"pharmacy": 30, "fuel": 44},
}
"""What the read-me of the data counts in Andorra; its 40 supermarkets are groceries, as 6 small shops are."""


@pytest.mark.parametrize("layer", SERVICES)
def test_services_of_andorra_are_found_in_the_osm_file(
    shared_data: Path, read: Callable[..., Layers], layer: str
) -> None:
    found = read(crs=ANDORRA, **{layer: {"path": shared_data / "andorra" / "andorra.osm.pbf"}})
    table = found.tables[layer]
    kinds = table["kind"].value_counts()
    assert kinds[list(SERVICES[layer])].to_dict() == SERVICES[layer]
    if layer == "service_points":
        assert kinds["grocery"] == 46
        assert (table["shop"] == "supermarket").sum() == 40
    else:
        assert not table["protected"].any()
    assert table.index.is_unique


def test_services_of_andorra_are_found_in_the_table_too(
    shared_data: Path, read: Callable[..., Layers]
) -> None:
    """One table for two layers, each taking its own rows; shops are a second file of the service points."""
    table = {"path": shared_data / "andorra" / "andorra_layers.gpkg", "layer": "amenities"}
    public = {"townhall": "town_hall"}
    layers = read(
        crs=ANDORRA,
        public_buildings={
            **table,
            "columns": {"kind": "amenity", "building_id": "osm_id"},
            "values": {"kind": public},
            "where": {"amenity": ["school", "hospital", "library", "townhall"]},
        },
        service_points=[
            {
                **table,
                "columns": {"kind": "amenity", "point_id": "osm_id"},
                "where": {"amenity": ["pharmacy", "fuel"]},
            },
            {
                **table,
                "columns": {"kind": "shop", "point_id": "osm_id"},
                "values": {"kind": {"supermarket": "grocery"}},
                "where": {"shop": ["supermarket"]},
            },
        ],
    )
    for name, kinds in SERVICES.items():
        found = layers.tables[name]["kind"].value_counts().to_dict()
        assert {kind: found[kind] for kind in kinds} == kinds
    assert layers.counts["used"].to_dict() == {
        "public_buildings": 32,
        "service_points": 74,
        "service_points 2": 40,
    }
    assert layers.faults.empty


def test_roads_of_andorra_have_speeds_numbers_and_ways(
    shared_data: Path, read: Callable[..., Layers]
) -> None:
    """The table counts what the tags say; the file itself adds roundabouts, which go without saying."""
    folder = shared_data / "andorra"
    columns = {"speed_kmh": "maxspeed", "road_number": "ref"}
    layers = read(
        crs=ANDORRA, roads={"path": folder / "andorra_layers.gpkg", "layer": "roads", "columns": columns}
    )
    table = layers.tables["roads"]
    assert table["speed_kmh"].value_counts()[[50, 60, 40, 90]].tolist() == [233, 199, 57, 21]
    assert (table["road_number"] == "CG-2").sum() == 228
    assert table["oneway"].value_counts().to_dict() == {"both": 4178, "forward": 800, "backward": 3}
    roads = read(crs=ANDORRA, roads={"path": folder / "andorra.osm.pbf"}).tables["roads"]
    assert (roads["speed_kmh"] == 50).sum() == 233
    assert (roads["road_number"] == "CG-2").sum() == 228
    assert (roads["oneway"] == "backward").sum() == 3
    assert ((roads["oneway"] == "forward") & (roads["osm_oneway"] == "")).sum() == (
        (roads["junction"].isin(["roundabout", "circular"])) & (roads["osm_oneway"] == "")
    ).sum()
