/* One box for everything that has a name, an address or an id: a combobox with a list of options (WAI-ARIA).

   What other parts may use: ``figuresOf(table)`` makes rows of a table of columns; ``say(text)`` tells those who
   listen; ``lower`` and ``fold`` make texts comparable, the second without the dots and rings of letters. */

const LISTED = 12;
const FOUND_FIRST = ["municipality", "locality", "place", "deso", "district", "area"];
const lower = (text) => text.toLocaleLowerCase("sv");
const fold = (text) => lower(text).normalize("NFD").replace(/\p{M}/gu, "");
function figuresOf(columns) {
  const names = Object.keys(columns ?? {});
  return (columns?.[names[0]] ?? []).map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
}
function say(text) {
  $("tools-status").textContent = text;
}

/* ---- what can be found ---- */

const knownPremises = page.figures?.known?.premises ?? null;
const premisesNumbers = new Map((knownPremises?.id ?? []).map((id, i) => [id, i]));
/* All that is known of a premises by its id; its place is asked for apart. */
function premisesRow(id) {
  const i = premisesNumbers.get(id);
  if (i == null) return null;
  const { count, geometry, ...columns } = knownPremises;
  return Object.fromEntries(Object.keys(columns).map((name) => [name, columns[name][i]]));
}
function pointsOf(steps) {
  const found = [];
  for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) {
    x += steps[i]; y += steps[i + 1];
    found.push([y / SCALE, x / SCALE]);
  }
  return found;
}
function* findableZones() {
  for (const [i, zone] of page.zones.entries()) {
    if (FOUND_FIRST.includes(zone.kind) && zone.name) {
      yield { names: [zone.name], kind: zone.kind, rank: FOUND_FIRST.indexOf(zone.kind), go: () => { chooseZone(i); choose({ kind: "zones", row: { zone: i } }, true); } };
    }
  }
}
function* findableFeatures() {
  for (const [kind, rank] of [["white_spot_areas", 6], ["public", 8], ["public_buildings", 8], ["service_points", 9], ["masts", 10]]) {
    for (const row of layerOf(kind)?.rows ?? []) {
      // A public building without a name goes by the id of its premises, which is found as such.
      const names = [row.name, row.id == null || kind === "public" ? "" : String(row.id)].filter(Boolean);
      if (names.length) yield { names, kind, rank, go: () => { goTo(row); choose({ kind, row }, true); } };
    }
  }
}
function* findableProjects() {
  for (const row of page.projects) {
    yield { names: [row.name, row.id].filter(Boolean), kind: "projects", rank: 7, go: () => goToProject(row) };
  }
}
function* findableRoads() {
  const roads = page.figures?.known?.roads;
  if (!roads) return;
  const points = pointsOf(roads.geometry);
  for (const [i, name] of roads.name.entries()) {
    const names = [name, roads.place[i]].filter(Boolean);
    yield { names, kind: "roads", rank: 11, go: () => { lookAt(points[i], 13, names.join(", ")); } };
  }
}
function* findablePremises() {
  if (!knownPremises?.id.length) return;
  const points = pointsOf(knownPremises.geometry);
  for (const [i, id] of knownPremises.id.entries()) {
    const names = [knownPremises.address?.[i], id].filter(Boolean);
    yield { names, kind: "premises", rank: 12, go: () => { lookAt(points[i], 16, names[0]); choose({ kind: "premises", row: { id } }, true); } };
  }
}
/* Where there are too many premises to tell all of each, they are found by the beginning of their id: no entry is made
   for each, and their ids are unpacked when the reader first asks. */
const idsAlone = knownPremises && !knownPremises.id.length && Boolean(page.premises?.ids);
const FEWEST_LETTERS = 3;
function findPremises(asked) {
  const { ids } = premisesLayer, found = [];
  if (!ids || asked.length < FEWEST_LETTERS) return found;
  for (let i = 0; i < ids.length; i += 1) if (lower(ids[i]).startsWith(asked)) found.push(i);
  const text = (i) => ids[i];
  return found.sort((a, b) => text(a).localeCompare(text(b), "sv", { numeric: true })).map((i) => ({ text: text(i), kind: "premises", go: () => {
    const row = premisesLayer.single(i);
    lookAt(row.where, 16, row.id);
    choose({ kind: "premises", row }, true);
  } }));
}
function lookAt(place, zoom, name) {
  map.setView(place, Math.max(map.getZoom(), zoom), { animate: false });
  say(t("zoomed_to", { place: name }));
}
let findable = null; // made when the reader first asks: it takes a moment with many premises
function allFindable() {
  findable ??= [findableZones, findableFeatures, findableProjects, findableRoads, findablePremises]
    .flatMap((find) => [...find()])
    .map(({ names, ...entry }) => ({ ...entry, text: names.join(", "), plain: names.map(lower), folded: names.map(fold) }));
  return findable;
}

