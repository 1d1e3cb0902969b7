// What the server told the page's scripts, and where they stand now.

const place = document.getElementById("page-seed");

/**
 * @typedef {{revision: number, mark: string, name: string, ref: string, request: number, actor: string}} Tick
 * @typedef {{base: string, actor: string, revision: number, now: number, started: number, paused: boolean,
 *   ticks: Tick[], can_edit: boolean, welcome: null | {source: string, to: string, service: string},
 *   words: Record<string, string>}} Seed
 */

/** @type {Seed} */
export const seed = JSON.parse(place?.textContent ?? "{}");

/** The revision of the past at which the page stands; 0 is now. */
export const moment = { at: 0 };

/** Say whether the table is what people see: chosen, or because the screen is narrow. */
export function showsTable() {
  return document.body.classList.contains("view-table") || matchMedia("(max-width: 719px)").matches;
}

/**
 * Call once after things have been quiet for a moment, and not while one call is under way.
 * @param {() => Promise<unknown> | void} call @param {number} pause
 */
export function gathered(call, pause) {
  let timer = 0;
  let busy = false;
  let again = false;
  const run = async () => {
    timer = 0;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      await call();
    } finally {
      busy = false;
      if (again) {
        again = false;
        ask();
      }
    }
  };
  const ask = () => {
    if (!timer) timer = setTimeout(run, pause);
  };
  return ask;
}
