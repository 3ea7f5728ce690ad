/* Shares by year: a slider with playback that colours the zones, a chart, and the same in a table.

   What other parts may use: ``shareAt(zone)``, the share that colours a zone: of the definition that is chosen in the
   switchboard, or of the year that is chosen here, or else today's share of the target. */

const COUNTED_AS = { access: "orderable", proximity: "passed", planned: "planned" };
const DEFINED_BY = ["counts", "unit", "holiday_homes", "down_mbps", "technologies"];
const nowYear = Number(page.study.year);
const seriesRows = figuresOf(page.figures?.series);
const breakRows = figuresOf(page.figures?.breaks);
const paceRows = figuresOf(page.figures?.pace);
const planYears = projectItems.years ?? {};
const FRAME_MS = 1200;
Object.assign(state, { series: "", year: "" });
let playing = null;

const keyOf = (row) => DEFINED_BY.map((name) => row[name]).join("\n");
const seriesKey = (row) => `${row.measure}\n${keyOf(row)}`;
const rowsBySeries = Map.groupBy(seriesRows, seriesKey);
const rowsByDefinition = Map.groupBy(seriesRows, keyOf);
const zoneNumbers = new Map(page.zones.map((zone, i) => [zone.id, i]));
const planShares = new Map();
for (const row of figuresOf((({ years, complete, kinds, ...columns }) => columns)(planYears))) {
  const key = `${row.target}\n${row.unit}\n${zoneNumbers.get(row.zone_id)}`;
  planShares.set(key, [...(planShares.get(key) ?? []), row]);
}
/* The chosen target as a definition of the switchboard. */
function targetKey() {
  const row = figures(whole) ?? page.targets.find(({ target }) => target === state.target);
  if (!row) return null;
  return keyOf({ counts: COUNTED_AS[row.counts], unit: state.unit, holiday_homes: false, down_mbps: row.down_mbps, technologies: "all" });
}
const sameAsStudy = municipalities.length === 1 && String(municipalities[0].box) === String(page.zones[whole]?.box) ? municipalities[0] : null;
/* All shares of the chosen series by zone and year: a study's own before those that others publish. */
let kept = { key: null };
function seriesNow() {
  const key = `${state.series}\n${state.target}\n${state.unit}`;
  if (kept.key === key) return kept;
  const found = (state.series ? rowsBySeries.get(state.series) : rowsByDefinition.get(targetKey())) ?? [];
  const byZone = new Map();
  for (const row of [...found].sort((a, b) => a.year - b.year || a.own - b.own)) {
    if (!byZone.has(row.zone)) byZone.set(row.zone, []);
    const rows = byZone.get(row.zone), twin = rows.at(-1);
    const point = { ...row, said: row.own ? "computed" : "published" };
    // Two measures of one definition, or a run beside an earlier one of the same year, are one point.
    if (twin?.year === row.year && twin.own === row.own) rows[rows.length - 1] = point; else rows.push(point);
  }
  // What others publish of the one municipality is said of the study that is no more and no less than it.
  if (sameAsStudy && !byZone.has(whole) && byZone.has(sameAsStudy.i)) byZone.set(whole, byZone.get(sameAsStudy.i));
  kept = { key, byZone, years: [...new Set(found.map((row) => row.year))] };
  return kept;
}
/* The points of a zone: what is published and computed, today, and after each phase of the plan. */
function pointsIn(zone) {
  const points = [...(seriesNow().byZone.get(zone) ?? [])];
  if (state.series) return points;
  const today = figures(zone);
  const past = points.filter((point) => !(today && point.own && point.year === nowYear));
  if (today && today.share != null) past.push({ year: nowYear, share: today.share, base: today.base, reached: today.reached, said: "computed" });
  return [...past.sort((a, b) => a.year - b.year), ...plannedIn(zone)];
}
function plannedIn(zone) {
  return (planShares.get(`${state.target}\n${state.unit}\n${zone}`) ?? []).map((row) => ({ ...row, base: figures(zone)?.base, said: "plan" }));
}
/* The stops of the slider; "" is today, and a year with a p behind it is the end of that year with the plan. */
function stops() {
  const past = seriesNow().years.filter((year) => state.series || year !== nowYear).map((year) => ({ key: String(year), year }));
  const today = state.series ? [] : [{ key: "", year: nowYear }];
  const planned = state.series ? [] : (planYears.years ?? []).filter(() => plannedAnywhere()).map((year) => ({ key: `${year}p`, year, plan: true }));
  return [...past, ...today, ...planned].sort((a, b) => a.year - b.year || Boolean(a.plan) - Boolean(b.plan));
}
const plannedAnywhere = () => [...planShares.keys()].some((key) => key.startsWith(`${state.target}\n${state.unit}\n`));

