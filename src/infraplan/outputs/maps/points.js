/* All premises: squares of the map with the share of each, until the premises stand apart; then a sign each.
   They stand along a curve on which every square whose side is a power of two is one run (see quantise.py): what a
   square holds is the difference of two running sums, at every zoom.

   ``premisesLayer``, or null where the page has no premises: a layer as those of layers.js. Of a row: ``premises``
   (how many), ``households``, ``workplaces``, ``reached``, ``base``, ``share`` (null where base is 0), ``class``
   (of a single one) and ``classes`` (a row a class: key, premises, households). ``legend(zoom)`` explains the signs. */

const GRID = 2 ** 24, TILE = 2 ** 16, CELL_BITS = 4, LEAST_ZOOM = 4;
/* Signs of half a unit, the same on the map and in the legend. */
const SIGNS = {
  circle: "M-1 0A1 1 0 1 0 1 0A1 1 0 1 0-1 0Z", square: "M-.9-.9H.9V.9H-.9Z", diamond: "M0-1.2L1.2 0L0 1.2L-1.2 0Z",
  triangle: "M0-1.1L1.1.9H-1.1Z", cross: "M-.8-.8L.8.8M-.8.8L.8-.8",
};
const SIGN_SIZE = 8; // pixels across
const BIN_SIZES = [6, 10, 13, 16]; // of a circle, in a square of 16
const AMOUNTS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array };

const amounts = async ({ type, data }) => new AMOUNTS[type](await inflate(data).arrayBuffer());

/* The places along the curve, from the steps between them: of each 32 bits in its tile, east and south in turn. */
function unrollPlaces(tiles, steps) {
  const start = new Uint32Array(tiles.length + 1);
  tiles.forEach(([, , count], i) => { start[i + 1] = start[i] + count; });
  const at = new Uint32Array(start[tiles.length]);
  let next = 0;
  for (let tile = 0; tile < tiles.length; tile += 1) {
    let place = 0;
    for (let i = start[tile]; i < start[tile + 1]; i += 1) {
      let byte = steps[next++], step = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) { byte = steps[next++]; step |= (byte & 127) << shift; }
      place += step >>> 0;
      at[i] = place;
    }
  }
  return { start, at };
}
function everyOther(bits) {
  let found = bits & 0x55555555;
  found = (found | (found >>> 1)) & 0x33333333;
  found = (found | (found >>> 2)) & 0x0f0f0f0f;
  found = (found | (found >>> 4)) & 0x00ff00ff;
  return (found | (found >>> 8)) & 0xffff;
}
function firstFrom(sorted, least, from, to) {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] < least) from = middle + 1; else to = middle;
  }
  return from;
}

class Premises {
  constructor(packed) {
    Object.assign(this, { id: "premises", packed, count: packed.count, counted: true, shown: false, fixed: false, opacity: 1 });
    Object.assign(this, { views: ["progress"], rows: [], sums: null, stamps: new Map() });
  }
  opened() {
    this.ready ??= this.unpack();
    this.redraw();
  }
  closed() { this.redraw(); }
  redraw() { mapSheet.redraw(); }
  setOpacity(opacity) {
    this.opacity = opacity;
    this.redraw();
  }
  /* The first time that the layer is asked for. */
  async unpack() {
    const { places, ids, kind, households, workplaces } = this.packed;
    const lines = ids ? inflate(ids).text() : null;
    [this.kind, this.households, this.workplaces] = await Promise.all([kind, households, workplaces].map(amounts));
    Object.assign(this, unrollPlaces(places.tiles, new Uint8Array(await inflate(places.steps).arrayBuffer())));
    this.ids = lines && (await lines).split("\n");
    for (const name of ["kind", "households", "workplaces"]) delete this.packed[name];
    delete places.steps;
    this.redraw();
  }

  /* ---- what is asked, and the running sums that answer it ---- */

