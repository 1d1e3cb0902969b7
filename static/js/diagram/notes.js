// What is said beside the cards about the request on show: headers before and after, and how it ended. Pure.

import * as flight from "./flight.js";

/** @typedef {import("./types").Plan} Plan */
/** @typedef {import("./overlay").Note} Note */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

const HEADER_WIDTH = 176;
const CALLOUT_WIDTH = 238;

/**
 * @param {Plan} plan @param {number} t @param {import("./types").Layout} layout @param {flight.Where} where @param {Say} say
 * @returns {Note[]}
 */
export function notes(plan, t, layout, where, say) {
  const found = plan.stops.filter((stop) => t >= stop.t0).map((stop) => header(stop, where));
  if (t >= plan.end.t) found.push(...ending(plan, layout, where, say));
  return found.filter((note) => note !== null);
}

/** @param {import("./types").Stop} stop @param {flight.Where} where @returns {Note | null} */
function header(stop, where) {
  const box = where(stop.at);
  if (!box) return null;
  return {
    key: `stop:${stop.step}:${stop.before}`, x: box.x + (box.w - HEADER_WIDTH) / 2, y: box.y + box.h + 9, w: HEADER_WIDTH, tone: "plain", closes: false,
    lines: [
      { text: stop.kind, kind: "title" },
      { text: `${stop.field} ${stop.before}`, kind: "before" },
      { text: `${stop.field} ${stop.after}`, kind: "after" },
    ],
  };
}

/** @param {Plan} plan @param {import("./types").Layout} layout @param {flight.Where} where @param {Say} say @returns {Note[]} */
function ending(plan, layout, where, say) {
  const { end } = plan;
  const spot = flight.endPoint(plan, layout, where);
  const box = where(end.at) ?? { ...spot, w: 0, h: 0 };
  const group = layout.groups.find(({ box: held }) => box.x >= held.x && box.x < held.x + held.w && box.y >= held.y && box.y < held.y + held.h);
  const y = (group ? group.box.y + group.box.h : box.y + box.h) + 12;
  const key = `end:${end.shape}:${end.at}:${end.step}:${end.why}`;
  if (end.shape === "arrived") return arrived(plan, { key, x: box.x - 30, y }, say);
  const head = { refused: "stopped", warned: "answered", silent: "silent", unknown: "unknown" }[/** @type {string} */ (end.shape)] ?? "stopped";
  const values = { place: end.place, status: end.status || "" };
  return [{
    key, x: spot.x - 120, y, w: CALLOUT_WIDTH, tone: end.shape === "warned" ? "warn" : end.shape === "unknown" ? "dns" : "fail", closes: true,
    lines: [{ text: say(head, values), kind: "title" }, { text: end.why, kind: "why" }],
  }];
}

/** @param {Plan} plan @param {{key: string, x: number, y: number}} spot @param {Say} say @returns {Note[]} */
function arrived(plan, spot, say) {
  const { status, saw } = plan.end;
  if (!plan.legs.some((leg) => leg.style === "way")) return [];
  const lines = [{ text: say("answered", { status: status || "" }).trim(), kind: "title" }];
  if (saw) lines.push({ text: say("saw", { ip: saw }), kind: "after" });
  return [{ ...spot, w: HEADER_WIDTH, tone: "ok", lines, closes: true }];
}
