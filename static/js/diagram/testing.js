// What tests hold on to, only where the address says ?test: freeze the packets, read the draw list, wait for rest.

/** @param {import("./index").Diagram} diagram */
export function offerTest(diagram) {
  const page = /** @type {any} */ (window);
  page.podlane = {
    ...page.podlane,
    test: {
      freeze: (/** @type {number} */ t) => {
        diagram.frozen = performance.now() + 10000;
        if (diagram.flow.run) diagram.flow.run.t = Math.min(t, diagram.flow.run.plan.duration);
        diagram.repaint();
      },
      thaw: () => {
        diagram.frozen = null;
        diagram.repaint();
      },
      list: () => diagram.list ?? [],
      refs: () => [...diagram.layout.boxes.keys()],
      box: (/** @type {string} */ ref) => diagram.placeOf({ ref, lane: "" }),
      revision: () => diagram.model.revision,
      matched: () => diagram.flow.run?.plan.rules ?? [],
      ending: () => diagram.flow.run?.plan.end ?? null,
      idle: () => new Promise((resolve) => {
        const look = () => (diagram.flow.moving || diagram.queue.length || diagram.waiting ? requestAnimationFrame(look) : resolve(true));
        requestAnimationFrame(look);
      }),
    },
  };
}
