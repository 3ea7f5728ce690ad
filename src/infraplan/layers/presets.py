"""What is known of the files of authorities and others, as data: one preset a source and layer.

A preset (``data/presets``) says how its file is told from others, which of our columns are which of theirs,
what their values mean, and the traps that its user should know. Names of theirs are patterns
(``befolkning_????``), compared without regard to case, accents, ``_``, ``-`` and spaces.
"""

import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from pydantic import Field

from infraplan.bundled import bundled
from infraplan.config import LayerName, Level, Scalar
from infraplan.frozen import Frozen
from infraplan.layers.catalog import CATALOG
from infraplan.layers.kinds import LayerKind, Shape


class Recognise(Frozen):
    """How the file of a preset is told from others."""

    layers: tuple[str, ...] = ()
    """Names of its layer in the file."""
    columns: tuple[str, ...] = ()
    """Columns that few other sources have; ``minimum`` of them are a fingerprint."""
    minimum: int = 2
    needs: tuple[str, ...] = ()
    """Columns without which it is not this; ``a|b`` is either."""
    lacks: tuple[str, ...] = ()
    """Columns with which it is not this, but a look-alike."""
    files: tuple[str, ...] = ()
    """Names of the file, without its ending."""
    shapes: tuple[Shape, ...] = ()
    words: tuple[str, ...] = ()
    """Words in the name of the file or layer, where nothing better is known."""
    samples: dict[str, str] = Field(default_factory=dict)
    """Column -> regular expression that all its first values fit."""
    cells: tuple[int, ...] = ()
    """Values of a raster of which one must occur."""
    dtypes: tuple[str, ...] = ()
    """Data types of a raster."""


class Preset(Frozen):
    """One source as one layer of a study; no layer where a study has no use for it yet."""

    id: str
    title: str
    layer: LayerName | None = None
    theme: str | None = None
    recognise: Recognise
    columns: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Ours -> theirs, the first that is there."""
    values: dict[str, dict[str, Scalar]] = Field(default_factory=dict)
    """Our column -> their value -> our value."""
    where: dict[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    """Their column -> the values that are kept."""
    must: tuple[str, ...] = ()
    """Our columns without which the layer is of no use."""
    crs: str | None = None
    """What the source publishes in, for a file that does not say."""
    source: str = ""
    licence: str = ""
    level: Level = "internal"
    traps: tuple[str, ...] = ()
    """Keys of sentences (``init.trap``) that its user should read."""
    also: str = ""
    """Id of a preset that makes another layer of the same file."""
    rank: int = 0
    """How far it stands back for other files of the same layer, in points of the score."""


@cache
def load_presets() -> tuple[Preset, ...]:
    """Return all presets: those of the data files, then the layers of the catalogue under their own names."""
    stored: list[dict[str, Any]] = []
    for path in sorted(bundled("presets").glob("*.toml")):
        stored += tomllib.loads(path.read_text("utf-8")).get("preset", [])
    return (*map(Preset.model_validate, stored), *map(_own, CATALOG.values()))


@cache
def load_beginnings() -> dict[str, Any]:
    """Return what a new study file begins with and asks for (``data/presets/study.toml``)."""
    return tomllib.loads(bundled("presets", "study.toml").read_text("utf-8"))


@cache
def fold(name: str) -> str:
    """Return a name as names are compared.

    >>> fold("Väg-bredd 156"), fold("SHAPE_Length") == fold("Shape Length")
    ('vagbredd156', True)
    """
    # Letters of mathematics become plain ones first, and may be capitals then.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(
        letter
        for letter in plain
        if not (letter in "_-" or letter.isspace() or unicodedata.combining(letter))
    )


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name is one of the patterns."""
    return any(fnmatchcase(fold(name), fold(pattern)) for pattern in patterns)


def find_column(patterns: Iterable[str], columns: Sequence[str]) -> str | None:
    """Return the first of the columns that a pattern names, the first pattern first."""
    return next((column for pattern in patterns for column in columns if fits(column, (pattern,))), None)


# Columns that many sources have say little of any.
_COMMON = {
    "name",
    "kind",
    "operator",
    "code",
    "class",
    "layer",
    "net",
    "date",
    "start",
    "end",
    "status",
    "number",
}


def _own(kind: LayerKind) -> Preset:
    """Return the preset of a layer whose file is named, or whose columns are, as ours."""
    names = (*([kind.key] if kind.key not in _COMMON | {""} else []), *(field.name for field in kind.fields))
    telling = tuple(name for name in dict.fromkeys(names) if name not in _COMMON)
    return Preset(
        id=f"own_{kind.name}",
        title=f"infraplan: {kind.name}",
        layer=kind.name,
        recognise=Recognise(
            layers=(kind.name,),
            files=(kind.name,),
            columns=telling,
            minimum=max(1, min(3, len(names))),
            lacks=("osm_id",),
            shapes=kind.shapes,
        ),
        columns={
            name: (name,) for name in (*([kind.key] if kind.key else []), *(f.name for f in kind.fields))
        },
        must=tuple(field.name for field in kind.fields if field.required),
    )
