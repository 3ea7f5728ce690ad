/* The panel in either language, and what the reader does.
   What a part of the panel shows is filled anew from ``state`` whenever anything changes. */

const figureName = (name, row) => t(`figure.${name}`, { distance: number(row.passed_m ?? 0) });
const COUNTED = { access: "orderable", proximity: "passed_estimated", planned: "planned" };
const REASONS = ["excluded", "not_chosen", "over_budget", "not_counted", "no_go", "island", "too_far"];
const otherLanguage = () => (state.language === "sv" ? "en" : "sv");
const LEVELS = ["public", "restricted", "internal"];
const isWithheld = ({ level }) => LEVELS.indexOf(level) > LEVELS.indexOf(page.level);
const credit = (source) => [source.source || t(isWithheld(source) ? "withheld" : "unknown"), source.licence].filter(Boolean).join(", ");

function fillHead() {
  document.title = page.study.name;
  $("title").textContent = page.study.name;
  $("language").textContent = words[otherLanguage()].language_name;
  $("language").lang = otherLanguage();
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  put("notices", cautions(),
    el("p", { class: "notice" }, t(`level.${page.level}`), " ", t("not_for_excavation")),
    page.tiles ? el("p", { class: "notice" }, t("tiles_from", { host: page.tiles.host })) : null);
}

/* What is modelled and assumed: in a few words, the rest behind them, for the finding must not sink below it. */
const FEW_NAMES = 3;
function cautions() {
  const modelled = page.sources.filter((source) => source.modelled), assumed = page.sources.filter((source) => source.assumption);
  if (!modelled.length && !assumed.length) return null;
  const names = modelled.map((source) => known("input", source.layer)), few = names.length <= FEW_NAMES;
  const said = few ? t("modelled", { layers: names.join(", ") }) : t("modelled_many", { count: number(names.length), all: number(page.sources.length) });
  const told = few ? assumed : page.sources.filter((source) => source.modelled || source.assumption);
  const list = told.map((source) => el("li", {}, [known("input", source.layer), source.assumption].filter(Boolean).join(": ")));
  return el("div", { class: "warning" }, modelled.length ? el("strong", {}, said) : null,
    list.length ? el("details", { open: list.length <= FEW_NAMES }, el("summary", { "data-key": "cautions" }, t(few ? "assumptions" : "modelled_which")), el("ul", {}, ...list)) : null);
}

const KINDS = ["municipality", "locality", "deso", "district", "area", "settlement_class"];
const inOrder = (zones) => [...zones].sort((a, b) => zoneName(a).localeCompare(zoneName(b), "sv"));
function fillChoices() {
  const groups = KINDS.filter((kind) => kind !== "municipality" || municipalities.length > 1)
    .map((kind) => [kind, zonesOf(kind)]).filter(([, zones]) => zones.length);
  const option = (zone) => el("option", { value: String(zone.i), selected: zone.i === state.zone }, zoneName(zone));
  $("municipality").replaceChildren(el("option", { value: String(whole), selected: state.zone === whole }, t("whole_area")),
    ...groups.map(([kind, zones]) => el("optgroup", { label: t(`zone_kind.${kind}`) }, ...inOrder(zones).map(option))));
  options($("target"), targetNames.map((name) => [name, name]), state.target);
  options($("unit"), unitsOf(state.target).all.map((unit) => [unit, t(`unit.${unit}`)]), state.unit);
  const kinds = KINDS.filter((kind) => zonesOf(kind).some((zone) => figures(zone.i)));
  // A study of one municipality has its news in the localities.
  const start = kinds.find((kind) => kind !== "municipality" || municipalities.length > 1);
  if (!kinds.includes(state.kind)) state.kind = start ?? kinds[0] ?? "";
  options($("zone-kind"), kinds.map((kind) => [kind, t(`zone_kind.${kind}`)]), state.kind);
  $("municipality-section").hidden = groups.length === 0;
  $("zones-details").hidden = kinds.length === 0;
  $("targets-section").hidden = page.targets.length === 0;
}

