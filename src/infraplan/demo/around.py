"""What else lies in a municipality: built-up areas, public buildings, services, footprints, mobile cover, planned works."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.demo.access import CITY_NETWORK, OPERATOR
from infraplan.demo.norrbotten import CRS, Array, Norrbotten
from infraplan.words import Words

PUBLIC = (("town_hall", 0, 0), ("school", 85, 1_500), ("kindergarten", 150, 900), ("library", 250, 15_000),
          ("health_centre", 400, 8_000), ("care_home", 300, 4_000), ("fire_station", 140, 20_000), ("hospital", 5_000, 100_000))
SERVICES = (("grocery", 80, 1_300), ("parcel", 80, 1_800), ("fuel", 120, 3_000), ("pharmacy", 350, 5_000))
"""Kind, households of the smallest place that has one, and households for each further one: assumptions."""
OPERATORS = ("Operatör A", "Operatör B", "Operatör C")
ROLL_OUT_BY = "2027-12-31"


def build_localities(places: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, names: list[str], county: Norrbotten) -> gpd.GeoDataFrame:
    """Build the built-up area of each named place and each village of some size, from its houses; none overlap."""
    people = county.model["people"]["population"] / county.model["people"]["households"]
    large = places["named"] | (places["households"] >= county.model["places"]["named_hamlet_households"])
    chosen = np.flatnonzero(large)[np.argsort(-places["households"].to_numpy()[large], kind="stable")]
    homes = premises[premises["kind"].isin(["single", "multi"])]
    shapes, taken = [], shapely.Point()
    for k in chosen:
        houses = homes.geometry.to_numpy()[homes["place"] == k]
        area = shapely.union_all(shapely.buffer(houses, 90.0, quad_segs=3)).buffer(60.0).buffer(-80.0)
        shapes.append(shapely.make_valid(shapely.difference(shapely.set_precision(area, 0.1), taken)))
        taken = shapely.union(taken, area)
    residents = np.round(places["households"].to_numpy()[chosen] * people)
    table = gpd.GeoDataFrame(
        {"name": [names[k] for k in chosen], "population": residents, "settlement_class": ""},
        geometry=gpd.GeoSeries(shapes, crs=CRS).array, index=pd.Index(places["code"].to_numpy()[chosen], name="code"),
    )
    return table[~table.is_empty]


def build_points(
    rules: tuple[tuple[str, int, int], ...], places: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, names: list[str], speech: Words,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Build public buildings or services: the larger the place, the more, at premises with workplaces near its middle.

    The column ``premises_id`` says which.
    """
    offices = premises[premises["kind"] == "workplace"]
    rows = []
    for k in np.argsort(-places["households"].to_numpy(), kind="stable"):
        size, spot = int(places["households"].iloc[k]), places.geometry.iloc[k]
        here = offices[offices["place"] == k]
        here = here.iloc[np.argsort(here.distance(spot).to_numpy() * rng.lognormal(0.0, 0.7, len(here)))]
        kinds = [kind for kind, least, each in rules if size >= least and (each or not rows) for _ in range(1 + (size // each if each else 0))]
        for number, (kind, office) in enumerate(zip(kinds, here.index, strict=False)):
            rows.append((kind, kinds[:number].count(kind) + 1, kinds.count(kind), names[k], office))
    table = pd.DataFrame(rows, columns=["kind", "number", "of", "place", "premises_id"])
    where = premises.geometry.loc[table["premises_id"]].array
    titles = [speech.text(f"demo.{'of_several' if of > 1 else 'of_one'}", kind=speech.text(f"demo.kind.{kind}"), place=place, number=number)
              for kind, number, of, place in zip(table["kind"], table["number"], table["of"], table["place"], strict=True)]
    wifi = rng.choice(["yes", "no", "unknown"], len(table), p=[0.3, 0.3, 0.4])
    return gpd.GeoDataFrame(
        {"kind": table["kind"], "name": titles, "operator": "", "wifi": wifi, "premises_id": table["premises_id"]}, geometry=where, crs=CRS,
    )


def blob(centre: Array, radius_m: float, rng: np.random.Generator) -> shapely.Polygon:
    """Return a round-ish area."""
    turn = np.linspace(0.0, 2 * np.pi, 49)[:-1]
    phase = rng.uniform(0.0, 2 * np.pi, 3)
    edge = radius_m * (1 + 0.13 * np.sin(2 * turn + phase[0]) + 0.10 * np.sin(3 * turn + phase[1]) + 0.07 * np.sin(7 * turn + phase[2]))
    return shapely.Polygon(np.round(centre + edge[:, None] * np.column_stack([np.cos(turn), np.sin(turn)]), 1))


def build_footprints(
    places: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, served: NDArray[np.bool_], border: shapely.Geometry, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Build operators' coverage areas that are no fibre list: copper and radio below 100 Mbit/s, and a decided roll-out."""
    xy, size = np.column_stack([places.geometry.x, places.geometry.y]), places["households"].to_numpy()
    copper = [blob(xy[k], 600.0, rng) for k in np.flatnonzero(size >= 60)]  # noqa: PLR2004
    far_copper = [blob(xy[k], 2_600.0, rng) for k in np.flatnonzero(size >= 25)]  # noqa: PLR2004
    radio = [blob(spot, rng.uniform(5_000.0, 9_000.0), rng) for spot in xy[rng.random(len(xy)) < 0.2]]  # noqa: PLR2004
    rows = [("vdsl", 60.0, 12.0, OPERATOR, "orderable", "", copper), ("adsl", 8.0, 0.8, OPERATOR, "orderable", "", far_copper),
            ("fwa", 50.0, 10.0, OPERATORS[1], "orderable", "", radio),
            ("fibre", 1_000.0, 1_000.0, CITY_NETWORK, "planned", ROLL_OUT_BY, _roll_out(places, premises, served))]
    rows = [row for row in rows if row[-1]]
    areas = [shapely.intersection(shapely.union_all(np.array(shapes, dtype=object)), border) for *_, shapes in rows]
    columns = ["technology", "down_mbps", "up_mbps", "operator", "status", "planned_by"]
    table = pd.DataFrame([row[:-1] for row in rows], columns=columns).assign(premises_id="")
    return gpd.GeoDataFrame(table, geometry=areas, crs=CRS)


def _roll_out(places: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, served: NDArray[np.bool_]) -> list[shapely.Geometry]:
    """Return the built-up parts of the villages where most households lack fibre."""
    lacking = premises["households"].where(~served, 0).groupby(premises["place"]).sum().reindex(range(len(places)), fill_value=0)
    some_fibre = pd.Series(served).groupby(premises["place"].to_numpy()).mean().reindex(range(len(places)), fill_value=1.0)
    worst = lacking[some_fibre < 0.3].nlargest(2).index  # noqa: PLR2004
    return [shapely.union_all(shapely.buffer(premises.geometry.to_numpy()[premises["place"] == k], 150.0, quad_segs=3)) for k in worst]


def build_mobile(places: gpd.GeoDataFrame, axes: gpd.GeoDataFrame, border: shapely.Geometry, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Build three operators' outdoor mobile coverage around masts in places and along main roads."""
    along = shapely.get_coordinates(axes.geometry.segmentize(4_000.0).to_numpy())
    masts = np.concatenate([np.column_stack([places.geometry.x, places.geometry.y]), along[rng.random(len(along)) < 0.06]])  # noqa: PLR2004
    towns = np.append(places["households"].to_numpy() >= 250, np.zeros(len(masts) - len(places), dtype=bool))  # noqa: PLR2004
    rows = []
    for operator, reach in zip(OPERATORS, (0.9, 0.75, 0.6), strict=True):
        has = rng.random(len(masts)) < reach
        for technology, down, where, radius in (("4g", 10.0, has, 7_500.0), ("4g", 30.0, has, 4_000.0), ("5g", 100.0, has & towns | towns, 3_000.0)):
            blobs = [blob(spot, radius * rng.uniform(0.7, 1.25), rng) for spot in masts[where]]
            rows.append((operator, technology, "hand", down, shapely.intersection(shapely.union_all(np.array(blobs, dtype=object)), border)))
    table = gpd.GeoDataFrame(rows, columns=["operator", "technology", "use", "down_mbps", "geometry"], crs=CRS).assign(dbm=np.nan)
    return table[~table.is_empty].reset_index(drop=True)


def build_works(places: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, speech: Words) -> gpd.GeoDataFrame:
    """Build two planned works that fibre could share: a main road rebuilt, and water mains in the largest place."""
    centre = places.geometry.iloc[int(np.argmax(places["households"]))]
    away = roads.distance(centre)
    main = (roads["use"] == "axis") & away.between(3_000.0, 12_000.0)
    first = roads.index[main][np.argmin(away[main])] if main.any() else roads.index[0]
    near = roads.distance(roads.geometry[first]) < 4_000.0  # noqa: PLR2004
    rebuilt = roads[main & near & (roads["name"] == roads["name"][first])]
    mains = roads[(roads["use"] == "street") & (away < 350.0)]  # noqa: PLR2004
    rows = [("2027-05-01", "2028-10-31", "road", rebuilt), ("2027-04-15", "2027-11-30", "water", mains)]
    tables = [gpd.GeoDataFrame({"start": start, "end": end, "kind": speech.text(f"demo.work.{kind}"), "contact": speech.text("demo.contact")},
                               geometry=part.geometry.to_numpy(), index=range(len(part)), crs=CRS) for start, end, kind, part in rows]
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=CRS)
