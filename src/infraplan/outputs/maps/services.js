/* The page about public buildings and services: what they are connected by, and how far it is to them. */

const publicRows = rowsOf(page.pages.public), serviceRows = rowsOf(page.pages.services);

function fillServices() {
  const layers = ["public", "service_points", "siting"].some((id) => page.layers[id]);
  $("services-section").hidden = !layers && !publicRows.length && !serviceRows.length;
  put("services", publicTable(publicRows.filter((row) => row.zone === state.zone)), serviceTable(serviceRows.filter((row) => row.zone === state.zone)));
}
function publicTable(rows) {
  if (!rows.length) return publicRows.length ? el("p", {}, t("no_public_here")) : null;
  const lines = rows.map((row) => ({ cells: [known("kind", row.kind), amount(row.buildings), amount(row.fibre), amount(row.fibre_orderable), percent(row.share)] }));
  const heads = [t("kind_head"), t("public_buildings"), t("public_fibre"), t("public_orderable"), t("share")];
  return el("div", {}, el("h3", {}, t("public_head")), table(heads, lines, { caption: t("public_head") }), small(t("public_note"), " ", dashes(rows)));
}
/* What "–" means: too few to be shown, or that nobody knows. */
function dashes(rows) {
  if (rows.some((row) => row.buildings == null)) return t("public_few");
  return rows.some((row) => row.fibre == null) ? t("public_unknown") : "";
}
/* The page's finding: the service that half of the households have farthest to. */
function findServices() {
  const far = serviceRows.filter((row) => row.zone === state.zone && row.median_km != null).sort((a, b) => b.median_km - a.median_km)[0];
  return far ? ofZone(t("finding_services", { service: known("kind", far.service), distance: kilometres(far.median_km) })) : null;
}
function serviceTable(rows) {
  if (!rows.length) return null;
  const limits = distinct(rows, "within_km").sort((a, b) => a - b);
  const lines = distinct(rows, "service").map((service) => {
    const own = rows.filter((row) => row.service === service);
    return { cells: [known("kind", service), ...limits.map((limit) => percent(own.find((row) => row.within_km === limit)?.share, 0)), kilometres(own[0].median_km)] };
  });
  const heads = [t("service"), ...limits.map((limit) => t("within", { distance: `${number(limit)}\u00a0km` })), t("median")];
  const unreached = Math.max(...rows.map((row) => row.unreached ?? 0));
  return el("div", {}, el("h3", {}, t("services_head")), table(heads, lines, { caption: t("services_head") }),
    small(t("services_note")), unreached ? small(t("services_unreached", { count: number(unreached) })) : null);
}
const kilometres = (km) => (km == null ? "–" : `${number(km, 1)}\u00a0km`);
FILLS.push(fillServices);
