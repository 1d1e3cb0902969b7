// The whole picture as a list of draw commands, in world coordinates. Pure: the same frame gives the same list.

import * as afar from "./afar.js";
import * as cards from "./cards.js";
import * as frames from "./frames.js";
import * as glyphs from "./glyphs.js";
import { YOU } from "./model.js";
import * as wires from "./wires.js";

/** @typedef {import("./types").Command} Command */
/** @typedef {import("./types").Placed} Placed */
/** @typedef {import("./types").Element} Element */
/** @typedef {Placed & {alpha: number}} Shown */

/**
 * @typedef {object} Frame
 * @property {import("./types").Model} model
 * @property {import("./types").Arranged} arranged
 * @property {import("./types").Layout} layout
 * @property {Map<string, Shown>} shown         where each glyph is at this instant, on its way to its place
 * @property {Map<string, {element: Element, box: Shown}>} ghosts   what is leaving
 * @property {string} level
 * @property {import("./types").Box} seen       the part of the world under the glass
 * @property {string} selected
 * @property {string} hovered
 * @property {boolean} matching                 a selector is being typed: what does not match fades
 * @property {Map<string, import("./types").Verdict> | null} verdicts
 * @property {import("./types").Spread | null} spread
 * @property {number} most                      the largest share that a bar must hold
 * @property {{service: string, blamed: string[], tone: string} | null} fault
 * @property {string} blame                     the field that is to blame: "selector", "ports" or ""
 * @property {{question: string, answer: string} | null} dns
 * @property {boolean} crowded                  objects of several namespaces are shown: names carry theirs
 * @property {(key: string, values?: Record<string, string | number>) => string} say
 * @property {(text: string, font: string) => number} measure
 */

/**
 * @param {Frame} frame
 * @returns {Command[]}
 */
export function compose(frame) {
  if (frame.level === "cluster" || frame.level === "group") return afar.blocks(frame, (box) => isSeen(frame, box));
  return [...lines(frame), ...groups(frame), ...objects(frame), ...pods(frame), ...leaving(frame)];
}

/** @param {Frame} frame @returns {Command[]} */
function lines(frame) {
  const touched = frame.hovered || frame.selected;
  return wires.wires(frame.arranged, frame.layout).map((wire) => {
    const bright = touched !== "" && (wire.from === touched || wire.to === touched);
    const failing = frame.fault !== null && !wire.open && wire.from === frame.fault.service;
    return {
      op: "path",
      points: wire.points,
      stroke: failing ? frame.fault?.tone : bright ? "select" : "wire",
      width: bright ? 1.8 : 1.2,
      dash: wire.open ? undefined : [4, 3],
      alpha: frame.matching ? cards.FADED : 1,
    };
  });
}

/** @param {Frame} frame @returns {Command[]} */
function groups(frame) {
  return frame.layout.groups.filter((placed) => isSeen(frame, placed.box)).flatMap((placed) => group(frame, placed));
}

/** @param {Frame} frame @param {import("./types").PlacedGroup} placed @returns {Command[]} */
function group(frame, placed) {
  const { group: held, box } = placed;
  const moved = frame.shown.get(held.key);
  const at = moved ? { ...box, x: moved.x, y: moved.y } : box;
  const alpha = moved?.alpha ?? 1;
  /** @type {Command[]} */
  const commands = inside(frame) ? frames.frame(frame, placed, at, alpha) : titled(frame, placed, at, alpha);
  for (const part of placed.parts) commands.push(...crowd(frame, part, placed.parts.length > 1, alpha));
  return commands;
}

/** Say whether pods stand inside their nodes. @param {Frame} frame */
function inside(frame) {
  return frame.layout.view === "physical";
}

/** @param {Frame} frame @param {import("./types").PlacedGroup} placed @param {import("./types").Box} at @param {number} alpha @returns {Command[]} */
function titled(frame, placed, at, alpha) {
  const held = placed.group;
  /** @type {Command[]} */
  const commands = [{ op: "box", ...at, r: 8, fill: "group", stroke: "line", width: 1, alpha, ...cards.ring(frame, held.key) }];
  const title = held.kind === "Bare"
    ? frame.say("pods.bare", { n: held.total })
    : frame.say("pods.of", { kind: held.kind, name: frame.crowded ? `${held.ns}/${held.name}` : held.name, n: held.total });
  const sick = held.total - held.ready;
  const count = sick ? `${held.ready}/${held.total}` : "";
  const taken = count ? frame.measure(count, "tag") + 6 : 0;
  commands.push(cards.line(frame, title, at.x + 9, at.y + 16, at.w - 18 - taken, { font: "tag", fill: "muted", middle: true, alpha }));
  if (count) commands.push(cards.line(frame, count, at.x + at.w - 9, at.y + 16, taken, { font: "tag", fill: "warn", align: "right", alpha }));
  return commands;
}

/** @param {Frame} frame @param {import("./types").PlacedPart} part @param {boolean} several @param {number} alpha @returns {Command[]} */
function crowd(frame, part, several, alpha) {
  /** @type {Command[]} */
  const commands = [];
  if (several) {
    commands.push({ op: "box", x: part.box.x - 3, y: part.box.y - 3, w: part.box.w + 6, h: part.box.h + 6, r: 6, stroke: "line-strong", width: 1, dash: [2, 2], alpha });
  }
  if (part.form !== "none") return commands;
  const tones = afar.count(part.part.pods);
  const y = part.box.y + part.box.h / 2;
  return [...commands, ...cards.bar(tones, part.box.x + 4, y, part.box.w - 8, alpha)];
}

