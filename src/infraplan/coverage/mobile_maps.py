"""Declared mobile coverage: which class each operator gives, by technology and use, anywhere that is asked.

Areas and rasters of one operator together: the better counts. Areas that overlap count once, for a place has
one class of each map.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast, get_args

import geopandas as gpd
import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS

from infraplan.config import LayerName, Study
from infraplan.coverconfig import Use
from infraplan.layers import Layers
from infraplan.layers.faults import faults, gather
from infraplan.layers.mobile_rules import MobileRules, Ranks
from infraplan.spatial import AreaIndex, build_index, find_pairs

if TYPE_CHECKING:
    # rasterio is loaded only for rasters.
    from infraplan.layers.raster import Raster

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Shapes = NDArray[Any]

USES: tuple[Use, ...] = get_args(Use)
_LAYER: LayerName = "mobile_coverage"
_POINTS = 200_000
"""Places that are asked about at once: with all their areas they must fit in memory."""


class Cells(Protocol):
    """What is asked of a raster (``layers.raster.Raster``)."""

    @property
    def crs(self) -> CRS: ...  # noqa: D102
    @property
    def transform(self) -> Affine: ...  # noqa: D102
    @property
    def shape(self) -> tuple[int, int]: ...  # noqa: D102
    @property
    def bounds(self) -> tuple[float, float, float, float]: ...  # noqa: D102

    def sample_at(self, x: Floats, y: Floats, crs: CRS) -> Floats: ...  # noqa: D102
    def window(self, bounds: tuple[float, float, float, float]) -> tuple[Floats, Affine]: ...  # noqa: D102


class Key(NamedTuple):
    """Whose map it is, and of what; ``technology`` is empty where the map does not say."""

    operator: str
    technology: str
    use: Use


class Layer(NamedTuple):
    """A raster and the map that it belongs to."""

    key: int
    cells: Cells
    signal: bool
    """Whether its cells are dBm, not Mbit/s."""


@dataclass(frozen=True)
class Maps:
    """All that the operators declare.

    Attributes
    ----------
    keys
        The maps, sorted; ranks have a row for each.
    areas, area_key, area_rank, area_mbps
        Areas with their map, class and stated speed (NaN for none), shapes (areas,).
    rasters
        Rasters with their map.
    crs
        Of the study.
    """

    keys: tuple[Key, ...]
    areas: AreaIndex
    area_key: Ints
    area_rank: Ranks
    area_mbps: Floats
    rasters: tuple[Layer, ...]
    rules: MobileRules
    crs: CRS

    @property
    def operators(self) -> tuple[str, ...]:
        """Who declares anything, sorted."""
        return tuple(sorted({key.operator for key in self.keys}))

    @property
    def technologies(self) -> tuple[str, ...]:
        """Technologies that maps name, sorted."""
        return tuple(sorted({key.technology for key in self.keys} - {""}))

    def uses(self, wanted: Use) -> tuple[Use, ...]:
        """Return the uses that maps are about, and the one that the study asks about."""
        return tuple(use for use in USES if use == wanted or any(key.use == use for key in self.keys))

    def select(self, use: Use, *, operator: str = "", technology: str = "") -> Bools:
        """Return which maps count for an operator, technology (empty: any) and use, shape (keys,)."""
        stand_ins = self.rules.find_stand_ins(use)
        return np.array(
            [
                key.use in stand_ins and operator in ("", key.operator) and technology in ("", key.technology)
                for key in self.keys
            ],
            dtype=bool,
        )

    def find_ranks(self, xy: Floats) -> Ranks:
        """Return the class of each map at places in the study's CRS, shape (keys, places)."""
        ranks = np.zeros((len(self.keys), len(xy)), dtype=np.int8)
        for begin in range(0, len(xy), _POINTS):
            part = xy[begin : begin + _POINTS]
            point, area = find_pairs(self.areas, part)
            np.maximum.at(ranks, (self.area_key[area], begin + point), self.area_rank[area])
        for layer in self.rasters:
            values = layer.cells.sample_at(xy[:, 0], xy[:, 1], self.crs)
            np.maximum(ranks[layer.key], self.rank_cells(layer, values), out=ranks[layer.key])
        return ranks

    def find_speeds(self, xy: Floats, keys: Bools) -> Floats:
        """Return the best declared speed of some maps at places, 0 for none.

        A map that says a class, by its signal, is good for the least speed of that class.
        """
        speeds = np.zeros(len(xy))
        floors = self.rules.speeds
        value = np.fmax(self.area_mbps, floors[self.area_rank])
        for begin in range(0, len(xy), _POINTS):
            point, area = find_pairs(self.areas, xy[begin : begin + _POINTS])
            asked = keys[self.area_key[area]]
            np.fmax.at(speeds, begin + point[asked], value[area[asked]])
        for layer in self.rasters:
            if keys[layer.key]:
                values = layer.cells.sample_at(xy[:, 0], xy[:, 1], self.crs)
                stated = np.full(len(xy), np.nan) if layer.signal else values
                speeds = np.fmax(speeds, np.fmax(stated, floors[self.rank_cells(layer, values)]))
        return speeds

    def rank_cells(self, layer: Layer, values: Floats) -> Ranks:
        """Return the class of each cell of a raster; cells without data have none."""
        if layer.signal:
            return self.rules.rank_signal(values, self.keys[layer.key].technology)
        return self.rules.rank_speed(values)


def best_of(ranks: Ranks, keys: Bools) -> Ranks:
    """Return the best class of some maps, shape (places,); 0 where there are none."""
    best: Ranks = ranks[keys].max(axis=0, initial=0)
    return best


