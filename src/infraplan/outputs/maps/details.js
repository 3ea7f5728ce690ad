/* What is chosen, on the map, in a table or by search: its numbers, and of a project what it costs line by line.

   What other parts may use: ``choose({ kind, row }, focus)``. ``kind`` is the id of the layer, or zones, projects or
   premises; ``row`` has what the kind is known by: zone (its number), project_id or id. With ``focus`` the reading
   goes on at the heading, and back where it was when closed. */

const projectItems = page.project_items ?? {};
const projectOf = (id) => (Object.hasOwn(projectItems.projects ?? {}, id) ? projectItems.projects[id] : null) ?? page.projects.find((row) => row.id === id) ?? null;
let chosenFrom = null;

function choose({ kind, row }, focus = false) {
  const at = document.activeElement;
  if (focus) chosenFrom = at?.dataset?.key ? `[data-key="${CSS.escape(at.dataset.key)}"]` : at?.id ? `#${CSS.escape(at.id)}` : null;
  state.selected = { kind, row };
  fillSelected();
  say(t("selected_said", { name: $("selected-heading")?.textContent ?? "" }));
  if (focus) $("selected-heading")?.focus({ preventScroll: true });
  // A project is longer than the panel: its heading and costs come first.
  const section = $("selected-section"), fits = section.offsetHeight < $("panel").clientHeight;
  section.scrollIntoView({ block: fits ? "nearest" : "start" });
}
/* A project that is asked for in a table or by search: its trenches are on the map then. */
function chooseProject(id) {
  const routes = layerOf("routes");
  if (routes && !routes.shown) { show(routes, true); fillLayers(); }
  choose({ kind: "projects", row: { project_id: id } }, true);
}
const chosenProject = () => (state.selected ? projectOf(state.selected.row.project_id)?.id ?? null : null);
function closeSelected() {
  state.selected = null;
  fillSelected();
  (chosenFrom && document.querySelector(chosenFrom) || searchBox).focus();
  chosenFrom = null;
}
if (typeof PICKED !== "undefined") PICKED.push((row) => choose({ kind: row.layer ?? "zones", row }));

function fillSelected() {
  const section = $("selected-section"), found = state.selected && describe(state.selected);
  section.hidden = !found;
  tintRoutes();
  ring(found && pointOf(state.selected));
  if (!found) { state.selected = null; put("selected-section"); return; }
  put("selected-section",
    el("div", { class: "selected-head" }, el("h2", { id: "selected-heading", tabindex: "-1" }, found.heading),
      el("button", { type: "button", "data-key": "close-selected", "aria-label": t("close_selected"), onclick: closeSelected }, "×")),
    small(found.kind), ...found.body);
  section.setAttribute("aria-labelledby", "selected-heading");
}
FILLS.push(fillSelected);
/* A ring on the map around what is a point. */
const ringMarker = L.marker([0, 0], { icon: L.divIcon({ className: "ring", iconSize: [34, 34] }), interactive: false, keyboard: false });
function ring(place) {
  if (place) ringMarker.setLatLng(place).addTo(map); else ringMarker.remove();
}
function pointOf({ row }) {
  const [west, south, east, north] = row.box ?? [];
  if (row.box) return west === east && south === north ? [south, west] : null;
  return premisesNumbers.has(row.id) ? pointsOf(knownPremises.geometry)[premisesNumbers.get(row.id)] : null;
}
$("selected-section").addEventListener("keydown", (event) => { if (event.key === "Escape") closeSelected(); });

function describe({ kind, row }) {
  if (row.zone != null && ["zones", "land", "localities", "chosen"].includes(kind)) return describeZone(row.zone);
  const project = projectOf(kind === "projects" ? row.project_id ?? row.id : row.project_id);
  if (project && ["projects", "routes", "drops", "corridors", "cabinets"].includes(kind)) return describeProject(project, kind, row);
  // Several premises in one sign have no id: their sign tells them together.
  if (["premises", "white_spots", "mobile_white_spots"].includes(kind) && row.id) return describePremises(kind, row);
  return describeOther(kind, row);
}

/* ---- building blocks ---- */

