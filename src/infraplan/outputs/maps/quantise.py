"""Millions of points small enough to travel in a page: on a grid, along a curve, steps from one to the next.

The curve is Morton's (1966, the Z-order): the points of any square whose side is a power of two stand in one
run, so that the page bins them at every zoom by looking for the ends of runs and adding nothing up twice.
"""

import base64
import gzip
import math
from functools import cache
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

WORLD_BITS = 24
"""Grid steps across the world of web maps, as a power of two: a step is 1.4 m on the ground at 55° north,
0.9 m at 69°."""
TILE_BITS = 16
"""Grid steps across a tile: two coordinates then share 32 bits, which JavaScript shifts without rounding."""

_RADIUS_M = 6_378_137.0
_HALF_WORLD_M = math.pi * _RADIUS_M
_MERCATOR = "EPSG:3857"
_VARINT_BYTES = 5
_KINDS = (np.dtype("u1"), np.dtype("<u2"), np.dtype("<u4"))

Floats = NDArray[np.float64]
Numbers = NDArray[np.uint32]
Keys = NDArray[np.uint64]


def to_grid(xy: Floats, crs: str) -> Numbers:
    """Return the grid squares of places, shape (places, 2), east and south of the world's corner."""
    east, north = _between(crs, _MERCATOR).transform(xy[:, 0], xy[:, 1])
    share = np.column_stack([_HALF_WORLD_M + east, _HALF_WORLD_M - north]) / (2.0 * _HALF_WORLD_M)
    whole = np.floor(share * 2.0**WORLD_BITS)
    return np.clip(whole, 0, 2**WORLD_BITS - 1).astype(np.uint32)


def from_grid(grid: Numbers, crs: str) -> Floats:
    """Return the middles of grid squares in a CRS, shape (places, 2)."""
    share = (grid + 0.5) / 2.0**WORLD_BITS * 2.0 * _HALF_WORLD_M
    east, north = share[:, 0] - _HALF_WORLD_M, _HALF_WORLD_M - share[:, 1]
    return np.column_stack(_between(_MERCATOR, crs).transform(east, north))


def find_keys(grid: Numbers) -> Keys:
    """Return the place of each grid square along the curve: its tile's row and column, then 32 bits in it."""
    tile = (grid >> np.uint32(TILE_BITS)).astype(np.uint64)
    inside = (_spread(grid[:, 0]) | (_spread(grid[:, 1]) << np.uint32(1))).astype(np.uint64)
    keys: Keys = np.bitwise_or.reduce([tile[:, 1] << np.uint64(40), tile[:, 0] << np.uint64(32), inside])
    return keys


def find_grid(keys: Keys) -> Numbers:
    """Return the grid squares that ``find_keys`` made keys of."""
    inside = (keys & np.uint64(0xFFFF_FFFF)).astype(np.uint32)
    tile_x = ((keys >> np.uint64(32)) & np.uint64(0xFF)).astype(np.uint32) << np.uint32(TILE_BITS)
    tile_y = (keys >> np.uint64(40)).astype(np.uint32) << np.uint32(TILE_BITS)
    return np.column_stack([tile_x | _gather(inside), tile_y | _gather(inside >> np.uint32(1))])


def pack_keys(keys: Keys) -> dict[str, Any]:
    """Return sorted keys: a row a tile (column, row, points), and all steps along the curve as varints."""
    tile = keys >> np.uint64(32)
    starts = np.flatnonzero(np.diff(tile, prepend=tile[:1] + np.uint64(1)))
    counts = np.diff(starts, append=len(keys))
    inside = (keys & np.uint64(0xFFFF_FFFF)).astype(np.uint32)
    steps = np.diff(inside, prepend=np.uint32(0))
    steps[starts] = inside[starts]
    numbers = tile[starts].astype(np.int64)
    tiles = np.column_stack([numbers & 0xFF, numbers >> 8, counts])
    return {"tiles": tiles.tolist(), "steps": pack_bytes(encode_varints(steps))}


