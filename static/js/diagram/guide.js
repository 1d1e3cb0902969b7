// What the diagram says around its cards: headings, invitations in empty lanes, what lies below, what one can do. Pure.

/** @typedef {import("./types").Arranged} Arranged */
/** @typedef {import("./types").Layout} Layout */
/** @typedef {(key: string, values?: Record<string, string | number>) => string} Say */

/** Actions by kind: the intent, and the words for it when they differ. */
const ACTIONS = /** @type {Record<string, [string, string][]>} */ ({
  Pod: [["inspect", "inspect"], ["send-from", "send"], ["edit-labels", "labels"], ["delete", "delete"]],
  Service: [["inspect", "inspect"], ["edit-selector", "selector"], ["delete", "delete"]],
  Deployment: [["inspect", "inspect"], ["scale", "scale"], ["delete", "delete"]],
  ReplicaSet: [["inspect", "inspect"], ["scale", "scale"], ["delete", "delete"]],
  ReplicationController: [["inspect", "inspect"], ["scale", "scale"], ["delete", "delete"]],
  Node: [["inspect", "inspect"], ["send-from", "send"], ["delete", "delete"]],
  You: [["send-from", "send"]],
});

/** @param {string} kind @param {Say} say @param {boolean} canEdit who may only look may only inspect */
export function choices(kind, say, canEdit) {
  const all = ACTIONS[kind] ?? [["inspect", "inspect"]];
  const allowed = canEdit ? all : all.filter(([action]) => action === "inspect");
  return allowed.map(([action, word]) => ({ action, label: say(`menu.${word}`) }));
}

/**
 * The lanes' headings; over the pods stands how many a selector matches, or what each one's ideal share is.
 * @param {import("./types").Lane[]} lanes @param {Say} say
 * @param {{count: number, total: number} | null | undefined} counted @param {{ideal: number} | null} crowd
 */
export function headings(lanes, say, counted, crowd) {
  return lanes.map((lane) => {
    let title = say(`lane.${lane.key}`);
    if (lane.key === "pods" && counted) title += ` · ${say("match.count", { n: counted.count, total: counted.total })}`;
    else if (lane.key === "pods" && crowd) title += ` · ${say("ideal", { n: Math.round(crowd.ideal * 10) / 10 })}`;
    return { lane, title };
  });
}

/**
 * An invitation for each lane that has nothing to show; in a bare cluster for all of them.
 * @param {Arranged} arranged @param {Layout} layout @param {boolean} canEdit who may only look gets no buttons
 */
export function invitations(arranged, layout, canEdit) {
  const bare = !arranged.fronts.length && !arranged.groups.length;
  const y = layout.slots.top;
  const dns = arranged.dns ? layout.boxes.get(arranged.dns.key) : undefined;
  const rows = [
    { key: "outside", empty: bare && !arranged.clients.length, y: (dns?.y ?? y + 120) - 8, action: "add:Pod" },
    { key: "edge", empty: bare && !arranged.balancers.length && !arranged.ingresses.length, y, action: "" },
    { key: "nodes", empty: !arranged.nodes.length, y, action: "add:Node" },
    { key: "services", empty: !arranged.fronts.some((front) => front.service), y, action: "add:Service" },
    { key: "slices", empty: bare, y, action: "" },
    { key: "pods", empty: !arranged.groups.length, y, action: "add:Pod" },
  ];
  const lanes = new Map(layout.lanes.map((lane) => [lane.key, lane]));
  return rows.filter((row) => row.empty).map((row) => ({ ...row, action: canEdit ? row.action : "", lane: /** @type {import("./types").Lane} */ (lanes.get(row.key)) }));
}

/**
 * How many Services and groups lie below an edge of the world.
 * @param {Arranged} arranged @param {Layout} layout @param {number} edge
 */
export function beneath(arranged, layout, edge) {
  const fronts = arranged.fronts.filter((front) => (layout.boxes.get(front.key)?.y ?? 0) > edge).length;
  return fronts + layout.groups.filter(({ box }) => box.y > edge).length;
}
