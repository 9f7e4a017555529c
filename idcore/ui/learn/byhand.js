// Points on a plane; each finds its two nearest neighbours, and its ratio drops into a histogram that becomes a line.
// Coordinates are whole numbers: squares of distances are exact. The IDs come from the server. Text goes in as text.
const PLANE = 340, WIDE = 360, HIGH = 340, HALF = 170, LEFT = 8, RIGHT = 10, TOP = 24, FLOOR = 138;
const NEAR = 14, STEP = 20;

function neighbours(points, i) {
  let first = [-1, Infinity], second = [-1, Infinity];
  points.forEach((point, j) => {
    if (j === i) return;
    const square = point.reduce((sum, value, k) => sum + (value - points[i][k]) ** 2, 0);
    if (square < first[1]) [second, first] = [first, [j, square]];
    else if (square < second[1]) second = [j, square];
  });
  return { first: first[0], second: second[0], r1: Math.sqrt(first[1]), r2: Math.sqrt(second[1]) };
}

// The points that TwoNN uses, by rising ratio: those with r1 < r2. y: -log(1 - F); the last of them is at infinity.
function ratios(points, discard) {
  if (points.length < 3) return [];
  const all = points.map((_, i) => ({ i, ...neighbours(points, i) })).filter((one) => 0 < one.r1 && one.r1 < one.r2);
  all.forEach((one) => { one.x = Math.log(one.r2 / one.r1); });
  all.sort((a, b) => a.x - b.x || a.i - b.i);
  const n = all.length, kept = Math.min(Math.floor(n * (1 - discard) + 1e-9), n - 1);
  all.forEach((one, rank) => { one.y = -Math.log1p(-(rank + 1) / n); one.kept = rank < kept; });
  return all;
}

function heights(sorted, most) {  // of the dots of a histogram, from its floor
  const bins = new Map(), wide = most / 40;
  sorted.forEach((one) => { one.bin = Math.min(Math.floor(one.x / wide), 39); });
  sorted.forEach((one) => { one.level = bins.get(one.bin) ?? 0; bins.set(one.bin, one.level + 1); });
  const apart = Math.min(8, (FLOOR - TOP - 8) / Math.max(...bins.values(), 1));
  sorted.forEach((one) => { one.stack = (one.level + 0.5) * apart; one.middle = (one.bin + 0.5) * wide; });
}

const places = new WeakMap();

export default lasting(function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".byhand");
  let state = places.get(root);
  if (!state || state.turn !== data.turn) {
    const cross = state?.cross ?? [data.side / 2, data.side / 2];
    state = { turn: data.turn, points: data.points.map((one) => [...one]), cross, chosen: data.points.length - 1,
              parts: state?.parts };
    places.set(root, state);
  }
  state.data = data;
  state.send = () => setStateValue("points", { turn: state.turn, points: state.points });
  if (!state.parts) state.parts = build(root);
  draw(state);
});

