// Short messages that go away by themselves; one after a deletion can be undone while it stands there.

import htmx from "./htmx-trusted.js";
import { h } from "./dom.js";
import { seed } from "./page.js";

const STAYS = 8000;
const place = document.getElementById("toasts");

/** @param {{text: string, command?: string, undo?: boolean, bad?: boolean, again?: boolean}} told */
function toast(told) {
  const box = h("div", { class: told.bad ? "toast bad" : "toast" }, h("span", {}, told.text));
  if (told.command) box.append(h("code", {}, told.command));
  if (told.undo) {
    const undo = () => {
      box.remove();
      void htmx.ajax("POST", `${seed.base}/undo`, { source: "#toasts", swap: "none" });
    };
    box.append(h("button", { type: "button", class: "button small", onclick: undo }, seed.words.undo));
  }
  if (told.again) {
    const again = () => {
      box.remove();
      const form = document.getElementById("asking");
      if (form instanceof HTMLFormElement) form.requestSubmit();
    };
    box.append(h("button", { type: "button", class: "button small", onclick: again }, seed.words.again));
  }
  place?.replaceChildren(box);
  let timer = setTimeout(() => box.remove(), STAYS);
  box.addEventListener("mouseenter", () => clearTimeout(timer));
  box.addEventListener("mouseleave", () => (timer = setTimeout(() => box.remove(), STAYS / 2)));
}

document.addEventListener("podlane:toast", (happened) => toast(/** @type {CustomEvent} */ (happened).detail));
document.addEventListener("htmx:error", () => toast({ text: seed.words.lost, bad: true }));
document.addEventListener("htmx:response:error", (happened) => {
  const status = /** @type {CustomEvent} */ (happened).detail.ctx?.response?.status ?? 0;
  if (status === 409 || status === 422) return;
  toast({ text: seed.words[`status${status}`] ?? seed.words.failed, bad: true });
});
