"""A file's columns to the catalogue's: names, values, types, limits, defaults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from infraplan.config import Layer
from infraplan.errors import LayerError
from infraplan.layers.catalog import Field, LayerKind
from infraplan.layers.parse import cell_text, is_blank, to_dates, to_flags, to_numbers, to_text
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import closest, listed

COUNTS = ("households", "workplaces", "population")
"""What is counted: a value that cannot be is no small matter, so its row is set aside."""

_DATES = ("date", "start", "end", "planned_by")
_WHOLE = ("premises", "buildings", "addresses")  # rows that are one place each: no half households


@dataclass(frozen=True)
class Mapped:
    """The columns of a layer: the catalogue's, then what travels along; ``ids`` is '' where the file has none."""

    frame: pd.DataFrame
    ids: pd.Series
    defaults: tuple[str, ...]


def find_columns(frame: pd.DataFrame, layer: Layer, kind: LayerKind) -> dict[str, str]:
    """Return our names -> the file's: those that the study maps, then those that are called the same.

    Raises
    ------
    LayerError
        The study names a column that the file does not have.
    """
    found = {
        ours: _find(theirs, frame, layer, f"columns.{ours}", kind) for ours, theirs in layer.columns.items()
    }
    folded = {column.casefold(): column for column in reversed(frame.columns)}
    for ours in (*(field.name for field in kind.fields), kind.key):
        if ours and ours not in found and ours in folded:
            found[ours] = ours if ours in frame.columns else folded[ours]
    return found


def find_left_out(frame: pd.DataFrame, layer: Layer, kind: LayerKind) -> Mask:
    """Tell which rows the study's ``where`` leaves out, shape (n,).

    Raises
    ------
    LayerError
        The study names a column that the file does not have.
    """
    left_out = np.zeros(len(frame), dtype=bool)
    for theirs, kept in layer.where.items():
        column = _find(theirs, frame, layer, "where", kind)
        left_out |= ~to_text(frame[column]).isin([cell_text(value) for value in kept]).to_numpy(dtype=bool)
    return left_out


def map_columns(
    frame: pd.DataFrame, found: Mapping[str, str], layer: Layer, kind: LayerKind, sieve: Sieve
) -> Mapped:
    """Return the catalogue's columns with their types, and what else the file carries.

    Cells that cannot be what the catalogue says become findings in the sieve.

    Raises
    ------
    LayerError
        The file lacks a required column.
    """
    columns: dict[str, pd.Series] = {}
    defaults = []
    for field in kind.fields:
        if field.name in found:
            cells = _translate(frame[found[field.name]], layer.values.get(field.name, {}))
            columns[field.name] = _READERS[field.kind](cells, field, kind, sieve)
        elif field.required:
            values = {"file": layer.path, "key": f"[layers.{kind.name}] columns", "column": field.name}
            raise LayerError("missing_column", **values, found=listed(list(frame.columns)))
        else:
            columns[field.name] = _default(field, frame.index)
            defaults.append(field.name)
    ids = (
        to_text(frame[found[kind.key]])
        if kind.key in found
        else pd.Series("", index=frame.index, dtype="str")
    )
    columns |= _rest(frame, found, {*columns, kind.key, "geometry", ""})
    return Mapped(pd.DataFrame(columns, index=frame.index), ids, tuple(defaults))


def _find(theirs: str, frame: pd.DataFrame, layer: Layer, section: str, kind: LayerKind) -> str:
    if theirs in frame.columns:
        return theirs
    names = [str(name) for name in frame.columns]
    folded = {cell_text(name).casefold(): name for name in reversed(names)}
    wanted = cell_text(theirs).casefold()
    if wanted not in folded:
        values: dict[str, Any] = {
            "file": layer.path,
            "key": f"[layers.{kind.name}] {section}",
            "asked": theirs,
        }
        raise LayerError("no_such_column", **values, near=closest(theirs, names), found=listed(names))
    return folded[wanted]


def _rest(frame: pd.DataFrame, found: Mapping[str, str], taken: set[str]) -> dict[str, pd.Series]:
    """Return what travels along, under the study's name for it or its own; a name that is taken gets a tail."""
    named = {theirs: ours for ours, theirs in found.items() if ours not in taken}
    used = set(found.values()) - set(named)
    rest: dict[str, pd.Series] = {}
    for column in frame.columns:
        if column in used:
            continue
        name = named.get(column, column)
        while name in taken or name in rest:
            name = f"{name}_file"
        rest[name] = frame[column]
    return rest


