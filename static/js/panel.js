// The inspector: which object or request it shows, and that it stays true when the cluster changes.

import htmx from "./htmx-trusted.js";
import { hear, tell } from "./dom.js";
import { gathered, moment, seed } from "./page.js";

/** @typedef {{tab: string, ref: string, request: number}} Shown */

/** @returns {Shown} */
function shown() {
  const panel = document.getElementById("panel");
  return { tab: panel?.dataset.tab ?? "main", ref: panel?.dataset.ref ?? "", request: Number(panel?.dataset.request ?? 0) };
}

let lastRequest = shown().request;

let touched = false;
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (happened) => {
    if (happened.target instanceof Element && happened.target.closest("#asking")) touched = true;
  });
}

/** Note that the request form was filled, by hand or by a click, and is to be kept. */
export function touch() {
  touched = true;
}

/** What was put into the request form, so that no refresh loses it. @returns {Record<string, string>} */
function typed() {
  const form = document.getElementById("asking");
  return touched && form instanceof HTMLFormElement ? Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, String(v)])) : {};
}

/** What the panel is to show as soon as the answer under way has come: a click is never overtaken by a refresh. @type {Shown | null} */
let wanted = null;
/** @type {Promise<void> | null} */
let coming = null;

/**
 * Show something else, or the same again. One question to the server at a time; the newest wish is asked last.
 * @param {Partial<Shown>} next @param {Record<string, string>} [form]
 */
export function show(next, form) {
  const at = { ...(wanted ?? shown()), ...next };
  if (next.request) lastRequest = next.request;
  if (!at.ref && at.tab === "main") at.request = next.request ?? lastRequest;
  const moved = "ref" in next || "tab" in next || Boolean(next.request);
  wanted = at;
  coming = (coming ?? Promise.resolve()).catch(() => undefined).then(() => (wanted === at ? ask(at, moved, form) : undefined));
  return coming;
}

/** @param {Shown} at @param {boolean} moved @param {Record<string, string>} [form] */
async function ask(at, moved, form = typed()) {
  const query = new URLSearchParams({ tab: at.tab, ref: at.ref, request: String(at.request || ""), ...form });
  if (moment.at) query.set("at", String(moment.at));
  try {
    await htmx.ajax("GET", `${seed.base}/panel?${query}`, { source: "#inspector", target: "#panel", swap: "outerMorph" });
  } finally {
    if (wanted === at) wanted = coming = null;
  }
  if (moved) document.querySelector(".panel-body")?.scrollTo(0, 0);
  tell("shown", at);
  remember(at);
}

/** @param {Shown} at */
function remember(at) {
  const here = new URL(location.href);
  for (const [name, value] of Object.entries({ ref: at.ref, tab: at.tab === "main" ? "" : at.tab })) {
    if (value) here.searchParams.set(name, value);
    else here.searchParams.delete(name);
  }
  history.replaceState(null, "", here);
}

/** @param {string} ref @param {string} [tab] */
export function select(ref, tab) {
  tell("select", { ref: ref || null, tab });
}

hear("select", ({ ref, tab }) => {
  const now = wanted ?? shown();
  if (!ref && !now.ref) return;
  if (ref === now.ref && (!tab || tab === now.tab)) return;
  void show({ ref: ref ?? "", tab: tab ?? (now.tab === "yaml" && ref ? "main" : ref ? now.tab : "main") });
});

document.addEventListener("podlane:show", (happened) => {
  const { ref, tab } = /** @type {CustomEvent} */ (happened).detail;
  select(ref, tab);
});

document.addEventListener("click", (happened) => {
  if (!(happened.target instanceof Element)) return;
  const link = happened.target.closest("[data-ref]");
  const tab = happened.target.closest(".tab");
  if (tab instanceof HTMLElement && tab.dataset.tab) {
    happened.preventDefault();
    void show({ tab: tab.dataset.tab }).then(() => document.getElementById(tab.id)?.focus());
  } else if (link instanceof HTMLElement && link.id !== "panel") {
    happened.preventDefault();
    select(link.dataset.ref ?? "");
  }
});

document.addEventListener("keydown", (happened) => {
  const tab = happened.target;
  if (!(tab instanceof HTMLElement) || !tab.classList.contains("tab")) return;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[happened.key];
  if (!step) return;
  happened.preventDefault();
  const tabs = [...document.querySelectorAll(".tab")];
  const next = tabs.at((tabs.indexOf(tab) + step) % tabs.length);
  if (next instanceof HTMLElement) next.click();
});

/** Say whether somebody is typing in the panel: what they read beside the field must not be taken back by a refresh. */
function typing() {
  const field = document.activeElement;
  const editable = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement;
  return editable && field.value !== field.defaultValue && field.closest(".panel-body") !== null && !field.closest("#asking");
}

document.addEventListener("submit", (happened) => {
  if (!(happened.target instanceof HTMLFormElement) || !happened.target.closest(".panel-body")) return;
  for (const field of happened.target.elements) {
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.defaultValue = field.value;
  }
});

const refresh = gathered(() => (document.hidden || typing() ? undefined : show({})), 250);

hear("entry", (delta) => {
  if (moment.at) return;
  if (delta.request) {
    if (delta.actor === seed.actor || !seed.can_edit) void show({ request: delta.revision, ref: "", tab: "main" }).then(() => play(false));
    return;
  }
  const { tab, ref } = shown();
  if (tab !== "yaml" && (delta.upsert || delta.remove || ref || tab === "events")) refresh();
});

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && shown().tab !== "yaml") refresh();
});

/** Let the diagram play the request that the inspector shows. @param {boolean} again */
export function play(again) {
  const text = document.querySelector("#result .play")?.textContent;
  if (!text) return;
  const request = JSON.parse(text);
  if (again) tell("play", request);
}

hear("hop", ({ step }) => {
  for (const one of document.querySelectorAll(".step.current")) one.classList.remove("current");
  const steps = [...document.querySelectorAll("#result .step[data-step]")];
  const now = steps.findLast((one) => Number(/** @type {HTMLElement} */ (one).dataset.step) <= Number(step));
  now?.classList.add("current");
  now?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("click", (happened) => {
  if (!(happened.target instanceof Element) || happened.target.closest("a, button, summary, pre")) return;
  const step = happened.target.closest("#result .step[data-step]");
  if (step instanceof HTMLElement) tell("hop", { step: Number(step.dataset.step), source: "panel" });
});
