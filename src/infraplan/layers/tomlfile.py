"""TOML files to frozen values: every mistake becomes one line that names the file, the key and the remedy."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from infraplan.bundled import bundled
from infraplan.errors import StudyError

Model = TypeVar("Model", bound=BaseModel)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; a byte-order mark is no fault.

    Raises
    ------
    StudyError
        The file is not UTF-8, not TOML, or cannot be opened.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError("not_text", file=path) from error
    except OSError as error:
        raise StudyError("cannot_open", file=path, problem=error.strerror or str(error)) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at (?:line (\d+)|end of document)", str(error))
        problem, line = found.groups() if found else (str(error), None)
        lines = text.split("\n")
        number = int(line or len(lines))
        # A backslash within quotation marks begins a sign of its own: the paths of Windows do not fit there.
        key = "backslash_in_toml" if "\\" in lines[number - 1] else "not_toml"
        raise StudyError(key, file=path, line=str(number), problem=problem) from error


def find_file(
    name_or_path: str | Path,
    folder: str,
    *,
    key: str,
    prefix: str = "",
    like: str = "*",
    relative_to: Path | None = None,
) -> Path:
    """Return where a file of prices or rules is that a study names: a path of its own, or a bundled one.

    A path is told from a name by its suffix ``.toml``, and starts from ``relative_to`` or the working folder.

    Parameters
    ----------
    key
        Where a study names it, as in ``[mobile] rules``.
    prefix
        What the names of bundled files begin with; a study leaves it out.
    like
        Pattern of the names, after the prefix, that a reader is told of.

    Raises
    ------
    StudyError
        There is no such file.
    """
    path = Path(name_or_path)
    its_own = path.suffix.casefold() == ".toml"
    found = (relative_to or Path()) / path if its_own else bundled(folder, f"{prefix}{path.name}.toml")
    if not found.is_file():
        names = sorted(
            file.stem.removeprefix(prefix) for file in bundled(folder).glob(f"{prefix}{like}.toml")
        )
        raise StudyError("no_such_file", key=key, name=str(name_or_path), found=", ".join(names))
    return found


def build(model: type[Model], raw: Mapping[str, Any], file: Path) -> Model:
    """Make a model of what a file says.

    Raises
    ------
    StudyError
        The first thing that the model does not take.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        # A key that is missing is often one that is misspelt: what is there and wrong comes first.
        first = min(error.errors(include_url=False), key=lambda mistake: mistake["type"] == "missing")
        raise _translate(first, model, file, _as_written(first["loc"], raw)) from error


def _as_written(location: tuple[int | str, ...], raw: Any) -> tuple[int | str, ...]:
    """Leave out of a value's place the numbers of lists that the file does not write: one table of one."""
    written: list[int | str] = []
    at = raw
    for part in location:
        if isinstance(part, int) and not isinstance(at, list):
            continue
        written.append(part)
        inside = at.get(part) if isinstance(at, Mapping) else None
        at = at[part] if isinstance(at, list) and isinstance(part, int) and part < len(at) else inside
    return tuple(written)


def key_name(location: tuple[int | str, ...]) -> str:
    """Write where a value stands as the file does.

    >>> key_name(("layers", "roads", "path")), key_name(("targets", 1, "share")), key_name(("study",))
    ('[layers.roads] path', '[[targets]] 2 share', '[study]')
    >>> key_name(("methods", "plough", "base")), key_name(("layers", "roads", 1, "path"))
    ('[methods.plough] base', '[[layers.roads]] 2 path')
    """
    number = next((at for at, part in enumerate(location) if isinstance(part, int)), 0)
    if number == 1 or (number == len(("layers", "NAME")) and location[:1] in _NAMED):
        named = ".".join(map(str, location[:number]))
        head, rest = f"[[{named}]] {int(location[number]) + 1}", location[number + 1 :]
    else:
        depth = min(len(location), 2) if location[:1] in _NAMED else 1
        head, rest = f"[{'.'.join(map(str, location[:depth]))}]", location[depth:]
    return " ".join([head, ".".join(map(str, rest))]).strip()


