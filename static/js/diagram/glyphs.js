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

/**
 * A small shield: NetworkPolicies isolate this pod. The same is said in words in the tree and in the inspector.
 * @param {number} x @param {number} y @param {number} [alpha]
 * @returns {Command}
 */
export function shield(x, y, alpha = 1) {
  const points = [x, y, x, y, x + 8, y, x + 8, y, x + 8, y + 6, x + 6, y + 8.5, x + 4, y + 10, x + 2, y + 8.5, x, y + 6, x, y];
  return { op: "path", points, stroke: "text", width: 1.3, alpha };
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