function fillFigures() {
  const row = figures(state.zone);
  $("finding").textContent = pageFinding() ?? (row ? finding(row) : t("no_targets"));
  put("figures");
  if (row && row.base == null) put("figures", el("p", {}, t("suppressed")));
  if (!row?.base) return;
  const shares = { share: percent(row.share), asked: percent(row.target_share) };
  put("figures", ...FIGURES.map((name) => bar(name, row)),
    el("p", {}, verdict(row.met, t(row.met ? "met" : "not_met")), " ", t("share_of_target", shares)), small(t("figures_note")));
}
function finding(row) {
  if (row.base == null) return t("finding_suppressed", { target: row.target, asked: percent(row.target_share) });
  const text = t(row.base === 0 ? "finding_empty" : row.met ? "finding_met" : "finding_missing", {
    target: row.target, unit: t(`unit.${row.unit}`).toLowerCase(), base: number(row.base), reached: number(row.reached),
    missing: number(row.missing), share: percent(row.share), counts: t(`counts.${row.counts}`) });
  return ofZone(text);
}
const ofZone = (text) => (state.zone === whole ? text[0].toUpperCase() + text.slice(1) : `${zoneName(page.zones[state.zone])}: ${text}`);
/* What a page of its own subject finds; null where that is the target, or where there is no figure. */
const PAGE_FINDINGS = { plan: findPlan, mobile: findMobile, public: findServices };
const pageFinding = () => PAGE_FINDINGS[state.view]?.() ?? null;
function findPlan() {
  const { plan } = page.totals, { households, workplaces } = plan?.served ?? {};
  if (households == null || workplaces == null || plan.cost_sek == null) return null;
  const goal = plan.goal === "target" ? t(plan.reached_goal ? "finding_plan_met" : "finding_plan_not_met") : "";
  return [t("finding_plan", { households: number(households), workplaces: number(workplaces), cost: money(plan.cost_sek), range: money(plan.cost_low_sek, plan.cost_high_sek) }), goal].filter(Boolean).join(" ");
}
function bar(name, row) {
  const counted = COUNTED[row.counts] === name, share = counted ? row.share : row.shares[FIGURES.indexOf(name)];
  const fill = el("i", { class: counted ? "counted" : null }), mark = el("u");
  fill.style.width = `${100 * share}%`;
  mark.style.left = `${100 * row.target_share}%`;
  return el("div", { class: "figure" }, el("span", {}, figureName(name, row), counted ? ` (${t("counted")})` : ""),
    el("b", {}, `${amount(row[name])} (${percent(share)})`), el("div", { class: "bar", "aria-hidden": "true" }, fill, mark));
}

