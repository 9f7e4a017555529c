// Thumbnails in rows, cut from one sheet. No text of the data is ever read as HTML: all of it goes through `textContent`.

const make = (name, className, text) => {
  const found = document.createElement(name);
  if (className) found.className = className;
  if (text) found.textContent = text;
  return found;
};

/** A thumbnail: the sheet as a background, `side` thumbnails wide, so that its own is in sight. */
function picture({ sheet, side, rows }, cell) {
  const found = make("span", "picture"), column = cell.place % side, row = Math.floor(cell.place / side);
  found.setAttribute("role", "img");
  found.setAttribute("aria-label", cell.alt);
  found.title = cell.alt;
  found.style.backgroundImage = `url(${sheet})`;
  found.style.backgroundSize = `${100 * side}% ${100 * rows}%`;
  const share = (i, n) => (n > 1 ? (100 * i) / (n - 1) : 0);
  found.style.backgroundPosition = `${share(column, side)}% ${share(row, rows)}%`;
  return found;
}

/** What a sample says, a few lines of it; all of it where the pointer rests. */
function quote(cell) {
  const found = make("blockquote", "", cell.text);
  found.title = cell.text;
  return found;
}

function figure(data, cell) {
  const found = make("figure", `cell ${cell.mark} ${cell.text ? "said" : ""}`), caption = make("figcaption");
  if (data.sheet && data.clickable) {
    const button = make("button"), shown = picture(data, cell);
    shown.setAttribute("aria-hidden", "true");
    button.type = "button";
    button.setAttribute("aria-label", cell.alt);
    button.addEventListener("click", () => data.send(cell.sample));
    button.append(shown);
    found.append(button);
  } else if (data.sheet) found.append(picture(data, cell));
  if (cell.text) found.append(quote(cell));
  const dot = make("i");
  dot.style.background = cell.colour;
  caption.append(dot, make("span", "", cell.label));
  caption.title = cell.alt;
  found.append(caption);
  if (cell.note) found.append(make("small", "", cell.note));
  return found;
}

function line(data, row) {
  const cells = make("div", "cells");
  cells.append(...row.cells.map((cell) => figure(data, cell)));
  if (row.title === null) return cells;
  const found = make("section", row.here ? "row here" : "row"), header = make("header");
  header.append(make("b", "", row.title), make("span", "", row.note));
  if (row.share !== null) {
    const meter = make("span", "meter"), filled = make("i");
    filled.style.width = `${100 * row.share}%`;
    meter.append(filled);
    header.append(meter);
  }
  found.append(header, cells);
  return found;
}

export default lasting(function ({ parentElement, data, setTriggerValue }) {
  data = { ...data, send: (place) => setTriggerValue("clicked", place) };
  const place = parentElement.querySelector(".gallery");
  place.classList.toggle("rows", data.lines.some((row) => row.title !== null));
  place.replaceChildren(...data.lines.map((row) => line(data, row)));
});
