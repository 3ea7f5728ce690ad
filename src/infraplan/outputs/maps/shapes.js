/* The features of a packed layer as flat numbers.

   What other parts may use: ``Shapes``, with ``rows`` (their columns; ``where`` nested [lat, lon] pairs, ``box``
   [west, south, east, north] in degrees), ``sees(row, box, margin)``, ``trace(brush, row, view, margin)`` and
   ``hit(view, X, Y, reach)``; ``shapesOf(packed)``, made once. */

const LEAST_MOVE = 1 / 3; // of a pixel

function unpack(steps) {
  const found = [];
  for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
    x += steps[i]; y += steps[i + 1];
    found.push([y / SCALE, x / SCALE]);
  }
  return found;
}
/* Each row's rings or lines; the row of a point has one of one place. */
function ringsOf({ shape, geometry }) {
  if (shape === "area") return geometry.map((parts) => parts.flat());
  if (shape === "line") return geometry;
  const found = [];
  for (let i = 0, x = 0, y = 0; i < geometry.length; i += 2) {
    x += geometry[i]; y += geometry[i + 1];
    found.push([[x, y]]);
  }
  return found;
}

/* [west, north, east, south] of the rings from first[i] to first[i + 1], each i. */
function enclose(first, start, xy) {
  const boxes = new Float64Array(4 * (first.length - 1));
  for (let row = 0; row + 1 < first.length; row += 1) {
    let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    for (let i = 2 * start[first[row]]; i < 2 * start[first[row + 1]]; i += 2) {
      const x = xy[i], y = xy[i + 1];
      if (x < west) west = x;
      if (x > east) east = x;
      if (y < north) north = y;
      if (y > south) south = y;
    }
    boxes.set([west, north, east, south], 4 * row);
  }
  return boxes;
}
const meets = (b, i, [west, north, east, south], margin) => b[4 * i] <= east + margin && b[4 * i + 2] >= west - margin
  && b[4 * i + 1] <= south + margin && b[4 * i + 3] >= north - margin;

/* How much each vertex of a ring adds to its shape, in units of xy: its distance from the line that is drawn without
   it, as Douglas and Peucker found it (1973), and no more than that of a vertex which must come before it. Ends stay. */
function weigh(xy, start) {
  const found = new Float32Array(xy.length / 2);
  for (let ring = 0; ring + 1 < start.length; ring += 1) {
    const last = start[ring + 1] - 1, spans = [start[ring], last, Infinity];
    found[start[ring]] = found[last] = Infinity;
    while (spans.length) {
      const most = spans.pop(), to = spans.pop(), from = spans.pop();
      let far = -1, at = 0;
      const ax = xy[2 * from], ay = xy[2 * from + 1], dx = xy[2 * to] - ax, dy = xy[2 * to + 1] - ay, square = dx * dx + dy * dy || 1;
      for (let i = from + 1; i < to; i += 1) {
        const x = xy[2 * i] - ax, y = xy[2 * i + 1] - ay, along = Math.max(0, Math.min(1, (x * dx + y * dy) / square));
        const away = (x - along * dx) ** 2 + (y - along * dy) ** 2;
        if (away > far) { far = away; at = i; }
      }
      if (far < 0) continue;
      found[at] = Math.min(Math.sqrt(far), most);
      spans.push(from, at, found[at], at, to, found[at]);
    }
  }
  return found;
}

