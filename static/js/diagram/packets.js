// From a trace to a timed plan: which legs a packet travels, where it pauses and why, and how it ends. Pure.
// Places are refs, not coordinates: a pod may move or go while its packet is under way.

import { DNS, YOU } from "./model.js";

/** @typedef {import("./types").Plan} Plan */
/** @typedef {import("./types").Result} Result */
/** @typedef {import("./types").Step} Step */
/** @typedef {import("./types").Place} Place */
/** @typedef {{at: Place, step: Step, index: number}} Taken */

export const HOP = 600;
export const PAUSE = 150;
const REPLY = 500;
const WAIT = 1600;

const SHAPES = /** @type {Record<string, import("./types").End["shape"]>} */ ({
  ok: "arrived", http_error: "warned", refused: "refused", reset: "refused", timeout: "silent", no_route: "refused", name_not_found: "unknown",
});

/**
 * Plan how one result is shown. `sees` says whether a ref is drawn; `inside`, that pods stand inside their nodes.
 * @param {import("./types").Asked["asked"]} asked @param {Result} result @param {(ref: string) => boolean} sees @param {boolean} [inside]
 * @returns {Plan}
 */
export function plan(asked, result, sees, inside = false) {
  const names = taken(result.dns_trace, 0);
  const way = taken(result.trace, names.length);
  const start = origin(asked);
  /** @type {Plan} */
  const made = {
    legs: [], stops: [], back: null, duration: 0, moments: [], rules: [], dns: null, fault: null,
    end: { at: start, from: start, t: 0, shape: SHAPES[result.outcome] ?? "arrived", place: "", why: "", step: 0, status: result.http_status ?? 0, saw: result.client_ip ?? "" },
  };
  let t = names.length ? ask(made, names, start, asked, way) : 0;
  if (way.length) t = travel(made, way, start, t, inside ? placesInside(sees) : placesBetween(way, start, sees));
  finish(made, [...names, ...way], t, way.length > 0);
  return made;
}

/** @param {import("./types").Trace | null | undefined} trace @param {number} first @returns {Taken[]} */
function taken(trace, first) {
  const steps = (trace?.hops ?? []).flatMap((hop) => hop.steps.map((step) => ({ at: hop.at, step })));
  return steps.map((found, index) => ({ ...found, index: first + index }));
}

/** @param {import("./types").Asked["asked"]} asked */
function origin(asked) {
  const from = asked?.from ?? {};
  if (from.pod) return `Pod/${from.pod.includes("/") ? from.pod : `default/${from.pod}`}`;
  return from.node ? `Node//${from.node}` : YOU;
}

/** The DNS exchange: a square there, and with an answer back again. @param {Plan} made @param {Taken[]} names @param {string} start @param {import("./types").Asked["asked"]} asked @param {Taken[]} way */
function ask(made, names, start, asked, way) {
  made.legs.push({ from: start, to: DNS, t0: 0, t1: HOP, style: "dns", reversed: false });
  const question = hostOf(String(asked?.to ?? ""));
  const answer = way[0]?.step.before.dst ?? "";
  for (const { index } of names) made.moments[index] = HOP;
  made.end = { ...made.end, at: DNS, from: start };
  const shape = made.end.shape;
  const failed = !way.length && shape !== "arrived";
  made.dns = { question, answer: answer || (failed ? "✕" : "✓"), t: HOP };
  if (failed) return HOP;
  const back = HOP + PAUSE;
  made.legs.push({ from: start, to: DNS, t0: back, t1: back + HOP, style: "dns", reversed: true });
  return back + HOP;
}

