"""What each is given: fibre where the plan builds it, else radio from a mast in sight, else satellite."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.costbook import CostBook
from infraplan.layers.raster import Mosaic, Raster
from infraplan.network.costs import to_crowns
from infraplan.network.lines import Ints
from infraplan.network.sight import choose_mast, find_sight
from infraplan.words import Words

_WHY_NO_FIBRE = {
    "not_chosen": "beyond_goal",
    "over_budget": "over_budget",
    "not_counted": "not_counted",
    "too_far": "no_road",
    "island": "island",
    "no_go": "no_go",
    "excluded": "excluded",
}
"""Why a premises is unserved -> the reason that is told."""
_CHOSEN = ("beyond_goal", "over_budget")
"""Reasons behind which the price of fibre stands, where that is above the study's limit."""
_TELECOM = ("communication", "kommunikation", "telecom")
_MASTS = (*_TELECOM, "mast")
"""Parts of words that say that a mast carries antennas."""


def choose_technology(
    premises: gpd.GeoDataFrame,
    served: pd.DataFrame,
    unserved: pd.DataFrame,
    fibre_sek: pd.Series,
    masts: gpd.GeoDataFrame | None,
    elevation: Raster | Mosaic | None,
    study: Study,
    book: CostBook,
) -> pd.DataFrame:
    """Choose what each premises is given, with the reason and the price.

    Fibre is what the plan builds. Who is left gets radio where a mast within ``radio_range_m`` has a clear
    line of sight over the terrain, from the nearest such mast; sectors are added to a mast as they fill up,
    and all whom it serves share their cost. Everybody else gets satellite.

    Parameters
    ----------
    premises
        Points by ``premises_id``: at least those of whom the plan does not serve.
    served, unserved
        Of the plan: contracts SERVED and UNSERVED.
    fibre_sek
        What fibre costs a unit, by premises (``curve.price_premises``).
    masts, elevation
        The layers of these names, None where the study has none. Only masts that ``list_masts`` returns are
        counted on.

    Returns
    -------
    DataFrame
        Contract TECHNOLOGY: those whom the plan serves first. ``reason`` is one or two keys of words, parted
        by a space: why fibre or why not (``planned``, ``too_dear``, ``beyond_goal``, ``over_budget``,
        ``not_counted``, ``no_road``, ``island``, ``no_go``, ``excluded``), then what decided between radio
        and satellite (``in_sight``, ``no_mast``, ``no_sight``, ``no_elevation``). Where fibre is planned
        although it is dearer than ``fibre_max_sek``, it is ``planned too_dear``. Fibre's price is that of all
        units of the premises, its share of the network.
    """
    columns = ["households", "workplaces"]
    table = pd.concat([served[columns], unserved[columns]]).rename_axis("premises_id")
    table["fibre_sek"] = fibre_sek.reindex(table.index).astype("float64")
    radio = _find_radio(unserved.index, premises, masts, elevation, study)
    beam = radio.reindex(table.index)
    is_fibre = table.index.isin(served.index)
    in_sight = (beam["why"] == "in_sight").to_numpy()
    table["technology"] = np.select([is_fibre, in_sight], ["fibre", "radio"], "satellite")
    table["reason"] = _give_reasons(table["fibre_sek"], is_fibre, unserved["reason"], beam["why"], study)
    table["mast_id"] = beam["mast"].fillna("")
    table["distance_m"] = beam["distance_m"]
    table["price_sek"] = _price(table, book, study.technology.radio_per_sector)
    table["down_mbps"], table["meets"] = _measure(table["technology"], study)
    nothing: pd.DataFrame = tables.empty(tables.TECHNOLOGY)
    return table[nothing.columns].astype(nothing.dtypes.to_dict())


