/* What is drawn on the map, and what a click on it tells.

   LAYERS, from the lowest to the highest. Of each: ``id``; ``shown``; ``opacity``; ``rows`` (see shapes.js; a row's
   ``layer`` is the id); ``views``, the pages that it opens on; ``fixed`` where the reader cannot turn it off;
   ``popup(row)``; ``hit(X, Y)``, the row there or null; ``visible(row)`` and ``tint(row)`` ({key, and what differs
   from the style}), which other parts may set before ``redraw()``. All are painted on one canvas, that of ``mapSheet``:
   each canvas more costs every frame of a moving map some milliseconds. VEILED: ids of layers left out meanwhile.
   show(layer, on) turns one on or off. PICKED: functions (row) called when the reader picks a feature on the map
   or in a table. goTo(row) shows it on the map and picks it. */

const REACH = 6; // pixels beside a feature that still count as a click on it
const PICKED = [];

class Drawing {
  /* ``parts``: packed layers by name, each in the style of that name or of ``style``. */
  constructor({ id, parts = [id], style, views = "", ...rest }) {
    Object.assign(this, { id, views: views.split(" "), shown: false, opacity: 1, counted: false, fixed: false }, rest);
    this.parts = parts.map((part) => (typeof part === "string" ? { packed: page.layers[part], style: part } : part))
      .filter(({ packed }) => packed)
      .map((part) => ({ shapes: part.shapes ?? shapesOf(part.packed), style: palette.styles[style ?? part.style] }));
    this.rows = [...new Set(this.parts.map(({ shapes }) => shapes))].flatMap(({ rows }) => rows);
    for (const row of this.fixed ? [] : this.rows) if (!row.layer) Object.defineProperty(row, "layer", { value: id });
  }
  opened() { this.redraw(); }
  closed() { this.redraw(); }
  redraw() { mapSheet.redraw(); }
  setOpacity(opacity) {
    this.opacity = opacity;
    this.redraw();
  }
  paint(brush, view, more = {}) {
    for (const part of this.parts) {
      for (const { style, rows } of this.groups(part, view)) paintGroup(brush, view, part.shapes, rows, { ...style, ...more });
    }
  }
  /* The rows in the window, those of one look together. */
  groups({ shapes, style }, view) {
    const found = new Map(), margin = (style.size + style.width) / view.scale;
    shapes.rows.forEach((row, i) => {
      if (!shapes.sees(i, view.box, margin) || (this.visible && !this.visible(row))) return;
      const tint = this.tint?.(row), key = tint?.key ?? "";
      if (!found.has(key)) found.set(key, { style: { ...style, ...tint }, rows: [] });
      found.get(key).rows.push(i);
    });
    return [...found.values()];
  }
  hit(x, y) {
    const { view } = mapSheet;
    if (!this.popup || !view) return null;
    for (const { shapes, style } of [...this.parts].reverse()) {
      const reach = Math.max(REACH, (view.far * style.size) / 2 + 2);
      const row = shapes.hit(view, x, y, this.exact ? 0 : reach, this.visible);
      if (row) return row;
    }
    return null;
  }
}

