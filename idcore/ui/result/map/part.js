// Hands a part of a map to its view (component.js). The two are modules of their own, so they meet in a table of the
// window, by the name of the view. A part is a message of its own: when one changes, the others are not sent again.
export default function ({ data }) {
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
  const view = views.get(name);
  view.parts.set(kind, content);
  view.listener?.(kind);
  return () => {
    if (view.parts.get(kind) !== content) return; // another mount has brought a newer one
    view.parts.delete(kind);
    view.listener?.(kind);
  };
}
