/* The share of each definition: four numbers by unit, speed and technology, side by side for the chosen zone.

   What other parts may use: ``definedShare(zone)``, a zone's share of the definition that colours the zones,
   undefined where none does; ``definitionName(row)``. */

const board = page.figures?.switchboard ?? null;
const DEFINITIONS = figuresOf(board?.definitions);
const BOARD_ZONES = new Map((board?.zones ?? []).map((zone, i) => [zone, i]));
const COUNTS = ["connected", "orderable", "passed", "planned"].filter((name) => DEFINITIONS.some((row) => row.counts === name));
state.definition = null; // the number of the one that colours the zones
const definitionNumbers = new Map(DEFINITIONS.map((row, i) => [keyOf(row), i]));
const asked = DEFINITIONS.length ? { ...DEFINITIONS[0], counts: null } : null;
let askedFor = null;

function definedShare(zone) {
  if (state.definition == null) return undefined;
  const place = BOARD_ZONES.get(zone);
  return place == null ? null : board.share[place][state.definition];
}
function definitionName(row) {
  const parts = [known("count", row.counts).toLowerCase(), t(`unit.${row.unit}`).toLowerCase(), row.holiday_homes ? t("with_holiday_homes") : "",
    t("at_least_speed", { speed: number(row.down_mbps ?? 0) }), row.technologies === "wired" ? t("wired_only") : ""];
  return parts.filter(Boolean).join(", ");
}
const definitionAt = (counts, change = {}) => definitionNumbers.get(keyOf({ ...asked, counts, ...change }));

/* The switches follow the target until the reader turns one. */
function followTarget() {
  const key = targetKey(), found = key == null ? null : DEFINITIONS[definitionNumbers.get(key)];
  if (askedFor === key) return;
  askedFor = key;
  if (found && state.definition == null) Object.assign(asked, found, { counts: null });
}
/* The switches stay where they are; what they hold is written anew. */
const SWITCHES = {
  unit: (unit) => t(`unit.${unit}`),
  down_mbps: (mbps) => t("at_least_speed", { speed: number(mbps) }),
  technologies: (name) => t(name === "wired" ? "wired_only" : "all_technologies"),
  holiday_homes: (value) => t(value ? "with_them" : "without_them"),
};
const valuesOf = (name) => [...new Set(DEFINITIONS.map((row) => row[name]))];
const switches = Object.keys(SWITCHES).map((name) => {
  const select = el("select", { id: `switch-${name}`, onchange: () => turn({ [name]: valuesOf(name)[select.selectedIndex] }) });
  return { name, select, field: el("div", { class: "field" }, el("label", { for: select.id, "data-t": `switch.${name}` }), select) };
});
put("switchboard-section", el("h2", { id: "switchboard-heading", "data-t": "switchboard" }), el("p", { class: "small", "data-t": "switchboard_note" }),
  ...switches.map(({ field }) => field), el("div", { id: "switchboard-body" }));
$("switchboard-section").setAttribute("aria-labelledby", "switchboard-heading");

function fillSwitchboard() {
  $("switchboard-section").hidden = !DEFINITIONS.length;
  if (!DEFINITIONS.length) return;
  followTarget();
  if (state.definition != null) Object.assign(asked, DEFINITIONS[state.definition], { counts: null });
  for (const { name, select, field } of switches) {
    const values = valuesOf(name);
    // Workplaces know no holiday homes.
    field.hidden = values.length < 2 || (name === "holiday_homes" && COUNTS.every((counts) => definitionAt(counts, { holiday_homes: !asked.holiday_homes }) == null));
    options(select, values.map((value) => [String(value), SWITCHES[name](value)]), String(asked[name]));
  }
  const open = $("definitions")?.open;
  put("switchboard-body", ...bars(), allDefinitions());
  if (open && $("definitions")) $("definitions").open = true;
}
FILLS.push(fillSwitchboard);

function turn(change) {
  const counts = state.definition == null ? null : DEFINITIONS[state.definition].counts;
  Object.assign(asked, change);
  if (COUNTS.every((name) => definitionAt(name) == null)) asked.holiday_homes = !asked.holiday_homes;
  if (counts) state.definition = definitionAt(counts) ?? null;
  fillAll();
}
function bars() {
  const place = BOARD_ZONES.get(state.zone);
  if (place == null) return [el("p", {}, t("no_definitions_here", { place: placeName() }))];
  const lines = COUNTS.map((counts) => [counts, definitionAt(counts)]).filter(([, i]) => i != null).map(([counts, i]) => definitionBar(counts, i, place));
  return [
    el("p", { class: "small" }, t("definitions_of", { place: placeName(), base: amount(board.base[place][definitionAt(COUNTS[0])]) })),
    el("div", { role: "group", "aria-label": t("colours_the_map") }, ...lines),
    state.definition == null ? null : el("p", { class: "notice", "aria-live": "polite" }, t("coloured_by", { definition: definitionName(DEFINITIONS[state.definition]) })),
  ];
}
function definitionBar(counts, i, place) {
  const share = board.share[place][i], on = state.definition === i, fill = el("i", { class: on ? "counted" : null });
  fill.style.width = `${100 * (share ?? 0)}%`;
  const button = el("button", { type: "button", class: "colour", "data-key": `colour-${counts}`, "aria-pressed": String(on),
    "aria-label": t("colour_by", { definition: definitionName(DEFINITIONS[i]) }), onclick: () => colourBy(on ? null : i) }, t("to_map"));
  return el("div", { class: "figure definition" }, el("span", {}, known("count", counts)),
    el("b", {}, `${amount(board.reached[place][i])} (${percent(share)})`), button, el("div", { class: "bar", "aria-hidden": "true" }, fill));
}
function colourBy(i) {
  stopPlaying();
  Object.assign(state, { definition: i, year: "", series: "" });
  if (i != null && !isOn("zones") && layerOf("zones")) show(layerOf("zones"), true);
  fillAll();
}
/* Every definition at once: the four numbers across, all else down. */
function allDefinitions() {
  const place = BOARD_ZONES.get(state.zone);
  if (place == null) return null;
  const kinds = [...new Map(DEFINITIONS.map((row) => [keyOf({ ...row, counts: "" }), row])).values()];
  const lines = kinds.map((row) => ({ chosen: keyOf({ ...row, counts: "" }) === keyOf({ ...asked, counts: "" }), cells: [
    definitionRest(row), ...COUNTS.map((counts) => {
      const i = definitionNumbers.get(keyOf({ ...row, counts }));
      return i == null ? "–" : percent(board.share[place][i]);
    })] }));
  return el("details", { id: "definitions" }, el("summary", {}, t("all_definitions", { count: number(DEFINITIONS.length) })),
    el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": t("all_definitions", { count: number(DEFINITIONS.length) }) },
      table([t("definition"), ...COUNTS.map((counts) => known("count", counts))], lines, { caption: t("switchboard") })));
}
const definitionRest = (row) => definitionName(row).split(", ").slice(1).join(", ");

KEPT.definition = {
  say: () => (state.definition == null ? null : DEFINED_BY.map((name) => DEFINITIONS[state.definition][name]).join("~")),
  take: (text) => { state.definition = definitionNumbers.get(text.split("~").join("\n")) ?? null; },
};