/* All rows of one look in few strokes: a path of thousands is as slow as thousands of paths. */
const ROWS_A_PATH = 200;
const CROWD = 500; // So many areas in the window have thin borders from afar: wide ones hide them, and take three times as long.
function paintGroup(brush, view, shapes, rows, style) {
  if (shapes.shape === "point") { paintSigns(brush, view, shapes, rows, style); return; }
  const thin = Math.max(view.far, 0.5), far = shapes.shape !== "area" ? thin : rows.length > CROWD ? Math.min(thin, 1) : 1;
  Object.assign(brush, { fillStyle: style.fill || "#000000", strokeStyle: style.stroke, lineWidth: far * style.width, lineJoin: "round" });
  const margin = style.width / view.scale;
  brush.lineCap = style.dash.length ? "butt" : "round";
  brush.setLineDash(style.dash.map((length) => far * length));
  for (let first = 0; first < rows.length; first += ROWS_A_PATH) {
    brush.beginPath();
    for (const row of rows.slice(first, first + ROWS_A_PATH)) shapes.trace(brush, row, view, margin);
    if (shapes.shape === "area" && style.fill) {
      brush.globalAlpha = style.opacity;
      brush.fill();
      brush.globalAlpha = 1;
    }
    if (style.width) brush.stroke();
  }
  brush.setLineDash([]);
}
function paintSigns(brush, view, shapes, rows, style) {
  const size = view.far * style.size, half = Math.ceil(size / 2 + style.width + 1);
  const stamp = stampOf(brush.getTransform().a, style, size, half);
  // One of those in the same pixel is enough, from afar of those in two by two: ten thousand signs take longer than all else.
  const step = view.far < 0.5 ? 2 : 1, drawn = new Set();
  for (const row of rows) {
    const x = step * Math.round((shapes.xy[2 * row] * view.scale) / step), y = step * Math.round((shapes.xy[2 * row + 1] * view.scale) / step);
    const place = x * 2 ** 26 + y;
    if (drawn.has(place)) continue;
    drawn.add(place);
    brush.drawImage(stamp, x - view.corner.x - half, y - view.corner.y - half, 2 * half, 2 * half);
  }
}
/* A sign drawn once, to be printed as often as it is needed. */
const stamps = new Map();
function stampOf(ratio, style, size, half) {
  const key = [style.symbol, style.fill, style.stroke, style.width, size, ratio].join();
  if (!stamps.has(key)) {
    const stamp = el("canvas", { width: Math.ceil(2 * half * ratio), height: Math.ceil(2 * half * ratio) });
    const brush = stamp.getContext("2d");
    brush.scale(stamp.width / (2 * half), stamp.height / (2 * half));
    brush.translate(half, half);
    traceSign(brush, style.symbol, size / 2);
    Object.assign(brush, { fillStyle: style.fill, strokeStyle: style.stroke, lineWidth: style.width, globalAlpha: style.opacity });
    brush.fill();
    brush.globalAlpha = 1;
    if (style.width) brush.stroke();
    stamps.set(key, stamp);
  }
  return stamps.get(key);
}
function traceSign(brush, symbol, half) {
  brush.beginPath();
  if (symbol === "circle") brush.arc(0, 0, half, 0, 2 * Math.PI);
  else if (symbol === "square") brush.rect(-half, -half, 2 * half, 2 * half);
  else {
    const corners = { triangle: [[0, -1], [1, 1], [-1, 1]], diamond: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]] }[symbol];
    corners.forEach(([x, y], i) => brush[i ? "lineTo" : "moveTo"](half * x, half * y));
    brush.closePath();
  }
}

/* The zones that are drawn: of the kind that the reader compares, where these have areas. */
const ZONE_PARTS = { municipality: ["land"], locality: ["land", "localities"], settlement_class: ["land", "localities"] };
const zonesDrawn = () => ZONE_PARTS[state.kind] ?? (page.layers[`zones_${state.kind}`] ? [`zones_${state.kind}`] : ["land", "localities"]);
class ZoneDrawing extends Drawing {
  get partsDrawn() {
    const names = page.layers.land ? zonesDrawn() : ["study", "localities"];
    return names.filter((name) => page.layers[name]).map((name) => ({
      shapes: shapesOf(page.layers[name]), style: palette.styles[name === "localities" ? "localities" : "zones"] }));
  }
  paint(brush, view) {
    this.parts = this.partsDrawn;
    super.paint(brush, view);
  }
}
/* A light line beneath a dark one, and beneath the spots along it, which it would hide: just above a lower layer. */
const casingOf = ({ casing, width }, above) => ({ above, style: { stroke: casing, width: width + 3, dash: [] } });
const shareTint = (share) => ({ key: shareColour(share), fill: shareColour(share) });
/* Buildings by what they are connected by: filled, empty, or grey where nobody knows. */
const CONNECTIONS = { fibre: {}, other: { fill: "#ffffff", stroke: palette.styles.public.fill, width: 2.5 }, unknown: { fill: "#b0b0b0", stroke: "#333333" } };
const connectionOf = (row) => (row.connection === "none" ? "other" : row.connection in CONNECTIONS ? row.connection : "unknown");

