"""Which preset a file fits best, and on what evidence.

In the order of how much each says: the name of the layer, a fingerprint of columns, the name of the file, the
values in it, and the geometry with a word in the name. Fewer than two signs are no recognition.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from infraplan.config import Scalar
from infraplan.layers.kinds import Shape
from infraplan.layers.presets import Preset, find_column, fits, fold, load_beginnings, load_presets
from infraplan.layers.schemas import Schema

Sign = Literal["layer", "columns", "file", "cells", "samples", "objects", "shape", "word"]
WEIGHTS: dict[Sign, int] = {
    "layer": 20,
    "columns": 10,
    "file": 5,
    "cells": 5,
    "samples": 5,
    "objects": 3,
    "shape": 1,
    "word": 1,
}
"""What each sign adds to the score; a fingerprint adds one more for each of its columns."""
SIGNS = 2
"""So many signs are a recognition; each column of a fingerprint is one."""
SHOWN = 5
"""So many cell values are told as evidence."""
SQUARE = ("square_id", "square_m")
"""Columns that place the rows of a table of squares; with a geometry of its own it needs none."""
STANDS_INSIDE = 4
"""Words of so many letters may stand inside others; shorter ones stand alone."""


@dataclass(frozen=True)
class Finding:
    """A layer of a file, what it was taken for and why, and how it becomes a layer of a study.

    Attributes
    ----------
    preset
        What it was recognised as, None for nothing.
    evidence
        Sign and what was seen.
    columns
        Ours = theirs, as the file writes them.
    lacking
        Our columns that the layer cannot do without and the file does not show.
    problem
        Why the file cannot be read, ``""`` where it can.
    """

    schema: Schema
    preset: Preset | None = None
    score: int = 0
    evidence: tuple[tuple[Sign, str], ...] = ()
    columns: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, Scalar]] = field(default_factory=dict)
    where: dict[str, tuple[Scalar, ...]] = field(default_factory=dict)
    crs: str | None = None
    lacking: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be a layer of a study as it is."""
        return self.preset is not None and self.preset.layer is not None and not self.lacking

    @property
    def standing(self) -> int:
        """The score, less what its source stands back for better ones."""
        return self.score - (self.preset.rank if self.preset else 0)


def find_matches(schema: Schema) -> list[Finding]:
    """Return what a layer of a file is: one finding, or one a theme of an OpenStreetMap file."""
    place = _find_place(schema)
    found = [finding for preset in load_presets() if (finding := _match(schema, preset, place))]
    if schema.themes:
        return found or [Finding(schema)]
    # Of equals the first stands: presets of sources come before our own names.
    best = max(found, key=lambda finding: finding.score, default=Finding(schema))
    also = best.preset.also if best.preset else ""
    return [
        best,
        *(finding for finding in found if finding.preset and finding.preset.id == also and finding.usable),
    ]


@dataclass(frozen=True)
class _Place:
    """The coordinate columns of a table, as a study writes them."""

    columns: dict[str, str] = field(default_factory=dict)
    crs: str | None = None
    traps: tuple[str, ...] = ()


def _match(schema: Schema, preset: Preset, place: _Place) -> Finding | None:
    shape: Shape = "point" if place.columns else schema.shape
    if not _possible(schema, preset, shape):
        return None
    columns = [column for column in schema.columns if fits(column, preset.recognise.columns)]
    fingerprint = columns if len(columns) >= preset.recognise.minimum else []
    signs = tuple(_signs(schema, preset, shape, fingerprint))
    # Each column is a sign; one that is called as expected and holds what is expected is two.
    count = len(signs) + max(0, len(fingerprint) - 1) + sum(sign == "samples" for sign, _ in signs)
    if count < SIGNS:
        return None
    score = sum(WEIGHTS[sign] for sign, _ in signs) + len(fingerprint)
    return _finding(schema, preset, place, score=score, evidence=signs)


def _possible(schema: Schema, preset: Preset, shape: Shape) -> bool:
    """Tell whether nothing speaks against a preset: its geometry, columns that must or must not be there."""
    rule = preset.recognise
    if bool(schema.themes) != bool(preset.theme):
        return False
    has = all(find_column(need.split("|"), schema.columns) for need in rule.needs)
    strange = find_column(rule.lacks, schema.columns) is not None
    return has and not strange and (not rule.shapes or shape in rule.shapes)


def _signs(
    schema: Schema, preset: Preset, shape: Shape, fingerprint: list[str]
) -> Iterator[tuple[Sign, str]]:
    """Yield what speaks for a preset, the weightiest first."""
    rule = preset.recognise
    name = schema.path.name if schema.themes else schema.path.stem
    if fits(schema.layer, rule.layers):
        yield "layer", schema.layer
    if fingerprint:
        yield "columns", ", ".join(fingerprint)
    if fits(name, rule.files):
        yield "file", schema.path.name
    yield from _signs_of_content(schema, preset)
    if shape in rule.shapes and shape != "none" and (not rule.dtypes or schema.dtype in rule.dtypes):
        yield "shape", shape
    if word := _word(f"{name} {schema.layer}", rule.words):
        yield "word", word


