// Where everything stands: lanes from left to right as traffic goes, one band for a Service and its pods, a slot
// for each pod for life. Positions are a function of what there is and of the slots; adding a pod moves nothing. Pure.

import * as levels from "./levels.js";
import * as match from "./match.js";
import { YOU, endpointsOf } from "./model.js";

/** @typedef {import("./types").Arranged} Arranged */
/** @typedef {import("./types").Slots} Slots */
/** @typedef {import("./types").Size} Size */
/** @typedef {import("./types").Layout} Layout */
/** @typedef {import("./types").Lane} Lane */
/** @typedef {import("./types").Placed} Placed */
/** @typedef {import("./types").Group} Group */
/** @typedef {import("./types").Front} Front */

export const HEADING = 44;
export const GUTTER = 5;
export const PAD = 6;
export const WIDE = { outside: 106, edge: 104, nodes: 122, services: 158, slices: 124, pods: 198 };
export const NARROW = { outside: 102, edge: 102, nodes: 114, services: 148, slices: 116, pods: 192 };
const GROUP = { head: 24, foot: 8, pad: 6, small: 52, large: 110 };
export const SERVICE = 68;
const SLICE = 50;
const NODE = { h: 62, ports: 80, gap: 14 };
const CLIENT = { h: 64, gap: 14 };
export const SMALL = { h: 46 };
const INGRESS = { h: 58, gap: 10 };
const SHOWN_NODES = 8;
const LARGEST_ZOOM = 1.35;

/** @returns {Slots} the slots of an empty table */
export function noSlots() {
  return { gap: 0, top: 0, bands: [], pods: {}, clients: [], nodes: [] };
}

/**
 * Choose the zoom at which the lanes fill the width, and the width they then have.
 * @param {Size} size
 */
export function frame(size) {
  const least = total(NARROW) + 7 * GUTTER;
  const natural = total(WIDE) + 7 * GUTTER;
  if (size.width < least) return { k: size.width / least, width: least };
  const k = Math.max(1, Math.min(LARGEST_ZOOM, size.width / (natural * 1.12)));
  return { k, width: size.width / k };
}

/** @param {Record<string, number>} widths */
function total(widths) {
  return Object.values(widths).reduce((sum, width) => sum + width, 0);
}

/**
 * Spread the lanes over a width.
 * @param {number} width
 * @returns {Lane[]}
 */
export function lanes(width) {
  const room = width - 7 * GUTTER;
  const share = Math.max(0, (room - total(NARROW)) / (total(WIDE) - total(NARROW)));
  const stretch = share > 1 ? room / total(WIDE) : 1;
  let x = GUTTER;
  return Object.keys(WIDE).map((key) => {
    const name = /** @type {keyof typeof WIDE} */ (key);
    const w = share > 1 ? WIDE[name] * stretch : NARROW[name] + (WIDE[name] - NARROW[name]) * share;
    const lane = { key, x, w };
    x += w + GUTTER;
    return lane;
  });
}

/**
 * Give everything that is new a place, and free the places of what is gone. What has a place keeps it.
 * @param {Arranged} arranged @param {Slots} before @param {Size} size
 * @returns {Slots}
 */
export function assign(arranged, before, size) {
  const slots = {
    ...before,
    bands: bandsFor(arranged, before.bands),
    pods: podSlots(arranged, before.pods),
    clients: keep(before.clients, arranged.clients.map((pod) => pod.ref)),
    nodes: keep(before.nodes, arranged.nodes.map((node) => node.ref)),
  };
  const groups = new Map(arranged.groups.map((group) => [group.key, group]));
  for (const band of slots.bands) band.h = Math.max(band.h, bandHeight(groups.get(band.group), slots));
  if (!before.gap) Object.assign(slots, breathe(slots, size));
  return slots;
}

/** @param {(string | null)[]} present @param {string[]} refs */
export function keep(present, refs) {
  const wanted = new Set(refs);
  const kept = present.map((ref) => (ref && wanted.delete(ref) ? ref : null));
  for (const ref of wanted) {
    const free = kept.indexOf(null);
    if (free < 0) kept.push(ref);
    else kept[free] = ref;
  }
  while (kept.length && kept[kept.length - 1] === null) kept.pop();
  return kept;
}

