// The view state: what this browser looks at. Nothing here is known to the server.

/** @typedef {import("./types").Camera} Camera */
/** @typedef {import("./types").Labels} Labels */
/** @typedef {import("./types").Spread} Spread */

/**
 * @typedef {object} ViewState
 * @property {Camera} camera             where the paper lies under the glass: screen = world * k + (x, y)
 * @property {boolean} moved             the person has panned or zoomed: a resize keeps their camera
 * @property {string} selected           ref of the selected object, "" for none
 * @property {string} hovered            ref under the pointer
 * @property {{namespace: string, selector: Labels} | null} match   the selector being typed
 * @property {Spread | null} spread      how a hundred requests fell on the pods
 * @property {{service: string, blamed: string[], tone: string} | null} fault   what the last failed request blames
 * @property {{question: string, answer: string} | null} dns        what the cluster DNS last answered
 * @property {number} speed              1 is the learning speed: 600 ms a hop
 * @property {boolean} paused
 * @property {boolean} still             motion is reduced: paths light up instead of packets travelling
 */

/** @returns {ViewState} what a freshly opened diagram looks at */
export function defaults() {
  return {
    camera: { x: 0, y: 0, k: 1 },
    moved: false,
    selected: "",
    hovered: "",
    match: null,
    spread: null,
    fault: null,
    dns: null,
    speed: 1,
    paused: false,
    still: false,
  };
}
