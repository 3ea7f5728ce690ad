"""All that a council and a builder ask of a plan, beside the plan itself."""

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from infraplan import tables
from infraplan.layers.support_rules import SupportRules
from infraplan.network import Attachment
from infraplan.planning.alternatives import find_alternatives
from infraplan.planning.curve import build_curve, price_premises
from infraplan.planning.effect import count_effect
from infraplan.planning.model import Effort, Plan, Setting
from infraplan.planning.optics import check_optics
from infraplan.planning.permits import list_codigging, list_permits
from infraplan.planning.plan import reprice
from infraplan.planning.reach import plan_targets
from infraplan.planning.rings import find_important, price_rings
from infraplan.planning.risk import sample_costs
from infraplan.planning.support import apply_support
from infraplan.planning.technology import choose_technology


@dataclass(frozen=True)
class Package:
    """Tables of the contracts of these names."""

    effect: pd.DataFrame
    optics: pd.DataFrame
    permits: pd.DataFrame
    codigging: pd.DataFrame
    support: pd.DataFrame
    risk: pd.DataFrame
    alternatives: gpd.GeoDataFrame
    rings: gpd.GeoDataFrame
    target_plans: pd.DataFrame
    curve: pd.DataFrame
    technology: pd.DataFrame


_DECIDED = ("existing", "duct_id", "room", "rent_sek_m", "works_id", "works_share")
"""Of an edge, what planning may have decided otherwise than the survey."""

CONTRACTS = {
    "effect": tables.EFFECT,
    "optics": tables.OPTICS,
    "permits": tables.PERMITS,
    "codigging": tables.CODIGGING,
    "support": tables.SUPPORT,
    "risk": tables.RISK,
    "alternatives": tables.ALTERNATIVES,
    "rings": tables.RINGS,
    "target_plans": tables.TARGET_PLANS,
    "curve": tables.CURVE,
    "technology": tables.TECHNOLOGY,
}


def build_package(
    plan: Plan,
    attachment: Attachment,
    candidates: pd.DataFrame,
    setting: Setting,
    *,
    rules: SupportRules | None,
    effort: Effort,
) -> Package:
    """Make every table that follows from a plan, and hold each against its contract.

    Parameters
    ----------
    attachment, candidates
        What the plan was made on, and for whom.
    rules
        Of public support; None for a study that asks for none.
    """
    study, book = setting.study, setting.book
    paid = _price_as_built(plan, attachment, setting)
    known = (setting.premises, setting.service, setting.zones, study, book)
    package = Package(
        effect=count_effect(plan.served, setting.premises, setting.service, study),
        optics=check_optics(plan.routes, plan.served, attachment.roots, study),
        permits=list_permits(plan.routes, setting.areas, book, study),
        codigging=_list_codigging(plan, setting),
        support=_apply_support(plan, setting, rules),
        risk=sample_costs(
            plan.bill,
            plan.projects,
            study,
            gain=plan.goal.count_gain(plan.served).groupby(plan.served["project_id"]).sum(),
        ),
        alternatives=find_alternatives(plan, paid, candidates, setting, effort=effort),
        rings=_price_rings(plan, paid, setting),
        target_plans=plan_targets(attachment, *known, effort=effort, plan=plan),
        curve=build_curve(attachment, *known, effort=effort),
        technology=_choose_technology(plan, paid, candidates, setting, effort),
    )
    for name, contract in CONTRACTS.items():
        tables.check(getattr(package, name), contract, crs=study.study.crs)
    return package


def _price_as_built(plan: Plan, attachment: Attachment, setting: Setting) -> Attachment:
    """Return the attachment at the prices that the plan pays on its edges.

    Ducts that were too full and works that come at another time are not shared: other plans and prices of
    premises would else be told at prices that the plan itself could not keep. Targets are asked about
    without the plan's phases, so that no bound of theirs is too high.
    """
    decided = {name: plan.routes[name] for name in _DECIDED}
    return reprice(attachment, plan.routes.index, decided, setting.book, setting.study.design)


def _list_codigging(plan: Plan, setting: Setting) -> pd.DataFrame:
    works = setting.layers.get("planned_works")
    nothing: pd.DataFrame = tables.empty(tables.CODIGGING)
    if works is None:
        return nothing
    first = setting.study.first_build_year
    return list_codigging(plan.routes, works, setting.book, setting.study, first_year=first)


def _apply_support(plan: Plan, setting: Setting, rules: SupportRules | None) -> pd.DataFrame:
    nothing: pd.DataFrame = tables.empty(tables.SUPPORT)
    if rules is None:
        return nothing
    return apply_support(plan.bill, plan.projects, plan.routes, plan.served, setting.white_spots, rules)


def _price_rings(plan: Plan, attachment: Attachment, setting: Setting) -> gpd.GeoDataFrame:
    graph, study, layers = attachment.graph, setting.study, setting.layers
    important = find_important(
        graph,
        plan.routes,
        plan.served,
        plan.cabinets,
        attachment.roots,
        layers.get("fibre_nodes"),
        layers.get("public_buildings"),
        study,
    )
    return price_rings(graph, plan.routes, plan.served, attachment.roots, important, setting.book, study)


def _choose_technology(
    plan: Plan, attachment: Attachment, candidates: pd.DataFrame, setting: Setting, effort: Effort
) -> pd.DataFrame:
    fibre_sek = price_premises(attachment, candidates, setting.book, effort=effort)
    return choose_technology(
        setting.premises.loc[candidates.index],
        plan.served,
        plan.unserved,
        fibre_sek,
        setting.layers.get("masts"),
        setting.layers.mosaic("elevation"),
        setting.study,
        setting.book,
    )
