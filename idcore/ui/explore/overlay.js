// Maps over a picture, a canvas each, all under one slider of opacity. Numbers come as bytes: 0 to 255 of the largest, or
// 128 for zero where a map has two signs. No text of the data is ever read as HTML.
const held = new WeakMap();
const HEAT = [[0, 0, 4], [60, 9, 101], [135, 33, 107], [203, 65, 73], [245, 125, 21], [250, 193, 39], [252, 255, 164]];
const SIGNS = [[20, 90, 220], [110, 150, 230], [45, 45, 50], [240, 150, 90], [250, 90, 20]];

const make = (name, className, text) => {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
};

function colour(stops, share) {
  const at = share * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2), part = at - low;
  return stops[low].map((value, i) => value + part * (stops[low + 1][i] - value));
}

/** The map as a small picture: a pixel for each number. */
function pixels(tile) {
  const bytes = Uint8Array.from(atob(tile.values), (c) => c.charCodeAt(0)), canvas = document.createElement("canvas");
  canvas.width = tile.columns;
  canvas.height = tile.rows;
  const context = canvas.getContext("2d"), image = context.createImageData(tile.columns, tile.rows);
  bytes.forEach((byte, i) => {
    const [red, green, blue] = colour(tile.signed ? SIGNS : HEAT, byte / 255);
    image.data.set([red, green, blue, 255], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

function draw(state) {
  for (const { canvas, map, mark } of state.drawn) {
    const context = canvas.getContext("2d"), { width, height } = canvas;
    context.imageSmoothingEnabled = false;
    context.globalAlpha = 1;
    context.clearRect(0, 0, width, height);
    if (state.picture.complete) context.drawImage(state.picture, 0, 0, width, height);
    if (map) {
      context.globalAlpha = state.opacity;
      context.drawImage(map, 0, 0, width, height);
    }
    if (mark) {
      const [x, y, across, down] = mark;
      context.globalAlpha = 1;
      context.lineWidth = 3;
      context.strokeStyle = "#fff";
      context.strokeRect((x * width) / across, (y * height) / down, width / across, height / down);
      context.lineWidth = 1.5;
      context.strokeStyle = "#6a48dc";
      context.strokeRect((x * width) / across, (y * height) / down, width / across, height / down);
    }
  }
}

function figure(state, data, tile, i) {
  const node = make("figure", tile.chosen ? "chosen" : ""), canvas = make("canvas"), caption = make("figcaption");
  canvas.width = data.side;
  canvas.height = Math.round((data.side * data.shape[0]) / data.shape[1]);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", tile.alt);
  canvas.title = tile.alt;
  const [down, across] = data.grid ?? [0, 0];
  const mark = data.token > 0 ? [(data.token - 1) % across, Math.floor((data.token - 1) / across), across, down] : null;
  state.drawn.push({ canvas, map: tile.values ? pixels(tile) : null, mark });
  const send = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = Math.min(Math.floor(((event.clientX - box.left) / box.width) * across), across - 1);
    const y = Math.min(Math.floor(((event.clientY - box.top) / box.height) * down), down - 1);
    state.set("clicked", data.click === "tile" ? i : 1 + Math.max(y, 0) * across + Math.max(x, 0));
  };
  if (data.click === "patch") canvas.addEventListener("click", send);
  if (data.click === "tile") {
    const button = make("button");
    button.type = "button";
    button.setAttribute("aria-label", tile.alt);
    button.setAttribute("aria-pressed", String(tile.chosen));
    button.addEventListener("click", send);
    button.append(canvas);
    node.append(button);
  } else node.append(canvas);
  if (data.click) node.classList.add("clickable");
  if (tile.title) caption.append(make("b", "", tile.title));
  if (tile.note) caption.append(make("span", "", tile.note));
  if (tile.loses) caption.append(make("em", "", tile.loses));
  if (caption.childNodes.length) node.append(caption);
  return node;
}

export default lasting(function ({ parentElement, data, setTriggerValue }) {
  const state = held.get(parentElement) ?? { opacity: 0.65 };
  held.set(parentElement, state);
  state.set = setTriggerValue;
  state.drawn = [];
  const root = parentElement.querySelector(".overlay"), tiles = make("div", data.across ? "tiles grid" : "tiles");
  if (data.across) tiles.style.setProperty("--across", data.across);
  tiles.style.setProperty("--side", `${data.side}px`);
  const label = make("label", "", "Map over the picture"), slider = make("input");
  Object.assign(slider, { type: "range", min: 0, max: 100, value: Math.round(100 * state.opacity) });
  slider.setAttribute("aria-label", "Opacity of the map");
  slider.addEventListener("input", () => {
    state.opacity = slider.value / 100;
    draw(state);
  });
  label.append(slider);
  tiles.append(...data.tiles.map((tile, i) => figure(state, data, tile, i)));
  root.replaceChildren(label, tiles);
  state.picture = new Image();
  state.picture.onload = () => draw(state);
  state.picture.src = data.picture;
  draw(state);
});
