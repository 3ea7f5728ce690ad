"""What else lies in a municipality: built-up areas, public buildings, services, coverage, planned works."""

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan.demo.access import CITY_NETWORK, OPERATORS
from infraplan.demo.lines import merge_lines
from infraplan.demo.norrbotten import CRS, Array, Model
from infraplan.words import Words

Rules = Mapping[str, Sequence[int]]
"""Kind -> households of the smallest place that has one, and households for each further one (0: never)."""


def build_localities(
    places: gpd.GeoDataFrame, premises: gpd.GeoDataFrame, names: list[str], model: Model
) -> gpd.GeoDataFrame:
    """Build the built-up area of each place from its houses; where two meet, the larger has the ground."""
    people = model["people"]["population"] / model["people"]["households"]
    size = places["households"].to_numpy()
    homes = premises[premises["kind"].isin(["single", "multi"])]
    points, owner = homes.geometry.to_numpy(), homes["place"].to_numpy()
    order = np.argsort(-size, kind="stable")
    areas: list[shapely.Geometry] = []
    for k in order:
        area = _built_up(points[owner == k])
        earlier = [other for other in areas if other.intersects(area)]
        areas.append(shapely.difference(area, shapely.union_all(earlier)))
    residents = np.round(size[order] * people)
    table = gpd.GeoDataFrame(
        {"name": [names[k] for k in order], "population": residents, "settlement_class": ""},
        geometry=gpd.GeoSeries(areas, crs=CRS).array,
        index=pd.Index(places["code"].to_numpy()[order], name="code"),
    )
    return table[~table.is_empty]


def _built_up(houses: NDArray[np.object_]) -> shapely.Geometry:
    """Return the area around houses that stand no more than some 250 m apart, without its narrow gaps."""
    around = shapely.union_all(shapely.buffer(houses, 90.0, quad_segs=3))
    return shapely.set_precision(around.buffer(60.0).buffer(-80.0), 0.1)


