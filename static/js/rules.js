// A node's tab Rules: the rules that the packet on show has matched there are marked, and the newest is scrolled to.

import { hear } from "./dom.js";
import { lines } from "./matched.js";

/** @type {{node: string, rule: string}[]} */
let matched = [];

/** Mark what matched in the rules on show; what is marked already stays. */
function mark() {
  const place = document.getElementById("rules-text");
  const node = document.getElementById("panel")?.dataset.ref;
  if (!place) return;
  const here = matched.filter((found) => found.node === node).map((found) => found.rule);
  const text = place.textContent ?? "";
  const told = JSON.stringify(here);
  if (place.dataset.matched === told || (!here.length && !place.dataset.matched)) return;
  place.dataset.matched = told;
  const found = lines(text, here);
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  text.split(/(?<=\n)/).forEach((line, index) => {
    const last = parts[parts.length - 1];
    if (found.has(index)) {
      const one = document.createElement("mark");
      one.textContent = line;
      parts.push(one);
    } else if (typeof last === "string") parts[parts.length - 1] = last + line;
    else parts.push(line);
  });
  place.replaceChildren(...parts);
  const marks = place.querySelectorAll("mark");
  if (marks.length) marks.item(marks.length - 1).classList.add("newest");
  reveal();
}

function reveal() {
  document.querySelector("#rules-text .newest")?.scrollIntoView({ block: "center", inline: "nearest" });
}

hear("shown", () => {
  mark();
  reveal();
});

hear("matched", (found) => {
  matched = found;
  mark();
});

const inspector = document.getElementById("inspector");
if (inspector) new MutationObserver(mark).observe(inspector, { childList: true, subtree: true });