/** @param {Frame} frame @param {import("./types").Box} box */
function isSeen(frame, box) {
  const { seen } = frame;
  return box.x < seen.x + seen.w && box.x + box.w > seen.x && box.y < seen.y + seen.h && box.y + box.h > seen.y;
}

/**
 * The box of a ref at this instant, if it is under the glass.
 * @param {Frame} frame @param {string | undefined} ref
 */
function at(frame, ref) {
  const box = ref === undefined ? undefined : frame.shown.get(ref);
  return box && isSeen(frame, box) ? box : undefined;
}

/** @param {Frame} frame @returns {Command[]} */
function objects(frame) {
  /** @type {Command[]} */
  const commands = [];
  const { arranged } = frame;
  const outside = at(frame, YOU);
  if (outside) commands.push(...cards.you(frame, outside, outside.alpha));
  for (const found of arranged.balancers) {
    const box = at(frame, found.ref);
    if (box) commands.push(...cards.balancer(frame, found, box, box.alpha));
  }
  for (const ingress of arranged.ingresses) {
    const box = at(frame, ingress.ref);
    if (box) commands.push(...cards.ingress(frame, ingress, box, box.alpha * faded(frame, ingress.ref)));
  }
  for (const node of inside(frame) ? [] : arranged.nodes) {
    const box = at(frame, node.ref);
    if (box) commands.push(...cards.node(frame, node, box, box.alpha));
  }
  for (const front of arranged.fronts) {
    const box = front.service ? at(frame, front.key) : undefined;
    if (box) commands.push(...cards.service(frame, front, box, box.alpha * faded(frame, front.key)));
    const slice = at(frame, front.slices[0]?.ref);
    if (slice) commands.push(...cards.slices(frame, front, slice, slice.alpha * faded(frame, front.key)));
  }
  const names = arranged.dns ? at(frame, arranged.dns.key) : undefined;
  if (names) commands.push(...cards.dns(frame, names, names.alpha * faded(frame, "")));
  return commands;
}

/** @param {Frame} frame @param {string} ref */
function faded(frame, ref) {
  return frame.matching && frame.selected !== ref ? cards.FADED : 1;
}

/** @param {Frame} frame @returns {Command[]} */
function pods(frame) {
  /** @type {Command[]} */
  const commands = [];
  for (const pod of inside(frame) ? [] : frame.arranged.clients) {
    const box = at(frame, pod.ref);
    if (box) commands.push(...cards.client(frame, pod, box, box.alpha * cards.podAlpha(frame, pod.ref)));
  }
  /** @type {Map<string, number[]>} */
  const dots = new Map();
  for (const placed of frame.layout.groups) {
    if (!isSeen(frame, placed.box)) continue;
    const prefix = placed.group.kind === "Bare" || inside(frame) ? "" : placed.group.name;
    for (const { part, form } of placed.parts) {
      if (form === "none") continue;
      for (const pod of part.pods) {
        const box = frame.shown.get(pod.ref);
        if (!box) continue;
        if (form === "dot") dot(frame, pod, box, dots, commands);
        else commands.push(...cards.pod(frame, pod, box, prefix, box.alpha * cards.podAlpha(frame, pod.ref)));
      }
    }
  }
  for (const [key, xyr] of dots) {
    const [fill, alpha] = key.split(" ");
    commands.push({ op: "dots", points: xyr, fill, alpha: Number(alpha) });
  }
  return commands;
}

/** @param {Frame} frame @param {Element} pod @param {Shown} box @param {Map<string, number[]>} dots @param {Command[]} commands */
function dot(frame, pod, box, dots, commands) {
  const [x, y, r] = [box.x + box.w / 2, box.y + box.h / 2, box.w / 2];
  const alpha = box.alpha * cards.podAlpha(frame, pod.ref);
  if (frame.selected === pod.ref || frame.hovered === pod.ref) {
    commands.push({ op: "halo", x, y, r: r + 2.5, stroke: "select", width: 2 });
  }
  const near = frame.verdicts?.get(pod.ref)?.near;
  if (pod.tone === "ok" && !near) {
    const key = `ok ${alpha}`;
    const present = dots.get(key);
    if (present) present.push(x, y, r);
    else dots.set(key, [x, y, r]);
  } else commands.push(near ? { op: "ring", x, y, r, fill: "warn", alpha } : glyphs.state(pod.tone, x, y, r, alpha));
}

/** @param {Frame} frame @returns {Command[]} */
function leaving(frame) {
  return [...frame.ghosts.values()].flatMap(({ element, box }) => {
    if (box.form === "dot" || box.form === "none") return [glyphs.state("off", box.x + box.w / 2, box.y + box.h / 2, box.w / 2, box.alpha)];
    const room = box.w - 14;
    return [
      cards.paper(box, { dash: [2, 2], alpha: box.alpha }),
      cards.line(frame, element.name, box.x + 7, box.y + 16, room, { fill: "muted", middle: true, alpha: box.alpha }),
    ];
  });
}
