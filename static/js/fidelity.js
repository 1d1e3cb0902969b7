// The fidelity passport: rows are hidden while one types; without a script the form asks the server for the same.

import "./theme.js";
import "./copying.js";

const form = document.getElementById("filters");
const copied = document.getElementById("copied");
const found = document.getElementById("found");
const wholePage = !location.search;

/** @type {Map<HTMLDetailsElement, boolean>} */
const wereOpen = new Map();

/** Show the rows that fit the form. @param {HTMLFormElement} filters */
function show(filters) {
  const asked = new FormData(filters);
  const words = String(asked.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const kind = String(asked.get("kind") ?? "");
  const status = String(asked.get("status") ?? "");
  const filtered = words.length > 0 || kind !== "" || status !== "";
  let rows = 0;
  for (const part of document.querySelectorAll("details.part")) {
    if (!(part instanceof HTMLDetailsElement)) continue;
    if (!wereOpen.has(part)) wereOpen.set(part, part.open);
    const title = part.dataset.kind ?? "";
    let fitting = 0;
    for (const row of part.querySelectorAll(".row")) {
      if (!(row instanceof HTMLElement)) continue;
      const text = `${title} ${row.textContent}`.toLowerCase();
      const fits = (!kind || kind === title) && (!status || status === row.dataset.status) && words.every((word) => text.includes(word));
      row.hidden = !fits;
      fitting += Number(fits);
    }
    part.hidden = fitting === 0;
    part.open = filtered ? fitting > 0 : (wereOpen.get(part) ?? false);
    const count = part.querySelector("[data-count]");
    if (count) count.textContent = String(fitting);
    rows += fitting;
  }
  for (const chapter of document.querySelectorAll(".chapter")) {
    if (chapter instanceof HTMLElement) chapter.hidden = !chapter.querySelector("details.part:not([hidden])");
  }
  if (found) found.textContent = `${rows} ${rows === 1 ? "row" : "rows"}${filtered ? (rows === 1 ? " fits" : " fit") : ""}`;
}

// A page that the server has narrowed down lacks the other rows: there the form goes to the server.
if (form instanceof HTMLFormElement) {
  if (wholePage) {
    form.addEventListener("input", () => show(form));
    form.addEventListener("submit", (happened) => {
      happened.preventDefault();
      show(form);
    });
  } else {
    form.addEventListener("change", (happened) => {
      if (happened.target instanceof HTMLInputElement && happened.target.type === "search") return;
      form.requestSubmit();
    });
  }
}

document.addEventListener("click", (happened) => {
  if (!copied || !(happened.target instanceof Element) || !happened.target.closest("[data-copy-from]")) return;
  copied.textContent = copied.dataset.said ?? "";
});