function pairs(entries) {
  const told = entries.filter((entry) => entry && entry[1] != null && entry[1] !== "");
  return el("dl", {}, ...told.flatMap(([name, value]) => [el("dt", {}, name), el("dd", { class: value.nodeType || String(value).length > 24 ? "words" : null }, value)]));
}
const countOf = (value) => (value == null ? null : number(value));
const kronor = (value) => (value == null ? null : t("money", { amount: number(value) }));
const metresOf = (value) => (value ? length(value) : null);
function unfold(title, ...content) {
  return el("details", {}, el("summary", {}, title), ...content);
}
const projectLink = (id, from = "to") => {
  const row = projectOf(id);
  return link([row?.name, id].filter(Boolean).join(", "), `${from}-project-${id}`, () => goToProject(page.projects.find((other) => other.id === id) ?? row));
};

/* ---- zones ---- */

function describeZone(i) {
  const zone = page.zones[i], found = figures(i);
  const body = [pairs([[t("population"), countOf(zone.population)]])];
  if (found?.suppressed || (found && found.base == null)) body.push(el("p", {}, t("suppressed")));
  else if (found) {
    body.push(el("p", {}, found.target), pairs([
      ...FIGURES.map((name) => [figureName(name, found), countOf(found[name])]),
      [t("base"), countOf(found.base)], [t("share"), percent(found.share)], [t("asked_share"), percent(found.target_share)], [t("missing"), countOf(found.missing)]]));
  }
  return { heading: zoneName(zone), kind: known("found", zone.kind), body };
}

/* ---- premises ---- */

function describePremises(kind, shown) {
  const row = { ...shown, ...premisesRow(shown.id) };
  const white = kind === "white_spots" || Boolean(row.rule);
  const body = [
    white && row.rule ? el("p", {}, t("is_white_spot", { why: known("rule", row.rule) })) : null,
    pairs([
      [t("id"), row.id], [t("address"), row.address], [t("kind_head"), row.kind && known("premises_kind", row.kind)],
      [t("households"), countOf(row.households)], [t("workplaces"), countOf(row.workplaces)], ...speeds(row),
      [t("eligible"), row.eligible && known("answer", row.eligible)], [t("area_id"), row.white_spot_id]]),
    reachedBy(row),
  ];
  return { heading: row.address || t("premises_named", { id: row.id ?? "" }), kind: t(white ? "found.white_spots" : "found.premises"), body: body.filter(Boolean) };
}
function speeds(row) {
  const told = ["connected", "orderable", "passed_estimated", "planned"].map((name) => [t(`speed_of.${name}`), row[`${name}_mbps`]]);
  const any = told.some(([, mbps]) => mbps != null);
  const fixed = any ? told.filter(([, mbps]) => mbps > 0).map(([name, mbps]) => [name, speed(mbps)]) : [];
  const best = row.best_down_mbps == null ? [] : [[t("best_speed"), speed(row.best_down_mbps)]];
  const mobile = row.mobile_mbps ? [[t("speed_of.mobile"), speed(row.mobile_mbps)]] : [];
  return [...(fixed.length ? fixed : best.length ? best : any ? [[t("best_speed"), speed(0)]] : []), ...mobile];
}
/* Which project reaches it, or why none does, and what it is given instead. */
function reachedBy(row) {
  if (!row.project_id && !row.unserved && !row.technology) return null;
  const project = row.project_id && projectOf(row.project_id);
  const reasons = (row.reason ?? "").split(" ").filter(Boolean).map((key) => t(`technology.reason_${key}`, {
    fibre: row.fibre_sek == null ? "–" : number(row.fibre_sek), price: row.price_sek == null ? "–" : number(row.price_sek),
    distance: row.distance_m == null ? "–" : number(row.distance_m / 1000, 1) }));
  return el("div", {},
    pairs([
      [t("project"), row.project_id ? projectLink(row.project_id) : null], [t("built_year"), project?.year == null ? null : String(project.year)],
      [t("not_reached"), row.unserved && known("unserved", row.unserved)],
      [t("given"), row.technology && known("technology", row.technology)]]),
    reasons.length ? el("p", {}, reasons.join(" ")) : null);
}

/* ---- projects ---- */

