// Copy buttons: a command beside it, or the field it names.

/** Copy a text, and let the button say so for a moment. @param {HTMLElement} button @param {string} text */
export async function copy(button, text) {
  await navigator.clipboard?.writeText(text);
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), 1200);
}

document.addEventListener("click", async (happened) => {
  if (!(happened.target instanceof Element)) return;
  const button = happened.target.closest("[data-copy], [data-copy-from]");
  if (!(button instanceof HTMLElement)) return;
  const from = document.getElementById(button.dataset.copyFrom ?? "");
  const field = from instanceof HTMLInputElement || from instanceof HTMLTextAreaElement ? from : null;
  const text = field ? field.value : (from?.textContent ?? button.dataset.copy ?? "");
  field?.select();
  await copy(button, text);
});
