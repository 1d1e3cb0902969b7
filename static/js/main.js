// Finds [data-island], imports its module and mounts it; nothing else.

/** @type {WeakSet<Element>} */
const mounted = new WeakSet();

/** Mount every island that is on the page and not mounted yet. */
export async function mountIslands() {
  for (const place of document.querySelectorAll("[data-island]")) {
    if (mounted.has(place) || !(place instanceof HTMLElement)) continue;
    mounted.add(place);
    const seed = place.dataset.seed && document.getElementById(place.dataset.seed);
    const island = await import(`./${place.dataset.island}/index.js`);
    await island.mount(place, seed ? JSON.parse(seed.textContent ?? "null") : null);
  }
}
