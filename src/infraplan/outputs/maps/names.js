/* Names that stand clear of signs and of each other.
   One of the files that make the map page's script, in this order: words, layers, names, panel. */

const namePane = map.createPane("names");
namePane.style.zIndex = 620;
namePane.style.pointerEvents = "none";
const names = rows("places").map((row) => {
  const zone = page.zones[row.zone], node = el("div", { class: `place${zone.kind === "municipality" ? "" : " small-place"}` });
  namePane.append(node);
  return { row: row.zone, where: row.where, zone, node };
});
function nameText(name) {
  const share = name.zone.kind === "municipality" && isOn("zones") ? figures(name.row)?.share : null;
  return zoneName(name.zone) + (share == null ? "" : `\n${percent(share)}`);
}
/* Where a name may stand, best first: beside its place; a municipality's, or a town's, anywhere near the middle. */
const BESIDE = (w, h) => [[6, -h / 2], [-w - 6, -h / 2], [-w / 2, -h - 6], [-w / 2, 6],
  [9, -h - 6], [9, 8], [-w - 9, -h - 6], [-w - 9, 8]];
const AROUND = [];
for (let dx = -70; dx <= 70; dx += 14) for (let dy = -70; dy <= 70; dy += 14) AROUND.push([dx, dy]);
AROUND.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
const TOWN = 2000;
const CELL = 8;
const cell = (x, y) => Math.floor(x / CELL) + 4096 * Math.floor(y / CELL);

/* Which cells of the window hold a white spot: names avoid them where they can. */
function busyCells(size) {
  const cells = new Set();
  if (isOn("white_spots")) for (const { _point: point, _renderer: renderer } of layerOf("white_spots").shapes) {
    if (!point || !renderer) continue;
    const at = map.layerPointToContainerPoint(point);
    if (size.contains(at) && at.x > 0 && at.y > 0) cells.add(cell(at.x, at.y));
  }
  return cells;
}
function crowding([left, top, right, bottom], cells) {
  let found = 0;
  for (let x = left; x < right + CELL; x += CELL) for (let y = top; y < bottom + CELL; y += CELL) found += cells.has(cell(x, y));
  return found;
}
function signBoxes(size) {
  return ["public_buildings", "service_points"].filter(isOn).flatMap((id) => layerOf(id).shapes).map((shape) => {
    const at = map.latLngToContainerPoint(shape.getLatLng()), half = shape.options.radius + 1;
    return [at.x - half, at.y - half, at.x + half, at.y + half];
  }).filter((box) => box[2] > 0 && box[3] > 0 && box[0] < size.x && box[1] < size.y);
}
function isHidden(zone, zoom) {
  if (zone.kind === "municipality") return municipalities.length === 1;
  if (zone.kind === "place") return zoom < 12;
  // Several municipalities are seen whole under their own names; a single one has only its localities'.
  return zoom < 8 && municipalities.length > 1;
}
function placeNames() {
  const size = map.getSize(), zoom = map.getZoom(), taken = signBoxes(size), cells = busyCells(size);
  const free = (box) => box[0] > 2 && box[1] > 2 && box[2] < size.x - 2 && box[3] < size.y - 2
    && !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
  for (const name of names) {
    name.node.hidden = !isOn("names") || isHidden(name.zone, zoom);
    if (name.node.hidden) continue;
    measure(name);
    const [w, h] = name.size, at = map.latLngToContainerPoint(name.where);
    const around = AROUND.map(([dx, dy]) => [dx - w / 2, dy - h / 2]);
    const offsets = name.zone.kind === "municipality" ? around : [...BESIDE(w, h), ...(name.zone.population >= TOWN ? around : [])];
    const boxes = offsets.map(([dx, dy]) => [at.x + dx, at.y + dy, at.x + dx + w, at.y + dy + h]).filter(free);
    const [best] = boxes.map((box, i) => [crowding(box, cells) + i / 1000, box]).sort((a, b) => a[0] - b[0]);
    name.node.hidden = !best;
    if (!best) continue;
    taken.push(best[1]);
    L.DomUtil.setPosition(name.node, map.containerPointToLayerPoint(best[1].slice(0, 2)).round());
  }
}
function measure(name) {
  const text = nameText(name);
  if (name.text === text) return;
  name.text = text;
  name.node.replaceChildren(...text.split("\n").flatMap((line, i) => (i ? [el("br"), line] : [line])));
  name.size = [name.node.offsetWidth, name.node.offsetHeight];
}
