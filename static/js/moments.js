// Going to any moment of the past: the page shows the cluster as it was then, and writes nothing; what happens meanwhile waits.

import htmx from "./htmx-trusted.js";
import { tell } from "./dom.js";
import { moment, seed } from "./page.js";
import { play, show } from "./panel.js";

const bar = document.getElementById("past");
const said = document.getElementById("past-said");
let under = new AbortController();

/**
 * Show the cluster as it was at a revision; 0 is now. The newest wish wins. Answers whether the page stands there.
 * @param {number} revision
 */
export async function go(revision) {
  under.abort();
  under = new AbortController();
  if (revision === moment.at) return true;
  if (!revision) return arrive(0, null, "");
  try {
    const answer = await fetch(`${seed.base}/past/${revision}`, { signal: under.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    const { snapshot, said: words } = await answer.json();
    return arrive(revision, snapshot, words);
  } catch (problem) {
    if (!(problem instanceof DOMException)) tell("toast", { text: seed.words.past_gone, bad: true });
    return false;
  }
}

/** @param {number} revision @param {unknown} snapshot @param {string} words */
function arrive(revision, snapshot, words) {
  moment.at = revision;
  document.body.classList.toggle("in-past", revision > 0);
  if (said) said.textContent = words;
  if (bar) bar.hidden = !revision;
  tell("past", snapshot);
  return true;
}

/** Come back to the present, with what has happened meanwhile. */
export async function back() {
  await go(0);
  await show({});
  document.getElementById("moment")?.focus();
}

document.getElementById("past-back")?.addEventListener("click", () => void back());

document.getElementById("past-send")?.addEventListener("click", async () => {
  tell("select", { ref: null });
  await show({ ref: "", tab: "main", request: 0 });
  document.getElementById("to")?.focus();
});

document.getElementById("past-fork")?.addEventListener("click", () => {
  void htmx.ajax("POST", `${seed.base}/fork`, { source: "#past", swap: "none", values: { at: String(moment.at) } });
});

document.addEventListener("keydown", (happened) => {
  if (happened.key !== "Escape" || !moment.at || !(happened.target instanceof Element)) return;
  if (happened.target.id === "moment" || happened.target.closest("#past")) void back();
});

// What was sent in the past comes back in the panel, not by the stream.
document.addEventListener("htmx:after:swap", (happened) => {
  const source = /** @type {CustomEvent} */ (happened).detail.ctx?.sourceElement;
  if (moment.at && source instanceof HTMLElement && source.id === "asking") play(true);
});
