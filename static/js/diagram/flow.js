// The packets under way: what plays, how far it is, and what stays lit. Time comes in by `tick`; nothing runs when idle.

import * as flight from "./flight.js";
import { paint } from "./paint.js";
import * as packets from "./packets.js";
import * as physical from "./physical.js";

/** @typedef {import("./types").Plan} Plan */
/** @typedef {import("./types").Asked} Asked */
/** @typedef {import("./types").Placed} Placed */
/** @typedef {import("./types").Layout} Layout */
/** @typedef {{plan: Plan, t: number, name: string}} Run */

const SWARM = 40;
const EVERY = 90;
const BRISK = 2.4;

export class Flow {
  constructor() {
    /** @type {Run | null} the request that is explained; it stays lit when it is over */
    this.run = null;
    /** @type {Run[]} packets of a crowd: only dots */
    this.swarm = [];
    /** @type {{by_pod: Record<string, number>, sent: number, ideal: number, t: number, over: number} | null} */
    this.shares = null;
    /** @type {Map<string, Placed>} where places were that may be gone meanwhile */
    this.known = new Map();
    this.still = false;
  }

  /**
   * Begin to show a request; the one before is put away.
   * @param {Asked} request @param {(ref: string) => boolean} sees @param {string} name
   * @param {((ref: string) => string) | null} [inside] the node that a pod stands inside: packets go pod, node, node, pod
   */
  play(request, sees, name, inside = null) {
    const results = request.results ?? [];
    const sent = request.summary?.sent ?? results.length;
    this.swarm = [];
    this.shares = null;
    const first = results.find((result) => result.outcome !== "ok") ?? results[0];
    if (!first) return;
    this.run = { plan: packets.plan(request.asked, first, sees, inside !== null), t: 0, name };
    if (sent > 1) this.crowd(request, sees, sent, inside);
  }

  /** @param {Asked} request @param {(ref: string) => boolean} sees @param {number} sent @param {((ref: string) => string) | null} inside */
  crowd(request, sees, sent, inside) {
    const byPod = request.summary?.by_pod ?? {};
    const ok = (request.results ?? []).find((result) => result.outcome === "ok" || result.served_by);
    const served = Object.values(byPod).reduce((sum, count) => sum + count, 0);
    const pods = Object.keys(byPod).length;
    if (ok && pods) {
      const model = packets.plan(request.asked, ok, sees, inside !== null);
      this.swarm = packets.sample(byPod, SWARM).map((ref, index) => ({ plan: packets.redirect(model, ref, inside?.(ref)), t: -index * EVERY, name: "" }));
      this.shares = { by_pod: byPod, sent, ideal: served / pods, t: 0, over: this.swarm.length * EVERY + 600 };
      if (this.run && this.run.plan.end.shape === "arrived") this.run = null;
    }
  }

  /**
   * Plan the request on show anew for another view; it stays where it was: at the same step, or at its end.
   * @param {Asked} request @param {(ref: string) => boolean} sees @param {((ref: string) => string) | null} inside
   */
  replan(request, sees, inside) {
    const before = this.run;
    if (!before) return;
    const done = before.t >= before.plan.duration;
    const step = before.plan.moments.filter((moment) => moment <= before.t).length - 1;
    this.play(request, sees, before.name, inside);
    if (!this.run) return;
    if (done) this.run.t = this.run.plan.duration;
    else if (step >= 0) this.seek(step);
    if (done) this.swarm = [];
  }

  /** Put everything away. */
  clear() {
    this.run = null;
    this.swarm = [];
    this.shares = null;
  }

  /** Say whether something still moves. */
  get moving() {
    const shares = this.shares;
    return (this.run !== null && this.run.t < this.run.plan.duration) || this.swarm.length > 0 || (shares !== null && shares.t < shares.over);
  }

  /** Let time pass. @param {number} ms */
  tick(ms) {
    if (this.run) this.run.t = Math.min(this.run.plan.duration, this.run.t + ms);
    for (const one of this.swarm) one.t += ms * BRISK;
    this.swarm = this.swarm.filter((one) => one.t < one.plan.duration);
    if (this.shares) this.shares.t += ms * BRISK;
  }

  /** Go to where a step of the traces is done. @param {number} step */
  seek(step) {
    if (this.run) this.run.t = this.run.plan.moments[step] ?? this.run.plan.end.t;
  }

  /** The share of each pod as far as it has been shown. */
  spread() {
    if (!this.shares) return null;
    const { by_pod, sent, ideal, t, over } = this.shares;
    const part = this.still ? 1 : Math.min(1, t / over);
    const shown = Object.fromEntries(Object.entries(by_pod).map(([name, count]) => [name, Math.round(count * part)]));
    return { by_pod: shown, sent, ideal, full: Math.max(1, ideal, ...Object.values(by_pod)) };
  }

  /** @param {CanvasRenderingContext2D} ctx @param {Layout} layout @param {import("./theme").Theme} theme */
  draw(ctx, layout, theme) {
    const where = this.where(layout);
    const look = { still: this.still };
    if (this.run) paint(ctx, flight.commands(this.run.plan, this.run.t, layout, where, look), theme);
    if (this.still) return;
    for (const one of this.swarm) {
      if (one.t >= 0) paint(ctx, flight.commands(one.plan, one.t, layout, where, { quiet: true }), theme);
    }
  }

  /** Where a ref is, or was before it went. @param {Layout} layout @returns {flight.Where} */
  where(layout) {
    return (ref) => {
      const box = physical.spot(layout, ref);
      if (box) this.known.set(ref, box);
      return box ?? this.known.get(ref);
    };
  }
}
