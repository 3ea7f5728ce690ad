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

/* The controls stay where they are, so that the slider can be dragged. */
const budgetRange = el("input", { type: "range", id: "budget", min: 0, max: queue.length, step: 1, oninput: () => { typed = null; setBudget(Number(budgetRange.value)); } });
const budgetAmount = el("input", { type: "text", id: "budget-amount", inputmode: "decimal", size: 8, onchange: () => payFor(budgetAmount.value) });
const budgetClear = el("button", { type: "button", id: "budget-clear", "data-t": "budget_clear", onclick: () => { typed = null; setBudget(null); budgetRange.focus(); } });
let typed = null; // the amount as the reader wrote it
put("budget-section", el("h2", { id: "budget-heading", "data-t": "budget" }), el("p", { class: "small", "data-t": "budget_order" }),
  el("div", { class: "budget" }, el("label", { for: "budget", "data-t": "budget_slider" }), budgetRange),
  el("div", { class: "field" }, el("label", { for: "budget-amount", "data-t": "budget_amount" }), budgetAmount, budgetClear),
  el("p", { id: "budget-said", "aria-live": "polite" }), el("div", { id: "budget-body" }));
$("budget-section").setAttribute("aria-labelledby", "budget-heading");

function fillBudget() {
  $("budget-section").hidden = queue.length < 2;
  if (queue.length < 2) return;
  const count = state.budget ?? queue.length;
  Object.assign(budgetRange, { value: count, ariaValueText: t("budget_value", { count: number(count), cost: money(queueSums[count].cost_sek) }) });
  budgetAmount.value = typed ?? number(queueSums[count].cost_sek / 1e6, 1);
  $("budget-said").textContent = saidBudget(count);
  const open = $("budget-table")?.open;
  put("budget-body", budgetFigures(count), budgetTable(count));
  if (open) $("budget-table").open = true;
  tintRoutes();
}
FILLS.push(fillBudget);

function setBudget(count) {
  state.budget = count == null || count >= queue.length ? null : Math.max(count, 0);
  if (state.budget != null && layerOf("routes") && !isOn("routes")) show(layerOf("routes"), true);
  fillAll();
}
/* The longest beginning of the order that an amount of millions pays for; what is no number changes nothing. */
function payFor(text) {
  const millions = Number(text.replace(/\s/g, "").replace(",", "."));
  if (!text.trim() || !Number.isFinite(millions) || millions < 0) {
    typed = null;
    fillBudget();
    say(t("budget_no_number"));
    return;
  }
  typed = text.trim();
  setBudget(queueSums.filter((sum) => sum.cost_sek <= millions * 1e6 + 0.5).length - 1);
}
/* All projects of the plan together are the plan's own sum, which knows what a single one may not tell. */
function saidBudget(count) {
  const all = count === queue.length && queue.length === projectItems.order.length;
  const { households, workplaces } = (all && page.totals.plan?.served) || {};
  const sum = { ...queueSums[count], ...(households != null && workplaces != null ? { households, workplaces } : {}) };
  const some = !all && queue.slice(0, count).some((row) => row.households == null || row.workplaces == null);
  return [budgetSentence(count, sum), some ? t("budget_few") : "", layerOf("routes") ? "" : t("budget_unlit")].filter(Boolean).join(" ");
}
function budgetSentence(count, sum) {
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
    el("span", {}, projectLink(row.id, "paid"), small([t(i < count ? "paid" : "not_paid"), row.phase == null ? "" : `${t("phase").toLowerCase()} ${row.phase}`].filter(Boolean).join(" · "))),
    amount(row.households), thousands(row.cost_sek), thousands(queueSums[i + 1].cost_sek)] }));
  return el("details", { id: "budget-table" }, el("summary", {}, t("budget_table")),
    el("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": t("budget_table") },
      table([t("project"), t("households"), t("cost_tkr"), t("cost_so_far_tkr")], lines, { caption: t("budget_table") })));
}
/* Trenches of the chosen project are wider, those of projects that are not paid for grey and dotted. */
const WIDER = 3;
function tintRoute(row) {
  if (!isPaid(row.project_id)) return { key: "faded", stroke: FADED, dash: [2, 5] };
  const { width } = palette.styles.routes;
  return row.project_id === chosenProject() ? { key: "wide", width: width + WIDER, dash: [] } : { key: "" };
}
function tintRoutes() {
  const routes = layerOf("routes");
  if (!routes?.rows) return;
  routes.tint = state.budget == null && chosenProject() == null ? undefined : tintRoute;
  routes.redraw();
  for (const layer of ["drops", "cabinets"].map(layerOf).filter(Boolean)) {
    layer.visible = state.budget == null ? undefined : (row) => isPaid(row.project_id);
    layer.redraw();
  }
}

KEPT.budget = {
  say: () => (state.budget == null ? null : String(state.budget)),
  take: (text) => { if (/^\d+$/.test(text) && Number(text) < queue.length) state.budget = Number(text); },
};
