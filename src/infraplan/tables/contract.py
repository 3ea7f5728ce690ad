"""What a contract is: a table's columns, type, unit, key, geometry; ``check`` holds a table against one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pandas.api import types as pdt

from infraplan.errors import TableError

Kind = Literal["int", "float", "text", "bool", "any"]


@dataclass(frozen=True)
class Column:
    """One column: its kind, unit, meaning, and the values that it may take."""

    name: str
    kind: Kind
    about: str
    unit: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Contract:
    """What a table must be: ``key`` names the index, ``geometry`` the types allowed (none: a plain table)."""

    name: str
    key: str
    columns: tuple[Column, ...]
    geometry: tuple[str, ...] = ()
    gaps: bool = False
    """Whether geometry may be missing."""

    @property
    def names(self) -> list[str]:
        """Column names in order, without geometry."""
        return [column.name for column in self.columns]


POINT = ("Point",)
LINE = ("LineString",)
LINES = ("LineString", "MultiLineString")
AREA = ("Polygon", "MultiPolygon")


def check(table: pd.DataFrame, contract: Contract, *, crs: Any = None) -> None:
    """Hold a table against its contract.

    Geometry may be missing only where the contract allows gaps. Further columns are allowed: they travel
    along.

    Raises
    ------
    TableError
        The first rule that is broken, by name.
    """
    if table.index.name != contract.key:
        _fail(contract, f"its index is {table.index.name!r}, not {contract.key!r}")
    kind: Kind = "int" if contract.key in _COUNTED else "text"
    if len(table) and not _IS[kind](table.index):
        _fail(contract, f"its keys are {table.index.dtype}, not {kind}")
    if not _is_unique(table.index):
        _fail(contract, f"key {table.index[table.index.duplicated()][0]!r} occurs twice")
    for column in contract.columns:
        if column.name not in table.columns:
            _fail(contract, f"column {column.name!r} is missing")
        _check_column(table[column.name], column, contract)
    if contract.geometry:
        _check_geometry(table, contract, crs)


def empty(contract: Contract, crs: Any = None) -> gpd.GeoDataFrame:
    """Return a table of the contract without rows: a GeoDataFrame, or a DataFrame without geometry."""
    dtypes: dict[Kind, str] = {
        "int": "int64",
        "float": "float64",
        "text": "str",
        "bool": "bool",
        "any": "object",
    }
    columns = {c.name: pd.Series(dtype=dtypes[c.kind]) for c in contract.columns}
    index = pd.Index([], name=contract.key, dtype="int64" if contract.key in _COUNTED else "str")
    frame = pd.DataFrame(columns).set_axis(index)
    return (
        gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], index=index, crs=crs))
        if contract.geometry
        else frame
    )


_COUNTED = {"row", "edge_id", "node_id", "phase"}


def _is_text(values: Any) -> bool:
    """Tell whether values are text; a long table keeps few different ones as categories."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return pdt.is_string_dtype(values.dtype.categories)
    return pdt.is_string_dtype(values)


_IS: Mapping[Kind, Callable[[Any], bool]] = {
    "int": pdt.is_integer_dtype,
    "float": pdt.is_float_dtype,
    "text": _is_text,
    "bool": pdt.is_bool_dtype,
    "any": lambda _: True,
}


def _is_unique(keys: pd.Index) -> bool:
    # An index that has been asked keeps each text as an object of Python, half a gigabyte for a country: so
    # another one of the same keys is asked.
    return (keys if pdt.is_integer_dtype(keys) else pd.Index(keys)).is_unique


def _check_column(values: pd.Series, column: Column, contract: Contract) -> None:
    if len(values) and not _IS[column.kind](values):
        _fail(contract, f"column {column.name!r} is {values.dtype}, not {column.kind}")
    if column.kind == "text" and values.isna().any():
        _fail(contract, f"column {column.name!r} has missing text")
    if column.choices:
        strange = set(values.unique()) - set(column.choices)
        if strange:
            _fail(contract, f"column {column.name!r} has {min(strange)!r}, not one of {column.choices}")


def _check_geometry(table: pd.DataFrame, contract: Contract, crs: Any) -> None:
    if not isinstance(table, gpd.GeoDataFrame):
        _fail(contract, "it has no geometry")
    shapes = table.geometry.to_numpy()
    # By number: a county's graph is checked each time that it is changed.
    kinds = shapely.get_type_id(shapes)
    if not contract.gaps and ((kinds < 0) | shapely.is_empty(shapes)).any():
        _fail(contract, "a geometry is missing or empty")
    met, first = np.unique(kinds, return_index=True)
    strange = {shapes[row].geom_type for row in first[met >= 0]} - set(contract.geometry)
    if strange:
        _fail(contract, f"it has a {min(strange)}")
    if crs is not None and table.crs != crs:
        _fail(contract, f"its CRS is {table.crs}, not {crs}")


def _fail(contract: Contract, problem: str) -> None:
    raise TableError("table_contract", table=contract.name, problem=problem)
