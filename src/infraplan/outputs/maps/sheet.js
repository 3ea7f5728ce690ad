/* The map is drawn on a canvas in one pass, from numbers that are projected once: Leaflet's own object for each feature
   takes ten times as long for ten thousand of them.

   What other parts may use:
   - ``Sheet``: a Leaflet layer that is a canvas. ``new Sheet(paint, { id, pane })``; ``paint(brush, view)`` is called
     whenever the map has moved. A point's place on the canvas is ``view.x(X)``, ``view.y(Y)``, where X, Y are
     ``worldX(lon)``, ``worldY(lat)``; ``view.box`` is [west, north, east, south] in X, Y; ``view.scale`` pixels a
     unit; ``view.far`` by how much signs and lines shrink from afar. ``redraw()``, ``canvas``.
   - ``faded(brush, opacity, paint)``: what ``paint(brush)`` draws, seen through as a whole. */

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

const Sheet = L.Renderer.extend({
  initialize(paint, { id, pane = "overlayPane" }) {
    L.Renderer.prototype.initialize.call(this, { padding: 0.1, pane });
    Object.assign(this, { paint, sheetId: id, canvas: null, view: null });
  },
  /* Draw once, however often it is asked for before the next frame. */
  redraw() {
    if (this.canvas && !this._asked) {
      this._asked = requestAnimationFrame(() => { if (this.canvas) this._draw(); });
    }
  },
  _initContainer() {
    this.canvas = this._container = el("canvas", { "aria-hidden": "true", "data-sheet": this.sheetId });
    this.canvas.style.pointerEvents = "none";
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
    cancelAnimationFrame(this._asked);
    this._asked = 0;
    const brush = this.canvas.getContext("2d"), ratio = this.canvas.width / this.view.size.x;
    brush.setTransform(1, 0, 0, 1, 0, 0);
    brush.clearRect(0, 0, this.canvas.width, this.canvas.height);
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.paint(brush, this.view);
  },
});

/* Where lines cross or spots overlap, a brush that is faded itself would draw darker. */
const aside = el("canvas");
function faded(brush, opacity, paint) {
  if (opacity >= 1) paint(brush);
  if (opacity <= 0 || opacity >= 1) return;
  const { width, height } = brush.canvas, inner = aside.getContext("2d");
  Object.assign(aside, { width, height }); // Makes it empty, too.
  inner.setTransform(brush.getTransform());
  paint(inner);
  brush.save();
  brush.resetTransform();
  brush.globalAlpha = opacity;
  brush.drawImage(aside, 0, 0);
  brush.restore();
}
