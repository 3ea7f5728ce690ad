"""What a kind of layer is, and a column of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from infraplan.config import LayerName, Scalar
from infraplan.tables import Kind

Shape = Literal["point", "line", "area", "raster", "none"]


@dataclass(frozen=True)
class Field:
    """A column of an input layer.

    ``default`` is what a missing column or an empty cell becomes; a ``required`` column has none.
    """

    name: str
    kind: Kind
    about: str
    default: Scalar | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """What sources write, in small letters -> the choice that it is."""
    minimum: float | None = None
    maximum: float | None = None
    doubt: bool | None = None
    """What a cell that says neither yes nor no becomes, where the default would be the greater harm."""


@dataclass(frozen=True)
class LayerKind:
    """What a layer of the study must be; ``key`` is the column that names a row, where a file has it."""

    name: LayerName
    shapes: tuple[Shape, ...]
    fields: tuple[Field, ...]
    key: str = ""
    theme: str = ""
    """The OSM theme that a PBF file gives for this layer."""
