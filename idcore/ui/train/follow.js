// Maps and cursors follow the slider of the curves: all of it lies in the browser, so that a step asks nothing of the
// server. The maps are told in the table of the window by which their parts meet (idcore/ui/result/map/part.js).
const WIDTH = 2;

export default function ({ data, parentElement }) {
  const lines = data.cursors.map((cursor) => ({ ...cursor, line: document.createElement("div") }));
  for (const { line } of lines) {
    line.className = "epoch-cursor";
    Object.assign(line.style, { position: "absolute", background: data.colour, pointerEvents: "none" });
  }
  let chart = null, epoch = data.epoch;
  const tell = () => {
    const views = globalThis[Symbol.for("layerscope.map")];
    for (const name of data.maps) {
      const view = views?.get(name);
      if (!view) continue;
      view.parts.set("command", { ...view.parts.get("command"), layer: `epoch ${epoch}` });
      view.listener?.("command");
    }
  };
  const follow = () => {
    const now = document.querySelector(`${data.chart} .js-plotly-plot`);
    if (now !== chart && now?.on) {
      chart = now;
      chart.on("plotly_animatingframe", ({ name }) => {
        epoch = name;
        tell();
        lines.forEach((one) => lay(one, epoch));
      });
    }
    const slider = chart?._fullLayout?.sliders?.[0], at = slider?.steps[slider.active]?.label;
    if (at !== undefined && at !== epoch) {
      epoch = at;
      tell();
    }
    if (slider) write(data.name, epoch === data.last ? null : epoch);
    lines.forEach((one) => lay(one, epoch));
  };
  const timer = setInterval(follow, 500); // charts are drawn after this, and made anew when their container is
  follow();
  return () => {
    clearInterval(timer);
    lines.forEach(({ line }) => line.remove());
  };
}

/** What the player shows, in the address: the last epoch is what an address without one means. */
function write(name, value) {
  const address = new URL(location.href);
  if (address.searchParams.get(name) === value) return;
  if (value === null) address.searchParams.delete(name);
  else address.searchParams.set(name, value);
  history.replaceState(history.state, "", address);
}

/** A line across a chart where its axis has this epoch. */
function lay({ chart, axis, at, line }, epoch) {
  const plot = document.querySelector(`.st-key-${chart}-chart .js-plotly-plot`), layout = plot?._fullLayout;
  const frame = plot?.querySelector(".svg-container");
  line.hidden = !frame || at[epoch] === undefined || !layout?.xaxis?._length;
  if (line.hidden) return;
  if (line.parentElement !== frame) frame.append(line);
  const own = layout[`${axis}axis`], other = axis === "x" ? layout.yaxis : layout.xaxis;
  const place = `${own._offset + own.l2p(at[epoch]) - WIDTH / 2}px`;
  const [from, length] = [`${other._offset}px`, `${other._length}px`], thin = `${WIDTH}px`;
  Object.assign(line.style, axis === "x" ? { left: place, width: thin, top: from, height: length }
    : { top: place, height: thin, left: from, width: length });
}
