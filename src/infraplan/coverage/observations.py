"""What people on the spot have seen, held against what operators declare.

Declared data is never overwritten: the table of observations shows each beside every declared offer that it
concerns. Only confirmed observations change what is counted.
"""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from infraplan import tables
from infraplan.config import Study
from infraplan.coverage.about import find_about
from infraplan.coverage.counting import find_positions
from infraplan.coverage.offers import stack
from infraplan.coverage.reliable import Bools
from infraplan.coverage.seen import Setting, make_found, make_measured
from infraplan.demand.places import Ints
from infraplan.layers import Layers
from infraplan.layers.catalog import TECHNOLOGIES
from infraplan.layers.dates import read_years
from infraplan.layers.faults import faults, gather
from infraplan.layers.technology_rules import TechnologyRules
from infraplan.layers.tomlfile import nearest

_FIXED = ("no_service", "too_slow", "service", "line")
"""What is said of fixed service; what is said of mobile coverage concerns no offer."""
_THERE = ("connected", "orderable")
_NEAR = (*_THERE, "passed_estimated")
"""Statuses of the offers that a line is held against; a plan says nothing of what is there today."""
_OFFER = ["operator", "technology", "status"]


def apply_observations(
    service: pd.DataFrame,
    premises: gpd.GeoDataFrame,
    layers: Layers,
    rules: TechnologyRules,
    study: Study,
) -> tuple[pd.DataFrame, pd.DataFrame, gpd.GeoDataFrame]:
    """Hold observations against declared service; let the confirmed ones count.

    An observation is about the premises that it names, or those at its place within ``coverage.observed_m``
    (``about.find_about``). It concerns the declared offers that are connected or orderable there, of the
    operator and technology that it names, else of any; a line concerns those of fibre declared as passed too.
    Plans and estimates are not contradicted by what is seen today. What confirmed ones do:

    - ``no_service`` withdraws the offers that it concerns;
    - ``too_slow`` withdraws those that claim more than its ``down_mbps``, and puts a row of the measured
      speed in the place of each; without a speed it changes nothing;
    - ``service`` and ``line`` add a row, connected or passed_estimated, where no declared offer says as much.
      Fibre without a speed has ``coverage.passed_mbps``; a line without a technology is fibre.

    One dated after the study's year, or of a technology that is not known, changes nothing. What is withdrawn
    stands in OBSERVED. Whom fibre is estimated to pass is not estimated anew.

    Returns
    -------
    service, observed, faults
        SERVICE: as many rows as before, less the withdrawn, and the added; OBSERVED: a row an observation,
        premises and offer, of all observations; FAULTS.
    """
    table = layers.get("observations")
    if table is None:
        return service, tables.empty(tables.OBSERVED), tables.empty(tables.FAULTS, study.study.crs)
    seen = _read(table, study)
    observation, position = find_about(
        table, premises, seen["fixed"].to_numpy(), reach_m=study.coverage.observed_m
    )
    missed = np.setdiff1d(np.arange(len(seen)), observation)
    nowhere = len(premises)
    about = pd.DataFrame(
        {
            "observation": np.append(observation, missed),
            "position": np.append(position, np.full(len(missed), nowhere)),
        }
    )
    held = _judge(_hold(about, seen, service, premises.index), nowhere=nowhere)
    after = _change(service, held, table, Setting(premises, layers, rules, study))
    found = gather(_remark(table, seen, held, missed, study), study.study.crs)
    return after, _describe(held, premises.index, seen), found


def _read(table: gpd.GeoDataFrame, study: Study) -> pd.DataFrame:
    """Return the observations by position, with whether they are of fixed service, and may count."""
    technology = table["technology"].str.strip().str.casefold()
    future = read_years(table["date"]) > study.study.year
    strange = ~technology.isin(["", *TECHNOLOGIES])
    fixed = table["says"].isin(_FIXED)
    seen = table.drop(columns=table.geometry.name).assign(
        observation_id=table.index,
        operator=table["operator"].str.strip(),
        technology=technology,
        future=future & fixed,
        strange=strange & fixed,
        fixed=fixed,
        counts=table["confirmed"] & ~future & ~strange,
    )
    return pd.DataFrame(seen).reset_index(drop=True)


def _hold(
    about: pd.DataFrame, seen: pd.DataFrame, service: pd.DataFrame, premises_ids: pd.Index
) -> pd.DataFrame:
    """Return a row a pair and declared offer that it concerns, and one where there is none, of row -1."""
    place = find_positions(service["premises_id"], premises_ids)
    asked = np.zeros(len(premises_ids) + 1, dtype=bool)
    asked[about["position"]] = True
    asked[-1] = False
    declared = (service["evidence"] == "declared").to_numpy() & service["status"].isin(_NEAR).to_numpy()
    rows = np.flatnonzero(asked[place] & declared)
    offers = service.iloc[rows][[*_OFFER, "down_mbps"]].astype(dict.fromkeys(_OFFER, "str"))
    offers = offers.assign(position=place[rows], row=rows)
    said = seen[["observation_id", "says", "fixed", "strange", "counts"]].assign(
        said_operator=seen["operator"],
        said_technology=seen["technology"],
        said_mbps=seen["down_mbps"],
        said_up_mbps=seen["up_mbps"],
    )
    about = about.join(said, on="observation")
    pairs = about.merge(offers, on="position")
    pairs = pairs[_concerns(pairs)]
    met = pd.MultiIndex.from_frame(pairs[["observation", "position"]])
    alone = about[~pd.MultiIndex.from_frame(about[["observation", "position"]]).isin(met)]
    alone = alone.assign(**dict.fromkeys(_OFFER, ""), down_mbps=np.nan, row=-1)
    held = pd.concat([pairs, alone[pairs.columns]], ignore_index=True)
    return held.sort_values(["observation", "position", "row"], kind="stable", ignore_index=True)