  get question() { return this.packed.questions.find(({ target }) => target === state.target) ?? this.packed.questions[0]; }
  get units() { return (state.unit || "households").split("+"); }
  get answers() {
    const { question, units } = this, key = [question.target, ...units].join("\n");
    if (this.sums?.key !== key) this.sums = { key, ...this.#sum(question, units.map((unit) => this[unit])) };
    return this.sums;
  }
  #sum({ classes, counted }, weights) {
    const base = new Uint32Array(this.count + 1), reached = new Uint32Array(this.count + 1);
    const counts = Uint8Array.from(classes, (place) => counted[place]), [one, other] = weights, { kind } = this;
    for (let i = 0; i < this.count; i += 1) {
      const weight = one[i] + (other ? other[i] : 0);
      base[i + 1] = base[i] + weight;
      reached[i + 1] = reached[i] + (counts[kind[i]] ? weight : 0);
    }
    return { base, reached };
  }

  /* ---- squares ---- */

  binBits(zoom) { return 24 - 8 - Math.max(Math.floor(zoom), LEAST_ZOOM) + CELL_BITS; }
  areSigns(zoom) { return zoom >= this.packed.signs_zoom; }
  /* Call ``visit(from, to, x, y)`` for each square of so many bits in a box, in grid steps, that holds premises. */
  visit([west, north, east, south], bits, visit) {
    const { at, start } = this;
    const descend = (from, to, x, y, side, low) => {
      const width = 2 ** side;
      if (from === to || x > east || y > south || x + width < west || y + width < north) return;
      if (side <= bits) { visit(from, to, x, y); return; }
      const half = width / 2, quarter = half * half;
      for (let part = 0, first = from; part < 4; part += 1) {
        const last = part === 3 ? to : firstFrom(at, low + (part + 1) * quarter, first, to);
        descend(first, last, x + (part & 1) * half, y + (part >> 1) * half, side - 1, low + part * quarter);
        first = last;
      }
    };
    this.packed.places.tiles.forEach(([x, y], i) => descend(start[i], start[i + 1], x * TILE, y * TILE, 16, 0));
  }
  /* Where the mark of a square stands, in grid steps: a single premises as near its place as its sign fits. */
  place(from, to, x, y, bits) {
    const width = 2 ** bits;
    if (to - from > 1) return [x + width / 2, y + width / 2];
    const place = this.at[from], edge = (width * SIGN_SIZE) / 2 / 2 ** CELL_BITS, mask = width - 1;
    const clamp = (offset) => Math.min(Math.max((offset & mask) + 0.5, edge), width - edge);
    return [x + clamp(everyOther(place)), y + clamp(everyOther(place >>> 1))];
  }
  /* What each square in the window is drawn as: [x, y, class or null, colour, size], for ``tell``. */
  marks({ zoom, box }, tell) {
    const bits = this.binBits(zoom), signs = this.areSigns(zoom), { base, reached } = this.answers, { classes } = this.question;
    const [west, north, east, south] = box.map((edge) => edge * TILE), rim = 2 ** (bits - CELL_BITS + 1); // strokes of marks
    this.visit([west - rim, north - rim, east + rim, south + rim], bits, (from, to, x, y) => {
      const single = signs && to - from === 1;
      const [px, py] = single ? this.place(from, to, x, y, bits) : [x + 2 ** bits / 2, y + 2 ** bits / 2];
      const all = base[to] - base[from];
      tell({ from, to, x: px / TILE, y: py / TILE, class: single ? classes[this.kind[from]] : null, all, share: all ? (reached[to] - reached[from]) / all : null });
    });
  }

  /* ---- drawing ---- */

