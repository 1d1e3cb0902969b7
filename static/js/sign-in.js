// The key behind the # never leaves the browser by itself: it is sent once, in a body, and taken out of the address.

import "./theme.js";

const shell = document.querySelector("[data-sign-in]");
const key = new URLSearchParams(location.hash.slice(1)).get("k");

/** @param {string} id */
function show(id) {
  document.getElementById("opening")?.remove();
  const part = document.getElementById(id);
  if (part) part.hidden = false;
}

async function signIn() {
  if (!(shell instanceof HTMLElement) || !key) return show("no-key");
  const answer = await fetch(shell.dataset.signIn ?? "", { method: "POST", body: new URLSearchParams({ k: key }) });
  if (!answer.ok) return show("wrong-key");
  history.replaceState(null, "", location.pathname + location.search);
  location.reload();
}

signIn();
