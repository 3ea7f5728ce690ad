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
$("zones-details").open = municipalities.length > 1;
const address = new URLSearchParams(location.hash.slice(1));
for (const [key, kept] of Object.entries(KEPT)) if (address.has(key)) kept.take(address.get(key));
fit(state.zone);
for (const layer of LAYERS) if (layer.shown || layer.stays) for (const shape of layer.shapes) shape.addTo(map);
sizeSigns();
fillAll();
map.on("zoomstart", () => { namePane.style.visibility = "hidden"; });
map.on("zoomend", sizeSigns);
map.on("moveend resize", () => { namePane.style.visibility = ""; placeNames(); });
document.documentElement.dataset.ready = "yes";