  paint(brush, view) {
    if (!this.at) return;
    const ratio = brush.getTransform().a, grow = 2 ** (view.zoom - Math.max(Math.floor(view.zoom), LEAST_ZOOM));
    this.marks(view, (mark) => {
      const stamp = mark.class == null ? this.bin(ratio, mark.share, mark.all, grow) : this.sign(ratio, mark.class);
      const half = stamp.half;
      brush.drawImage(stamp.image, Math.round(view.x(mark.x) - half), Math.round(view.y(mark.y) - half), 2 * half, 2 * half);
    });
  }
  sign(ratio, place) {
    const { shape, fill, stroke } = this.packed.classes[place];
    return this.stamp(ratio, shape, fill, stroke, SIGN_SIZE);
  }
  bin(ratio, share, all, grow) {
    return this.stamp(ratio, "circle", this.colour(share), this.packed.stroke, grow * BIN_SIZES[this.sizeOf(all)]);
  }
  sizeOf(all) { return Math.max(this.packed.sizes.findLastIndex((least) => all >= least), 0); }
  colour(share) {
    if (share == null) return palette.none;
    const place = palette.breaks.findIndex((limit) => share < limit);
    return this.packed.colours[place < 0 ? palette.breaks.length : place];
  }
  /* A sign drawn once, to be printed thousands of times. */
  stamp(ratio, shape, fill, stroke, size) {
    const key = [shape, fill, stroke, size, ratio].join();
    if (!this.stamps.has(key)) {
      const half = Math.ceil(0.6 * size + 1), image = el("canvas", { width: 2 * half * ratio, height: 2 * half * ratio });
      const brush = image.getContext("2d"), path = new Path2D(SIGNS[shape]);
      brush.setTransform((ratio * size) / 2, 0, 0, (ratio * size) / 2, ratio * half, ratio * half);
      Object.assign(brush, { fillStyle: fill, strokeStyle: stroke, lineWidth: (2 * (shape === "cross" ? 1.6 : 1)) / size });
      if (fill) brush.fill(path);
      brush.stroke(path);
      this.stamps.set(key, { image, half });
    }
    return this.stamps.get(key);
  }

  /* ---- what a click, or Enter, tells ---- */

  hit(x, y) { return this.find(x, y, REACH); }
  /* The row of the mark that is nearest to X, Y within so many pixels, or null. */
  find(x, y, reach) {
    const { view } = mapSheet;
    if (!this.at || !view) return null;
    const margin = (reach + 2 ** CELL_BITS) / view.scale;
    let best = null, least = Infinity;
    this.marks({ zoom: view.zoom, box: [x - margin, y - margin, x + margin, y + margin] }, (mark) => {
      const away = Math.hypot(mark.x - x, mark.y - y) * view.scale;
      if (away < least && away <= reach + SIGN_SIZE / 2) [best, least] = [mark, away];
    });
    return best && this.row(best);
  }
  /* The row of a single one by its number, as the ids are numbered. */
  single(i) {
    const tile = this.start.findLastIndex((first) => first <= i), [x, y] = this.packed.places.tiles[tile];
    const all = this.answers.base[i + 1] - this.answers.base[i], reached = this.answers.reached[i + 1] - this.answers.reached[i];
    const px = x * TILE + everyOther(this.at[i]) + 0.5, py = y * TILE + everyOther(this.at[i] >>> 1) + 0.5;
    return this.row({ from: i, to: i + 1, x: px / TILE, y: py / TILE, all, share: all ? reached / all : null });
  }
  /* The mark that is nearest to the middle of the window, for those who use no pointer. */
  nearest() {
    const { x, y } = map.getSize(), { lat, lng } = map.getCenter();
    return this.find(worldX(lng), worldY(lat), Math.hypot(x, y) / 2);
  }
  row({ from, to, x, y, all, share }) {
    const { classes } = this.question, { reached } = this.answers, single = to - from === 1;
    const found = this.packed.classes.map(({ key }) => ({ key, premises: 0, households: 0 }));
    let households = 0, workplaces = 0;
    for (let i = from; i < to; i += 1) {
      const own = found[classes[this.kind[i]]];
      own.premises += 1;
      own.households += this.households[i];
      households += this.households[i];
      workplaces += this.workplaces[i];
    }
    const row = { id: single && this.ids ? this.ids[from] : "", premises: to - from, households, workplaces, base: all, share,
      reached: reached[to] - reached[from], class: single ? this.packed.classes[classes[this.kind[from]]].key : null,
      classes: found.filter(({ premises }) => premises), speeds: single ? this.speeds(this.kind[from]) : null };
    const lat = latOf(y), lon = lonOf(x);
    return Object.defineProperties(row, { layer: { value: this.id }, where: { value: [lat, lon] }, box: { value: [lon, lat, lon, lat] } });
  }
  speeds(kind) {
    return FIGURES.filter((name) => this.packed.kinds[name]).map((name) => [name, this.packed.kinds[name][kind]]);
  }
  popup(row) {
    const { target } = this.question, title = row.class ? t(`premises_class.${row.class}`) : t("premises_here", { count: number(row.premises) });
    const speeds = (row.speeds ?? []).map(([name, mbps]) => [t(`premises_speed.${name}`), mbps > 0 ? t("premises_at_least", { speed: speed(mbps) }) : ""]);
    const classes = row.class ? [] : row.classes.map(({ key, premises, households }) => [t(`premises_class.${key}`), t("premises_of_class", { premises: number(premises), households: number(households) })]);
    return facts(title, [
      [t("id"), row.id], [t("households"), number(row.households)], [t("workplaces"), number(row.workplaces)],
      ...(row.class ? [] : [[target ? t("premises_share", { target }) : t("premises_share_spots"), percent(row.share)], [t("premises_reached"), t("premises_of", { reached: number(row.reached), base: number(row.base) })]]),
      ...speeds, ...classes]);
  }

