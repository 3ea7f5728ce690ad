/* A layer that is shown, as a file made in the page: nothing is fetched and nothing sent. */

const BOM = "\ufeff";
/* Text that a spreadsheet takes for a formula, in full width as well: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
/* What the key of a layer is called in the files of the run; of others it is the id. */
const DOWNLOAD_KEYS = { premises: "premises_id", white_spots: "premises_id", white_spot_areas: "white_spot_id", cabinets: "cabinet_id", alternatives: "alternative_id", siting: "site_id" };
const SHAPE_TYPES = { point: "Point", line: "MultiLineString", area: "MultiPolygon" };
const FIGURE_COLUMNS = ["target", "unit", "counts", "base", ...FIGURES, "reached", "share", "target_share", "missing", "met"];

/* What a layer's file holds: the packed layers it is drawn from, and what is told of a row. */
const partsOf = (layer) => (layer.at ? [{ shape: "point", rows: premisesRows(layer) }]
  : (layer.partsDrawn ?? layer.parts ?? []).map(({ shapes }) => shapes).filter((shapes, i, all) => all.indexOf(shapes) === i));
const hasRows = (layer) => Boolean(layer.at ? layer.count : partsOf(layer).some(({ rows }) => rows.length));
/* Each of the premises, from the middle of its step on the curve (see points.js), with its class for the chosen target. */
function premisesRows(layer) {
  const { target, classes } = layer.question, found = [];
  layer.packed.places.tiles.forEach(([x, y], tile) => {
    for (let i = layer.start[tile]; i < layer.start[tile + 1]; i += 1) {
      const place = layer.at[i], east = x + (everyOther(place) + 0.5) / TILE, south = y + (everyOther(place >>> 1) + 0.5) / TILE;
      found.push({ id: layer.ids?.[i] ?? String(i + 1), households: layer.households[i], workplaces: layer.workplaces[i],
        target, class: layer.packed.classes[classes[layer.kind[i]]].key, where: [latOf(south), lonOf(east)] });
    }
  });
  return found;
}
const downloadable = () => LAYERS.filter((layer) => layer.shown && !layer.fixed && hasRows(layer));
function toldOf(layer, row) {
  if (row.zone == null) return { ...row };
  const { id, name, kind, population } = page.zones[row.zone], found = figures(row.zone) ?? {};
  return { id, name, kind, population, ...Object.fromEntries(FIGURE_COLUMNS.map((column) => [column, found[column]])) };
}
const rowsOfShape = (layer, shape) => partsOf(layer).filter((part) => part.shape === shape).flatMap(({ rows }) => rows);
/* One kind of shape a file: of a layer that has several, that of most rows; the others are named in the file and the panel. */
function shapesOfFile(layer) {
  const counts = ["area", "line", "point"].map((shape) => [shape, rowsOfShape(layer, shape).length]).sort(([, a], [, b]) => b - a);
  const [[shape], ...others] = counts, left = others.filter(([, count]) => count);
  return { shape, left: left.map(([other, count]) => t("download_left", { count: number(count), shape: t(`shape.${other}`) })).join(" ") };
}
const toThousandths = (value) => (typeof value === "number" ? Number(value.toFixed(3)) : value);
/* The key comes first. */
function contentsOf(layer) {
  const { shape, left } = shapesOfFile(layer);
  const key = DOWNLOAD_KEYS[layer.id] ?? "id";
  const visible = rowsOfShape(layer, shape).filter((row) => !layer.visible || layer.visible(row));
  const features = visible.map((row, i) => {
    const { id = String(i + 1), where, ...told } = toldOf(layer, row);
    return { id, row, properties: { [key]: id, ...Object.fromEntries(Object.entries(told).map(([name, value]) => [name, toThousandths(value)])) } };
  });
  return { shape, key, left, features, simplified: shape !== "point" };
}
const fileName = (id, ending) => `${[id, page.level, page.started].join("_").replace(/[^\w.-]+/g, "_")}.${ending}`;
function saveFile(name, blob) {
  const url = URL.createObjectURL(blob), anchor = el("a", { href: url, download: name });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  $("status").textContent = t("download_done", { name });
}
const layerText = (layer) => t(`layer.${layer.id}`);
const unsafeNote = () => `${t(`level.${page.level}`)} ${t("not_for_excavation")}`;

/* ---- GeoJSON by RFC 7946 ---- */