def unpack_keys(packed: dict[str, Any]) -> Keys:
    """Return the keys that ``pack_keys`` packed, as the page does."""
    tiles = np.array(packed["tiles"], dtype=np.uint64).reshape(-1, 3)
    steps = decode_varints(unpack_bytes(packed["steps"])).astype(np.uint64)
    ends = tiles[:, 2].cumsum().astype(np.int64)
    runs = np.split(steps, ends[:-1]) if len(ends) else []
    return np.concatenate(
        [np.uint64(0) + np.array([], np.uint64)]
        + [
            np.cumsum(run, dtype=np.uint64) + ((y << np.uint64(40)) | (x << np.uint64(32)))
            for run, (x, y) in zip(runs, tiles[:, :2], strict=True)
        ]
    )


def pack_numbers(values: NDArray[np.integer]) -> dict[str, str]:
    """Return whole numbers from nought up in the smallest type that holds them all."""
    greatest = int(values.max(initial=0))
    kind = next(kind for kind in _KINDS if greatest <= np.iinfo(kind).max)
    return {"type": f"u{kind.itemsize}", "data": pack_bytes(values.astype(kind).tobytes())}


def unpack_numbers(packed: dict[str, str]) -> NDArray[np.int64]:
    """Return the numbers that ``pack_numbers`` packed."""
    return np.frombuffer(unpack_bytes(packed["data"]), dtype=f"<{packed['type']}").astype(np.int64)


def pack_bytes(raw: bytes) -> str:
    """Return bytes as gzip in base64; the same bytes always give the same text.

    The sixth level: steps along the curve are as small as at the ninth, in a fraction of the time.
    """
    return base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode("ascii")


def unpack_bytes(text: str) -> bytes:
    """Return the bytes that ``pack_bytes`` made a text of."""
    return gzip.decompress(base64.b64decode(text))


def encode_varints(values: Numbers) -> bytes:
    """Return numbers of seven bits a byte, the lowest first; the highest bit says that more follow (LEB128).

    >>> encode_varints(np.array([0, 127, 128, 300], dtype=np.uint32)).hex(" ")
    '00 7f 80 01 ac 02'
    """
    size = np.ones(len(values), dtype=np.int64)
    for byte in range(1, _VARINT_BYTES):
        size += values >= np.uint32(1 << 7 * byte)
    end = np.cumsum(size)
    start = end - size
    out = np.empty(int(end[-1]) if len(end) else 0, dtype=np.uint8)
    for byte in range(_VARINT_BYTES):
        has = np.flatnonzero(size > byte)
        more = (size[has] > byte + 1).astype(np.uint32) << np.uint32(7)
        out[start[has] + byte] = (values[has] >> np.uint32(7 * byte)) & np.uint32(0x7F) | more
    return out.tobytes()


def decode_varints(raw: bytes) -> Numbers:
    """Return the numbers that ``encode_varints`` wrote."""
    read = np.frombuffer(raw, dtype=np.uint8)
    last = np.flatnonzero(read < 1 << 7)
    start = np.concatenate([[0], last[:-1] + 1]) if len(last) else last
    value = np.zeros(len(last), dtype=np.uint32)
    for byte in range(_VARINT_BYTES):
        has = np.flatnonzero(start + byte <= last)
        value[has] |= (read[start[has] + byte] & np.uint8(0x7F)).astype(np.uint32) << np.uint32(7 * byte)
    return value


@cache
def _between(crs: str, other: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, other, always_xy=True)


def _spread(values: Numbers) -> Numbers:
    """Return the low 16 bits with a gap after each (Warren, Hacker's Delight, 2012, 7-2)."""
    wide = values & np.uint32(0xFFFF)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        wide = (wide | (wide << np.uint32(shift))) & np.uint32(mask)
    return wide


def _gather(values: Numbers) -> Numbers:
    """Return every other bit, the inverse of ``_spread``."""
    narrow = values & np.uint32(0x55555555)
    for shift, mask in ((1, 0x33333333), (2, 0x0F0F0F0F), (4, 0x00FF00FF), (8, 0x0000FFFF)):
        narrow = (narrow | (narrow >> np.uint32(shift))) & np.uint32(mask)
    return narrow