/** @param {string} url */
function hostOf(url) {
  const host = url.replace(/^[a-z]+:\/\//, "").replace(/[/?].*$/, "");
  return host.replace(/:\d+$/, "");
}

/** @typedef {(found: Taken, current: string, service: string) => string[]} Places */

/** @param {Plan} made @param {Taken[]} way @param {string} start @param {number} t @param {Places} places */
function travel(made, way, start, t, places) {
  let current = start;
  let service = "";
  for (const found of way) {
    // An Ingress controller connects to a pod itself: from there on the Service it read is not on the way.
    service = found.step.kind === "Ingress" ? "" : serviceOf(found.step) || service;
    for (const ref of places(found, current, service)) {
      if (ref === current) continue;
      made.legs.push({ from: current, to: ref, t0: t, t1: t + HOP, style: "way", reversed: false });
      made.end = { ...made.end, at: ref, from: current };
      t += HOP;
      current = ref;
    }
    if (found.step.rule && found.at.kind === "node") made.rules.push({ node: placeOf(found.at, ""), rule: found.step.rule, t });
    t = decide(made, found, current, t);
    made.moments[found.index] = t;
  }
  return t;
}

/** In the logical view a Service and its slice stand for what a node decides. @param {Taken[]} way @param {string} start @param {(ref: string) => boolean} sees @returns {Places} */
function placesBetween(way, start, sees) {
  const throughNodes = start === YOU || start.startsWith("Node/") || !way.some(({ step }) => DECISIONS.has(step.kind) && serviceOf(step));
  return (found, current, service) => waypoints(found, current, throughNodes, service).filter(sees);
}

/** In the physical view every place is where it really is. @param {(ref: string) => boolean} sees @returns {Places} */
function placesInside(sees) {
  return (found, _current, service) => [placeOf(found.at, service)].filter(sees);
}

/** Pause where a header is rewritten, and say what it was before and is after. @param {Plan} made @param {Taken} found @param {string} current @param {number} t */
function decide(made, found, current, t) {
  const { step, index } = found;
  if (step.action !== "Translated") return step.kind === "ServiceMatch" ? t + PAUSE : t;
  const [was, is] = [step.before, step.after];
  const source = was.src !== is.src || was.sport !== is.sport;
  made.stops.push({
    at: current, t0: t, t1: t + PAUSE, step: index, kind: step.kind, field: source ? "src" : "dst",
    before: source ? `${was.src}:${was.sport}` : `${was.dst}:${was.dport}`,
    after: source ? `${is.src}:${is.sport}` : `${is.dst}:${is.dport}`,
  });
  return t + PAUSE;
}

/** @param {Step} step @returns {string} */
function serviceOf(step) {
  const found = (step.because ?? []).find((ref) => ref.kind === "Service");
  return found ? `Service/${found.namespace}/${found.name}` : "";
}

/**
 * The places a step is shown at: a Service and its slice stand for what a node's rules decide.
 * @param {Taken} found @param {string} current @param {boolean} throughNodes @param {string} service the last one named
 * @returns {string[]}
 */
function waypoints(found, current, throughNodes, service) {
  const { at, step } = found;
  const place = placeOf(at, service);
  if (at.kind !== "node") return [place];
  const fails = step.action === "Rejected" || step.action === "Dropped";
  const decided = DECISIONS.has(step.kind);
  const first = throughNodes && !current.startsWith("Service/") && !current.startsWith("EndpointSlice/") ? [place] : [];
  if (!decided || !service) return first;
  const slice = (step.because ?? []).find((ref) => ref.kind === "EndpointSlice");
  if (step.kind === "ChooseEndpoint" && slice && !fails) return [...first, service, `EndpointSlice/${slice.namespace}/${slice.name}`];
  return current.startsWith("EndpointSlice/") ? [] : [...first, service];
}

const DECISIONS = new Set(["ServiceMatch", "ChooseEndpoint", "DNAT", "NetworkPolicy"]);

/** @param {Place} at @param {string} service */
function placeOf(at, service) {
  if (at.kind === "pod") return `Pod/${at.namespace}/${at.name}`;
  if (at.kind === "node") return `Node//${at.name}`;
  if (at.kind === "dns") return DNS;
  if (at.kind === "load-balancer") return service ? `LoadBalancer/${service.slice("Service/".length)}` : `LoadBalancer/${at.namespace ?? "default"}/${at.name}`;
  return YOU;
}

/** @param {Plan} made @param {Taken[]} all @param {number} t @param {boolean} connected */
function finish(made, all, t, connected) {
  const last = all[all.length - 1];
  made.end.t = t;
  made.end.step = last?.index ?? 0;
  made.end.place = last?.at.name ?? "";
  made.end.why = last?.step.why ?? "";
  const { shape } = made.end;
  if (connected && (shape === "arrived" || shape === "warned")) {
    made.back = { t0: t + PAUSE, t1: t + PAUSE + REPLY };
    made.duration = made.back.t1;
  } else made.duration = t + (shape === "silent" ? WAIT : 400);
  if (shape !== "arrived" && last) made.fault = blame(last.step, all, shape);
}

/** @param {Step} step @param {Taken[]} all @param {string} shape @returns {Plan["fault"]} */
function blame(step, all, shape) {
  const because = step.because ?? [];
  const named = because.find((ref) => ref.kind === "Service");
  const service = named ? `Service/${named.namespace}/${named.name}` : all.map(({ step: one }) => serviceOf(one)).find(Boolean) ?? "";
  return {
    service: named ? service : "",
    blamed: because.map((ref) => `${ref.kind}/${ref.namespace}/${ref.name}`),
    blame: (named?.field ?? "").includes("selector") ? "selector" : named?.field ?? "",
    tone: shape === "warned" ? "warn" : "fail",
  };
}

/**
 * Say how a hundred requests are shown by a few: one target pod for each packet, in proportion to the counts.
 * @param {Record<string, number>} byPod @param {number} most
 * @returns {string[]} refs, spread evenly in time
 */
export function sample(byPod, most) {
  const pods = Object.entries(byPod).filter(([, count]) => count > 0);
  const total = pods.reduce((sum, [, count]) => sum + count, 0);
  const shown = Math.min(most, total);
  const owed = pods.map(([name, count]) => ({ ref: `Pod/${name}`, rate: count / Math.max(1, total), due: 0 }));
  const order = [];
  for (let n = 0; n < shown; n += 1) {
    for (const pod of owed) pod.due += pod.rate;
    const next = owed.reduce((best, pod) => (pod.due > best.due ? pod : best));
    next.due -= 1;
    order.push(next.ref);
  }
  return order;
}

/**
 * Return the plan with its last leg led to another pod; `node` is where that pod stands inside.
 * @param {Plan} made @param {string} ref @param {string} [node]
 * @returns {Plan}
 */
export function redirect(made, ref, node = "") {
  const legs = made.legs.filter((leg) => leg.style === "way");
  if (!legs.length) return made;
  const ways = node ? through(legs, ref, node) : legs.map((leg, index) => ({ from: leg.from, to: index === legs.length - 1 ? ref : leg.to }));
  const moved = ways.map((way, index) => ({ ...legs[0], ...way, t0: index * HOP, t1: (index + 1) * HOP }));
  const t = moved.length * HOP;
  return { ...made, legs: moved, stops: [], rules: [], back: null, dns: null, fault: null, end: { ...made.end, at: ref, t }, duration: t };
}

/** To the first node that decides, from there to the pod's own node, and into the pod. @param {Plan["legs"]} legs @param {string} ref @param {string} node */
function through(legs, ref, node) {
  const first = legs.findIndex((leg) => leg.to.startsWith("Node/"));
  const begun = legs.slice(0, first + 1).map((leg) => ({ from: leg.from, to: leg.to }));
  const decided = begun.length ? begun[begun.length - 1].to : legs[0].from;
  return [...begun, ...(decided === node ? [] : [{ from: decided, to: node }]), { from: node, to: ref }];
}