def nearest(word: str, choices: Sequence[str]) -> str:
    """Return the choice that a word was probably meant to be, or ''."""
    found = get_close_matches(word.casefold(), choices, n=1, cutoff=0.7)
    return found[0] if found else ""


_NAMED = {("layers",), ("methods",), ("overheads",)}
"""Tables of tables: a key in one is named with both."""

_PERCENT = 2
"""From here on a share was meant in per cent; nearer to 1 nobody can tell 1.2 from 120 %."""

_BOUNDS = {"greater_than": ">", "greater_than_equal": "≥", "less_than": "<", "less_than_equal": "≤"}

# pydantic's name for a mistake -> our error's name for what belongs there.
_WANTED = {
    "path": "text",
    "string": "text",
    "int": "whole_number",
    "float": "number",
    "finite": "number",
    "bool": "yes_or_no",
    "date": "date",
    "tuple": "list",
    "dict": "table",
    "model": "table",
}


# What pydantic adds to a key's place: "this is the key itself", and the branch of a choice of types.
_INNER = re.compile(r"\[key\]|str|int|float|bool|(tuple|literal)\[.*")


def _translate(
    error: ErrorDetails, model: type[BaseModel], file: Path, location: tuple[int | str, ...]
) -> StudyError:
    kind, value = error["type"], error["input"]
    context = {k: f"{v:.15g}" if isinstance(v, float) else v for k, v in error.get("ctx", {}).items()}
    key = key_name(tuple(part for part in location if not _INNER.fullmatch(str(part))))
    if not (_is_table(model, location) or (kind != "missing" and isinstance(value, dict | list))):
        key = key.strip("[]")
    if kind == "extra_forbidden":
        return unknown_name(file, key, str(location[-1]), _keys_at(model, location))
    if kind == "literal_error":
        return unknown_name(file, key, str(value), re.findall(r"'([^']+)'", context["expected"]))
    if kind in _BOUNDS:
        return _out_of_bounds(file, key, value, f"{_BOUNDS[kind]} {next(iter(context.values()))}")
    if kind == "missing" or kind.endswith("too_short"):
        return StudyError("missing_key", file=file, key=key)
    if wanted := _WANTED.get(kind.split("_")[0]):
        return StudyError(f"wants_{wanted}", file=file, key=key, value=repr(value))
    # The models' own rules carry the key of their sentence as their type.
    return StudyError(kind, file=file, key=key, **context)


def _out_of_bounds(file: Path, key: str, value: float, bound: str) -> StudyError:
    if bound == "≤ 1" and _PERCENT <= value <= 100:  # noqa: PLR2004  (per cent)
        return StudyError(
            "share_over_one", file=file, key=key, share=f"{value / 100:g}", percent=f"{value:g}"
        )
    return StudyError("out_of_bounds", file=file, key=key, value=str(value), bound=bound)


def unknown_name(file: Path, key: str, name: str, choices: Sequence[str]) -> StudyError:
    """Return the error for a name that is none of the choices, with the nearest of them."""
    near = nearest(name, choices)
    if near:
        return StudyError("misspelt", file=file, key=key, name=name, near=near)
    return StudyError("unknown_name", file=file, key=key, name=name, found=", ".join(choices))


def _keys_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the keys that the model knows where an unknown one was found."""
    at = model
    for part in location[:-1]:
        field = at.model_fields.get(str(part))
        at = next(_models(field.annotation), at) if field else at
    return list(at.model_fields)


def _is_table(model: type[BaseModel], location: Sequence[int | str]) -> bool:
    """Tell whether a value stands in a table, or should have been one, rather than alone at the top."""
    field = model.model_fields.get(str(location[0])) if location else None
    return len(location) > 1 or (field is not None and any(_models(field.annotation)))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
