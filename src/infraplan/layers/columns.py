"""A file's columns to the catalogue's: names, values, types, limits, defaults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

from infraplan.layers.kinds import Field
from infraplan.layers.parse import cell_text, is_blank, to_dates, to_flags, to_numbers, to_text
from infraplan.layers.sieve import Mask, Sieve
from infraplan.layers.source import closest, listed
from infraplan.layers.task import Task

COUNTS = ("households", "workplaces", "population")
"""What is counted: a value that cannot be is no small matter, so its row is set aside."""

_DATES = ("date", "start", "end", "planned_by")
_SHAPEFILE_NAME = 10  # letters
_TELLING = 10  # cells that are no numbers are a slip, so many and no other are another column
_ONE_PLACE = ("premises", "buildings", "addresses")  # no half households live there


@dataclass(frozen=True)
class Mapped:
    """A layer's columns: the catalogue's, then what travels along; ``ids`` are '' where the file has none."""

    frame: pd.DataFrame
    ids: pd.Series
    defaults: tuple[str, ...]


def find_columns(frame: pd.DataFrame, task: Task) -> dict[str, str]:
    """Return our names -> the file's: those that the study maps, then those that are called the same.

    Raises
    ------
    LayerError
        The study names a column that the file does not have.
    """
    found = {
        ours: find_column(theirs, frame, f"columns.{ours}", task)
        for ours, theirs in task.layer.columns.items()
    }
    free = [column for column in frame.columns if column not in found.values()]
    folded = {column.casefold(): column for column in reversed(free)}
    for ours in (*(field.name for field in task.kind.fields), task.kind.key):
        # A shapefile cuts names short: premises_i.
        for name in (ours, ours[:_SHAPEFILE_NAME]):
            if ours and ours not in found and name in folded:
                found[ours] = name if name in free else folded[name]
    return found


def find_left_out(frame: pd.DataFrame, task: Task) -> Mask:
    """Tell which rows the study's ``where`` leaves out, shape (n,).

    Raises
    ------
    LayerError
        The study names a column that the file does not have.
    """
    left_out = np.zeros(len(frame), dtype=bool)
    for theirs, kept in task.layer.where.items():
        column = find_column(theirs, frame, "where", task)
        left_out |= ~to_text(frame[column]).isin([cell_text(value) for value in kept]).to_numpy(dtype=bool)
    return left_out


def map_columns(frame: pd.DataFrame, found: Mapping[str, str], task: Task, sieve: Sieve) -> Mapped:
    """Return the catalogue's columns with their types, and what else the file carries.

    Cells that cannot be what the catalogue says become findings in the sieve.

    Raises
    ------
    LayerError
        The file lacks a required column.
    """
    columns: dict[str, pd.Series] = {}
    kind, defaults = task.kind, []
    mappings = task.layer.values  # noqa: PD011  (a key of the study file, no frame's cells)
    for field in kind.fields:
        mapping = mappings.get(field.name, {})
        # What the study says of every value holds where the file has no such column, too.
        if field.name in found or "*" in mapping:
            theirs = frame[found[field.name]] if field.name in found else _blank_text(frame.index)
            cells = _translate(theirs, mapping)
            if field.kind in ("float", "int"):
                _check_numbers(cells, found.get(field.name, field.name), field.name, task)
            columns[field.name] = _READERS[field.kind](cells, field, sieve)
        elif field.required and len(frame):
            raise task.error(
                "missing_column", "columns", column=field.name, found=listed(list(frame.columns))
            )
        else:
            columns[field.name] = _default(field, frame.index)
            defaults.append(field.name)
    if kind.name in _ONE_PLACE:
        _round_counts(columns, sieve)
    ids = to_text(frame[found[kind.key]]) if kind.key in found else _blank_text(frame.index)
    columns |= _rest(frame, found, {*columns, kind.key, "geometry", "feature_id", ""})
    return Mapped(pd.DataFrame(columns, index=frame.index), ids, tuple(defaults))


def find_column(theirs: str, frame: pd.DataFrame, section: str, task: Task) -> str:
    """Return the file's column that the study means, whatever its case.

    Raises
    ------
    LayerError
        The file does not have it.
    """
    if theirs in frame.columns:
        return theirs
    names = [str(name) for name in frame.columns]
    folded = {cell_text(name).casefold(): name for name in reversed(names)}
    wanted = cell_text(theirs).casefold()
    if wanted not in folded:
        near, found = closest(theirs, names), listed(names)
        if not near:
            raise task.error("no_such_column", section, asked=theirs, found=found)
        raise task.error("misspelt_column", section, asked=theirs, near=near, found=found)
    return folded[wanted]


def _rest(frame: pd.DataFrame, found: Mapping[str, str], taken: set[str]) -> dict[str, pd.Series]:
    """Return what travels along, under the study's name or its own, with a tail where that is taken."""
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
    """Replace their values by ours; the others stay, or become what ``*`` says."""
    if not mapping:
        return values
    ours = {cell_text(theirs): cell_text(value) for theirs, value in mapping.items()}
    text = to_text(values)
    return text.map(ours).fillna(ours.get("*", text)).astype("str")


