// The quiet lines between the cards: where traffic could go. Pure.

import { YOU, endpointsOf } from "./model.js";

/** Wires change only with the layout; panning asks for them in each frame. @type {WeakMap<Layout, Wire[]>} */
const known = new WeakMap();
/** Above this many, wires to nodes say less than they hide. */
const MOST_TO_NODES = 40;

/** @typedef {import("./types").Box} Box */
/** @typedef {import("./types").Placed} Placed */
/** @typedef {import("./types").Layout} Layout */

/**
 * @typedef {object} Wire
 * @property {string} from
 * @property {string} to
 * @property {number[]} points   x, y, then two control points and the end, as a cubic curve
 * @property {boolean} open      traffic can pass
 */

/**
 * A curve that leaves and arrives level; `late` runs straight first and bends only after that x.
 * @param {{x: number, y: number}} a @param {{x: number, y: number}} b @param {number} [late]
 */
export function curve(a, b, late) {
  const start = late === undefined ? a.x : Math.min(Math.max(a.x, late), b.x);
  const bend = Math.max(12, (b.x - start) / 2);
  const points = [a.x, a.y];
  if (start > a.x) points.push(a.x, a.y, start, a.y, start, a.y);
  points.push(start + bend, a.y, b.x - bend, b.y, b.x, b.y);
  return points;
}

/** The middle of a side of a box. @param {Box} box @param {"left" | "right"} side */
export function port(box, side) {
  return { x: side === "left" ? box.x : box.x + box.w, y: box.y + box.h / 2 };
}

/**
 * @param {import("./types").Arranged} arranged @param {Layout} layout
 * @returns {Wire[]}
 */
export function wires(arranged, layout) {
  let found = known.get(layout);
  if (!found) {
    found = layout.view === "physical" ? inside(arranged, layout) : [...entrances(arranged, layout), ...ingresses(arranged, layout), ...arranged.fronts.flatMap((front) => behind(front, layout))];
    known.set(layout, found);
  }
  return found;
}

/**
 * In the physical view: from outside to the Services, over their slices to the nodes that hold an endpoint.
 * @param {import("./types").Arranged} arranged @param {Layout} layout
 */
function inside(arranged, layout) {
  const nodeOf = new Map(arranged.pods.map((pod) => [pod.ref, `Node//${pod.node}`]));
  /** @type {Wire[]} */
  const near = [];
  /** @type {Wire[]} */
  const far = [];
  for (const { ref, service } of arranged.balancers) {
    if (service.external?.length) near.push(...wire(layout, YOU, ref, true), ...wire(layout, ref, service.ref, true));
  }
  near.push(...ingresses(arranged, layout));
  for (const front of arranged.fronts) {
    const [slice] = front.slices;
    if (!slice) continue;
    near.push(...toSlices(front, layout));
    far.push(...toNodes(front, slice.ref, nodeOf, layout));
  }
  return far.length > MOST_TO_NODES ? near : [...near, ...far];
}

/** From a Service to its slices. @param {import("./types").Front} front @param {Layout} layout */
function toSlices(front, layout) {
  const { ready, serving } = front.counts;
  return front.service ? wire(layout, front.key, front.slices[0].ref, ready + serving > 0) : [];
}

/** @param {import("./types").EndpointState} state */
function isUsable(state) {
  return state === "ready" || state === "serving";
}

/** One wire to each node, open if one of its endpoints is. @param {import("./types").Front} front @param {string} from @param {Map<string, string>} nodeOf @param {Layout} layout */
function toNodes(front, from, nodeOf, layout) {
  /** @type {Map<string, boolean>} */
  const open = new Map();
  for (const [ref, state] of endpointsOf(front)) {
    const node = nodeOf.get(ref);
    if (node) open.set(node, Boolean(open.get(node)) || isUsable(state));
  }
  const start = layout.boxes.get(from);
  return [...open].flatMap(([node, usable]) => {
    const door = layout.doors?.get(node);
    const frame = layout.boxes.get(node);
    if (!start || !door || !frame) return [];
    return [{ from, to: node, open: usable, points: curve(port(start, "right"), { x: frame.x, y: door.y + door.h / 2 }) }];
  });
}

/** @param {Layout} layout @param {string} from @param {string} to @param {boolean} open @returns {Wire[]} */
function wire(layout, from, to, open) {
  const [a, b] = [layout.boxes.get(from), layout.boxes.get(to)];
  if (!a || !b) return [];
  return [{ from, to, open, points: curve(port(a, "right"), port(b, "left")) }];
}

