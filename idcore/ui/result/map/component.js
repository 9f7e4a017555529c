// The map of a network: every layer's points in one WebGL canvas, so that a step between layers costs no byte.
//
// What it shows comes as parts (part.js; bytes of docs/map.md): samples, maps, values, images, and a command from the
// page. In the order of this file: reading the bytes, the two renderers, the colours, then the view with its controls,
// its pointer and its keys. No text of the data is ever read as HTML: all of it goes through `textContent`.

const HALF = 32767; // positions are int16, -HALF ... HALF
const NO_CLASS = 65535;
const MORPH = 600; // ms from one layer to the next
const REST = 700; // ms on a layer while it plays
const NAMED = 12; // classes whose names stand on the map
const FLAT_LIMIT = 2000; // points that are drawn without WebGL
const REACH = 16; // px from the pointer to a point
const STRIP = { layers: 60, points: 700, side: 44 }; // small maps of all layers: at most so many, of so many points, px
const SHEETS = 8; // decoded sheets of thumbnails that are kept
const NEUTRAL = "#878c95";
const SAID = { density: "log density (0 = median)" }; // of a number, on the card of a sample
const RIGHT = "#1f94ea", WRONG = "#dd7622";
const VIRIDIS = ["#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26"];
const ICONS = {
  pan: "M8 2v12M2 8h12M8 2l-2 2M8 2l2 2M8 14l-2-2M8 14l2-2M2 8l2-2M2 8l2 2M14 8l-2-2M14 8l-2 2",
  turn: "M13.5 8A5.5 5.5 0 1 1 11 3.4M11 1v3h3",
  lasso: "M8 3c3.5 0 6 1.6 6 3.8S11.500 10.500 8 10.500 2 9 2 6.800 4.500 3 8 3M5 10c-1 1 .5 1.800 0 3.500",
  box: "M2.500 3.500h11v9h-11z",
  all: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  back: "M10 3L5 8l5 5",
  next: "M6 3l5 5-5 5",
  play: "M5 3l8 5-8 5z",
  pause: "M5.500 3v10M10.500 3v10",
};

// ---------------------------------------------------------------------------------------------------- the bytes

const TYPES = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, int32: Int32Array, float32: Float32Array };

/** {header, arrays} of a part. The bytes are copied once: a typed array must begin at a multiple of its item. */
function decode(content) {
  const bytes = content.slice();
  const length = new DataView(bytes.buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
    const count = shape.reduce((a, b) => a * b, 1);
    arrays[name] = new TYPES[dtype](bytes.buffer, 8 + length + offset, count);
  }
  return { header, arrays };
}

/** One bit a sample, lowest first, as base64. */
function mask(chosen) {
  const bits = new Uint8Array(Math.ceil(chosen.length / 8));
  for (let i = 0; i < chosen.length; i++) if (chosen[i]) bits[i >> 3] |= 1 << (i & 7);
  let text = "";
  for (const byte of bits) text += String.fromCharCode(byte);
  return btoa(text);
}

const rgb = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
const ease = (t) => (t < 0.5 ? 4 * t * t * t : 1 - (2 - 2 * t) ** 3 / 2);
const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// ------------------------------------------------------------------------------------------------ the renderers
// Both take the same: positions(from, to): two Int16Array of 4 a point (x, y, z, 0); looks(colours, shapes, order):
// RGBA and shape by point, and which points in which order; draw({t, turn, scale, shift, size, deep, width, height}).

const VERTEX = `#version 300 es
in vec3 a_from; in vec3 a_to; in vec4 a_colour; in float a_shape;
uniform float u_t, u_size, u_deep; uniform mat3 u_turn; uniform vec2 u_scale, u_shift;
out vec4 v_colour; flat out int v_shape; out float v_pixel;
void main() {
  vec3 p = u_turn * mix(a_from, a_to, u_t);
  gl_Position = vec4(p.xy * u_scale + u_shift, -0.5 * p.z * u_deep, 1.0);
  gl_PointSize = u_size * (1.0 + 0.3 * p.z * u_deep);
  v_colour = vec4(a_colour.rgb * (1.0 - 0.35 * u_deep * (0.5 - 0.5 * p.z)), a_colour.a);
  v_shape = int(a_shape + 0.5);
  v_pixel = 2.0 / gl_PointSize;
}`;

// Signed distances, in half sizes: circle, diamond, square, triangle, cross.
const FRAGMENT = `#version 300 es
precision highp float;
in vec4 v_colour; flat in int v_shape; in float v_pixel; uniform float u_deep; out vec4 colour;
void main() {
  vec2 p = 2.0 * gl_PointCoord - 1.0, q = abs(p);
  float d = v_shape == 0 ? length(p) - 0.86 : v_shape == 1 ? q.x + q.y - 1.0 : v_shape == 2 ? max(q.x, q.y) - 0.76
    : v_shape == 3 ? max(0.87 * q.x - 0.5 * p.y, p.y) - 0.62
    : max(min(q.x, q.y) - 0.28, max(q.x, q.y) - 0.9);
  float a = v_colour.a * (1.0 - smoothstep(-0.5 * v_pixel, 0.5 * v_pixel, d));
  if (a < mix(0.01, 0.5 * v_colour.a, u_deep)) discard;
  colour = vec4(v_colour.rgb * a, a);
}`;

class Points {
  constructor(canvas) {
    this.gl = canvas.getContext("webgl2", { antialias: false, depth: true, powerPreference: "low-power" });
    if (!this.gl) throw new Error("The browser offers none.");
    try {
      this.setup();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Also after a lost context was given back. */
  setup() {
    const gl = this.gl, program = gl.createProgram();
    for (const [type, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    const inputs = [["a_from", 3, gl.SHORT, true, 8], ["a_to", 3, gl.SHORT, true, 8],
      ["a_colour", 4, gl.UNSIGNED_BYTE, true, 4], ["a_shape", 1, gl.UNSIGNED_BYTE, false, 1]];
    inputs.forEach(([name], i) => gl.bindAttribLocation(program, i, name));
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(gl.getProgramInfoLog(program) ?? "The shaders did not link.");
    gl.useProgram(program);
    this.buffers = inputs.map(([, size, type, normalised, stride], i) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, size, type, normalised, stride, 0);
      return buffer;
    });
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    const uniforms = ["u_t", "u_size", "u_deep", "u_turn", "u_scale", "u_shift"];
    this.uniforms = Object.fromEntries(uniforms.map((name) => [name, gl.getUniformLocation(program, name)]));
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.depthFunc(gl.LEQUAL);
    this.count = 0;
  }

  fill(buffer, content) {
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.buffers[buffer]);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, content, this.gl.DYNAMIC_DRAW);
  }

