// Where each glyph is on its way to its place: what is new fades in, what moved glides, what is gone fades out. Pure.

/** @typedef {import("./types").Placed} Placed */
/** @typedef {Placed & {alpha: number}} Shown */
/** @typedef {{from: Shown, to: Shown, t0: number, t1: number}} Move */
/** @typedef {{moves: Map<string, Move>, leaving: Map<string, Move>}} Motion */

const ENTER = 240;
const LEAVE = 150;

/** @returns {Motion} */
export function still() {
  return { moves: new Map(), leaving: new Map() };
}

/**
 * Head for new places. With `cut` everything is there at once.
 * @param {Motion} motion @param {Map<string, Placed>} boxes @param {number} now @param {boolean} cut
 * @returns {Motion}
 */
export function head(motion, boxes, now, cut) {
  /** @type {Motion} */
  const next = still();
  for (const [ref, box] of boxes) next.moves.set(ref, toward(motion.moves.get(ref), box, now, cut));
  for (const [ref, move] of motion.leaving) if (!boxes.has(ref) && move.t1 > now) next.leaving.set(ref, move);
  if (cut) return next;
  for (const [ref, move] of motion.moves) {
    if (boxes.has(ref)) continue;
    const from = at(move, now);
    next.leaving.set(ref, { from, to: { ...from, alpha: 0 }, t0: now, t1: now + LEAVE });
  }
  return next;
}

/** @param {Move | undefined} move @param {Placed} box @param {number} now @param {boolean} cut @returns {Move} */
function toward(move, box, now, cut) {
  const to = { ...box, alpha: 1 };
  if (cut) return { from: to, to, t0: now, t1: now };
  if (!move) return { from: { ...to, alpha: 0 }, to, t0: now, t1: now + ENTER };
  const same = move.to.x === box.x && move.to.y === box.y && move.to.w === box.w && move.to.h === box.h && move.to.form === box.form;
  if (same) return move;
  return { from: at(move, now), to, t0: now, t1: now + ENTER };
}

/** @param {Move} move @param {number} now @returns {Shown} */
export function at(move, now) {
  if (now >= move.t1) return move.to;
  const part = ease((now - move.t0) / (move.t1 - move.t0));
  const { from, to } = move;
  const mix = (/** @type {number} */ a, /** @type {number} */ b) => a + (b - a) * part;
  return { ...to, x: mix(from.x, to.x), y: mix(from.y, to.y), w: mix(from.w, to.w), h: mix(from.h, to.h), alpha: mix(from.alpha, to.alpha) };
}

/** @param {number} t */
function ease(t) {
  return 1 - (1 - t) ** 3;
}

/**
 * Where everything is now, and whether anything still moves.
 * @param {Motion} motion @param {number} now
 * @returns {{shown: Map<string, Shown>, leaving: Map<string, Shown>, moving: boolean}}
 */
export function look(motion, now) {
  const shown = new Map();
  const leaving = new Map();
  let moving = false;
  for (const [ref, move] of motion.moves) {
    shown.set(ref, at(move, now));
    moving ||= move.t1 > now;
  }
  for (const [ref, move] of motion.leaving) {
    if (move.t1 <= now) continue;
    leaving.set(ref, at(move, now));
    moving = true;
  }
  return { shown, leaving, moving };
}
