// A curve drawn with a pointer or the arrow keys, from the value of the first layer, which is given; the measured curves
// over it once they are revealed. All text goes in as text.
const SIZE = { width: 640, height: 400, left: 46, right: 30, top: 34, bottom: 44 };

const places = new WeakMap();

export default lasting(function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".guess");
  let state = places.get(root);
  if (!state || state.about !== data.about) {
    state = { about: data.about, drawn: data.drawn ?? null };
    places.set(root, state);
  }
  if (state.dragging) return;  // what is drawn just now is not drawn over; the next look at the class comes soon
  const narrow = root.clientWidth > 0 && root.clientWidth < 480;
  const width = narrow ? 360 : SIZE.width, height = narrow ? 340 : SIZE.height;
  const n = data.names.length;
  const x = (i) => SIZE.left + (i * (width - SIZE.left - SIZE.right)) / Math.max(n - 1, 1);
  const y = (value) => height - SIZE.bottom - (value / data.top) * (height - SIZE.top - SIZE.bottom);
  const clip = (value) => Math.min(Math.max(value, 0), data.top);

  root.replaceChildren();
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": data.alt }, root);
  element("text", { x: 0, y: 14 }, svg, "Intrinsic dimension");
  for (let value = 0; value <= data.top; value += data.step) {
    element("path", { d: `M${SIZE.left} ${y(value)}H${width - SIZE.right}`, class: "grid" }, svg);
    element("text", { x: SIZE.left - 7, y: y(value) + 4, class: "end" }, svg, String(value));
  }
  const every = narrow ? Math.ceil(n / 6) : 1;
  data.names.forEach((name, i) => {
    if (i % every && i !== n - 1) return;
    element("text", { x: x(i), y: height - SIZE.bottom + 20, class: "middle" }, svg, name);
  });
  element("text", { x: (SIZE.left + width) / 2, y: height - 4, class: "middle" }, svg, "Layer, input to output");

  // A class: the more curves there are, the fainter each.
  const faint = Math.max(0.12, 0.6 / Math.sqrt(Math.max(data.others.length, 1)));
  data.others.forEach((curve) => {
    const at = curve.map((value, i) => `${x(i)},${y(clip(value))}`).join(" ");
    element("polyline", { points: at, class: "other", opacity: faint }, svg);
  });
  const own = element("g", {}, svg);
  const line = element("polyline", { class: "own", fill: "none" }, own);
  const hint = element("text", { x: x((n - 1) / 2), y: y(data.top * 0.9), class: "middle hint" }, own, data.hint);
  const marks = data.names.map((name, i) => element("circle", i === 0 ? { r: 7, class: "given" } : {
    r: 6, class: "own", tabindex: 0, role: "slider", "aria-label": `Your ID at ${name}`, "aria-valuemin": 0,
    "aria-valuemax": data.top,
  }, own));

  data.curves.forEach((curve, place) => {
    const label = { x: width - SIZE.right, y: SIZE.top + 12 + 19 * place, class: "end name" };
    element("text", { ...label, style: `fill: ${curve.colour}` }, svg, curve.name);
    const at = curve.ids.map((id, i) => (id === null ? null : `${x(i)},${y(clip(id))}`)).filter(Boolean).join(" ");
    const shown = element("g", { stroke: curve.colour, "stroke-width": 2.6 }, svg);
    element("polyline", { points: at, fill: "none", "stroke-dasharray": curve.dashed ? "7 5" : "" }, shown);
    curve.ids.forEach((id, i) => {
      if (id === null) return;
      const e = curve.errors[i] ?? 0;
      if (e) element("path", { d: `M${x(i)} ${y(clip(id - e))}V${y(clip(id + e))}`, "stroke-width": 1.5 }, shown);
      const mark = element("circle", { cx: x(i), cy: y(clip(id)), r: 5, fill: curve.colour }, shown);
      element("title", {}, mark, curve.words[i]);
    });
  });

  function draw() {
    const values = state.drawn;
    const seen = values ?? data.names.map(() => data.first);
    line.setAttribute("points", values ? seen.map((value, i) => `${x(i)},${y(value)}`).join(" ") : "");
    hint.setAttribute("visibility", values || data.curves.length || data.others.length ? "hidden" : "visible");
    marks.forEach((mark, i) => {
      mark.setAttribute("cx", x(i));
      mark.setAttribute("cy", y(i ? seen[i] : data.first));
      mark.setAttribute("opacity", i && !values ? (data.curves.length ? 0 : 0.25) : 1);
      if (i) mark.setAttribute("aria-valuenow", Math.round(seen[i]));
    });
  }
  const send = () => setStateValue("drawn", state.drawn.map((value) => Math.round(value * 10) / 10));
  function put(i, value) {
    state.drawn ??= data.names.map(() => data.first);
    state.drawn[i] = clip(value);
    draw();
  }

  let last = null;
  function follow(event) {
    const box = svg.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * width, py = ((event.clientY - box.top) / box.height) * height;
    const spot = Math.round(((px - SIZE.left) / (width - SIZE.left - SIZE.right)) * (n - 1));
    const i = Math.min(Math.max(spot, 0), n - 1);
    const value = ((height - SIZE.bottom - py) / (height - SIZE.top - SIZE.bottom)) * data.top;
    // A fast pointer passes over layers between two events: these lie on the line between.
    if (last && Math.abs(i - last.i) > 1) {
      const by = Math.sign(i - last.i);
      for (let j = last.i + by; j !== i; j += by) {
        if (j) put(j, last.value + ((value - last.value) * (j - last.i)) / (i - last.i));
      }
    }
    if (i) put(i, value);
    last = { i, value };
  }
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    svg.setPointerCapture(event.pointerId);
    last = null;
    state.dragging = true;
    follow(event);
    svg.addEventListener("pointermove", follow);
  });
  const stop = () => {
    svg.removeEventListener("pointermove", follow);
    state.dragging = false;
    if (last && state.drawn) send();
    last = null;
  };
  svg.addEventListener("pointerup", stop);
  svg.addEventListener("pointercancel", stop);
  marks.forEach((mark, i) => {
    if (!i) return;
    mark.addEventListener("keydown", (event) => {
      const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      const to = { ArrowLeft: i - 1, ArrowRight: i + 1 }[event.key];
      if (by === undefined && to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      if (to !== undefined) { if (to >= 1 && to < n) marks[to].focus(); return; }
      put(i, (state.drawn?.[i] ?? data.first) + (by * data.top) / 100);
    });
    mark.addEventListener("keyup", (event) => { if (/^(Arrow|Page)(Up|Down)$/.test(event.key)) send(); });
  });
  draw();
});
