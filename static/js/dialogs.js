// One dialog for everything that is asked: beside the diagram to add things, wide for YAML, small for search and sharing.

import { hear } from "./dom.js";

const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("dialog"));
/** @type {Element | null} */
let opener = null;

/** @param {string} kind */
function open(kind) {
  if (!dialog) return;
  const isOpen = dialog.open && dialog.classList.contains(kind);
  if (dialog.open && !isOpen) dialog.close();
  dialog.classList.remove("side", "wide", "small");
  dialog.classList.add(kind);
  if (!dialog.open) kind === "side" ? dialog.show() : dialog.showModal();
  const first = dialog.querySelector("input:not([type=hidden]), select, textarea, button.primary");
  if (first instanceof HTMLElement && !isOpen) first.focus();
}

/** Close the dialog and give the focus back. */
export function close() {
  if (!dialog?.open) return false;
  dialog.close();
  document.dispatchEvent(new CustomEvent("podlane:match", { detail: null }));
  document.getElementById("dialog-body")?.replaceChildren();
  if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  return true;
}

document.addEventListener("htmx:after:swap", (happened) => {
  const { ctx } = /** @type {CustomEvent} */ (happened).detail;
  const source = ctx.sourceElement;
  if (!(source instanceof HTMLElement) || !source.dataset.dialog) return;
  if (ctx.response && ctx.response.status >= 400) return;
  opener = source;
  open(source.dataset.dialog);
});

document.addEventListener("htmx:after:request", (happened) => {
  const { ctx } = /** @type {CustomEvent} */ (happened).detail;
  if (ctx.response?.status === 204 && dialog?.contains(ctx.sourceElement)) close();
});

document.addEventListener("click", (happened) => {
  if (!(happened.target instanceof Element)) return;
  if (happened.target.closest("[data-close]") || happened.target === dialog) close();
});

dialog?.addEventListener("cancel", (happened) => {
  happened.preventDefault();
  close();
});

dialog?.addEventListener("keydown", (happened) => {
  if (happened.key !== "Enter" || !(happened.target instanceof Element) || happened.target.id !== "query") return;
  happened.preventDefault();
  const first = dialog.querySelector("#found [data-ref]");
  if (first instanceof HTMLElement) first.click();
});

hear("select", () => {
  if (dialog?.classList.contains("small")) close();
});