def _concerns(pairs: pd.DataFrame) -> Bools:
    """Return whether each observation is about each declared offer at its premises."""
    operator, technology = pairs["said_operator"], pairs["said_technology"]
    is_line = pairs["says"] == "line"
    technology = technology.mask(is_line & (technology == ""), "fibre")
    theirs = pairs["operator"].str.strip().str.casefold()
    concerns = (
        pairs["fixed"]
        & ~pairs["strange"]
        & ((operator == "") | (operator.str.casefold() == theirs))
        & ((technology == "") | (technology == pairs["technology"]))
        & (pairs["status"].isin(_THERE) | is_line)
    )
    found: Bools = concerns.to_numpy(dtype=bool)
    return found


def _judge(held: pd.DataFrame, *, nowhere: int) -> pd.DataFrame:
    """Add whether declared data says the same as each observation, and what follows."""
    says, offered = held["says"], held["row"] >= 0
    said, down = held["said_mbps"], held["down_mbps"]
    compared = said.notna() & down.notna()
    silent = ~held["fixed"] | held["strange"] | (held["position"] == nowhere)
    # Service that is seen is confirmed by an offer as fast or faster.
    as_fast = np.select([said.isna(), down.isna(), down >= said], ["yes", "silent", "yes"], "no")
    agrees = np.select(
        [silent, says == "no_service", says == "too_slow", ~offered, says == "line"],
        [
            np.full(len(held), "silent"),
            np.where(offered, "no", "yes"),
            np.where(~compared, "silent", np.where(down > said, "no", "yes")),
            np.full(len(held), "no"),
            np.full(len(held), "yes"),
        ],
        as_fast,
    )
    held = held.assign(agrees=agrees)
    confirmed = (held["agrees"] == "yes").groupby([held["observation"], held["position"]]).transform("any")
    withdraws = offered & (agrees == "no") & says.isin(["no_service", "too_slow"])
    adds = says.isin(["service", "line"]) & ~confirmed & ~silent
    effect = np.select([~held["counts"], withdraws, adds], ["none", "withdraws", "adds"], "none")
    return held.assign(effect=effect)


def _change(
    service: pd.DataFrame, held: pd.DataFrame, table: gpd.GeoDataFrame, setting: Setting
) -> pd.DataFrame:
    """Return service without what is withdrawn and with what is added."""
    withdrawn = held[held["effect"] == "withdraws"]
    adds = held[held["effect"] == "adds"].drop_duplicates(["observation", "position"])
    if withdrawn.empty and adds.empty:
        return service
    left = service.drop(index=service.index[withdrawn["row"].unique()])
    measured = make_measured(service, withdrawn[withdrawn["says"] == "too_slow"])
    found = make_found(adds, table.geometry.iloc[adds["observation"]], setting)
    return stack(setting.premises.index, [left, measured, found])


def _describe(held: pd.DataFrame, premises_ids: pd.Index, seen: pd.DataFrame) -> pd.DataFrame:
    """Return OBSERVED."""
    said = seen.iloc[held["observation"]].reset_index(drop=True)
    observed = held.assign(
        premises_id=np.append(premises_ids.to_numpy(dtype=object), "")[held["position"]],
        **{name: said[name] for name in ("date", "author", "evidence", "confirmed")},
    )
    texts = {column.name: "str" for column in tables.OBSERVED.columns if column.kind == "text"}
    return observed.astype(texts)[tables.OBSERVED.names].rename_axis("row")


def _remark(
    table: gpd.GeoDataFrame, seen: pd.DataFrame, held: pd.DataFrame, missed: Ints, study: Study
) -> Iterator[gpd.GeoDataFrame]:
    """Yield what is odd about observations, and what keeps confirmed ones from counting."""
    nowhere = np.isin(np.arange(len(seen)), missed)
    confirmed = seen["confirmed"]
    adds = np.isin(np.arange(len(seen)), held.loc[held["effect"] == "adds", "observation"])
    silent = adds & (seen["says"] == "service") & (seen["technology"] == "")
    near = [nearest(text, TECHNOLOGIES) or "–" for text in seen["technology"]]
    told = seen.assign(near=near, year=study.study.year, observed_m=study.coverage.observed_m)
    for rule, rows, names in (
        ("observation_of_nothing", seen["says"] == "", []),
        ("observation_nowhere", seen["fixed"] & nowhere, ["observed_m"]),
        ("observation_in_future", seen["future"], ["date", "year"]),
        ("observation_technology_unknown", seen["strange"], ["technology", "near"]),
        (
            "observation_without_speed",
            confirmed & (seen["says"] == "too_slow") & seen["down_mbps"].isna(),
            [],
        ),
        ("observation_without_technology", silent, []),
    ):
        at = np.flatnonzero(rows)
        yield faults(
            rule,
            "observations",
            severity="warning",
            feature_ids=list(table.index[at]),
            shapes=list(table.geometry.iloc[at]),
            crs=study.study.crs,
            values=[dict(zip(names, row, strict=True)) for row in told.iloc[at][names].to_numpy(object)],
        )
