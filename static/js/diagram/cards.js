// The cards: name, address, labels as chips, state as a mark and a word. Each is a list of draw commands. Pure.

import * as glyphs from "./glyphs.js";
import { YOU, isBehind, shownLabels } from "./model.js";
import { fit, short } from "./words.js";

/** @typedef {import("./types").Command} Command */
/** @typedef {import("./types").Element} Element */
/** @typedef {import("./types").Front} Front */
/** @typedef {import("./types").Placed} Placed */
/** @typedef {import("./types").Verdict} Verdict */
/** @typedef {import("./scene").Frame} Frame */

const INSET = 7;
/** How strong what does not match stays while a selector is typed. */
export const FADED = 0.35;

/** @param {Frame} frame @param {string} ref */
export function podAlpha(frame, ref) {
  if (!frame.matching) return 1;
  const verdict = frame.verdicts?.get(ref);
  return verdict?.matches || verdict?.near ? 1 : FADED;
}

/**
 * The paper of a card.
 * @param {Placed} box @param {Partial<Command>} [look]
 * @returns {Command}
 */
export function paper(box, look = {}) {
  return { op: "card", x: box.x, y: box.y, w: box.w, h: box.h, r: 6, fill: "card", stroke: "line", width: 1, ...look };
}

/**
 * One line of text, cut to its room.
 * @param {Frame} frame @param {string} text @param {number} x @param {number} y @param {number} room
 * @param {Partial<Command> & {middle?: boolean}} [look]
 * @returns {Command}
 */
export function line(frame, text, x, y, room, look = {}) {
  const { middle, ...rest } = look;
  const font = rest.font ?? "name";
  const shown = fit(text, room, (part) => frame.measure(part, font), middle);
  return { op: "text", x, y, text: shown, font, fill: "text", ...rest };
}

/**
 * Chips in one row, as many as fit, the rest as a number.
 * @param {Frame} frame @param {[string, string][]} pairs @param {number} x @param {number} y @param {number} room
 * @param {{wrong?: string[], tone?: string, alpha?: number}} [look]
 * @returns {Command[]}
 */
export function chips(frame, pairs, x, y, room, look = {}) {
  /** @type {Command[]} */
  const commands = [];
  let at = x;
  for (const [index, [key, value]] of pairs.entries()) {
    const rest = pairs.length - index - 1;
    const wanted = frame.measure(`${key}=${value}`, "chip") + 7;
    const alone = look.wrong?.includes(key) && wanted > x + room - at - 17;
    const space = x + room - at - (rest && !alone ? 17 : 0);
    if (index > 0 && wanted > space) {
      commands.push({ op: "text", x: at + 1, y: y + 10.5, text: `+${rest + 1}`, font: "chip", fill: "muted", alpha: look.alpha });
      break;
    }
    const w = Math.min(wanted, space);
    commands.push(...chip(frame, key, value, { x: at, y, w, h: 15 }, look));
    if (alone) break;
    at += w + 4;
  }
  return commands;
}

/**
 * @param {Frame} frame @param {string} key @param {string} value @param {import("./types").Box} box
 * @param {{wrong?: string[], tone?: string, alpha?: number}} look
 * @returns {Command[]}
 */
function chip(frame, key, value, box, look) {
  const wrong = look.wrong?.includes(key);
  const colour = wrong ? look.tone ?? "warn" : "text";
  const text = fit(`${key}=${value}`, box.w - 6.5, (part) => frame.measure(part, "chip"));
  const head = text.startsWith(`${key}=`) ? frame.measure(`${key}=`, "chip") : 0;
  const whole = frame.measure(text, "chip");
  const { alpha } = look;
  /** @type {Command[]} */
  const commands = [
    { op: "box", ...box, r: 4, fill: wrong ? "card" : "well", stroke: wrong ? colour : undefined, width: 1, dash: wrong && look.tone !== "fail" ? [3, 2] : undefined, alpha },
    { op: "text", x: box.x + 3.5, y: box.y + 10.5, text, font: "chip", fill: colour, alpha },
  ];
  if (wrong) {
    const y = box.y + 12.5;
    commands.push({ op: "path", points: [box.x + 3.5 + head, y, box.x + 3.5 + whole, y], stroke: colour, width: 1, alpha });
  }
  return commands;
}

