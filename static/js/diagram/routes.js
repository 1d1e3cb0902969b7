// The way a packet takes over the paper from one card to another, and where it is after a part of it. Pure.

import * as physical from "./physical.js";
import { curve, port } from "./wires.js";

/** @typedef {import("./types").Layout} Layout */
/** @typedef {import("./types").Placed} Placed */
/** @typedef {{x: number[], y: number[], length: number[]}} Track */

const ORDER = ["outside", "edge", "nodes", "services", "slices", "pods"];
const GRAIN = 20;

/**
 * Points of a cubic path between two placed refs; `shift` moves its beginning up or down the card it leaves.
 * @param {Layout} layout @param {Placed} from @param {Placed} to @param {number} [shift]
 * @returns {number[]}
 */
export function route(layout, from, to, shift = 0) {
  const inside = physical.route(layout, from, to);
  if (inside) return inside;
  const [a, b] = [ORDER.indexOf(from.lane), ORDER.indexOf(to.lane)];
  if (a >= b) return leftward(from, to);
  if (to.lane === "pods") return intoPods(layout, from, to);
  const start = port(from, "right");
  start.y += shift;
  const end = port(to, "left");
  if (a > 0 || b < 3) return curve(start, end);
  return end.y < start.y - 12 ? elbow(start, end) : curve(start, end, pastEdge(layout));
}

/** Ways down from the clients stay level until they are past the edge lane. @param {Layout} layout */
function pastEdge(layout) {
  const nodes = layout.lanes.find((lane) => lane.key === "nodes");
  return nodes ? nodes.x + 4 : undefined;
}

/** Ways up go round the nodes: level, then up in the gutter before the Services. @param {{x: number, y: number}} a @param {{x: number, y: number}} b */
function elbow(a, b) {
  const x = b.x - 9;
  const r = Math.min(9, (a.y - b.y) / 2);
  return [
    a.x, a.y,
    ...straight(a.x, a.y, x - r, a.y),
    x, a.y, x, a.y, x, a.y - r,
    ...straight(x, a.y - r, x, b.y + r),
    x, b.y, x, b.y, b.x, b.y,
  ];
}

/** @param {Layout} layout @param {Placed} from @param {Placed} to */
function intoPods(layout, from, to) {
  const start = port(from, "right");
  const end = port(to, "left");
  const part = layout.groups.flatMap((group) => group.parts).find((found) => contains(found.box, to));
  if (!part || to.form !== "card" || to.x < part.box.x + 2) return curve(start, end);
  const upper = start.y < to.y + to.h / 2;
  const gap = upper && to.y > part.box.y + 2 ? to.y - 3 : to.y + to.h + 3;
  const points = curve(start, { x: part.box.x - 4, y: gap });
  return [...points, ...straight(part.box.x - 4, gap, to.x - 9, gap), to.x - 3, gap, to.x - 6, end.y, to.x, end.y];
}

/** @param {import("./types").Box} box @param {Placed} spot */
function contains(box, spot) {
  return spot.x >= box.x - 1 && spot.x < box.x + box.w && spot.y >= box.y - 1 && spot.y < box.y + box.h;
}

/** A straight piece as the tail of a cubic path. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function straight(x0, y0, x1, y1) {
  return [x0, y0, x1, y1, x1, y1];
}

/** Back to the left, beneath the cards in between, and up into the target from below. @param {Placed} from @param {Placed} to */
function leftward(from, to) {
  const start = from.lane === to.lane && from.x <= to.x ? port(from, "right") : port(from, "left");
  if (from.lane === to.lane) return [start.x, start.y, start.x - 26, start.y, to.x - 26, to.y + to.h / 2, to.x, to.y + to.h / 2];
  const foot = { x: to.x + to.w * 0.62, y: to.y + to.h };
  const level = foot.y + 15;
  return [
    start.x, start.y,
    start.x - 18, start.y, start.x - 8, level, start.x - 30, level,
    ...straight(start.x - 30, level, foot.x + 14, level),
    foot.x, level, foot.x, level, foot.x, foot.y,
  ];
}

/**
 * Lay a track along a path, so that equal times are equal distances.
 * @param {number[]} points
 * @returns {Track}
 */
export function track(points) {
  /** @type {Track} */
  const made = { x: [points[0]], y: [points[1]], length: [0] };
  for (let i = 2; i + 5 < points.length; i += 6) {
    const [x0, y0] = [points[i - 2], points[i - 1]];
    for (let grain = 1; grain <= GRAIN; grain += 1) {
      const t = grain / GRAIN;
      lay(made, bezier(x0, points[i], points[i + 2], points[i + 4], t), bezier(y0, points[i + 1], points[i + 3], points[i + 5], t));
    }
  }
  return made;
}

/** @param {number} a @param {number} b @param {number} c @param {number} d @param {number} t */
function bezier(a, b, c, d, t) {
  const u = 1 - t;
  return u * u * u * a + 3 * u * u * t * b + 3 * u * t * t * c + t * t * t * d;
}

/** @param {Track} made @param {number} x @param {number} y */
function lay(made, x, y) {
  const last = made.x.length - 1;
  made.length.push(made.length[last] + Math.hypot(x - made.x[last], y - made.y[last]));
  made.x.push(x);
  made.y.push(y);
}

/**
 * The point after a part (0 to 1) of the track.
 * @param {Track} made @param {number} part
 */
export function along(made, part) {
  const total = made.length[made.length.length - 1];
  const wanted = Math.min(1, Math.max(0, part)) * total;
  let index = made.length.findIndex((length) => length >= wanted);
  if (index <= 0) index = Math.min(1, made.length.length - 1);
  const span = made.length[index] - made.length[index - 1] || 1;
  const share = (wanted - made.length[index - 1]) / span;
  const [i, j] = [Math.max(0, index - 1), index];
  return { x: made.x[i] + (made.x[j] - made.x[i]) * share, y: made.y[i] + (made.y[j] - made.y[i]) * share };
}

/**
 * The first part of a track as a list of points, for a line that grows behind its packet.
 * @param {Track} made @param {number} part
 */
export function until(made, part) {
  const wanted = Math.min(1, part) * made.length[made.length.length - 1];
  const points = [];
  for (let i = 0; i < made.x.length && made.length[i] <= wanted; i += 1) points.push(made.x[i], made.y[i]);
  const tip = along(made, part);
  return [...points, tip.x, tip.y];
}
