/* What a feature of each layer tells, on the map and in its table.
   What users wrote reaches the page through textContent alone. */

/* What a click on each layer tells, and what its table lists: the heading, then name and value of each. */
const TOLD = {
  zones: tellZone,
  white_spots: (row) => [t("white_spot"), [
    [t("id"), row.id], ...counts(row, "households", "workplaces"), [t("best_speed"), speed(row.best_down_mbps)],
    [t("rule_head"), said("rule", row.rule)], [t("eligible"), said("answer", row.eligible)], [t("settlement_class"), said("class", row.settlement_class)]]],
  white_spot_areas: (row) => [row.name || row.id, [
    [t("area_id"), row.id], [t("buildings"), amount(row.premises)], ...counts(row, "households", "workplaces")]],
  routes: (row) => [t("planned_route"), route(row)],
  drops: (row) => [t("planned_drops"), route(row)],
  corridors: (row) => [t("layer.corridors"), [[t("phase"), row.phase == null ? "" : String(row.phase)], [t("corridor_head"), t("corridor_width")]]],
  cabinets: (row) => [t("layer.cabinets"), [[t("id"), row.id], [t("project"), projectName(row)], [t("phase"), String(row.phase)], [t("buildings"), amount(row.premises)]]],
  fibre_lines: (row) => [t("layer.fibre_lines"), [[t("operator"), row.operator], [t("kind_head"), row.kind]]],
  ducts: (row) => [t("layer.ducts"), [[t("owner"), row.owner]]],
  planned_works: (row) => [row.name || t("layer.planned_works"), [[t("kind_head"), row.kind], [t("from"), row.start], [t("until"), row.end], [t("contact"), row.contact]]],
  care: (row) => [row.name || t("layer.care"), [[t("kind_head"), row.kind]]],
  cells: (row) => [`${t("cell")} ${row.code}`, [[t("base"), amount(row.base)], ...FIGURES.map((name) => [t(`short.${name}`).replaceAll("\u00ad", ""), amount(row[name])]), [t("share"), percent(row.share)]]],
  mobile_coverage: (row) => [t("layer.mobile_coverage"), [
    [t("operator"), row.operator], [t("technology"), technology(row.technology)], [t("use_head"), known("use", row.use)],
    [t("speed"), row.down_mbps == null ? "" : speed(row.down_mbps)]]],
  mobile_gaps: (row) => [gapName(row), [
    [t("length"), length(row.length_m)], [t("between"), [row.from_place, row.to_place].filter(Boolean).join(" – ")],
    [t("gap_of"), row.operator || t("all_operators")], [t("emergency_head"), known("emergency", row.emergency)]]],
  mobile_white_spots: (row) => [t("mobile_white_spot"), [
    [t("id"), row.id], ...counts(row, "households", "workplaces"), [t("best_speed"), speed(row.best_mbps)], [t("emergency_head"), known("emergency", row.emergency)]]],
  masts: (row) => [row.name || t("layer.masts"), [[t("operator"), row.operator]]],
  public: (row) => [row.name || t("layer.public"), building(row)],
  service_points: (row) => [row.name || t("layer.service_points"), building(row)],
  alternatives: (row) => [t("layer.alternatives"), [[t("id"), row.id]]],
  rings: (row) => [row.name || t("layer.rings"), [[t("kind_head"), known("kind", row.kind)], [t("length"), length(row.trench_m)], [t("cost_base"), money(row.cost_sek)]]],
  digital: (row) => [t("digital_home"), [
    [t("id"), row.id], ...counts(row, "households"), [t("furthest_service"), known("kind", row.service)],
    [t("way_there"), length(1000 * row.nearest_km)], [t("digital_can"), row.can ? t("answer.yes") : t("answer.no")]]],
  disagreements: (row) => [`${t("measurement")} ${row.id}`, [
    [t("date"), row.date], [t("operator"), row.operator], [t("technology"), technology(row.technology)], [t("mobile_level_head"), known("mobile_level", row.level)],
    [t("declared"), yesNo(row.declared)], [t("was_measured"), yesNo(row.measured)]]],
  siting: (row) => [row.name || row.id, [
    [t("problem"), row.problem], [t("site_rank"), String(row.rank)], [t("site_is"), t(row.existing ? "site_existing" : "site_new")], [t("site_households"), amount(row.households)],
    [t("median_way"), length(1000 * row.median_km)]]],
};
const said = (group, key) => (key == null ? "" : known(group, key));
const counts = (row, ...names) => names.map((name) => [t(name), amount(row[name])]);
const building = (row) => [
  [t("kind_head"), known("kind", row.kind)], [t("connection_head"), said("connection", row.connection)], [t("wifi"), said("answer", row.wifi)], [t("operator"), row.operator]];
const projectNames = new Map(page.projects.map(({ id, name }) => [id, [name, `(${id})`].filter(Boolean).join(" ")]));
const projectName = (row) => projectNames.get(row.project_id) ?? row.project_id;
const yesNo = (flag) => t(flag ? "answer.yes" : "answer.no");
const technology = (name) => name?.toUpperCase?.() ?? "";
const gapName = (row) => [...new Set([row.road_number, row.name].filter(Boolean))].join(", ") || known("way", row.kind);
const route = (row) => [
  [t("project"), projectName(row)], [t("phase"), String(row.phase)], [t("method_head"), row.method && known("method", row.method)],
  [t("existing_head"), row.existing && known("existing", row.existing)], [t("length"), length(row.length_m)],
  [t("cost_base"), money(row.cost_sek)], [t("cost_range"), money(row.cost_low_sek, row.cost_high_sek)]];
function tellZone(row) {
  const zone = page.zones[row.zone], found = figures(row.zone);
  if (!found) return [zoneName(zone), []];
  if (found.base == null) return [zoneName(zone), [[t("share"), t("suppressed")]]];
  return [zoneName(zone), [
    [t("target"), found.target], ...FIGURES.map((name) => [figureName(name, found), amount(found[name])]),
    [t("base"), amount(found.base)], [t("share"), percent(found.share)], [t("missing"), amount(found.missing)]]];
}
