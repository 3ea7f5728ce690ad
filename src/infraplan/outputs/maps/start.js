/* Runs last: takes what the address keeps, fits the map, fills the panel for the first time. */

L.control.zoom({ position: "topright" }).addTo(map);
L.control.scale({ imperial: false }).addTo(map);
const credits = new Set(page.sources.filter((source) => source.source).map(credit));
const plainText = (text) => el("span", {}, text).innerHTML;
map.attributionControl.setPrefix("Leaflet");
map.attributionControl.addAttribution([...credits].map(plainText).join(" · "));
map.attributionControl.getContainer().tabIndex = 0; // On a small screen it scrolls.
map.getContainer().setAttribute("role", "application");
map.options.zoomSnap = 0.5;
map.options.maxZoom = 18;

chooseTarget(state.target);
chooseView(state.view);
$("zones-details").open = municipalities.length > 1;
const address = new URLSearchParams(location.hash.slice(1));
// The page first: it turns layers on, which the address may turn off again.
for (const key of ["view", ...Object.keys(KEPT).filter((name) => name !== "view")]) {
  if (address.has(key)) KEPT[key]?.take(address.get(key));
}
if (page.tiles) {
  L.tileLayer(page.tiles.url, { attribution: plainText(page.tiles.attribution), maxZoom: 18 }).addTo(map);
}
fit(state.zone);
if (first.view) map.setView(first.view.centre, first.view.zoom, { animate: false });
for (const layer of LAYERS) if (layer.shown) layer.opened(); else layer.closed();
mapSheet.addTo(map);
fillAll();
map.on("zoomstart", () => { namePane.style.visibility = "hidden"; });
map.on("moveend resize", () => { namePane.style.visibility = ""; placeNames(); });
// The panel grows with the reader's text, and takes of the map what it needs.
new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
document.documentElement.dataset.ready = "yes";
