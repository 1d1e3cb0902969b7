// The centre and the left: diagram or table, folded or not; the table and the gallery stay true when the cluster changes.

import htmx from "./htmx-trusted.js";
import { hear, tell } from "./dom.js";
import { gathered, moment, seed, showsTable } from "./page.js";

const view = document.getElementById("view");
const tables = gathered(() => (showsTable() ? load("table", "#tables") : undefined), 200);
const left = gathered(() => load("left", "#left-body"), 900);

/** @param {string} part @param {string} target */
function load(part, target) {
  const at = moment.at && part === "table" ? `?at=${moment.at}` : "";
  return htmx.ajax("GET", `${seed.base}/${part}${at}`, { source: target, target, swap: "outerMorph" });
}

view?.addEventListener("change", () => {
  if (!(view instanceof HTMLSelectElement)) return;
  document.body.classList.toggle("view-table", view.value === "table");
  document.body.classList.toggle("view-logical", view.value === "logical");
  document.body.classList.toggle("view-physical", view.value === "physical");
  const here = new URL(location.href);
  here.searchParams.set("view", view.value);
  document.cookie = `view=${view.value}; path=/; max-age=31536000; SameSite=Lax`;
  history.replaceState(null, "", here);
  if (view.value !== "table") tell("view", { inside: view.value === "physical" });
  tables();
});

matchMedia("(max-width: 719px)").addEventListener("change", tables);

hear("past", () => tables());

hear("entry", (delta) => {
  if (!delta.upsert && !delta.remove) return;
  if (!moment.at) tables();
  left();
});

hear("stream", ({ state }) => {
  const banner = document.getElementById("lost");
  if (banner) banner.hidden = state === "open";
  if (state === "gone") location.reload();
});

document.getElementById("fold")?.addEventListener("click", () => fold(true));
document.getElementById("unfold")?.addEventListener("click", () => fold(false));

/** @param {boolean} folded */
function fold(folded) {
  const narrow = matchMedia("(max-width: 1100px)").matches;
  document.body.classList.toggle("left-folded", folded && !narrow);
  document.body.classList.toggle("left-shown", !folded && narrow);
  const unfold = document.getElementById("unfold");
  if (unfold) unfold.hidden = !folded;
  (folded ? unfold : document.getElementById("fold"))?.focus();
}
