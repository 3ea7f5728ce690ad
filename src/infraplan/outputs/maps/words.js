/* The data unpacked; words, numbers and the building blocks of the panel.
   What users wrote reaches the page through textContent alone, never as HTML.
   The files that make the map page's script, and their order, stand in page.py. */

const $ = (id) => document.getElementById(id);
const json = (id) => JSON.parse($(id).textContent);
const map = window.infraplanMap;
const words = json("words"), palette = json("palette");
const page = await expand($("payload").textContent);
const SCALE = 100000;
const FIGURES = ["connected", "orderable", "passed_estimated", "planned"];
const ROWS_SHOWN = 100;
const SVG = "http://www.w3.org/2000/svg";

const zonesOf = (kind) => page.zones.map((zone, i) => ({ ...zone, i })).filter((zone) => zone.kind === kind);
const whole = Math.max(page.zones.findIndex((zone) => zone.kind === "study"), 0);
const municipalities = zonesOf("municipality");
const targetNames = [...new Set(page.targets.map((row) => row.target))];
const state = { language: document.documentElement.lang, zone: whole, target: targetNames[0], unit: "", kind: "", view: "" };
const rowsByZone = new Map();
/* Each part of the page adds a function that fills what it shows from ``state``: called when anything changes. */
const FILLS = [];
/* Each part adds what it keeps in the address: a key each, {say: () => text or null, take: (text) => void}.
   ``take`` is called once, before the first fill. */
const KEPT = {};

/* The payload of a whole country has twenty million letters: no function is called for each. */
function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return bytes;
}
function inflate(text) {
  return new Response(new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("gzip")));
}
async function expand(text) {
  return inflate(text).json();
}

/* ---- words and numbers ---- */

function t(key, values = {}) {
  return words[state.language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
const known = (group, key) => (words[state.language][`${group}.${key}`] ?? key);
const formats = new Map(); // They take long to make, and every name on the map has a number.
/* Halves go away from nought, as in the papers and the workbook; nought has no sign. */
function number(value, decimals = 0, style = "decimal") {
  const locale = state.language === "sv" ? "sv-SE" : "en-GB", key = `${locale} ${decimals} ${style}`, digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(locale, { style, ...digits, roundingMode: "halfExpand", signDisplay: "negative" }));
  return formats.get(key).format(value);
}
const amount = (value) => (value == null ? "–" : number(value));
/* A proven distance, rounded up: what is said must be true. */
function atMost(share) {
  const digits = share >= 1e-3 ? 1 : share >= 1e-4 ? 2 : 3, scale = 10 ** (digits + 2);
  return percent(Math.ceil(Number((share * scale).toFixed(6))) / scale, digits);
}
const percent = (share, decimals = 1) => (share == null ? "–" : number(share, decimals, "percent"));
/* One amount, or a range of two, in the unit that suits the last. */
function money(...amounts) {
  if (amounts.some((sek) => sek == null)) return "–";
  const million = amounts.at(-1) >= 1e6;
  const amount = [...new Set(amounts.map((sek) => (million ? number(sek / 1e6, 1) : number(sek))))].join("–");
  return t(million ? "money_million" : "money", { amount });
}
const length = (metres) => (metres == null ? "–" : metres >= 1000 ? `${number(metres / 1000, 1)}\u00a0km` : `${number(metres)}\u00a0m`);
const speed = (mbps) => (mbps > 0 ? `${number(mbps)}\u00a0Mbit/s` : t("nothing_known"));
function zoneName(zone) {
  return zone.kind === "settlement_class" ? known("class", zone.id.replace("class:", "")) : zone.name;
}

/* ---- building blocks ---- */

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}
function svg(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
/* The first column names the row; the others are numbers, unless ``text`` says that they are words. */
function table(heads, rows, { caption, text } = {}) {
  const style = (i) => (i && !text ? "number" : null);
  return el("table", {},
    caption && el("caption", { class: "hidden" }, caption),
    el("thead", {}, el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", class: style(i) }, head)))),
    el("tbody", {}, ...rows.map(({ cells, chosen }) => el("tr", { class: chosen ? "chosen" : null },
      ...cells.map((value, i) => el(i ? "td" : "th", { class: style(i), scope: i ? null : "row" }, value))))));
}
function facts(title, pairs) {
  const rows = pairs.filter(([, value]) => value !== "" && value != null);
  return el("div", {}, el("h3", {}, title),
    el("table", {}, el("tbody", {},
      ...rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value))))));
}
const link = (text, key, onclick) => el("button", { type: "button", class: "link", "data-key": key, onclick }, text);
const small = (...children) => el("p", { class: "small" }, ...children);
const put = (id, ...children) => $(id).replaceChildren(...children.filter((child) => child != null));
function options(select, entries, value) {
  select.replaceChildren(...entries.map(([key, text]) => el("option", { value: key, selected: key === value }, text)));
}

/* A layer's sign, the same in the legend as on the map. */
function sign(style) {
  const box = svg("svg", { width: 24, height: 18, class: "symbol", "aria-hidden": "true" });
  const paint = { stroke: style.stroke, "stroke-width": Math.min(style.width, 2), fill: style.fill || "none" };
  paint["fill-opacity"] = style.opacity;
  const half = Math.min(style.size, 13) / 2;
  if (style.symbol === "line") {
    const wide = { d: "M1 9.5H23", "stroke-width": style.width };
    if (style.casing) for (const [stroke, more] of [["#bbb", 3], [style.casing, 2]]) {
      box.append(svg("path", { ...wide, stroke, "stroke-width": style.width + more }));
    }
    box.append(svg("path", { ...wide, stroke: style.stroke, "stroke-dasharray": style.dash.join(" ") }));
  } else if (style.symbol === "area") box.append(svg("rect", { x: 2, y: 2, width: 20, height: 14, ...paint }));
  else if (style.symbol === "circle") box.append(svg("circle", { cx: 12, cy: 9, r: half, ...paint }));
  else if (style.symbol === "square") {
    box.append(svg("rect", { x: 12 - half, y: 9 - half, width: 2 * half, height: 2 * half, ...paint }));
  } else if (style.symbol === "diamond") {
    box.append(svg("path", { d: `M12 ${9 - half}L${12 + half} 9L12 ${9 + half}L${12 - half} 9Z`, ...paint }));
  } else box.append(svg("path", { d: `M12 ${9 - half}L${12 + half} ${9 + half}H${12 - half}Z`, ...paint }));
  return box;
}
/* Met or not: shape, word and colour say the same. */
function verdict(met, text) {
  const box = svg("svg", { width: 12, height: 12, "aria-hidden": "true" });
  box.append(met ? svg("circle", { cx: 6, cy: 7, r: 5, fill: palette.met })
    : svg("path", { d: "M6 1L12 12H0Z", fill: palette.not_met }));
  return el("span", { class: `verdict ${met ? "met" : "not-met"}` }, box, " ", text);
}

/* ---- figures ---- */

for (const row of page.targets) rowsByZone.set(`${row.target}\n${row.unit}\n${row.zone}`, row);
const figures = (zone) => rowsByZone.get(`${state.target}\n${state.unit}\n${zone}`);
function unitsOf(target) {
  const rows = page.targets.filter((row) => row.target === target);
  return { all: [...new Set(rows.map((row) => row.unit))], decides: (rows.find((row) => row.decides) ?? rows[0])?.unit };
}
function shareColour(share) {
  if (share == null) return palette.none;
  const place = palette.breaks.findIndex((limit) => share < limit);
  return palette.ramp[place < 0 ? palette.breaks.length : place];
}
