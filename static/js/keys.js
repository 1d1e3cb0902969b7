// Keys for the whole page; single letters only where nobody types.

import { isField } from "./dom.js";

document.addEventListener("keydown", (happened) => {
  const area = happened.target;
  if (happened.key !== "Enter" || happened.isComposing || !(area instanceof HTMLTextAreaElement) || !("enterSubmits" in area.dataset)) return;
  happened.preventDefault();
  area.form?.requestSubmit();
});

document.addEventListener("keydown", (happened) => {
  const inside = happened.target instanceof HTMLElement && happened.target.closest("[data-island=editor]");
  const writing = isField(happened.target) || inside;
  const modifier = happened.ctrlKey || happened.metaKey;
  if (modifier && happened.key.toLowerCase() === "z" && !writing) {
    happened.preventDefault();
    document.getElementById(happened.shiftKey ? "redo" : "undo")?.click();
  } else if (happened.key === "/" && !modifier && !writing) {
    happened.preventDefault();
    document.getElementById("search-open")?.click();
  }
});
