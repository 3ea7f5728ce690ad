/* What is drawn on the map, and what a click on it tells.
   One of the files that make the map page's script, in this order: words, layers, names, panel. */

const canvas = L.canvas({ padding: 0.3, tolerance: 5 });
const Shape = L.CircleMarker.extend({
  // Leaflet draws circles alone on a canvas; buildings are told apart by shape.
  _updatePath() {
    const { _renderer: renderer, _point: point, _radius: half } = this;
    if (!renderer._drawing || this._empty()) return;
    renderer._ctx.beginPath();
    if (this.options.symbol === "square") renderer._ctx.rect(point.x - half, point.y - half, 2 * half, 2 * half);
    else {
      renderer._ctx.moveTo(point.x, point.y - half);
      renderer._ctx.lineTo(point.x + half, point.y + half);
      renderer._ctx.lineTo(point.x - half, point.y + half);
      renderer._ctx.closePath();
    }
    renderer._fillStroke(renderer._ctx, this);
  },
});

function places(steps) {
  const found = [];
  for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
    x += steps[i]; y += steps[i + 1];
    found.push([y / SCALE, x / SCALE]);
  }
  return found;
}
function rows(name) {
  const layer = page.layers[name];
  if (!layer) return [];
  const names = Object.keys(layer.columns);
  const geometry = layer.shape === "point" ? places(layer.geometry)
    : layer.geometry.map((parts) => parts.map((part) => (layer.shape === "line" ? places(part) : part.map(places))));
  return geometry.map((where, i) => Object.assign({ where }, ...names.map((column) => ({ [column]: layer.columns[column][i] }))));
}
function look(style, more = {}) {
  return { renderer: canvas, color: style.stroke, weight: style.width, fillColor: style.fill, fillOpacity: style.opacity,
    fill: style.symbol !== "line", dashArray: style.dash.length ? style.dash.join(" ") : null, radius: style.size / 2,
    symbol: style.symbol, lineCap: style.dash.length ? "butt" : "round", ...more };
}
function draw(name, { style = palette.styles[name], popup = POPUPS[name], more = {} } = {}) {
  return rows(name).map((row) => {
    const options = look(style, { interactive: Boolean(popup), ...more });
    const kind = { line: L.polyline, area: L.polygon, circle: L.circleMarker }[style.symbol];
    const shape = kind ? kind(row.where, options) : new Shape(row.where, options);
    if (options.interactive) shape.bindPopup(() => popup(row), { maxWidth: 300 });
    return Object.assign(shape, { row, width: options.weight });
  });
}

/* What a click on each layer tells: the heading, then name and value of each line. */
const POPUPS = {
  white_spots: (row) => facts(t("white_spot"), [
    [t("id"), row.id], ...counts(row, "households", "workplaces"), [t("best_speed"), speed(row.best_down_mbps)],
    [t("rule_head"), known("rule", row.rule)], [t("eligible"), known("answer", row.eligible)], [t("settlement_class"), known("class", row.settlement_class)]]),
  white_spot_areas: (row) => facts(row.name || row.id, [
    [t("area_id"), row.id], [t("buildings"), number(row.premises)], ...counts(row, "households", "workplaces")]),
  routes: (row) => facts(t("planned_route"), route(row)),
  drops: (row) => facts(t("planned_drops"), route(row)),
  fibre_lines: (row) => facts(t("layer.fibre_lines"), [[t("operator"), row.operator], [t("kind_head"), row.kind]]),
  public_buildings: (row) => facts(row.name || t("layer.public_buildings"), building(row)),
  service_points: (row) => facts(row.name || t("layer.service_points"), building(row)),
  mobile_coverage: (row) => facts(t("layer.mobile_coverage"), [
    [t("operator"), row.operator], [t("technology"), row.technology], [t("use_head"), known("use", row.use)],
    [t("speed"), row.down_mbps == null ? "" : speed(row.down_mbps)]]),
};
const counts = (row, ...names) => names.map((name) => [t(name), number(row[name])]);
const building = (row) => [[t("kind_head"), known("kind", row.kind)], [t("wifi"), known("answer", row.wifi)]];
const projectNames = new Map(page.projects.map(({ id, name }) => [id, [name, `(${id})`].filter(Boolean).join(" ")]));
const route = (row) => [
  [t("project"), projectNames.get(row.project_id) ?? row.project_id], [t("phase"), String(row.phase)], [t("method_head"), row.method && known("method", row.method)],
  [t("existing_head"), row.existing && known("existing", row.existing)], [t("length"), length(row.length_m)],
  [t("cost_base"), money(row.cost_sek)], [t("cost_range"), money(row.cost_low_sek, row.cost_high_sek)]];