/** @param {Frame} frame @param {Placed} box @param {number} alpha @returns {Command[]} */
export function you(frame, box, alpha) {
  const room = box.w - 2 * INSET;
  return [
    paper(box, { ...ring(frame, YOU), alpha }),
    line(frame, frame.say("you"), box.x + INSET, box.y + 19, room, { alpha }),
    line(frame, frame.model.outside, box.x + INSET, box.y + 35, room, { font: "mono", fill: "muted", alpha }),
  ];
}

/** @param {Frame} frame @param {import("./types").Balancer} balancer @param {Placed} box @param {number} alpha @returns {Command[]} */
export function balancer(frame, balancer, box, alpha) {
  const room = box.w - 2 * INSET;
  const address = balancer.service.external?.[0];
  return [
    paper(box, { ...ring(frame, balancer.ref), alpha }),
    line(frame, frame.say("cloud"), box.x + INSET, box.y + 19, room, { alpha }),
    line(frame, address ?? frame.say("pending"), box.x + INSET, box.y + 35, room, { font: "mono", fill: address ? "muted" : "warn", alpha }),
  ];
}

/** @param {Frame} frame @param {Element} ingress @param {Placed} box @param {number} alpha @returns {Command[]} */
export function ingress(frame, ingress, box, alpha) {
  const x = box.x + INSET;
  const room = box.w - 2 * INSET;
  const [host, ...more] = ingress.hosts ?? [];
  const address = ingress.external?.[0];
  const tag = ingress.type || frame.say("ingress");
  const taken = Math.min(room / 2, frame.measure(tag, "tag")) + 6;
  return [
    paper(box, { ...ring(frame, ingress.ref), alpha }),
    line(frame, titled(frame, ingress), x, box.y + 17, room - taken, { middle: true, alpha }),
    line(frame, tag, box.x + box.w - INSET, box.y + 17, taken, { font: "tag", fill: "muted", align: "right", alpha }),
    line(frame, more.length ? `${host} +${more.length}` : host ?? "*", x, box.y + 33, room, { font: "mono", middle: true, alpha }),
    line(frame, address ?? frame.say("pending"), x, box.y + 48, room, { font: "mono", fill: address ? "muted" : "warn", alpha }),
  ];
}

/** @param {Frame} frame @param {Element} node @param {Placed} box @param {number} alpha @returns {Command[]} */
export function node(frame, node, box, alpha) {
  const sick = !node.ready;
  if (box.form !== "card") return nodeChip(frame, node, box, alpha);
  const x = box.x + INSET;
  const room = box.w - 2 * INSET;
  const count = frame.arranged.podsOn[node.name] ?? 0;
  const tag = count === 1 ? frame.say("pods.one") : frame.say("pods.count", { n: count });
  const taken = frame.measure(tag, "tag") + 6;
  const commands = [
    paper(box, { ...ring(frame, node.ref), ...(sick ? { stroke: "fail" } : {}), alpha }),
    line(frame, node.name, x, box.y + 19, room - taken, { middle: true, alpha }),
    line(frame, tag, box.x + box.w - INSET, box.y + 19, taken, { font: "tag", fill: "muted", align: "right", alpha }),
    line(frame, node.ip ?? "", x, box.y + 35, room, { font: "mono", fill: "muted", alpha }),
  ];
  const ports = frame.arranged.nodePorts;
  if (ports.length) {
    commands.push(line(frame, ports.map((port) => `:${port}`).join(" "), x, box.y + 51, room, { font: "mono", fill: "muted", alpha }));
  }
  return [...commands, ...health(frame, node, x, box.y + box.h - 10, room, alpha)];
}

/** @param {Frame} frame @param {Element} node @param {number} x @param {number} y @param {number} room @param {number} alpha @returns {Command[]} */
export function health(frame, node, x, y, room, alpha) {
  if (!node.ready) {
    return [glyphs.state("fail", x + 4, y - 4, 4, alpha), line(frame, frame.say("node.notready"), x + 13, y, room - 13, { font: "tag", fill: "fail", alpha })];
  }
  if (isBehind(frame.model, node.name)) {
    const since = frame.model.behindSince[node.name];
    const seconds = since === undefined ? 0 : Math.max(0, frame.model.now - since);
    const text = seconds >= 0.1 ? frame.say("behind", { s: seconds.toFixed(1) }) : frame.say("syncing");
    return [{ op: "clock", x: x + 4, y: y - 4, r: 4, fill: "warn", alpha }, line(frame, text, x + 13, y, room - 13, { font: "tag", fill: "warn", alpha })];
  }
  if (!node.open) return [line(frame, frame.say("node.closed"), x, y, room, { font: "tag", fill: "warn", alpha })];
  return [line(frame, frame.say("synced"), x, y, room, { font: "tag", fill: "ok", alpha })];
}

