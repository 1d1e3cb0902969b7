// Small marks whose shape alone says the state: disc, ring, diamond, square, clock. As draw commands. Pure.

/** @typedef {import("./types").Command} Command */
/** @typedef {import("./types").Tone} Tone */

/** What each state of a pod looks like: a shape and the name of a colour. */
const STATES = {
  ok: { op: "disc", colour: "ok" },
  warn: { op: "ring", colour: "warn" },
  fail: { op: "diamond", colour: "fail" },
  wait: { op: "clock", colour: "muted" },
  off: { op: "ring", colour: "muted" },
};

/** @param {Tone | undefined} tone */
export function colourOf(tone) {
  return (STATES[tone ?? "off"] ?? STATES.off).colour;
}

/**
 * @param {Tone | undefined} tone @param {number} x @param {number} y @param {number} r @param {number} [alpha]
 * @returns {Command}
 */
export function state(tone, x, y, r, alpha = 1) {
  const { op, colour } = STATES[tone ?? "off"] ?? STATES.off;
  return { op, x, y, r, fill: colour, alpha };
}

/** What a packet carries: a square asks the DNS, a disc is under way, the others are how it ended. */
export const PACKETS = {
  dns: { op: "square", colour: "dns" },
  way: { op: "disc", colour: "ok" },
  back: { op: "disc", colour: "muted" },
  refused: { op: "stop", colour: "fail" },
  silent: { op: "silence", colour: "fail" },
  unknown: { op: "stop", colour: "dns" },
  warned: { op: "stop", colour: "warn" },
  arrived: { op: "disc", colour: "ok" },
};
