/* Two plans side by side: a handle across the map, left of it the one, right of it the other. */

/* The tools of the panel stand in one section, each behind its name; texts follow the language by data-t. */
$("tools-section").append(el("h2", { id: "tools-heading", "data-t": "tools" }));
$("tools-section").setAttribute("aria-labelledby", "tools-heading");
function addTool(id, ...content) {
  const box = el("details", { id: `tool-${id}`, class: "tool" }, el("summary", { "data-t": `${id}_head` }), ...content);
  $("tools-section").append(box);
  return box;
}
/* A labelled control in a row of its own. */
const labelled = (key, control) => el("div", { class: "field" }, el("label", { for: control.id, "data-t": key }), control);

const split = { on: false, left: "today", right: "", at: 50 };
const SPLIT_PANES = ["left", "right"];
/* What the sides draw themselves: these layers are not seen meanwhile, whatever their boxes say. */
const SPLIT_LAYERS = ["corridors", "white_spot_areas", "projects", "alternatives", "drops", "premises", "white_spots", "routes", "cabinets"];
const splitSides = [
  { id: "today" },
  ...(page.totals.plan ? page.sides.sides : []).map((side, i) => ({ ...side, bit: 2 ** i })),
  ...(page.beside ? [{ id: "beside" }] : []),
];
const splitSide = (id) => splitSides.find((side) => side.id === id);
split.right = splitSides[1]?.id ?? "today";
const splitName = ({ id, aim }) => {
  if (id === "beside") return t("split_beside", { name: page.beside.name, date: page.beside.started });
  if (id === "today" || id === "plan") return t(`split_${id}`);
  return t("split_alternative", { id, aim: known("aim", aim) });
};

/* ---- what each side draws ---- */

const spotsReached = new Map();
{
  // The page tells them in the order of their ids.
  const ids = (page.layers.white_spots?.columns.id ?? []).slice().sort();
  page.sides.reached.forEach((mask, i) => spotsReached.set(ids[i], mask));
}
function splitParts({ id, bit = 0, told }) {
  const own = page.layers, other = page.beside?.layers ?? {}, all = () => true;
  const under = { ...palette.styles.routes, stroke: palette.styles.routes.casing, width: palette.styles.routes.width + 3, dash: [] };
  const lines = (packed, chosen = all) => [[packed, under, chosen], [packed, palette.styles.routes, chosen]];
  const built = (packed, chosen) => (packed?.shape === "area" ? [[packed, palette.styles.corridors, chosen ?? all]] : lines(packed, chosen));
  const spots = (packed, left) => [packed, palette.styles.white_spots, left];
  // Where single spots may not be told, neither is which areas the plan leaves: they stand on all sides.
  const areas = own.white_spots ? [] : [[own.white_spot_areas, palette.styles.white_spot_areas, all]];
  if (id === "today") return [...areas, spots(own.white_spots, all)];
  if (id === "beside") return [...areas, ...built(other.beside_lines), spots(other.beside_spots, (row) => !row.reached)];
  // A number of 31 bits is all that a script's "&" can test.
  const left = (row) => !told || Math.floor((spotsReached.get(row.id) ?? 0) / bit) % 2 === 0;
  if (id !== "plan") return [...areas, ...built(page.sides.layers.alternatives, (row) => row.id === id), spots(own.white_spots, left)];
  return [...areas, ...(own.corridors ? built(own.corridors) : []), [own.drops, palette.styles.drops, all], ...lines(own.routes), spots(own.white_spots, left)];
}
/* Whether a layer is seen: while the map is split, as the sides draw it. */
function isDrawn(layer) {
  if (!split.on || !SPLIT_LAYERS.includes(layer.id)) return layer.shown;
  return SPLIT_PANES.some((place) => splitParts(splitSide(split[place])).some(([packed, style]) => packed && style === palette.styles[layer.id]));
}
function paintSide(brush, view, side) {
  for (const [packed, style, chosen] of splitParts(side)) {
    if (!packed) continue;
    const shapes = shapesOf(packed), margin = (style.size + style.width) / view.scale;
    const seen = shapes.rows.filter((row) => chosen(row) && shapes.sees(row.index, view.box, margin));
    if (seen.length) paintGroup(brush, view, shapes, seen.map((row) => row.index), style);
  }
}
const spotsLeft = (side) => {
  if (side.told === false) return null;
  const found = splitParts(side).at(-1), [packed, , left] = found;
  return packed ? shapesOf(packed).rows.filter(left).length : null;
};

/* ---- the map ---- */

const splitSheets = {};
function splitSheet(place) {
  if (!splitSheets[place]) {
    const pane = map.createPane(`split-${place}`);
    Object.assign(pane.style, { zIndex: 450, pointerEvents: "none" });
    const paint = (brush, view) => { const side = splitSide(split[place]); if (side) paintSide(brush, view, side); };
    splitSheets[place] = new Sheet(paint, { id: `split-${place}`, pane: `split-${place}` });
  }
  return splitSheets[place];
}
/* The corners of a side, in pixels of the map's window. */
function splitBox(place) {
  const { x: wide, y: high } = map.getSize(), line = (wide * split.at) / 100;
  return place === "left" ? [0, 0, line, high] : [line, 0, wide, high];
}
function clipSides() {
  if (!split.on) return;
  const { x, y } = map.containerPointToLayerPoint([0, 0]);
  for (const place of SPLIT_PANES) {
    const [left, top, right, bottom] = splitBox(place);
    const corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
    map.getPane(`split-${place}`).style.clipPath = `polygon(${corners.map(([a, b]) => `${a + x}px ${b + y}px`).join(", ")})`;
  }
  splitFrame.style.setProperty("--at", `${split.at}%`);
}
const splitHandle = el("input", { type: "range", id: "split-handle", min: 0, max: 100, step: 1, value: split.at,
  oninput: (event) => { split.at = Number(event.target.value); clipSides(); sayHandle(); } });