  positions(from, to) {
    this.fill(0, from);
    this.fill(1, to);
  }

  looks(colours, shapes, order) {
    this.fill(2, colours);
    this.fill(3, shapes);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, order, this.gl.DYNAMIC_DRAW);
    this.count = order.length;
  }

  draw({ t, turn, scale, shift, size, deep, width, height }) {
    const gl = this.gl, at = this.uniforms;
    gl.viewport(0, 0, width, height);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    if (deep) gl.enable(gl.DEPTH_TEST);
    else gl.disable(gl.DEPTH_TEST);
    gl.uniform1f(at.u_t, t);
    gl.uniform1f(at.u_size, size);
    gl.uniform1f(at.u_deep, deep);
    gl.uniformMatrix3fv(at.u_turn, true, turn);
    gl.uniform2fv(at.u_scale, scale);
    gl.uniform2fv(at.u_shift, shift);
    if (this.count) gl.drawElements(gl.POINTS, this.count, gl.UNSIGNED_INT, 0);
  }

  release() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

/** The same without WebGL, for a few points: circles only. */
class Flat {
  constructor(canvas) {
    this.context = canvas.getContext("2d");
    this.limit = FLAT_LIMIT;
  }

  positions(from, to) {
    Object.assign(this, { from, to });
  }

  looks(colours, shapes, order) {
    Object.assign(this, { colours, order });
  }

  draw({ t, turn, scale, shift, size, width, height }) {
    const { context, from, to, colours } = this;
    context.clearRect(0, 0, width, height);
    for (const i of this.order ?? []) {
      const p = [0, 1, 2].map((k) => (from[4 * i + k] * (1 - t) + to[4 * i + k] * t) / HALF);
      const x = turn[0] * p[0] + turn[1] * p[1] + turn[2] * p[2], y = turn[3] * p[0] + turn[4] * p[1] + turn[5] * p[2];
      context.fillStyle = `rgba(${colours[4 * i]},${colours[4 * i + 1]},${colours[4 * i + 2]},${colours[4 * i + 3] / 255})`;
      context.beginPath();
      context.arc((1 + x * scale[0] + shift[0]) * width / 2, (1 - y * scale[1] - shift[1]) * height / 2, size * 0.43, 0, 7);
      context.fill();
    }
  }

  setup() {}
  release() {}
}

// -------------------------------------------------------------------------------------------------- the colours
// A mode colours the points: by a class (`codes` into `categories`) or by a number (`number(i)`, between low and high).

function modes(view) {
  const { samples, values } = view.decoded, { header, arrays } = samples;
  const classes = header.classes.map((name, c) => ({ name, colour: header.styles[c][0], shape: header.styles[c][1] }));
  const byClass = (column, none) => ({ codes: column, categories: classes, none });
  const colours = { class: byClass(arrays.labels, "no label") };
  if (arrays.predictions) {
    colours.prediction = byClass(arrays.predictions, "no prediction");
    const codes = arrays.labels.map((label, i) =>
      label === NO_CLASS || arrays.predictions[i] === NO_CLASS ? NO_CLASS : Number(label !== arrays.predictions[i]));
    const categories = [{ name: "right", colour: RIGHT, shape: 0 }, { name: "wrong", colour: WRONG, shape: 4 }];
    colours["right or wrong"] = { codes, categories, none: "not known" };
  }
  if (arrays.shuffled) colours["shuffled label"] = byClass(arrays.shuffled, "no label");
  for (const about of (values?.header.values ?? []).filter((about) => about.n === header.n)) {
    const codes = values.arrays[`codes${about.array}`], book = values.arrays[`book${about.array}`];
    const number = (i) => {
      const row = values.header.layers.indexOf(view.layerName);
      const code = row < 0 ? 0 : codes[row * header.n + i];
      return code ? book[256 * row + code] : NaN;
    };
    colours[about.name] = about.kind ? byKind(view, about, codes) : { ...about, number };
  }
  return colours;
}

/** A number that is a kind, 0, 1, 2, ... of each layer by itself: coloured as classes are. */
function byKind(view, about, codes) {
  const { values } = view.decoded, n = about.n;
  const categories = about.styles.map(([colour, shape], c) => ({ name: `${about.kind} ${c + 1}`, colour, shape }));
  let known = -2, column = null;
  return { categories, none: `no ${about.kind}`, get codes() {
    const row = values.header.layers.indexOf(view.layerName);
    if (row !== known) {
      column = Uint16Array.from({ length: n }, (_, i) => (row >= 0 && codes[row * n + i]) ? codes[row * n + i] - 1 : NO_CLASS);
      known = row;
    }
    return column;
  } };
}

const ramp = VIRIDIS.map(rgb);
function onRamp(share) {
  const place = clamp(share, 0, 1) * (ramp.length - 1), i = Math.min(Math.floor(place), ramp.length - 2), t = place - i;
  return ramp[i].map((c, k) => c * (1 - t) + ramp[i + 1][k] * t);
}

// ------------------------------------------------------------------------------------------------------ the DOM

function el(tag, about = {}, ...children) {
  const svg = ["svg", "path", "circle", "g", "text"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(about))
    if (name.startsWith("on")) node[name] = value;
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  node.append(...children); // strings become text nodes
  return node;
}