const STACK = [
  new Drawing({ id: "land", parts: [page.layers.land ? "land" : "study"], style: "land", fixed: true, shown: true }),
  new ZoneDrawing({ id: "zones", parts: ["land", "study", "localities"], views: "spots progress", exact: true,
    tint: (row) => shareTint(shareAt(row.zone)) }),
  // Where single premises may not be told, squares tell where within a municipality the target is met.
  new Drawing({ id: "cells", views: page.premises ? "" : "progress", tint: (row) => shareTint(row.share) }),
  new Drawing({ id: "water", parts: ["water", "streams"], views: "spots progress plan mobile public" }),
  new Drawing({ id: "care", parts: ["no_go", "protected_nature", "heritage", "reindeer"], style: "care" }),
  new Drawing({ id: "railways", views: "spots progress plan mobile public" }),
  new Drawing({ id: "roads", views: "spots progress plan mobile public" }),
  new Drawing({ id: "mobile_coverage", views: "mobile", tint: (row) => ({ key: `${row.operator}\n${row.technology}\n${row.use}` }) }),
  new Drawing({ id: "corridors", views: "spots plan" }),
  new Drawing({ id: "white_spot_areas", views: "spots plan", counted: true }),
  new Drawing({ id: "projects", parts: [{ packed: page.layers.routes, style: "projects" }] }),
  new Drawing({ id: "planned_works", parts: ["planned_works", "planned_works_areas"], style: "planned_works" }),
  new Drawing({ id: "ducts" }),
  new Drawing({ id: "fibre_lines", views: "spots plan" }),
  new Drawing({ id: "alternatives", parts: [{ packed: page.sides?.layers?.alternatives, style: "alternatives" }] }),
  new Drawing({ id: "rings" }),
  new Drawing({ id: "drops", views: "plan" }),
  new Drawing({ id: "mobile_gaps", views: "mobile", counted: true, casing: casingOf(palette.styles.mobile_gaps, "mobile_coverage") }),
  premisesDrawing(),
  new Drawing({ id: "digital", counted: true }),
  new Drawing({ id: "disagreements", counted: true }),
  new Drawing({ id: "mobile_white_spots", views: "mobile", counted: true }),
  new Drawing({ id: "white_spots", views: "spots plan", counted: true }),
  new Drawing({ id: "routes", views: "plan", casing: casingOf(palette.styles.routes, "drops") }),
  new Drawing({ id: "cabinets", views: "plan", counted: true }),
  new Drawing({ id: "masts", views: "mobile", counted: true }),
  new Drawing({ id: "service_points", views: "public", counted: true }),
  new Drawing({ id: "public", views: "public", counted: true,
    tint: (row) => ({ key: connectionOf(row), ...CONNECTIONS[connectionOf(row)] }) }),
  new Drawing({ id: "siting", counted: true }),
  new Drawing({ id: "chosen", parts: ["land", "study", "localities", "zones_deso", "zones_district", "zones_area"], style: "chosen", fixed: true, shown: true,
    visible: (row) => row.zone === state.zone && state.zone !== whole }),
  { id: "names", views: ["spots", "progress", "plan", "mobile", "public"], rows: page.layers.places ? [true] : [], shown: true, opacity: 1,
    opened() { namePane.style.display = ""; }, closed() { namePane.style.display = "none"; },
    setOpacity(opacity) { this.opacity = opacity; namePane.style.opacity = opacity; } },
].filter(Boolean);
const LAYERS = STACK.filter((layer) => layer.rows.length || layer.counts);
for (const layer of LAYERS) if (!layer.fixed && TOLD[layer.id]) layer.popup ??= (row) => facts(...TOLD[layer.id](row));
const layerOf = (id) => LAYERS.find((layer) => layer.id === id);
const isOn = (id) => Boolean(layerOf(id)?.shown);

