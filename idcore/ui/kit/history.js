// One step of the history for each thing that the person did. Streamlit makes two of a link to another page, the first to
// the page that is left, without what was chosen there: here the address of the link comes first, and nothing is left to
// take out of it. What the server adds to an address that a link or a step in the history led to is no step either.
window.layerscopeHistory ??= (() => {
  const push = history.pushState.bind(history);
  let touched = true;
  history.pushState = (state, title, url) => {
    const same = new URL(url, location.href).pathname === location.pathname;
    if (same && !touched) history.replaceState(state, title, url);
    else push(state, title, url);
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (touched = true), true);
  addEventListener("popstate", () => (touched = false), true);
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-testid$=NavLink]");
    const plain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.pathname === location.pathname) return;
    push({}, "", link.href);
    touched = false;
  }, true);
  return true;
})();
