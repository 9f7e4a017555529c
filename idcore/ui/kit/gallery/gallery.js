// Thumbnails in rows, cut from one sheet. No text of the data is ever read as HTML: all of it goes through `textContent`.

const make = (name, className, text) => {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text) node.textContent = text;
  return node;
};

/** A thumbnail: the sheet as a background, `side` thumbnails wide, so that its own is in sight. */
function picture({ sheet, side, rows }, cell) {
  const node = make("span", "picture"), column = cell.place % side, row = Math.floor(cell.place / side);
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", cell.alt);
  node.title = cell.alt;
  node.style.backgroundImage = `url(${sheet})`;
  node.style.backgroundSize = `${100 * side}% ${100 * rows}%`;
  const share = (i, n) => (n > 1 ? (100 * i) / (n - 1) : 0);
  node.style.backgroundPosition = `${share(column, side)}% ${share(row, rows)}%`;
  return node;
}

/** What a sample says, a few lines of it; all of it where the pointer rests. */
function quote(cell) {
  const node = make("blockquote", "", cell.text);
  node.title = cell.text;
  return node;
}

function figure(data, cell) {
  const node = make("figure", `cell ${cell.mark} ${cell.text ? "said" : ""}`), caption = make("figcaption");
  if (data.sheet && data.clickable) {
    const button = make("button"), shown = picture(data, cell);
    shown.setAttribute("aria-hidden", "true");
    button.type = "button";
    button.setAttribute("aria-label", cell.alt);
    button.addEventListener("click", () => data.send(cell.sample));
    button.append(shown);
    node.append(button);
  } else if (data.sheet) node.append(picture(data, cell));
  if (cell.text) node.append(quote(cell));
  const dot = make("i");
  dot.style.background = cell.colour;
  caption.append(dot, make("span", "", cell.label));
  caption.title = cell.alt;
  node.append(caption);
  if (cell.note) node.append(make("small", "", cell.note));
  return node;
}

function line(data, row) {
  const cells = make("div", "cells");
  cells.append(...row.cells.map((cell) => figure(data, cell)));
  if (row.title === null) return cells;
  const node = make("section", row.here ? "row here" : "row"), header = make("header");
  header.append(make("b", "", row.title), make("span", "", row.note));
  if (row.share !== null) {
    const meter = make("span", "meter"), filled = make("i");
    filled.style.width = `${100 * row.share}%`;
    meter.append(filled);
    header.append(meter);
  }
  node.append(header, cells);
  return node;
}

export default lasting(function ({ parentElement, data, setTriggerValue }) {
  data = { ...data, send: (sample) => setTriggerValue("clicked", sample) };
  const root = parentElement.querySelector(".gallery");
  root.classList.toggle("rows", data.lines.some((row) => row.title !== null));
  root.replaceChildren(...data.lines.map((row) => line(data, row)));
});