def _check_numbers(cells: pd.Series, column: str, ours: str, task: Task) -> None:
    """Refuse a column of words where numbers belong: cell by cell they would all count as empty."""
    if pdt.is_numeric_dtype(cells):
        return
    text = to_text(cells)
    filled = text[~is_blank(text)]
    if len(filled) >= _TELLING and to_numbers(filled).isna().all():
        said = {"column": column, "value": str(filled.iloc[0]), "count": len(filled)}
        raise task.error("no_numbers", f"columns.{ours}", **said)


def _blank_text(index: pd.Index) -> pd.Series:
    return pd.Series("", index=index, dtype="str")


def _default(field: Field, index: pd.Index) -> pd.Series:
    if field.kind == "text":
        return pd.Series(str(field.default or ""), index=index, dtype="str")
    if field.kind == "float":
        return pd.Series(_number_default(field), index=index, dtype="float64")
    return pd.Series(field.default or 0, index=index, dtype="int64" if field.kind == "int" else "bool")


def _number_default(field: Field) -> float:
    return np.nan if field.default is None else float(field.default)


def _read_text(values: pd.Series, field: Field, sieve: Sieve) -> pd.Series:
    text = to_text(values)
    blank = text == ""
    if field.name in _DATES:
        dates = to_dates(text)
        sieve.find("not_a_date", _mask(~blank & (dates == "")), column=field.name, value=_array(text))
        text, blank = dates, dates == ""
    if field.choices:
        known = text.str.casefold().replace(dict(field.synonyms))
        strange = ~blank & ~known.isin(field.choices)
        named = {"column": field.name, "value": _array(text), "default": str(field.default)}
        # An empty default is no word that anybody could read.
        rule = "unknown_value" if field.default else "unknown_value_emptied"
        sieve.find(rule, _mask(strange), **named, choices=", ".join(filter(None, field.choices)))
        text, blank = known, blank | strange
    _require(blank, field, sieve)
    return text.where(~blank, str(field.default or ""))


def _read_number(values: pd.Series, field: Field, sieve: Sieve) -> pd.Series:
    text, numbers = to_text(values), to_numbers(values)
    named = {"column": field.name, "value": _array(text)}
    sieve.find("not_a_number", _mask(numbers.isna() & ~is_blank(text)), **named)
    numbers = _limit(numbers, field, sieve, named)
    _require(numbers.isna(), field, sieve)
    numbers = numbers.fillna(_number_default(field))
    return _round(numbers, field.name, sieve).astype("int64") if field.kind == "int" else numbers


def _limit(numbers: pd.Series, field: Field, sieve: Sieve, named: Mapping[str, Any]) -> pd.Series:
    """Take out what cannot be; where something is counted, set the row aside."""
    least = -np.inf if field.minimum is None else field.minimum
    most = np.inf if field.maximum is None else field.maximum
    low, high = numbers < least, numbers > most
    if field.name in COUNTS:
        sieve.find("negative_count", _mask(low), **named)
        sieve.find("absurd_count", _mask(high), **named, limit=most)
    else:
        sieve.find("beyond_limit", _mask(low | high), **named, low=_bound(least), high=_bound(most))
    return numbers.where(~(low | high))


def _round_counts(columns: dict[str, pd.Series], sieve: Sieve) -> None:
    for name in COUNTS:
        if name in columns:
            columns[name] = _round(columns[name], name, sieve)


def _round(numbers: pd.Series, name: str, sieve: Sieve) -> pd.Series:
    """Round to whole numbers, a half upwards."""
    sieve.find(
        "not_whole", _mask(numbers.notna() & (numbers % 1 != 0)), column=name, value=_array(to_text(numbers))
    )
    return (numbers + 0.5) // 1


def _bound(value: float) -> str:
    return f"{value:g}" if np.isfinite(value) else "–"


def _read_flag(values: pd.Series, field: Field, sieve: Sieve) -> pd.Series:
    text = to_text(values)
    flags = to_flags(text)
    strange = flags.isna() & ~is_blank(text)
    sieve.find("not_yes_or_no", _mask(strange), column=field.name, value=_array(text))
    if field.doubt is not None:
        flags = flags.mask(strange, float(field.doubt))
    _require(flags.isna(), field, sieve)
    return flags.fillna(float(bool(field.default))).astype("bool")


def _require(blank: pd.Series, field: Field, sieve: Sieve) -> None:
    if field.required:
        sieve.find("missing_value", _mask(blank), column=field.name)


def _mask(rows: pd.Series) -> Mask:
    return rows.to_numpy(dtype=bool)


def _array(text: pd.Series) -> np.ndarray:
    return text.to_numpy(dtype=object)


_READERS: Mapping[str, Callable[[pd.Series, Field, Sieve], pd.Series]] = {
    "text": _read_text,
    "float": _read_number,
    "int": _read_number,
    "bool": _read_flag,
}
