/* Names that stand clear of signs and of each other.
   What the reader hides or the window is too small for is in the tables all the same. */

const namePane = map.createPane("names");
namePane.style.zIndex = 620;
namePane.style.pointerEvents = "none";
const names = (page.layers.places ? shapesOf(page.layers.places).rows : []).map((row) => {
  const zone = page.zones[row.zone], node = el("div", { class: `place${zone.kind === "municipality" ? "" : " small-place"}` });
  namePane.append(node);
  return { row: row.zone, where: row.where, zone, node };
});
function nameText(name) {
  const share = name.zone.kind === "municipality" && isOn("zones") ? shareAt(name.row) : null;
  return zoneName(name.zone) + (share == null ? "" : `\n${percent(share)}`);
}
/* Where a name may stand, best first: beside its place; a municipality's, or a town's, anywhere near the middle. */
const BESIDE = (w, h) => [[6, -h / 2], [-w - 6, -h / 2], [-w / 2, -h - 6], [-w / 2, 6],
  [9, -h - 6], [9, 8], [-w - 9, -h - 6], [-w - 9, 8]];
const AROUND = [];
for (let dx = -70; dx <= 70; dx += 14) for (let dy = -70; dy <= 70; dy += 14) AROUND.push([dx, dy]);
AROUND.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
const TOWN = 2000;
const MOST_HIDDEN = 4; // cells with a mark in them, under a name
const CELL = 8;
const FAR_CELL = 16; // pixels from its place that are as bad as a cell hidden
const cell = (x, y) => Math.floor(x / CELL) + 4096 * Math.floor(y / CELL);

