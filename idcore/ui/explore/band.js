// A band behind the chosen layer of the curve. It lies under the plot, which stays as it is when another layer is chosen.
const WIDTH = 34;
const held = new WeakMap();

export default lasting(function ({ data, parentElement }) {
  const state = held.get(parentElement) ?? { band: document.createElement("div") };
  state.x = data.x;
  if (!held.has(parentElement)) {
    held.set(parentElement, state);
    Object.assign(state.band.style, { position: "absolute", background: data.colour, pointerEvents: "none",
      borderRadius: "4px", transition: "left 0.15s" });
    state.timer = setInterval(() => lay(state, data.chart), 100); // plots come and go, and change their size
  }
  lay(state, data.chart);
  return () => {
    clearInterval(state.timer);
    state.band.remove();
    held.delete(parentElement);
  };
});

function lay({ band, x }, chart) {
  const plot = document.querySelector(`.st-key-${chart}-chart .js-plotly-plot`), layout = plot?._fullLayout;
  const frame = plot?.querySelector(".svg-container");
  if (!frame || !layout?.xaxis?._length) return;
  if (band.parentElement !== frame) frame.prepend(band);
  const middle = layout.xaxis._offset + layout.xaxis.l2p(x), end = layout.xaxis._offset + layout.xaxis._length;
  const left = Math.max(middle - WIDTH / 2, layout.xaxis._offset), right = Math.min(middle + WIDTH / 2, end);
  Object.assign(band.style, { left: `${left}px`, width: `${Math.max(right - left, 0)}px`,
    top: `${layout.yaxis._offset}px`, height: `${layout.yaxis._length}px` });
}
