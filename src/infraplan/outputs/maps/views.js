/* The pages: each turns its layers on and shows its sections; what a study has nothing for is not viewsOffered. */

const VIEWS = {
  spots: () => page.layers.white_spots || page.layers.white_spot_areas,
  progress: () => page.targets.length,
  plan: () => page.totals.plan,
  mobile: () => page.pages.mobile || page.layers.mobile_coverage,
  public: () => page.pages.public || page.pages.services || page.layers.public || page.layers.service_points,
};
/* Which sections belong to some pages alone; all others are on every page. */
const SECTIONS = {
  "targets-section": "spots progress", "years-section": "progress", "switchboard-section": "progress",
  "plan-section": "plan", "budget-section": "plan", "areas-section": "spots",
  "mobile-section": "mobile", "services-section": "public",
};
const viewsOffered = Object.keys(VIEWS).filter((view) => VIEWS[view]());
state.view = viewsOffered[0] ?? "";

function chooseView(view) {
  state.view = view;
  for (const layer of LAYERS) {
    if (layer.fixed) continue;
    const on = !view || layer.views.includes(view);
    if (on !== layer.shown) setShown(layer, on);
  }
}
function setShown(layer, on) {
  layer.shown = on;
  if (!document.documentElement.dataset.ready) return; // Drawn when the map is fitted, all at once.
  if (on) layer.opened(); else layer.closed();
}
function fillViews() {
  const button = (view) => el("button", { type: "button", "data-key": `view-${view}`, "aria-current": view === state.view ? "page" : null,
    onclick: () => { map.closePopup(); chooseView(view); fillAll(); $("status").textContent = t("view_shown", { view: t(`view.${view}`) }); } }, t(`view.${view}`));
  $("views").hidden = viewsOffered.length < 2;
  $("views").setAttribute("aria-label", t("views"));
  put("views", ...viewsOffered.map(button));
  for (const [id, views] of Object.entries(SECTIONS)) $(id).toggleAttribute("data-off", Boolean(state.view) && !views.split(" ").includes(state.view));
}
FILLS.push(fillViews);
KEPT.view = {
  say: () => (state.view === viewsOffered[0] ? null : state.view),
  take(text) { if (viewsOffered.includes(text)) chooseView(text); },
};