/** @param {Frame} frame @param {Element} node @param {Placed} box @param {number} alpha @returns {Command[]} */
function nodeChip(frame, node, box, alpha) {
  const tone = !node.ready ? "fail" : isBehind(frame.model, node.name) ? "wait" : "ok";
  if (box.form !== "chip") return [glyphs.state(tone, box.x + box.w / 2, box.y + box.h / 2, box.w / 2, alpha)];
  return [
    paper(box, { ...ring(frame, node.ref), r: 4, alpha }),
    glyphs.state(tone, box.x + 9, box.y + box.h / 2, 3, alpha),
    line(frame, node.name, box.x + 16, box.y + box.h / 2 + 4, box.w - 20, { font: "tag", middle: true, alpha }),
  ];
}

/** @param {Frame} frame @param {Front} front @param {Placed} box @param {number} alpha @returns {Command[]} */
export function service(frame, front, box, alpha) {
  const service = /** @type {Element} */ (front.service);
  const x = box.x + INSET;
  const room = box.w - 2 * INSET;
  const fault = frame.fault?.service === service.ref ? frame.fault : null;
  const look = fault ? { fill: `${fault.tone}-soft`, stroke: fault.tone } : {};
  const tag = service.ip === "None" ? frame.say("headless") : service.type ?? "";
  const taken = frame.measure(tag, "tag") + 6;
  const selector = Object.entries(service.selector ?? {});
  /** @type {Command[]} */
  const commands = [
    paper(box, { ...look, ...ring(frame, service.ref), alpha }),
    line(frame, titled(frame, service), x, box.y + 19, room - taken, { middle: true, alpha }),
    line(frame, tag, box.x + box.w - INSET, box.y + 19, taken, { font: "tag", fill: "muted", align: "right", alpha }),
    line(frame, address(frame, service, room), x, box.y + 36, room, { font: "mono", fill: "muted", alpha }),
  ];
  if (selector.length) {
    const wrong = fault && frame.blame === "selector" ? selector.map(([key]) => key) : [];
    return [...commands, ...chips(frame, selector, x, box.y + 45, room, { wrong, tone: "fail", alpha })];
  }
  return [...commands, line(frame, frame.say("none.selector"), x, box.y + 56, room, { font: "tag", fill: "muted", alpha })];
}

/** @param {Frame} frame @param {Element} element */
function titled(frame, element) {
  return frame.crowded ? `${element.ns}/${element.name}` : element.name;
}

/** @param {Frame} frame @param {Element} service @param {number} room */
function address(frame, service, room) {
  if (service.type === "ExternalName") return `→ ${service.alias}`;
  const ports = /** @type {import("./types").ServicePort[]} */ (service.ports ?? []);
  const ip = service.ip === "None" ? "" : service.ip ?? "";
  const [first] = ports;
  if (!first) return ip;
  const forms =
    ports.length > 1
      ? [`${ip}:${ports.map((port) => port.port).join(",")}`, `${ip}:${first.port} +${ports.length - 1}`]
      : [`${ip}:${first.port} → ${first.target}`, `${ip}:${first.port}→${first.target}`, `${ip}:${first.port}`];
  return forms.find((form) => frame.measure(form, "mono") <= room) ?? forms[forms.length - 1];
}

/** @param {Frame} frame @param {Front} front @param {Placed} box @param {number} alpha @returns {Command[]} */
export function slices(frame, front, box, alpha) {
  const [first, ...more] = front.slices;
  const x = box.x + INSET;
  const room = box.w - 2 * INSET;
  const { ready, serving, terminating, waiting } = front.counts;
  const fault = frame.fault?.service === front.key && !ready && !serving ? frame.fault : null;
  const total = ready + serving + terminating + waiting;
  const name = more.length ? frame.say("slices.more", { name: first.name, n: more.length }) : first.name;
  const words = [
    frame.say("ready", { n: ready }),
    waiting ? frame.say("waiting", { n: waiting }) : "",
    serving + terminating ? frame.say("terminating", { n: serving + terminating }) : "",
  ];
  const commands = [
    paper(box, { ...(fault ? { fill: `${fault.tone}-soft`, stroke: fault.tone } : {}), ...ring(frame, first.ref), alpha }),
    line(frame, name, x, box.y + 19, room, { middle: true, alpha }),
    line(frame, total ? words.filter(Boolean).join(", ") : frame.say("none.endpoints"), x, box.y + 34, room, {
      font: "mono", fill: total ? "muted" : fault ? fault.tone : "warn", alpha,
    }),
  ];
  return [...commands, ...bar([[ready, "ok"], [waiting, "warn"], [serving + terminating, "stroke"]], x, box.y + box.h - 9, room, alpha)];
}

