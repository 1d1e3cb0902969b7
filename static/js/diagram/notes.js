// What is said beside the cards about the request on show: headers before and after, and how it ended. Pure.

import * as flight from "./flight.js";

/** @typedef {import("./types").Plan} Plan */
/** @typedef {import("./overlay").Note} Note */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

const HEADER_WIDTH = 160;
const ARRIVED_WIDTH = 172;
const CALLOUT_WIDTH = 238;

/**
 * @param {Plan} plan @param {number} t @param {import("./types").Layout} layout @param {flight.Where} where @param {Say} say
 * @returns {Note[]}
 */
export function notes(plan, t, layout, where, say) {
  /** @type {Map<string, Note>} */
  const headers = new Map();
  for (const stop of plan.stops) if (t >= stop.t0) header(headers, stop, where);
  return t >= plan.end.t ? [...headers.values(), ...ending(plan, layout, where, say)] : [...headers.values()];
}

/** What is rewritten at one place stands in one note. @param {Map<string, Note>} headers @param {import("./types").Stop} stop @param {flight.Where} where */
function header(headers, stop, where) {
  const anchor = where(stop.at);
  if (!anchor) return;
  const lines = [
    { text: stop.kind, kind: "title" },
    { text: `${stop.field} ${stop.before}`, kind: "before" },
    { text: stop.after, kind: "after" },
  ];
  const present = headers.get(stop.at);
  if (present) headers.set(stop.at, { ...present, key: `${present.key} ${stop.after}`, lines: [...present.lines, ...lines] });
  else headers.set(stop.at, { key: `${stop.step} ${stop.before} ${stop.after}`, anchor, w: HEADER_WIDTH, tone: "plain", closes: false, lines });
}

/** @param {Plan} plan @param {import("./types").Layout} layout @param {flight.Where} where @param {Say} say @returns {Note[]} */
function ending(plan, layout, where, say) {
  const { end } = plan;
  const box = where(end.at) ?? { ...flight.endPoint(plan, layout, where), w: 0, h: 0 };
  const group = layout.groups.find(({ box: held }) => box.x >= held.x && box.x < held.x + held.w && box.y >= held.y && box.y < held.y + held.h);
  const anchor = group && /** @type {Partial<import("./types").Placed>} */ (box).lane !== "door" ? group.box : box;
  const key = `end ${end.shape} ${end.at} ${end.step} ${end.why}`;
  if (end.shape === "arrived") return arrived(plan, key, anchor, say);
  const head = { refused: "stopped", warned: "answered", silent: "silent", unknown: "unknown" }[/** @type {string} */ (end.shape)] ?? "stopped";
  const values = { place: end.place, status: end.status || "" };
  const tone = { warned: "warn", unknown: "dns" }[/** @type {string} */ (end.shape)] ?? "fail";
  const lines = [{ text: say(head, values), kind: "title" }, { text: firstSentence(end.why), kind: "why" }];
  return [{ key, anchor, w: CALLOUT_WIDTH, tone, closes: true, lines }];
}

/** The rest stands in the inspector. @param {string} text */
function firstSentence(text) {
  return /^.*?[.!?](?=\s+[A-Z0-9]|$)/s.exec(text)?.[0] ?? text;
}

/** @param {Plan} plan @param {string} key @param {import("./types").Box} anchor @param {Say} say @returns {Note[]} */
function arrived(plan, key, anchor, say) {
  const { status, saw } = plan.end;
  if (!plan.legs.some((leg) => leg.style === "way")) return [];
  const lines = [{ text: say("answered", { status: status || "" }).trim(), kind: "title" }];
  if (saw) lines.push({ text: say("saw", { ip: saw }), kind: "seen" });
  return [{ key, anchor, w: ARRIVED_WIDTH, tone: "ok", lines, closes: true }];
}
