/* The page about mobile coverage: who has it, by how many operators, as these declare it. */

const mobile = rowsOf(page.pages.mobile), operatorRows = rowsOf(page.pages.operators);
const MOBILE_OF = ["homes", "holiday_homes", "workplaces", "public_buildings", "roads", "railways", "area"];
const MOBILE_HEADS = { level: "mobile_level_head", technology: "mobile_technology_head", use: "use_head" };
const mobileChoice = {};

/* Columns as rows. */
function rowsOf(columns) {
  const names = Object.keys(columns ?? {});
  return names.length ? columns.zone.map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]]))) : [];
}
const distinct = (rows, name) => [...new Set(rows.map((row) => row[name]).filter((value) => value != null))];
function fillMobile() {
  $("mobile-section").hidden = mobile.length === 0 && !page.layers.mobile_coverage;
  if (!mobile.length) { put("mobile", el("p", {}, t("no_mobile_figures"))); return; }
  const choices = { level: "mobile_level", technology: "mobile_technology", use: "use" };
  for (const name of Object.keys(choices)) {
    const values = distinct(mobile, name);
    if (!values.includes(mobileChoice[name])) mobileChoice[name] = values.includes("data_10") ? "data_10" : values[0];
  }
  drawAsked();
  const asked = (row) => row.zone === state.zone && Object.keys(choices).every((name) => row[name] === mobileChoice[name]);
  put("mobile",
    ...Object.entries(choices).map(([name, group]) => mobileSelect(name, group)),
    mobileShares(mobile.filter(asked)), mobileOperators(operatorRows.filter(asked)), small(t("mobile_declared")));
}
/* The map shows the areas that have the speed that is asked for, where all of them tell theirs. */
const leastSpeed = () => Number(/^data_(\d+)$/.exec(mobileChoice.level ?? "")?.[1] ?? 0);
const areasTell = () => leastSpeed() > 0 && layerOf("mobile_coverage")?.rows.every((row) => row.down_mbps != null);
function drawAsked() {
  const coverage = layerOf("mobile_coverage"), least = leastSpeed(), { technology } = mobileChoice;
  if (!coverage) return;
  coverage.visible = areasTell() ? (row) => row.down_mbps >= least && (!technology || row.technology === technology) : undefined;
  coverage.redraw();
}
const mobileAsked = () => [known("mobile_level", mobileChoice.level), mobileChoice.technology ? known("mobile_technology", mobileChoice.technology) : ""].filter(Boolean).join(", ");
function mobileSelect(name, group) {
  const values = distinct(mobile, name);
  if (values.length < 2) return null;
  const select = el("select", { id: `mobile-${name}`, "data-key": `mobile-${name}`, onchange: (event) => { mobileChoice[name] = event.target.value; fillAll(); } });
  options(select, values.map((value) => [value, value || group === "use" ? known(group, value) : t("any_technology")]), mobileChoice[name]);
  return el("div", { class: "field" }, el("label", { for: select.id }, t(MOBILE_HEADS[name])), select);
}
const extent = (value, unit) => (value == null ? "–" : unit === "m" ? length(value) : unit === "m2" ? `${number(value / 1e6)}\u00a0km²` : number(value));
function mobileShares(rows) {
  const plain = rows.filter((row) => !row.road_class), operators = distinct(plain, "operator").filter(Boolean).sort();
  const find = (of, operator) => plain.find((row) => row.of === of && (row.operator ?? "") === operator);
  const lines = MOBILE_OF.filter((of) => find(of, "")?.base).map((of) => {
    const any = find(of, "");
    return { cells: [el("span", {}, t(`mobile_of.${of}`), small(t("of_base", { base: extent(any.base, any.unit) }))),
      percent(any.share), ...operators.map((operator) => percent(find(of, operator)?.share))] };
  });
  if (!lines.length) return el("p", {}, t("no_mobile_here"));
  return el("div", {}, el("h3", {}, t("mobile_shares")),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": t("mobile_shares") },
      table([t("mobile_what"), t("mobile_any"), ...operators], lines, { caption: t("mobile_shares") })));
}
function mobileOperators(rows) {
  const found = MOBILE_OF.filter((of) => rows.some((row) => row.of === of && row.share != null));
  const most = [...new Set(rows.map((row) => row.operators))].sort((a, b) => a - b);
  if (!found.length) return null;
  const lines = found.map((of) => ({ cells: [t(`mobile_of.${of}`), ...most.map((count) => percent(rows.find((row) => row.of === of && row.operators === count)?.share ?? 0))] }));
  return el("div", {}, el("h3", {}, t("mobile_operators")),
    table([t("mobile_what"), ...most.map((count) => number(count))], lines, { caption: t("mobile_operators") }));
}
/* The page's finding: how many homes, and how much of the roads, have what is asked for. */
function findMobile() {
  const row = (of) => mobile.find((found) => found.zone === state.zone && found.of === of && !found.operator && !found.road_class
    && Object.keys(MOBILE_HEADS).every((name) => found[name] === mobileChoice[name]));
  const homes = row("homes"), roads = row("roads");
  if (homes?.share == null) return null;
  const values = { asked: mobileAsked(), homes: percent(homes.share), roads: percent(roads?.share) };
  return ofZone(t(roads?.share == null ? "finding_mobile_homes" : "finding_mobile", values));
}
FILLS.push(fillMobile);
KEPT.mobile = {
  say: () => (state.view === "mobile" ? ["level", "technology", "use"].map((name) => mobileChoice[name]).join("~") : null),
  take(text) {
    const [level, technology, use] = text.split("~");
    Object.assign(mobileChoice, { level, technology, use }); // What is not there is left out when it is filled.
  },
};
