// Where the paper lies under the glass. Pure.

/** @typedef {import("./types").Camera} Camera */
/** @typedef {import("./types").Size} Size */

const LEAST = 0.08;
const MOST = 3;
const READABLE = 0.74;
const MARGIN = 48;

/** @param {Camera} camera @param {number} x @param {number} y */
export function toWorld(camera, x, y) {
  return { x: (x - camera.x) / camera.k, y: (y - camera.y) / camera.k };
}

/** @param {Camera} camera @param {number} dx @param {number} dy @returns {Camera} */
export function pan(camera, dx, dy) {
  return { ...camera, x: camera.x + dx, y: camera.y + dy };
}

/**
 * Zoom about a point of the screen, which stays where it is.
 * @param {Camera} camera @param {number} x @param {number} y @param {number} factor
 * @returns {Camera}
 */
export function zoom(camera, x, y, factor) {
  const k = Math.min(MOST, Math.max(LEAST, camera.k * factor));
  const spot = toWorld(camera, x, y);
  return { k, x: x - spot.x * k, y: y - spot.y * k };
}

/**
 * The camera of the first look: everything if it stays readable, else its beginning at full size; `all` shows everything.
 * @param {{width: number, height: number}} layout @param {Size} size @param {number} natural @param {boolean} [all]
 * @returns {Camera}
 */
export function fit(layout, size, natural, all = false) {
  const needed = Math.min(size.height / layout.height, size.width / layout.width);
  const readable = needed < natural * READABLE ? natural : needed;
  const k = Math.max(LEAST, Math.min(natural, all ? needed : readable));
  return { k, x: Math.max(0, (size.width - layout.width * k) / 2), y: 0 };
}

/**
 * Keep some of the paper under the glass.
 * @param {Camera} camera @param {{width: number, height: number}} layout @param {Size} size
 * @returns {Camera}
 */
export function hold(camera, layout, size) {
  const [w, h] = [layout.width * camera.k, layout.height * camera.k];
  return {
    k: camera.k,
    x: Math.min(size.width - MARGIN, Math.max(MARGIN - w, camera.x)),
    y: Math.min(Math.max(0, size.height - MARGIN), Math.max(MARGIN * 2 - h, camera.y)),
  };
}

/**
 * Pan just as far as needed to see a box.
 * @param {Camera} camera @param {import("./types").Box} box @param {Size} size
 * @returns {Camera}
 */
export function reveal(camera, box, size) {
  const edge = 4;
  const top = 34;
  const [left, right] = [camera.x + box.x * camera.k, camera.x + (box.x + box.w) * camera.k];
  const [up, down] = [camera.y + box.y * camera.k, camera.y + (box.y + box.h) * camera.k];
  const dx = left < edge ? edge - left : right > size.width - edge ? size.width - edge - right : 0;
  const dy = up < top ? top - up : down > size.height - edge ? size.height - edge - down : 0;
  return pan(camera, dx, dy);
}
