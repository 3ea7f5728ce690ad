"""The levels of secrecy as data: who may see which layer, column and key of a run."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from infraplan.bundled import bundled
from infraplan.config import Level
from infraplan.frozen import Frozen
from infraplan.layers.tomlfile import build, read_toml

LEVELS: tuple[Level, ...] = get_args(Level)
"""From those who see least to those who see all."""

FILE = "levels-2026.toml"


class Shown(Frozen):
    """``[layers.NAME]``: the columns of a layer by the lowest level that sees them, its key among them."""

    public: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()
    internal: tuple[str, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """Below internal only rows with one of these values."""
    follows: tuple[str, ...] = ()
    """Inputs whose own level must allow the layer as well."""
    shapes: Literal["", "nodes", "lines", "coverage"] = ""
    """What becomes of its shapes below internal."""

    def lowest(self, column: str) -> Level:
        """Return the lowest level that sees a column: internal for one that is not named."""
        return next((level for level in LEVELS if column in getattr(self, level)), "internal")


class About(Frozen):
    """``[about]``: keys of the manifest by the lowest level that sees them, ``*`` for each of a list."""

    public: tuple[str, ...] = ()
    restricted: tuple[str, ...] = ()

    def shown(self, level: Level) -> tuple[str, ...]:
        """Return the keys that a level sees, those of the levels below with them."""
        return self.public if level == "public" else (*self.public, *self.restricted)


class Levels(Frozen):
    """The whole file."""

    name: str
    year: int
    source: str
    guess: bool = True
    layers: Annotated[Mapping[str, Shown], Field(repr=False)]
    about: Annotated[About, Field(repr=False)]

    def of(self, layer: str) -> Shown:
        """Return what is shown of a layer; of one that is not named, nothing below internal."""
        return self.layers.get(layer, Shown())


@cache
def load_levels() -> Levels:
    """Return the bundled levels.

    >>> load_levels().of("routes").lowest("cables"), load_levels().of("routes").lowest("made up")
    ('internal', 'internal')
    """
    path = bundled("rules", FILE)
    return build(Levels, read_toml(path), path)


def allows(level: Level, lowest: Level) -> bool:
    """Tell whether a level sees what ``lowest`` sees.

    >>> allows("restricted", "public"), allows("public", "restricted")
    (True, False)
    """
    return LEVELS.index(level) >= LEVELS.index(lowest)


def strictest(levels: Iterable[Level]) -> Level:
    """Return the highest of some levels; internal where there are none.

    >>> strictest(["public", "restricted"]), strictest([])
    ('restricted', 'internal')
    """
    return max(levels, key=LEVELS.index, default="internal")


def pick(value: Any, keys: Iterable[str]) -> Any:
    """Return the parts of nested tables and lists that are named by key, and nothing else.

    A key must name a plain value, or a list of such: a table that stands where none is expected is left out.

    >>> pick({"a": {"b": 1, "c": 2}, "d": [{"e": 3, "f": 4}], "g": {"h": 5}}, ["a.b", "d.*.e", "g"])
    {'a': {'b': 1}, 'd': [{'e': 3}]}
    """
    inside: dict[str, list[str]] = {}
    for key in keys:
        head, _, rest = key.partition(".")
        inside.setdefault(head, []).append(rest)
    if isinstance(value, Mapping):
        names = list(value) if "*" in inside else [name for name in inside if name in value]
        found = {name: _within(value[name], inside.get(name, inside.get("*", []))) for name in names}
        return {name: part for name, part in found.items() if part is not _NOTHING}
    if isinstance(value, list | tuple) and "*" in inside:
        return [part for part in (_within(one, inside["*"]) for one in value) if part is not _NOTHING]
    return _NOTHING


_NOTHING: Any = object()


def _within(value: Any, rest: list[str]) -> Any:
    if "" not in rest:
        return pick(value, rest)
    parts = value if isinstance(value, list | tuple) else [value]
    plain = all(part is None or isinstance(part, str | int | float) for part in parts)
    return value if plain else _NOTHING
