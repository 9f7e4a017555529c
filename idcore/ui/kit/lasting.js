// What a component of the page is made with: `export default lasting(function ({ data, parentElement }) { ... })`.
//
// Streamlit calls a component anew for every change, and ends it once, by what its last call returned. But a call that
// another has overtaken while the script was on its way is made all the same, before that one or after it, and ended at
// once. Its element is still on the page then: nothing ends, and what was drawn of an older call is drawn of the newer.
const calls = new WeakMap(); // by the element: the last two calls, and how each ends
const lasting = (draw) => (call) => {
  const { parentElement } = call, mine = { call };
  calls.set(parentElement, [...(calls.get(parentElement) ?? []).slice(-1), mine]);
  mine.end = draw(call);
  return () => {
    const known = calls.get(parentElement) ?? [];
    if (!parentElement.isConnected) {
      calls.delete(parentElement);
      known.at(-1)?.end?.();
    } else if (known.length > 1 && known[1] === mine) {
      known.pop();
      known[0].end = draw(known[0].call);
    }
  };
};