function shareInYear(zone) {
  const year = parseInt(state.year, 10);
  if (!state.year.endsWith("p")) {
    const found = (seriesNow().byZone.get(zone) ?? []).filter((point) => point.year === year);
    return found.at(-1)?.share ?? null;
  }
  const found = plannedIn(zone).filter((point) => point.year <= year).at(-1);
  if (found) return found.share;
  const stays = planYears.complete?.includes(state.target) && planYears.kinds?.includes(page.zones[zone].kind);
  return stays ? figures(zone)?.share ?? null : null;
}
function shareAt(zone) {
  const defined = definedShare(zone);
  if (defined !== undefined) return defined;
  return state.year === "" && !state.series ? figures(zone)?.share : shareInYear(zone);
}

/* ---- the section: its controls stay where they are, so that a slider can be dragged ---- */

const seriesSelect = el("select", { id: "series", onchange: (event) => chooseYear({ series: event.target.value, year: "" }) });
const seriesField = el("div", { class: "field" }, el("label", { for: "series", "data-t": "series" }), seriesSelect);
const yearRange = el("input", { type: "range", id: "year", min: 0, step: 1, oninput: () => { stopPlaying(); chooseYear({ year: stops()[Number(yearRange.value)].key }); } });
const yearOutput = el("output", { for: "year" });
const playButton = el("button", { type: "button", id: "play", onclick: () => (playing ? stopPlaying() : startPlaying()) });
const yearControls = el("div", { class: "years" }, el("label", { for: "year", "data-t": "year" }), yearRange, yearOutput, playButton);
put("years-section", el("h2", { id: "years-heading", "data-t": "years" }), seriesField, yearControls,
  el("p", { id: "years-said", "aria-live": "polite" }), el("div", { id: "years-body" }));
$("years-section").setAttribute("aria-labelledby", "years-heading");

// A study's own series of its targets are chosen as target.
const otherSeries = [...rowsBySeries.entries()].filter(([, [row]]) => !(row.own && targetNames.includes(row.measure)));
function fillYears() {
  if (state.series && !rowsBySeries.has(state.series)) state.series = "";
  if (!page.targets.length && otherSeries.length && !state.series) state.series = otherSeries[0][0];
  const found = stops();
  if (!found.some((stop) => stop.key === state.year)) state.year = state.series ? found.at(-1)?.key ?? "" : "";
  $("years-section").hidden = found.length < 2 && !otherSeries.length;
  if ($("years-section").hidden) { stopPlaying(); return; }
  const place = Math.max(found.findIndex((stop) => stop.key === state.year), 0);
  fillSeries();
  yearControls.hidden = found.length < 2;
  Object.assign(yearRange, { max: found.length - 1, value: place, ariaValueText: stopName(found[place]) });
  yearOutput.textContent = stopName(found[place]);
  playButton.textContent = t(playing ? "pause" : "play");
  $("years-said").textContent = saidYear(found[place]);
  const open = $("years-table")?.open;
  put("years-body", ...chartAndTable());
  if (open && $("years-table")) $("years-table").open = true;
}
FILLS.push(fillYears);

