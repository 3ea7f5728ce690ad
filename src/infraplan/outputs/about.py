"""What every file that leaves the house says of itself."""

from typing import Any

from infraplan.outputs.edition import Edition
from infraplan.outputs.manifest import NOT_FOR_EXCAVATION


def describe(edition: Edition) -> dict[str, Any]:
    """Return study, level, dates of the sources, what is modelled, and that nobody may dig by it."""
    inputs = edition.about.get("inputs", [])
    return {
        "study": edition.about.get("study", edition.study["name"]),
        "level": edition.level,
        "run_started": edition.about.get("started", ""),
        "vintages": {row["layer"]: row.get("date") or "" for row in inputs},
        "modelled_layers": [row["layer"] for row in inputs if row.get("modelled")],
        "not_for_excavation": edition.about.get("not_for_excavation", NOT_FOR_EXCAVATION),
    }
