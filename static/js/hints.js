// First visit: one request goes on its way as soon as it can, and three hints that go away by themselves.

import { hear, tell } from "./dom.js";
import { seed } from "./page.js";

const EACH = 7000;
const SETTLING = 700;
const hints = [...document.querySelectorAll("[data-hint]")];

/** @param {number} index */
function next(index) {
  hints.forEach((hint, at) => hint instanceof HTMLElement && (hint.hidden = at !== index));
  if (index < hints.length) setTimeout(() => next(index + 1), EACH);
  else document.getElementById("hints")?.remove();
}

/** @param {{source: string, to: string, service: string}} first */
function sendFirst(first) {
  const diagram = document.getElementById("diagram-seed");
  const elements = new Map(Object.entries(JSON.parse(diagram?.textContent ?? "{}").snapshot?.elements ?? {}));
  const client = `Pod/${first.source.slice("pod:".length)}`;
  let sent = false;
  const look = () => {
    const ready = [...elements.values()].some((one) => one.service === first.service && one.to?.some((/** @type {string[]} */ to) => to[1] === "ready"));
    if (sent || !ready || !elements.get(client)?.ready) return;
    sent = true;
    const detail = { source: first.source, to: first.to, count: "1", after: 0 };
    setTimeout(() => tell("ask", detail), SETTLING);
  };
  hear("entry", (delta) => {
    if (delta.request) sent = true;
    for (const one of delta.upsert ?? []) elements.set(one.ref, one);
    look();
  });
  look();
}

if (hints.length) next(0);
if (seed.welcome) {
  sendFirst(seed.welcome);
  const here = new URL(location.href);
  here.searchParams.delete("welcome");
  history.replaceState(null, "", here);
}
