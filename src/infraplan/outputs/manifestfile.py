"""The manifest read back: held against what is asked of it before anything leans on it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infraplan.config import Level
from infraplan.errors import OutputError
from infraplan.outputs.manifest import FORMAT
from infraplan.words import Language

Said = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    """Part of a manifest, which may hold more than is asked of it."""

    model_config = ConfigDict(extra="ignore")


class _File(_Part):
    sha256: str


class _Input(_Part):
    layer: Said
    source: str
    licence: str
    date: str
    level: Level
    modelled: bool
    assumption: str


class _Study(_Part):
    name: Said
    crs: Said
    language: Language
    year: int
    municipalities: list[str]


class _Parameters(_Part):
    study: _Study
    coverage: dict[str, Any]


class _Versions(_Part):
    infraplan: str


class _Manifest(_Part):
    study: Said
    started: datetime
    not_for_excavation: str
    inputs: list[_Input]
    undrawn: list[str]
    parameters: _Parameters
    versions: _Versions
    totals: dict[str, dict[str, Any] | list[dict[str, Any]]]
    cost_book: dict[str, Any] | None = None
    outputs: dict[str, _File]


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a finished run.

    Raises
    ------
    OutputError
        There is none, it is of another version, or it is damaged: no JSON, or not what a run writes.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise OutputError("no_run", folder=path.parent) from None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, " ".join(str(error).split())) from None
    if not isinstance(found, dict):
        raise _damaged(path, "{…} ≠ " + type(found).__name__)
    if found.get("infraplan_manifest") != FORMAT:
        raise OutputError("other_version", folder=path.parent)
    try:
        _Manifest.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _damaged(path, f"{where}: {first['msg']}") from None
    return found


def _damaged(path: Path, problem: str) -> OutputError:
    return OutputError("manifest_damaged", file=path, problem=problem)
