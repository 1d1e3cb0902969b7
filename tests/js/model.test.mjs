import assert from "node:assert/strict";
import { test } from "node:test";

import * as model from "../../static/js/diagram/model.js";
import * as scenes from "./fixtures/scenes.js";

const delta = (revision, rest) => ({ revision, at: 1000 + revision, ...rest });
const pod = (name, rest = {}) => ({ ref: `Pod/default/${name}`, kind: "Pod", ns: "default", name, labels: {}, owner: "", ready: true, word: "Running", tone: "ok", asks: false, ...rest });

test("a delta puts and removes elements and leaves the model before it alone", () => {
  const before = model.fromSnapshot(scenes.starter());
  const after = model.apply(before, [delta(101, { upsert: [pod("lone")] }), delta(102, { remove: ["Pod/default/client"] })]);
  assert.equal(after.revision, 102);
  assert.ok(after.elements.has("Pod/default/lone"));
  assert.ok(!after.elements.has("Pod/default/client"));
  assert.ok(before.elements.has("Pod/default/client") && !before.elements.has("Pod/default/lone"));
});

test("a delta that the model already holds changes nothing", () => {
  const before = model.fromSnapshot(scenes.starter());
  const after = model.apply(before, [delta(99, { remove: ["Pod/default/client"] })]);
  assert.ok(after.elements.has("Pod/default/client"));
});

test("a proxy is behind from the first change it has not seen until it has synced", () => {
  let held = model.fromSnapshot(scenes.starter());
  assert.equal(model.isBehind(held, "node-1"), false);
  held = model.apply(held, [delta(101, { head: 101 }), delta(102, { head: 102 })]);
  assert.equal(model.isBehind(held, "node-1"), true);
  assert.equal(held.behindSince["node-1"], 1101);
  held = model.apply(held, [delta(103, { synced: { nodes: ["node-1"], upto: 101 } })]);
  assert.equal(model.isBehind(held, "node-1"), true);
  held = model.apply(held, [delta(104, { synced: { nodes: ["node-1"], upto: 102 } })]);
  assert.equal(model.isBehind(held, "node-1"), false);
  assert.equal(model.isBehind(held, "node-2"), true);
});

test("pods stand in the group of their Deployment, each ReplicaSet a part, the older first", () => {
  const [group] = model.arrange(model.fromSnapshot(scenes.rolling())).groups;
  assert.equal(group.key, "Deployment/default/web");
  assert.deepEqual(group.parts.map((part) => part.pods.length), [2, 2]);
  assert.deepEqual(group.parts.map((part) => part.revision), [1, 2]);
});

test("pods that only ask stand outside, bare pods in a group of their own", () => {
  const held = model.apply(model.fromSnapshot(scenes.starter()), [delta(101, { upsert: [pod("lone")] })]);
  const arranged = model.arrange(held);
  assert.deepEqual(arranged.clients.map((one) => one.name), ["client"]);
  assert.deepEqual(arranged.groups.map((group) => group.key), ["Deployment/default/web", "Bare/default/"]);
});

test("the slices of a Service count together", () => {
  const [front] = model.arrange(model.fromSnapshot(scenes.crowd(250))).fronts;
  assert.equal(front.slices.length, 3);
  assert.equal(front.counts.ready, 250);
});

test("labels that controllers put on are not shown", () => {
  const labels = { app: "web", "pod-template-hash": "x", "topology.kubernetes.io/zone": "a" };
  assert.deepEqual(model.shownLabels(pod("p", { labels })), [["app", "web"]]);
});
