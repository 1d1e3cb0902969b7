// The front page: names are saved when left, and a deletion can be thought over.

import "./theme.js";

document.addEventListener("change", (happened) => {
  const field = happened.target;
  if (field instanceof HTMLInputElement && "submitOnChange" in field.dataset) field.form?.requestSubmit();
});

document.addEventListener("click", (happened) => {
  if (!(happened.target instanceof Element)) return;
  const keep = happened.target.closest("[data-close-details]");
  const details = keep?.closest("details");
  if (details) {
    details.open = false;
    details.querySelector("summary")?.focus();
  }
});