/* Where the points of a layer lie in the window. */
function* spotsOf(id, size) {
  if (!isOn(id) || !layerOf(id).parts) return;
  const corner = map.getPixelBounds().min, scale = 2 ** map.getZoom();
  for (const { shapes: { xy } } of layerOf(id).parts) for (let i = 0; i < xy.length; i += 2) {
    const x = xy[i] * scale - corner.x, y = xy[i + 1] * scale - corner.y;
    if (x > 0 && y > 0 && x < size.x && y < size.y) yield [x, y];
  }
}
/* The middles of a layer's areas. */
function* middlesOf(id) {
  if (!isOn(id)) return;
  const corner = map.getPixelBounds().min, scale = 2 ** map.getZoom();
  for (const { shapes: { boxes } } of layerOf(id).parts) for (let i = 0; i < boxes.length; i += 4) {
    yield [((boxes[i] + boxes[i + 2]) / 2) * scale - corner.x, ((boxes[i + 1] + boxes[i + 3]) / 2) * scale - corner.y];
  }
}
/* Which cells of the window a line crosses that a reader follows: a name stands beside it where there is room. */
const LINE_LAYERS = ["fibre_lines", "alternatives", "rings", "mobile_gaps", "routes"];
function crossedCells(size) {
  const cells = new Set(), view = viewOf(map.getPixelBounds().min, size, map.getZoom());
  let fromX = 0, fromY = 0;
  const pen = {
    moveTo(x, y) { [fromX, fromY] = [x, y]; },
    lineTo(x, y) {
      const dx = x - fromX, dy = y - fromY, steps = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)) / CELL);
      const outside = Math.max(x, fromX) < 0 || Math.max(y, fromY) < 0 || Math.min(x, fromX) > size.x || Math.min(y, fromY) > size.y;
      for (let i = 0; i < steps && !outside; i += 1) cells.add(cell(fromX + (dx * i) / steps, fromY + (dy * i) / steps));
      [fromX, fromY] = [x, y];
    },
  };
  for (const { parts } of LINE_LAYERS.filter(isOn).map(layerOf)) {
    for (const { shapes } of parts) for (const row of shapes.rows.keys()) if (shapes.sees(row, view.box, 0)) shapes.trace(pen, row, view, 0);
  }
  return cells;
}
/* Which cells hold a spot, or a mark of many premises: names avoid them where they can. */
function busyCells(size) {
  const cells = new Set(), premises = layerOf("premises");
  if (premises?.shown && premises.at) {
    const corner = map.getPixelBounds().min, zoom = map.getZoom(), { box, x, y } = viewOf(corner, size, zoom);
    premises.marks({ zoom, box }, (mark) => {
      for (const dx of [-5, 5]) for (const dy of [-5, 5]) cells.add(cell(x(mark.x) + dx, y(mark.y) + dy));
    });
  }
  for (const [x, y] of middlesOf("white_spot_areas")) cells.add(cell(x, y));
  for (const id of ["white_spots", "mobile_white_spots"]) for (const [x, y] of spotsOf(id, size)) cells.add(cell(x, y));
  return cells;
}
function crowding([left, top, right, bottom], cells) {
  let found = 0;
  for (let x = left; x < right + CELL; x += CELL) for (let y = top; y < bottom + CELL; y += CELL) found += cells.has(cell(x, y));
  return found;
}
const SIGN_LAYERS = ["public", "service_points", "siting", "masts", "cabinets"];
function signBoxes(size) {
  return SIGN_LAYERS.flatMap((id) => {
    const half = (farness(map.getZoom()) * (palette.styles[id]?.size ?? 0)) / 2 + 2;
    return [...spotsOf(id, size)].map(([x, y]) => [x - half, y - half, x + half, y + half]);
  });
}
function isHidden(zone, zoom) {
  if (zone.kind === "municipality") return municipalities.length === 1;
  if (zone.kind === "place") return zoom < 12;
  // Several municipalities are seen whole under their own names; a single one has only its localities'.
  return zoom < 8 && municipalities.length > 1;
}
/* Municipalities, towns, and the largest villages: those by which a reader finds the way. */
const guides = new Set(names.filter(({ zone }) => zone.kind === "locality").slice(0, 3));
const isMajor = (name) => name.zone.kind === "municipality" || name.zone.population >= TOWN || guides.has(name);
function placeNames() {
  const premises = layerOf("premises");
  if (premises?.shown && !premises.at) premises.ready?.then(placeNames); // Placed again when its marks are there.
  fontSize = getComputedStyle(document.documentElement).fontSize;
  const size = map.getSize(), zoom = map.getZoom(), taken = signBoxes(size), cells = busyCells(size), lines = crossedCells(size);
  const free = (box) => box[0] > 2 && box[1] > 2 && box[2] < size.x - 2 && box[3] < size.y - 2
    && !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
  for (const name of names) {
    name.node.hidden = !isOn("names") || isHidden(name.zone, zoom);
    if (name.node.hidden) continue;
    sizeName(name);
    const [w, h] = name.size, at = map.latLngToContainerPoint(name.where);
    const around = AROUND.map(([dx, dy]) => [dx - w / 2, dy - h / 2]);
    const offsets = name.zone.kind === "municipality" ? around : [...BESIDE(w, h), ...(isMajor(name) ? around : [])];
    const boxes = offsets.map(([dx, dy]) => [at.x + dx, at.y + dy, at.x + dx + w, at.y + dy + h]).filter(free);
    // Far from its place a locality's name would seem to be another's.
    const far = ([left, top]) => (name.zone.kind === "municipality" ? 0 : Math.hypot(left + w / 2 - at.x, top + h / 2 - at.y) / FAR_CELL);
    const costs = boxes.map((box, i) => ({ box, marks: crowding(box, cells), cost: crowding(box, cells) + crowding(box, lines) + far(box) + i / 1000 }));
    const [best] = costs.sort((a, b) => a.cost - b.cost);
    // A village's name that would hide several marks waits until the reader is nearer.
    name.node.hidden = !best || (!isMajor(name) && best.marks >= MOST_HIDDEN);
    if (name.node.hidden) continue;
    taken.push(best.box);
    L.DomUtil.setPosition(name.node, map.containerPointToLayerPoint(best.box.slice(0, 2)).round());
  }
}
let fontSize = "";
function sizeName(name) {
  const text = nameText(name);
  if (name.text === text && name.fontSize === fontSize) return;
  Object.assign(name, { text, fontSize });
  name.node.replaceChildren(...text.split("\n").flatMap((line, i) => (i ? [el("br"), line] : [line])));
  name.size = [name.node.offsetWidth, name.node.offsetHeight];
}
