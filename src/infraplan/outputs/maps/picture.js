/* The map as a picture with all that it needs to be understood, and on paper. */

const PICTURE = { scale: 2, margin: 16, legend: 190, ink: "#1b1b1b", soft: "#555555" };
const font = (size, weight = 400) => `${weight} ${size}px system-ui, "Segoe UI", "DejaVu Sans", sans-serif`;

/* A text's lines within a width; a word that is wider stands alone. */
function linesOf(brush, text, width) {
  const lines = [];
  for (const word of text.split(/ +/)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && brush.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
/* Write a text from y down; says where the next may begin. */
function writeText(brush, text, x, y, { width, size = 12, weight = 400, colour = PICTURE.ink, dry = false }) {
  Object.assign(brush, { font: font(size, weight), fillStyle: colour, textAlign: "left", textBaseline: "top" });
  const lines = text ? linesOf(brush, text, width) : [], step = Math.round(size * 1.35);
  if (!dry) lines.forEach((line, i) => brush.fillText(line, x, y + i * step));
  return y + lines.length * step;
}

/* ---- the map itself ---- */

function heightOf(node) {
  const found = [];
  for (let at = node; at && at !== map.getPane("mapPane"); at = at.parentElement) found.unshift(Number(getComputedStyle(at).zIndex) || 0);
  return found;
}
const byHeight = (a, b) => {
  const [one, other] = [heightOf(a), heightOf(b)];
  for (let i = 0; i < Math.max(one.length, other.length); i += 1) if ((one[i] ?? 0) !== (other[i] ?? 0)) return (one[i] ?? 0) - (other[i] ?? 0);
  return 0;
};
const tilesShown = () => map.getContainer().querySelector("img.leaflet-tile") != null;
function drawMap(brush, left, top) {
  const frame = map.getContainer().getBoundingClientRect();
  brush.save();
  brush.translate(left, top);
  brush.beginPath();
  brush.rect(0, 0, frame.width, frame.height);
  brush.clip();
  brush.fillStyle = getComputedStyle(map.getContainer()).backgroundColor;
  brush.fillRect(0, 0, frame.width, frame.height);
  const sheets = new Map();
  map.eachLayer((layer) => { if (layer instanceof Sheet) sheets.set(layer.canvas, layer); });
  for (const node of [...map.getPane("mapPane").querySelectorAll("canvas")].sort(byHeight)) {
    const box = node.getBoundingClientRect(), place = node.parentElement.className.match(/split-(left|right)/)?.[1];
    brush.save();
    if (place) {
      const [x0, y0, x1, y1] = splitBox(place);
      brush.beginPath();
      brush.rect(x0, y0, x1 - x0, y1 - y0);
      brush.clip();
    }
    brush.translate(box.x - frame.x, box.y - frame.y);
    const sheet = sheets.get(node); // Painted anew: the screen's pixels are too few for paper.
    if (sheet) sheet.paint(brush, sheet.view); else if (node.width && node.height) brush.drawImage(node, 0, 0, box.width, box.height);
    brush.restore();
  }
  drawNames(brush, frame);
  if (split.on) drawSplit(brush, frame);
  drawScale(brush, frame);
  drawNorth(brush, frame);
  brush.restore();
  brush.strokeStyle = "#888888";
  brush.strokeRect(left, top, frame.width, frame.height);
}
function haloed(brush, text, x, y) {
  Object.assign(brush, { strokeStyle: "#ffffff", lineWidth: 3, lineJoin: "round", fillStyle: PICTURE.ink });
  brush.strokeText(text, x, y);
  brush.fillText(text, x, y);
}
function drawNames(brush, frame) {
  if (!isOn("names")) return;
  for (const node of map.getContainer().querySelectorAll(".place")) {
    if (node.hidden) continue;
    const box = node.getBoundingClientRect(), style = getComputedStyle(node), lines = node.innerText.split("\n");
    Object.assign(brush, { font: font(parseFloat(style.fontSize), style.fontWeight), textAlign: "center", textBaseline: "middle" });
    lines.forEach((line, i) => haloed(brush, line, box.x - frame.x + box.width / 2, box.y - frame.y + ((i + 0.5) * box.height) / lines.length));
  }
}
function drawSplit(brush, { width, height }) {
  const at = (width * split.at) / 100;
  Object.assign(brush, { strokeStyle: "#ffffff", lineWidth: 5 });
  for (const [strokeStyle, lineWidth] of [["#ffffff", 5], [PICTURE.ink, 2]]) {
    Object.assign(brush, { strokeStyle, lineWidth });
    brush.beginPath();
    brush.moveTo(at, 0);
    brush.lineTo(at, height);
    brush.stroke();
  }
  Object.assign(brush, { font: font(13, 600), textBaseline: "top", textAlign: "left" });
  haloed(brush, splitName(splitSide(split.left)), 10, 10);
  brush.textAlign = "right";
  haloed(brush, splitName(splitSide(split.right)), width - 60, 10);
}
/* A round number of metres, at most a fifth of the width. */
function roundLength(most) {
  const ten = 10 ** Math.floor(Math.log10(most));
  return ten * [5, 2, 1].find((step) => step * ten <= most);
}
function drawScale(brush, { width, height }) {
  const middle = height / 2, [from, to] = [0, 100].map((x) => map.containerPointToLatLng([x, middle]));
  const metres = metresBetween([from.lat, from.lng], [to.lat, to.lng]) / 100, long = roundLength((metres * width) / 5);
  const wide = long / metres, x = 14, y = height - 16;
  for (const [strokeStyle, lineWidth] of [["#ffffff", 5], [PICTURE.ink, 2]]) {
    Object.assign(brush, { strokeStyle, lineWidth });
    brush.beginPath();
    brush.moveTo(x, y - 6);
    brush.lineTo(x, y);
    brush.lineTo(x + wide, y);
    brush.lineTo(x + wide, y - 6);
    brush.stroke();
  }
  Object.assign(brush, { font: font(12, 600), textAlign: "left", textBaseline: "bottom" });
  haloed(brush, long >= 1000 ? `${number(long / 1000)}\u00a0km` : `${number(long)}\u00a0m`, x + 4, y - 3);
}
function drawNorth(brush, { width }) {
  brush.save();
  brush.translate(width - 28, 16);
  Object.assign(brush, { fillStyle: PICTURE.ink, strokeStyle: "#ffffff", lineWidth: 3, lineJoin: "round" });
  brush.beginPath();
  for (const [i, [x, y]] of [[0, 0], [9, 26], [0, 19], [-9, 26]].entries()) brush[i ? "lineTo" : "moveTo"](x, y);
  brush.closePath();
  brush.stroke();
  brush.fill();
  Object.assign(brush, { font: font(13, 700), textAlign: "center", textBaseline: "top" });
  haloed(brush, t("picture_north"), 0, 28);
  brush.restore();
}

/* ---- around it ---- */

/* The signs of the layers that are shown, as the legend has them, each with its name; a name without a sign is that of
   the lines after it. */
async function legendSigns() {
  const shown = [...LAYERS].reverse().filter((layer) => isDrawn(layer) && !layer.fixed && palette.styles[layer.id]);
  const plain = [], told = [];
  for (const layer of shown) {
    const lines = [...(meaning(layer, map.getZoom())?.querySelectorAll("li, p:not(.on-screen)") ?? [])];
    if (hasRamp(layer)) continue;
    if (!lines.length) plain.push({ box: sign(signOf(layer)), name: layerText(layer) });
    else told.push({ name: layerText(layer) }, ...lines.map((line) => ({ box: line.querySelector("svg"), name: line.textContent })));
  }
  return Promise.all([...plain, ...told].map(async ({ box, name }) => ({ name, image: box && (await imageOf(box)) })));
}
async function imageOf(box) {
  const image = new Image();
  box.setAttribute("xmlns", SVG);
  image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(box))}`;
  await image.decode();
  return image;
}
const hasRamp = (layer) => layer.shown && ((layer.id === "zones" && page.targets.length > 0) || layer.id === "cells");
function drawRamp(brush, x, y, width) {
  const limits = palette.breaks.map((limit) => number(100 * limit));
  const texts = [`< ${limits[0]} %`, ...limits.slice(1).map((limit, i) => `${limits[i]}–${limit} %`), `≥ ${limits.at(-1)} %`];
  const step = Math.min(width / texts.length, 90);
  texts.forEach((text, i) => {
    Object.assign(brush, { fillStyle: palette.ramp[i], strokeStyle: "#777777", lineWidth: 1 });
    brush.fillRect(x + i * step, y, step - 4, 12);
    brush.strokeRect(x + i * step, y, step - 4, 12);
    Object.assign(brush, { fillStyle: PICTURE.ink, font: font(11), textAlign: "center", textBaseline: "top" });
    brush.fillText(text, x + i * step + (step - 4) / 2, y + 15);
  });
  return y + 34;
}
function drawLegend(brush, signs, x, y, width, dry) {
  const columns = Math.max(1, Math.floor(width / PICTURE.legend)), step = width / columns, tops = Array(columns).fill(y);
  let column = 0;
  for (const { image, name } of signs) {
    if (!image) {
      tops.fill(writeText(brush, name, x, Math.max(...tops) + 4, { width, dry }) + 4);
      column = 0;
      continue;
    }
    const left = x + column * step, top = tops[column];
    if (!dry) brush.drawImage(image, left, top, 24, 18);
    tops[column] = Math.max(top + 22, writeText(brush, name, left + 30, top + 2, { width: step - 38, dry }) + 4);
    column = (column + 1) % columns;
  }
  let low = Math.max(...tops);
  for (const layer of LAYERS.filter(hasRamp)) {
    low = writeText(brush, layerText(layer), x, low + 4, { width, dry }) + 4;
    low = dry ? low + 34 : drawRamp(brush, x, low, width);
  }
  return low;
}
function footLines() {
  const modelled = [...new Set(page.sources.filter((source) => source.modelled).map((source) => known("input", source.layer)))];
  const sources = [...new Set(page.sources.filter((source) => source.source).map(credit))];
  return [
    modelled.length ? t("modelled", { layers: modelled.join(", ") }) : "", unsafeNote(),
    tilesShown() ? t("picture_no_tiles") : "", t("about", { date: page.started, year: page.study.year, crs: page.study.crs }),
    sources.length ? t("picture_sources", { sources: sources.join(" · ") }) : ""].filter(Boolean);
}
/* All of it, or with ``dry`` only how high it is. */
function drawSheet(brush, signs, dry = false) {
  const { x: wide, y: high } = map.getSize(), { margin } = PICTURE, width = wide;
  let y = writeText(brush, page.study.name, margin, margin, { width, size: 20, weight: 700, dry });
  y = writeText(brush, $("finding").textContent, margin, y + 2, { width, size: 14, weight: 600, dry }) + 8;
  if (!dry) drawMap(brush, margin, y);
  y = drawLegend(brush, signs, margin, y + high + 12, width, dry) + 6;
  for (const line of footLines()) y = writeText(brush, line, margin, y, { width, size: 11, colour: PICTURE.soft, dry }) + 2;
  return { width: wide + 2 * margin, height: y + margin };
}
async function makePicture() {
  const signs = await legendSigns(), sheet = el("canvas"), brush = sheet.getContext("2d");
  const { width, height } = drawSheet(brush, signs, true);
  Object.assign(sheet, { width: Math.round(width * PICTURE.scale), height: Math.round(height * PICTURE.scale) });
  brush.scale(PICTURE.scale, PICTURE.scale);
  brush.fillStyle = "#ffffff";
  brush.fillRect(0, 0, width, height);
  drawSheet(brush, signs);
  return new Promise((done) => { sheet.toBlob(done, "image/png"); });
}

/* ---- paper ---- */

const stillFrames = (count) => new Promise((done) => {
  const wait = (left) => (left ? requestAnimationFrame(() => wait(left - 1)) : done());
  wait(count);
});
/* The map as large as it is on the page, before the browser looks: it would cut the window's own off. */
const paper = { centre: null };
function layOut() {
  if (paper.centre) return;
  Object.assign(paper, { centre: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() });
  document.documentElement.classList.add("paper");
  map.invalidateSize({ animate: false, pan: false });
  map.fitBounds(paper.bounds, { animate: false });
  clipSides();
}
function foldUp() {
  if (!paper.centre) return;
  document.documentElement.classList.remove("paper");
  map.invalidateSize({ animate: false, pan: false });
  map.setView(paper.centre, paper.zoom, { animate: false });
  paper.centre = null;
  clipSides();
}
window.addEventListener("beforeprint", layOut);
window.addEventListener("afterprint", foldUp);

addTool("picture",
  el("div", { class: "buttons" },
    el("button", { type: "button", id: "picture-button", "data-t": "picture_button", onclick: async () => {
      $("status").textContent = t("picture_busy");
      saveFile(fileName(state.view || "map", "png"), await makePicture());
    } }),
    el("button", { type: "button", id: "print-button", "data-t": "picture_print", onclick: async () => {
      layOut();
      await stillFrames(2);
      window.print();
    } })),
  el("p", { class: "small", "data-t": "picture_note" }));