/** @param {Arranged} arranged @param {Slots["pods"]} before */
function podSlots(arranged, before) {
  /** @type {Slots["pods"]} */
  const pods = {};
  for (const group of arranged.groups) {
    for (const part of group.parts) pods[part.key] = keep(before[part.key] ?? [], part.pods.map((pod) => pod.ref));
  }
  return pods;
}

/** @param {Arranged} arranged @param {Slots["bands"]} before */
function bandsFor(arranged, before) {
  const fronts = new Map(arranged.fronts.map((front) => [front.key, front]));
  const groups = new Map(arranged.groups.map((group) => [group.key, group]));
  const bands = before.map((band) => ({
    front: fronts.has(band.front) ? band.front : "",
    group: groups.has(band.group) ? band.group : "",
    h: band.h,
  }));
  for (const band of bands) {
    fronts.delete(band.front);
    groups.delete(band.group);
  }
  const fits = fitness(arranged);
  for (const key of fronts.keys()) {
    join(bands, "front", key, [(band) => !band.front && fits(key, band.group) === 2, (band) => !band.front && fits(key, band.group) === 1]);
  }
  const lone = [...groups.keys()].filter((key) => !joined(bands, "group", key, (band) => !band.group && fits(band.front, key) === 2));
  for (const key of lone) join(bands, "group", key, [(band) => !band.group && fits(band.front, key) === 1]);
  while (bands.length && !bands[bands.length - 1].front && !bands[bands.length - 1].group) bands.pop();
  return bands;
}

/**
 * @param {Slots["bands"]} bands @param {"front" | "group"} side @param {string} key
 * @param {((band: import("./types").Band) => boolean)[]} wishes the best first; else a free band, else a new one
 */
function join(bands, side, key, wishes) {
  for (const wish of wishes) if (joined(bands, side, key, wish)) return;
  if (joined(bands, side, key, (free) => !free.front && !free.group)) return;
  bands.push({ front: "", group: "", h: 0, [side]: key });
}

/** @param {Slots["bands"]} bands @param {"front" | "group"} side @param {string} key @param {(band: import("./types").Band) => boolean} wish */
function joined(bands, side, key, wish) {
  const band = bands.find(wish);
  if (band) band[side] = key;
  return band !== undefined;
}

/**
 * Say how well a front and a group belong in one band: 2 it selects them, 1 it nearly does and nobody else does.
 * @param {Arranged} arranged
 * @returns {(front: string, group: string) => number}
 */
function fitness(arranged) {
  const fronts = new Map(arranged.fronts.map((front) => [front.key, front]));
  const groups = new Map(arranged.groups.map((group) => [group.key, group]));
  /** @type {Map<string, boolean>} */
  const lone = new Map();
  const isLone = (/** @type {Group} */ group) => {
    if (!lone.has(group.key)) lone.set(group.key, !arranged.fronts.some((front) => stands(front, group)));
    return lone.get(group.key);
  };
  return (frontKey, groupKey) => {
    const [front, group] = [fronts.get(frontKey), groups.get(groupKey)];
    if (!front || !group || front.ns !== group.ns) return 0;
    if (stands(front, group)) return 2;
    const selector = front.service?.selector ?? {};
    return Object.keys(selector).length && match.verdict(selector, group.labels).near && isLone(group) ? 1 : 0;
  };
}

/** @param {Front} front @param {Group} group */
function stands(front, group) {
  if (front.ns !== group.ns) return false;
  const selector = front.service?.selector ?? {};
  if (Object.keys(selector).length) return match.verdict(selector, group.labels).matches;
  const refs = new Set(endpointsOf(front).map(([ref]) => ref));
  return group.parts.some((part) => part.pods.some((pod) => refs.has(pod.ref)));
}

/** @param {Group | undefined} group @param {Slots} slots */
function bandHeight(group, slots) {
  return Math.max(SERVICE, group ? groupHeight(group, slots) : 0);
}

/** @param {Group} group @param {Slots} slots */
function groupHeight(group, slots) {
  const parts = liveParts(group);
  const most = Math.max(0, ...parts.map((part) => slots.pods[part.key]?.length ?? 0));
  return GROUP.head + GROUP.foot + (most <= 2 / Math.max(1, parts.length) ? GROUP.small : GROUP.large);
}

/** @param {Group} group */
function liveParts(group) {
  return group.parts.filter((part) => part.pods.length);
}

