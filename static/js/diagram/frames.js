// A node as a frame around its pods: name, address, zone, state in words, and the door where its kube-proxy works. Pure.

import * as cards from "./cards.js";
import { NOWHERE } from "./physical.js";

/** @typedef {import("./types").Command} Command */
/** @typedef {import("./types").Box} Box */
/** @typedef {import("./scene").Frame} Frame */

/**
 * @param {Frame} frame @param {import("./types").PlacedGroup} placed @param {Box} at @param {number} alpha
 * @returns {Command[]}
 */
export function frame(frame, placed, at, alpha) {
  const { group: held } = placed;
  if (held.key === NOWHERE) {
    return [
      { op: "box", ...at, r: 8, fill: "group", stroke: "line-strong", width: 1, dash: [4, 3], alpha },
      cards.line(frame, frame.say("nowhere", { n: held.total }), at.x + 10, at.y + 22, at.w - 20, { font: "tag", fill: "warn", alpha }),
    ];
  }
  const node = frame.model.elements.get(held.key);
  if (!node) return [];
  const count = held.total === 1 ? frame.say("pods.one") : frame.say("pods.count", { n: held.total });
  const tag = held.ready < held.total ? frame.say("pods.ready", { ready: held.ready, n: held.total }) : count;
  const taken = frame.measure(tag, "tag") + 12;
  const named = Math.min(frame.measure(node.name, "name"), at.w - 20 - taken);
  const where = [node.ip, node.zone].filter(Boolean).join(" · ");
  /** @type {Command[]} */
  const commands = [
    { op: "box", ...at, r: 8, fill: "group", stroke: node.ready ? "line-strong" : "fail", width: 1, alpha, ...cards.ring(frame, held.key) },
    cards.line(frame, node.name, at.x + 10, at.y + 21, named + 2, { middle: true, alpha }),
    cards.line(frame, where, at.x + 18 + named, at.y + 21, at.w - named - taken - 28, { font: "mono", fill: "muted", alpha }),
    cards.line(frame, tag, at.x + at.w - 10, at.y + 21, taken, { font: "tag", fill: held.ready < held.total ? "warn" : "muted", align: "right", alpha }),
  ];
  return [...commands, ...door(frame, node, at, alpha)];
}

/** @param {Frame} frame @param {import("./types").Element} node @param {Box} at @param {number} alpha @returns {Command[]} */
function door(frame, node, at, alpha) {
  const box = frame.layout.doors?.get(node.ref);
  if (!box) return [];
  const x = at.x + 8;
  const y = at.y + 36;
  const mode = node.proxy || frame.say("proxy.none");
  const written = frame.measure(mode, "mono");
  const end = x + box.w + 10;
  const closed = node.ready && !node.open ? frame.say("node.closed") : "";
  const ports = frame.arranged.nodePorts.map((port) => `:${port}`).join(" ");
  /** @type {Command[]} */
  const commands = [
    { op: "box", x, y, w: box.w, h: box.h, r: 5, fill: "card", stroke: "line", width: 1, alpha },
    cards.line(frame, mode, x + 7, y + 14, box.w - 14, { font: "mono", fill: node.proxy ? "text" : "warn", alpha }),
  ];
  if (node.proxy || !node.ready) {
    commands.push(...cards.health(frame, { ...node, open: true }, x + 14 + written, y + 14, box.w - written - 18, alpha));
  }
  const room = at.x + at.w - end - 10;
  if (closed) commands.push(cards.line(frame, closed, end, y + 14, room, { font: "tag", fill: "warn", alpha }));
  else if (ports) commands.push(cards.line(frame, ports, end, y + 14, room, { font: "mono", fill: "muted", alpha }));
  return commands;
}
