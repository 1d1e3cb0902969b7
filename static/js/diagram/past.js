// The past in the diagram's place: the present waits, with what comes meanwhile.

import * as models from "./model.js";

/** @typedef {{model: import("./types").Model, missed: import("./types").Delta[]}} Waiting */

/**
 * Return what to draw and who waits: a state of the past, or with null the present again.
 * @param {import("./types").Model} model @param {Waiting | null} live @param {import("./types").Snapshot | null} snapshot
 * @returns {{model: import("./types").Model, live: Waiting | null}}
 */
export function stand(model, live, snapshot) {
  const waiting = live ?? { model, missed: [] };
  if (snapshot) return { model: models.fromSnapshot(snapshot), live: waiting };
  return { model: models.apply(waiting.model, waiting.missed), live: null };
}

/**
 * Let a diagram draw a state of the past, or the present again.
 * @param {import("./index.js").Diagram} diagram @param {import("./types").Snapshot | null} snapshot
 */
export function move(diagram, snapshot) {
  if (diagram.queue.length) diagram.takeIn();
  diagram.flow.clear();
  Object.assign(diagram, stand(diagram.model, diagram.live, snapshot));
  diagram.relay(false);
}