/**
 * Let a small scene breathe: the room that is left goes above it and between its bands, once.
 * @param {Slots} slots @param {Size} size
 */
function breathe(slots, size) {
  const heights = slots.bands.slice(0, 3).map((band) => band.h);
  const content = HEADING + heights.reduce((sum, h) => sum + h, SMALL.h) + (slots.bands.length ? 0 : SERVICE);
  const left = Math.max(0, size.height - content);
  const between = Math.max(1, heights.length);
  return {
    gap: Math.round(clamp((left * 0.3) / between, 26, 92)),
    top: Math.round(HEADING + clamp(left * 0.14, 14, 84)),
  };
}

/** @param {number} value @param {number} low @param {number} high */
function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/**
 * Place everything. `width` is the world's width at the zoom that `frame` chose.
 * @param {Arranged} arranged @param {Slots} slots @param {number} width
 * @returns {Layout}
 */
export function place(arranged, slots, width) {
  const row = lanes(width);
  const lane = Object.fromEntries(row.map((found) => [found.key, found]));
  /** @type {Layout} */
  const layout = { view: "logical", lanes: row, boxes: new Map(), groups: [], width, height: 0, slots };
  const dnsTop = placeBands(layout, arranged, slots, lane);
  placeNodes(layout, arranged, slots, lane.nodes);
  put(layout, lane.services, dnsTop, SMALL.h, arranged.dns ? [arranged.dns.key, ...arranged.dns.slices.map((s) => s.ref)] : []);
  placeOutside(layout, arranged, slots, lane.outside, dnsTop);
  placeIngresses(layout, arranged, lane.edge, slots.top);
  return closed(layout);
}

/** End a layout under the lowest of its boxes. @param {Layout} layout */
export function closed(layout) {
  for (const box of layout.boxes.values()) layout.height = Math.max(layout.height, box.y + box.h);
  layout.height += 28;
  return layout;
}

/** @param {Layout} layout @param {Lane} lane @param {number} y @param {number} h @param {string[]} refs */
export function put(layout, lane, y, h, refs) {
  const placed = { x: lane.x + PAD, y, w: lane.w - 2 * PAD, h, lane: lane.key, form: /** @type {const} */ ("card") };
  for (const ref of refs) layout.boxes.set(ref, placed);
  return placed;
}

/**
 * Lay the bands under each other, the cluster DNS between the first and the rest; return where the DNS goes.
 * @param {Layout} layout @param {Arranged} arranged @param {Slots} slots @param {Record<string, Lane>} lane
 */
function placeBands(layout, arranged, slots, lane) {
  const fronts = new Map(arranged.fronts.map((front) => [front.key, front]));
  const groups = new Map(arranged.groups.map((group) => [group.key, group]));
  let y = slots.top;
  let dnsTop = slots.bands.length ? 0 : y + SERVICE + slots.gap;
  for (const band of slots.bands) {
    const front = fronts.get(band.front);
    const group = groups.get(band.group);
    if (front) placeFront(layout, lane, front, y + band.h / 2);
    if (group) placeGroup(layout, lane.pods, group, slots, y + (band.h - groupHeight(group, slots)) / 2);
    y += band.h + slots.gap;
    if (!dnsTop) {
      dnsTop = y;
      y += SMALL.h + slots.gap;
    }
  }
  return dnsTop;
}

/** A Service, its slices and its load balancer stand level. @param {Layout} layout @param {Record<string, Lane>} lane @param {Front} front @param {number} middle */
export function placeFront(layout, lane, front, middle) {
  if (front.service) put(layout, lane.services, middle - SERVICE / 2, SERVICE, [front.key]);
  if (front.slices.length) put(layout, lane.slices, middle - SLICE / 2, SLICE, front.slices.map((slice) => slice.ref));
  if (front.service?.type === "LoadBalancer") {
    put(layout, lane.edge, middle - SMALL.h / 2, SMALL.h, [`LoadBalancer/${front.ns}/${front.name}`]);
  }
}

/**
 * An Ingress stands before the first of its Services, or beneath what stands there already.
 * @param {Layout} layout @param {Arranged} arranged @param {Lane} lane @param {number} top
 */
