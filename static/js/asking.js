// The request form: filled by what is worth trying, by the diagram and by demonstrations; and live selector fields.

import htmx from "./htmx-trusted.js";
import { hear, tell } from "./dom.js";
import { close } from "./dialogs.js";
import { seed } from "./page.js";
import { select, show, touch } from "./panel.js";

/** @typedef {{source?: string, to?: string, count?: string, host?: string}} Filled */

/** @type {Record<string, string>} */
const FIELDS = { "edit-labels": "#labels-form [name=text]", "edit-selector": "#selector-form [name=text]", scale: ".scale .number" };

/** @returns {HTMLFormElement | null} */
function form() {
  const found = document.getElementById("asking");
  return found instanceof HTMLFormElement ? found : null;
}

/** Open the request form with these values. @param {Filled} filled */
async function fill(filled) {
  const present = form();
  const now = present ? Object.fromEntries([...new FormData(present)].map(([k, v]) => [k, String(v)])) : {};
  touch();
  tell("select", { ref: null });
  await show({ ref: "", tab: "main" }, { ...now, ...filled });
  const opened = form();
  if (!opened) return;
  for (const [name, value] of Object.entries(filled)) {
    const field = opened.elements.namedItem(name);
    if (field instanceof RadioNodeList || field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = value;
  }
}

/** @param {Filled} filled @param {number} after */
async function ask(filled, after) {
  await fill(filled);
  setTimeout(() => form()?.requestSubmit(), after);
}

document.addEventListener("click", async (happened) => {
  if (!(happened.target instanceof Element)) return;
  const attempt = happened.target.closest("[data-fill]");
  const from = happened.target.closest("[data-send-from]");
  if (attempt instanceof HTMLElement) {
    for (const other of document.querySelectorAll("[data-fill]")) other.setAttribute("aria-pressed", String(other === attempt));
    const { source = "", to = "", count = "1", host = "" } = attempt.dataset;
    await fill({ source, to, count, host });
    document.getElementById("send")?.focus();
  } else if (from instanceof HTMLElement) {
    await sendFrom(from.dataset.sendFrom ?? "");
  } else if (happened.target.closest("#send-open")) {
    await fill({});
    focusTo();
  }
});

/** @param {string} ref `Pod/default/client` or `Node//node-1` */
async function sendFrom(ref) {
  const [kind, namespace, name] = ref.split("/");
  const source = kind === "Pod" ? `pod:${namespace}/${name}` : kind === "Node" ? `node:${name}` : "outside";
  await fill({ source });
  focusTo();
}

function focusTo() {
  const to = document.getElementById("to");
  if (to instanceof HTMLInputElement) {
    to.focus();
    to.select();
  }
}

document.addEventListener("podlane:ask", (happened) => {
  const { after = 0, ...filled } = /** @type {CustomEvent} */ (happened).detail;
  void ask(filled, after);
});

hear("intent", async ({ action, ref, kind }) => {
  const [of] = (ref ?? "").split("/");
  if (action === "send-from" || action === "send") return sendFrom(ref);
  if (action === "delete") return htmx.ajax("POST", `${seed.base}/delete`, { source: "#dialog", swap: "none", values: { ref } });
  if (action === "add") {
    const button = document.querySelector(`.add[hx-get$="/${(kind ?? of ?? "pod").toLowerCase()}"]`);
    return button instanceof HTMLElement && button.click();
  }
  if (action === "paste") return /** @type {HTMLElement | null} */ (document.querySelector('.add[hx-get$="/paste"]'))?.click();
  select(ref, action === "yaml" ? "yaml" : "main");
  await show({ ref, tab: action === "yaml" ? "yaml" : "main" });
  const found = action in FIELDS && document.querySelector(FIELDS[action]);
  if (found instanceof HTMLElement) found.focus();
});

/** Read `app=web, tier=front` while it is being typed. @param {string} text */
function pairs(text) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const word of text.replace(/\s*[=:]\s*/g, "=").split(/[,\s]+/)) {
    const sign = word.indexOf("=");
    if (sign > 0) found[word.slice(0, sign)] = word.slice(sign + 1);
  }
  return found;
}

document.addEventListener("input", (happened) => {
  const field = happened.target;
  if (!(field instanceof HTMLInputElement) || field.dataset.liveSelector === undefined) return;
  const chosen = document.getElementById("add-namespace");
  const namespace = field.dataset.liveSelector || (chosen instanceof HTMLSelectElement ? chosen.value : "default");
  tell("match", { namespace, selector: pairs(field.value) });
});

document.addEventListener("focusout", (happened) => {
  const field = happened.target;
  if (field instanceof HTMLInputElement && field.dataset.liveSelector !== undefined) tell("match", null);
});

document.addEventListener("keydown", (happened) => {
  if (happened.key === "Escape" && !close() && happened.target instanceof HTMLElement && !happened.target.closest(".diagram-place")) {
    if (document.querySelector("#panel[data-ref]:not([data-ref=''])")) select("");
  }
});
