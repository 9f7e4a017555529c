export default lasting(function ({ data, parentElement }) {
  const drawing = parentElement.querySelector(".drawing");
  if (drawing.drawn !== data) { drawing.innerHTML = data; drawing.drawn = data; }
});
