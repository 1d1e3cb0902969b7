// The physical view: pods inside their nodes, Services on the left. A node's frame has one size whatever runs in it,
// and a pod keeps its slot in it for life: adding a pod moves nothing but, at most, its neighbours. Pure.

import * as layouts from "./layout.js";
import { YOU } from "./model.js";

/** @typedef {import("./types").Arranged} Arranged */
/** @typedef {import("./types").Slots} Slots */
/** @typedef {import("./types").Layout} Layout */
/** @typedef {import("./types").Lane} Lane */
/** @typedef {import("./types").Element} Element */

/** Where pods stand that no node has yet. */
export const NOWHERE = "Nowhere//";
/** The lanes of the logical view that stand left of the frames. */
const BESIDE = /** @type {const} */ (["outside", "edge", "services", "slices"]);
const FRAME = { head: 64, foot: 8, pad: 8, pods: 110, gap: 14, w: 346 };
const FRAME_H = FRAME.head + FRAME.pods + FRAME.foot;
const DOOR = { x: 8, y: 36, h: 20, w: 168 };
const GAP = 18;
/** Columns of frames by how many nodes there are: only a new class moves them. */
const COLUMNS = [[4, 1], [12, 2], [30, 3], [60, 5], [120, 8], [300, 12], [Infinity, 24]];

/** @param {Arranged} arranged @param {Slots} before @returns {Slots} */
export function assign(arranged, before) {
  const held = byNode(arranged);
  /** @type {Slots["pods"]} */
  const inside = {};
  for (const [key, pods] of held) inside[key] = layouts.keep(before.inside?.[key] ?? [], pods.map((pod) => pod.ref));
  return {
    ...before,
    inside,
    rows: layouts.keep(before.rows ?? [], arranged.fronts.map((front) => front.key)),
    nodes: layouts.keep(before.nodes, arranged.nodes.map((node) => node.ref)),
  };
}

/** @param {Arranged} arranged @returns {Map<string, Element[]>} */
export function byNode(arranged) {
  /** @type {Map<string, Element[]>} */
  const held = new Map(arranged.nodes.map((node) => [node.ref, []]));
  for (const pod of arranged.pods) {
    const key = pod.node && held.has(`Node//${pod.node}`) ? `Node//${pod.node}` : NOWHERE;
    const present = held.get(key);
    if (present) present.push(pod);
    else held.set(key, [pod]);
  }
  return held;
}

/** @param {number} count */
export function columns(count) {
  return /** @type {[number, number]} */ (COLUMNS.find(([most]) => count <= most))[1];
}

/** @param {number} width @param {number} across columns of frames @returns {Lane[]} */
function lanes(width, across) {
  const sizes = width > 900 ? layouts.WIDE : layouts.NARROW;
  let x = layouts.GUTTER;
  const row = BESIDE.map((key) => {
    const lane = { key, x, w: sizes[key] };
    x += lane.w + layouts.GUTTER;
    return lane;
  });
  const least = across * (FRAME.w + FRAME.gap) + 22;
  return [...row, { key: "inside", x, w: Math.max(width - x - layouts.GUTTER, least) }];
}

/**
 * Place everything, the pods inside their nodes.
 * @param {Arranged} arranged @param {Slots} slots @param {number} width
 * @returns {Layout}
 */
export function place(arranged, slots, width) {
  const across = columns(slots.nodes.length);
  const row = lanes(width, across);
  const lane = Object.fromEntries(row.map((found) => [found.key, found]));
  const last = row[row.length - 1];
  /** @type {Layout} */
  const layout = { view: "physical", lanes: row, boxes: new Map(), doors: new Map(), groups: [], width: last.x + last.w + layouts.GUTTER, height: 0, slots };
  const top = layouts.HEADING + 14;
  layouts.put(layout, lane.outside, top, layouts.SMALL.h, [YOU]);
  const below = top + layouts.SMALL.h + GAP + 8;
  placeFronts(layout, arranged, lane, below);
  layouts.placeIngresses(layout, arranged, lane.edge, below);
  placeFrames(layout, arranged, last, top, across);
  return layouts.closed(layout);
}

/** @param {Layout} layout @param {Arranged} arranged @param {Record<string, Lane>} lane @param {number} top */
function placeFronts(layout, arranged, lane, top) {
  const { dns } = arranged;
  if (dns) layouts.put(layout, lane.services, top, layouts.SMALL.h, [dns.key, ...dns.slices.map((slice) => slice.ref)]);
  const fronts = new Map(arranged.fronts.map((front) => [front.key, front]));
  (layout.slots.rows ?? []).forEach((key, slot) => {
    const front = key ? fronts.get(key) : undefined;
    const y = top + layouts.SMALL.h + GAP + slot * (layouts.SERVICE + GAP);
    if (front) layouts.placeFront(layout, lane, front, y + layouts.SERVICE / 2);
  });
}