function zonePopup(row) {
  const zone = page.zones[row.zone], found = figures(row.zone);
  if (!found) return facts(zoneName(zone), []);
  return facts(zoneName(zone), [
    [t("target"), found.target], ...FIGURES.map((name) => [figureName(name, found), number(found[name])]),
    [t("base"), number(found.base)], [t("share"), percent(found.share)], [t("missing"), number(found.missing)]]);
}

const landName = page.layers.land ? "land" : "study";
const zoneShapes = [
  ...draw(landName, { style: palette.styles.zones, popup: zonePopup }), ...draw("localities", { popup: zonePopup })];
const casing = palette.styles.routes;
const UNDER = { color: casing.casing, weight: casing.width + 3, dashArray: null, lineCap: "round", interactive: false };
/* From the lowest to the highest: ``shown`` when the page opens, ``counted`` in the legend, ``stays`` when it is off. */
const LAYERS = [
  { id: "zones", shown: page.targets.length > 0, shapes: zoneShapes, stays: true },
  { id: "roads", shown: true, shapes: draw("roads") },
  { id: "mobile_coverage", shown: false, shapes: draw("mobile_coverage") },
  { id: "white_spot_areas", shown: true, counted: true, shapes: draw("white_spot_areas") },
  { id: "fibre_lines", shown: true, shapes: draw("fibre_lines") },
  { id: "drops", shown: true, shapes: draw("drops") },
  { id: "white_spots", shown: true, counted: true, shapes: draw("white_spots") },
  { id: "routes", shown: true, shapes: [...draw("routes", { more: UNDER }), ...draw("routes")] },
  { id: "service_points", shown: true, counted: true, shapes: draw("service_points") },
  { id: "public_buildings", shown: true, counted: true, shapes: draw("public_buildings") },
  { id: "names", shown: true, shapes: [] },
].filter((layer) => layer.shapes.length || (layer.id === "names" && page.layers.places));
const layerOf = (id) => LAYERS.find((layer) => layer.id === id);
const isOn = (id) => Boolean(layerOf(id)?.shown);

function paintZones() {
  const on = isOn("zones"), bare = palette.styles.land;
  for (const shape of zoneShapes) {
    const chosen = shape.row.zone === state.zone && state.zone !== whole;
    shape.setStyle({
      fillColor: on ? shareColour(figures(shape.row.zone)?.share) : bare.fill,
      fillOpacity: on ? palette.styles.zones.opacity : 1,
      color: (chosen ? palette.styles.routes : palette.styles.zones).stroke,
      weight: chosen ? 3.5 : 1,
    });
  }
}
function show(layer, on) {
  layer.shown = on;
  if (layer.stays) paintZones();
  else for (const shape of layer.shapes) { if (on) shape.addTo(map); else shape.remove(); }
  // A layer that comes back is drawn last, over all: those above it are lifted again, in order.
  const above = LAYERS.slice(LAYERS.indexOf(layer) + 1).filter((other) => on && other.shown);
  for (const shape of above.flatMap((other) => other.shapes)) shape.bringToFront();
  placeNames();
}
/* Signs and lines grow with the zoom: from afar thousands of spots must not bury the routes. */
function sizeSigns() {
  const zoom = map.getZoom(), far = zoom < 8.5 ? 0.4 : zoom < 10.5 ? 0.65 : zoom < 13 ? 1 : 1.3;
  for (const layer of LAYERS) {
    const radius = far * (palette.styles[layer.id]?.size ?? 0) / 2;
    if (!layer.stays) for (const shape of layer.shapes) shape.setStyle({ radius, weight: Math.max(far, 0.5) * shape.width });
  }
}
