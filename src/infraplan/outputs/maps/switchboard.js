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
  const parts = [known("count", row.counts), t(`unit.${row.unit}`).toLowerCase(), row.holiday_homes ? t("with_holiday_homes") : "",
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
function fillSwitchboard() {
  const section = $("switchboard-section");
  section.hidden = !DEFINITIONS.length;
  if (!DEFINITIONS.length) { put("switchboard-section"); return; }
  followTarget();
  if (state.definition != null) Object.assign(asked, DEFINITIONS[state.definition], { counts: null });
  put("switchboard-section", el("h2", { id: "switchboard-heading" }, t("switchboard")), small(t("switchboard_note")), ...switches(), ...bars(), allDefinitions());
  section.setAttribute("aria-labelledby", "switchboard-heading");
}
FILLS.push(fillSwitchboard);

const valuesOf = (name) => [...new Set(DEFINITIONS.map((row) => row[name]))];
function switches() {
  const choose = (name, values, text) => {
    if (values.length < 2) return null;
    const select = el("select", { id: `switch-${name}`, "data-key": `switch-${name}`, onchange: (event) => turn({ [name]: values[event.target.selectedIndex] }) });
    options(select, values.map((value) => [String(value), text(value)]), String(asked[name]));
    return el("div", { class: "field" }, el("label", { for: select.id }, t(`switch.${name}`)), select);
  };
  const yesNo = (value) => t(value ? "with_them" : "without_them");
  const counted = COUNTS.some((counts) => definitionAt(counts, { holiday_homes: !asked.holiday_homes }) != null);
  return [
    choose("unit", valuesOf("unit"), (unit) => t(`unit.${unit}`)),
    choose("down_mbps", valuesOf("down_mbps"), (mbps) => t("at_least_speed", { speed: number(mbps) })),
    choose("technologies", valuesOf("technologies"), (name) => t(name === "wired" ? "wired_only" : "all_technologies")),
    counted ? choose("holiday_homes", valuesOf("holiday_homes"), yesNo) : null,
  ];
}
function turn(change) {
  const counts = state.definition == null ? null : DEFINITIONS[state.definition].counts;
  Object.assign(asked, change);
  // Workplaces know no holiday homes.
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
    "aria-label": t("colour_by", { definition: definitionName(DEFINITIONS[i]) }), onclick: () => colourBy(on ? null : i) }, t(on ? "on_map" : "to_map"));
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
    el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": t("switchboard") },
      table([t("definition"), ...COUNTS.map((counts) => known("count", counts))], lines, { caption: t("switchboard") })));
}
const definitionRest = (row) => definitionName(row).split(", ").slice(1).join(", ");

KEPT.definition = {
  say: () => (state.definition == null ? null : DEFINED_BY.map((name) => DEFINITIONS[state.definition][name]).join("~")),
  take: (text) => { state.definition = definitionNumbers.get(text.split("~").join("\n")) ?? null; },
};
