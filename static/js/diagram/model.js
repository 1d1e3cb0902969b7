// What the cluster holds, as the stream has told it: elements by ref, and what joins them. Pure.

import * as guards from "./guards.js";

/** @typedef {import("./types").Model} Model */
/** @typedef {import("./types").Element} Element */
/** @typedef {import("./types").Delta} Delta */
/** @typedef {import("./types").Front} Front */
/** @typedef {import("./types").Group} Group */
/** @typedef {import("./types").Part} Part */
/** @typedef {import("./types").Arranged} Arranged */

export const YOU = "You//";
/** Labels that controllers and admission put on. */
const MADE = /^(pod-template-hash|controller-revision-hash|topology\.kubernetes\.io\/.*)$/;
export const DNS = "Service/kube-system/kube-dns";

/**
 * @param {import("./types").Snapshot} snapshot
 * @returns {Model}
 */
export function fromSnapshot(snapshot) {
  return {
    revision: snapshot.revision,
    now: snapshot.now,
    outside: snapshot.outside,
    elements: new Map(Object.entries(snapshot.elements)),
    head: snapshot.proxies.head,
    synced: { ...snapshot.proxies.synced },
    behindSince: {},
    lags: snapshot.lags,
  };
}

/**
 * Return the model after these deltas. Those it already holds change nothing.
 * @param {Model} model
 * @param {Delta[]} deltas
 * @returns {Model}
 */
export function apply(model, deltas) {
  const next = {
    ...model,
    elements: new Map(model.elements),
    synced: { ...model.synced },
    behindSince: { ...model.behindSince },
  };
  for (const delta of deltas) if (delta.revision > next.revision) take(next, delta);
  return next;
}

/** @param {Model} model @param {Delta} delta */
function take(model, delta) {
  model.revision = delta.revision;
  model.now = Math.max(model.now, delta.at);
  for (const element of delta.upsert ?? []) model.elements.set(element.ref, element);
  for (const ref of delta.remove ?? []) {
    model.elements.delete(ref);
    if (ref.startsWith("Node/")) delete model.synced[ref.slice("Node//".length)];
  }
  if (delta.head !== undefined) fallBehind(model, delta.head, delta.at);
  if (delta.synced) catchUp(model, delta.synced);
}

/** @param {Model} model @param {number} head @param {number} at */
function fallBehind(model, head, at) {
  model.head = head;
  for (const node of Object.keys(model.synced)) model.behindSince[node] ??= at;
}

/** @param {Model} model @param {{nodes: string[], upto: number}} synced */
function catchUp(model, synced) {
  for (const node of synced.nodes) {
    model.synced[node] = Math.max(synced.upto, model.synced[node] ?? 0);
    if (model.synced[node] >= model.head) delete model.behindSince[node];
  }
}

/**
 * Say whether a node's proxy has not seen the newest change.
 * @param {Model} model @param {string} node
 */
export function isBehind(model, node) {
  return model.lags && (model.synced[node] ?? model.head) < model.head;
}


/**
 * Work out what joins the elements: who owns whom, which slices are whose, what stands in which lane.
 * @param {Model} model
 * @returns {Arranged}
 */
export function arrange(model) {
  /** @type {Arranged} */
  const arranged = {
    nodes: [], clients: [], fronts: [], dns: null, groups: [], balancers: [],
    pods: [], podsOn: {}, nodePorts: [], namespaces: [], ingresses: [], guards: new Map(),
  };
  /** @type {Element[]} */
  const policies = [];
  /** @type {Map<string, Front>} */
  const fronts = new Map();
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const element of model.elements.values()) {
    if (element.kind === "Namespace") arranged.namespaces.push(element.name);
    else if (element.kind === "Node") arranged.nodes.push(element);
    else if (element.kind === "Service") addService(arranged, fronts, element);
    else if (element.kind === "EndpointSlice") addSlice(fronts, element);
    else if (element.kind === "Pod") addPod(arranged, groups, model, element);
    else if (element.kind === "Ingress") arranged.ingresses.push(element);
    else if (element.kind === "NetworkPolicy") policies.push(element);
    else if (!element.owner && element.template) groupOf(groups, element.ref, element);
  }
  for (const front of fronts.values()) {
    if (front.service?.dns || front.key === DNS) arranged.dns = front;
    else arranged.fronts.push(front);
  }
  arranged.guards = guards.guarded(arranged.pods, policies);
  arranged.groups = [...groups.values()];
  for (const group of arranged.groups) orderParts(group);
  arranged.nodePorts = [...new Set(arranged.fronts.flatMap(nodePorts))].sort((a, b) => a - b);
  return arranged;
}