/**
 * A bar whose parts stand for counts; next to it the same is always said in words.
 * @param {[number, string][]} parts @param {number} x @param {number} y @param {number} w @param {number} alpha
 * @returns {Command[]}
 */
export function bar(parts, x, y, w, alpha) {
  const total = parts.reduce((sum, [count]) => sum + count, 0);
  if (!total) return [{ op: "box", x, y, w, h: 3, r: 1.5, fill: "line", alpha }];
  let at = x;
  return parts.filter(([count]) => count).map(([count, fill]) => {
    const width = (w * count) / total;
    const command = { op: "box", x: at, y, w: width, h: 3, r: 1.5, fill, alpha };
    at += width;
    return command;
  });
}

/** @param {Frame} frame @param {Placed} box @param {number} alpha @returns {Command[]} */
export function dns(frame, box, alpha) {
  const front = /** @type {Front} */ (frame.arranged.dns);
  const asked = frame.dns;
  const down = !front.counts.ready;
  const stroke = asked ? "dns" : down ? "warn" : "line";
  const room = box.w - 2 * INSET;
  const wide = asked ? frame.measure(`${asked.question} → ${asked.answer}`, "mono") > room : false;
  const answer = asked ? `${wide ? "→" : " → "}${asked.answer}` : front.service?.ip ?? "";
  const left = room - frame.measure(answer, "mono");
  const text = asked ? fit(asked.question, left, (part) => frame.measure(part, "mono")) + answer : answer;
  return [
    paper(box, { fill: asked ? "dns-soft" : "card", stroke, ...ring(frame, front.key), alpha }),
    line(frame, frame.say("dns"), box.x + INSET, box.y + 19, room, { alpha }),
    line(frame, text, box.x + INSET, box.y + 35, room, { font: "mono", fill: "muted", alpha }),
  ];
}

/** @param {Frame} frame @param {Element} pod @param {Placed} box @param {number} alpha @returns {Command[]} */
export function client(frame, pod, box, alpha) {
  const x = box.x + INSET;
  const room = box.w - 2 * INSET;
  const verdict = frame.verdicts?.get(pod.ref);
  return [
    paper(box, { ...ring(frame, pod.ref), ...nearLook(verdict), alpha }),
    glyphs.state(pod.tone, x + 4, box.y + 14.5, 3.6, alpha),
    line(frame, titled(frame, pod), x + 13, box.y + 19, room - 13, { middle: true, alpha }),
    line(frame, ...address2(frame, pod), x, box.y + 34, room, { font: "mono", fill: pod.ip ? "muted" : "warn", alpha }),
    ...chips(frame, ordered(pod, verdict), x, box.y + 42, room, { wrong: nearKeys(verdict), alpha }),
  ];
}

/** @param {Frame} frame @param {Element} pod @returns {[string]} */
function address2(frame, pod) {
  return [pod.tone === "ok" && pod.ip ? pod.ip : wordOf(frame, pod)];
}

/** @param {Frame} frame @param {Element} pod */
export function wordOf(frame, pod) {
  return pod.word === "Running" && !pod.ready ? frame.say("notready") : pod.word ?? "";
}

/** @param {Verdict | undefined} verdict */
function nearLook(verdict) {
  return verdict?.near ? { stroke: "warn", dash: [3, 2] } : {};
}

/** @param {Verdict | undefined} verdict */
function nearKeys(verdict) {
  return verdict?.near ? verdict.wrong : [];
}

/** @param {Element} pod @param {Verdict | undefined} verdict @returns {[string, string][]} */
function ordered(pod, verdict) {
  const pairs = shownLabels(pod);
  if (!verdict?.near) return pairs;
  return [...pairs.filter(([key]) => verdict.wrong.includes(key)), ...pairs.filter(([key]) => !verdict.wrong.includes(key))];
}

