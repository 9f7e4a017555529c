// Elements of a drawing. Text goes in as text.
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, parent, text) {
  const found = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  if (text !== undefined) found.textContent = text;
  parent.append(found);
  return found;
}

