// What the overview map shows: how small the world is there, which marks, and the part under the glass. Pure.

/** @typedef {import("./types").Layout} Layout */
/** @typedef {import("./types").Box} Box */

const MOST = { w: 168, h: 120 };
/** However tall the world, the map stays wide enough to be hit. */
const LEAST = 28;
const SLACK = 1.02;

/**
 * @param {{width: number, height: number}} layout @param {import("./types").Camera} camera @param {import("./types").Size} size
 * @returns {{kx: number, k: number, w: number, h: number, seen: Box} | null} null where everything is in sight
 */
export function fit(layout, camera, size) {
  const isSmall = layout.width * camera.k <= size.width * SLACK && layout.height * camera.k <= size.height * SLACK;
  if (isSmall || !layout.width || !layout.height) return null;
  const k = Math.min(MOST.w / layout.width, MOST.h / layout.height);
  const kx = Math.max(k, LEAST / layout.width);
  const [w, h] = [layout.width * kx, layout.height * k];
  const [left, top] = [clamp((-camera.x / camera.k) * kx, w), clamp((-camera.y / camera.k) * k, h)];
  const right = clamp(((size.width - camera.x) / camera.k) * kx, w);
  const bottom = clamp(((size.height - camera.y) / camera.k) * k, h);
  return { kx, k, w, h, seen: { x: left, y: top, w: right - left, h: bottom - top } };
}

/** @param {number} value @param {number} most */
function clamp(value, most) {
  return Math.min(most, Math.max(0, value));
}

/**
 * One mark for each group or node, in the colour of its health, and one for each Service.
 * @param {Layout} layout @param {number} kx @param {number} k
 */
export function marks(layout, kx, k) {
  /** @type {(Box & {fill: string})[]} */
  const found = [];
  for (const [ref, box] of layout.boxes) if (ref.startsWith("Service/")) found.push(mark(box, kx, k, "wire"));
  for (const { box, group } of layout.groups) {
    found.push(mark(box, kx, k, "line-strong"));
    const sick = group.total ? (group.total - group.ready) / group.total : 0;
    if (sick) found.push(mark({ ...box, w: Math.max(1.5 / kx, box.w * sick) }, kx, k, "warn"));
  }
  return found;
}

/** @param {Box} box @param {number} kx @param {number} k @param {string} fill */
function mark(box, kx, k, fill) {
  return { x: box.x * kx, y: box.y * k, w: Math.max(1, box.w * kx), h: Math.max(1, box.h * k), fill };
}
