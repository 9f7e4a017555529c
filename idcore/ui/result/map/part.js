// Hands a part of a map to its view (component.js). The two are modules of their own, so they meet in a table of the
// window, by the name of the view. A part is a message of its own: when one changes, the others are not sent again.
//
// Streamlit may keep what a page had at one place for a while beside what it has now at another, and use a place for
// another part: a part holds as long as one place has it, with what came last.
const held = new WeakMap(); // by the element of the component: what it has brought

export default lasting(function ({ data, parentElement }) {
  const views = (globalThis[Symbol.for("layerscope.map")] ??= new Map());
  let name, kind, content;
  if (data instanceof Uint8Array) {
    // "name kind\n", then the bytes of docs/map.md
    const end = data.indexOf(10);
    [name, kind] = new TextDecoder().decode(data.subarray(0, end)).split(" ");
    content = data.subarray(end + 1);
  } else {
    ({ name, kind, ...content } = data);
  }
  if (!views.has(name)) views.set(name, { parts: new Map(), listener: null });
  const view = views.get(name), before = held.get(parentElement), now = { view, kind, content };
  const places = ((view.places ??= {})[kind] ??= new Map()); // what each has, the latest last
  places.delete(parentElement);
  places.set(parentElement, now);
  held.set(parentElement, now);
  view.parts.set(kind, content);
  view.listener?.(kind);
  if (before && (before.view !== view || before.kind !== kind)) leave(before, parentElement);
  return () => leave(now, parentElement);
});

/** A place has a part no longer. What takes its place elsewhere comes first. */
function leave({ view, kind, content }, place) {
  setTimeout(() => {
    const places = view.places[kind];
    if (places.get(place)?.content === content) places.delete(place);
    if (view.parts.get(kind) !== content) return;
    const left = [...places.values()].at(-1);
    if (left) view.parts.set(kind, left.content);
    else view.parts.delete(kind);
    view.listener?.(kind);
  });
}
