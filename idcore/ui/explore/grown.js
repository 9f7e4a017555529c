// The curve of a network that is being measured grows by what each look sends: the points that came since the one
// before, and of which figure that makes which (layout.meta), so that nothing is drawn twice or into another curve. Where
// what was sent does not lead to the figure that is to be there, the whole figure is asked for.
const PATIENCE = 20; // looks, of 0.1 s: a plot may be about to be drawn
const held = new WeakMap();

export default lasting(function ({ data, parentElement, setTriggerValue }) {
  const state = held.get(parentElement) ?? { sent: new Map(), epochs: data.epochs, missing: 0 };
  if (data.name !== state.name) state.missing = 0;
  state.name = data.name;
  state.ask = () => setTriggerValue("more", `${data.name} ${data.epochs}`);
  if (data.more) state.sent.set(data.more.of, data);
  if (state.epochs !== data.epochs) {
    state.epochs = data.epochs;
    state.ask();
  }
  if (!held.has(parentElement)) {
    held.set(parentElement, state);
    state.timer = setInterval(() => look(state), 100); // plots come and go
  }
  look(state);
  return () => {
    clearInterval(state.timer);
    held.delete(parentElement);
  };
});

function look(state) {
  const plot = document.querySelector(".st-key-curve-chart .js-plotly-plot");
  if (!plot?._fullLayout || !plot.layout?.meta || !state.name) return;
  while (window.Plotly && plot.layout.meta !== state.name && state.sent.has(plot.layout.meta)) {
    grow(plot, state.sent.get(plot.layout.meta));
  }
  state.missing = plot.layout.meta === state.name ? 0 : state.missing + 1;
  if (state.missing && state.missing % PATIENCE === 0) state.ask();
}

function grow(plot, { more, alt }) {
  more.curves.forEach(({ at, values }, i) => {
    for (const [place, points] of Object.entries(values)) {
      const all = [...of(plot.data[i], place)];
      at.forEach((index, k) => all.splice(index, 0, points[k]));
      put(plot.data[i], place, all);
    }
  });
  for (const [place, value] of Object.entries(more.layout)) {
    if (!zoomed(plot, place, value)) put(plot.layout, place, value);
  }
  plot.layout.meta = more.name;
  plot.closest("[aria-label]")?.setAttribute("aria-label", alt);
  window.Plotly.redraw(plot);
}

// Whether the place is the range of an axis on which somebody looks closer: that stays. Where "Reset axes" leads to is the
// range of the later figure either way, as plotly keeps it beside the axis.
function zoomed(plot, place, range) {
  const axis = plot._fullLayout[place.replace(/\.range$/, "")];
  if (axis?._rangeInitial1 === undefined) return false;
  const away = axis.range[0] !== axis._rangeInitial0 || axis.range[1] !== axis._rangeInitial1;
  [axis._rangeInitial0, axis._rangeInitial1] = range;
  return away;
}

const of = (inside, place) => place.split(".").reduce((found, part) => found?.[part], inside) ?? [];

function put(inside, place, value) {
  const parts = place.split("."), last = parts.pop();
  parts.reduce((found, part) => found[part], inside)[last] = value;
}
