// Whom a selector selects: the one being typed, or the one that a failed request blames. Pure.

import * as match from "./match.js";
import { endpointsOf } from "./model.js";

/** @typedef {import("./types").Arranged} Arranged */

/** The pods that some Service with a selector has. @param {Arranged} arranged @returns {Set<string>} */
export function taken(arranged) {
  return new Set(arranged.fronts.filter((front) => front.service && Object.keys(front.service.selector ?? {}).length)
    .flatMap((front) => endpointsOf(front).map(([ref]) => ref)));
}

/**
 * Judge a selector that is being typed for the object `selected`.
 * @param {{namespace: string, selector: import("./types").Labels}} asked @param {string} selected
 * @param {Arranged} arranged @param {Set<string>} had the pods that Services have
 */
export function typed(asked, selected, arranged, had) {
  const present = arranged.fronts.find((front) => front.key === selected && front.ns === asked.namespace);
  const own = new Set(present ? endpointsOf(present).map(([ref]) => ref) : []);
  return match.judge(asked, arranged.pods, new Set([...had].filter((ref) => !own.has(ref))));
}

/**
 * Judge the selector of the Service at which a request failed for want of pods.
 * @param {{service: string} | null} fault @param {Arranged} arranged @param {Set<string>} had
 */
export function blamed(fault, arranged, had) {
  const front = fault && arranged.fronts.find((found) => found.key === fault.service);
  if (!front?.service || front.counts.ready) return null;
  return match.judge({ namespace: front.ns, selector: front.service.selector ?? {} }, arranged.pods, had);
}
