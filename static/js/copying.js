// Copy buttons: a command beside it, or the field it names.

document.addEventListener("click", async (happened) => {
  if (!(happened.target instanceof Element)) return;
  const button = happened.target.closest("[data-copy], [data-copy-from]");
  if (!(button instanceof HTMLElement)) return;
  const from = document.getElementById(button.dataset.copyFrom ?? "");
  const text = from instanceof HTMLInputElement ? from.value : (from?.textContent ?? button.dataset.copy ?? "");
  if (from instanceof HTMLInputElement) from.select();
  await navigator.clipboard?.writeText(text);
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1200);
});
