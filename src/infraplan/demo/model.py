"""The modelled study as tables."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan import words
from infraplan.config import LayerName
from infraplan.demo import around, local
from infraplan.demo.access import build_access
from infraplan.demo.axes import build_axes
from infraplan.demo.lines import find_parts
from infraplan.demo.norrbotten import CRS, Norrbotten, read_norrbotten
from infraplan.demo.places import build_places, describe_villages, share_out
from infraplan.demo.premises import build_premises
from infraplan.demo.roads import Site, build_roads
from infraplan.words import Language, Words

Tables = dict[LayerName, gpd.GeoDataFrame]

YEAR = 2026
"""Of the study."""
MARGIN_M = 20_000.0
"""Main roads are kept this far outside the municipality: the study reads no further."""


def build(
    seed: int = 2026, municipality: str = "2513", *, county: bool = False, language: Language = "sv"
) -> Tables:
    """Build the layers of a study of one municipality, or of all 14, from the bundled data and a seed.

    The same seed gives the same tables, and a municipality the same ones alone or with the county, but for
    the main roads around it. Layers with a key have it as their index. All geometry is in EPSG:3006.

    Raises
    ------
    StudyError
        There is no such municipality.

    >>> tables = build(municipality="2513")
    >>> int(tables["premises"]["households"].sum())
    1620
    """
    bundled = read_norrbotten()
    if not county:
        bundled.check_code(municipality)
    codes = list(bundled.municipalities.index) if county else [municipality]
    axes = build_axes(bundled, seed=seed)
    speech = words.load(language)
    parts = [_build_one(bundled, code, axes, seed, speech) for code in codes]
    whole = {name: _stack([part[name] for part in parts]) for name in parts[0]}
    if not county:
        whole["roads"] = _stack([whole["roads"], _beyond(axes, bundled, municipality)])
    return whole


def _build_one(county: Norrbotten, code: str, axes: gpd.GeoDataFrame, seed: int, speech: Words) -> Tables:
    rng = np.random.default_rng([seed, int(code)])
    border = county.municipalities.geometry[code]
    inside = axes["municipality"] == code
    own_axes, beyond = (axes[part].drop(columns="municipality") for part in (inside, ~inside))
    places = build_places(county, code, own_axes, rng)
    sizes = share_out(county, code, places)
    inner = shapely.buffer(border, -60.0)
    shapely.prepare(inner)
    site = Site(
        inner,
        places,
        sizes.houses[:-1] + sizes.flats[:-1] / 10.0,
        int(county.municipalities.loc[code, "holiday_homes_2014"]),
    )
    roads = build_roads(site, own_axes, beyond, rng)
    own = roads[roads["use"] != "beyond"].reset_index(drop=True)
    premises = build_premises(county, code, own, places, sizes, rng)
    access = build_access(county, code, premises, roads, places, rng)
    names = _name_places(places, county, speech)
    localities = around.build_localities(places, premises, names, county.model)
    footprints = around.build_footprints(places, premises, access.served, border, county.model, rng)
    public = around.build_points(
        county.model["public"], places, premises, names, speech, rng, seat=["town_hall"]
    )
    premises.loc[public["premises_id"], "kind"] = "public"
    services = around.build_points(county.model["services"], places, premises, names, speech, rng)
    mobile = around.build_mobile(places, own_axes, border, county.model, rng)
    # A stream of its own: what is added here moves nothing else.
    later = np.random.default_rng([seed, int(code), 1])
    connected = access.connected.assign(
        price_sek=local.price_orders(access.connected, county.model["order"], later)
    )
    return {
        "municipalities": _municipality(county, code),
        "localities": localities,
        "roads": _finish_roads(own, code),
        "premises": premises.drop(columns="place"),
        "connected": connected,
        "fibre_lines": access.fibre_lines,
        "fibre_nodes": access.fibre_nodes,
        "footprints": footprints,
        "public_buildings": public.drop(columns="premises_id"),
        "service_points": services.drop(columns="premises_id"),
        "exchanges": local.build_exchanges(places, names, county.model["copper"]),
        "mobile_coverage": mobile,
        "measurements": local.build_measurements(own, mobile, county.model["measured"], YEAR, later),
        "observations": local.build_observations(
            premises, connected, county.model["observed"], speech, YEAR, later
        ),
        "planned_works": around.build_works(places, own, speech, county.model),
    }


def _name_places(places: gpd.GeoDataFrame, county: Norrbotten, speech: Words) -> list[str]:
    """Name the places: as GeoNames does, modelled ones by where they lie; like ones are numbered."""
    where = describe_villages(places, county)
    names = [
        name or speech.text("demo.village", km=int(km), wind=speech.text(f"demo.wind.{wind}"), town=town)
        for name, km, wind, town in zip(
            places["name"], where["km"], where["wind"], where["town"], strict=True
        )
    ]
    repeats = pd.Series(names).groupby(names).cumcount() + 1
    return [
        name if n == 1 else speech.text("demo.another", name=name, number=int(n))
        for name, n in zip(names, repeats, strict=True)
    ]


def _municipality(county: Norrbotten, code: str) -> gpd.GeoDataFrame:
    table = county.municipalities.loc[[code], ["name", "population_2025", "geometry"]].rename(
        columns={"population_2025": "population"}
    )
    return table.astype({"name": "str"})


def _finish_roads(roads: gpd.GeoDataFrame, prefix: str) -> gpd.GeoDataFrame:
    """Return the catalogue's columns of roads, each with an id."""
    columns = ["road_class", "surface", "bridge", "tunnel", "layer", "name", "geometry"]
    numbered = roads["name"].where(roads["name"].str.fullmatch(_ROAD_NUMBER), "")
    table = roads[columns].assign(net="motor", road_number=numbered)
    table.index = pd.Index(
        [f"{prefix}-R{i:05d}" for i in range(1, len(table) + 1)], name="road_id", dtype="str"
    )
    return table


_ROAD_NUMBER = r"E?\d+"


def _beyond(axes: gpd.GeoDataFrame, county: Norrbotten, code: str) -> gpd.GeoDataFrame:
    """Return the main roads around a municipality that hang together with its own."""
    border = county.municipalities.geometry[code]
    near = axes[shapely.dwithin(axes.geometry.to_numpy(), border, MARGIN_M)]
    own, part = (near["municipality"] == code).to_numpy(), find_parts(near.geometry.to_numpy())
    return _finish_roads(near[~own & np.isin(part, part[own])], f"{code}-beyond")


def _stack(tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Put the municipalities' tables under each other; those without a key are numbered anew."""
    keyed = tables[0].index.name is not None
    filled = [table for table in tables if len(table)] or tables[:1]
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=not keyed), geometry="geometry", crs=CRS)
