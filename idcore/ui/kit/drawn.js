export default lasting(function ({ data, parentElement }) {
  const place = parentElement.querySelector(".drawing");
  if (place.drawn !== data) { place.innerHTML = data; place.drawn = data; }
});
