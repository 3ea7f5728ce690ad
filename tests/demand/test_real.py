"""Real cells and areas: population of Dalarna, by lot and by cell, and localities of Norrbotten."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from infraplan.config import Demand
from infraplan.coverage.cells import count_cells, suppress_cells
from infraplan.demand import (
    assign_zones,
    build_premises,
    build_zones,
    find_unplaced,
    sum_by_zone,
    zone_facts,
)
from infraplan.demand.places import find_inside
from infraplan.tables import SERVICE, WHITE_SPOTS, empty


@pytest.fixture(scope="module")
def cells(shared_data):
    rows = pd.read_csv(
        shared_data / "dalarna" / "population_1km_2025.csv",
        encoding="utf-8-sig",
        dtype={"rutid": str, "kommunkod": str, "desokod": str},
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


@pytest.fixture(scope="module")
def areas(shared_data):
    """Return the DeSO areas of Dalarna; one ring of theirs touches itself."""
    rows = gpd.read_file(shared_data / "dalarna" / "deso_2025.geojson").to_crs("EPSG:3006")
    return rows.set_geometry(rows.geometry.make_valid())


@pytest.fixture(scope="module")
def borders(areas):
    return areas.dissolve("kommunkod")


@pytest.fixture
def dalarna(cells, areas, borders, layer, layers, study):
    """Return zones and layers with the DeSO and their municipalities; the cells as premises at their centres.

    A cell belongs where its centre lies, which is also how the file's own codes are set: three in ten cells
    are cut by a border.
    """
    deso = layer("deso", areas.geometry, code=list(areas["desokod"]))
    deso["population"] = areas["befolkning_2024"].to_numpy(dtype="float64")
    deso["share_65"] = areas["andel_65_plus_2024"].to_numpy()
    municipalities = layer("municipalities", borders.geometry, code=list(borders.index))
    found = layers(deso=deso, municipalities=municipalities)
    zones, faults = build_zones(found, study())
    premises = gpd.GeoDataFrame(
        {
            "households": cells["befolkning_2025"],
            "workplaces": 0,
            "municipality": cells["kommunkod"],
            "locality": "",
            "settlement_class": "outside",
        },
        geometry=shapely.points(cells["e"], cells["n"]),
        crs="EPSG:3006",
    ).set_axis(pd.Index(cells["rutid"], dtype="str", name="premises_id"))
    return zones, faults, premises, found


def test_each_cell_of_dalarna_lies_in_the_one_deso_that_scb_says(cells, areas, dalarna):
    zones, faults, premises, _ = dalarna
    assert set(faults["rule"]) == {"no_localities"}
    cell, _ = find_inside(premises.geometry.to_numpy(), areas.geometry.to_numpy())
    assert cell.tolist() == list(range(4_004))
    membership = assign_zones(premises, zones)
    assert membership["deso"].tolist() == ("deso:" + cells["desokod"]).tolist()
    assert find_unplaced(premises, membership).empty


def test_inhabitants_of_dalarna_add_up_by_deso_and_municipality(cells, dalarna):
    zones, _, premises, _ = dalarna
    people = sum_by_zone(assign_zones(premises, zones), premises[["households"]])["households"]
    assert people["study"] == 285_587
    for kind, column in (("municipality", "kommunkod"), ("deso", "desokod")):
        published = cells.groupby(column)["befolkning_2025"].sum()
        ours = people[people.index.str.startswith(f"{kind}:")]
        ours.index = ours.index.str.removeprefix(f"{kind}:")
        assert ours[ours.index.isin(published.index)].to_dict() == published.to_dict()
        assert (ours[~ours.index.isin(published.index)] == 0).all()
    # Areas of a few blocks, in which no centre of a square kilometre lies.
    assert (people[people.index.str.startswith("deso:")] == 0).sum() == 14


def test_the_deso_of_a_municipality_have_nearly_its_cells_inhabitants(cells, areas, dalarna):
    # Not the same: DeSO are of 2024, cells of 2025, and a cell across a border counts where its centre lies.
    # By DeSO they cannot be compared at all, for these are smaller than a square kilometre in towns.
    zones, _, _, layers = dalarna
    assert (areas["desokod"].str[:4] == areas["kommunkod"]).all()
    deso = zones[zones["kind"] == "deso"]
    by_deso = deso["population"].groupby(deso.index.str[5:9]).sum()
    by_cell = cells.groupby("kommunkod")["befolkning_2025"].sum()
    difference = by_cell - by_deso
    assert difference.sum() == 285_587 - 286_546
    assert (difference.min(), difference.max()) == (-257, 108)
    assert (difference / by_deso).abs().max() < 0.0172
    facts = zone_facts(layers)["deso"]
    assert facts["share_65"].between(0, 1).all()
    assert (facts["population"] * facts["share_65"]).sum() == pytest.approx(
        areas["befolkning_65_plus_2024"].sum(), abs=1
    )


def test_cells_of_dalarna_are_counted_under_their_own_ids(cells, dalarna, study):
    _, _, premises, _ = dalarna
    nothing = empty(SERVICE), empty(WHITE_SPOTS, "EPSG:3006")
    counted, faults = count_cells(premises, *nothing, study())
    assert faults.empty
    found = counted.set_index("code")
    expected = cells.set_index("rutid")
    assert found["households"].to_dict() == expected["befolkning_2025"].to_dict()
    assert found["municipality"].to_dict() == expected["kommunkod"].to_dict()
    few = expected["befolkning_2025"].between(1, 4)
    assert found["suppressed"].sum() == few.sum() == 943
    # Each square is one premises here, which is few: what is asked is the counts of people.
    assert suppress_cells(counted.drop(columns="premises"))["suppressed"].sum() == 943


def test_localities_of_norrbotten_lie_in_the_municipality_that_their_code_begins_with(
    shared_data, layer, layers, study
):
    rows = pd.read_csv(shared_data / "norrbotten" / "tatorter_2020.csv", dtype={"mun_code": str})
    borders = gpd.read_file(shared_data / "norrbotten" / "municipalities.gpkg")
    points = gpd.points_from_xy(rows["lon"], rows["lat"], crs="EPSG:4326").to_crs("EPSG:3006")
    columns = {"code": list(borders["code"]), "name": list(borders["name"])}
    found = layers(
        municipalities=layer("municipalities", borders.geometry, **columns),
        areas=layer("areas", borders.geometry, **columns),
    )
    zones, faults = build_zones(found, study())
    assert set(faults["rule"]) == {"no_localities"}
    places = gpd.GeoDataFrame(
        {"municipality": rows["code"].str[:4], "locality": "", "settlement_class": "locality"},
        geometry=points,
    )
    membership = assign_zones(places, zones)
    assert membership["area"].tolist() == ("area:" + rows["code"].str[:4]).tolist()
    assert membership["municipality"].tolist() == ("municipality:" + rows["mun_code"]).tolist()
