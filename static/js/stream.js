// The one EventSource of a page: resumes without a gap and tells `podlane:entry` for every delta, in order.
// `podlane:stream` tells {state: "open" | "lost" | "gone"}; "gone" means that only a reload helps.

import { tell } from "./dom.js";

/**
 * Follow a stream from a revision on.
 * @param {string} url @param {number} revision
 * @returns {{close: () => void, revision: () => number}}
 */
export function follow(url, revision) {
  let last = revision;
  const source = new EventSource(`${url}${url.includes("?") ? "&" : "?"}since=${revision}`);
  source.onopen = () => tell("stream", { state: "open" });
  source.onmessage = (message) => {
    const delta = JSON.parse(message.data);
    if (delta.revision <= last) return;
    last = delta.revision;
    tell("entry", delta);
  };
  source.onerror = () => tell("stream", { state: source.readyState === EventSource.CLOSED ? "gone" : "lost" });
  addEventListener("pagehide", () => source.close(), { once: true });
  return { close: () => source.close(), revision: () => last };
}