function build(root) {
  root.replaceChildren();
  const [left, right] = [0, 1].map(() => root.appendChild(document.createElement("div")));
  const plane = element("svg", { viewBox: `0 0 ${PLANE} ${PLANE + 22}`, class: "plane-svg", tabindex: 0,
                                 role: "application" }, left);
  element("rect", { class: "plane", x: 0, y: 0, width: PLANE, height: PLANE, rx: 4 }, plane);
  const marks = element("g", {}, plane), cross = element("path", { class: "cross" }, plane);
  const words = element("text", { x: 0, y: PLANE + 17, class: "name", "aria-live": "polite" }, plane);
  const panels = element("svg", { viewBox: `0 0 ${WIDE} ${HIGH + 22}`, role: "img" }, right);
  const sets = [0, 1].map((place) => {
    const group = element("g", { transform: `translate(0 ${place * HALF})` }, panels);
    element("path", { class: "axis", d: `M${LEFT} ${FLOOR}H${WIDE - RIGHT}` }, group);
    const line = element("path", { class: "fit" }, group);
    return { line, dots: new Map(), name: element("text", { x: LEFT, y: 14, class: "name" }, group),
             id: element("text", { x: WIDE - RIGHT, y: 14, class: "end name" }, group),
             ticks: element("g", {}, group), group };
  });
  element("text", { x: WIDE / 2, y: HIGH + 16, class: "middle" }, panels, "log μ, where μ = r₂ / r₁");
  const parts = { plane, marks, cross, words, panels, sets };
  plane.addEventListener("click", (event) => {
    const box = plane.getBoundingClientRect(), state = places.get(root), scale = state.data.side / PLANE;
    const x = ((event.clientX - box.left) / box.width) * PLANE;
    const y = ((event.clientY - box.top) / box.height) * (PLANE + 22);
    if (y <= PLANE) at(state, [Math.round(x * scale), Math.round(y * scale)], NEAR * scale);
  });
  plane.addEventListener("keydown", (event) => {
    const state = places.get(root), side = state.data.side;
    const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (!by && !["Enter", " ", "Backspace"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (by) state.cross = state.cross.map((value, k) => Math.min(Math.max(value + by[k], 0), side));
    else if (event.key !== "Backspace") return at(state, [...state.cross], STEP / 2);
    else if (state.points.pop()) {
      state.chosen = state.points.length - 1;
      state.send();
    }
    draw(state);
  });
  return parts;
}

// A click near a point chooses it, one elsewhere adds a point.
function at(state, place, near) {
  const away = state.points.map(([x, y]) => Math.hypot(x - place[0], y - place[1]));
  const closest = away.indexOf(Math.min(...away));
  const inside = place.every((value) => 0 <= value && value <= state.data.side);
  if (closest >= 0 && away[closest] <= near) state.chosen = closest;
  else if (inside && state.points.length < state.data.most) {
    state.points.push(place);
    state.chosen = state.points.length - 1;
    state.send();
  }
  draw(state);
}

function draw(state) {
  const { data, points, parts, chosen } = state;
  const scale = PLANE / data.side;
  parts.plane.setAttribute("aria-label", data.alt);
  parts.marks.replaceChildren();
  const [x, y] = state.cross.map((value) => value * scale);
  parts.cross.setAttribute("d", `M${x - 9} ${y}H${x + 9}M${x} ${y - 9}V${y + 9}`);
  const known = points.length >= 3 && chosen >= 0 ? neighbours(points, chosen) : null;
  const place = (i) => points[i].map((value) => value * scale);
  if (known) {
    const [cx, cy] = place(chosen);
    for (const [one, r] of [[known.first, known.r1], [known.second, known.r2]]) {
      const [ax, ay] = place(one);
      element("circle", { class: "ring", cx, cy, r: r * scale }, parts.marks);
      element("path", { class: "link", d: `M${cx} ${cy}L${ax} ${ay}` }, parts.marks);
    }
  }
  points.forEach((_, i) => {
    const [cx, cy] = place(i);
    element("circle", { cx, cy, r: i === chosen ? 7 : 5, fill: data.sets[0].colour,
                        class: i === chosen ? "here" : "" }, parts.marks);
  });
  parts.words.textContent = known
    ? `r₁ = ${known.r1.toFixed(0)}, r₂ = ${known.r2.toFixed(0)}, μ = ${(known.r2 / known.r1).toFixed(2)}`
    : "Click three points to begin.";
  const clouds = [points, data.cube.slice(0, points.length)].map((cloud) => ratios(cloud, data.discard));
  const most = Math.max(1, ...clouds.flat().map((one) => one.x)) * 1.02;
  const top = Math.max(2, ...clouds.flat().filter((one) => Number.isFinite(one.y)).map((one) => one.y)) * 1.05;
  clouds.forEach((sorted, which) => panel(parts.sets[which], sorted, data.sets[which], { state, most, top, which }));
  parts.panels.setAttribute("aria-label", data.sets.map((one) => `${one.name}: ${one.words}`).join("; "));
}

function panel(part, sorted, told, { state, most, top, which }) {
  const { data } = state, current = data.n === state.points.length;
  const across = (value) => LEFT + (value / most) * (WIDE - LEFT - RIGHT);
  const up = (value) => FLOOR - (value / top) * (FLOOR - TOP);
  part.name.textContent = data.line ? `${told.name}: −log(1 − F)` : told.name;
  part.id.textContent = current ? told.words : "…";
  heights(sorted, most);
  const seen = new Set(sorted.map((one) => one.i));
  for (const [i, dot] of part.dots) if (!seen.has(i)) { dot.remove(); part.dots.delete(i); }
  for (const one of sorted) {
    let dot = part.dots.get(one.i);
    const begin = !dot;
    if (begin) {
      dot = element("circle", { class: "dot", r: 3.5 }, part.group);
      part.dots.set(one.i, dot);
      dot.style.transform = `translate(${across(one.middle)}px, 0px)`;
    }
    const infinite = data.line && !Number.isFinite(one.y);
    const [x, y] = data.line ? [one.x, infinite ? TOP : up(one.y)] : [one.middle, FLOOR - one.stack];
    dot.setAttribute("fill", one.kept ? told.colour : "transparent");
    dot.setAttribute("stroke", told.colour);
    dot.setAttribute("data-x", one.x);
    dot.classList.toggle("here", which === 0 && one.i === state.chosen);
    dot.style.opacity = infinite ? 0 : 0.85;
    if (begin) dot.getBoundingClientRect();  // it falls from where it was put
    dot.style.transform = `translate(${across(x)}px, ${y}px)`;
  }
  const end = told.id ? Math.min(most, top / told.id) : 0;
  const line = data.line && current && told.id ? `M${across(0)} ${up(0)}L${across(end)} ${up(end * told.id)}` : "";
  part.line.setAttribute("d", line);
  part.line.setAttribute("stroke", told.colour);
  part.ticks.replaceChildren();
  const step = most > 4 ? 1 : most > 1.6 ? 0.5 : 0.25;
  for (let value = 0; value <= most; value += step) {
    element("path", { class: "axis", d: `M${across(value)} ${FLOOR}v4` }, part.ticks);
    element("text", { x: across(value), y: FLOOR + 17, class: value ? "middle" : "" }, part.ticks, String(value));
  }
}