def build_points(
    rules: Rules,
    places: gpd.GeoDataFrame,
    premises: gpd.GeoDataFrame,
    names: list[str],
    speech: Words,
    rng: np.random.Generator,
    *,
    seat: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """Build public buildings or services: the larger the place, the more, at workplaces near its middle.

    Each stands at premises of workplaces only, named in ``premises_id``. What ``seat`` names stands in the
    largest place alone.
    """
    offices = premises[premises["kind"] == "workplace"]
    size = places["households"].to_numpy()
    rows: list[tuple[str, int, int, str, str]] = []
    for k in np.argsort(-size, kind="stable"):
        here = offices[offices["place"] == k]
        away = here.distance(places.geometry.iloc[k]).to_numpy() * rng.lognormal(0.0, 0.7, len(here))
        counts = {
            kind: 1 + (size[k] // each if each else 0)
            for kind, (least, each) in rules.items()
            if size[k] >= least
        }
        if not rows:
            counts = dict.fromkeys(seat, 1) | counts
        wanted = [(kind, n + 1, count) for kind, count in counts.items() for n in range(count)]
        rows += [
            (*want, names[k], office)
            for want, office in zip(wanted, here.index[np.argsort(away)], strict=False)
        ]
    table = pd.DataFrame(rows, columns=["kind", "number", "of", "place", "premises_id"])
    return gpd.GeoDataFrame(
        {
            "kind": table["kind"],
            "name": [_title(row, speech) for row in rows],
            "operator": "",
            "wifi": rng.choice(["yes", "no", "unknown"], len(table)),
            "premises_id": table["premises_id"],
        },
        geometry=premises.geometry.loc[table["premises_id"]].array,
        crs=CRS,
    )


def _title(row: tuple[str, int, int, str, str], speech: Words) -> str:
    kind, number, of, place, _ = row
    form = "of_several" if of > 1 else "of_one"
    return speech.text(f"demo.{form}", kind=speech.text(f"demo.kind.{kind}"), place=place, number=number)


def draw_blob(centre: Array, radius_m: float, rng: np.random.Generator) -> shapely.Polygon:
    """Draw a round-ish area."""
    turn = np.linspace(0.0, 2 * np.pi, 49)[:-1]
    edge = np.ones(len(turn))
    for waves, height, phase in zip(
        (2, 3, 7), (0.13, 0.10, 0.07), rng.uniform(0.0, 2 * np.pi, 3), strict=True
    ):
        edge += height * np.sin(waves * turn + phase)
    return shapely.Polygon(
        np.round(centre + radius_m * edge[:, None] * np.column_stack([np.cos(turn), np.sin(turn)]), 1)
    )


def _cover(
    spots: Array, radius_m: float, border: shapely.Geometry, rng: np.random.Generator
) -> shapely.Geometry:
    """Return the area that masts or exchanges at ``spots`` cover inside the border."""
    blobs = [draw_blob(spot, radius_m * rng.uniform(0.7, 1.25), rng) for spot in spots]
    return shapely.intersection(shapely.union_all(blobs), border)


def build_footprints(
    places: gpd.GeoDataFrame,
    premises: gpd.GeoDataFrame,
    served: NDArray[np.bool_],
    border: shapely.Geometry,
    model: Model,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Build operators' coverage areas: copper and radio below 100 Mbit/s, and a decided roll-out of fibre."""
    spots, size = shapely.get_coordinates(places.geometry.to_numpy()), places["households"].to_numpy()
    copper, radio, roll_out = model["copper"], model["radio"], model["roll_out"]
    exchanges = spots[size >= copper["vdsl_from_households"]]
    old_exchanges = spots[size >= copper["adsl_from_households"]]
    masts = spots[rng.random(len(spots)) < radio["fwa_share"]]
    covers = {
        "vdsl": (copper["vdsl_mbps"], OPERATORS[0], exchanges, copper["vdsl_reach_m"]),
        "adsl": (copper["adsl_mbps"], OPERATORS[0], old_exchanges, copper["adsl_reach_m"]),
        "fwa": (radio["fwa_mbps"], OPERATORS[1], masts, radio["fwa_reach_m"]),
    }
    areas = [
        (technology, *mbps, operator, "orderable", "", _cover(where, reach, border, rng))
        for technology, (mbps, operator, where, reach) in covers.items()
    ]
    undecided = model["undecided"]
    ranked = _rank_villages(premises, served, roll_out)
    count = roll_out["villages"]
    for by, villages in (
        (roll_out["by"], ranked[:count]),
        (undecided["by"], ranked[count : count + undecided["villages"]]),
    ):
        around = _surround(premises, villages, roll_out["reach_m"])
        areas.append(("fibre", *roll_out["mbps"], CITY_NETWORK, "planned", by, around))
    columns = ["technology", "down_mbps", "up_mbps", "operator", "status", "planned_by", "geometry"]
    table = gpd.GeoDataFrame(areas, columns=columns, crs=CRS).assign(premises_id="", decision="")
    table["decided"] = table["planned_by"] != undecided["by"]
    return table[~table.is_empty].reset_index(drop=True)


def _rank_villages(
    premises: gpd.GeoDataFrame, served: NDArray[np.bool_], assumed: Mapping[str, Any]
) -> NDArray[np.int64]:
    """Return the villages that lack fibre, those with most households without it first."""
    by_place = pd.DataFrame({"lacking": premises["households"].where(~served, 0), "served": served})
    villages = by_place.groupby(premises["place"]).agg({"lacking": "sum", "served": "mean"})
    villages = villages[(villages.index >= 0) & (villages["served"] < assumed["lacking"])]
    order: NDArray[np.int64] = villages["lacking"].nlargest(len(villages)).index.to_numpy()
    return order


def _surround(premises: gpd.GeoDataFrame, villages: NDArray[np.int64], reach_m: float) -> shapely.Geometry:
    """Return the surroundings of the houses in villages."""
    houses = premises.geometry[premises["place"].isin(villages)]
    return shapely.union_all(shapely.buffer(houses, reach_m, quad_segs=3))


def build_mobile(
    places: gpd.GeoDataFrame,
    axes: gpd.GeoDataFrame,
    border: shapely.Geometry,
    model: Model,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:
    """Build the operators' outdoor coverage around masts in places and along main roads."""
    radio, lines = model["radio"], axes.geometry.to_numpy()
    some = np.repeat(lines, rng.poisson(shapely.length(lines) / radio["road_mast_every_m"]))
    along = shapely.line_interpolate_point(some, rng.random(len(some)), normalized=True)
    masts = shapely.get_coordinates(np.concatenate([places.geometry.to_numpy(), along]))
    towns = np.append(
        places["households"].to_numpy() >= radio["town_households"], np.zeros(len(along), dtype=bool)
    )
    rows = []
    for operator, share in zip(OPERATORS, radio["operators"], strict=True):
        used = rng.random(len(masts)) < share
        for name, radius in radio["reach_m"].items():
            technology, down = name.split("_")
            where = masts[towns if technology == "5g" else used]
            rows.append((operator, technology, "hand", float(down), _cover(where, radius, border, rng)))
    columns = ["operator", "technology", "use", "down_mbps", "geometry"]
    table = gpd.GeoDataFrame(rows, columns=columns, crs=CRS).assign(dbm=np.nan)
    return table[~table.is_empty].reset_index(drop=True)


def build_works(
    places: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, speech: Words, model: Model
) -> gpd.GeoDataFrame:
    """Build two works that fibre could share: a main road rebuilt, and water mains in the largest place."""
    reach = {kind: work["reach_m"] for kind, work in model["works"].items()}
    centre = places.geometry.iloc[int(np.argmax(places["households"]))]
    axes = roads[roads["use"] == "axis"]
    first = axes.iloc[int(np.argmin(np.abs(axes.distance(centre) - 2 * reach["road"])))]
    same = axes[axes["name"] == first["name"]]
    parts = {
        "road": same[same.distance(first.geometry) < reach["road"]],
        "water": roads[(roads["use"] == "street") & (roads.distance(centre) < reach["water"])],
    }
    contact = speech.text("demo.contact")
    rows = [
        (work["start"], work["end"], speech.text(f"demo.work.{kind}"), contact, line)
        for kind, work in model["works"].items()
        for line in merge_lines(parts[kind].geometry.to_numpy())
    ]
    works = gpd.GeoDataFrame(rows, columns=["start", "end", "kind", "contact", "geometry"], crs=CRS)
    names = pd.Index([f"A{number:04d}" for number in range(1, len(works) + 1)], name="works_id", dtype="str")
    return gpd.GeoDataFrame(works.assign(name="", share=np.nan).set_axis(names))