/* The points of all premises, where the page has them. */
function premisesDrawing() {
  if (typeof premisesLayer === "undefined" || !premisesLayer) return null;
  return Object.assign(premisesLayer, { views: premisesLayer.views ?? [], rows: premisesLayer.rows ?? [], opacity: premisesLayer.opacity ?? 1, counts: true });
}

/* What is painted, in order: each layer, and the casings that lie just above it. */
const STROKES = STACK.filter((layer) => layer.paint).flatMap((layer) => [{ layer },
  ...STACK.filter(({ casing }) => casing?.above === layer.id).map((cased) => ({ layer: cased, more: cased.casing.style }))]);
const VEILED = new Set();
const mapSheet = new Sheet((brush, view) => {
  for (const { layer, more } of STROKES) {
    if (layer.shown && !VEILED.has(layer.id)) faded(brush, layer.opacity, (on) => layer.paint(on, view, more));
  }
}, { id: "map" });
mapSheet.layers = LAYERS;

function paintZones() {
  mapSheet.redraw();
}
function show(layer, on) {
  layer.shown = on;
  if (on) layer.opened(); else layer.closed();
  placeNames();
}

/* ---- what is under the pointer ---- */

function rowAt(latlng) {
  const x = worldX(latlng.lng), y = worldY(latlng.lat);
  for (const layer of [...LAYERS].reverse()) {
    const row = layer.shown && layer.popup && layer.hit?.(x, y);
    if (row) return { layer, row };
  }
  return null;
}
/* What is clicked is named where it lies; the panel tells the rest of it. */
function nameOf(layer, row) {
  const heading = layer.popup(row).querySelector("h3").textContent, kind = t(`layer.${layer.id}`);
  return el("div", {}, el("h3", {}, heading), heading === kind ? "" : small(kind));
}
function pick(layer, row, at) {
  const leave = () => { map.closePopup(); map.getContainer().focus({ preventScroll: true }); };
  // Leaflet's own is a link to nowhere, named in English.
  const close = el("button", { type: "button", class: "popup-close", "aria-label": t("close_popup"), onclick: leave }, "×");
  const content = el("div", { onkeydown: ({ key }) => { if (key === "Escape") leave(); } }, nameOf(layer, row), close);
  L.popup({ maxWidth: 300, closeButton: false }).setLatLng(at).setContent(content).openOn(map);
  for (const tell of PICKED) tell(row);
}
map.on("click", ({ latlng }) => {
  const found = rowAt(latlng);
  if (found) pick(found.layer, found.row, latlng);
});
let pointing = 0;
map.on("mousemove", ({ latlng }) => {
  cancelAnimationFrame(pointing);
  pointing = requestAnimationFrame(() => { map.getContainer().style.cursor = rowAt(latlng) ? "pointer" : ""; });
});
/* Where a feature is pointed at: the middle of its box, of a line its middle vertex. */
function placeOf(row) {
  const [west, south, east, north] = row.box, longest = Array.isArray(row.where[0]) && !Array.isArray(row.where[0][0][0])
    ? [...row.where].sort((a, b) => b.length - a.length)[0] : null;
  return L.latLng(longest ? longest[Math.floor(longest.length / 2)] : [(south + north) / 2, (west + east) / 2]);
}
function goTo(row) {
  const layer = layerOf(row.layer), [west, south, east, north] = row.box;
  if (west === east && south === north) map.setView([south, west], Math.max(map.getZoom(), 14), { animate: false });
  else fitBox(row.box);
  if (layer && !layer.shown) show(layer, true);
  if (layer) pick(layer, row, placeOf(row));
  fillLayers();
  $("status").textContent = t("zoomed_to", { place: row.name || row.id || "" });
}