def list_masts(masts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the masts that carry antennas for communication, as far as the layer tells.

    That are those whose kind says communication or telecom; of others that have a ``tower_type`` (as OSM's
    ``tower:type``) those whose type says so; and of the rest those whose kind says mast. A lit mast over a
    sports ground, a silo or a tower of any kind is none.
    """
    kind = masts["kind"].str.lower()
    named = [name for name in masts.columns if str(name).replace(":", "_").lower() == "tower_type"]
    typed = masts[named[0]].fillna("").astype("str").str.lower() if named else kind
    tells = typed.where(typed != "", kind)
    return gpd.GeoDataFrame(masts[_says(kind, _TELECOM) | _says(tells, _MASTS)])


def say_reason(row: Mapping[str, Any] | pd.Series, words: Words) -> str:
    """Say in a sentence or two why a premises is given what it is.

    Parameters
    ----------
    row
        Of the contract TECHNOLOGY.
    """
    fibre = float(row["fibre_sek"])
    values = {
        "fibre": words.number(round(fibre)) if np.isfinite(fibre) else "–",
        "price": int(row["price_sek"]),
        "distance": words.number(float(row["distance_m"]) / 1000.0, 1),
    }
    return " ".join(words.text(f"technology.reason_{key}", **values) for key in str(row["reason"]).split())


def name_technology(technology: str, words: Words) -> str:
    """Name a technology: fibre, radio, satellite or none."""
    return words.text(f"technology.{technology}")


def _says(text: pd.Series, parts: tuple[str, ...]) -> pd.Series:
    return text.str.contains("|".join(parts), regex=True)


def _find_radio(
    left: pd.Index,
    premises: gpd.GeoDataFrame,
    masts: gpd.GeoDataFrame | None,
    elevation: Raster | Mosaic | None,
    study: Study,
) -> pd.DataFrame:
    """Return for each premises whether it can have radio (``why``), from which mast and how far."""
    why = pd.Series("no_mast", index=left, dtype="str")
    found = pd.DataFrame({"why": why, "mast": pd.Series("", index=left, dtype="str"), "distance_m": np.nan})
    if masts is None or not len(left):
        return found
    choice = study.technology
    sight = find_sight(
        list_masts(masts),
        gpd.GeoDataFrame(premises.loc[left]),
        elevation,
        range_m=choice.radio_range_m,
        mast_height_m=choice.mast_m,
        premises_height_m=choice.premises_m,
        frequency_ghz=choice.frequency_ghz,
    )
    # A line over terrain that is not known might be free: only what is known to be blocked has no sight.
    known = sight.groupby("premises_id")["known"].all()
    found.loc[known.index, "why"] = np.where(known, "no_sight", "no_elevation")
    best = choose_mast(sight)
    found.loc[best.index, "why"] = "in_sight"
    found.loc[best.index, "mast"] = best["mast"].astype("str")
    found.loc[best.index, "distance_m"] = best["distance_m"]
    return found


def _give_reasons(
    fibre_sek: pd.Series, is_fibre: np.ndarray, unserved: pd.Series, why: pd.Series, study: Study
) -> pd.Series:
    most = study.technology.fibre_max_sek
    dear = (fibre_sek > (np.inf if most is None else most)).to_numpy()
    reasons = unserved.reindex(fibre_sek.index).tolist()
    first = np.array(
        ["planned" if served else _WHY_NO_FIBRE[why] for served, why in zip(is_fibre, reasons, strict=True)],
        object,
    )
    first[dear & np.isin(first, _CHOSEN)] = "too_dear"
    second = np.where(is_fibre, np.where(dear, "too_dear", ""), why.fillna(""))
    text = [f"{one} {other}".strip() for one, other in zip(first, second, strict=True)]
    return pd.Series(text, index=fibre_sek.index, dtype="str")


def _price(table: pd.DataFrame, book: CostBook, per_sector: int) -> Ints:
    """Return what each is given costs, in whole crowns: those of a mast add up to what its sectors cost."""
    units = table["households"] + table["workplaces"]
    equipment = {name: to_crowns(getattr(book, f"{name}_premises").base) for name in ("radio", "satellite")}
    price = np.select(
        [(table["technology"] == name).to_numpy() for name in ("fibre", "radio")],
        [to_crowns((table["fibre_sek"] * units).fillna(0.0)), equipment["radio"]],
        equipment["satellite"],
    ).astype(np.int64)
    on_mast = table.loc[table["technology"] == "radio", "mast_id"]
    # Whoever comes first by name pays the odd crowns.
    groups = on_mast.sort_index(kind="stable").groupby(on_mast)
    many, number = groups.transform("size"), groups.cumcount()
    sectors = to_crowns(-(-many // per_sector) * book.radio_sector.base)
    share = sectors // many + (number < sectors % many)
    price[table.index.get_indexer(share.index)] += share.to_numpy(np.int64)
    return price


def _measure(technology: pd.Series, study: Study) -> tuple[pd.Series, pd.Series]:
    """Return the speed that each technology gives, and whether that meets the target of the plan."""
    choice, target = study.technology, study.plan_target
    mbps = {
        "fibre": study.coverage.passed_mbps,
        "radio": choice.radio_mbps,
        "satellite": choice.satellite_mbps,
    }
    down = technology.map(mbps).astype("float64")
    meets = down >= (study.gaps.down_mbps if target is None else target.down_mbps)
    return down, meets & ((technology != "satellite") | choice.satellite_counts)