/** @param {Layout} layout @param {Arranged} arranged @param {Lane} lane @param {number} top @param {number} across */
function placeFrames(layout, arranged, lane, top, across) {
  const nodes = new Map(arranged.nodes.map((node) => [node.ref, node]));
  const held = byNode(arranged);
  const inset = { x: lane.x + 22, w: lane.w - 22 - layouts.PAD };
  const w = (inset.w - FRAME.gap * (across - 1)) / across;
  const at = (/** @type {number} */ slot) => ({
    x: inset.x + (slot % across) * (w + FRAME.gap), y: top + Math.floor(slot / across) * (FRAME_H + FRAME.gap), w, h: FRAME_H,
  });
  layout.slots.nodes.forEach((ref, slot) => {
    const node = ref ? nodes.get(ref) : undefined;
    if (node) placeFrame(layout, node.ref, node.name, held.get(node.ref) ?? [], at(slot));
  });
  const waiting = held.get(NOWHERE);
  if (waiting) placeFrame(layout, NOWHERE, "", waiting, at(Math.ceil(layout.slots.nodes.length / across) * across));
}

/** @param {Layout} layout @param {string} key @param {string} name @param {Element[]} pods @param {import("./types").Box} box */
function placeFrame(layout, key, name, pods, box) {
  const ready = pods.filter((pod) => pod.ready).length;
  const part = { key, name, revision: 0, pods };
  const group = { key, kind: key === NOWHERE ? "Nowhere" : "Node", ns: "", name, labels: {}, parts: [part], total: pods.length, ready };
  const room = { x: box.x + FRAME.pad, y: box.y + FRAME.head, w: box.w - 2 * FRAME.pad, h: FRAME.pods };
  layout.boxes.set(key, { ...box, lane: "inside", form: "card" });
  if (key !== NOWHERE) layout.doors?.set(key, { x: box.x + DOOR.x, y: box.y + DOOR.y, w: DOOR.w, h: DOOR.h, lane: "door", form: "card" });
  layout.groups.push({ group, box, parts: [layouts.placePart(layout, part, layout.slots.inside?.[key] ?? [], room)] });
}

/** The door of a node is where its kube-proxy rewrites packets; any other ref is where its card is. @param {Layout} layout @param {string} ref */
export function spot(layout, ref) {
  return layout.doors?.get(ref) ?? layout.boxes.get(ref);
}

/**
 * The way between two places of the physical view: through the gutter left of the frames, and down into a frame.
 * @param {Layout} layout @param {import("./types").Placed} from @param {import("./types").Placed} to
 * @returns {number[] | null} null where the ways of the logical view serve
 */
export function route(layout, from, to) {
  if (layout.view !== "physical") return null;
  const [a, b] = [from.lane, to.lane];
  if (a === "door" && b === "door") return gutter(from, to);
  if (a === "pods" && b === "door") return drop(to, from, true);
  if (a === "door" && b === "pods") return drop(from, to, false);
  if (a === "pods" && b === "pods") return hop(from, to);
  if (b === "door" && a !== "services") {
    const start = { x: from.x + from.w, y: from.y + from.h / 2 };
    return into(layout, start, { x: to.x, y: to.y + to.h / 2 });
  }
  return b === "services" && (a === "pods" || a === "door") ? out(layout, from, to) : null;
}

/** Level over the cards, then down the gutter to the door. @param {Layout} layout @param {{x: number, y: number}} a @param {{x: number, y: number}} b */
function into(layout, a, b) {
  const lane = layout.lanes[layout.lanes.length - 1];
  const x = Math.max(a.x, lane.x + 4);
  return [a.x, a.y, a.x, a.y, x, a.y, x, a.y, x + 10, a.y, b.x - 14, b.y, b.x, b.y];
}

/** @param {import("./types").Box} from @param {import("./types").Box} to */
function gutter(from, to) {
  const x = Math.min(from.x, to.x) - 20;
  const [y0, y1] = [from.y + from.h / 2, to.y + to.h / 2];
  return [from.x, y0, x, y0, x, y0, x, (y0 + y1) / 2, x, y1, x, y1, to.x, y1];
}

/** Between a door and a pod beneath it. @param {import("./types").Box} door @param {import("./types").Box} pod @param {boolean} up */
function drop(door, pod, up) {
  const a = { x: Math.min(door.x + door.w - 10, Math.max(door.x + 14, pod.x + pod.w / 2)), y: door.y + door.h };
  const b = { x: pod.x + pod.w / 2, y: pod.y };
  const bend = Math.max(5, (b.y - a.y) / 2);
  const down = [a.x, a.y, a.x, a.y + bend, b.x, a.y + bend - 2, b.x, b.y];
  return up ? [b.x, b.y, b.x, a.y + bend - 2, a.x, a.y + bend, a.x, a.y] : down;
}

/** Between two pods, over their tops. @param {import("./types").Box} from @param {import("./types").Box} to */
function hop(from, to) {
  const [a, b] = [{ x: from.x + from.w / 2, y: from.y }, { x: to.x + to.w / 2, y: to.y }];
  const y = Math.min(a.y, b.y) - 6;
  return [a.x, a.y, a.x, y, b.x, y, b.x, b.y];
}

/** From inside a node to the Services: up out of the pod, then level to the right side of the card. @param {Layout} layout @param {import("./types").Box} from @param {import("./types").Box} to */
function out(layout, from, to) {
  const lane = layout.lanes[layout.lanes.length - 1];
  const x = lane.x + 8;
  const [sx, y] = [from.x, from.y - 4];
  const end = { x: to.x + to.w, y: to.y + to.h / 2 };
  const start = { x: sx + Math.min(20, from.w / 2), y: from.y };
  return [start.x, start.y, start.x, y, start.x, y, start.x - 8, y, start.x - 8, y, x, y, x, y, x - 10, y, end.x + 40, end.y, end.x, end.y];
}
