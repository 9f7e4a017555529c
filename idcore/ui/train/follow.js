// Maps and cursors follow the slider of the curves: all of it lies in the browser, so that a step asks nothing of the
// server. The maps are told in the table of the window by which their parts meet (idcore/ui/result/map/part.js).
const WIDTH = 2;
const held = new WeakMap(); // by the element of the component, which is called anew for every change of its data

export default lasting(function ({ data, parentElement }) {
  const state = held.get(parentElement) ?? { chart: null, lines: [] };
  state.lines.forEach(({ line }) => line.remove());
  state.lines = data.cursors.map((cursor) => ({ ...cursor, line: drawn(data.colour) }));
  Object.assign(state, { data, epoch: data.epoch });
  if (!held.has(parentElement)) {
    held.set(parentElement, state);
    state.timer = setInterval(() => follow(state), 500); // charts are drawn later, and made anew with their container
  }
  follow(state);
  return () => {
    clearInterval(state.timer);
    state.lines.forEach(({ line }) => line.remove());
    state.lines = [];
    held.delete(parentElement);
  };
});

function drawn(colour) {
  const line = document.createElement("div");
  line.className = "epoch-cursor";
  Object.assign(line.style, { position: "absolute", background: colour, pointerEvents: "none" });
  return line;
}

function follow(state) {
  const now = document.querySelector(`${state.data.chart} .js-plotly-plot`);
  if (now !== state.chart && now?.on) {
    state.chart = now;
    now.on("plotly_animatingframe", ({ name }) => show(state, name));
  }
  const slider = state.chart?._fullLayout?.sliders?.[0], at = slider?.steps[slider.active]?.label;
  if (at !== undefined && at !== state.epoch) show(state, at);
  if (slider) write(state.data.name, state.epoch === state.data.last ? null : state.epoch);
  state.lines.forEach((one) => lay(one, state.epoch));
}

function show(state, epoch) {
  state.epoch = epoch;
  for (const name of state.data.maps) {
    const view = globalThis[Symbol.for("layerscope.map")]?.get(name);
    if (!view) continue;
    view.parts.set("command", { ...view.parts.get("command"), layer: `epoch ${epoch}` });
    view.listener?.("command");
  }
  state.lines.forEach((one) => lay(one, epoch));
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