const lonLat = ([lat, lon]) => [Number(lon.toFixed(6)), Number(lat.toFixed(6))];
/* Outer rings run counter-clockwise, holes clockwise, and each ends where it starts. */
function ringOf(places, hole) {
  const ring = places.map(lonLat), [x, y] = ring[0];
  if (x !== ring.at(-1)[0] || y !== ring.at(-1)[1]) ring.push([x, y]);
  const twice = ring.slice(1).reduce((sum, [a, b], i) => sum + ring[i][0] * b - a * ring[i][1], 0);
  return (twice < 0) === hole ? ring : ring.reverse();
}
function geometryOf(shape, where) {
  const coordinates = shape === "point" ? lonLat(where) : shape === "line" ? where.map((line) => line.map(lonLat))
    : where.map((rings) => rings.map((ring, i) => ringOf(ring, i > 0)));
  return { type: SHAPE_TYPES[shape], coordinates };
}
function toGeoJson(layer) {
  const { shape, left, features, simplified } = contentsOf(layer);
  const sources = [...new Set(page.sources.filter((source) => source.source).map(credit))];
  return JSON.stringify({
    type: "FeatureCollection", name: layer.id, title: `${page.study.name}: ${layerText(layer)}`,
    study: page.study.name, year: page.study.year, date: page.started, level: page.level, sources,
    modelled: [...new Set(page.sources.filter((source) => source.modelled).map((source) => source.layer))],
    not_for_excavation: t("not_for_excavation"), simplified, note: [t(simplified ? "download_simplified" : "download_rounded"), left].filter(Boolean).join(" "),
    features: features.map(({ id, row, properties }) => ({ type: "Feature", id, properties, geometry: geometryOf(shape, row.where) })),
  });
}

/* ---- CSV ---- */

function csvCell(value) {
  if (value == null) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "True" : "False"; // As the run's own files write it.
  const text = typeof value === "object" ? JSON.stringify(value) : String(value), safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
function toCsv(layer) {
  const { shape, left, features, simplified } = contentsOf(layer);
  const names = [...new Set(features.flatMap(({ properties }) => Object.keys(properties)))];
  const placed = shape === "point" ? ["lon", "lat"] : [];
  const about = { level: page.level, date: page.started, note: [unsafeNote(), t(simplified ? "download_no_shapes" : "download_rounded"), left].filter(Boolean).join(" ") };
  const extra = Object.keys(about).filter((name) => !names.includes(name));
  const lines = features.map(({ row, properties }) => [
    ...names.map((name) => properties[name]), ...(placed.length ? lonLat(row.where) : []), ...extra.map((name) => about[name])]);
  return BOM + [[...names, ...placed, ...extra], ...lines].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

/* ---- the panel ---- */

const downloadLayer = el("select", { id: "download-layer", onchange: fillDownload });
const downloadFormat = el("select", { id: "download-format" });
const WRITERS = {
  geojson: { write: toGeoJson, type: "application/geo+json" },
  csv: { write: toCsv, type: "text/csv" },
};
addTool("download", labelled("download_layer", downloadLayer), labelled("download_format", downloadFormat),
  el("button", { type: "button", id: "download-button", "data-t": "download_button", onclick: downloadChosen }), el("p", { id: "download-note", class: "small" }));
function downloadChosen() {
  const layer = layerOf(downloadLayer.value), ending = downloadFormat.value;
  if (layer) saveFile(fileName(layer.id, ending), new Blob([WRITERS[ending].write(layer)], { type: WRITERS[ending].type }));
}
function fillDownload() {
  // Premises are unpacked when they are first shown.
  const premises = layerOf("premises");
  if (premises?.shown && !premises.at) premises.ready?.then(fillDownload);
  const layers = downloadable().reverse(), chosen = downloadLayer.value;
  options(downloadLayer, layers.map((layer) => [layer.id, layerText(layer)]), layers.some(({ id }) => id === chosen) ? chosen : layers[0]?.id);
  options(downloadFormat, Object.keys(WRITERS).map((ending) => [ending, t(`download_${ending}`)]), downloadFormat.value || "geojson");
  $("download-button").disabled = !layers.length;
  fillDownloadNote();
}
function fillDownloadNote() {
  const layer = layerOf(downloadLayer.value);
  $("download-note").textContent = layer ? [t("download_note"), shapesOfFile(layer).left].filter(Boolean).join(" ") : t("download_nothing");
}
FILLS.push(fillDownload);
$("tool-download").addEventListener("toggle", fillDownload);
downloadLayer.addEventListener("focus", fillDownload);
