"""The page on what tables hold, made of their contracts: ``python tests/tables_page.py > docs/tables.md``."""

import sys
from collections.abc import Iterable

from infraplan import tables
from infraplan.layers.catalog import CATALOG
from infraplan.planning.package import CONTRACTS

PLAN = {
    "projects": tables.PROJECTS,
    "phases": tables.PHASES,
    "bill": tables.BILL,
    "cabinets": tables.CABINETS,
    **CONTRACTS,
    "routes": tables.ROUTES,
    "served": tables.SERVED,
    "unserved": tables.UNSERVED,
    "white_spots": tables.WHITE_SPOTS,
    "white_spot_areas": tables.WHITE_SPOT_AREAS,
    "targets": tables.TARGETS,
}
FIGURES = {name: table for name, table in tables.FIGURES.items() if name not in tables.BY_PREMISES}


def draw(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Draw a table of Markdown."""
    lines = [list(heads), ["---"] * len(list(heads)), *map(list, rows)]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)


def build() -> str:
    """Return the page."""
    parts = [
        "# Tables: what goes in and what comes out",
        "Made of the programme's own lists; a test holds this page against them. Kronor are whole, metres geodesic; an unknown number is an empty cell.",
        "## What a run leaves",
        "As CSV files and as layers of `plan.gpkg` (`routes`, `served` and `unserved` there alone; `routes` also as GeoJSON). What is known of each premises stands in `facts.parquet`: the columns of `best` and `mobile_premises`, and for each service `grocery_km`, `grocery_min`, `grocery_second_km`, …: an indicator's rule may name them all.",
    ]
    for name, contract in {**PLAN, **FIGURES}.items():
        rows = [
            (
                f"`{c.name}`",
                c.unit,
                _about(c.about, c.choices),
            )
            for c in contract.columns
        ]
        parts += [f"### {name}", f"A row by `{contract.key}`.", draw(("column", "unit", "what"), rows)]
    parts.append("## What is known of each premises")
    for name in tables.BY_PREMISES:
        contract = tables.FIGURES[name]
        rows = [(f"`{c.name}`", c.unit, _about(c.about, c.choices)) for c in contract.columns]
        parts += [f"### {name}", f"A row by `{contract.key}`.", draw(("column", "unit", "what"), rows)]
    parts += [
        "## What goes in",
        "The layers that a study can have, and their columns by our names; `[layers.NAME] columns` maps those of a file to them. Bold ones are required.",
    ]
    for kind in CATALOG.values():
        rows = [
            (
                f"**`{f.name}`**" if f.required else f"`{f.name}`",
                "–" if f.required else _default(f.default),
                _about(f.about, f.choices),
            )
            for f in kind.fields
        ]
        parts += [
            f"### {kind.name}",
            f"{', '.join(kind.shapes)}{f'; named by `{kind.key}`' if kind.key else ''}.",
        ]
        parts += [draw(("column", "where missing", "what"), rows)] if rows else []
    return "\n\n".join(parts) + "\n"


def _about(about: str, choices: tuple[str, ...]) -> str:
    named = ", ".join(filter(None, choices))
    return f"{about} ({named})" if named else about


def _default(value: object) -> str:
    return "unknown" if value != value else "empty" if value == "" else str(value)  # noqa: PLR0124  (NaN)


if __name__ == "__main__":
    sys.stdout.write(build())