function fillZones() {
  const found = zonesOf(state.kind).map((zone) => ({ zone, row: figures(zone.i) })).filter(({ row }) => row)
    .sort((a, b) => (a.row.share ?? 2) - (b.row.share ?? 2) || zoneName(a.zone).localeCompare(zoneName(b.zone), "sv"));
  const lines = found.map(({ zone, row }) => ({ chosen: zone.i === state.zone, cells: [
    el("span", {}, link(zoneName(zone), `zone-${zone.i}`, () => chooseZone(zone.i)), small(row.base == null ? t("suppressed") : t("of_base", { base: number(row.base) }))),
    ...FIGURES.map((name) => amount(row[name])), row.share == null ? "–" : verdict(row.met, percent(row.share))] }));
  const heads = [t("zone"), ...FIGURES.map((name) => t(`short.${name}`)), t("share")];
  $("zones-table").classList.toggle("tall", lines.length > 8);
  put("zones-chart", zoneChart(found.filter(({ row }) => row.share != null)));
  put("zones-table", table(heads, lines, { caption: t("by_zone") }), small(verdict(true, t("met")), "\u2003", verdict(false, t("not_met"))));
}
const CHART_ROWS = 25;
/* The table says the same in words and numbers: who reads that need not hear the bars. */
function zoneChart(found) {
  if (found.length < 2) return null;
  const bars = found.slice(0, CHART_ROWS).map(({ zone, row }) => {
    const fill = el("i", { class: row.met ? "met" : null }), mark = el("u");
    fill.style.width = `${100 * row.share}%`;
    mark.style.left = `${100 * row.target_share}%`;
    return [el("span", {}, zoneName(zone)), el("div", { class: "bar" }, fill, mark), el("b", {}, percent(row.share))];
  });
  const more = found.length - bars.length, { target, target_share: asked } = found[0].row;
  return el("figure", { class: "chart" }, el("figcaption", {}, t("chart", { target, asked: percent(asked) })),
    el("div", { class: "bars", "aria-hidden": "true" }, ...bars.flat()), more ? small(t("chart_more", { count: number(more) })) : null);
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
  const { plan } = page.totals;
  if (!plan) { put("plan"); return; }
  const served = plan.served ?? {};
  const pair = (name, value, big) => [el("dt", {}, name), el("dd", big ? { class: "big" } : {}, value)];
  const laid = (row) => [row.method && known("method", row.method), row.existing !== "new" && known("existing", row.existing)].filter(Boolean).join(", ");
  const unserved = REASONS.filter((reason) => plan.unserved_by_reason?.[reason])
    .map((reason) => [known("unserved", reason), plan.unserved_by_reason[reason]])
    .map(([name, { households, premises }]) => [name, households ? t("households_count", { count: number(households) }) : t("premises_count", { count: number(premises) })]);
  put("plan", el("p", {}, t(`goal.${plan.goal}`)),
    state.zone === whole ? null : el("p", { class: "notice" }, t("plan_of_whole", { place: zoneName(page.zones[state.zone]) })),
    el("dl", {},
      ...pair(t("cost_base"), money(plan.cost_sek), true),
      ...pair(t("cost_range"), money(plan.cost_low_sek, plan.cost_high_sek)),
      ...pair(t("served_households"), amount(served.households)),
      ...pair(t("served_workplaces"), amount(served.workplaces)),
      ...pair(t("served_buildings"), amount(served.premises)),
      ...pair(t("length"), length(plan.metres)),
      ...(plan.metres_by_method ?? []).flatMap((row) => pair(`– ${laid(row)}`, length(row.metres))),
      ...unserved.flatMap(([reason, count]) => pair(reason, count))),
    plan.reached_goal ? null : el("p", { class: "warning" }, t("goal_out_of_reach")),
    el("p", {}, sayNetwork(plan), sayBound(plan), plan.search_ended === "time" ? ` ${t("search_stopped")}` : ""),
    page.book ? small(t(page.book.guess ? "book_guess" : "book", page.book)) : null,
    ...[planItems(plan), planPhases(plan), planProjects()].map(([title, heads, lines, more]) => (lines.length ? el("details", {},
      el("summary", {}, t(title)), el("div", { class: lines.length > 10 ? "scroll tall" : "scroll" }, table(heads, lines, { caption: t(title) })),
      more ? small(t("more_projects", { count: number(more) })) : null) : null)));
}
const thousands = (sek) => (sek == null ? "–" : number(sek / 1000));
function planItems({ bill = [], cost_sek: cost }) {
  const lines = bill.map((row) => ({ cells: [known("item", row.item), thousands(row.cost_sek)] }));
  if (lines.length) lines.push({ cells: [t("sum"), thousands(cost)], chosen: true });
  return ["plan_items", [t("item"), t("cost_tkr")], lines];
}
function planPhases({ phases = [] }) {
  const limited = phases.some((row) => row.budget_sek != null);
  const heads = [t("phase"), t("plan_projects"), t("households"), t("cost_tkr"), ...(limited ? [t("left_tkr")] : [])];
  const lines = phases.map((row) => ({ cells: [`${row.phase} (${row.year})`, amount(row.projects), amount(row.households),
    thousands(row.cost_sek), ...(limited ? [thousands(row.left_sek)] : [])] }));
  return ["plan_phases", heads, lines];
}
function planProjects() {
  const lines = page.projects.slice(0, ROWS_SHOWN).map((row) => ({ cells: [
    el("span", {}, link(row.name || row.id, `project-${row.id}`, () => goToProject(row)), small(`${row.id}, ${t("phase").toLowerCase()} ${row.phase}`)),
    amount(row.households), amount(row.workplaces), thousands(row.cost_sek), thousands(row.cost_per_household_sek)] }));
  const heads = [t("project"), t("households"), t("workplaces"), t("cost_tkr"), t("per_household_tkr")];
  return ["plan_projects", heads, lines, page.projects.length - lines.length];
}