function fillSeries() {
  seriesField.hidden = otherSeries.length + Number(page.targets.length > 0) < 2;
  const names = otherSeries.map(([, [row]]) => [row.own ? t("own_series") : row.source || t("published"), definitionName(row)].join(": "));
  // A measure's id tells a reader nothing, but for telling two of one definition apart.
  const named = otherSeries.map(([key, [row]], i) => [key, names.filter((name) => name === names[i]).length > 1 ? `${names[i]} (${row.measure})` : names[i]]);
  options(seriesSelect, [...(page.targets.length ? [["", t("series_of_target", { target: state.target ?? "" })]] : []), ...named], state.series);
}
const stopName = (stop) => (!stop ? "" : stop.plan ? t("year_of_plan", { year: stop.year }) : stop.key === "" ? t("year_now", { year: stop.year }) : String(stop.year));
function chooseYear(change) {
  // Nothing but one thing colours the zones: the year that was chosen last, or the definition.
  Object.assign(state, change, { definition: null });
  fillAll();
}
function saidYear(stop) {
  if (!stop) return "";
  const drawn = page.zones.map((zone, i) => (zone.kind === "municipality" || zone.kind === "locality" ? i : -1)).filter((i) => i >= 0);
  const known = drawn.filter((zone) => shareInStop(zone) != null).length;
  const share = shareInStop(state.zone);
  const here = share == null ? t("year_unknown_here", { place: placeName() }) : t("year_share_here", { place: placeName(), share: percent(share) });
  return `${stopName(stop)}: ${here} ${t("year_zones", { count: number(known), all: number(drawn.length) })}`;
}
const shareInStop = (zone) => (state.year === "" && !state.series ? figures(zone)?.share : shareInYear(zone));
const placeName = () => (state.zone === whole ? t("whole_area") : zoneName(page.zones[state.zone]));

/* Playback starts from the first year, or from where it was paused; it stops at the end and never starts by itself.
   Where less motion is asked for, it stands longer at each year. */
function startPlaying() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const found = stops(), at = found.findIndex((stop) => stop.key === state.year);
  playing = setInterval(step, calm ? 3 * FRAME_MS : FRAME_MS);
  chooseYear({ year: found[state.year === "" || at + 1 >= found.length ? 0 : at].key });
}
function step() {
  const found = stops(), at = found.findIndex((stop) => stop.key === state.year);
  if (at + 2 >= found.length) stopPlaying();
  if (at + 1 < found.length) chooseYear({ year: found[at + 1].key });
}
function stopPlaying() {
  clearInterval(playing);
  playing = null;
  playButton.textContent = t("play");
}

/* ---- outlook ---- */

function outlook() {
  const mine = (row) => row.zone === state.zone && (state.series ? seriesKey(row) === state.series : keyOf(row) === targetKey());
  const rank = (row) => [row.method === "too_short", row.target !== state.target, row.measure !== state.target, -row.years];
  return paceRows.filter(mine).filter((row) => state.series || row.target === state.target)
    .map((row) => [rank(row).map(Number), row])
    .sort(([a], [b]) => a.map((value, i) => value - b[i]).find((difference) => difference) ?? 0)[0]?.[1] ?? null;
}
function saidOutlook(row) {
  if (!row) return null;
  const values = { share: percent(row.target_share), first: row.first_year, last: row.last_year,
    pace: row.pace == null ? "–" : number(row.pace, 1), year: row.reached_year == null ? "" : Math.round(row.reached_year) };
  const key = row.method === "too_short" || row.method === "reached" ? row.method : row.reached_year == null ? "never" : "reaches";
  const needed = row.needed_pace > 0 && row.target_year > row.last_year ? ` ${t("outlook_needed", { pace: number(row.needed_pace, 1), year: row.target_year })}` : "";
  return `${t(`outlook.${key}`, values)}${key === "reaches" || key === "never" ? ` ${saidInterval(row)}` : ""}${needed}`;
}
function saidInterval({ earliest_year: earliest, latest_year: latest, endless }) {
  if (earliest == null) return endless ? t("interval_endless") : t("interval_unknown");
  if (endless || latest == null) return t("interval_open", { earliest: Math.round(earliest) });
  return t("interval", { earliest: Math.round(earliest), latest: Math.round(latest) });
}

/* ---- the chart and its table ---- */