def _translate(values: pd.Series, mapping: Mapping[str, Any]) -> pd.Series:
    """Replace their values by ours; the others stay."""
    if not mapping:
        return values
    ours = {cell_text(theirs): cell_text(value) for theirs, value in mapping.items()}
    text = to_text(values)
    return text.map(ours).fillna(text).astype("str")


def _default(field: Field, index: pd.Index) -> pd.Series:
    dtypes = {"text": "str", "float": "float64", "int": "int64", "bool": "bool", "any": "object"}
    blank = {"text": "", "float": np.nan, "int": 0, "bool": False, "any": None}
    value = blank[field.kind] if field.default is None else field.default
    return pd.Series(value, index=index, dtype=dtypes[field.kind])


def _read_text(values: pd.Series, field: Field, kind: LayerKind, sieve: Sieve) -> pd.Series:
    text = to_text(values)
    blank = text == ""
    if field.name in _DATES:
        dates = to_dates(text)
        sieve.find("not_a_date", _mask(~blank & (dates == "")), column=field.name, value=_array(text))
        text, blank = dates, dates == ""
    if field.choices:
        known = text.str.casefold()
        strange = ~blank & ~known.isin(field.choices)
        values_named = {"column": field.name, "value": _array(text), "default": str(field.default)}
        sieve.find("unknown_value", _mask(strange), **values_named, choices=", ".join(field.choices))
        text, blank = known, blank | strange
    _require(blank, field, sieve)
    return text.where(~blank, str(field.default or ""))


def _read_number(values: pd.Series, field: Field, kind: LayerKind, sieve: Sieve) -> pd.Series:
    text = to_text(values)
    numbers = to_numbers(values)
    blank = is_blank(text)
    named = {"column": field.name, "value": _array(text)}
    sieve.find("not_a_number", _mask(numbers.isna() & ~blank), **named)
    numbers = _limit(numbers, field, sieve, named)
    halves = numbers.notna() & (numbers % 1 != 0)
    if field.kind == "int" or (field.name in COUNTS and kind.name in _WHOLE):
        sieve.find("not_whole", _mask(halves), **named)
        numbers = numbers.where(~halves, np.floor(numbers + 0.5))
    _require(numbers.isna(), field, sieve)
    if field.kind == "int":
        return numbers.fillna(float(field.default or 0)).astype("int64")
    return numbers


def _limit(numbers: pd.Series, field: Field, sieve: Sieve, named: Mapping[str, Any]) -> pd.Series:
    low = pd.Series(False, index=numbers.index) if field.minimum is None else numbers < field.minimum
    high = pd.Series(False, index=numbers.index) if field.maximum is None else numbers > field.maximum
    if field.name in COUNTS:
        sieve.find("negative_count", _mask(low), **named)
        sieve.find("absurd_count", _mask(high), **named, limit=field.maximum)
    else:
        bounds = {"low": _bound(field.minimum), "high": _bound(field.maximum)}
        sieve.find("beyond_limit", _mask(low | high), **named, **bounds)
    return numbers.where(~(low | high))


def _bound(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _read_flag(values: pd.Series, field: Field, kind: LayerKind, sieve: Sieve) -> pd.Series:
    text = to_text(values)
    flags = to_flags(text)
    sieve.find("not_yes_or_no", _mask(flags.isna() & ~is_blank(text)), column=field.name, value=_array(text))
    _require(flags.isna(), field, sieve)
    return flags.fillna(float(bool(field.default))).astype("bool")


def _require(blank: pd.Series, field: Field, sieve: Sieve) -> None:
    if field.required:
        sieve.find("missing_value", _mask(blank), column=field.name)


def _mask(rows: pd.Series) -> Mask:
    return rows.to_numpy(dtype=bool)


def _array(text: pd.Series) -> np.ndarray:
    return text.to_numpy(dtype=object)


_READERS: Mapping[str, Callable[[pd.Series, Field, LayerKind, Sieve], pd.Series]] = {
    "text": _read_text,
    "float": _read_number,
    "int": _read_number,
    "bool": _read_flag,
}