function fillLayers() {
  const choosable = [...LAYERS].reverse().filter((layer) => !layer.fixed);
  const here = choosable.filter((layer) => layer.shown || !state.view || layer.views.includes(state.view));
  const others = choosable.filter((layer) => !here.includes(layer)), open = $("more-layers")?.open ?? false;
  put("layers", ...here.flatMap(layerLine),
    others.length ? el("details", { id: "more-layers", open }, el("summary", { "data-key": "more-layers" }, t("more_layers")), ...others.flatMap(layerLine)) : null,
    ...(page.apart ?? []).map((name) => small(t("apart", { layer: t(`zone_kind.${name === "land" ? "municipality" : name.replace("zones_", "")}`) }))),
    ...page.undrawn.map((name) => small(t("undrawn", { layer: known("input", name) }))));
}
/* A layer's box, sign, name and count; what its signs mean, and how much of it shows, while it is on. */
function layerLine(layer) {
  const style = signOf(layer), name = t(`layer.${layer.id}`);
  const onchange = (event) => { show(layer, event.target.checked); fillAll(); };
  const box = el("input", { type: "checkbox", id: `layer-${layer.id}`, "data-key": `layer-${layer.id}`, checked: layer.shown, onchange });
  const total = layer.rows.length || layer.count, count = layer.counted && total ? el("span", { class: "count" }, number(page.layers[layer.id]?.count ?? total)) : null;
  const oninput = (event) => { layer.setOpacity(Number(event.target.value) / 100); };
  const slider = el("input", { type: "range", min: 10, max: 100, step: 10, value: Math.round(100 * layer.opacity), class: "opacity",
    "data-key": `opacity-${layer.id}`, "aria-label": t("opacity_of", { layer: name }), oninput });
  const line = el("div", { class: "layer" }, box, style ? sign(style) : null, el("label", { for: box.id }, name), count, layer.shown ? slider : null);
  return [line, layer.shown ? meaning(layer) : null];
}
/* Where no building tells what it is connected by, all are drawn alike, and nothing is said of it. */
const tellConnection = (layer) => layer.rows.some((row) => row.connection != null);
function signOf(layer) {
  const style = palette.styles[layer.id];
  return layer.id === "public" && !tellConnection(layer) ? { ...style, ...CONNECTIONS.unknown } : style;
}
/* What the signs of a layer mean; at a zoom those alone that it shows. */
function meaning(layer, zoom) {
  if (layer.legend) return layer.legend(zoom);
  if (layer.id === "zones" || layer.id === "cells") return ramp(layer);
  if (layer.id === "mobile_coverage" && mobile.length && areasTell()) return el("ul", { class: "meaning" }, el("li", {}, sign(signOf(layer)), t("coverage_meaning", { asked: mobileAsked() })));
  if (layer.id !== "public" || !tellConnection(layer)) return null;
  const found = new Set(layer.rows.map(connectionOf));
  return el("ul", { class: "meaning" }, ...Object.keys(CONNECTIONS).filter((key) => found.has(key))
    .map((key) => el("li", {}, sign({ ...palette.styles.public, ...CONNECTIONS[key] }), t(`connection_shown.${key}`))));
}
function ramp(layer) {
  const space = state.language === "sv" ? "\u00a0" : "", limits = palette.breaks.map((limit) => number(100 * limit));
  const texts = [`<\u00a0${limits[0]}${space}%`, ...limits.slice(1).map((limit, i) => `${limits[i]}–${limit}${space}%`), `≥\u00a0${limits.at(-1)}${space}%`];
  const cells = palette.ramp.map((colour) => { const cell = el("i"); cell.style.background = colour; return cell; });
  const spans = texts.map((text) => el("span", {}, text));
  const speed = layer.id === "cells" ? layer.rows[0]?.down_mbps : null;
  const what = speed == null ? null : el("span", { class: "nobody" }, t("cells_meaning", { speed: number(speed) }));
  return el("div", { class: "ramp" }, ...cells, ...spans, ...[what, nobody(layer)].filter(Boolean));
}
/* Grey on the map: zones and squares of which there is nothing to say, and why. */
function nobody(layer) {
  const found = layer.id === "cells" ? layer.rows.map(({ share, base }) => [share, base])
    : layer.partsDrawn.flatMap(({ shapes }) => shapes.rows).map(({ zone }) => [shareAt(zone), figures(zone)?.base]);
  const reasons = ["nobody", "suppressed"].filter((reason) => found.some(([share, base]) => share == null && (base == null) === (reason === "suppressed")));
  if (!reasons.length) return null;
  const cell = el("i"), elsewhen = layer.id === "zones" && (state.series || state.year || state.definition != null);
  cell.style.background = palette.none;
  return el("span", { class: "nobody" }, cell, elsewhen ? t("no_figure") : reasons.map((reason) => t(reason)).join(t("or")));
}

