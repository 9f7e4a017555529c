// What a component returns: how it ends. Streamlit calls a component anew for every change, and ends it once, by what
// the last call returned. But a call that was overtaken before its script had come is ended too, at once, when the one
// that overtook it has begun already: that is no end of the component.
const calls = new WeakMap();
const ending = (parentElement, end) => {
  const call = {};
  calls.set(parentElement, call);
  return () => {
    if (calls.get(parentElement) === call) end();
  };
};