/**
 * To an Ingress from the address it is reached at, and on to the Services of its rules.
 * @param {import("./types").Arranged} arranged @param {Layout} layout
 */
function ingresses(arranged, layout) {
  return arranged.ingresses.flatMap((ingress) => {
    const open = Boolean(ingress.external?.length);
    const services = (ingress.services ?? []).map((name) => `Service/${ingress.ns}/${name}`);
    return [...reached(arranged, layout, ingress, open), ...services.flatMap((ref) => wire(layout, ingress.ref, ref, open))];
  });
}

/**
 * Down from the load balancer whose address it has, else from outside.
 * @param {import("./types").Arranged} arranged @param {Layout} layout @param {import("./types").Element} ingress @param {boolean} open
 * @returns {Wire[]}
 */
function reached(arranged, layout, ingress, open) {
  const front = arranged.balancers.find(({ service }) => service.external?.some((ip) => ingress.external?.includes(ip)));
  const [a, b] = [front && layout.boxes.get(front.ref), layout.boxes.get(ingress.ref)];
  if (!front || !a || !b) return wire(layout, YOU, ingress.ref, open);
  const [top, under] = a.y < b.y ? [a.y + a.h, b.y] : [a.y, b.y + b.h];
  const x = a.x + a.w / 2;
  return [{ from: front.ref, to: ingress.ref, open, points: [x, top, x, top, x, under, x, under] }];
}

/** The ways in from outside. @param {import("./types").Arranged} arranged @param {Layout} layout */
function entrances(arranged, layout) {
  /** @type {Wire[]} */
  const found = [];
  const opened = arranged.fronts.filter((front) => /** @type {any[]} */ (front.service?.ports ?? []).some((p) => p.node));
  if (!opened.length) return found;
  const nodes = arranged.nodes.filter((node) => layout.boxes.get(node.ref)?.form === "card");
  const byBalancer = arranged.balancers.filter(({ service }) => service.external?.length);
  for (const balancer of byBalancer) {
    found.push(...wire(layout, YOU, balancer.ref, true));
    for (const node of nodes) found.push(...wire(layout, balancer.ref, node.ref, true));
  }
  if (!byBalancer.length) for (const node of nodes) found.push(...wire(layout, YOU, node.ref, true));
  for (const front of opened) for (const node of nodes) found.push(...wire(layout, node.ref, front.key, true));
  return found;
}

/** From a Service over its slices to its pods. @param {import("./types").Front} front @param {Layout} layout */
function behind(front, layout) {
  const [slice] = front.slices;
  if (!slice) return [];
  const found = toSlices(front, layout);
  const from = layout.boxes.get(slice.ref);
  if (!from) return found;
  /** @type {Map<string, Wire>} */
  const ends = new Map();
  for (const [ref, state] of endpointsOf(front)) {
    const target = footOf(layout, ref);
    if (!target) continue;
    const key = `${target.x}:${target.y}`;
    const usable = isUsable(state);
    const present = ends.get(key);
    if (present) present.open ||= usable;
    else ends.set(key, { from: slice.ref, to: ref, open: usable, points: wirePoints(from, target) });
  }
  return [...found, ...ends.values()];
}

/** @param {Placed} from @param {{x: number, y: number}} target */
function wirePoints(from, target) {
  return target.x >= from.x ? curve(port(from, "right"), target) : back(from, target);
}

/** A way back to the left, under the lanes between. @param {Box} from @param {{x: number, y: number}} target */
function back(from, target) {
  const start = { x: from.x + from.w / 2, y: from.y + from.h };
  const dip = Math.max(start.y, target.y) + 36;
  return [start.x, start.y, start.x, dip, target.x + 60, dip, target.x, target.y];
}

/**
 * Where a wire to a pod ends: at its card in the first column, else at the left of its row, or at its crowd's box.
 * @param {Layout} layout @param {string} ref
 */
export function footOf(layout, ref) {
  const box = layout.boxes.get(ref);
  if (!box) return null;
  if (box.lane !== "pods") return { x: box.x + box.w, y: box.y + box.h / 2 };
  const group = layout.groups.find((placed) => box.x >= placed.box.x && box.y >= placed.box.y && box.y < placed.box.y + placed.box.h);
  const part = group?.parts.find((placed) => box.x >= placed.box.x - 1 && box.x < placed.box.x + placed.box.w);
  if (!part) return port(box, "left");
  if (box.form === "card" && box.x < part.box.x + 2) return port(box, "left");
  if (box.form === "card") return { x: part.box.x, y: box.y + box.h / 2 };
  return { x: part.box.x - 4, y: part.box.y + part.box.h / 2 };
}
