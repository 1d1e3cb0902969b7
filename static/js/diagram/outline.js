// The diagram as a tree of words: lanes, groups, objects, in the order a reader meets them. Pure.

import * as guards from "./guards.js";
import { YOU, endpointsOf, shownLabels } from "./model.js";
import { NOWHERE, byNode } from "./physical.js";

/** @typedef {import("./types").Arranged} Arranged */
/** @typedef {import("./types").Element} Element */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

/**
 * @typedef {object} Row
 * @property {string} key
 * @property {string} ref        "" for a lane
 * @property {string} lane
 * @property {string} name       what type-ahead looks at
 * @property {string} label      what a screen reader says
 * @property {number} level
 * @property {number} size
 * @property {number} position
 * @property {boolean | null} open   whether a row with rows under it shows them
 */

/**
 * @param {Arranged} arranged @param {Set<string>} closed keys of rows whose rows are folded away
 * @param {Say} say @param {string} outside @param {boolean} [inside] pods stand under their nodes
 * @returns {Row[]}
 */
export function rows(arranged, closed, say, outside, inside = false) {
  const balancers = arranged.balancers.map((found) => leaf(found.ref, found.service.name, [say("cloud"), found.service.name, found.service.external?.[0] ?? say("pending")]));
  const names = arranged.dns ? [leaf(arranged.dns.key, say("dns"), [say("dns"), arranged.dns.service?.ip ?? ""])] : [];
  const you = leaf(YOU, say("you"), [say("you"), outside]);
  /** @type {[string, Draft[]]} */
  const edge = ["edge", [...balancers, ...arranged.ingresses.map((ingress) => ingressLeaf(ingress, say))]];
  /** @type {[string, Draft[]][]} */
  const fronts = [
    ["services", [...arranged.fronts.filter((front) => front.service).map((front) => serviceLeaf(front, say)), ...names]],
    ["slices", arranged.fronts.flatMap((front) => front.slices.slice(0, 1).map((slice) => sliceLeaf(front, slice, say)))],
  ];
  /** @type {[string, Draft[]][]} */
  const lanes = inside
    ? [["outside", [you]], edge, ...fronts, ["inside", nodeRows(arranged, say)]]
    : [
        ["outside", [you, ...arranged.clients.map((pod) => podLeaf(arranged, pod, say))]],
        edge,
        ["nodes", arranged.nodes.map((node) => nodeLeaf(node, say))],
        ...fronts,
        ["pods", arranged.groups.map((group) => groupRow(arranged, group, say))],
      ];
  const filled = lanes.filter(([, drafts]) => drafts.length);
  return filled.flatMap(([key, drafts], index) => {
    const lane = { ref: "", name: say(`lane.${key}`), label: say(`lane.${key}`), under: drafts };
    return flat(lane, `lane:${key}`, key, 1, filled.length, index + 1, closed);
  });
}

/** @typedef {{ref: string, name: string, label: string, under?: Draft[]}} Draft */

/** @param {string} ref @param {string} name @param {string[]} words @returns {Draft} */
function leaf(ref, name, words) {
  return { ref, name, label: words.filter(Boolean).join(", ") };
}

/** @param {Element} node @param {Say} say @returns {Draft} */
function nodeLeaf(node, say) {
  return leaf(node.ref, node.name, ["Node", node.name, node.ip ?? "", node.zone ?? "", node.proxy ?? "", node.ready ? "" : say("node.notready"), node.open ? "" : say("node.closed")]);
}

/** Each node with the pods that run on it. @param {Arranged} arranged @param {Say} say @returns {Draft[]} */
function nodeRows(arranged, say) {
  const held = byNode(arranged);
  const named = arranged.nodes.map((node) => ({ ...nodeLeaf(node, say), under: (held.get(node.ref) ?? []).map((pod) => podLeaf(arranged, pod, say)) }));
  const waiting = held.get(NOWHERE);
  if (!waiting) return named;
  const title = say("nowhere", { n: waiting.length });
  return [...named, { ref: NOWHERE, name: title, label: title, under: waiting.map((pod) => podLeaf(arranged, pod, say)) }];
}

/** @param {Element} ingress @param {Say} say @returns {Draft} */
function ingressLeaf(ingress, say) {
  const services = (ingress.services ?? []).join(" ");
  const words = [ingress.type ?? "", (ingress.hosts ?? []).join(" "), ingress.external?.[0] ?? say("pending"), services && say("leads", { names: services })];
  return leaf(ingress.ref, ingress.name, [`Ingress ${ingress.name}`, ...words]);
}

