/* The panel in either language, and what the reader does.
   One of the files that make the map page's script, in this order: words, layers, names, panel. */

const figureName = (name, row) => t(`figure.${name}`, { distance: number(row.passed_m ?? 0) });
const COUNTED = { access: "orderable", proximity: "passed_estimated", planned: "planned" };
const REASONS = ["excluded", "not_chosen", "over_budget", "not_counted", "no_go", "island", "too_far"];
const otherLanguage = () => (state.language === "sv" ? "en" : "sv");
const credit = (source) => [source.source || t("unknown"), source.licence].filter(Boolean).join(", ");

function fillHead() {
  document.title = page.study.name;
  $("title").textContent = page.study.name;
  $("language").textContent = words[otherLanguage()].language_name;
  $("language").lang = otherLanguage();
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  const modelled = [...new Set(page.sources.filter((source) => source.modelled).map((source) => known("input", source.layer)))];
  const assumed = page.sources.filter((source) => source.assumption);
  const list = assumed.map((source) => el("li", {}, `${known("input", source.layer)}: ${source.assumption}`));
  put("notices",
    modelled.length || assumed.length ? el("div", { class: "warning" },
      modelled.length ? el("strong", {}, t("modelled", { layers: modelled.join(", ") })) : null,
      assumed.length ? el("details", { open: assumed.length < 4 }, el("summary", {}, t("assumptions")), el("ul", {}, ...list)) : null) : null,
    el("p", { class: "notice" }, t(`level.${page.level}`), " ", t("not_for_excavation")));
}

function fillChoices() {
  const byName = [...municipalities].sort((a, b) => a.name.localeCompare(b.name, "sv"));
  const choices = [[String(whole), t("whole_area")], ...byName.map((zone) => [String(zone.i), zone.name])];
  // A locality chosen in the table stands in the list too, so that there is a way back to the whole.
  if (!choices.some(([key]) => key === String(state.zone))) choices.push([String(state.zone), zoneName(page.zones[state.zone])]);
  options($("municipality"), choices, String(state.zone));
  options($("target"), targetNames.map((name) => [name, name]), state.target);
  options($("unit"), unitsOf(state.target).all.map((unit) => [unit, t(`unit.${unit}`)]), state.unit);
  const kinds = ["municipality", "locality", "settlement_class"].filter((kind) => zonesOf(kind).some((zone) => figures(zone.i)));
  // A study of one municipality has its news in the localities.
  const first = kinds.find((kind) => kind !== "municipality" || municipalities.length > 1);
  if (!kinds.includes(state.kind)) state.kind = first ?? kinds[0] ?? "";
  options($("zone-kind"), kinds.map((kind) => [kind, t(`zone_kind.${kind}`)]), state.kind);
  $("municipality-section").hidden = municipalities.length < 2 && state.zone === whole;
  $("zones-details").hidden = kinds.length === 0;
  $("targets-section").hidden = page.targets.length === 0;
}

function fillFigures() {
  const row = figures(state.zone);
  $("finding").textContent = row ? finding(row) : t("no_targets");
  put("figures");
  if (!row?.base) return;
  const shares = { share: percent(row.share), asked: percent(row.target_share) };
  put("figures", ...FIGURES.map((name) => bar(name, row)),
    el("p", {}, verdict(row.met, t(row.met ? "met" : "not_met")), " ", t("share_of_target", shares)), small(t("figures_note")));
}
function finding(row) {
  const text = t(row.base === 0 ? "finding_empty" : row.met ? "finding_met" : "finding_missing", {
    target: row.target, unit: t(`unit.${row.unit}`).toLowerCase(), base: number(row.base), reached: number(row.reached),
    missing: number(row.missing), share: percent(row.share), counts: t(`counts.${row.counts}`) });
  return state.zone === whole ? text[0].toUpperCase() + text.slice(1) : `${zoneName(page.zones[state.zone])}: ${text}`;
}
function bar(name, row) {
  const counted = COUNTED[row.counts] === name, share = counted ? row.share : row[name] / row.base;
  const fill = el("i", { class: counted ? "counted" : null }), mark = el("u");
  fill.style.width = `${100 * share}%`;
  mark.style.left = `${100 * row.target_share}%`;
  return el("div", { class: "figure" }, el("span", {}, figureName(name, row), counted ? ` (${t("counted")})` : ""),
    el("b", {}, `${number(row[name])} (${percent(share)})`), el("div", { class: "bar", "aria-hidden": "true" }, fill, mark));
}

function fillZones() {
  const found = zonesOf(state.kind).map((zone) => ({ zone, row: figures(zone.i) })).filter(({ row }) => row)
    .sort((a, b) => (a.row.share ?? 2) - (b.row.share ?? 2) || a.zone.name.localeCompare(b.zone.name, "sv"));
  const lines = found.map(({ zone, row }) => ({ chosen: zone.i === state.zone, cells: [
    el("span", {}, link(zoneName(zone), `zone-${zone.i}`, () => chooseZone(zone.i)), small(t("of_base", { base: number(row.base) }))),
    ...FIGURES.map((name) => number(row[name])), row.share == null ? "–" : verdict(row.met, percent(row.share))] }));
  const heads = [t("zone"), ...FIGURES.map((name) => t(`short.${name}`)), t("share")];
  $("zones-table").classList.toggle("tall", lines.length > 8);
  put("zones-table", table(heads, lines, { caption: t("by_zone") }), small(verdict(true, t("met")), "\u2003", verdict(false, t("not_met"))));
}

