"""Kernels for whether a point lies in an area: by cells that no border crosses, and by slabs of edges.

Each area has a grid of its own. A cell that no edge comes near lies wholly inside or outside, and so do all
points in it. Elsewhere a ray from the point to the east counts the edges that it crosses, of those in its
slab. Which cell or slab a number falls into never falls as the number rises: so all edges that a point could
lie on are asked, however the division was rounded. On which side of an edge a point lies is decided where the
error bound of Shewchuk (1997) leaves no doubt; else the answer is unsure, and others must decide.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infraplan.spatial.arrays import Floats, Ints
from infraplan.spatial.compiled import compiled

OUT, IN, UNSURE, _BLANK = 0, 1, 2, 3
"""What is known of a point or of a cell."""

_EDGES_A_SLAB = 16
_COPIES = 3
"""Slabs an edge is in beside its first, at most, on average over a part."""
_CELLS_AN_EDGE = 2
_FEW_EDGES = 16
"""So few edges are asked sooner than a cell."""
_ALONG = 4096
_FINEST = 1e-12
"""Most cells along an axis, and their least width as a share of coordinates."""
_DOUBT = 4e-16
_LEAST = 1e-300

Bytes = NDArray[np.uint8]
Corners = NDArray[np.int32]


class Shapes(NamedTuple):
    """Polygons of one part, as their corners.

    Attributes
    ----------
    xy
        Corners, ring after ring, the first of each ring again at its end; shape (corners, 2).
    rings
        The first corner of each ring, and the end; shape (rings + 1,).
    parts
        The first ring of each part, and the end; shape (parts + 1,).
    boxes
        Least x and y, greatest x and y of each part; shape (parts, 4).
    """

    xy: Floats
    rings: Ints
    parts: Ints
    boxes: Floats


class Grids(NamedTuple):
    """How parts are cut into slabs and cells.

    Attributes
    ----------
    slabs
        The first slab of each part, and the end; shape (parts + 1,).
    per_slab
        Slabs a metre, shape (parts,).
    cells
        The first cell of each part, and the end; shape (parts + 1,).
    columns
        Cells in a row, shape (parts,).
    per_cell
        Columns and rows a metre, shape (parts, 2).
    """

    slabs: Ints
    per_slab: Floats
    cells: Ints
    columns: Ints
    per_cell: Floats


class Parts(NamedTuple):
    """Polygons that points can be held against.

    Attributes
    ----------
    shapes, grids
        What they are, and how they are cut.
    starts
        Where the edges of each slab begin, and the end; shape (slabs + 1,).
    edges
        The corner at which each edge begins, slab after slab.
    states
        What is known of each cell: ``OUT``, ``IN`` or ``UNSURE``.
    """

    shapes: Shapes
    grids: Grids
    starts: Ints
    edges: Corners
    states: Bytes


@compiled
def find_boxes(xy: Floats, rings: Ints, parts: Ints) -> Floats:
    """Return the box around each part."""
    boxes = np.empty((len(parts) - 1, 4))
    for part in range(len(boxes)):
        boxes[part] = np.inf, np.inf, -np.inf, -np.inf
        for i in range(rings[parts[part]], rings[parts[part + 1]]):
            for axis in range(2):
                boxes[part, axis] = min(boxes[part, axis], xy[i, axis])
                boxes[part, axis + 2] = max(boxes[part, axis + 2], xy[i, axis])
    return boxes


@compiled
def lay_grids(shapes: Shapes) -> Grids:
    """Return into how many slabs and cells each part is cut."""
    count = len(shapes.boxes)
    slabs, cells = np.zeros(count + 1, np.int64), np.zeros(count + 1, np.int64)
    per_slab, per_cell = np.empty(count), np.empty((count, 2))
    columns = np.empty(count, np.int64)
    for part in range(count):
        box = shapes.boxes[part]
        width, height = box[2] - box[0], box[3] - box[1]
        edges, climb = 0, 0.0
        for ring in range(shapes.parts[part], shapes.parts[part + 1]):
            first, last = shapes.rings[ring], shapes.rings[ring + 1] - 1
            edges += last - first
            for i in range(first, last):
                climb += abs(shapes.xy[i + 1, 1] - shapes.xy[i, 1])
        number = min(edges / _EDGES_A_SLAB, _COPIES * edges * height / climb if climb > 0.0 else 1.0)
        number = max(1.0, np.floor(number))
        slabs[part + 1] = slabs[part] + int(number)
        per_slab[part] = divide(number, height)
        across, down = 1.0, 1.0
        finest = _FINEST * max(abs(box[0]), abs(box[1]), abs(box[2]), abs(box[3]))
        if edges > _FEW_EDGES and min(width, height) > 0.0:
            across = np.sqrt(_CELLS_AN_EDGE * edges * width / height)
            across = max(1.0, np.floor(min(across, _ALONG, width / finest)))
            down = max(1.0, np.floor(min(_CELLS_AN_EDGE * edges / across, _ALONG, height / finest)))
        cells[part + 1] = cells[part] + int(across) * int(down)
        columns[part] = int(across)
        per_cell[part] = divide(across, width), divide(down, height)
    return Grids(slabs, per_slab, cells, columns, per_cell)


@compiled
def divide(number: float, length: float) -> float:
    """Return how many there are a metre; none where a length is so small that there is no such number."""
    each = number / length if length > 0.0 else 0.0
    return each if each < np.inf else 0.0


@compiled
def step(distance: float, each: float, count: int) -> int:
    """Return which of some steps a distance falls into."""
    return min(int(distance * each), count - 1)


@compiled
def count_edges(first: int, last: int, shapes: Shapes, grids: Grids, starts: Ints) -> None:
    """Count the edges of each slab of some parts, one place after its own."""
    for part in range(first, last):
        bottom, each = shapes.boxes[part, 1], grids.per_slab[part]
        begin = grids.slabs[part]
        count = grids.slabs[part + 1] - begin
        for ring in range(shapes.parts[part], shapes.parts[part + 1]):
            one = step(shapes.xy[shapes.rings[ring], 1] - bottom, each, count)
            for i in range(shapes.rings[ring] + 1, shapes.rings[ring + 1]):
                other = step(shapes.xy[i, 1] - bottom, each, count)
                for slab in range(min(one, other), max(one, other) + 1):
                    starts[begin + slab + 1] += 1
                one = other


@compiled
def fill_slabs(first: int, last: int, parts: Parts) -> None:
    """List the edges of each slab of some parts."""
    shapes, grids = parts.shapes, parts.grids
    for part in range(first, last):
        bottom, each = shapes.boxes[part, 1], grids.per_slab[part]
        begin, end = grids.slabs[part], grids.slabs[part + 1]
        places = parts.starts[begin:end].copy()
        for ring in range(shapes.parts[part], shapes.parts[part + 1]):
            one = step(shapes.xy[shapes.rings[ring], 1] - bottom, each, end - begin)
            for i in range(shapes.rings[ring] + 1, shapes.rings[ring + 1]):
                other = step(shapes.xy[i, 1] - bottom, each, end - begin)
                for slab in range(min(one, other), max(one, other) + 1):
                    parts.edges[places[slab]] = i - 1
                    places[slab] += 1
                one = other


@compiled
def fill_cells(first: int, last: int, parts: Parts) -> None:
    """Tell of each cell of some parts whether it lies inside, outside, or where a border comes near."""
    shapes, grids = parts.shapes, parts.grids
    for part in range(first, last):
        columns = grids.columns[part]
        states = parts.states[grids.cells[part] : grids.cells[part + 1]].reshape(-1, columns)
        states[:] = _BLANK
        for ring in range(shapes.parts[part], shapes.parts[part + 1]):
            corners = shapes.xy[shapes.rings[ring] : shapes.rings[ring + 1]]
            mark_ring(states, corners, shapes.boxes[part], grids.per_cell[part])
        for row in range(len(states)):
            for column in range(columns):
                if states[row, column] != _BLANK:
                    continue
                # No edge lies between neighbours that are both clear.
                if column > 0 and states[row, column - 1] != UNSURE:
                    states[row, column] = states[row, column - 1]
                elif row > 0 and states[row - 1, column] != UNSURE:
                    states[row, column] = states[row - 1, column]
                else:
                    states[row, column] = ask_middle(parts, part, column, row, len(states))


@compiled
def mark_ring(states: Bytes, corners: Floats, box: Floats, each: Floats) -> None:
    """Mark all cells that an edge of a ring could come into."""
    rows, columns = states.shape
    column, row = step(corners[0, 0] - box[0], each[0], columns), step(corners[0, 1] - box[1], each[1], rows)
    for i in range(1, len(corners)):
        tail_column, tail_row = column, row
        column = step(corners[i, 0] - box[0], each[0], columns)
        row = step(corners[i, 1] - box[1], each[1], rows)
        wide, high = abs(column - tail_column), abs(row - tail_row)
        if wide == 0 and high == 0:
            states[row, column] = UNSURE
        elif wide <= 2 or high <= 2:  # noqa: PLR2004
            for r in range(min(row, tail_row), max(row, tail_row) + 1):
                for c in range(min(column, tail_column), max(column, tail_column) + 1):
                    states[r, c] = UNSURE
        else:
            mark_long(states, corners[i - 1], corners[i], box, each)


@compiled
def mark_long(states: Bytes, tail: Floats, head: Floats, box: Floats, each: Floats) -> None:
    """Mark all cells that an edge through several rows and columns could come into."""
    rows, columns = states.shape
    left, right = min(tail[0], head[0]), max(tail[0], head[0])
    low, high = min(tail[1], head[1]), max(tail[1], head[1])
    first, last = step(left - box[0], each[0], columns), step(right - box[0], each[0], columns)
    slope = (head[0] - tail[0]) / (head[1] - tail[1])
    for row in range(step(low - box[1], each[1], rows), step(high - box[1], each[1], rows) + 1):
        # Where the edge enters and leaves the row, and a cell more: rounding moves it by far less.
        enters = tail[0] + (max(box[1] + row / each[1], low) - tail[1]) * slope
        leaves = tail[0] + (min(box[1] + (row + 1) / each[1], high) - tail[1]) * slope
        west = step(max(min(enters, leaves), left) - box[0], each[0], columns)
        east = step(min(max(enters, leaves), right) - box[0], each[0], columns)
        states[row, max(west - 1, first) : min(east + 1, last) + 1] = UNSURE


@compiled
def ask_middle(parts: Parts, part: int, column: int, row: int, rows: int) -> int:
    """Return on which side the middle of a cell lies; unsure where it is not in the cell or hard to tell."""
    box, each = parts.shapes.boxes[part], parts.grids.per_cell[part]
    if each[0] <= 0.0 or each[1] <= 0.0:
        return UNSURE
    x, y = box[0] + (column + 0.5) / each[0], box[1] + (row + 0.5) / each[1]
    if x > box[2] or y > box[3]:
        return UNSURE
    if step(x - box[0], each[0], parts.grids.columns[part]) != column:
        return UNSURE
    return cross(parts, part, x, y) if step(y - box[1], each[1], rows) == row else UNSURE


@compiled
def locate(parts: Parts, part: int, x: float, y: float) -> int:
    """Return whether a point in the box of a part is ``OUT`` or ``IN`` or on its border, or ``UNSURE``."""
    box, each = parts.shapes.boxes[part], parts.grids.per_cell[part]
    columns, first = parts.grids.columns[part], parts.grids.cells[part]
    rows = (parts.grids.cells[part + 1] - first) // columns
    column, row = step(x - box[0], each[0], columns), step(y - box[1], each[1], rows)
    state = parts.states[first + row * columns + column]
    return cross(parts, part, x, y) if state == UNSURE else int(state)


@compiled
def cross(parts: Parts, part: int, x: float, y: float) -> int:
    """Return whether a point in the box of a part is in it, by the edges that a ray to the east crosses."""
    grids, xy = parts.grids, parts.shapes.xy
    first = grids.slabs[part]
    slab = first + step(y - parts.shapes.boxes[part, 1], grids.per_slab[part], grids.slabs[part + 1] - first)
    inside = unsure = False
    for place in range(parts.starts[slab], parts.starts[slab + 1]):
        corner = parts.edges[place]
        ax, ay, bx, by = xy[corner, 0], xy[corner, 1], xy[corner + 1, 0], xy[corner + 1, 1]
        if (ay < y and by < y) or (ay > y and by > y) or (ax < x and bx < x):
            continue
        straddles = (ay > y) != (by > y)
        if ax > x and bx > x:
            inside ^= straddles
            continue
        if (ax == x and (ay == y or bx == x)) or (bx == x and by == y) or (ay == y and by == y):
            return IN
        if not straddles:
            continue
        left, right = (bx - ax) * (y - ay), (x - ax) * (by - ay)
        if abs(left - right) > _DOUBT * (abs(left) + abs(right)) + _LEAST:
            inside ^= (left > right) == (by > ay)
        else:
            unsure = True
    return UNSURE if unsure else IN if inside else OUT