/* How well names answer, 0 best: all of one, its beginning, a word's beginning, a part of it; each as it is written
   before without its dots. */
const WAYS = [(name, asked) => name === asked, (name, asked) => name.startsWith(asked), (name, asked) => name.includes(` ${asked}`), (name, asked) => name.includes(asked)];
function match({ plain, folded }, asked, foldedAsked) {
  const way = WAYS.findIndex((fits) => folded.some((name) => fits(name, foldedAsked)));
  return way < 0 ? -1 : 2 * way + Number(!plain.some((name) => WAYS[way](name, asked)));
}
function search(text) {
  const asked = lower(text.trim()), foldedAsked = fold(asked);
  if (!asked) return [];
  return allFindable().map((entry) => ({ entry, how: match(entry, asked, foldedAsked) })).filter(({ how }) => how >= 0)
    .sort((a, b) => a.how - b.how || a.entry.rank - b.entry.rank || a.entry.text.localeCompare(b.entry.text, "sv", { numeric: true }))
    .map(({ entry }) => entry).concat(idsAlone ? findPremises(asked) : []);
}

/* ---- the box ---- */

const searchBox = el("input", { id: "search", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", autocapitalize: "off",
  "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "search-list", "aria-describedby": "search-hint" });
const searchList = el("ul", { id: "search-list", role: "listbox", hidden: true });
let offered = [], active = -1;

put("search-section", el("label", { for: "search", "data-t": "search" }), el("div", { class: "search" }, searchBox, searchList),
  el("p", { id: "search-hint", class: "small" }), el("p", { id: "tools-status", class: "hidden", role: "status" }));

function closeList() {
  searchList.hidden = true;
  active = -1;
  searchBox.setAttribute("aria-expanded", "false");
  searchBox.removeAttribute("aria-activedescendant");
}
function offer() {
  const found = search(searchBox.value);
  offered = found.slice(0, LISTED);
  searchList.replaceChildren(...offered.map((entry, i) => el("li", { id: `option-${i}`, role: "option", "aria-selected": "false",
    onmousedown: (event) => event.preventDefault(), onclick: () => takeOption(i) }, el("span", {}, entry.text), el("small", {}, t(`found.${entry.kind}`)))));
  closeList();
  if (offered.length) {
    searchList.hidden = false;
    searchBox.setAttribute("aria-expanded", "true");
  }
  const asked = searchBox.value.trim();
  say(!asked ? "" : found.length > LISTED ? t("found_more", { count: number(found.length), shown: LISTED }) : t("found_count", { count: number(found.length) }));
  $("search-hint").textContent = asked && !found.length ? t("found_none") : searchHint();
}
function pointTo(i) {
  active = offered.length ? (i + offered.length) % offered.length : -1;
  [...searchList.children].forEach((node, place) => node.setAttribute("aria-selected", String(place === active)));
  searchBox.setAttribute("aria-activedescendant", `option-${active}`);
  searchList.children[active]?.scrollIntoView({ block: "nearest" });
}
function takeOption(i) {
  const entry = offered[i];
  searchBox.value = entry.text;
  closeList();
  entry.go();
}
const SEARCH_KEYS = {
  ArrowDown: () => { if (searchList.hidden) offer(); if (offered.length) pointTo(active + 1); },
  ArrowUp: () => { if (searchList.hidden) offer(); if (offered.length) pointTo(active < 0 ? -1 : active - 1); },
  Enter: () => { if (searchList.hidden) offer(); if (offered.length) takeOption(Math.max(active, 0)); },
  Escape: () => { if (searchList.hidden) searchBox.value = ""; closeList(); },
};
searchBox.addEventListener("input", offer);
if (idsAlone) {
  searchBox.addEventListener("focus", async () => {
    if (premisesLayer.ids) return;
    await (premisesLayer.ready ??= premisesLayer.unpack());
    if (searchBox.value && document.activeElement === searchBox) offer();
  });
}
searchBox.addEventListener("blur", closeList);
searchBox.addEventListener("keydown", (event) => {
  if (!(event.key in SEARCH_KEYS) || event.isComposing) return;
  event.preventDefault();
  SEARCH_KEYS[event.key]();
});
function searchHint() {
  if (!knownPremises || knownPremises.id.length) return "";
  return t(idsAlone ? "search_by_premises_id" : "search_without_premises", { count: number(knownPremises.count) });
}
FILLS.push(() => {
  searchList.setAttribute("aria-label", t("search_results"));
  $("search-hint").textContent = searchHint();
  closeList();
});
