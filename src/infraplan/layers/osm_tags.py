"""What the tags of OpenStreetMap become: themes as data (``data/presets/osm.toml``), and their rules."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

import pandas as pd
from pydantic import Field

from infraplan.bundled import bundled
from infraplan.config import Scalar
from infraplan.frozen import Frozen

_SPEED = re.compile(r"(?P<value>[0-9]{1,3}(?:\.[0-9]+)?) ?(?P<unit>km/h|kmh|kph|mph)?")
_MILE_KM = 1.609344

Element = Literal["node", "way", "relation"]
Group = Literal["public_buildings", "service_points"]
Tags = dict[str, str | tuple[str, ...]]
"""Tag -> the values that fit: one, several, ``"*"`` for any, or a regular expression after ``"~"``."""


class Rule(Frozen):
    """One way to fill a column: a constant where tags fit, or a value looked up by a tag."""

    column: str
    when: Tags = Field(default_factory=dict)
    value: Scalar | None = None
    tag: str = ""
    values: dict[str, Scalar] = Field(default_factory=dict)
    otherwise: Scalar | None = None


class Kind(Frozen):
    """A kind of public building or service point, and the tags that make it one."""

    group: Group
    kind: str
    any: tuple[Tags, ...]


class Theme(Frozen):
    """Which objects a theme takes, and what becomes of their tags."""

    shape: Literal["point", "line", "area", "line or area"]
    """What its objects become; as lines or areas, closed ways and multipolygons are areas."""
    elements: tuple[Element, ...]
    select: tuple[Tags, ...]
    tags: tuple[str, ...]
    left_out: dict[str, tuple[Tags, ...]] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    texts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    numbers: dict[str, str] = Field(default_factory=dict)
    speeds: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Column -> tags that hold speeds allowed; the highest counts, in km/h."""
    kinds: tuple[Kind, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Tags of which an object must have one."""
        return tuple(dict.fromkeys(tag for tags in self.select for tag in tags))

    @property
    def read(self) -> tuple[str, ...]:
        """All tags that the theme looks at."""
        used = (tag for tags in (*self.texts.values(), *self.speeds.values()) for tag in tags)
        return tuple(dict.fromkeys([*self.tags, *self.keys, *used]))


@cache
def load_themes() -> Mapping[str, Theme]:
    """Return the themes by name."""
    stored = tomllib.loads(bundled("presets", "osm.toml").read_text("utf-8"))
    return {name: Theme.model_validate(theme) for name, theme in stored["themes"].items()}


def find_left_out(table: pd.DataFrame, theme: Theme) -> pd.Series:
    """Return why each object is left out, ``""`` where it is not."""
    reason = pd.Series("", index=table.index, dtype="str")
    for name, choices in theme.left_out.items():
        reason = reason.mask((reason == "") & fits_any(table, choices), name)
    return reason


def assign_columns(table: pd.DataFrame, theme: Theme) -> pd.DataFrame:
    """Return the tags with our columns beside them.

    A tag whose name one of our columns has is kept as ``osm_`` and its name.
    """
    ours = {
        **{name: _first_text(table, tags) for name, tags in theme.texts.items()},
        **{name: pd.to_numeric(table[tag], errors="coerce") for name, tag in theme.numbers.items()},
        **{name: _highest_speed(table, tags) for name, tags in theme.speeds.items()},
        **{name: _by_rules(table, [r for r in theme.rules if r.column == name])
           for name in dict.fromkeys(rule.column for rule in theme.rules)},
    }  # fmt: skip
    return table.rename(columns={name: f"osm_{name}" for name in ours if name in table}).assign(**ours)


def assign_kinds(table: pd.DataFrame, theme: Theme) -> pd.DataFrame:
    """Return a row for each object and kind, with ``group`` and ``kind``; objects of no kind go.

    A public building has the first kind that fits; a service point may give several services, and every one
    after the first carries its kind in ``osm_id``.
    """
    parts, housed = [], pd.Series(data=False, index=table.index)
    for kind in theme.kinds:
        fits = fits_any(table, kind.any)
        if kind.group == "public_buildings":
            fits, housed = fits & ~housed, housed | fits
        parts.append(table[fits].assign(group=kind.group, kind=kind.kind))
    rows = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    again = rows.duplicated("osm_id")
    return rows.assign(osm_id=rows["osm_id"].mask(again, rows["osm_id"] + ":" + rows["kind"]))


def fits_any(table: pd.DataFrame, choices: Iterable[Tags]) -> pd.Series:
    """Return which objects one of several sets of tags fits."""
    found = pd.Series(data=False, index=table.index)
    for tags in choices:
        found |= _fits(table, tags)
    return found


def _fits(table: pd.DataFrame, tags: Tags) -> pd.Series:
    found = pd.Series(data=True, index=table.index)
    for tag, wanted in tags.items():
        found &= _has(table[tag], wanted)
    return found


def _has(values: pd.Series, wanted: str | tuple[str, ...]) -> pd.Series:
    if isinstance(wanted, str) and wanted.startswith("~"):
        return values.str.contains(wanted[1:], regex=True)
    if wanted == "*":
        return values != ""
    choices = {wanted} if isinstance(wanted, str) else set(wanted)
    # "supermarket;bakery" is both.
    parts = {text: {part.strip() for part in text.split(";")} for text in values.unique()}
    return values.map({text: not choices.isdisjoint(its) for text, its in parts.items()}).astype(bool)


def _first_text(table: pd.DataFrame, tags: Iterable[str]) -> pd.Series:
    text = pd.Series("", index=table.index, dtype="str")
    for tag in tags:
        text = text.where(text != "", table[tag])
    return text


def _highest_speed(table: pd.DataFrame, tags: Iterable[str]) -> pd.Series:
    """Return the highest speed that tags state, in km/h; NaN where none does (``SE:urban``, ``none``)."""
    speeds = pd.DataFrame(
        {tag: table[tag].map({text: _speed(text) for text in table[tag].unique()}) for tag in tags}
    )
    return speeds.max(axis=1).astype("float64")


def _speed(text: str) -> float:
    """Read a speed in km/h.

    >>> _speed("50"), _speed("30 mph"), _speed("SE:urban")
    (50.0, 48.3, nan)
    """
    found = _SPEED.fullmatch(text)
    if found is None:
        return float("nan")
    return round(float(found["value"]) * (_MILE_KM if found["unit"] == "mph" else 1.0), 1)


def _by_rules(table: pd.DataFrame, rules: list[Rule]) -> pd.Series:
    """Fill a column by the first rule that has a value for each row."""
    column = pd.Series(None, index=table.index, dtype="object")
    for rule in rules:
        fits = column.isna() & _fits(table, rule.when)
        column = column.mask(fits, _looked_up(table[rule.tag], rule) if rule.tag else rule.value)
    return column.infer_objects()


def _looked_up(texts: pd.Series, rule: Rule) -> pd.Series:
    known = rule.values  # noqa: PD011  (a rule's, not a Series')
    found = {text: known.get(text, known.get("*")) for text in texts.unique() if text}
    return texts.map(found).astype("object").where(lambda value: value.notna(), rule.otherwise)