  /* ---- legend ---- */

  legend(zoom = this.packed.signs_zoom) {
    const { target } = this.question, limits = palette.breaks.map((limit) => number(100 * limit)), space = state.language === "sv" ? "\u00a0" : "";
    const texts = [`< ${limits[0]}${space}%`, ...limits.slice(1).map((limit, i) => `${limits[i]}–${limit}${space}%`), `≥ ${limits.at(-1)}${space}%`];
    const list = (...lines) => el("ul", { class: "meaning" }, ...lines);
    const row = (picture, text) => el("li", {}, picture, el("span", {}, text));
    const colours = texts.map((text, i) => row(this.drawn("circle", this.packed.colours[i], this.packed.stroke, 13), text));
    const sizes = this.packed.sizes.map((least, i, all) => row(this.drawn("circle", this.packed.colours[2], this.packed.stroke, BIN_SIZES[i]),
      i + 1 < all.length ? `${i ? number(least) : "0"}–${number(all[i + 1] - 1)}` : `≥ ${number(least)}`));
    const used = new Set(this.question.classes), classes = this.packed.classes.flatMap(({ key, shape, fill, stroke }, i) => (used.has(i)
      ? [row(this.drawn(shape, fill, stroke, SIGN_SIZE + 2), t(`premises_class.${key}`))] : []));
    const nobody = row(this.drawn("circle", palette.none, this.packed.stroke, 9), t("nobody"));
    return el("div", { class: "premises-legend" },
      small(target ? t("premises_share", { target }) : t("premises_share_spots")), list(...colours, nobody),
      small(t(`premises_size.${this.units.length > 1 ? "both" : this.units[0]}`)), list(...sizes),
      ...(this.areSigns(zoom) ? [small(t("premises_apart")), list(...classes)] : []), el("p", { class: "small on-screen" }, t("premises_how")));
  }
  drawn(shape, fill, stroke, size) {
    const box = svg("svg", { width: 24, height: 18, viewBox: "-12 -9 24 18", class: "symbol", "aria-hidden": "true" });
    box.append(svg("path", { d: SIGNS[shape], transform: `scale(${size / 2})`, fill: fill || "none", stroke, "stroke-width": (2 * (shape === "cross" ? 1.6 : 1)) / size }));
    return box;
  }
}

const premisesLayer = page.premises ? new Premises(page.premises) : null;
if (premisesLayer) {
  FILLS.push(() => premisesLayer.redraw());
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== map.getContainer() || !premisesLayer.shown) return;
    const row = premisesLayer.nearest();
    if (row) pick(premisesLayer, row, placeOf(row));
  });
}
