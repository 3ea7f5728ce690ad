/* The page's own script: unpacks the data, draws the layers, fills the panel in either language.
   What users wrote reaches the page through textContent alone, never as HTML. */
(async () => {
"use strict";

const $ = (id) => document.getElementById(id);
const json = (id) => JSON.parse($(id).textContent);
const map = window.infraplanMap;
const words = json("words"), palette = json("palette");
const page = await expand($("payload").textContent);
const SCALE = 100000;
const FIGURES = ["connected", "orderable", "passed_estimated", "planned"];
const ROWS_SHOWN = 100;
const SVG = "http://www.w3.org/2000/svg";

const zonesOf = (kind) => page.zones.map((zone, i) => ({ ...zone, i })).filter((zone) => zone.kind === kind);
const whole = Math.max(page.zones.findIndex((zone) => zone.kind === "study"), 0);
const municipalities = zonesOf("municipality");
const targetNames = [...new Set(page.targets.map((row) => row.target))];
const state = { language: document.documentElement.lang, zone: whole, target: targetNames[0], unit: "", kind: "" };
const rowsByZone = new Map();

async function expand(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

/* ---- words and numbers ---- */

function t(key, values = {}) {
  return words[state.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
const known = (group, key) => (words[state.language][`${group}.${key}`] ?? key);
function number(value, decimals = 0) {
  const locale = state.language === "sv" ? "sv-SE" : "en-GB";
  return new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
}
const percent = (share) => number(100 * share, 1) + (state.language === "sv" ? "\u00a0%" : "%");
/* One amount, or a range of two, in the unit that suits the last. */
function money(...amounts) {
  const million = amounts.at(-1) >= 1e6;
  const amount = [...new Set(amounts.map((sek) => (million ? number(sek / 1e6, 1) : number(sek))))].join("–");
  return t(million ? "money_million" : "money", { amount });
}
const length = (metres) => (metres >= 1000 ? `${number(metres / 1000, 1)}\u00a0km` : `${number(metres)}\u00a0m`);
const speed = (mbps) => (mbps > 0 ? `${number(mbps)}\u00a0Mbit/s` : t("nothing_known"));
function zoneName(zone) {
  return zone.kind === "settlement_class" ? known("class", zone.id.replace("class:", "")) : zone.name;
}

/* ---- building blocks ---- */

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}
function svg(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
/* The first column names the row; the others are numbers, unless ``text`` says that they are words. */
function table(heads, rows, { caption, text } = {}) {
  const style = (i) => (i && !text ? "number" : null);
  return el("table", {},
    caption && el("caption", { class: "hidden" }, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", class: style(i) }, head)))),
    el("tbody", {}, ...rows.map(({ cells, chosen }) => el("tr", { class: chosen ? "chosen" : null },
      ...cells.map((value, i) => el(i ? "td" : "th", { class: style(i), scope: i ? null : "row" }, value))))));
}
function facts(title, pairs) {
  const rows = pairs.filter(([, value]) => value !== "" && value != null);
  return el("div", {}, el("h3", {}, title),
    el("table", {}, el("tbody", {}, ...rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value))))));
}
const link = (text, key, onclick) => el("button", { type: "button", class: "link", "data-key": key, onclick }, text);
function options(select, entries, value) {
  select.replaceChildren(...entries.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
}

/* A layer's sign, the same in the legend as on the map. */
function sign(style) {
  const box = svg("svg", { width: 24, height: 18, class: "symbol", "aria-hidden": "true" });
  const paint = { stroke: style.stroke, "stroke-width": Math.min(style.width, 2), fill: style.fill || "none", "fill-opacity": style.opacity };
  const half = Math.min(style.size, 13) / 2;
  if (style.symbol === "line") {
    const wide = { d: "M1 9H23", "stroke-width": style.width };
    if (style.casing) box.append(svg("path", { ...wide, stroke: "#bbb", "stroke-width": style.width + 3 }), svg("path", { ...wide, stroke: style.casing, "stroke-width": style.width + 2 }));
    box.append(svg("path", { ...wide, stroke: style.stroke, "stroke-dasharray": style.dash.join(" ") }));
  } else if (style.symbol === "area") box.append(svg("rect", { x: 2, y: 2, width: 20, height: 14, ...paint }));
  else if (style.symbol === "circle") box.append(svg("circle", { cx: 12, cy: 9, r: half, ...paint }));
  else if (style.symbol === "square") box.append(svg("rect", { x: 12 - half, y: 9 - half, width: 2 * half, height: 2 * half, ...paint }));
  else box.append(svg("path", { d: `M12 ${9 - half}L${12 + half} ${9 + half}H${12 - half}Z`, ...paint }));
  return box;
}
/* Met or not: shape, word and colour say the same. */
function verdict(met, text) {
  const box = svg("svg", { width: 12, height: 12, "aria-hidden": "true" });
  box.append(met ? svg("circle", { cx: 6, cy: 7, r: 5, fill: palette.met }) : svg("path", { d: "M6 1L12 12H0Z", fill: palette.not_met }));
  return el("span", { class: `verdict ${met ? "met" : "not-met"}` }, box, " ", text);
}

/* ---- figures ---- */

for (const row of page.targets) rowsByZone.set(`${row.target}\n${row.unit}\n${row.zone}`, row);
const figures = (zone) => rowsByZone.get(`${state.target}\n${state.unit}\n${zone}`);
function unitsOf(target) {
  const rows = page.targets.filter((row) => row.target === target);
  return { all: [...new Set(rows.map((row) => row.unit))], decides: (rows.find((row) => row.decides) ?? rows[0])?.unit };
}
function shareColour(share) {
  if (share == null) return palette.none;
  const place = palette.breaks.findIndex((limit) => share < limit);
  return palette.ramp[place < 0 ? palette.breaks.length : place];
}

/* ---- layers ---- */

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
function draw(name, styleName, popup, more = {}) {
  const style = palette.styles[styleName];
  return rows(name).map((row) => {
    const options = look(style, { interactive: Boolean(popup), ...more });
    const shape = Array.isArray(row.where[0]) ? (style.symbol === "line" ? L.polyline : L.polygon)(row.where, options)
      : style.symbol === "circle" ? L.circleMarker(row.where, options) : new Shape(row.where, options);
    Object.assign(shape, { row, width: options.weight });
    if (popup) shape.bindPopup(() => popup(row), { maxWidth: 300 });
    return shape;
  });
}

const spotPopup = (row) => facts(t("white_spot"), [[t("id"), row.id], [t("households"), number(row.households)], [t("workplaces"), number(row.workplaces)],
  [t("best_speed"), speed(row.best_down_mbps)], [t("eligible"), known("answer", row.eligible)], [t("settlement_class"), known("class", row.settlement_class)]]);
const areaPopup = (row) => facts(row.name || row.id, [[t("area_id"), row.id], [t("buildings"), number(row.premises)], [t("households"), number(row.households)], [t("workplaces"), number(row.workplaces)]]);
const routePopup = (row) => facts(t("planned_route"), [[t("project"), row.project_id], [t("phase"), String(row.phase)], [t("method_head"), row.method && known("method", row.method)],
  [t("existing_head"), row.existing && known("existing", row.existing)], [t("length"), length(row.length_m)], [t("cost_base"), money(row.cost_sek)],
  [t("cost_range"), money(row.cost_low_sek, row.cost_high_sek)]]);
const dropPopup = (row) => { const box = routePopup(row); box.querySelector("h3").textContent = t("planned_drops"); return box; };
const linePopup = (row) => facts(t("layer.fibre_lines"), [[t("operator"), row.operator], [t("kind_head"), row.kind]]);
const buildingPopup = (title) => (row) => facts(row.name || t(title), [[t("kind_head"), known("kind", row.kind)], [t("wifi"), known("answer", row.wifi)]]);
const mobilePopup = (row) => facts(t("layer.mobile_coverage"), [[t("operator"), row.operator], [t("technology"), row.technology], [t("use_head"), known("use", row.use)],
  [t("speed"), row.down_mbps == null ? "" : speed(row.down_mbps)]]);
function zonePopup(row) {
  const zone = page.zones[row.zone], found = figures(row.zone);
  if (!found) return facts(zoneName(zone), []);
  return facts(zoneName(zone), [[t("target"), found.target], ...FIGURES.map((name) => [figureName(name, found), number(found[name])]),
    [t("base"), number(found.base)], [t("share"), found.share == null ? "–" : percent(found.share)], [t("missing"), number(found.missing)]]);
}

const landName = page.layers.land ? "land" : "study";
const land = draw(landName, "zones", zonePopup);
const localities = draw("localities", "localities", zonePopup);
const zoneShapes = [...land, ...localities];
/* From the lowest to the highest; ``shown`` says whether the page opens with the layer. */
const LAYERS = [
  { id: "zones", style: "zones", shown: page.targets.length > 0, shapes: zoneShapes, count: "", stays: true },
  { id: "roads", style: "roads", shown: true, shapes: draw("roads", "roads", null), count: "" },
  { id: "mobile_coverage", style: "mobile_coverage", shown: false, shapes: draw("mobile_coverage", "mobile_coverage", mobilePopup) },
  { id: "white_spot_areas", style: "white_spot_areas", shown: true, shapes: draw("white_spot_areas", "white_spot_areas", areaPopup) },
  { id: "fibre_lines", style: "fibre_lines", shown: true, shapes: draw("fibre_lines", "fibre_lines", linePopup), count: "" },
  { id: "drops", style: "drops", shown: true, shapes: draw("drops", "drops", dropPopup), count: "" },
  { id: "white_spots", style: "white_spots", shown: true, shapes: draw("white_spots", "white_spots", spotPopup) },
  { id: "routes", style: "routes", shown: true, count: "", shapes: [
    ...draw("routes", "routes", null, { color: palette.styles.routes.casing, weight: palette.styles.routes.width + 3, dashArray: null, lineCap: "round" }),
    ...draw("routes", "routes", routePopup)] },
  { id: "service_points", style: "service_points", shown: true, shapes: draw("service_points", "service_points", buildingPopup("layer.service_points")) },
  { id: "public_buildings", style: "public_buildings", shown: true, shapes: draw("public_buildings", "public_buildings", buildingPopup("layer.public_buildings")) },
  { id: "names", style: null, shown: true, shapes: [], count: "" },
].filter((layer) => layer.shapes.length || (layer.id === "names" && page.layers.places));
const layerOf = (id) => LAYERS.find((layer) => layer.id === id);
const isOn = (id) => Boolean(layerOf(id)?.shown);

function paintZones() {
  const on = isOn("zones"), bare = palette.styles.land;
  for (const shape of zoneShapes) {
    const chosen = shape.row.zone === state.zone && state.zone !== whole;
    shape.setStyle({ fillColor: on ? shareColour(figures(shape.row.zone)?.share) : bare.fill, fillOpacity: on ? palette.styles.zones.opacity : 1,
      weight: chosen ? 3.5 : 1, color: chosen ? palette.styles.routes.stroke : palette.styles.zones.stroke });
  }
}
function show(layer, on) {
  layer.shown = on;
  if (layer.stays) paintZones();
  else for (const shape of layer.shapes) { if (on) shape.addTo(map); else shape.remove(); }
  // A layer that comes back is drawn last, over all: those above it are lifted again, in order.
  if (on) for (const above of LAYERS.slice(LAYERS.indexOf(layer) + 1)) if (above.shown) for (const shape of above.shapes) shape.bringToFront();
  placeNames();
}
/* Signs and lines grow with the zoom: from afar thousands of spots must not bury the routes. */
function sizeSigns() {
  const zoom = map.getZoom(), far = zoom < 8.5 ? 0.4 : zoom < 10.5 ? 0.65 : zoom < 13 ? 1 : 1.3;
  for (const layer of LAYERS) {
    const style = palette.styles[layer.style];
    if (!layer.stays) for (const shape of layer.shapes) shape.setStyle({ radius: far * style.size / 2, weight: Math.max(far, 0.5) * shape.width });
  }
}

/* ---- names that stand clear of signs and of each other ---- */

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
/* Where a name may stand, best first: beside its place; a municipality's anywhere near the middle. */
const BESIDE = (w, h) => [[6, -h / 2], [-w - 6, -h / 2], [-w / 2, -h - 6], [-w / 2, 6], [9, -h - 6], [9, 8], [-w - 9, -h - 6], [-w - 9, 8]];
const AROUND = [];
for (let dx = -70; dx <= 70; dx += 14) for (let dy = -70; dy <= 70; dy += 14) AROUND.push([dx, dy]);
AROUND.sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
const CELL = 8;

/* Which cells of the window hold a white spot: names avoid them where they can. */
function busyCells(size) {
  const cells = new Set();
  if (isOn("white_spots")) for (const { _point: point, _renderer: renderer } of layerOf("white_spots").shapes) {
    if (!point || !renderer) continue;
    const at = map.layerPointToContainerPoint(point);
    if (at.x > 0 && at.y > 0 && at.x < size.x && at.y < size.y) cells.add(Math.floor(at.x / CELL) + 4096 * Math.floor(at.y / CELL));
  }
  return cells;
}
function crowding([left, top, right, bottom], cells) {
  let found = 0;
  for (let x = Math.floor(left / CELL); x <= right / CELL; x++) for (let y = Math.floor(top / CELL); y <= bottom / CELL; y++) found += cells.has(x + 4096 * y);
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
  return zoom < (zone.kind === "place" ? 11 : 8);
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
    const offsets = name.zone.kind === "municipality" ? AROUND.map(([dx, dy]) => [dx - w / 2, dy - h / 2]) : BESIDE(w, h);
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

/* ---- the panel ---- */

const figureName = (name, row) => t(`figure.${name}`, { distance: number(row.passed_m ?? 0) });
const COUNTED = { access: "orderable", proximity: "passed_estimated", planned: "planned" };

function fillHead() {
  document.title = page.study.name;
  $("title").textContent = page.study.name;
  const other = state.language === "sv" ? "en" : "sv";
  $("language").textContent = words[other].language_name;
  $("language").lang = other;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  const modelled = page.sources.filter((source) => source.modelled), assumed = page.sources.filter((source) => source.assumption);
  const notices = [el("p", { class: "notice" }, t(`level.${page.level}`), " ", t("not_for_excavation"))];
  if (modelled.length || assumed.length) {
    const names = modelled.map((source) => known("input", source.layer)).join(", ");
    notices.unshift(el("div", { class: "warning" }, modelled.length ? el("strong", {}, t("modelled", { layers: names })) : null,
      assumed.length ? el("details", { open: assumed.length < 4 }, el("summary", {}, t("assumptions")),
        el("ul", {}, ...assumed.map((source) => el("li", {}, `${known("input", source.layer)}: ${source.assumption}`)))) : null));
  }
  $("notices").replaceChildren(...notices);
}

function fillChoices() {
  $("municipality-section").hidden = municipalities.length < 2;
  const byName = [...municipalities].sort((a, b) => a.name.localeCompare(b.name, "sv"));
  options($("municipality"), [[String(whole), t("whole_area")], ...byName.map((zone) => [String(zone.i), zone.name])], String(state.zone));
  options($("target"), targetNames.map((name) => [name, name]), state.target);
  options($("unit"), unitsOf(state.target).all.map((unit) => [unit, t(`unit.${unit}`)]), state.unit);
  const kinds = ["municipality", "locality", "settlement_class"].filter((kind) => zonesOf(kind).some((zone) => figures(zone.i)));
  if (!kinds.includes(state.kind)) state.kind = kinds[0] ?? "";
  options($("zone-kind"), kinds.map((kind) => [kind, t(`zone_kind.${kind}`)]), state.kind);
  $("zones-details").hidden = kinds.length === 0;
  $("targets-section").hidden = page.targets.length === 0;
}

function fillFigures() {
  const zone = page.zones[state.zone], row = figures(state.zone);
  $("finding").textContent = "";
  $("figures").replaceChildren();
  if (!row) { $("finding").textContent = t("no_targets"); return; }
  const values = { target: row.target, unit: t(`unit.${row.unit}`).toLowerCase(), base: number(row.base), reached: number(row.reached),
    missing: number(row.missing), share: row.share == null ? "–" : percent(row.share), asked: percent(row.target_share), counts: t(`counts.${row.counts}`) };
  const finding = t(row.base === 0 ? "finding_empty" : row.met ? "finding_met" : "finding_missing", values);
  $("finding").textContent = state.zone === whole ? finding[0].toUpperCase() + finding.slice(1) : `${zoneName(zone)}: ${finding}`;
  if (row.base === 0) return;
  const bars = FIGURES.map((name) => {
    const counted = COUNTED[row.counts] === name, share = counted ? row.share : row[name] / row.base;
    const fill = el("i", { class: counted ? "counted" : null }), mark = el("u");
    fill.style.width = `${100 * share}%`;
    mark.style.left = `${100 * row.target_share}%`;
    return el("div", { class: "figure" }, el("span", {}, figureName(name, row), counted ? ` (${t("counted")})` : ""),
      el("b", {}, `${number(row[name])} (${percent(share)})`), el("div", { class: "bar", "aria-hidden": "true" }, fill, mark));
  });
  $("figures").replaceChildren(...bars, el("p", {}, verdict(row.met, t(row.met ? "met" : "not_met")), " ", t("share_of_target", values)),
    el("p", { class: "small" }, t("figures_note", values)));
}

function fillZones() {
  const found = zonesOf(state.kind).map((zone) => ({ zone, row: figures(zone.i) })).filter(({ row }) => row)
    .sort((a, b) => (a.row.share ?? 2) - (b.row.share ?? 2) || a.zone.name.localeCompare(b.zone.name, "sv"));
  const heads = [t("zone"), ...FIGURES.map((name) => t(`short.${name}`)), t("share")];
  const lines = found.map(({ zone, row }) => ({ chosen: zone.i === state.zone, cells: [
    el("span", {}, link(zoneName(zone), `zone-${zone.i}`, () => chooseZone(zone.i)), el("br"), el("span", { class: "small" }, t("of_base", { base: number(row.base) }))),
    ...FIGURES.map((name) => number(row[name])), row.share == null ? "–" : verdict(row.met, percent(row.share))] }));
  const box = $("zones-table");
  box.classList.toggle("tall", lines.length > 8);
  box.replaceChildren(table(heads, lines, { caption: t("by_zone") }), el("p", { class: "small" }, verdict(true, t("met")), "\u2003", verdict(false, t("not_met"))));
}

function fillPlan() {
  const plan = page.totals.plan, pair = (name, value, big) => [el("dt", {}, name), el("dd", big ? { class: "big" } : {}, value)];
  $("plan").replaceChildren(
    el("p", {}, t(`goal.${plan.goal}`)),
    el("dl", {}, ...pair(t("cost_base"), money(plan.cost_sek), true), ...pair(t("cost_range"), money(plan.cost_low_sek, plan.cost_high_sek)),
      ...pair(t("served_households"), number(plan.served.households)), ...pair(t("served_workplaces"), number(plan.served.workplaces)),
      ...pair(t("served_buildings"), number(plan.served.premises)), ...pair(t("length"), length(plan.metres)),
      ...plan.metres_by_method.flatMap((row) => pair(`– ${known("method", row.method)}${row.existing === "new" ? "" : `, ${known("existing", row.existing)}`}`, length(row.metres))),
      ...Object.entries(plan.unserved_by_reason).flatMap(([reason, row]) => pair(known("unserved", reason), t("households_count", { count: number(row.households) })))),
    ...[plan.reached_goal ? null : el("p", { class: "warning" }, t("goal_out_of_reach")),
      el("p", {}, plan.gap == null ? t("no_bound") : t("bound", { gap: percent(plan.gap), bound: money(plan.lower_bound_sek) })),
      el("p", { class: "small" }, t(page.book.guess ? "book_guess" : "book", page.book))].filter(Boolean));
}

function fillLayers() {
  const lines = [...LAYERS].reverse().flatMap((layer) => {
    const style = palette.styles[layer.style], count = page.layers[layer.id]?.count;
    const box = el("input", { type: "checkbox", id: `layer-${layer.id}`, onchange: (event) => show(layer, event.target.checked) });
    box.checked = layer.shown;
    const line = el("div", { class: "layer" }, box, style ? sign(style) : null, el("label", { for: box.id }, t(`layer.${layer.id}`)),
      layer.count === "" ? null : el("span", { class: "count" }, number(count)));
    return layer.id === "zones" ? [line, ramp()] : [line];
  });
  const notes = page.undrawn.map((name) => el("p", { class: "small" }, t("undrawn", { layer: known("input", name) })));
  $("layers").replaceChildren(...lines, ...notes);
}
function ramp() {
  const limits = palette.breaks.map((limit) => number(100 * limit));
  const texts = [`< ${limits[0]} %`, ...limits.slice(1).map((limit, i) => `${limits[i]}–${limit} %`), `≥ ${limits.at(-1)} %`];
  const cells = palette.ramp.map((colour) => { const cell = el("i"); cell.style.background = colour; return cell; });
  return el("div", { class: "ramp" }, ...cells, ...texts.map((text) => el("span", {}, text.replace(" ", "\u00a0"))));
}

const areas = (layerOf("white_spot_areas")?.shapes ?? []).slice().sort((a, b) => b.row.households - a.row.households || b.row.premises - a.row.premises);
function fillAreas() {
  const code = page.zones[state.zone]?.kind === "municipality" ? page.zones[state.zone].id.replace("municipality:", "") : null;
  const here = areas.filter((shape) => code === null || shape.row.municipality === code);
  const lines = here.slice(0, ROWS_SHOWN).map((shape) => ({ cells: [link(shape.row.name || shape.row.id, `area-${shape.row.id}`, () => goTo(shape)),
    number(shape.row.premises), number(shape.row.households), number(shape.row.workplaces)] }));
  $("areas").classList.toggle("tall", lines.length > 10);
  $("areas").replaceChildren(...(lines.length ? [table([t("area"), t("buildings"), t("households"), t("workplaces")], lines, { caption: t("white_areas") })] : [el("p", {}, t("no_areas"))]),
    ...(here.length > ROWS_SHOWN ? [el("p", { class: "small" }, t("more_rows", { count: number(here.length - ROWS_SHOWN) }))] : []));
}
function fillServices() {
  const lists = ["public_buildings", "service_points"].filter(layerOf).map((id) => {
    const shapes = layerOf(id).shapes;
    const items = shapes.slice(0, ROWS_SHOWN).map((shape, i) => ({ cells: [link(shape.row.name || t("unnamed"), `${id}-${i}`, () => goTo(shape)), known("kind", shape.row.kind)] }));
    return el("details", {}, el("summary", {}, `${t(`layer.${id}`)} (${number(shapes.length)})`),
      el("div", { class: items.length > 10 ? "scroll tall" : "scroll" }, table([t("name"), t("kind_head")], items, { text: true })),
      shapes.length > ROWS_SHOWN ? el("p", { class: "small" }, t("more_rows", { count: number(shapes.length - ROWS_SHOWN) })) : null);
  });
  $("services-section").hidden = lists.length === 0;
  $("services").replaceChildren(...lists);
}
function fillSources() {
  const lines = page.sources.map((source) => ({ cells: [known("input", source.layer),
    el("span", {}, [source.source || t("unknown"), source.licence].filter(Boolean).join(", "), el("br"), el("span", { class: "small" }, [source.date, known("level_name", source.level),
      source.modelled ? t("is_modelled") : ""].filter(Boolean).join(" · ")))] }));
  $("sources").replaceChildren(table([t("layer_head"), t("source")], lines, { caption: t("sources"), text: true }));
  $("about").textContent = t("about", { date: page.started, year: page.study.year, crs: page.study.crs });
}

function fillMap() {
  const row = figures(state.zone);
  map.getContainer().setAttribute("aria-label", row ? `${t("map_label")} ${$("finding").textContent}` : t("map_label"));
  for (const [place, key] of [["in", "zoom_in"], ["out", "zoom_out"]]) {
    const button = map.getContainer().querySelector(`.leaflet-control-zoom-${place}`);
    button.title = t(key);
    button.setAttribute("aria-label", t(key));
  }
}
function fillAll() {
  const key = document.activeElement?.dataset?.key;
  document.documentElement.lang = state.language;
  for (const fill of [fillHead, fillChoices, fillFigures, fillZones, fillPlan, fillLayers, fillAreas, fillServices, fillSources, fillMap]) fill();
  paintZones();
  placeNames();
  if (key) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

/* ---- what the reader does ---- */

function goTo(shape) {
  if (shape.getBounds) map.fitBounds(shape.getBounds(), { maxZoom: 15, animate: false });
  else map.setView(shape.getLatLng(), Math.max(map.getZoom(), 14), { animate: false });
  if (map.hasLayer(shape)) shape.openPopup();
  $("status").textContent = t("zoomed_to", { place: shape.row.name || shape.row.id || "" });
}
function fit(zone) {
  const box = page.zones[zone]?.box;
  if (box) map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { animate: false });
}
function chooseZone(zone) {
  state.zone = zone;
  map.closePopup();
  fit(zone);
  fillAll();
  $("status").textContent = t("zoomed_to", { place: zoneName(page.zones[zone]) });
}
function chooseTarget(target) {
  state.target = target;
  state.unit = unitsOf(target).decides ?? "";
}

$("language").addEventListener("click", () => { state.language = state.language === "sv" ? "en" : "sv"; map.closePopup(); fillAll(); });
$("municipality").addEventListener("change", (event) => chooseZone(Number(event.target.value)));
$("target").addEventListener("change", (event) => { chooseTarget(event.target.value); fillAll(); });
$("unit").addEventListener("change", (event) => { state.unit = event.target.value; fillAll(); });
$("zone-kind").addEventListener("change", (event) => { state.kind = event.target.value; fillZones(); });

L.control.zoom({ position: "topright" }).addTo(map);
L.control.scale({ imperial: false }).addTo(map);
const credits = new Set(page.sources.filter((source) => source.source).map((source) => [source.source, source.licence].filter(Boolean).join(", ")));
const plainText = (text) => el("span", {}, text).innerHTML;
map.attributionControl.setPrefix("Leaflet");
for (const credit of credits) map.attributionControl.addAttribution(plainText(credit));
map.getContainer().setAttribute("role", "application");
map.options.zoomSnap = 0.5;
map.options.maxZoom = 18;
chooseTarget(state.target);
$("zones-details").open = municipalities.length > 1;
fit(whole);
for (const layer of LAYERS) if (layer.shown || layer.stays) for (const shape of layer.shapes) shape.addTo(map);
sizeSigns();
fillAll();
map.on("zoomstart", () => { namePane.style.visibility = "hidden"; });
map.on("zoomend", sizeSigns);
map.on("moveend resize", () => { namePane.style.visibility = ""; placeNames(); });
document.documentElement.dataset.ready = "yes";
})();