function sayBound({ gap, most_households: most, lower_bound_sek: bound }) {
  if (gap == null) return t("no_bound");
  const key = most == null ? "bound" : "bound_budget";
  return gap === 0 ? t(`${key}_proven`) : t(key, { gap: atMost(gap), most: number(most ?? 0), bound: money(bound ?? 0) });
}

/* What routing alone decided, and how good that is. */
function sayNetwork({ network_gap: gap, network_sek: cost, most_households: most }) {
  if (gap == null || most != null) return "";
  return `${t(gap === 0 ? "network_proven" : "network", { gap: atMost(gap), network: money(cost) })} `;
}

function fillPlan() {
  const plan = page.totals.plan, { served } = plan;
  const pair = (name, value, big) => [el("dt", {}, name), el("dd", big ? { class: "big" } : {}, value)];
  const laid = (row) => [row.method && known("method", row.method), row.existing !== "new" && known("existing", row.existing)].filter(Boolean).join(", ");
  const unserved = REASONS.filter((reason) => plan.unserved_by_reason[reason])
    .map((reason) => [known("unserved", reason), plan.unserved_by_reason[reason]])
    .map(([name, { households, premises }]) => [name, households ? t("households_count", { count: number(households) }) : t("premises_count", { count: number(premises) })]);
  put("plan", el("p", {}, t(`goal.${plan.goal}`)),
    state.zone === whole ? null : el("p", { class: "notice" }, t("plan_of_whole", { place: zoneName(page.zones[state.zone]) })),
    el("dl", {},
      ...pair(t("cost_base"), money(plan.cost_sek), true),
      ...pair(t("cost_range"), money(plan.cost_low_sek, plan.cost_high_sek)),
      ...pair(t("served_households"), number(served.households)),
      ...pair(t("served_workplaces"), number(served.workplaces)),
      ...pair(t("served_buildings"), number(served.premises)),
      ...pair(t("length"), length(plan.metres)),
      ...plan.metres_by_method.flatMap((row) => pair(`– ${laid(row)}`, length(row.metres))),
      ...unserved.flatMap(([reason, count]) => pair(reason, count))),
    plan.reached_goal ? null : el("p", { class: "warning" }, t("goal_out_of_reach")),
    el("p", {}, sayNetwork(plan), sayBound(plan), plan.search_ended === "time" ? ` ${t("search_stopped")}` : ""),
    small(t(page.book.guess ? "book_guess" : "book", page.book)),
    ...[planItems(plan), planPhases(plan), planProjects()].map(([title, heads, lines, more]) => (lines.length ? el("details", {},
      el("summary", {}, t(title)), el("div", { class: lines.length > 10 ? "scroll tall" : "scroll" }, table(heads, lines, { caption: t(title) })),
      more ? small(t("more_projects", { count: number(more) })) : null) : null)));
}
const thousands = (sek) => (sek == null ? "–" : number(sek / 1000));
function planItems({ bill, cost_sek: cost }) {
  const lines = bill.map((row) => ({ cells: [known("item", row.item), thousands(row.cost_sek)] }));
  if (lines.length) lines.push({ cells: [t("sum"), thousands(cost)], chosen: true });
  return ["plan_items", [t("item"), t("cost_tkr")], lines];
}
function planPhases({ phases }) {
  const limited = phases.some((row) => row.budget_sek != null);
  const heads = [t("phase"), t("plan_projects"), t("households"), t("cost_tkr"), ...(limited ? [t("left_tkr")] : [])];
  const lines = phases.map((row) => ({ cells: [`${row.phase} (${row.year})`, number(row.projects), number(row.households),
    thousands(row.cost_sek), ...(limited ? [thousands(row.left_sek)] : [])] }));
  return ["plan_phases", heads, lines];
}
function planProjects() {
  const lines = page.projects.slice(0, ROWS_SHOWN).map((row) => ({ cells: [
    el("span", {}, link(row.name || row.id, `project-${row.id}`, () => goToProject(row)), small(`${row.id}, ${t("phase").toLowerCase()} ${row.phase}`)),
    number(row.households), number(row.workplaces), thousands(row.cost_sek), thousands(row.cost_per_household_sek)] }));
  const heads = [t("project"), t("households"), t("workplaces"), t("cost_tkr"), t("per_household_tkr")];
  return ["plan_projects", heads, lines, page.projects.length - lines.length];
}

