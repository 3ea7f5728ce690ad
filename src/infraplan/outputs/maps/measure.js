/* Distances over the ground, by pointer or by keyboard. */

const WGS84 = { a: 6378137, f: 1 / 298.257223563 };
const EARTH_M = 6371008.8; // mean radius

/* Metres between two [lat, lon] on the ellipsoid: Vincenty (1975), "Direct and inverse solutions of geodesics on the
   ellipsoid"; on a sphere where it does not settle, which it does but for places on opposite sides of the earth. */
function metresBetween(from, to) {
  const rad = Math.PI / 180, { a, f } = WGS84, b = a * (1 - f), far = (to[1] - from[1]) * rad;
  const [u1, u2] = [from, to].map(([lat]) => Math.atan((1 - f) * Math.tan(lat * rad)));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  for (let round = 0, lambda = far; round < 50; round += 1) {
    const sin = Math.hypot(c2 * Math.sin(lambda), c1 * s2 - s1 * c2 * Math.cos(lambda));
    if (sin === 0) return 0;
    const cos = s1 * s2 + c1 * c2 * Math.cos(lambda), sigma = Math.atan2(sin, cos);
    const alpha = (c1 * c2 * Math.sin(lambda)) / sin, square = 1 - alpha * alpha;
    const middle = square ? cos - (2 * s1 * s2) / square : 0, wide = 2 * middle * middle - 1;
    const c = (f / 16) * square * (4 + f * (4 - 3 * square)), last = lambda;
    lambda = far + (1 - c) * f * alpha * (sigma + c * sin * (middle + c * cos * wide));
    if (Math.abs(lambda - last) > 1e-12) continue;
    const u = (square * (a * a - b * b)) / (b * b);
    const A = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u)));
    const B = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)));
    const bend = B * sin * (middle + (B / 4) * (cos * wide - (B / 6) * middle * (4 * sin * sin - 3) * (4 * middle * middle - 3)));
    return b * A * (sigma - bend);
  }
  const half = Math.sin(((to[0] - from[0]) * rad) / 2) ** 2 + Math.cos(from[0] * rad) * Math.cos(to[0] * rad) * Math.sin(far / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(Math.min(half, 1)));
}

const ruler = { on: false, points: [] };
const rulerLength = () => ruler.points.slice(1).reduce((sum, point, i) => sum + metresBetween(ruler.points[i], point), 0);
const exactLength = (metres) => (metres >= 1000 ? `${number(metres / 1000, 2)}\u00a0km` : `${number(metres)}\u00a0m`);

const rulerPane = map.createPane("ruler");
Object.assign(rulerPane.style, { zIndex: 630, pointerEvents: "none" });
const rulerSheet = new Sheet((brush, view) => {
  const at = ruler.points.map(([lat, lon]) => [view.x(worldX(lon)), view.y(worldY(lat))]);
  for (const [strokeStyle, lineWidth] of [["#ffffff", 6], ["#a3006b", 3]]) {
    Object.assign(brush, { strokeStyle, lineWidth, lineJoin: "round", lineCap: "round", fillStyle: "#ffffff" });
    brush.beginPath();
    at.forEach(([x, y], i) => brush[i ? "lineTo" : "moveTo"](x, y));
    brush.stroke();
    for (const [x, y] of at) {
      brush.beginPath();
      brush.arc(x, y, 4, 0, 2 * Math.PI);
      brush.fill();
      brush.stroke();
    }
  }
}, { id: "ruler", pane: "ruler" });
const rulerCross = el("div", { id: "ruler-cross", hidden: true, "aria-hidden": "true" });
map.getContainer().parentElement.append(rulerCross);

function measureTo({ lat, lng }) {
  const last = ruler.points.at(-1);
  if (!last || last[0] !== lat || last[1] !== lng) ruler.points.push([lat, lng]);
  fillRuler();
}
const rulerButton = (key, onclick) => el("button", { type: "button", id: `measure-${key}`, "data-t": `measure_${key}`, onclick });
const rulerButtons = {
  on: rulerButton("on", () => { ruler.on = !ruler.on; fillRuler(); }),
  centre: rulerButton("centre", () => { ruler.on = true; measureTo(map.getCenter()); }),
  undo: rulerButton("undo", () => { ruler.points.pop(); fillRuler(); }),
  clear: rulerButton("clear", () => { Object.assign(ruler, { on: false, points: [] }); fillRuler(); }),
};
addTool("measure", el("p", { class: "small", "data-t": "measure_how" }),
  el("div", { class: "buttons" }, ...Object.values(rulerButtons)), el("p", { id: "measured", role: "status" }));
function fillRuler() {
  rulerButtons.on.setAttribute("aria-pressed", String(ruler.on));
  // A button that has the focus stays there to be pressed: it says that there is nothing left, and does nothing.
  for (const key of ["undo", "clear"]) rulerButtons[key].setAttribute("aria-disabled", String(!ruler.points.length));
  rulerCross.hidden = !ruler.on;
  map.getContainer().classList.toggle("measuring", ruler.on);
  if (ruler.points.length) { rulerSheet.addTo(map); rulerSheet.redraw(); } else rulerSheet.remove();
  const count = ruler.points.length, [before, last] = ruler.points.slice(-2);
  $("measured").textContent = count === 0 ? t(ruler.on ? "measure_first" : "measure_none") : count === 1 ? t("measure_next")
    : t("measure_said", { length: exactLength(rulerLength()), last: exactLength(metresBetween(before, last)), count: number(count) });
}
/* Before anybody else hears of it: a click while measuring opens no box. */
map.getContainer().addEventListener("click", (event) => {
  if (!ruler.on || event.target.closest(".leaflet-control, .leaflet-popup") || map.dragging?.moved()) return;
  event.stopPropagation();
  measureTo(map.mouseEventToLatLng(event));
}, { capture: true });
map.getContainer().addEventListener("dblclick", (event) => { if (ruler.on) event.stopPropagation(); }, { capture: true });
map.getContainer().addEventListener("keydown", (event) => {
  if (ruler.on && event.key === "Enter" && event.target === map.getContainer()) measureTo(map.getCenter());
});
FILLS.push(fillRuler);