const icon = (name) => el("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, el("path", { d: ICONS[name] }));
const button = (name, title, onclick) => el("button", { type: "button", title, "aria-label": title, onclick }, icon(name));
const redo = (node, ...children) => node.replaceChildren(...children);

const MARKS = ["M8 2a6 6 0 1 0 .1 0z", "M8 1l7 7-7 7-7-7z", "M2.500 2.500h11v11h-11z", "M8 2l7 12H1z",
  "M6 1h4v5h5v4h-5v5H6v-5H1V6h5z"];
const STAR = "M0 -11L3.2 -3.9 10.5 -3.400 4.9 1.500 6.6 9 0 5 -6.600 9 -4.900 1.500 -10.500 -3.400 -3.200 -3.900Z";
const mark = ({ colour, shape }) =>
  el("svg", { class: "mark", viewBox: "0 0 16 16", "aria-hidden": "true" }, el("path", { d: MARKS[shape], fill: colour }));

const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(1)}%`);
const figures = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));
const count = (n) => n.toLocaleString("en");

// ----------------------------------------------------------------------------------------------------- the view

const views = (globalThis[Symbol.for("layerscope.map")] ??= new Map());
const groups = new Map(); // views that share layer, colours, hover, selection, pinned sample, classes
const KINDS = ["samples", "images", "values", "marks", "maps"];

class View {
  constructor(root, { name, group, opens, reports }, tools) {
    Object.assign(this, { root, name, opens, reports, ...tools, decoded: {}, camera: { x: 0, y: 0, zoom: 1, yaw: 0.5, pitch: 0.35 } });
    Object.assign(this, { mapName: null, layerName: null, mode: "class", tool: "move", t: 1, isolated: new Set() });
    Object.assign(this, { hovered: -1, pinned: -1, found: null, pointers: new Map(), sheets: new Map(), playing: 0 });
    this.build();
    this.resizer = new ResizeObserver(() => this.resize());
    this.resizer.observe(this.stage);
    if (group) {
      if (!groups.has(group)) groups.set(group, new Set());
      this.group = groups.get(group).add(this);
    }
    if (!views.has(name)) views.set(name, { parts: new Map(), listener: null });
    this.entry = views.get(name);
    this.entry.listener = this.listener = (kind) => this.take(kind);
    for (const kind of KINDS) if (this.entry.parts.has(kind)) this.take(kind);
  }

  dispose() {
    this.gone = true;
    if (this.entry.listener === this.listener) this.entry.listener = null; // else another view has taken its place
    this.group?.delete(this);
    this.resizer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.playing);
    this.forget();
    this.renderer?.release();
    this.renderer = null;
    redo(this.root);
  }

  // ---- parts

  take(kind) {
    const content = this.entry.parts.get(kind);
    if (kind === "command") return this.ready ? this.arrive() : undefined;
    const known = this.decoded[kind], fresh = content ? decode(content) : null;
    if (known?.header.digest === fresh?.header.digest) return;
    this.decoded[kind] = fresh;
    if (kind === "samples") this.begin();
    if (kind === "images") this.forget();
    if (!this.ready) return this.hide();
    if (kind !== "images") this.arrive();
    else this.tell();
  }

  get ready() {
    const { samples, maps } = this.decoded;
    return Boolean(samples && maps && maps.header.maps.every((map) => map.n === samples.header.n));
  }

  /** Other samples: nothing of what was chosen among the old ones holds. */
  begin() {
    const n = this.decoded.samples?.header.n ?? 0;
    Object.assign(this, { n, selection: new Uint8Array(n), chosen: 0, hovered: -1, pinned: -1, found: null, t: 1 });
    this.isolated.clear();
    this.from = new Int16Array(4 * n);
    this.to = new Int16Array(4 * n);
    this.looksLike = new Uint8Array(4 * n);
    this.shapes = new Uint8Array(n);
    this.order = new Uint32Array(0);
    this.shown = null;
  }

  hide() {
    this.root.hidden = true;
  }

  /** Parts have come: keep map, layer and colour where they are still there. */
  arrive() {
    this.root.hidden = false;
    if (!this.renderer) this.start();
    this.modes = modes(this);
    this.obey(this.entry.parts.get("command") ?? {});
    const maps = this.decoded.maps.header.maps;
    if (!maps.some((map) => map.name === this.mapName)) this.miss("map", "mapName", maps[0].name);
    if (this.layerIndex < 0) this.miss("layer", "layerName", this.layers.at(-1).name);
    if (!this.modes[this.mode]) this.miss("colour", "mode", "class");
    if (this.shown === null) this.share((other) => (this.layerName = this.layers[this.counterpart(other)].name));
    this.menus();
    this.move();
  }

  /** The page's wish: {layer, map, colour}. Only what it wishes otherwise than before is followed, so that a rerun of
   * the page does not undo what the reader has done since. */
  obey(command) {
    const before = this.obeyed ?? {};
    for (const [field, own] of [["layer", "layerName"], ["map", "mapName"], ["colour", "mode"]])
      if (command[field] && command[field] !== before[field]) this[own] = command[field];
    this.obeyed = { ...command };
  }

  /** Another one until that which the page wishes has come. */
  miss(field, own, other) {
    this[own] = other;
    this.obeyed[field] = null;
  }

  get map() {
    return this.decoded.maps.header.maps.find((map) => map.name === this.mapName);
  }

  get layers() {
    return this.map.layers;
  }

  get layerIndex() {
    return this.layers.findIndex((layer) => layer.name === this.layerName);
  }

  get layer() {
    return this.layers[this.layerIndex];
  }

  // ---- drawing

  start() {
    try {
      this.renderer = new Points(this.canvas);
    } catch (error) {
      console.warn(`Layerscope draws without WebGL: ${error.message}`);
      // A canvas that was asked for WebGL may give no other context.
      const plain = this.canvas.cloneNode();
      this.canvas.replaceWith(plain);
      this.canvas = plain;
      this.listen();
      this.renderer = new Flat(plain);
    }
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => {
      if (this.gone) return;
      this.renderer.setup();
      this.renderer.positions(this.from, this.to);
      this.paint();
    });
    this.resize();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage, ratio = Math.min(devicePixelRatio || 1, 2);
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    if (this.renderer) this.draw();
  }

  /** Set out for the layer and map that are chosen now, from wherever the points are. */
  move() {
    const { from, to, n } = this;
    if (this.t < 1) {
      const t = ease(this.t);
      for (let i = 0; i < 4 * n; i++) from[i] = from[i] + (to[i] - from[i]) * t;
    } else from.set(to);
    const { dims, array } = this.map, row = this.layer.row;
    const here = this.decoded.maps.arrays[array].subarray(row * n * dims, (row + 1) * n * dims);
    if (row >= 0)
      for (let i = 0; i < n; i++) {
        to[4 * i] = here[dims * i];
        to[4 * i + 1] = here[dims * i + 1];
        to[4 * i + 2] = dims === 3 ? here[3 * i + 2] : 0;
      }
    const first = this.shown === null;
    this.shown = `${this.mapName} ${this.layerName}`;
    this.t = first || still() || row < 0 ? 1 : 0;
    this.began = performance.now();
    this.renderer.positions(from, to);
    this.moveMarks();
    this.stage.classList.toggle("without", row < 0);
    this.why.textContent = row < 0 ? `No map of this layer: ${this.layer.note}` : "";
    this.paint();
    this.tell();
  }

  /** The marks set out with the points. */
  moveMarks() {
    const { marks } = this.decoded, here = marks?.header.map === this.mapName;
    const row = here ? marks.header.layers.indexOf(this.layerName) : -1, count = row < 0 ? 0 : marks.header.count;
    const { dims } = this.map;
    const arrived = Float32Array.from({ length: 4 * count }, (_, i) =>
      i % 4 < dims ? marks.arrays.positions[(row * count + (i >> 2)) * dims + (i % 4)] : 0);
    this.marks = { from: this.marks?.to.length === 4 * count ? this.marks.to : arrived, to: arrived };
    redo(this.stars, ...Array.from({ length: count }, (_, i) => el("g", {}, el("path", { d: STAR }),
      ...(count > 1 ? [el("text", { x: 13, y: 4 }, String(i + 1))] : []))));
  }

  visible(i) {
    const code = this.modes[this.mode].codes?.[i];
    if (this.isolated.size && code !== undefined && !this.isolated.has(code)) return false;
    const limit = this.renderer.limit ?? Infinity;
    return this.n <= limit || Math.floor((i * limit) / this.n) !== Math.floor(((i - 1) * limit) / this.n);
  }

  /** Colours, shapes and order; those out of the selection are faint and lie below. */
  paint() {
    const mode = this.modes[this.mode], { looksLike, shapes, n } = this;
    const emphasis = this.found ?? (this.chosen ? this.selection : null);
    const colours = mode.categories?.map((category) => rgb(category.colour)), neutral = rgb(NEUTRAL);
    const below = [], above = [];
    for (let i = 0; i < n; i++) {
      if (!this.visible(i)) continue;
      let colour, shape = 0;
      if (mode.codes) {
        const code = mode.codes[i];
        colour = colours[code] ?? neutral;
        shape = mode.categories[code]?.shape ?? 0;
      } else {
        const value = mode.number(i);
        colour = Number.isNaN(value) ? neutral : onRamp((value - mode.low) / (mode.high - mode.low || 1));
      }
      const faint = emphasis !== null && !emphasis[i];
      looksLike[4 * i] = colour[0];
      looksLike[4 * i + 1] = colour[1];
      looksLike[4 * i + 2] = colour[2];
      looksLike[4 * i + 3] = faint ? 36 : 222;
      shapes[i] = shape;
      (faint ? below : above).push(i);
    }
    this.order = Uint32Array.from(below.concat(above));
    this.renderer.looks(looksLike, shapes, this.order);
    this.moveNames(mode);
    this.draw();
  }

  /** The name of each class stands at the median of its visible points, and moves with them. */
  moveNames({ codes, categories = [] }) {
    const members = categories.length <= NAMED ? categories.map(() => []) : [];
    for (const i of this.order) members[codes?.[i]]?.push(i);
    const named = members.map((own, code) => ({ ...categories[code], members: own })).filter((one) => one.members.length);
    const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
    const places = (positions) => Float32Array.from({ length: 4 * named.length }, (_, i) =>
      median(named[i >> 2].members.map((m) => positions[4 * m + (i % 4)])));
    this.named = { from: places(this.from), to: places(this.to) };
    redo(this.names, ...named.map(({ name }) => el("text", { "text-anchor": "middle", dy: "0.35em" }, name)));
  }

  get turn() {
    if (this.map.dims < 3) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
    const { yaw, pitch } = this.camera, [c, s, d, r] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    return [c, 0, s, r * s, d, -r * c, -d * s, r, d * c]; // about the vertical, then about the horizontal axis
  }

  get unit() {
    return 0.47 * Math.min(this.width, this.height) * this.camera.zoom; // px from the middle to HALF
  }

  draw() {
    if (this.frame || this.gone) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0;
      if (this.gone || !this.map) return;
      if (this.t < 1) this.t = clamp((now - this.began) / MORPH, 0, 1);
      const { x, y, zoom } = this.camera, size = clamp(15 - 2.5 * Math.log10(this.n), 3, 9);
      const across = 2 / this.width, up = 2 / this.height;
      this.renderer.draw({
        t: ease(this.t), turn: this.turn, scale: [this.unit * across, this.unit * up], shift: [x * across, y * up],
        size: size * this.ratio * clamp(zoom ** 0.35, 0.7, 3), deep: this.map.dims < 3 ? 0 : 1,
        width: this.canvas.width, height: this.canvas.height,
      });
      this.mark();
      if (this.t < 1) this.draw();
    });
  }

  /** Where point i is now, in px of the stage. Reads what the canvas shows, so that hover holds during a morph too. */
  place(i, turn = this.turn, t = ease(this.t), { from, to } = this) {
    const { unit, camera } = this, k = 4 * i;
    const x = from[k] + (to[k] - from[k]) * t, y = from[k + 1] + (to[k + 1] - from[k + 1]) * t;
    const z = from[k + 2] + (to[k + 2] - from[k + 2]) * t;
    return [this.width / 2 + camera.x + ((turn[0] * x + turn[1] * y + turn[2] * z) / HALF) * unit,
      this.height / 2 - camera.y - ((turn[3] * x + turn[4] * y + turn[5] * z) / HALF) * unit];
  }

  /** The visible point nearest to a place of the stage, -1 when none is within reach. All are looked at: 50,000 take
   * less than 2 ms, so that an index of places would only be one more thing to keep right. */
  nearest(x, y) {
    const turn = this.turn, t = ease(this.t);
    let best = REACH * REACH, nearest = -1;
    for (const i of this.order) {
      const [px, py] = this.place(i, turn, t), distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < best) [best, nearest] = [distance, i];
    }
    return nearest;
  }

  // ---- what is chosen

  step(by) {
    const index = clamp(this.layerIndex + by, 0, this.layers.length - 1);
    this.goTo(index);
  }

  goTo(index, shared = false) {
    if (!this.ready || !this.layers[index] || index === this.layerIndex) return;
    this.layerName = this.layers[index].name;
    this.move();
    if (!shared) this.share((other) => other.goTo(other.counterpart(this), true));
  }

  /** Which layer here answers to that of another view: the one of its name, else the one as far along the way. */
  counterpart({ layers, layerIndex, layerName }) {
    const named = this.layers.findIndex((layer) => layer.name === layerName);
    return named >= 0 ? named : Math.round((layerIndex / Math.max(layers.length - 1, 1)) * (this.layers.length - 1));
  }

  play() {
    if (this.playing) return this.pause();
    if (this.layerIndex === this.layers.length - 1) this.goTo(0);
    const next = () => {
      if (this.layerIndex === this.layers.length - 1) return this.pause();
      this.step(1);
      this.playing = setTimeout(next, MORPH + REST);
    };
    this.playing = setTimeout(next, MORPH);
    this.tell();
  }

  pause() {
    clearTimeout(this.playing);
    this.playing = 0;
    this.tell();
  }

  share(tellThem) {
    const same = this.decoded.samples?.header.same;
    for (const other of this.group ?? [])
      if (other !== this && other.ready && other.decoded.samples.header.same === same) tellThem(other);
  }

  select(test, add = false, shared = false) {
    const before = this.selection;
    this.selection = new Uint8Array(this.n);
    this.chosen = 0;
    for (const i of this.order) this.selection[i] = Number(test(i));
    for (let i = 0; i < this.n; i++) this.chosen += this.selection[i] ||= Number(add && before[i]);
    this.found = null;
    this.paint();
    this.tell();
    if (shared) return;
    const same = this.selection;
    this.share((other) => other.select((i) => same[i], false, true));
    this.report();
  }

  isolate(code, add) {
    const alone = new Set(add ? this.isolated : []);
    if (add ? alone.has(code) : this.isolated.size === 1 && this.isolated.has(code)) alone.delete(code);
    else alone.add(code);
    this.showAlone(alone);
    this.share((other) => other.mode === this.mode && other.showAlone(alone));
  }

  showAlone(classes) {
    this.isolated = new Set(classes);
    if (this.hovered >= 0 && !this.visible(this.hovered)) this.hover(-1);
    this.paint();
    this.tell();
  }

  colourBy(mode) {
    this.mode = this.colourMenu.value = mode;
    this.showAlone([]);
  }

  hover(i, shared = false) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.mark();
    if (!shared) this.share((other) => other.hover(i, true));
  }

  pin(i, shared = false) {
    this.pinned = i === this.pinned && !shared ? -1 : i;
    this.mark();
    if (shared) return;
    this.share((other) => other.pin(this.pinned, true));
    this.report();
  }

  /** What the page may want to know; never a hover, never a mere step of the layer. */
  report() {
    const { decoded, layerName, mapName, mode, chosen, pinned } = this;
    if (this.reports) this.send({
      of: decoded.samples.header.digest, layer: layerName, map: mapName, colour: mode, sample: pinned < 0 ? null : pinned,
      selection: chosen ? mask(this.selection) : "",
    });
  }

  search(text, enter) {
    const { classes } = this.decoded.samples.header, { labels, ids } = this.decoded.samples.arrays;
    const wanted = text.trim().toLowerCase();
    const exact = classes.findIndex((name) => name.toLowerCase() === wanted);
    const number = /^#?\d+$/.test(wanted) && exact < 0 ? Number(wanted.replace("#", "")) : null;
    this.found = null;
    if (number !== null) {
      const i = ids.indexOf(number);
      if (i >= 0) this.found = Uint8Array.from(ids, (id) => Number(id === number));
      if (enter && i >= 0 && this.pinned !== i) this.pin(i);
      this.say(i < 0 ? `There is no sample ${number} here.` : `Sample ${number} is found.`);
    } else if (wanted) {
      const codes = new Set(exact >= 0 ? [exact] : classes.keys());
      if (exact < 0) classes.forEach((name, c) => name.toLowerCase().includes(wanted) || codes.delete(c));
      this.found = Uint8Array.from(labels, (label) => Number(codes.has(label)));
      const total = this.found.reduce((a, b) => a + b, 0);
      this.say(total ? `${count(total)} samples match.` : `No class is called ${text.trim()}.`);
      if (!total) this.found = null;
      if (enter && total) {
        const found = this.found;
        return this.select((i) => found[i]);
      }
    } else this.say("");
    this.paint();
    this.mark();
  }

  // ---- the page around the canvas

  build() {
    const choice = (label, onchange) => {
      const menu = el("select", { onchange });
      return [el("label", {}, el("span", {}, label), menu), menu];
    };
    [this.mapLabel, this.mapMenu] = choice("Map", () => {
      this.mapName = this.mapMenu.value;
      if (this.layerIndex < 0) this.layerName = this.layers.at(-1).name;
      this.menus();
      this.move();
      this.report();
    });
    [this.colourLabel, this.colourMenu] = choice("Colour", () => {
      this.colourBy(this.colourMenu.value);
      this.share((other) => other.modes[this.mode] && other.colourBy(this.mode));
      this.report();
    });
    this.tools = {
      move: button("pan", "Move", () => this.use("move")),
      lasso: button("lasso", "Select with a lasso", () => this.use("lasso")),
      box: button("box", "Select with a box", () => this.use("box")),
    };
    this.finder = el("input", {
      type: "search", placeholder: "Class or #sample", "aria-label": "Search by class name, or by # and the sample's number",
      oninput: () => this.search(this.finder.value, false),
    });
    this.finder.onkeydown = (event) => {
      if (event.key === "Enter") this.search(this.finder.value, true);
      if (event.key === "Escape") this.search((this.finder.value = ""), false);
      event.stopPropagation();
    };
    this.canvas = el("canvas", { class: "points", tabindex: "0", role: "application" });
    this.ring = el("circle", { r: 8, visibility: "hidden" });
    this.pinRing = el("circle", { r: 9, class: "pinned", visibility: "hidden" });
    this.outline = el("path", { d: "" });
    this.stars = el("g", { class: "stars" });
    this.names = el("g", { class: "names" });
    this.thumb = el("canvas", { width: 84, height: 84, hidden: true });
    this.words = el("div");
    this.tip = el("div", { class: "tip", hidden: true }, this.thumb, this.words);
    this.why = el("p", { class: "why" });
    const overlay = el("svg", { class: "overlay", "aria-hidden": "true" }, this.names, this.outline, this.stars, this.pinRing,
      this.ring);
    this.stage = el("div", { class: "stage" }, this.canvas, overlay, this.why, this.tip);
    this.slider = el("input", { type: "range", min: 0, step: 1, "aria-label": "Layer" });
    this.slider.oninput = () => {
      if (this.playing) this.pause();
      this.goTo(Number(this.slider.value));
    };
    this.layerText = el("output", {});
    this.player = button("play", "Play", () => this.play());
    this.opener = el("button", { type: "button", hidden: !this.opens, onclick: () => this.open(this.layerName) }, "Open this layer");
    const bar = el("div", { class: "bar" }, this.mapLabel, this.colourLabel, el("div", { class: "space" }), this.finder,
      el("div", { class: "tools", role: "group", "aria-label": "What dragging does" }, ...Object.values(this.tools),
        button("all", "Show all", () => this.reset())));
    const layers = el("div", { class: "layers" }, button("back", "Layer before", () => this.step(-1)), this.player,
      button("next", "Next layer", () => this.step(1)), this.slider, this.layerText, this.opener);
    this.strip = el("div", { class: "strip", role: "group", "aria-label": "Layers" });
    this.legend = el("div", { class: "legend", role: "group", "aria-label": "Show one class alone" });
    this.scale = el("div", { class: "scale", hidden: true });
    this.facts = el("dl", { class: "facts" });
    this.clear = el("button", { type: "button", hidden: true, onclick: () => this.select(() => false) });
    this.note = el("p", { class: "note", "aria-live": "polite" });
    const help = el("p", { class: "help" },
      "← → change the layer · Space plays · drag to pan (in 3-D: rotate; Shift-drag pans) · wheel or + − zooms, 0 resets · click to pin");
    redo(this.root, bar, this.stage, layers, this.strip, this.legend, this.scale, this.facts, this.clear, this.note, help);
    this.root.hidden = true;
    this.root.onkeydown = (event) => this.key(event);
    this.listen();
    this.use("move");
  }

  menus() {
    const fill = (menu, names, now) => {
      redo(menu, ...names.map((name) => el("option", { value: name }, name)));
      menu.value = now;
    };
    const names = this.decoded.maps.header.maps.map((map) => map.name);
    fill(this.mapMenu, names, this.mapName);
    this.mapLabel.hidden = names.length < 2;
    fill(this.colourMenu, Object.keys(this.modes), this.mode);
    this.slider.max = this.layers.length - 1;
    this.strip.hidden = this.layers.length > STRIP.layers || this.layers.length < 2;
    redo(this.strip, ...(this.strip.hidden ? [] : this.layers.map((layer, index) => el("button", {
      type: "button", title: layer.title, onclick: () => this.goTo(index),
    }, this.small(layer), el("span", {}, layer.name), ...(layer.units ? [el("small", {}, `D = ${count(layer.units)}`)] : [])))));
  }

  /** A layer as a small picture, coloured by class: its first two coordinates, of so many samples evenly taken. */
  small({ row }) {
    const { n } = this, { dims, array } = this.map, side = STRIP.side * this.ratio;
    const picture = el("canvas", { width: side, height: side, "aria-hidden": "true" }), context = picture.getContext("2d");
    const here = this.decoded.maps.arrays[array].subarray(Math.max(row, 0) * n * dims, (row + 1) * n * dims);
    const { codes, categories } = this.modes.class, dot = 1.6 * this.ratio, every = Math.max(1, n / STRIP.points);
    for (let k = 0; row >= 0 && k < n; k += every) {
      const i = Math.floor(k);
      context.fillStyle = categories[codes[i]]?.colour ?? NEUTRAL;
      context.fillRect((0.5 + 0.47 * here[dims * i] / HALF) * side - dot / 2,
        (0.5 - 0.47 * here[dims * i + 1] / HALF) * side - dot / 2, dot, dot);
    }
    return picture;
  }

  say(text) {
    this.note.textContent = text;
  }

  /** All words for the state as it is. */
  tell() {
    const { layer, layers, layerIndex, map, n } = this, mode = this.modes[this.mode];
    this.slider.value = layerIndex;
    this.slider.setAttribute("aria-valuetext", `${layer.name}, ${layerIndex + 1} of ${layers.length}`);
    this.layerText.textContent = layer.name;
    this.layerText.title = layer.title;
    [...this.strip.children].forEach((one, i) => one.setAttribute("aria-pressed", String(i === layerIndex)));
    const tile = this.strip.children[layerIndex];
    if (tile) this.strip.scrollLeft = tile.offsetLeft - this.strip.offsetLeft - (this.strip.clientWidth - tile.offsetWidth) / 2;
    redo(this.player, icon(this.playing ? "pause" : "play"));
    this.player.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.player.title = this.playing ? "Pause" : "Play";
    this.canvas.setAttribute("aria-label", `${map.name} map of ${count(n)} samples in layer ${layer.name}, coloured by `
      + `${this.mode}. Left and right arrows: layer. Space: play. Plus, minus, zero: zoom. Escape: clear the selection.`);
    const before = layers.slice(0, layerIndex).findLast((other) => other.row >= 0);
    const facts = [["Trustworthiness", layer.trustworthiness === null ? "–" : layer.trustworthiness.toFixed(3),
      "1: all neighbours on the map are neighbours in the layer."],
    ["Neighbours kept", percent(layer.kept), "Share of the neighbours in the layer that the map keeps."]];
    if (layer.previous !== null)
      facts.push([`Shared with ${before?.name ?? "the layer before"}`, percent(layer.previous),
        "Share of the nearest neighbours that are the same in the layer before: how much the step changes."]);
    redo(this.facts, ...facts.map(([term, value, title]) => el("div", { title }, el("dt", {}, term), el("dd", {}, value))));
    this.clear.hidden = !this.chosen;
    this.clear.textContent = `${count(this.chosen)} of ${count(n)} selected · clear`;
    const { limit } = this.renderer;
    this.say(limit ? `This browser offers no WebGL: ${count(Math.min(limit, n))} of ${count(n)} points are drawn.` : "");
    this.tellColours(mode);
    this.mark();
  }

  tellColours(mode) {
    this.legend.hidden = !mode.codes;
    this.scale.hidden = Boolean(mode.codes);
    if (mode.codes) {
      const seen = new Map();
      for (const code of mode.codes) seen.set(code, (seen.get(code) ?? 0) + 1);
      const categories = [...mode.categories.map((category, code) => [code, category]),
        [NO_CLASS, { name: mode.none, colour: NEUTRAL, shape: 0 }]].filter(([code]) => seen.has(code));
      const at = this.root.getRootNode().activeElement?.dataset?.code; // the legend is made anew: keep the focus
      redo(this.legend, ...categories.map(([code, category]) => el("button", {
        type: "button", class: this.isolated.size && !this.isolated.has(code) ? "off" : "", "data-code": code,
        "aria-pressed": String(this.isolated.has(code)), title: `${count(seen.get(code))} samples; shift adds`,
        onclick: (event) => this.isolate(code, event.shiftKey),
      }, mark(category), category.name)));
      if (at !== undefined) this.legend.querySelector(`[data-code="${Number(at)}"]`)?.focus();
    } else {
      const bar = el("i");
      bar.style.background = `linear-gradient(90deg, ${VIRIDIS.join()})`;
      redo(this.scale, el("span", {}, `≤ ${figures(mode.low)}`), bar, el("span", {}, `≥ ${figures(mode.high)}`),
        el("span", {}, `${mode.words} Grey: no number. The same colours in all layers.`));
    }
  }

  /** Rings and the card of the sample under the pointer, or of the pinned one. */
  mark() {
    if (!this.ready) return;
    const about = this.hovered >= 0 ? this.hovered : this.pinned;
    for (const [ring, i] of [[this.ring, this.hovered], [this.pinRing, this.pinned]]) {
      ring.setAttribute("visibility", i < 0 ? "hidden" : "visible");
      if (i < 0) continue;
      const [x, y] = this.place(i);
      ring.setAttribute("cx", x);
      ring.setAttribute("cy", y);
    }
    for (const [group, places] of [[this.stars, this.marks], [this.names, this.named]])
      [...group.children].forEach((one, i) => {
        const [x, y] = this.place(i, this.turn, ease(this.t), places);
        one.setAttribute("visibility", Number.isNaN(x) ? "hidden" : "visible");
        one.setAttribute("transform", Number.isNaN(x) ? "" : `translate(${x} ${y})`);
      });
    this.tip.hidden = about < 0;
    if (about < 0) return void (this.carded = null);
    const shown = `${about} ${this.mode} ${this.layerName} ${this.decoded.images?.header.digest}`;
    if (shown !== this.carded) this.card(about);
    this.carded = shown;
    const [x, y] = this.place(about), { offsetWidth: w, offsetHeight: h } = this.tip;
    const left = x + 14 + w > this.width ? x - 14 - w : x + 14;
    this.tip.style.transform = `translate(${clamp(left, 4, Math.max(4, this.width - w - 4))}px, ${
      clamp(y - h / 2, 4, Math.max(4, this.height - h - 4))}px)`;
  }

  card(i) {
    const { classes } = this.decoded.samples.header, { labels, predictions, shuffled, ids } = this.decoded.samples.arrays;
    const name = (code) => classes[code] ?? "none", lines = [`sample ${ids[i]}`];
    if (predictions && predictions[i] !== NO_CLASS)
      lines.push(`predicted: ${name(predictions[i])}${predictions[i] === labels[i] ? "" : " (wrong)"}`);
    if (shuffled && shuffled[i] !== labels[i]) lines.push(`trained as ${name(shuffled[i])}`);
    for (const [mode, { number }] of Object.entries(this.modes))
      if (number) lines.push(`${SAID[mode] ?? mode}: ${Number.isNaN(number(i)) ? "none" : figures(number(i))}`);
    const said = this.decoded.samples.header.texts?.[i];
    if (said) lines.splice(0, 0, said);
    this.tip.classList.toggle("said", Boolean(said));
    redo(this.words, el("b", {}, labels[i] === NO_CLASS ? "no label" : name(labels[i])), ...lines.map((line) => el("div", {}, line)));
    this.thumb.hidden = !this.decoded.images;
    if (this.decoded.images) this.picture(i);
  }

  async picture(i) {
    const { header, arrays } = this.decoded.images, { side, size } = header, per = side * side, s = Math.floor(i / per);
    const context = this.thumb.getContext("2d");
    context.clearRect(0, 0, 84, 84);
    if (!this.sheets.has(s)) {
      const pending = createImageBitmap(new Blob([arrays[`sheet${s}`]], { type: "image/webp" }));
      pending.catch(() => this.sheets.delete(s));
      this.sheets.set(s, pending);
      for (const [old, sheet] of this.sheets) {
        if (this.sheets.size <= SHEETS) break;
        this.sheets.delete(old);
        sheet.then((bitmap) => bitmap.close());
      }
    }
    const sheet = await this.sheets.get(s).catch(() => null);
    if (!sheet || this.gone || i !== (this.hovered >= 0 ? this.hovered : this.pinned)) return; // it took too long
    const k = i % per;
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, (k % side) * size, Math.floor(k / side) * size, size, size, 0, 0, 84, 84);
  }

  forget() {
    for (const sheet of this.sheets.values()) sheet.then((bitmap) => bitmap.close(), () => {});
    this.sheets.clear();
    this.carded = null;
  }

  // ---- pointer and keys

  use(tool) {
    this.tool = tool;
    for (const [name, node] of Object.entries(this.tools)) node.setAttribute("aria-pressed", String(name === tool));
    this.stage.classList.toggle("drawing", tool !== "move");
  }

  reset() {
    Object.assign(this.camera, { x: 0, y: 0, zoom: 1, yaw: 0.5, pitch: 0.35 });
    this.draw();
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const { camera } = this, zoom = clamp(camera.zoom * factor, 0.3, 200), by = zoom / camera.zoom;
    const [px, py] = [x - this.width / 2, this.height / 2 - y]; // what is under the pointer stays there
    Object.assign(camera, { zoom, x: px + (camera.x - px) * by, y: py + (camera.y - py) * by });
    this.draw();
  }

  key(event) {
    const typing = event.target.closest?.("select, input"), pressing = event.target.closest?.("button");
    if (event.ctrlKey || event.metaKey || event.altKey || (typing && event.key !== "Escape") || !this.ready) return;
    const act = {
      ArrowLeft: () => this.step(-1), ArrowRight: () => this.step(1), Home: () => this.goTo(0),
      End: () => this.goTo(this.layers.length - 1), "+": () => this.zoom(1.25), "=": () => this.zoom(1.25),
      "-": () => this.zoom(0.8), 0: () => this.reset(), Escape: () => this.escape(), " ": pressing ? null : () => this.play(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.playing && ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) this.pause();
    act();
  }

  escape() {
    if (this.drag) return this.release();
    this.found = null;
    if (this.pinned >= 0) this.pin(this.pinned);
    if (this.chosen) this.select(() => false);
    this.showAlone([]);
    this.share((other) => other.showAlone([]));
  }

  listen() {
    const at = (event) => {
      const box = this.stage.getBoundingClientRect();
      return [event.clientX - box.left - this.stage.clientLeft, event.clientY - box.top - this.stage.clientTop];
    };
    const { canvas } = this;
    canvas.onpointerdown = (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, at(event));
      const outline = this.tool !== "move" && this.pointers.size === 1 ? [at(event)] : null;
      this.drag = { far: this.pointers.size > 1, start: at(event), outline, add: event.shiftKey };
    };
    canvas.onpointermove = (event) => {
      const place = at(event), last = this.pointers.get(event.pointerId);
      if (!this.ready) return;
      if (!last) return this.hover(this.nearest(...place));
      this.dragged(event, place, last);
      this.pointers.set(event.pointerId, place);
    };
    canvas.onpointerup = (event) => {
      const { drag } = this;
      this.pointers.delete(event.pointerId);
      if (!drag || this.pointers.size) return;
      this.release();
      if (!this.ready) return;
      if (!drag.far) {
        const i = this.nearest(...at(event));
        if (i >= 0 || this.pinned >= 0) this.pin(i >= 0 ? i : this.pinned);
      } else if (drag.outline) this.enclose(drag.outline, drag.add);
    };
    canvas.onpointercancel = (event) => {
      this.pointers.delete(event.pointerId);
      this.release();
    };
    canvas.onpointerleave = () => this.hover(-1);
    canvas.onwheel = (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...at(event));
    };
    canvas.ondblclick = () => this.reset();
  }

  dragged(event, [x, y], [x0, y0]) {
    const { camera, drag } = this;
    if (!drag) return;
    drag.far ||= Math.hypot(x - drag.start[0], y - drag.start[1]) > 4;
    if (!drag.far) return;
    this.hover(-1);
    if (this.pointers.size === 2) {
      drag.outline = null;
      this.outline.setAttribute("d", "");
      const [, other] = [...this.pointers].find(([id]) => id !== event.pointerId);
      const before = Math.hypot(x0 - other[0], y0 - other[1]), after = Math.hypot(x - other[0], y - other[1]);
      camera.x += (x - x0) / 2;
      camera.y -= (y - y0) / 2;
      return this.zoom(after / Math.max(before, 1), (x + other[0]) / 2, (y + other[1]) / 2);
    }
    if (drag.outline) {
      const [[left, top]] = drag.outline;
      if (this.tool === "lasso") drag.outline.push([x, y]);
      else drag.outline = [[left, top], [x, top], [x, y], [left, y]];
      return this.outline.setAttribute("d", `M${drag.outline.map((point) => point.map(Math.round).join()).join("L")}Z`);
    }
    if (this.map.dims === 3 && !event.shiftKey) {
      camera.yaw += (x - x0) * 0.01;
      camera.pitch = clamp(camera.pitch + (y - y0) * 0.01, -Math.PI / 2, Math.PI / 2);
    } else {
      camera.x += x - x0;
      camera.y -= y - y0;
    }
    this.draw();
  }

  release() {
    this.drag = null;
    this.outline.setAttribute("d", "");
  }

  /** Select what lies in a polygon (even-odd rule). */
  enclose(polygon, add) {
    const turn = this.turn, t = ease(this.t);
    this.select((i) => {
      const [x, y] = this.place(i, turn, t);
      let inside = false;
      for (let a = 0, b = polygon.length - 1; a < polygon.length; b = a++) {
        const [ax, ay] = polygon[a], [bx, by] = polygon[b];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
      return inside;
    }, add);
  }
}

const mounted = new WeakMap();
export default lasting(function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const tools = { send: (value) => setStateValue("value", value), open: (layer) => setTriggerValue("opened", layer) };
  let view = mounted.get(parentElement);
  if (view?.name === data.name) Object.assign(view, tools);
  else {
    view?.dispose();
    view = new View(parentElement.querySelector(".map"), data, tools);
    mounted.set(parentElement, view);
  }
  return () => {
    view.dispose();
    mounted.delete(parentElement);
  };
});
