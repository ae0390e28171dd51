"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const one = (selector) => document.querySelector(selector);

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined && text !== null) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// A number that stands out, with what it counts above it and notes below.
function showFigure(name, value, ...notes) {
  const card = element("div", null, { class: "figure" });
  card.append(element("small", name), element("b", value), ...notes.filter(Boolean).map((note) => element("small", note)));
  one("#figures").append(card);
}

// The list of what the filters let through, fifty at a time; each page draws its own `card`.
const PAGE = 50;
let matching = [];
let shown = 0;

function showMore() {
  one("#list").append(...matching.slice(shown, shown + PAGE).map(card));
  shown += PAGE;
  one("#more").hidden = shown >= matching.length;
}

function showList(found) {
  matching = found;
  shown = 0;
  one("#list").replaceChildren();
  showMore();
}
