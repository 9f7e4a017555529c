// Left and right choose the layer before and the next. Where the focus is on something that arrows already move (a
// text, a slider, another choice, the map in its shadow root), they are left to it. Heard on the way down, since those
// things keep the event to themselves. In the control of the layers they begin at the button that has the focus, which
// moves along.
const OWN = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true], [role=slider], [role=tab], " +
  "[role=radiogroup] *, [role=toolbar] *, [role=listbox] *, [role=menu] *, [role=grid] *";
const WAIT = 150; // ms after the last key: who holds a key wants the layer where they let go
const held = new WeakMap();

export default lasting(function ({ data, parentElement, setTriggerValue }) {
  // Streamlit calls this again with every layer; a key pressed since the last answer is not forgotten.
  const state = held.get(parentElement) ?? { timer: 0 };
  held.set(parentElement, state);
  Object.assign(state, { names: data.names, send: (name) => setTriggerValue("layer", name) });
  if (!state.timer) state.at = data.names.indexOf(data.chosen);
  if (state.listen) return state.leave;
  state.listen = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key], target = event.composedPath()[0];
    if (!by || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const button = target.closest?.(".st-key-layer [role=radio]");
    if (!button && (target.getRootNode() !== document || target.closest?.(OWN))) return;
    const to = (button ? state.names.indexOf(button.textContent) : state.at) + by;
    if (!state.names[to]) return;
    if (!button) event.preventDefault();
    state.at = to;
    clearTimeout(state.timer);
    state.timer = setTimeout(() => {
      state.timer = 0;
      state.send(state.names[state.at]);
    }, WAIT);
  };
  state.leave = () => {
    document.removeEventListener("keydown", state.listen, true);
    clearTimeout(state.timer);
    held.delete(parentElement);
  };
  document.addEventListener("keydown", state.listen, true);
  return state.leave;
});
