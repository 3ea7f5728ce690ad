"""What a paper does not tell: named with its reason, never filled."""

from collections.abc import Iterable

from infraplan.outputs.report.document import Omitted
from infraplan.outputs.report.paper import Missing, Paper

_OF_PLAN = (
    "plan", "projects", "phases", "bill", "curve", "support", "risk", "alternatives", "target_plans",
    "permits", "codigging", "rings", "effect", "unserved", "technology",
)  # fmt: skip
"""Tables that only a study with a plan has."""


def missing(paper: Paper, what: str, why: str = "") -> Missing:
    """Return what is not told, with the reason that its edition suggests where none is given."""
    if why:
        return Missing(what, why)
    if what in _OF_PLAN and not paper.edition.has_plan:
        return Missing(what, "no_plan")
    return Missing(what, "no_data" if paper.edition.level == "internal" else "not_here")


def tell_omitted(paper: Paper, left_out: Iterable[Missing]) -> Omitted | None:
    """Return what is left out, each thing once in the order of the chapters; None where nothing is."""
    first: dict[str, Missing] = {}
    for item in left_out:
        first.setdefault(item.what, item)
    items = tuple(
        (paper.say(f"reportmissing.what.{what}"), paper.say(f"reportmissing.why.{item.why}"))
        for what, item in first.items()
    )
    return Omitted(items) if items else None