class Shapes {
  constructor(packed) {
    this.shape = packed.shape;
    const rings = ringsOf(packed), flat = rings.flat();
    this.first = new Uint32Array(rings.length + 1); // of each row, its first ring
    this.start = new Uint32Array(flat.length + 1); // of each ring, its first vertex
    rings.forEach((own, i) => { this.first[i + 1] = this.first[i] + own.length; });
    flat.forEach((steps, i) => { this.start[i + 1] = this.start[i] + steps.length / 2; });
    this.xy = new Float64Array(2 * this.start.at(-1));
    flat.forEach((steps, i) => this.#place(steps, this.start[i]));
    this.boxes = enclose(this.first, this.start, this.xy); // of each row
    this.ringBoxes = this.shape === "point" ? this.boxes : enclose(Uint32Array.from(this.start.keys()), this.start, this.xy);
    const names = Object.keys(packed.columns);
    this.rows = rings.map((_, i) => this.#row(i, packed, names));
    this.thinned = {};
  }
  #place(steps, at) {
    for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
      x += steps[i]; y += steps[i + 1];
      this.xy[2 * at + i] = worldX(x / SCALE);
      this.xy[2 * at + i + 1] = worldY(y / SCALE);
    }
  }
  #row(i, { shape, geometry, columns }, names) {
    const row = Object.fromEntries(names.map((name) => [name, columns[name][i]]));
    const boxes = this.boxes, xy = this.xy, at = 2 * this.start[this.first[i]];
    Object.defineProperties(row, {
      index: { value: i },
      box: { get: () => [lonOf(boxes[4 * i]), latOf(boxes[4 * i + 3]), lonOf(boxes[4 * i + 2]), latOf(boxes[4 * i + 1])] },
      where: { get: () => (shape === "point" ? [latOf(xy[at + 1]), lonOf(xy[at])]
        : geometry[i].map((part) => (shape === "line" ? unpack(part) : part.map(unpack)))) },
    });
    return row;
  }
  sees(row, box, margin) { return meets(this.boxes, row, box, margin); }
  /* The vertices that make a difference at a zoom: without the others no line moves by more than a third of a pixel. */
  thin(zoom) {
    if (this.thinned.zoom === zoom) return this.thinned;
    this.weights ??= weigh(this.xy, this.start);
    const least = LEAST_MOVE / 2 ** zoom, { xy, start, weights } = this, spare = this.#specks(2 ** zoom);
    const found = new Float64Array(xy.length), starts = new Uint32Array(start.length);
    let n = 0;
    for (let ring = 0; ring + 1 < start.length; ring += 1) {
      starts[ring] = n;
      if (spare[ring]) continue;
      for (let i = start[ring]; i < start[ring + 1]; i += 1) {
        if (weights[i] < least) continue;
        found[2 * n] = xy[2 * i];
        found[2 * n + 1] = xy[2 * i + 1];
        n += 1;
      }
    }
    starts[start.length - 1] = n;
    this.thinned = { zoom, xy: found, start: starts };
    return this.thinned;
  }
  /* Lines smaller than a pixel where the same row has another: of a county's streets ten thousand, seen from afar. */
  #specks(scale) {
    const { first, ringBoxes: b } = this, found = new Uint8Array(this.start.length);
    if (this.shape !== "line") return found;
    for (let row = 0; row + 1 < first.length; row += 1) {
      const drawn = new Set();
      for (let ring = first[row]; ring < first[row + 1]; ring += 1) {
        const [west, north, east, south] = b.subarray(4 * ring, 4 * ring + 4);
        if (Math.max(east - west, south - north) * scale >= 1) continue;
        const place = Math.floor(west * scale) * 2 ** 26 + Math.floor(north * scale);
        if (drawn.has(place)) found[ring] = 1; else drawn.add(place);
      }
    }
    return found;
  }
  /* Add a row's rings in the window to a brush's path. Rings end where they begin; to close each of thousands takes
     Chromium seconds. */
  trace(brush, row, { corner, scale, zoom, box }, margin) {
    const { xy, start } = this.thin(zoom);
    for (let ring = this.first[row]; ring < this.first[row + 1]; ring += 1) {
      if (!meets(this.ringBoxes, ring, box, margin)) continue;
      const from = 2 * start[ring], to = 2 * start[ring + 1];
      if (from === to) continue;
      brush.moveTo(xy[from] * scale - corner.x, xy[from + 1] * scale - corner.y);
      for (let i = from + 2; i < to; i += 2) brush.lineTo(xy[i] * scale - corner.x, xy[i + 1] * scale - corner.y);
    }
  }
  /* The row that is last drawn at X, Y, or so near; of points the nearest. */
  hit({ scale }, x, y, reach, visible = () => true) {
    const margin = reach / scale, box = [x, y, x, y];
    let found = null, best = margin;
    for (let row = this.rows.length - 1; row >= 0; row -= 1) {
      if (!this.sees(row, box, margin) || !visible(this.rows[row])) continue;
      const away = this.shape === "area" && this.#holds(row, x, y) ? 0 : this.#away(row, x, y, margin);
      if (away < best || (away === best && found == null)) { found = this.rows[row]; best = away; }
      if (best === 0) break;
    }
    return found;
  }
  #holds(row, x, y) {
    let inside = false;
    for (let ring = this.first[row]; ring < this.first[row + 1]; ring += 1) {
      for (let i = this.start[ring], last = this.start[ring + 1] - 1, j = last; i <= last; j = i, i += 1) {
        const [xi, yi, xj, yj] = [this.xy[2 * i], this.xy[2 * i + 1], this.xy[2 * j], this.xy[2 * j + 1]];
        if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
      }
    }
    return inside;
  }
  #away(row, x, y, most) {
    let best = Infinity;
    for (let ring = this.first[row]; ring < this.first[row + 1]; ring += 1) {
      if (!meets(this.ringBoxes, ring, [x, y, x, y], most)) continue;
      const from = this.start[ring], last = this.start[ring + 1] - 1;
      for (let i = from; i < Math.max(last, from + 1); i += 1) {
        const j = Math.min(i + 1, last), ax = this.xy[2 * i], ay = this.xy[2 * i + 1];
        const dx = this.xy[2 * j] - ax, dy = this.xy[2 * j + 1] - ay;
        const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
        best = Math.min(best, Math.hypot(ax + along * dx - x, ay + along * dy - y));
      }
    }
    return best;
  }
}
const unpacked = new Map();
function shapesOf(packed) {
  if (!unpacked.has(packed)) unpacked.set(packed, new Shapes(packed));
  return unpacked.get(packed);
}
