// The key behind the # of a link: sent once, in a body, and taken out of the address.

/** Return the key in the address, empty without one. */
export function keyInAddress() {
  return new URLSearchParams(location.hash.slice(1)).get("k") ?? "";
}

/**
 * Let this browser keep the key; true when it opens the playground.
 * @param {string} url @param {string} key
 */
export async function signIn(url, key) {
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams({ k: key }) });
  if (answer.ok) history.replaceState(null, "", location.pathname + location.search);
  return answer.ok;
}
