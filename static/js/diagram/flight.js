// One instant of a plan as draw commands: the lit part of the way, the packet on it, and how it ended. Pure.

import { PACKETS } from "./glyphs.js";
import * as routes from "./routes.js";

/** @typedef {import("./types").Plan} Plan */
/** @typedef {import("./types").Layout} Layout */
/** @typedef {import("./types").Placed} Placed */
/** @typedef {import("./types").Command} Command */
/** @typedef {(ref: string) => Placed | undefined} Where */

const WAIT = 1600;

/**
 * @param {Plan} plan @param {number} t @param {Layout} layout @param {Where} where
 * @param {{still?: boolean, quiet?: boolean}} [look] still: legs light up at once; quiet: only the packet, no trail
 * @returns {Command[]}
 */
export function commands(plan, t, layout, where, look = {}) {
  const over = t >= plan.end.t;
  const colour = !over ? "select" : { arrived: "ok", warned: "warn" }[/** @type {string} */ (plan.end.shape)] ?? "fail";
  const legs = plan.legs.filter((leg) => t >= leg.t0).map((leg) => ({ leg, track: trackOf(layout, where, leg) }));
  /** @type {Command[]} */
  const drawn = [];
  for (const { leg, track } of legs) {
    if (leg.reversed || look.quiet) continue;
    const points = routes.until(track, look.still ? 1 : part(t, leg.t0, leg.t1));
    const dns = leg.style === "dns";
    drawn.push({ op: "trail", points, stroke: dns ? "dns" : colour, width: dns ? 1.8 : 2.4, dash: dns ? [2, 4] : undefined });
  }
  const last = legs[legs.length - 1];
  if (!last) return over && !look.quiet ? ending(plan, t, layout, where) : drawn;
  if (plan.back && t >= plan.back.t0) drawn.push(...reply(plan, t, layout, where, look));
  else if (!over || look.quiet) drawn.push(token(last.leg, last.track, look.still ? last.leg.t1 : t));
  if (over && !look.quiet) drawn.push(...ending(plan, t, layout, where));
  return drawn;
}

/** @param {number} t @param {number} t0 @param {number} t1 */
function part(t, t0, t1) {
  return Math.min(1, Math.max(0, (t - t0) / Math.max(1, t1 - t0)));
}

/** @param {Layout} layout @param {Where} where @param {import("./types").Leg} leg */
function trackOf(layout, where, leg) {
  const [from, to] = [where(leg.from), where(leg.to)];
  if (!from || !to) {
    const spot = from ?? to ?? { x: 0, y: 0, w: 0, h: 0 };
    return routes.track([spot.x + spot.w, spot.y + spot.h / 2, spot.x + spot.w, spot.y, spot.x + spot.w, spot.y, spot.x + spot.w, spot.y + spot.h / 2]);
  }
  return routes.track(routes.route(layout, from, to, leg.style === "dns" ? -9 : from.lane === "outside" ? 7 : 0));
}

/** @param {import("./types").Leg} leg @param {routes.Track} track @param {number} t @returns {Command} */
function token(leg, track, t) {
  const done = part(t, leg.t0, leg.t1);
  const spot = routes.along(track, leg.reversed ? 1 - done : done);
  const { op, colour } = PACKETS[leg.style];
  return { op, ...spot, r: leg.style === "dns" ? 4.5 : 5, fill: leg.style === "dns" ? colour : "select" };
}

/** The reply runs the whole way back in one go. @param {Plan} plan @param {number} t @param {Layout} layout @param {Where} where @param {{still?: boolean}} look @returns {Command[]} */
function reply(plan, t, layout, where, look) {
  const back = /** @type {{t0: number, t1: number}} */ (plan.back);
  const way = plan.legs.filter((leg) => leg.style === "way");
  const done = part(t, back.t0, back.t1);
  if (done >= 1 || look.still || !way.length) return [];
  const place = (1 - done) * way.length;
  const index = Math.min(way.length - 1, Math.floor(place));
  const spot = routes.along(trackOf(layout, where, way[index]), place - index);
  return [{ op: "disc", ...spot, r: 4, fill: "ok" }];
}

/** @param {Plan} plan @param {number} t @param {Layout} layout @param {Where} where @returns {Command[]} */
function ending(plan, t, layout, where) {
  const spot = endPoint(plan, layout, where);
  const shape = PACKETS[plan.end.shape];
  if (plan.end.shape === "arrived") return [{ op: "disc", ...spot, r: 4.5, fill: "ok" }];
  const turn = 1 - part(t, plan.end.t, plan.end.t + WAIT);
  return [/** @type {Command} */ ({ op: shape.op, ...spot, r: plan.end.shape === "silent" ? 9 : 8, fill: shape.colour, turn })];
}

/**
 * The ground that the lit way covers, in small boxes: no note shall lie on it.
 * @param {Plan} plan @param {Layout} layout @param {Where} where
 * @returns {import("./types").Box[]}
 */
export function ground(plan, layout, where) {
  return plan.legs.filter((leg) => !leg.reversed).flatMap((leg) => {
    const { x, y } = trackOf(layout, where, leg);
    return x.slice(1).map((_, i) => ({
      x: Math.min(x[i], x[i + 1]) - 4, y: Math.min(y[i], y[i + 1]) - 4, w: Math.abs(x[i + 1] - x[i]) + 8, h: Math.abs(y[i + 1] - y[i]) + 8,
    }));
  });
}

/**
 * Where the packet ended: at the edge of the card it could not enter.
 * @param {Plan} plan @param {Layout} layout @param {Where} where
 */
export function endPoint(plan, layout, where) {
  const legs = plan.legs.filter((leg) => !leg.reversed);
  const last = legs[legs.length - 1];
  if (!last) {
    const box = where(plan.end.at);
    return box ? { x: box.x + box.w, y: box.y + box.h / 2 } : { x: 0, y: 0 };
  }
  return routes.along(trackOf(layout, where, last), 1);
}
