"""The manifest: from what, with what and how a run's figures came about, so that they can be made again."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pyproj
import shapely

from infraplan.config import Level, Study
from infraplan.coverconfig import Published
from infraplan.layers.studyfile import layer_of
from infraplan.outputs.cells import plain, plain_rows
from infraplan.outputs.results import Covered, Results
from infraplan.planning.model import Plan
from infraplan.tables import BY_PREMISES

NOT_FOR_EXCAVATION = "Not approved for excavation: use Ledningskollen."
FORMAT = 1
"""Raised when a key changes its meaning."""

_FIGURES = ("base", "connected", "orderable", "passed_estimated", "planned", "passed_m", "reached", "share")
_ASKED = ("target", "unit", "decides", "counts", "down_mbps", "target_share", "missing", "met")
_LIBRARIES = ("geopandas", "numpy", "pandas", "scipy", "shapely", "pyproj", "pyogrio", "folium")


def build(about: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the manifest of a run whose files lie in ``folder``, from ``describe_run``.

    Two runs of the same study on the same versions differ in ``started`` and ``seconds`` alone.
    """
    return {**about, "outputs": {path.name: _checksum(path) for path in sorted(folder.iterdir())}}


def describe_run(results: Covered) -> dict[str, Any]:
    """Return all that the manifest says of a run but what files it left."""
    return {
        "infraplan_manifest": FORMAT,
        "study": results.study.study.name,
        "started": results.started,
        "seconds": results.seconds,
        "level": results_level(results),
        "not_for_excavation": NOT_FOR_EXCAVATION,
        "inputs": _inputs(results.layers.sources),
        "published": [_published(table, results.study) for table in results.study.published],
        "parameters": _parameters(results.study),
        **({"cost_book": results.book.model_dump(mode="json")} if isinstance(results, Results) else {}),
        "versions": _versions(),
        "counts": _counts(results),
        "totals": totals(results),
        "undrawn": sorted(str(name) for name in results.layers.rasters),
    }


def provenance(results: Covered) -> dict[str, Any]:
    """Return what every file says of itself: its level, what is modelled, what is assumed."""
    sources = results.layers.sources
    return {
        "level": results_level(results),
        "modelled_layers": name_modelled(results),
        "assumptions": {str(k): str(v) for k, v in sources["assumption"].items() if v},
        "not_for_excavation": NOT_FOR_EXCAVATION,
    }


def name_modelled(results: Covered) -> list[str]:
    """Return the layers that are modelled rather than real."""
    sources = results.layers.sources
    return list(dict.fromkeys(map(layer_of, sources.index[sources["modelled"].astype(bool)])))


def to_json(manifest: dict[str, Any]) -> str:
    """Write a manifest as text."""
    return json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def totals(results: Covered) -> dict[str, Any]:
    """Return the figures that a council asks for."""
    found = coverage_totals(results.premises, results.targets, results.white_spots, results.white_spot_areas)
    if not isinstance(results, Results):
        return found
    effect = results.package.effect
    return found | {"plan": _plan(results.plan) | {"effect": plain_rows(effect, list(effect.columns))}}


def plan_figures(results: Results) -> dict[str, list[dict[str, Any]]]:
    """Return the plan's tables that are read row by row, without shapes and without rows by premises."""
    names = (
        "projects",
        "target_plans",
        "curve",
        "permits",
        "codigging",
        "support",
        "risk",
        "alternatives",
        "rings",
    )
    found = {}
    for name in names:
        table = results.plan_tables[name]
        flat = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).reset_index()
        found[name] = plain_rows(flat, list(flat.columns))
    return found


def coverage_totals(
    premises: pd.DataFrame, targets: pd.DataFrame, white_spots: pd.DataFrame, areas: pd.DataFrame
) -> dict[str, Any]:
    """Return the figures that are known before any plan."""
    of_study = targets[targets["zone_kind"] == "study"]
    return {
        "premises": _sums(premises),
        "white_spots": {**_sums(white_spots), "areas": len(areas)},
        "targets": plain_rows(of_study, [*_ASKED, *_FIGURES]),
    }


def figure_rows(figures: Mapping[str, pd.DataFrame]) -> dict[str, list[dict[str, Any]]]:
    """Return the figures that are read row by row: those of the whole study where a table has many zones.

    Tables by premises, by cell and of protected buildings stay in their files.
    """
    found = {}
    for name, table in figures.items():
        if name in _TOO_LONG:
            continue
        by_zone = "zone_kind" in table.columns and name not in _OVER_YEARS
        rows = table[table["zone_kind"] == "study"] if by_zone else table
        flat = pd.DataFrame(rows.drop(columns="geometry", errors="ignore"))
        found[name] = plain_rows(flat, list(flat.columns))
    return found


_OVER_YEARS = ("compared", "series", "breaks", "pace", "changes")
"""What has been published is about municipalities, not about the study."""
_TOO_LONG = (*BY_PREMISES, "cells", "digital", "mobile_white_spots", "disagreements", "public")