/** @param {Frame} frame @param {Element} pod @param {Placed} box @param {string} group @param {number} alpha @returns {Command[]} */
export function pod(frame, pod, box, group, alpha) {
  const verdict = frame.verdicts?.get(pod.ref);
  if (box.form === "chip") return podChip(frame, pod, box, group, verdict, alpha);
  const x = box.x + 7;
  const room = box.w - 14;
  const share = frame.spread?.by_pod[`${pod.ns}/${pod.name}`];
  const tone = pod.tone === "ok" ? "muted" : glyphs.colourOf(pod.tone);
  const guard = frame.arranged.guards.has(pod.ref);
  return [
    paper(box, { ...(pod.word === "Terminating" ? { dash: [2, 2] } : {}), ...nearLook(verdict), ...ring(frame, pod.ref), r: 5, alpha }),
    glyphs.state(pod.tone, x + 4, box.y + 12, 3.6, alpha),
    line(frame, short(pod.name, group), x + 12, box.y + 16, room - (guard ? 22 : 12), { middle: true, alpha }),
    ...(guard ? [glyphs.shield(box.x + box.w - 13, box.y + 7, alpha)] : []),
    line(frame, pod.tone === "ok" && pod.ip ? pod.ip : wordOf(frame, pod), x, box.y + 30, room, { font: "mono", fill: tone, alpha }),
    ...(frame.spread
      ? shareBar(frame, share ?? 0, x, box.y + 35, room, alpha)
      : chips(frame, ordered(pod, verdict), x, box.y + 34, room, { wrong: nearKeys(verdict), alpha })),
  ];
}

/** @param {Frame} frame @param {Element} pod @param {Placed} box @param {string} group @param {Verdict | undefined} verdict @param {number} alpha @returns {Command[]} */
function podChip(frame, pod, box, group, verdict, alpha) {
  const middle = box.y + box.h / 2;
  const share = frame.spread?.by_pod[`${pod.ns}/${pod.name}`];
  const name = frame.spread ? String(share ?? 0) : short(pod.name, group).replace(/^…/, "");
  return [
    paper(box, { ...nearLook(verdict), ...ring(frame, pod.ref), r: 4, alpha }),
    ...(frame.spread ? shareFill(frame, share ?? 0, box, alpha) : []),
    glyphs.state(pod.tone, box.x + 9, middle, 3.2, alpha),
    line(frame, name, box.x + 16, middle + 4, box.w - 19, { font: frame.spread ? "mono" : "tag", middle: !frame.spread, alpha }),
  ];
}

/**
 * The share of one pod as a bar with its number; a tick marks the ideal.
 * @param {Frame} frame @param {number} count @param {number} x @param {number} y @param {number} w @param {number} alpha
 * @returns {Command[]}
 */
function shareBar(frame, count, x, y, w, alpha) {
  const { most, ideal } = shares(frame);
  const number = String(count);
  const length = w - frame.measure(number, "mono") - 6;
  const tick = x + (length * ideal) / most;
  return [
    { op: "box", x, y: y + 3, w: length, h: 6, r: 3, fill: "well", alpha },
    { op: "box", x, y: y + 3, w: (length * count) / most, h: 6, r: 3, fill: "select", alpha },
    { op: "path", points: [tick, y + 0.5, tick, y + 11.5], stroke: "text", width: 1.5, alpha },
    { op: "text", x: x + w, y: y + 10, text: number, font: "mono", fill: "text", align: "right", alpha },
  ];
}

/** @param {Frame} frame @param {number} count @param {Placed} box @param {number} alpha @returns {Command[]} */
function shareFill(frame, count, box, alpha) {
  const { most } = shares(frame);
  return [{ op: "box", x: box.x + 1, y: box.y + box.h - 4, w: ((box.w - 2) * count) / most, h: 3, r: 1.5, fill: "select", alpha }];
}

/** @param {Frame} frame */
function shares(frame) {
  return { most: frame.most, ideal: frame.spread?.ideal ?? 0 };
}

/** @param {Frame} frame @param {string} ref @returns {Partial<Command>} */
export function ring(frame, ref) {
  if (frame.selected === ref) return { stroke: "select", width: 2 };
  return frame.hovered === ref ? { stroke: "stroke" } : {};
}
