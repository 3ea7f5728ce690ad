/* A layer is one canvas, drawn in one pass from numbers that are projected once: Leaflet's own object for each
   feature takes ten times as long for ten thousand of them.

   What other parts may use:
   - ``Sheet``: a Leaflet layer that is a canvas. ``new Sheet(paint, { order, id })``; ``paint(brush, view)`` is called
     whenever the map has moved. A point's place on the canvas is ``view.x(X)``, ``view.y(Y)``, where X, Y are
     ``worldX(lon)``, ``worldY(lat)``; ``view.box`` is [west, north, east, south] in X, Y; ``view.scale`` pixels a
     unit; ``view.far`` by how much signs and lines shrink from afar. ``setOpacity(0…1)``, ``redraw()``, ``canvas``.
   - ``Shapes``: the features of a packed layer: ``rows`` (their columns; ``where`` nested [lat, lon] pairs, ``box``
     [west, south, east, north] in degrees), ``hit(view, X, Y, reach)``. */

const worldX = (lon) => 256 * (lon / 360 + 0.5);
const worldY = (lat) => 256 * (0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI));
const lonOf = (x) => (x / 256 - 0.5) * 360;
const latOf = (y) => (Math.atan(Math.exp((0.5 - y / 256) * 2 * Math.PI)) - Math.PI / 4) * 360 / Math.PI;
/* Signs and lines grow with the zoom: from afar thousands of spots must not bury the routes. */
const farness = (zoom) => (zoom < 8.5 ? 0.4 : zoom < 10.5 ? 0.65 : zoom < 13 ? 1 : 1.3);

function viewOf(corner, size, zoom) {
  const scale = 2 ** zoom;
  return {
    zoom, scale, size, far: farness(zoom),
    x: (x) => x * scale - corner.x, y: (y) => y * scale - corner.y, corner,
    box: [corner.x / scale, corner.y / scale, (corner.x + size.x) / scale, (corner.y + size.y) / scale],
  };
}

const LEAST_MOVE = 1 / 3; // of a pixel

const Sheet = L.Renderer.extend({
  initialize(paint, { order = 0, id = "", opacity = 1, pane = "overlayPane" } = {}) {
    L.Renderer.prototype.initialize.call(this, { padding: 0.1, pane });
    Object.assign(this, { paint, order, sheetId: id, opacity, canvas: null, view: null });
  },
  setOpacity(opacity) {
    this.opacity = opacity;
    if (this.canvas) this.canvas.style.opacity = opacity;
  },
  /* Draw once, however often it is asked for before the next frame. */
  redraw() {
    if (this.canvas && !this._asked) {
      this._asked = requestAnimationFrame(() => { this._asked = 0; if (this.canvas) this._draw(); });
    }
  },
  _initContainer() {
    this.canvas = this._container = el("canvas", { "aria-hidden": "true", "data-sheet": this.sheetId });
    Object.assign(this.canvas.style, { zIndex: this.order, opacity: this.opacity, pointerEvents: "none" });
  },
  _destroyContainer() {
    cancelAnimationFrame(this._asked);
    this._asked = 0;
    this.canvas.remove();
    this.canvas = this._container = this.view = null;
  },
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize(), ratio = window.devicePixelRatio || 1, before = this.view;
    const [wide, high] = [size.x, size.y].map((length) => Math.round(length * ratio));
    const fresh = this.canvas.width !== wide || this.canvas.height !== high;
    if (fresh) Object.assign(this.canvas, { width: wide, height: high });
    Object.assign(this.canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
    L.DomUtil.setPosition(this.canvas, this._bounds.min);
    this.view = viewOf(this._map.getPixelOrigin().add(this._bounds.min), size, this._map.getZoom());
    if (fresh || !this._slide(before, ratio)) this._draw();
  },
  /* After a move at the same zoom only the strips that came into the window are painted. */
  _slide(before, ratio) {
    const { view, canvas } = this, { size } = view;
    if (!before || this._asked || before.zoom !== view.zoom || Math.round(canvas.width / ratio) !== size.x) return false;
    const x = before.corner.x - view.corner.x, y = before.corner.y - view.corner.y;
    const whole = [x * ratio, y * ratio].every(Number.isInteger);
    if (!whole || Math.abs(x) >= size.x || Math.abs(y) >= size.y) return false;
    if (!x && !y) return true; // Leaflet tells of a move more than once.
    const brush = canvas.getContext("2d");
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.globalCompositeOperation = "copy";
    brush.drawImage(canvas, x * ratio, y * ratio);
    brush.globalCompositeOperation = "source-over";
    if (x) this._paintBox(brush, ratio, [x > 0 ? 0 : size.x + x, 0, Math.abs(x), size.y]);
    if (y) this._paintBox(brush, ratio, [0, y > 0 ? 0 : size.y + y, size.x, Math.abs(y)]);
    return true;
  },
  _paintBox(brush, ratio, [left, top, width, height]) {
    const { view } = this, { corner, scale } = view;
    brush.save();
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.beginPath();
    brush.rect(left, top, width, height);
    brush.clip();
    brush.clearRect(left, top, width, height);
    this.paint(brush, { ...view, box: [(corner.x + left) / scale, (corner.y + top) / scale,
      (corner.x + left + width) / scale, (corner.y + top + height) / scale] });
    brush.restore();
  },
  _draw() {
    const brush = this.canvas.getContext("2d"), ratio = this.canvas.width / this.view.size.x;
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.clearRect(0, 0, this.canvas.width, this.canvas.height);
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.paint(brush, this.view);
  },
});

/* ---- features ---- */

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
    const least = LEAST_MOVE / 2 ** zoom, { xy, start, weights } = this;
    const found = new Float64Array(xy.length), starts = new Uint32Array(start.length);
    let n = 0;
    for (let ring = 0; ring + 1 < start.length; ring += 1) {
      starts[ring] = n;
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
  /* Add a row's rings in the window to a brush's path. Rings end where they begin; to close each of thousands takes
     Chromium seconds. */
  trace(brush, row, { corner, scale, zoom, box }, margin) {
    const { xy, start } = this.thin(zoom);
    for (let ring = this.first[row]; ring < this.first[row + 1]; ring += 1) {
      if (!meets(this.ringBoxes, ring, box, margin)) continue;
      const from = 2 * start[ring], to = 2 * start[ring + 1];
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
