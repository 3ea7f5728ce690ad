"""Real population of Dalarna, shared out over premises that are placed by lot."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from infraplan.config import Demand
from infraplan.demand import build_premises, build_zones


@pytest.fixture(scope="module")
def cells(shared_data):
    rows = pd.read_csv(
        shared_data / "dalarna" / "population_1km_2025.csv",
        encoding="utf-8-sig",
        dtype={"rutid": str, "kommunkod": str},
    )
    corner = rows["rutid"].str[:6].astype(int), rows["rutid"].str[6:].astype(int)
    return rows.assign(x=corner[0], y=corner[1])


def place_premises(cells, layer):
    """Return one to four premises a cell, named by cell."""
    random = np.random.default_rng(7)
    cell = np.repeat(np.arange(len(cells)), random.integers(1, 5, len(cells)))
    corner = cells[["x", "y"]].to_numpy()[cell]
    points = shapely.points(corner + random.uniform(10, 990, (len(cell), 2)))
    return layer("premises", points, ids=[f"{c}-{i}" for i, c in enumerate(cell)], workplaces=0.0)


@pytest.mark.parametrize("shape", ["square", "point"])
def test_dalarna_keeps_its_inhabitants_by_cell_and_municipality(cells, layer, layers, study, shape):
    people = cells["befolkning_2025"].astype(float).tolist()
    squares = shapely.box(cells["x"], cells["y"], cells["x"] + 1000, cells["y"] + 1000)
    shapes = squares if shape == "square" else shapely.points(cells["e"], cells["n"])
    rows = place_premises(cells, layer)
    # Beside a cell's premises the nearest centre is that of the cell itself.
    found = layers(
        premises=rows, population=layer("population", shapes, ids=cells["rutid"], population=people)
    )
    demand = Demand(persons_per_household=1.0)
    zones, _ = build_zones(found, study(demand=demand))
    premises, faults = build_premises(found, zones, study(demand=demand))
    assert premises["households"].sum() == 285_587
    cell = premises.index.str.partition("-").get_level_values(0).astype(int)
    by_municipality = premises["households"].groupby(cells["kommunkod"].to_numpy()[cell]).sum()
    assert by_municipality.to_dict() == cells.groupby("kommunkod")["befolkning_2025"].sum().to_dict()
    assert premises["households"].groupby(cell).sum().tolist() == cells["befolkning_2025"].tolist()
    assert set(faults["rule"]) == set()


def test_deso_areas_keep_their_sum(shared_data, layer, layers, study):
    areas = gpd.read_file(shared_data / "dalarna" / "deso_2025.geojson").to_crs("EPSG:3006")
    random = np.random.default_rng(5)
    x0, y0, x1, y1 = areas.total_bounds
    points = shapely.points(random.uniform([x0, y0], [x1, y1], (20_000, 2)))
    found = layers(
        premises=layer("premises", points, workplaces=0.0),
        population=layer(
            "population",
            areas.geometry,
            ids=areas["desokod"],
            population=list(areas["befolkning_2024"].astype(float)),
        ),
    )
    zones, _ = build_zones(found, study())
    premises, faults = build_premises(found, zones, study())
    lost = (
        faults.loc[faults["rule"] == "zone_without_premises", "values"]
        .map(lambda value: value["total"])
        .sum()
    )
    whole = int(np.floor(areas["befolkning_2024"].sum() / 1.95 + 0.5))
    assert premises["households"].sum() + lost == whole
    assert lost > 0
