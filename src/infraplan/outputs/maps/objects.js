/* Everything that can be clicked on the map, as a table: for who sees no map, and for who looks for one of many. */

const objects = { layer: "", shown: ROWS_SHOWN };
const listed = () => LAYERS.filter((layer) => layer.shown && TOLD[layer.id] && layer.id !== "zones" && layer.rows.length);

function fillObjects() {
  const layers = listed();
  if (!layers.some(({ id }) => id === objects.layer)) Object.assign(objects, { layer: [...layers].reverse()[0]?.id ?? "", shown: ROWS_SHOWN });
  $("objects-section").hidden = layers.length === 0;
  options($("objects-layer"), layers.map(({ id, rows }) => [id, `${t(`layer.${id}`)} (${number(rows.length)})`]), objects.layer);
  if ($("objects-details").open && layers.length) fillObjectsTable(); else put("objects");
}
function fillObjectsTable() {
  const { rows } = layerOf(objects.layer), shown = rows.slice(0, objects.shown), tell = TOLD[objects.layer];
  const told = shown.map(tell), heads = [...new Set(told.flatMap(([, pairs]) => pairs.map(([name]) => name)))];
  const lines = told.map(([title, pairs], i) => {
    const values = new Map(pairs), own = title && title !== t(`layer.${objects.layer}`) ? title : t("show_on_map");
    return { cells: [link(own, `object-${objects.layer}-${i}`, () => goTo(shown[i])), ...heads.map((head) => values.get(head) || "–")] };
  });
  const name = t(`layer.${objects.layer}`), more = rows.length - shown.length;
  put("objects",
    el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": `${t("objects")}: ${name}` }, table([t("object"), ...heads], lines, { caption: name, text: true })),
    small(t("objects_shown", { shown: number(shown.length), all: number(rows.length) })),
    more ? el("button", { type: "button", "data-key": "objects-more", onclick: () => { objects.shown += ROWS_SHOWN; fillObjectsTable(); } }, t("objects_more", { count: number(Math.min(more, ROWS_SHOWN)) })) : null);
}
$("objects-layer").addEventListener("change", (event) => { Object.assign(objects, { layer: event.target.value, shown: ROWS_SHOWN }); fillObjectsTable(); });
$("objects-details").addEventListener("toggle", fillObjects);
FILLS.push(fillObjects);