const splitFrame = el("div", { id: "split-frame", hidden: true },
  el("div", { id: "split-line" }), el("span", { id: "split-left-name", class: "side" }), el("span", { id: "split-right-name", class: "side" }), splitHandle);
map.getContainer().parentElement.append(splitFrame);
map.on("move zoom viewreset resize moveend zoomend", clipSides);
for (const id of SPLIT_LAYERS) {
  const layer = layerOf(id), hit = layer?.hit?.bind(layer);
  if (hit) layer.hit = (x, y) => (split.on ? null : hit(x, y));
}
function showSplit() {
  splitFrame.hidden = !split.on;
  for (const id of SPLIT_LAYERS) if (split.on) VEILED.add(id); else VEILED.delete(id);
  mapSheet.redraw();
  for (const place of SPLIT_PANES) {
    const sheet = splitSheet(place);
    if (split.on) { sheet.addTo(map); sheet.redraw(); } else sheet.remove();
  }
  clipSides();
}

/* ---- the panel ---- */

const splitBoxes = {
  on: el("input", { type: "checkbox", id: "split-on", onchange: (event) => { split.on = event.target.checked; showSplit(); fillSplit(); } }),
  left: el("select", { id: "split-left", onchange: (event) => chooseSide("left", event.target.value) }),
  right: el("select", { id: "split-right", onchange: (event) => chooseSide("right", event.target.value) }),
};
function chooseSide(place, id) {
  split[place] = id;
  showSplit();
  fillSplit();
}
addTool("split",
  el("div", { class: "layer" }, splitBoxes.on, el("label", { for: "split-on", "data-t": "split_on" })),
  labelled("split_left", splitBoxes.left), labelled("split_right", splitBoxes.right),
  el("div", { id: "split-numbers", class: "scroll" })).hidden = splitSides.length < 2;

function sayHandle() {
  const [left, right] = SPLIT_PANES.map((place) => splitName(splitSide(split[place])));
  splitHandle.setAttribute("aria-label", t("split_handle"));
  splitHandle.setAttribute("aria-valuetext", t("split_at", { share: percent(split.at / 100, 0), left, right }));
}
const shareIn = (rows, name) => rows.find((row) => row.target === state.target)?.[name];
/* Costs of alternatives know no cabinets: beside one of them the plan's own must not either. */
function splitNumbers(side, bare) {
  const { plan } = page.totals;
  const decides = (row) => row.target === state.target && row.decides;
  const today = page.targets.find((row) => decides(row) && row.zone === whole);
  if (side.id === "today") return { share: today?.share, left: spotsLeft(side) };
  if (side.id === "beside") {
    const { plan: other, effect, targets } = page.beside;
    const share = other ? shareIn(effect, "share_after") : targets.find(decides)?.share;
    return { ...other, ...other?.served, length: other?.metres, share, left: spotsLeft(side) };
  }
  const share = side.id === "plan" ? shareIn(page.sides.effect, "share_after")
    : side.shares.find(({ target, unit }) => target === state.target && unit === unitsOf(state.target).decides)?.share;
  const cost = side.id === "plan" && !bare ? plan : side;
  return { cost_low_sek: cost.cost_low_sek, cost_sek: cost.cost_sek, cost_high_sek: cost.cost_high_sek, share, left: spotsLeft(side),
    ...(side.id === "plan" ? { ...plan.served, length: plan.metres } : { ...side, length: side.trench_m }) };
}
function fillSplit() {
  if (splitSides.length < 2) return;
  splitBoxes.on.checked = split.on;
  splitHandle.value = split.at;
  for (const place of SPLIT_PANES) {
    options(splitBoxes[place], splitSides.map((side) => [side.id, splitName(side)]), split[place]);
    $(`split-${place}-name`).textContent = splitName(splitSide(split[place]));
  }
  sayHandle();
  const chosen = SPLIT_PANES.map((place) => splitSide(split[place]));
  const bare = chosen.some(({ id }) => !["today", "plan", "beside"].includes(id));
  const found = chosen.map((side) => splitNumbers(side, bare));
  const line = (name, say) => ({ cells: [name, ...found.map(say)] });
  put("split-numbers", table([t("split_what"), ...chosen.map(splitName)], [
    line(t("split_cost"), (side) => money(side.cost_sek)),
    line(t("split_range"), (side) => money(side.cost_low_sek, side.cost_high_sek)),
    line(t("split_households"), (side) => amount(side.households)),
    line(t("split_workplaces"), (side) => amount(side.workplaces)),
    line(t("split_length"), (side) => length(side.length)),
    ...(found.some((side) => side.left != null) ? [line(t("split_spots"), (side) => amount(side.left))] : []),
    ...(state.target ? [line(t("split_share", { target: state.target }), (side) => percent(side.share))] : []),
  ], { caption: t("split_head") }),
  bare ? small(t("split_bare")) : null,
  page.layers.white_spots && chosen.some((side) => side.told === false) ? small(t("split_untold")) : null,
  small(t("split_note")));
}
FILLS.push(fillSplit);
KEPT.split = {
  say: () => (split.on ? [split.left, split.right, split.at].join("~") : null),
  take(text) {
    const [left, right, at] = text.split("~");
    if (!splitSide(left) || !splitSide(right) || !/^\d{1,3}$/.test(at ?? "") || Number(at) > 100 || splitSides.length < 2) return;
    Object.assign(split, { on: true, left, right, at: Number(at) });
    $("tool-split").open = true;
    showSplit();
  },
};
