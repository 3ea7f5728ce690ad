/* What the reader has chosen, kept in the address: who gets the link sees the same.
   Nothing in an address is believed: what does not fit this page is left out, without a word. */

const asNumber = (text) => (/^-?\d{1,5}(\.\d{1,8})?$/.test(text ?? "") ? Number(text) : null);
const first = { language: state.language, view: null };

/* ---- what the parts before this one keep no address of ---- */

KEPT.language ??= {
  say: () => (state.language === first.language ? null : state.language),
  take(text) { if (Object.keys(words).includes(text)) state.language = text; },
};
KEPT.zone ??= {
  say: () => (state.zone === whole ? null : page.zones[state.zone]?.id),
  take(text) {
    const found = page.zones.findIndex(({ id }) => id === text);
    if (found >= 0) state.zone = found;
  },
};
KEPT.target ??= {
  say: () => (state.target === targetNames[0] ? null : state.target),
  take(text) { if (targetNames.includes(text)) chooseTarget(text); },
};
KEPT.unit ??= {
  say: () => (state.unit === unitsOf(state.target).decides ? null : state.unit),
  take(text) { if (unitsOf(state.target).all.includes(text)) state.unit = text; },
};
KEPT.kind ??= {
  say: () => state.kind || null,
  take(text) { if (page.zones.some(({ kind }) => kind === text)) state.kind = text; },
};
const layerSaid = (layer) => (layer.opacity === 1 ? layer.id : `${layer.id}:${Number(layer.opacity.toFixed(2))}`);
KEPT.layers ??= {
  say: () => LAYERS.filter((layer) => layer.shown && !layer.fixed).map(layerSaid).join("~"),
  take(text) {
    const found = new Map(text.split("~").map((part) => part.split(":")));
    for (const layer of LAYERS) {
      if (layer.fixed) continue;
      layer.shown = found.has(layer.id);
      const opacity = asNumber(found.get(layer.id));
      if (opacity != null && opacity >= 0 && opacity <= 1) layer.setOpacity(opacity);
    }
  },
};
/* Once the map is fitted to the zone; a place far from the study would be an empty window. */
KEPT.at ??= {
  say() {
    // The map stands at whole pixels: until it is moved, the place is the one that was asked for.
    const still = first.view && first.view.zoom === map.getZoom()
      && map.project(map.getCenter()).distanceTo(map.project(first.view.centre)) < 1;
    const { lat, lng } = still ? L.latLng(first.view.centre) : map.getCenter();
    return [lat.toFixed(5), lng.toFixed(5), Number(map.getZoom().toFixed(2))].join("~");
  },
  take(text) {
    const parts = text.split("~"), [lat, lng, zoom] = parts.map(asNumber), box = page.zones[whole]?.box;
    if (parts.length !== 3 || [lat, lng, zoom].includes(null) || zoom < 0 || zoom > map.getMaxZoom() || !box) return;
    const area = L.latLngBounds([[box[1], box[0]], [box[3], box[2]]]).pad(1);
    if (area.contains([lat, lng])) first.view = { centre: [lat, lng], zoom };
  },
};

/* ---- saying and taking ---- */

function addressSaid() {
  const said = new URLSearchParams();
  for (const [key, part] of Object.entries(KEPT)) {
    const text = part.say();
    if (text != null) said.set(key, text);
  }
  return `#${said}`;
}
const pageAddress = () => location.href.replace(/#.*/s, "");
const linkSaid = () => pageAddress() + addressSaid();
let writing = 0;
function keepAddress() {
  clearTimeout(writing);
  // Browsers refuse a page that writes its address at every step of a slider.
  writing = setTimeout(writeAddress, 300);
}
function writeAddress() {
  if (!document.documentElement.dataset.ready) { keepAddress(); return; }
  const said = addressSaid();
  if (said !== location.hash) history.replaceState(null, "", said);
  $("link-text").value = linkSaid();
}

const linkText = el("input", { type: "text", id: "link-text", readonly: true });
addTool("link", labelled("link_text", linkText),
  el("button", { type: "button", id: "link-button", "data-t": "link_button", onclick: copyLink }), el("p", { id: "link-note", class: "small", "data-t": "link_note" }));
async function copyLink() {
  linkText.value = linkSaid();
  linkText.focus();
  linkText.select();
  // A page that was opened as a file may be kept from the clipboard: the marked text can be copied by hand.
  const copied = await Promise.resolve(navigator.clipboard?.writeText(linkText.value)).then(() => Boolean(navigator.clipboard), () => false);
  $("status").textContent = t(copied ? "link_copied" : "link_marked");
}

for (const name of ["change", "input", "click", "keyup"]) document.addEventListener(name, keepAddress);
map.on("moveend", keepAddress);
FILLS.push(keepAddress);
/* The skip link would put its goal in the place of all that is kept. */
document.querySelector("a.skip").addEventListener("click", (event) => {
  event.preventDefault();
  map.getContainer().focus();
});
/* Another link pasted into the same window. */
window.addEventListener("hashchange", () => { if (location.hash.includes("=")) location.reload(); });
