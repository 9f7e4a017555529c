// Left and right are those of a widget that has the focus and makes use of them.
const TAKEN = "input, textarea, select, [contenteditable], [role=slider], [role=radiogroup], [role=toolbar], "
  + "[role=listbox], [role=tablist], [role=grid], .js-plotly-plot";
const BUTTONS = { ArrowLeft: "previous", ArrowRight: "next" };
// What a clicker sends; without a projector these keys scroll, as everywhere.
const CLICKER = { PageUp: "previous", PageDown: "next" };
let clicker = false;
function press(event) {
  const name = BUTTONS[event.key] ?? (clicker ? CLICKER[event.key] : undefined);
  if (!name || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (!(event.key in CLICKER) && event.composedPath().some((one) => one.matches?.(TAKEN))) return;
  document.querySelector(`.st-key-${name} button:not(:disabled)`)?.click();
  if (event.key in CLICKER) event.preventDefault();
}
let shown = null;
export default lasting(function ({ data }) {
  document.addEventListener("keydown", press);  // one and the same listener is added once
  clicker = data.pages;
  if (shown !== null && shown !== data.step) document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
  shown = data.step;
  return () => { document.removeEventListener("keydown", press); shown = null; };
});
