/* The budget: which projects it pays for, in the plan's own order, lit on the map while the others fade.

   What other parts may use: ``isPaid(projectId)``, true where no budget is set. */

const SUMMED = ["cost_low_sek", "cost_sek", "cost_high_sek", "households", "workplaces"];
const FADED = "#8f8f8f";
const queue = (projectItems.order ?? []).map((id) => projectOf(id)).filter((row) => row?.cost_sek != null);
const queueReach = projectItems.reach ?? [];
/* What the first i projects cost and reach, i from 0. */
const queueSums = queue.reduce((sums, row) => {
  const last = sums.at(-1);
  return [...sums, Object.fromEntries(SUMMED.map((name) => [name, last[name] + (row[name] ?? 0)]))];
}, [Object.fromEntries(SUMMED.map((name) => [name, 0]))]);
const queuePlace = new Map(queue.map((row, i) => [row.id, i]));
state.budget = null; // how many projects are paid for; null: no budget is set

const isPaid = (id) => state.budget == null || !queuePlace.has(id) || queuePlace.get(id) < state.budget;

function fillBudget() {
  const section = $("budget-section");
  section.hidden = queue.length < 2;
  if (queue.length < 2) { put("budget-section"); return; }
  section.setAttribute("aria-labelledby", "budget-heading");
  const count = state.budget ?? queue.length;
  put("budget-section", el("h2", { id: "budget-heading" }, t("budget")), small(t("budget_order")), ...budgetControls(count),
    el("p", { id: "budget-said", "aria-live": "polite" }, saidBudget(count)), budgetFigures(count), budgetTable(count));
  fadeUnpaid();
}
FILLS.push(fillBudget);

function budgetControls(count) {
  const range = el("input", { type: "range", id: "budget", "data-key": "budget", min: 0, max: queue.length, step: 1, value: count,
    "aria-valuetext": t("budget_value", { count: number(count), cost: money(queueSums[count].cost_sek) }),
    oninput: (event) => setBudget(Number(event.target.value)) });
  const amountBox = el("input", { type: "text", id: "budget-amount", "data-key": "budget-amount", inputmode: "decimal", size: 8,
    value: number(queueSums[count].cost_sek / 1e6, 1), onchange: (event) => payFor(event.target) });
  return [
    el("div", { class: "budget" }, el("label", { for: "budget" }, t("budget_slider")), range),
    el("div", { class: "field" }, el("label", { for: "budget-amount" }, t("budget_amount")), amountBox,
      state.budget == null ? null : el("button", { type: "button", "data-key": "budget-clear", onclick: () => setBudget(null) }, t("budget_clear"))),
  ];
}
function setBudget(count) {
  state.budget = count == null || count >= queue.length ? null : Math.max(count, 0);
  if (state.budget != null) for (const id of ["routes", "projects"]) if (layerOf(id) && id === "routes" && !isOn(id)) show(layerOf(id), true);
  const key = document.activeElement?.dataset?.key;
  fillAll();
  if (key) document.querySelector(`[data-key="${key}"]`)?.focus();
}
/* The longest beginning of the order that an amount of millions pays for; what is no number changes nothing. */
function payFor(box) {
  const millions = Number(box.value.replace(/[\s\u00a0\u202f]/g, "").replace(",", "."));
  if (!box.value.trim() || !Number.isFinite(millions) || millions < 0) {
    fillBudget();
    say(t("budget_no_number"));
    return;
  }
  setBudget(queueSums.filter((sum) => sum.cost_sek <= millions * 1e6 + 0.5).length - 1);
}
function saidBudget(count) {
  const sum = queueSums[count];
  return t("budget_said", { count: number(count), all: number(queue.length), cost: money(sum.cost_sek),
    range: sum.cost_low_sek || !count ? money(sum.cost_low_sek, sum.cost_high_sek) : "–", households: number(sum.households), workplaces: number(sum.workplaces) });
}
/* What each target counts with these projects; the projects cannot be told apart where the page has no premises. */
function budgetFigures(count) {
  const rows = queueReach.filter((row) => row.target === state.target && row.unit === state.unit);
  if (!rows.length || queue.length !== projectItems.order.length) return null;
  const [row] = rows, share = row.share[count], fill = el("i", { class: "counted" }), aim = el("u");
  fill.style.width = `${100 * (share ?? 0)}%`;
  aim.style.left = `${100 * row.target_share}%`;
  return el("div", { class: "figure" }, el("span", {}, t("budget_target", { target: row.target, unit: t(`unit.${row.unit}`).toLowerCase() })),
    el("b", {}, `${number(row.reached[count])} (${percent(share)})`), el("div", { class: "bar", "aria-hidden": "true" }, fill, aim),
    el("span", { class: "wide" }, verdict(row.met[count], t(row.met[count] ? "met" : "not_met"))));
}
function budgetTable(count) {
  const lines = queue.map((row, i) => ({ chosen: state.budget != null && i < count, cells: [
    el("span", {}, projectLink(row.id), small([t(i < count ? "paid" : "not_paid"), row.phase == null ? "" : `${t("phase").toLowerCase()} ${row.phase}`].filter(Boolean).join(" · "))),
    amount(row.households), thousands(row.cost_sek), thousands(queueSums[i + 1].cost_sek)] }));
  return el("details", {}, el("summary", {}, t("budget_table")),
    el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": t("budget_table") },
      table([t("project"), t("households"), t("cost_tkr"), t("cost_so_far_tkr")], lines, { caption: t("budget_table") })));
}
/* Trenches of projects that are not paid for fade. */
function fadeUnpaid() {
  for (const id of ["routes", "drops", "projects", "cabinets"]) {
    const layer = layerOf(id);
    if (!layer?.rows) continue;
    layer.visible = state.budget == null || id === "routes" ? undefined : (row) => isPaid(row.project_id);
    if (id === "routes") layer.tint = state.budget == null ? undefined : (row) => (isPaid(row.project_id) ? { key: "paid" } : { key: "faded", stroke: FADED, dash: [2, 5] });
    layer.redraw?.();
  }
}

KEPT.budget = {
  say: () => (state.budget == null ? null : String(state.budget)),
  take: (text) => { if (/^\d+$/.test(text) && Number(text) < queue.length) state.budget = Number(text); },
};