/* A list of things on the map, each leading to its place. */
function listing(id, rows, heads, cells, style) {
  const lines = rows.slice(0, ROWS_SHOWN).map((row, i) => {
    const name = row.name || row.id || t("unnamed");
    const own = row.name && row.id ? small(row.id) : null; // Names of places say no more than near what they are.
    return { cells: [el("span", {}, link(name, `${id}-${row.id ?? i}`, () => goTo(row)), own ?? ""), ...cells(row)] };
  });
  const more = rows.length - lines.length;
  return el("div", { class: lines.length > 10 ? "scroll tall" : "scroll" },
    table(heads, lines, style), more ? small(t("more_rows", { count: number(more) })) : null);
}
const bySize = (a, b) => b.households - a.households || b.premises - a.premises;
const areas = [...(layerOf("white_spot_areas")?.rows ?? [])].sort(bySize);
function fillAreas() {
  const zone = page.zones[state.zone];
  const here = areas.filter((row) => zone?.kind !== "municipality" || zone.id === `municipality:${row.municipality}`);
  const heads = [t("area"), t("buildings"), t("households"), t("workplaces")];
  const cells = (row) => [amount(row.premises), amount(row.households), amount(row.workplaces)];
  const told = here.filter((row) => row.premises != null), few = here.length - told.length;
  put("areas", told.length ? listing("area", told, heads, cells, { caption: t("white_areas") }) : here.length ? null : el("p", {}, t("no_areas")),
    few ? small(t("areas_few", { count: number(few) })) : null);
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
FILLS.push(fillHead, fillChoices, fillFigures, fillZones, fillPlan, fillLayers, fillAreas, fillSources, fillMap);
function fillAll() {
  const key = document.activeElement?.dataset?.key;
  document.documentElement.lang = state.language;
  for (const fill of FILLS) fill();
  paintZones();
  placeNames();
  if (key) document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

/* ---- what the reader does ---- */

function goToProject({ id, name, box }) {
  fitBox(box);
  chooseProject(id);
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
$("zone-kind").addEventListener("change", (event) => { state.kind = event.target.value; fillAll(); });