function fillLayers() {
  const lines = [...LAYERS].reverse().flatMap((layer) => {
    const style = palette.styles[layer.id], onchange = (event) => show(layer, event.target.checked);
    const box = el("input", { type: "checkbox", id: `layer-${layer.id}`, checked: layer.shown, onchange });
    const count = layer.counted ? el("span", { class: "count" }, number(page.layers[layer.id].count)) : null;
    const name = el("label", { for: box.id }, t(`layer.${layer.id}`));
    return [el("div", { class: "layer" }, box, style ? sign(style) : null, name, count), layer.id === "zones" ? ramp() : null];
  });
  put("layers", ...lines, ...page.undrawn.map((name) => small(t("undrawn", { layer: known("input", name) }))));
}
function ramp() {
  const limits = palette.breaks.map((limit) => number(100 * limit));
  const texts = [`< ${limits[0]} %`, ...limits.slice(1).map((limit, i) => `${limits[i]}–${limit} %`), `≥ ${limits.at(-1)} %`];
  const cells = palette.ramp.map((colour) => { const cell = el("i"); cell.style.background = colour; return cell; });
  const spans = texts.map((text) => el("span", {}, text.replaceAll(" ", "\u00a0")));
  return el("div", { class: "ramp" }, ...cells, ...spans, ...[nobody()].filter(Boolean));
}
/* Grey on the map: zones of which there is nothing to say. */
function nobody() {
  if (zoneShapes.every((shape) => figures(shape.row.zone)?.share != null)) return null;
  const cell = el("i");
  cell.style.background = palette.none;
  return el("span", { class: "nobody" }, cell, t("nobody"));
}

/* A list of things on the map, each leading to its place. */
function listing(id, shapes, heads, cells, style) {
  const lines = shapes.slice(0, ROWS_SHOWN).map((shape, i) => {
    const name = shape.row.name || shape.row.id || t("unnamed");
    return { cells: [link(name, `${id}-${shape.row.id ?? i}`, () => goTo(shape)), ...cells(shape.row)] };
  });
  const more = shapes.length - lines.length;
  return el("div", { class: lines.length > 10 ? "scroll tall" : "scroll" },
    table(heads, lines, style), more ? small(t("more_rows", { count: number(more) })) : null);
}
const bySize = (a, b) => b.row.households - a.row.households || b.row.premises - a.row.premises;
const areas = [...(layerOf("white_spot_areas")?.shapes ?? [])].sort(bySize);
function fillAreas() {
  const zone = page.zones[state.zone];
  const here = areas.filter(({ row }) => zone?.kind !== "municipality" || zone.id === `municipality:${row.municipality}`);
  const heads = [t("area"), t("buildings"), t("households"), t("workplaces")];
  const cells = (row) => [number(row.premises), number(row.households), number(row.workplaces)];
  put("areas", here.length ? listing("area", here, heads, cells, { caption: t("white_areas") }) : el("p", {}, t("no_areas")));
}
function fillServices() {
  const found = ["public_buildings", "service_points"].filter(layerOf);
  $("services-section").hidden = found.length === 0;
  put("services", ...found.map((id) => {
    const { shapes } = layerOf(id), name = t(`layer.${id}`);
    return el("details", {}, el("summary", {}, `${name} (${number(shapes.length)})`),
      listing(id, shapes, [t("name"), t("kind_head")], (row) => [known("kind", row.kind)], { caption: name, text: true }));
  }));
}
function fillSources() {
  const lines = page.sources.map((source) => {
    const facts = [source.date, known("level_name", source.level), source.modelled ? t("is_modelled") : ""];
    return { cells: [known("input", source.layer), el("div", {}, credit(source), small(facts.filter(Boolean).join(" · ")))] };
  });
  put("sources", table([t("layer_head"), t("source")], lines, { caption: t("sources"), text: true }));
  $("about").textContent = t("about", { date: page.started, year: page.study.year, crs: page.study.crs });
}

function fillMap() {
  map.getContainer().setAttribute("aria-label", `${t("map_label")} ${$("finding").textContent}`);
  for (const [place, key] of [["in", "zoom_in"], ["out", "zoom_out"]]) {
    const button = map.getContainer().querySelector(`.leaflet-control-zoom-${place}`);
    button.title = t(key);
    button.setAttribute("aria-label", t(key));
  }
}
FILLS.push(fillHead, fillChoices, fillFigures, fillZones, fillPlan, fillLayers, fillAreas, fillServices, fillSources, fillMap);
function fillAll() {
  const key = document.activeElement?.dataset?.key;
  document.documentElement.lang = state.language;
  for (const fill of FILLS) fill();
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
function goToProject({ id, name, box }) {
  fitBox(box);
  $("status").textContent = t("zoomed_to", { place: name || id });
}
function fitBox(box) {
  if (box) map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { maxZoom: 15, animate: false });
}
const fit = (zone) => fitBox(page.zones[zone]?.box);
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

$("language").addEventListener("click", () => {
  state.language = otherLanguage();
  map.closePopup();
  fillAll();
});
$("municipality").addEventListener("change", (event) => chooseZone(Number(event.target.value)));
$("target").addEventListener("change", (event) => { chooseTarget(event.target.value); fillAll(); });
$("unit").addEventListener("change", (event) => { state.unit = event.target.value; fillAll(); });
$("zone-kind").addEventListener("change", (event) => { state.kind = event.target.value; fillZones(); });
