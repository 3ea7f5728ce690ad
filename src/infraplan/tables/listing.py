"""The tables of figures that a run leaves beside its plan, by name, in the order in which they are told."""

from collections.abc import Mapping

from infraplan.tables.contract import Contract
from infraplan.tables.fixed import BEST, CELLS, COMPARED, OBSERVED, OFFICIAL, STATE_AID, SWITCHBOARD
from infraplan.tables.measures import INDICATORS, SPREAD
from infraplan.tables.mobile import (
    DISAGREEMENTS,
    MEASURED,
    MOBILE,
    MOBILE_GAPS,
    MOBILE_OPERATORS,
    MOBILE_PREMISES,
    MOBILE_WHITE_SPOTS,
)
from infraplan.tables.progress import BROKEN, CHANGED, PACE, SERIES
from infraplan.tables.services import (
    CLOSURES,
    DIGITAL,
    DISTANCES,
    PUBLIC,
    PUBLIC_SHARES,
    SERVICE_SHARES,
    SITING,
)

FIGURES: Mapping[str, Contract] = {
    contract.name: contract
    for contract in (
        OFFICIAL,
        SWITCHBOARD,
        STATE_AID,
        CELLS,
        COMPARED,
        OBSERVED,
        SERIES,
        BROKEN,
        PACE,
        CHANGED,
        MOBILE,
        MOBILE_OPERATORS,
        MOBILE_WHITE_SPOTS,
        MOBILE_GAPS,
        MEASURED,
        DISAGREEMENTS,
        PUBLIC,
        PUBLIC_SHARES,
        SERVICE_SHARES,
        CLOSURES,
        DIGITAL,
        SITING,
        INDICATORS,
        SPREAD,
        BEST,
        MOBILE_PREMISES,
        DISTANCES,
    )
}
BY_PREMISES = ("best", "mobile_premises", "distances")
"""Tables of a row or more a premises: they become columns of one table of facts, not files of their own."""