function describeProject(project, kind, row) {
  const { id } = project, stretch = ["routes", "drops", "cabinets"].includes(kind) ? POPUPS[kind]?.(row) : null;
  const cost = [project.cost_low_sek, project.cost_sek, project.cost_high_sek];
  const body = [
    stretch ? unfold(stretch.querySelector("h3")?.textContent ?? "", without(stretch, "h3")) : null,
    pairs([
      [t("phase"), project.phase == null ? null : project.year == null ? String(project.phase) : `${project.phase} (${project.year})`],
      [t("cost_base"), kronor(cost[1])], [t("cost_range"), cost[0] == null ? null : t("money", { amount: `${number(cost[0])}–${number(cost[2])}` })],
      [t("per_household"), kronor(project.cost_per_household_sek)],
      [t("served_households"), countOf(project.households)], [t("served_workplaces"), countOf(project.workplaces)],
      [t("served_buildings"), countOf(project.premises)], [t("served_public"), project.public_buildings ? number(project.public_buildings) : null],
      [t("trench_along_roads"), metresOf(project.road_m)], [t("trench_across"), metresOf(project.link_m)], [t("trench_drops"), metresOf(project.drop_m)],
      [t("in_ducts"), metresOf(project.reused_m)], [t("upkeep"), kronor(project.upkeep_sek)],
      [t("fed_by"), project.above ? projectLink(project.above) : null]]),
    project.over_limit ? el("p", { class: "warning" }, t("over_limit")) : null,
    billOf(id, cost), permitsOf(id), worksOf(id), supportOf(id), riskOf(id)];
  return { heading: [project.name, id].filter(Boolean).join(", "), kind: t("found.projects"), body: body.filter(Boolean) };
}
function without(node, selector) {
  node.querySelector(selector)?.remove();
  return node;
}
/* The lines of the bill sum to the project's cost, to the krona. */
function billOf(id, [low, base, high]) {
  const lines = projectItems.bill?.[id];
  if (!lines?.length) return null;
  const rows = lines.map((line) => ({ cells: [
    el("span", {}, [known("item", line.item), detailOf(line)].filter(Boolean).join(", "), small(sayQuantity(line))),
    amount(line.cost_low_sek), amount(line.cost_sek), amount(line.cost_high_sek)] }));
  rows.push({ chosen: true, cells: [t("sum"), amount(low), amount(base), amount(high)] });
  const heads = [t("item_and_quantity"), t("low_kr"), t("base_kr"), t("high_kr")];
  const sources = [...new Set(lines.map((line) => line.source).filter(Boolean))];
  return el("details", { open: true }, el("summary", {}, t("bill_lines")),
    el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("bill_lines") }, table(heads, rows, { caption: t("bill_lines") })),
    lines.some((line) => line.guess) ? small(t("bill_guess")) : null,
    sources.length ? unfold(t("price_sources"), el("ul", { class: "small" }, ...sources.map((source) => el("li", {}, source)))) : null);
}
function sayQuantity({ quantity, unit, price }) {
  if (quantity == null) return "";
  const many = `${number(quantity, Number.isInteger(quantity) ? 0 : 1)}\u00a0${known("bill_unit", unit)}`;
  return price == null ? many : t("at_price", { quantity: many, price: number(price, Number.isInteger(price) ? 0 : 2) });
}
/* What a line is about: a laying method, a cable's fibres, what is crossed, where is spliced. */
function detailOf({ item, detail }) {
  if (!detail) return "";
  if (item === "cable") return t("fibres", { count: detail });
  const [first, ...rest] = detail.split(" "), part = rest.join(" ");
  if (item === "crossing") return known("crossed", first) + (part ? t("bill_detail.classes", { classes: part.replace("-", "–") }) : "");
  if (item === "splice") return known("spliced", first);
  return known("method", first) + (part ? t("bill_detail.share", { share: percent(parseFloat(part) / 100, 0) }) : "");
}
function permitsOf(id) {
  const rows = projectItems.permits?.[id];
  if (!rows?.length) return null;
  const lines = rows.map((row) => ({ cells: [el("span", {}, row.permit || t("permit"), small([row.name, row.authority].filter(Boolean).join(" · "))),
    metresOf(row.metres) ?? "–", row.lead_time_weeks == null ? "–" : number(row.lead_time_weeks), amount(row.extra_sek)] }));
  return unfold(t("permits_head", { count: number(rows.length) }),
    table([t("permit"), t("length"), t("weeks"), t("extra_kr")], lines, { caption: t("permits") }));
}
function worksOf(id) {
  const rows = projectItems.works?.[id];
  if (!rows?.length) return null;
  const lines = rows.map((row) => ({ cells: [el("span", {}, row.name || "–", small([row.contact, [row.start, row.end].filter(Boolean).join(" – ")].filter(Boolean).join(" · "))),
    metresOf(row.metres) ?? "–", amount(row.saved_sek), row.in_time == null ? "–" : known("answer", row.in_time ? "yes" : "no")] }));
  return unfold(t("works_head", { count: number(rows.length) }),
    table([t("works"), t("length"), t("saves_kr"), t("in_time")], lines, { caption: t("works") }));
}
function supportOf(id) {
  const row = projectItems.support?.[id];
  if (!row) return null;
  return unfold(t("support_head"), pairs([
    [t("support_eligible"), row.eligible == null ? null : t("of_buildings", { count: number(row.eligible), all: amount(row.buildings) })],
    [t("support_unsure"), row.unsure ? number(row.unsure) : null], [t("support_base"), kronor(row.eligible_sek)],
    [t("support_most"), kronor(row.support_sek)], [t("support_own"), kronor(row.own_sek)], [t("support_left"), kronor(row.left_sek)]]));
}
function riskOf(id) {
  const row = projectItems.risk?.[id];
  if (row?.p10_sek == null) return null;
  return unfold(t("risk_head"), pairs([[t("risk_range"), money(row.p10_sek, row.p90_sek)],
    [t("risk_first"), row.first_phase_share == null ? null : percent(row.first_phase_share)]]), small(t("risk_note")));
}

