// The picture from afar: blocks with a name large enough to read and a health bar; nearer, each pod a mark in them. Pure.

import * as cards from "./cards.js";
import * as glyphs from "./glyphs.js";
import { YOU } from "./model.js";
import * as wires from "./wires.js";

/** @typedef {import("./types").Command} Command */
/** @typedef {import("./types").Box} Box */
/** @typedef {import("./types").Element} Element */
/** @typedef {import("./scene").Frame} Frame */
/** @typedef {(box: Box) => boolean} Sees */

const FAR = 20;

/** @param {Frame} frame @param {Sees} sees @returns {Command[]} */
export function blocks(frame, sees) {
  const near = frame.level === "group";
  /** @type {Command[]} */
  const commands = near ? lines(frame) : [];
  for (const placed of frame.layout.groups) if (sees(placed.box)) commands.push(...block(frame, placed, near));
  for (const front of frame.arranged.fronts) if (front.service) commands.push(...named(frame, front.key, front.name, sees));
  if (frame.arranged.dns) commands.push(...named(frame, frame.arranged.dns.key, frame.say("dns"), sees));
  for (const { ref } of frame.arranged.balancers) commands.push(...named(frame, ref, frame.say("cloud"), sees));
  for (const { ref, name } of frame.arranged.ingresses) commands.push(...named(frame, ref, name, sees));
  commands.push(...named(frame, YOU, frame.say("you"), sees));
  for (const front of near ? frame.arranged.fronts : []) {
    const [slice] = front.slices;
    const box = slice && frame.shown.get(slice.ref);
    if (box && sees(box)) commands.push(cards.paper(box, cards.ring(frame, slice.ref)));
  }
  if (frame.layout.view === "physical") return commands;
  for (const node of frame.arranged.nodes) commands.push(...named(frame, node.ref, node.name, sees, node.ready ? {} : { stroke: "fail" }));
  for (const pod of frame.arranged.clients) commands.push(...named(frame, pod.ref, pod.name, sees));
  return commands;
}

/** @param {Frame} frame @returns {Command[]} */
function lines(frame) {
  return wires.wires(frame.arranged, frame.layout).map((wire) => ({
    op: "path", points: wire.points, stroke: "wire", width: 1.6, dash: wire.open ? undefined : [6, 5], alpha: frame.matching ? cards.FADED : 1,
  }));
}

/** @param {Frame} frame @param {string} ref @param {string} name @param {Sees} sees @param {Partial<Command>} [look] @returns {Command[]} */
function named(frame, ref, name, sees, look = {}) {
  const box = frame.shown.get(ref);
  if (!box || !sees(box)) return [];
  const paper = cards.paper(box, { r: 8, stroke: "line-strong", width: 2, ...look, ...cards.ring(frame, ref), alpha: box.alpha });
  if (box.h < FAR + 4) return [paper];
  const font = fontFor(frame, name, box.w - 16);
  return [paper, cards.line(frame, name, box.x + 8, box.y + box.h / 2 + (font === "far" ? 10 : 7), box.w - 16, { font, middle: true, alpha: box.alpha })];
}

/** The largest letters in which a name fits whole. @param {Frame} frame @param {string} name @param {number} room */
function fontFor(frame, name, room) {
  return frame.measure(name, "far") <= room ? "far" : "mid";
}

/** @param {Frame} frame @param {import("./types").PlacedGroup} placed @param {boolean} near @returns {Command[]} */
function block(frame, placed, near) {
  const { box, group: held } = placed;
  const inside = frame.layout.view === "physical";
  const isSick = inside && frame.model.elements.get(held.key)?.ready === false;
  const title = inside && held.name === "" ? frame.say("nowhere", { n: held.total }) : held.name || frame.say("pods.bare", { n: held.total });
  /** @type {Command[]} */
  const commands = [{ op: "box", ...box, r: 12, fill: near ? "group" : "card", stroke: isSick ? "fail" : "line-strong", width: 2, ...cards.ring(frame, held.key) }];
  const pods = held.parts.flatMap((part) => part.pods);
  const marks = near && (inside || box.h > 60);
  const y = marks ? box.y + (inside ? 40 : 19) : box.y + box.h / 2 + 4;
  commands.push(cards.line(frame, title, box.x + 10, y, box.w - 20, { font: marks && !inside ? "mid" : fontFor(frame, title, box.w - 20), middle: true }));
  if (marks && placed.parts.every((part) => part.form !== "none")) return [...commands, ...dots(frame, pods)];
  return [...commands, ...cards.bar(count(pods), box.x + 10, box.y + box.h - 16, box.w - 20, 1).map((part) => ({ ...part, h: 8 }))];
}

/** Each pod as its mark: the sound ones in one stroke, the others in their own shapes. @param {Frame} frame @param {Element[]} pods @returns {Command[]} */
function dots(frame, pods) {
  /** @type {Record<string, number[]>} */
  const sound = {};
  /** @type {Command[]} */
  const others = [];
  for (const pod of pods) {
    const box = frame.shown.get(pod.ref);
    if (!box) continue;
    const [x, y, r] = [box.x + box.w / 2, box.y + box.h / 2, Math.min(10, box.w / 2, box.h / 2)];
    const near = frame.verdicts?.get(pod.ref)?.near;
    const alpha = cards.podAlpha(frame, pod.ref);
    if (frame.selected === pod.ref || frame.hovered === pod.ref) others.push({ op: "halo", x, y, r: r + 3, stroke: "select", width: 3 });
    if (pod.tone === "ok" && !near) (sound[alpha] ??= []).push(x, y, r);
    else others.push(near ? { op: "ring", x, y, r, fill: "warn", alpha } : glyphs.state(pod.tone, x, y, r, alpha));
  }
  return [...Object.entries(sound).map(([alpha, points]) => ({ op: "dots", points, fill: "ok", alpha: Number(alpha) })), ...others];
}

/** How many pods are in which state. @param {Element[]} pods @returns {[number, string][]} */
export function count(pods) {
  /** @type {Map<string, number>} */
  const tones = new Map([["ok", 0], ["warn", 0], ["fail", 0], ["muted", 0]]);
  for (const pod of pods) {
    const colour = glyphs.colourOf(pod.tone);
    tones.set(colour, (tones.get(colour) ?? 0) + 1);
  }
  return [...tones].map(([colour, number]) => [number, colour]);
}