const CHART = { width: 400, height: 190, left: 40, right: 12, top: 10, bottom: 26 };
function chartAndTable() {
  const points = pointsIn(state.zone), forecast = outlook(), asked = state.series ? forecast?.target_share : figures(state.zone)?.target_share;
  const broken = breakRows.filter((row) => row.zone === state.zone && (state.series ? seriesKey(row) === state.series : keyOf(row) === targetKey()));
  if (!points.length) return [el("p", {}, t("no_years_here", { place: placeName() })), zonesWithSeries()];
  const said = saidOutlook(forecast);
  return [
    new Set(points.map(({ year }) => year)).size > 1 ? chart(points, broken, forecast, asked) : null,
    said ? el("p", { class: "small" }, el("strong", {}, t("forecast")), " ", said) : null,
    ...broken.map((row) => small(t("break_said", { year: row.year, what: known("break", row.kind) }))),
    el("details", { id: "years-table" }, el("summary", {}, t("years_table")), yearsTable(points, forecast)),
  ];
}
/* Where the series has figures, for who stands in a zone without. */
function zonesWithSeries() {
  const zones = [...seriesNow().byZone.keys()].slice(0, LISTED);
  if (!zones.length) return null;
  return el("p", {}, t("years_are_in"), " ", ...zones.flatMap((zone, i) => [i ? ", " : "", link(zoneName(page.zones[zone]), `series-zone-${zone}`, () => chooseZone(zone))]));
}
function yearsTable(points, forecast) {
  const lines = points.map((point) => ({ chosen: isAt(point), cells: [
    point.after_break ? `${point.year} *` : String(point.year), saidShare(point), amount(point.reached), amount(point.base),
    el("span", {}, t(`point.${point.said}`), point.source && point.said === "published" ? small(point.source) : "")] }));
  const starred = points.some((point) => point.after_break);
  const mark = forecast?.reached_year == null ? null : small(`${Math.round(forecast.reached_year)}: ${percent(forecast.target_share)} (${t("point.forecast")})`);
  return el("div", {}, table([t("year"), t("share"), t("reached_head"), t("base"), t("kind_head")], lines, { caption: t("years_table") }),
    mark, starred ? small(t("break_star")) : null);
}
const isAt = (point) => (state.series || point.said !== "plan" ? String(point.year) === state.year || (state.year === "" && !state.series && point.year === nowYear && point.said === "computed")
  : `${point.year}p` === state.year);
const saidShare = ({ share, bound }) => (share == null ? "–" : bound === "above" ? t("more_than", { share: percent(share) }) : bound === "below" ? t("less_than", { share: percent(share) }) : percent(share));