/** @param {Front} front @returns {number[]} */
function nodePorts(front) {
  const ports = /** @type {import("./types").ServicePort[]} */ (front.service?.ports ?? []);
  return ports.map((port) => port.node).filter(Boolean);
}

/** @param {Map<string, Front>} fronts @param {string} ns @param {string} name @param {string} key */
function frontOf(fronts, ns, name, key) {
  let front = fronts.get(key);
  if (!front) {
    front = { key, service: null, ns, name, slices: [], counts: { ready: 0, serving: 0, terminating: 0, waiting: 0 } };
    fronts.set(key, front);
  }
  return front;
}

/** @param {Arranged} arranged @param {Map<string, Front>} fronts @param {Element} service */
function addService(arranged, fronts, service) {
  frontOf(fronts, service.ns, service.name, service.ref).service = service;
  if (service.type === "LoadBalancer") {
    arranged.balancers.push({ ref: `LoadBalancer/${service.ns}/${service.name}`, service });
  }
}

/** @param {Map<string, Front>} fronts @param {Element} slice */
function addSlice(fronts, slice) {
  const key = slice.service ? `Service/${slice.ns}/${slice.service}` : slice.ref;
  const front = frontOf(fronts, slice.ns, slice.service || slice.name, key);
  front.slices.push(slice);
  for (const [, state] of slice.to ?? []) front.counts[state] += 1;
}

/** @param {Arranged} arranged @param {Map<string, Group>} groups @param {Model} model @param {Element} pod */
function addPod(arranged, groups, model, pod) {
  arranged.pods.push(pod);
  if (pod.node) arranged.podsOn[pod.node] = (arranged.podsOn[pod.node] ?? 0) + 1;
  if (pod.asks) {
    arranged.clients.push(pod);
    return;
  }
  const owner = pod.owner ? model.elements.get(pod.owner) : undefined;
  const top = owner?.owner || pod.owner || `Bare/${pod.ns}/`;
  const group = groupOf(groups, top, model.elements.get(top));
  if (!Object.keys(group.labels).length) group.labels = pod.labels ?? {};
  const key = pod.owner || top;
  let part = group.parts.find((present) => present.key === key);
  if (!part) {
    part = { key, name: tail(key, group.name), revision: Number(owner?.revision || 0), pods: [] };
    group.parts.push(part);
  }
  part.pods.push(pod);
  group.total += 1;
  if (pod.ready) group.ready += 1;
}

/** @param {Map<string, Group>} groups @param {string} ref @param {Element | undefined} owner @returns {Group} */
function groupOf(groups, ref, owner) {
  let group = groups.get(ref);
  if (!group) {
    const [kind, ns, name] = ref.split("/");
    group = { key: ref, kind, ns, name, labels: owner?.template ?? {}, parts: [], total: 0, ready: 0 };
    groups.set(ref, group);
  }
  return group;
}

/** @param {Group} group */
function orderParts(group) {
  group.parts.sort((a, b) => a.revision - b.revision || (a.key < b.key ? -1 : 1));
}

/** @param {string} key @param {string} prefix */
function tail(key, prefix) {
  const name = key.split("/")[2];
  return name.startsWith(`${prefix}-`) ? name.slice(prefix.length + 1) : name;
}

/**
 * Return the refs of the pods that stand behind a front, with the state of each endpoint.
 * @param {Front} front
 * @returns {[string, import("./types").EndpointState][]}
 */
export function endpointsOf(front) {
  return front.slices.flatMap((slice) =>
    (slice.to ?? []).map(([name, state]) => /** @type {[string, import("./types").EndpointState]} */ ([`Pod/${slice.ns}/${name}`, state])),
  );
}

/**
 * Return the label pairs worth showing: what a person wrote, not what controllers add.
 * @param {Element} element
 * @returns {[string, string][]}
 */
export function shownLabels(element) {
  return Object.entries(element.labels ?? {}).filter(([key]) => !MADE.test(key));
}