def _signs_of_content(schema: Schema, preset: Preset) -> Iterator[tuple[Sign, str]]:
    rule = preset.recognise
    if preset.theme and schema.themes.get(preset.theme):
        yield "objects", str(schema.themes[preset.theme])
    codes = {int(code) for mapping in preset.values.values() for code in mapping} if rule.cells else set()
    if (telling := sorted(schema.cells.intersection(rule.cells))) and schema.cells <= codes:
        yield "cells", ", ".join(map(str, telling[:SHOWN]))
    if schema.dtype.startswith("float") and schema.dtype in rule.dtypes:
        yield "cells", schema.dtype
    for pattern, expression in rule.samples.items():
        column = find_column((pattern,), schema.columns)
        values = schema.samples.get(column or "", ())
        if column and values and all(re.match(expression, value) for value in values):
            yield "samples", f"{column} = {values[0]}"


def _word(name: str, words: tuple[str, ...]) -> str:
    """Return the first of the words that is in a name: inside another only where it is long enough."""
    tokens = [fold(token) for token in re.split(r"[^\w]|_|\d", name)]
    for word in words:
        folded = fold(word)
        if folded in tokens or (len(folded) >= STANDS_INSIDE and any(folded in token for token in tokens)):
            return word
    return ""


def _finding(
    schema: Schema, preset: Preset, place: _Place, *, score: int, evidence: tuple[tuple[Sign, str], ...]
) -> Finding:
    columns = {ours: find_column(theirs, schema.columns) or "" for ours, theirs in preset.columns.items()}
    mapped = {ours: theirs for ours, theirs in columns.items() if theirs}
    if schema.shape != "none":
        mapped = {ours: theirs for ours, theirs in mapped.items() if ours not in SQUARE}
    elif SQUARE[0] not in mapped:
        mapped |= place.columns
    where = {find_column((theirs,), schema.columns) or theirs: kept for theirs, kept in preset.where.items()}
    here = {theirs: kept for theirs, kept in where.items() if theirs in schema.columns or schema.themes}
    stated, traps = _stated_crs(schema, preset, place)
    return Finding(
        schema=schema,
        preset=preset,
        score=score,
        evidence=evidence,
        # A column that already has our name needs no saying.
        columns={ours: theirs for ours, theirs in mapped.items() if ours != theirs},
        values={
            ours: _spelt(values, schema.samples.get(mapped.get(ours, ""), ()))
            for ours, values in preset.values.items()
            if ours in mapped or schema.shape == "raster" or "*" in values
        },
        where=here,
        crs=stated,
        lacking=tuple(ours for ours in preset.must if ours not in mapped and schema.shape != "raster"),
        traps=(*preset.traps, *traps),
    )


def _stated_crs(schema: Schema, preset: Preset, place: _Place) -> tuple[str | None, tuple[str, ...]]:
    """Return the CRS that the study must state, with what to say of it."""
    if schema.crs is not None:
        return None, ()
    if schema.shape == "none":
        return place.crs, place.traps
    return preset.crs, () if preset.crs else ("no_crs",)


def _spelt(values: dict[str, Scalar], samples: tuple[str, ...]) -> dict[str, Scalar]:
    """Return values as the file spells them: older ones put a space after the semicolon."""
    spaced = any("; " in sample for sample in samples)
    return {theirs.replace(";", "; ").strip() if spaced else theirs: ours for theirs, ours in values.items()}


# Where the row of a table lies


def _find_place(schema: Schema) -> _Place:
    if schema.shape != "none":
        return _Place()
    pairs = load_beginnings()["coordinates"]
    for lon, lat in _pairs(schema, pairs["lonlat"]):
        return _Place({"lon": lon, "lat": lat})
    for east, north in _pairs(schema, pairs["metric"]):
        return _metric(schema, east, north)
    return _Place()


def _pairs(schema: Schema, names: list[list[str]]) -> Iterator[tuple[str, str]]:
    for first, second in names:
        found = find_column((first,), schema.columns), find_column((second,), schema.columns)
        if found[0] and found[1]:
            yield found[0], found[1]


# SWEREF 99 TM in Sweden; x and y change places in many Swedish tables, where X is north.
_EAST = (180_000.0, 1_000_000.0)
_NORTH = (6_000_000.0, 7_800_000.0)


def _metric(schema: Schema, east: str, north: str) -> _Place:
    swapped = _within(schema, east, _NORTH) and _within(schema, north, _EAST)
    if swapped:
        return _Place({"x": north, "y": east}, "EPSG:3006", ("axes_swapped",))
    if _within(schema, east, _EAST) and _within(schema, north, _NORTH):
        return _Place({"x": east, "y": north}, "EPSG:3006")
    if _within(schema, east, _NORTH) and not _within(schema, north, _NORTH):
        # RT 90 and local zones: which one is not told, but seven digits in Sweden are north.
        return _Place({"x": north, "y": east}, None, ("axes_swapped", "table_crs"))
    return _Place({"x": east, "y": north}, None, ("table_crs",))


def _within(schema: Schema, column: str, limits: tuple[float, float]) -> bool:
    try:
        values = [float(value.replace(" ", "").replace(",", ".")) for value in schema.samples.get(column, ())]
    except ValueError:
        return False
    return bool(values) and all(limits[0] <= value <= limits[1] for value in values)
