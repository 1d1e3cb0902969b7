// What is drawn at which zoom, and how a crowd of pods condenses: cards, chips, dots, then only a count. Pure.

/** @typedef {import("./types").Form} Form */

export const CARD = { w: 78, h: 52, gap: 6 };
export const CHIP = { w: 54, h: 22, gap: 5 };
const DOTS = { largest: 18, smallest: 4 };
const NAMES = ["cluster", "group", "object", "detail"];
const LIMITS = [0.25, 0.6, 1.2];
const STICK = 0.1;

/**
 * Name the level of a zoom; leaving a level takes a tenth more than entering it, so that it does not flicker.
 * @param {number} zoom @param {string} [present]
 */
export function level(zoom, present = "") {
  let found = LIMITS.filter((limit) => zoom >= limit).length;
  const before = NAMES.indexOf(present);
  if (before === found + 1 && zoom > LIMITS[found] * (1 - STICK)) found = before;
  if (before >= 0 && before === found - 1 && zoom < LIMITS[before] * (1 + STICK)) found = before;
  return NAMES[found];
}

/**
 * The picture in the middle of a change of level: the old one pales while the new one comes.
 * @param {import("./types").Command[]} before @param {import("./types").Command[]} after @param {number} part 0 to 1
 */
export function fade(before, after, part) {
  if (part >= 1) return after;
  const paled = (/** @type {import("./types").Command} */ one, /** @type {number} */ by) => ({ ...one, alpha: (one.alpha ?? 1) * by });
  return [...before.map((one) => paled(one, 1 - part)), ...after.map((one) => paled(one, part))];
}

/**
 * Choose how `count` pods fill a box, as large as they go: cards in two rows, chips in four, dots, or nothing but a bar.
 * @param {number} count @param {number} width @param {number} height
 * @returns {{form: Form, columns: number, pitchX: number, pitchY: number, w: number, h: number}}
 */
export function fill(count, width, height) {
  const cards = grid(CARD, width, height);
  if (count <= cards.columns * cards.rows) return cell("card", cards.columns, width, CARD);
  const chips = grid(CHIP, width, height);
  if (count <= chips.columns * chips.rows) return cell("chip", chips.columns, width, CHIP);
  for (let pitch = DOTS.largest; pitch >= DOTS.smallest; pitch -= 1) {
    const columns = Math.floor(width / pitch);
    if (count <= columns * Math.floor(height / pitch)) {
      return { form: "dot", columns, pitchX: width / columns, pitchY: pitch, w: pitch * 0.62, h: pitch * 0.62 };
    }
  }
  return { form: "none", columns: 1, pitchX: width, pitchY: height, w: width, h: height };
}

/** @param {{w: number, h: number, gap: number}} size @param {number} width @param {number} height */
function grid(size, width, height) {
  return {
    columns: Math.max(1, Math.floor((width + size.gap) / (size.w + size.gap))),
    rows: Math.max(1, Math.floor((height + size.gap) / (size.h + size.gap))),
  };
}

/** @param {Form} form @param {number} columns @param {number} width @param {{h: number, gap: number}} size */
function cell(form, columns, width, size) {
  const w = (width - size.gap * (columns - 1)) / columns;
  return { form, columns, pitchX: w + size.gap, pitchY: size.h + size.gap, w, h: size.h };
}