export function placeIngresses(layout, arranged, lane, top) {
  const taken = [...layout.boxes.values()].filter((box) => box.lane === lane.key);
  for (const ingress of arranged.ingresses) {
    const ahead = (ingress.services ?? []).map((name) => layout.boxes.get(`Service/${ingress.ns}/${name}`)).find(Boolean);
    let y = ahead ? ahead.y + ahead.h / 2 - INGRESS.h / 2 : top;
    for (const box of taken.sort((a, b) => a.y - b.y)) {
      if (box.y < y + INGRESS.h + INGRESS.gap && box.y + box.h + INGRESS.gap > y) y = box.y + box.h + INGRESS.gap;
    }
    taken.push(put(layout, lane, y, INGRESS.h, [ingress.ref]));
  }
}

/** @param {Layout} layout @param {Lane} lane @param {Group} group @param {Slots} slots @param {number} y */
function placeGroup(layout, lane, group, slots, y) {
  const box = { x: lane.x + PAD, y, w: lane.w - 2 * PAD, h: groupHeight(group, slots) };
  const inner = { x: box.x + GROUP.pad, y: y + GROUP.head, w: box.w - 2 * GROUP.pad, h: box.h - GROUP.head - GROUP.foot };
  const parts = liveParts(group);
  const w = (inner.w - GROUP.pad * (parts.length - 1)) / Math.max(1, parts.length);
  const placed = { group, box, parts: /** @type {import("./types").PlacedPart[]} */ ([]) };
  parts.forEach((part, index) => {
    const room = { x: inner.x + index * (w + GROUP.pad), y: inner.y, w, h: inner.h };
    placed.parts.push(placePart(layout, part, slots.pods[part.key], room));
  });
  layout.groups.push(placed);
  layout.boxes.set(group.key, { ...box, lane: lane.key, form: "card" });
}

/**
 * @param {Layout} layout @param {import("./types").Part} part @param {(string | null)[]} refs
 * @param {import("./types").Box} room
 */
export function placePart(layout, part, refs, room) {
  const cells = levels.fill(refs.length, room.w, room.h);
  refs.forEach((ref, slot) => {
    if (!ref) return;
    const x = room.x + (slot % cells.columns) * cells.pitchX;
    const y = room.y + Math.floor(slot / cells.columns) * cells.pitchY;
    const spot = cells.form === "none" ? room : { x, y, w: cells.w, h: cells.h };
    layout.boxes.set(ref, { ...spot, lane: "pods", form: cells.form });
  });
  return { part, box: room, form: cells.form, pitch: cells.pitchY };
}

/** @param {Layout} layout @param {Arranged} arranged @param {Slots} slots @param {Lane} lane */
function placeNodes(layout, arranged, slots, lane) {
  const h = arranged.nodePorts.length ? NODE.ports : NODE.h;
  if (slots.nodes.length <= SHOWN_NODES) {
    slots.nodes.forEach((ref, slot) => {
      if (ref) put(layout, lane, slots.top + slot * (h + NODE.gap), h, [ref]);
    });
    return;
  }
  const room = { x: lane.x + PAD, y: slots.top + 30, w: lane.w - 2 * PAD, h: 420 };
  const cells = levels.fill(slots.nodes.length, room.w, room.h);
  const form = cells.form === "card" ? "chip" : cells.form;
  slots.nodes.forEach((ref, slot) => {
    if (!ref) return;
    const x = room.x + (slot % cells.columns) * cells.pitchX;
    const y = room.y + Math.floor(slot / cells.columns) * Math.min(cells.pitchY, 28);
    layout.boxes.set(ref, { x, y, w: cells.w, h: Math.min(cells.h, 24), lane: lane.key, form });
  });
}

/** @param {Layout} layout @param {Arranged} arranged @param {Slots} slots @param {Lane} lane @param {number} dnsTop */
function placeOutside(layout, arranged, slots, lane, dnsTop) {
  put(layout, lane, slots.top + 4, SMALL.h, [YOU]);
  const nodes = [...arranged.nodes].map((node) => layout.boxes.get(node.ref)).filter((box) => box !== undefined);
  const below = Math.max(slots.top, ...nodes.map((box) => box.y + box.h)) + NODE.gap + 12;
  const y = Math.max(dnsTop, below) - (CLIENT.h - SMALL.h) / 2;
  slots.clients.forEach((ref, slot) => {
    if (ref) put(layout, lane, y + slot * (CLIENT.h + CLIENT.gap), CLIENT.h, [ref]);
  });
}
