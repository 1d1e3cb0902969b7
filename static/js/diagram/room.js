// Where a note has room beside its card: the nearest spot that covers as little as possible. Pure.

/** @typedef {import("./types").Box} Box */

const NEAR = 10;
const STRIDE = 12;
const TRIES = 24;
const AIR = 6;
const FAR = 8;

/**
 * @param {Box} anchor the card, in screen coordinates @param {{w: number, h: number}} note
 * @param {Box[]} taken what must not be covered @param {import("./types").Size} size @param {number} edge
 * @returns {{x: number, y: number}}
 */
export function find(anchor, note, taken, size, edge) {
  let best = { x: anchor.x, y: anchor.y + anchor.h + NEAR };
  let least = Infinity;
  for (const wanted of spots(anchor, note)) {
    const x = clamp(wanted.x, edge, size.width - note.w - edge);
    const y = clamp(wanted.y, edge + 30, size.height - note.h - edge);
    const cost = covered({ x, y, ...note }, taken) * 8 + (Math.abs(y - wanted.y) + Math.abs(x - wanted.x) + wanted.far) * FAR;
    if (cost < least) [best, least] = [{ x, y }, cost];
  }
  return best;
}

/** @param {Box} anchor @param {{w: number, h: number}} note */
function spots(anchor, note) {
  const columns = [anchor.x + anchor.w - note.w, anchor.x, anchor.x + (anchor.w - note.w) / 2, anchor.x - note.w * 0.5];
  const found = [];
  for (let n = 0; n < TRIES; n += 1) {
    for (const x of columns) {
      found.push({ x, y: anchor.y + anchor.h + NEAR + n * STRIDE, far: n * STRIDE });
      found.push({ x, y: anchor.y - NEAR - note.h - n * STRIDE, far: n * STRIDE + 40 });
    }
  }
  for (const x of [anchor.x + anchor.w + NEAR + 4, anchor.x - note.w - NEAR - 4]) {
    for (let n = -TRIES; n < TRIES; n += 1) {
      found.push({ x, y: anchor.y + (anchor.h - note.h) / 2 + n * STRIDE, far: Math.abs(n) * STRIDE + 30 });
    }
  }
  return found;
}

/** @param {Box} a @param {Box[]} taken */
function covered(a, taken) {
  let sum = 0;
  for (const b of taken) {
    const w = Math.min(a.x + a.w, b.x + b.w + AIR) - Math.max(a.x, b.x - AIR);
    const h = Math.min(a.y + a.h, b.y + b.h + AIR) - Math.max(a.y, b.y - AIR);
    if (w > 0 && h > 0) sum += w * h;
  }
  return sum;
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