function chart(points, broken, forecast, asked) {
  const ahead = forecast && ["trend", "two_points"].includes(forecast.method) ? forecast : null;
  const ends = [ahead?.reached_year, ahead?.latest_year, ahead?.earliest_year].filter((year) => year != null);
  const first = Math.min(...points.map(({ year }) => year)), lastPoint = Math.max(...points.map(({ year }) => year));
  const last = Math.max(lastPoint, ahead ? Math.min(Math.max(lastPoint + 5, ...ends), lastPoint + 15) : lastPoint);
  const { width, height, left, right, top, bottom } = CHART;
  const x = (year) => left + ((width - left - right) * (year - first)) / Math.max(last - first, 1);
  const y = (share) => top + (height - top - bottom) * (1 - share);
  const name = t("chart_said", { place: placeName(), series: points.map((point) => `${point.year}: ${saidShare(point)} (${t(`point.${point.said}`)})`).join("; ") });
  const box = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": name });
  box.append(...axes(x, y, first, last));
  if (ahead) box.append(...band(ahead, x, y, last));
  if (asked != null) box.append(svg("path", { d: `M${left} ${y(asked)}H${width - right}`, class: "asked" }));
  for (const row of broken) box.append(svg("path", { d: `M${x(row.year - 0.5)} ${top}V${height - bottom}`, class: "broken" }), label(x(row.year - 0.5) + 3, height - bottom - 5, t("broken")));
  for (const said of ["published", "computed", "plan"]) box.append(...lineOf(points, said, x, y));
  return el("figure", {}, box, chartLegend(points, ahead, asked));
}
function axes(x, y, first, last) {
  const { width, height, left, right, bottom } = CHART, step = Math.max(Math.ceil((last - first) / 6), 1);
  const years = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [svg("path", { d: `M${left} ${y(share)}H${width - right}`, class: "grid" }), label(left - 4, y(share) + 4, percent(share, 0), "end")])
    .concat(years.map((year) => label(x(year), height - bottom + 16, String(year), year === first ? "start" : year === last ? "end" : "middle")));
}
function label(x, y, text, anchor = "start") {
  const node = svg("text", { x, y, "text-anchor": anchor });
  node.textContent = text;
  return node;
}
/* Marks of a kind, joined where nothing breaks between them; a plan starts from today's. */
function lineOf(points, said, x, y) {
  const own = points.filter((point) => point.said === said && point.share != null);
  const today = said === "plan" && own.length ? points.filter((point) => point.said === "computed" && point.year === nowYear) : [];
  const joined = [...today, ...own];
  const path = joined.map((point, i) => `${i && !point.after_break ? "L" : "M"}${x(point.year)} ${y(point.share)}`).join("");
  return [...(joined.length > 1 ? [svg("path", { d: path, class: `line ${said}` })] : []), ...own.map((point) => mark(said, x(point.year), y(point.share), isAt(point)))];
}
function mark(said, x, y, at = false) {
  const half = at ? 6 : 4, shape = {
    published: `M${x - half} ${y - half}h${2 * half}v${2 * half}h${-2 * half}Z`,
    computed: `M${x - half} ${y}a${half} ${half} 0 1 0 ${2 * half} 0a${half} ${half} 0 1 0 ${-2 * half} 0Z`,
    plan: `M${x} ${y - half - 1}L${x + half + 1} ${y}L${x} ${y + half + 1}L${x - half - 1} ${y}Z` }[said];
  return svg("path", { d: shape, class: `mark ${said}` });
}
/* The outlook at today's pace, dashed, between the years in which the target is reached at the soonest and the latest. */
function band(row, x, y, last) {
  const from = [row.last_year, row.share], reach = (year) => {
    if (year == null) return [last, row.share];
    const end = Math.min(year, last);
    return [end, row.share + ((row.target_share - row.share) * (end - row.last_year)) / Math.max(year - row.last_year, 1e-9)];
  };
  const place = ([year, share]) => `${x(year)} ${y(share)}`;
  const known = row.earliest_year != null, soon = reach(row.earliest_year), late = reach(row.endless ? null : row.latest_year);
  const top = known && row.earliest_year < last ? [last, row.target_share] : soon;
  const area = known ? [svg("path", { d: `M${place(from)}L${place(soon)}L${place(top)}L${place(late)}Z`, class: "band" })] : [];
  return row.reached_year == null ? area : [...area, svg("path", { d: `M${place(from)}L${place(reach(row.reached_year))}`, class: "ahead" })];
}
function chartLegend(points, ahead, asked) {
  const kinds = ["published", "computed", "plan"].filter((said) => points.some((point) => point.said === said));
  const entry = (node, text) => { const box = svg("svg", { width: 22, height: 14, "aria-hidden": "true", class: "chart" }); box.append(node); return el("span", {}, box, text); };
  return el("figcaption", { class: "legend" }, ...kinds.map((said) => entry(mark(said, 11, 7), t(`point.${said}`))),
    asked == null ? null : entry(svg("path", { d: "M1 7H21", class: "asked" }), t("asked_at", { share: percent(asked) })),
    ahead ? entry(svg("path", { d: "M1 12L21 2", class: "ahead" }), t("point.forecast")) : null);
}

KEPT.series = { say: () => state.series ? state.series.replaceAll("\n", "~") : null, take: (text) => { state.series = text.replaceAll("~", "\n"); } };
KEPT.year = { say: () => state.year || null, take: (text) => { state.year = /^\d{4}p?$/.test(text) ? text : ""; } };