/** @param {Arranged} arranged @param {Element} pod @param {Say} say @returns {Draft} */
function podLeaf(arranged, pod, say) {
  const labels = shownLabels(pod).map(([key, value]) => `${key}=${value}`).join(" ");
  const state = pod.word === "Running" && !pod.ready ? say("notready") : pod.word ?? "";
  return leaf(pod.ref, pod.name, [`Pod ${pod.name}`, state, pod.ip ?? "", pod.node ?? "", labels, guards.words(arranged.guards.get(pod.ref), say)]);
}

/** @param {import("./types").Front} front @param {Say} say @returns {Draft} */
function serviceLeaf(front, say) {
  const service = /** @type {Element} */ (front.service);
  const selector = Object.entries(service.selector ?? {}).map(([key, value]) => `${key}=${value}`).join(" ");
  const ready = front.counts.ready ? say("ready", { n: front.counts.ready }) : say("none.endpoints");
  return leaf(service.ref, service.name, [`Service ${service.name}`, service.type ?? "", service.ip ?? "", selector || say("none.selector"), ready]);
}

/** @param {import("./types").Front} front @param {Element} slice @param {Say} say @returns {Draft} */
function sliceLeaf(front, slice, say) {
  const { ready, waiting } = front.counts;
  const words = [say("ready", { n: ready }), waiting ? say("waiting", { n: waiting }) : ""].filter(Boolean);
  return leaf(slice.ref, slice.name, [`EndpointSlice ${slice.name}`, words.join(" ")]);
}

/** @param {Arranged} arranged @param {import("./types").Group} group @param {Say} say @returns {Draft} */
function groupRow(arranged, group, say) {
  const title = group.kind === "Bare" ? say("pods.bare", { n: group.total }) : say("pods.of", { kind: group.kind, name: group.name, n: group.total });
  return { ref: group.key, name: group.name || title, label: title, under: group.parts.flatMap((part) => part.pods.map((pod) => podLeaf(arranged, pod, say))) };
}

/** @param {Draft} draft @param {string} key @param {string} lane @param {number} level @param {number} size @param {number} position @param {Set<string>} closed @returns {Row[]} */
function flat(draft, key, lane, level, size, position, closed) {
  const under = draft.under ?? [];
  const open = under.length ? !closed.has(key) : null;
  /** @type {Row} */
  const row = { key, ref: draft.ref, lane, name: draft.name, label: draft.label, level, size, position, open };
  if (!open) return [row];
  return [row, ...under.flatMap((child, index) => flat(child, child.ref, lane, level + 1, under.length, index + 1, closed))];
}

/**
 * The next object along the traffic: from a Service over its slices to its pods; from a pod back.
 * @param {Arranged} arranged @param {string} ref @param {1 | -1} direction
 * @returns {string} a ref, "" where the way ends
 */
export function along(arranged, ref, direction) {
  for (const front of arranged.fronts) {
    const chain = [front.service?.ref ?? "", front.slices[0]?.ref ?? ""].filter(Boolean);
    const pods = endpointsOf(front).map(([pod]) => pod);
    if (pods.includes(ref)) {
      if (direction < 0) return chain[chain.length - 1] ?? "";
      continue;
    }
    const index = chain.indexOf(ref);
    if (index < 0) continue;
    if (direction > 0) return chain[index + 1] ?? pods[0] ?? "";
    if (index > 0) return chain[index - 1];
    const balancer = arranged.balancers.find((found) => found.service.ref === ref);
    return balancer?.ref ?? arranged.nodes[0]?.ref ?? "";
  }
  return entrance(arranged, ref, direction);
}

/** @param {Arranged} arranged @param {string} ref @param {1 | -1} direction */
function entrance(arranged, ref, direction) {
  const balancer = arranged.balancers.find((found) => found.ref === ref);
  if (balancer) return direction > 0 ? balancer.service.ref : YOU;
  const ingress = arranged.ingresses.find((found) => found.ref === ref);
  if (ingress) return direction < 0 ? YOU : ingress.services?.length ? `Service/${ingress.ns}/${ingress.services[0]}` : "";
  if (ref === YOU) return direction > 0 ? arranged.balancers[0]?.ref ?? arranged.nodes[0]?.ref ?? "" : "";
  if (ref.startsWith("Node/")) return direction > 0 ? arranged.fronts.find((front) => front.service)?.key ?? "" : YOU;
  if (arranged.clients.some((pod) => pod.ref === ref) && direction > 0) return arranged.dns?.key ?? "";
  return "";
}
