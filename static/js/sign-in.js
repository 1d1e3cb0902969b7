// The shell of a playground that this browser holds no key of: the link brings it, or the page says what to do.

import "./theme.js";
import { keyInAddress, signIn } from "./key.js";

const shell = document.querySelector("[data-sign-in]");
const key = keyInAddress();

/** @param {string} id */
function show(id) {
  document.getElementById("opening")?.remove();
  const part = document.getElementById(id);
  if (part) part.hidden = false;
}

if (!key || !(shell instanceof HTMLElement)) show("no-key");
else if (await signIn(shell.dataset.signIn ?? "", key)) location.replace(location.pathname + location.search);
else show("wrong-key");

addEventListener("hashchange", () => location.reload());