/* ---- all else ---- */

/* What the click tells anyhow, with what the plan does in an area of white spots. */
function describeOther(kind, row) {
  const told = layerOf(kind)?.popup?.(row) ?? (typeof POPUPS !== "undefined" && POPUPS[kind]?.(row));
  if (!told) return null;
  const heading = told.querySelector("h3")?.textContent || known("layer", kind);
  const body = [...without(told, "h3").childNodes];
  if (kind === "white_spot_areas") body.push(planOfArea(row));
  return { heading, kind: known("layer", kind), body: body.filter(Boolean) };
}
function planOfArea({ id }) {
  const mine = (knownPremises?.white_spot_id ?? []).flatMap((area, i) => (area === id ? [i] : []));
  const projects = [...new Set(mine.map((i) => knownPremises.project_id?.[i]).filter(Boolean))].sort();
  if (!mine.length || !knownPremises.project_id) return null;
  const reached = mine.filter((i) => knownPremises.project_id[i]).length;
  return el("div", {}, el("p", {}, t("area_reached", { reached: number(reached), all: number(mine.length) })),
    projects.length ? el("ul", {}, ...projects.map((project) => el("li", {}, projectLink(project)))) : null);
}

/* ---- in the address ---- */

const SELECTED_ID = ({ kind, row }) => (kind === "zones" ? page.zones[row.zone]?.id : kind === "projects" ? row.project_id ?? row.id : row.id);
function resolve(kind, id) {
  if (kind === "zones") {
    const zone = page.zones.findIndex((other) => other.id === id);
    return zone < 0 ? null : { zone };
  }
  if (kind === "projects") return projectOf(id) && { project_id: id };
  if (kind === "premises") return premisesNumbers.has(id) ? { id } : null;
  return layerOf(kind)?.rows?.find((row) => String(row.id) === id) ?? null;
}
KEPT.selected = {
  say: () => {
    const id = state.selected && SELECTED_ID(state.selected);
    return id == null || id === "" ? null : `${state.selected.kind}.${id}`;
  },
  take: (text) => {
    const [, kind, id] = /^([a-z_]+)\.([^]*)$/.exec(text) ?? [];
    const row = kind && resolve(kind, id);
    state.selected = row ? { kind, row } : null;
  },
};