def build_maps(layers: Layers, rules: MobileRules, study: Study) -> tuple[Maps, gpd.GeoDataFrame]:
    """Return the declared maps of a study, and the faults of what cannot be used of them."""
    crs = CRS.from_user_input(study.study.crs)
    table, rank, wrong = _rank_areas(layers.get(_LAYER), rules, study)
    placed, wrong_rasters = _read_rasters(layers.rasters.get(_LAYER, ()), rules)
    area_keys = [Key(*row) for row in zip(table["operator"], table["technology"], table["use"], strict=True)]
    keys = tuple(sorted({*area_keys, *(key for key, _, _ in placed)}))
    at = {key: number for number, key in enumerate(keys)}
    maps = Maps(
        keys=keys,
        areas=build_index(table.geometry.to_numpy()),
        area_key=np.array([at[key] for key in area_keys], dtype=np.int64),
        area_rank=rank,
        area_mbps=table["down_mbps"].to_numpy(dtype="float64"),
        rasters=tuple(Layer(at[key], cells, signal) for key, cells, signal in placed),
        rules=rules,
        crs=crs,
    )
    found = [*wrong, *wrong_rasters]
    if keys and not maps.select(study.mobile.use).any():
        named = ", ".join(sorted({key.use for key in keys}))
        values = {"use": study.mobile.use, "found": named}
        found.append(faults("mobile_no_use", _LAYER, severity="warning", values=values))
    return maps, gather(found, study.study.crs)


def _rank_areas(
    table: gpd.GeoDataFrame | None, rules: MobileRules, study: Study
) -> tuple[gpd.GeoDataFrame, Ranks, list[gpd.GeoDataFrame]]:
    """Return the areas that cover anything, with the class of each."""
    columns = ["operator", "technology", "use", "down_mbps", "dbm"]
    if table is None:
        nothing = gpd.GeoDataFrame({name: [] for name in columns}, geometry=[], crs=study.study.crs)
        return nothing, np.zeros(0, dtype=np.int8), []
    table, by_stated, silent = rank_stated(table, rules)
    level = rules.undeclared.level
    rank = np.where(silent, np.int8(rules.rank(level)), by_stated)
    speed, signal = table["down_mbps"].to_numpy(), table["dbm"].to_numpy()
    nobody = (table["operator"].str.strip() == "").to_numpy(dtype=bool)
    unlimited = silent & ~np.isnan(signal)
    weak = np.isnan(speed) & (rank == 0)
    wrong = [
        _areas_at_fault("mobile_no_operator", table, nobody, "warning"),
        _areas_at_fault("mobile_no_speed", table, silent & ~unlimited & ~nobody, "info", level=level),
        _areas_at_fault("mobile_no_limits", table, unlimited & ~nobody, "warning", level=level),
        _areas_at_fault("mobile_zero_speed", table, (speed == 0) & ~nobody, "warning"),
        _areas_at_fault("mobile_weak_signal", table, weak & ~nobody, "info"),
    ]
    used = ~nobody & (rank > 0)
    return table[used], rank[used], wrong


def rank_stated(table: gpd.GeoDataFrame, rules: MobileRules) -> tuple[gpd.GeoDataFrame, Ranks, Bools]:
    """Return rows with their technologies as the rules name them, the class of each, and which state none.

    By the speed that they state, else by their signal, where the technology has limits.
    """
    names = {text: rules.name_technology(text) for text in table["technology"].unique()}
    table = table.assign(technology=table["technology"].map(names).astype("str"))
    speed, signal = (table[name].to_numpy(dtype="float64") for name in ("down_mbps", "dbm"))
    rank = rules.rank_speed(speed)
    silent = np.isnan(speed)
    for name in table["technology"][silent].unique():
        rows = np.isnan(speed) & ~np.isnan(signal) & (table["technology"] == name).to_numpy(dtype=bool)
        if rules.has_limits(name):
            rank[rows] = rules.rank_signal(signal[rows], name)
            silent &= ~rows
    return table, rank, silent


def _areas_at_fault(
    rule: str, table: gpd.GeoDataFrame, rows: Bools, severity: str, **values: object
) -> gpd.GeoDataFrame:
    """Return one fault that counts rows, with the first of them; none where there are none."""
    count = int(rows.sum())
    first = [str(table.index[rows.argmax()])] if count else []
    return faults(rule, _LAYER, severity=severity, feature_ids=first, values={"count": count, **values})


def _read_rasters(
    rasters: Iterable["Raster"], rules: MobileRules
) -> tuple[Sequence[tuple[Key, Cells, bool]], list[gpd.GeoDataFrame]]:
    """Return the rasters whose cells the rules can tell, with their maps."""
    used: list[tuple[Key, Cells, bool]] = []
    wrong: list[gpd.GeoDataFrame] = []
    for raster in rasters:
        operator, technology, use = (str(raster.stated[part]) for part in Key._fields)
        key = Key(operator, rules.name_technology(technology), cast("Use", use))
        signal = raster.holds == "dbm"
        if signal and not rules.has_limits(key.technology):
            values = {"file": raster.path.name, "technology": key.technology}
            wrong.append(faults("mobile_raster_no_limits", _LAYER, severity="warning", values=values))
        else:
            used.append((key, raster, signal))
    return used, wrong


def find_xy(table: gpd.GeoDataFrame) -> Floats:
    """Return where features are: points, and of others a point within; shape (features, 2)."""
    points = table.geometry.representative_point()
    return np.column_stack([points.x, points.y]) if len(points) else np.empty((0, 2))


def first_area(index: AreaIndex, xy: Floats) -> Ints:
    """Return the first area that each place lies in, -1 for none."""
    found = np.full(len(xy), -1, dtype=np.int64)
    point, area = find_pairs(index, xy)
    first = np.flatnonzero(np.r_[True, point[1:] != point[:-1]][: len(point)])
    found[point[first]] = area[first]
    return found