def results_level(results: Covered) -> Level:
    """Return who may see the results: whoever may see the most sensitive input; internal where none says."""
    found = set(results.layers.sources["level"]) | ({"internal"} if len(results.protected) else set())
    levels: tuple[Level, ...] = ("internal", "restricted", "public")
    return next((level for level in levels if level in found), "internal")


def _sums(table: pd.DataFrame) -> dict[str, int]:
    return {
        "premises": len(table),
        "households": int(table["households"].sum()),
        "workplaces": int(table["workplaces"].sum()),
    }


def _plan(plan: Plan) -> dict[str, Any]:
    routes = plan.routes
    metres = routes.groupby(["existing", "method"], sort=True)["length_m"].sum()
    return {
        "goal": plan.goal.kind,
        "method": plan.method,
        "aim": plain(plan.goal.needed),
        "forced": len(plan.goal.forced),
        "excluded": len(plan.goal.excluded),
        "reached_goal": plan.reached_goal,
        "cost_low_sek": plan.cost_low_sek,
        "cost_sek": plan.cost_sek,
        "cost_high_sek": plan.cost_high_sek,
        "network_sek": plan.network_sek,
        "network_bound_sek": plan.network_bound_sek,
        "network_gap": plain(plan.network_gap),
        "lower_bound_sek": plan.lower_bound_sek,
        "most_households": plan.most_households,
        "gap": plain(plan.gap),
        "search_ended": plan.ended,
        "metres": round(float(routes["length_m"].sum()), 1),
        "metres_by_method": [
            {"existing": existing, "method": method, "metres": round(float(value), 1)}
            for (existing, method), value in metres.items()
        ],
        "projects": len(plan.projects),
        "phases": plain_rows(plan.phases.reset_index(), ["phase", *plan.phases.columns]),
        "bill": _bill(plan.bill),
        "overfull_ducts": list(plan.overfull),
        "served": _sums(plan.served),
        "unserved": _sums(plan.unserved),
        "unserved_by_reason": {
            str(reason): _sums(rows) for reason, rows in plan.unserved.groupby("reason", sort=True)
        },
    }


def _bill(bill: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what each item comes to in the whole plan."""
    columns = ["cost_low_sek", "cost_sek", "cost_high_sek", "material_sek", "labour_sek"]
    sums = bill.groupby("item", sort=False)[columns].sum().reset_index()
    return plain_rows(sums, ["item", *columns])


def _published(table: Published, study: Study) -> dict[str, Any]:
    """Return where a published table is from: it is held against the figures, and none is made of it."""
    told = {"name": table.name, "path": _from_study(str(table.path), study)}
    return told | {"source": table.source, "licence": table.licence} | _checksum(table.path)


def _inputs(sources: pd.DataFrame) -> list[dict[str, Any]]:
    rows = plain_rows(sources.drop(columns="defaults"), sources.columns.drop("defaults"))
    return [
        {"layer": str(layer), **row, "defaults": list(defaults)}
        for layer, row, defaults in zip(sources.index, rows, sources["defaults"], strict=True)
    ]


def _parameters(study: Study) -> dict[str, Any]:
    parameters = study.model_dump(mode="json", exclude={"file"})
    for name, files in parameters["layers"].items():
        for layer in files:
            layer["path"] = _from_study(layer["path"], study)
        # As a study file writes it: one table, or several.
        parameters["layers"][name] = files[0] if len(files) == 1 else files
    parameters["costs"]["book"] = _from_study(parameters["costs"]["book"], study)
    for table in parameters["published"]:
        table["path"] = _from_study(table["path"], study)
    earlier = parameters["progress"]["earlier"]
    parameters["progress"]["earlier"] = [_from_study(folder, study) for folder in earlier]
    return parameters


def _from_study(path: str, study: Study) -> str:
    """Write an absolute path as seen from the study file: the manifest says nothing about the machine."""
    if study.file is None or not Path(path).is_absolute():
        return path
    return Path(os.path.relpath(path, study.file.parent)).as_posix()


def _versions() -> dict[str, str]:
    found = {"infraplan": _version("infraplan"), "python": platform.python_version()}
    native = {
        "GDAL": pyogrio.__gdal_version_string__,
        "GEOS": shapely.geos_version_string,
        "PROJ": pyproj.proj_version_str,
    }
    return {**found, **{name: _version(name) for name in _LIBRARIES}, **native}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # run from a checkout that is not installed
        return ""


def _counts(results: Covered) -> dict[str, Any]:
    faults = results.faults
    read = results.layers.counts
    return {
        "layers": {str(name): row for name, row in zip(read.index, plain_rows(read, read), strict=True)},
        "zones": len(results.zones),
        "service": len(results.service),
        "targets": len(results.targets),
        **({"routes": len(results.plan.routes)} if isinstance(results, Results) else {}),
        "faults": len(faults),
        "faults_without_place": int((faults.geometry.isna() | faults.geometry.is_empty).sum()),
        "faults_by_severity": {
            str(k): int(n) for k, n in faults["severity"].value_counts().sort_index().items()
        },
    }


def _checksum(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": checksum(path)}


def checksum(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
