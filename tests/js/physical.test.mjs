import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as chart from "../../static/js/diagram/chart.js";
import * as afar from "../../static/js/diagram/afar.js";
import * as layouts from "../../static/js/diagram/layout.js";
import * as levels from "../../static/js/diagram/levels.js";
import * as models from "../../static/js/diagram/model.js";
import * as outline from "../../static/js/diagram/outline.js";
import * as packets from "../../static/js/diagram/packets.js";
import * as tween from "../../static/js/diagram/tween.js";
import * as physical from "../../static/js/diagram/physical.js";
import * as routes from "../../static/js/diagram/routes.js";
import { speaker } from "../../static/js/diagram/words.js";
import * as wires from "../../static/js/diagram/wires.js";
import { lines } from "../../static/js/matched.js";
import * as scenes from "./fixtures/scenes.js";

const SIZE = { width: 848, height: 780 };
const say = speaker(JSON.parse(readFileSync(new URL("../../templates/diagram/labels.json", import.meta.url), "utf8")));

function laid(snapshot, slots = layouts.noSlots()) {
  const arranged = models.arrange(models.fromSnapshot(snapshot));
  const next = physical.assign(arranged, layouts.assign(arranged, slots, SIZE));
  return { arranged, slots: next, layout: physical.place(arranged, next, SIZE.width) };
}

function moved(before, after) {
  return [...before.layout.boxes]
    .filter(([ref, box]) => after.layout.boxes.has(ref) && (box.x !== after.layout.boxes.get(ref).x || box.y !== after.layout.boxes.get(ref).y))
    .map(([ref]) => ref);
}

function withPod(snapshot, name, node) {
  const made = structuredClone(snapshot);
  const like = Object.values(made.elements).find((one) => one.kind === "Pod" && !one.asks);
  made.elements[`Pod/default/${name}`] = { ...like, ref: `Pod/default/${name}`, name, node };
  return made;
}

const within = (small, large) => small.x >= large.x && small.y >= large.y && small.x + small.w <= large.x + large.w + 0.01 && small.y + small.h <= large.y + large.h + 0.01;

test("every pod stands inside its node, in a spot of its own", () => {
  for (const scene of [scenes.shop(), scenes.forty(), scenes.crowd(300)]) {
    const { layout, arranged } = laid(scene);
    const spots = new Set();
    for (const pod of arranged.pods) {
      const box = layout.boxes.get(pod.ref);
      assert.ok(within(box, layout.boxes.get(`Node//${pod.node}`)), pod.ref);
      if (box.form !== "none") {
        assert.ok(!spots.has(`${box.x} ${box.y}`), pod.ref);
        spots.add(`${box.x} ${box.y}`);
      }
    }
  }
});

test("adding one pod moves nothing in other nodes, and while it fits nothing at all", () => {
  const before = laid(scenes.shop());
  assert.deepEqual(moved(before, laid(withPod(scenes.shop(), "new", "node-1"), before.slots)), []);
  const crowd = laid(scenes.crowd(300));
  const after = laid(withPod(scenes.crowd(300), "new", "node-1"), crowd.slots);
  const elsewhere = moved(crowd, after).filter((ref) => !crowd.arranged.pods.some((pod) => pod.ref === ref && pod.node === "node-1"));
  assert.deepEqual(elsewhere, []);
});

test("a pod keeps its slot in its node for life", () => {
  const scene = scenes.shop();
  const before = laid(scene);
  const gone = structuredClone(scene);
  const [first] = before.arranged.pods.filter((pod) => pod.node === "node-1");
  delete gone.elements[first.ref];
  const without = laid(gone, before.slots);
  assert.deepEqual(moved(before, without), []);
  const again = laid(withPod(gone, "new", "node-1"), without.slots);
  assert.deepEqual(again.layout.boxes.get("Pod/default/new"), before.layout.boxes.get(first.ref));
});

test("a pod without a node waits in a frame of its own, below the nodes", () => {
  const { layout } = laid(withPod(scenes.shop(), "waiting", ""));
  assert.ok(within(layout.boxes.get("Pod/default/waiting"), layout.boxes.get(physical.NOWHERE)));
  assert.ok(layout.boxes.get(physical.NOWHERE).y > layout.boxes.get("Node//node-2").y);
});

test("no card covers another, however many nodes there are", () => {
  for (const count of [2, 9, 40]) {
    const { layout } = laid(new scenes.Cluster().nodes(count).snapshot());
    const frames = layout.groups.map((group) => group.box);
    for (const [i, a] of frames.entries()) for (const b of frames.slice(i + 1)) {
      assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y);
    }
  }
});

test("the tree lists the same things in both views", () => {
  for (const scene of [scenes.shop(), scenes.forty()]) {
    const arranged = models.arrange(models.fromSnapshot(scene));
    const refs = (inside) => outline.rows(arranged, new Set(), say, "198.51.100.7", inside).map((row) => row.ref)
      .filter((ref) => ref && !/^(Deployment|ReplicaSet|ReplicationController|Bare)\//.test(ref)).sort();
    assert.deepEqual(refs(true), refs(false));
  }
});

test("in the physical order pods come under their node", () => {
  const arranged = models.arrange(models.fromSnapshot(scenes.shop()));
  const rows = outline.rows(arranged, new Set(), say, "", true);
  let node = "";
  for (const row of rows.filter((one) => one.lane === "inside" && one.ref)) {
    if (row.ref.startsWith("Node/")) node = row.name;
    else assert.equal(arranged.pods.find((pod) => pod.ref === row.ref).node, node);
  }
});

test("wires lead from the slices to the nodes that hold an endpoint, one each", () => {
  const { arranged, layout } = laid(scenes.shop());
  const ends = wires.wires(arranged, layout).filter((wire) => wire.from.startsWith("EndpointSlice/"));
  assert.ok(ends.length > 0);
  assert.ok(ends.every((wire) => wire.to.startsWith("Node//")));
  assert.equal(new Set(ends.map((wire) => `${wire.from} ${wire.to}`)).size, ends.length);
});

const packet = { proto: "TCP", src: "10.244.1.4", sport: 40000, dst: "10.96.0.1", dport: 80 };
const step = (kind, rest = {}) => ({ kind, action: "Continued", before: packet, after: packet, why: "", because: [], ...rest });
const result = {
  outcome: "ok",
  trace: {
    hops: [
      { at: { kind: "pod", namespace: "default", name: "client" }, steps: [step("Send")] },
      { at: { kind: "node", name: "node-1" }, steps: [step("ServiceMatch", { rule: "-A A", because: [{ kind: "Service", namespace: "default", name: "web" }] }), step("DNAT", { rule: "-A B", action: "Translated", after: { ...packet, dst: "10.244.2.5" } })] },
      { at: { kind: "node", name: "node-2" }, steps: [step("Route")] },
      { at: { kind: "pod", namespace: "default", name: "web-1" }, steps: [step("Deliver")] },
    ],
  },
};
const asked = { from: { pod: "default/client" }, to: "http://10.96.0.1" };

test("a packet goes from the client's pod to its node, to the target's node, into the pod", () => {
  const plan = packets.plan(asked, result, () => true, true);
  assert.deepEqual(plan.legs.map((leg) => leg.to), ["Node//node-1", "Node//node-2", "Pod/default/web-1"]);
  assert.deepEqual(plan.rules.map((found) => [found.node, found.rule]), [["Node//node-1", "-A A"], ["Node//node-1", "-A B"]]);
  assert.ok(plan.rules.every((found) => found.t >= plan.legs[0].t1));
});

test("one of a hundred packets ends in its own pod through that pod's node", () => {
  const plan = packets.plan(asked, result, () => true, true);
  assert.deepEqual(packets.redirect(plan, "Pod/default/web-2", "Node//node-1").legs.map((leg) => leg.to), ["Node//node-1", "Pod/default/web-2"]);
  assert.deepEqual(packets.redirect(plan, "Pod/default/web-3", "Node//node-3").legs.map((leg) => leg.to), ["Node//node-1", "Node//node-3", "Pod/default/web-3"]);
});

test("every way begins and ends at its places", () => {
  const { layout, arranged } = laid(scenes.shop());
  const [a, b] = ["Node//node-1", "Node//node-2"].map((ref) => physical.spot(layout, ref));
  const pod = layout.boxes.get(arranged.pods[0].ref);
  const touches = (box, x, y) => x >= box.x - 1 && x <= box.x + box.w + 1 && y >= box.y - 1 && y <= box.y + box.h + 1;
  for (const [from, to] of [[a, b], [b, a], [a, pod], [pod, a], [layout.boxes.get(models.YOU), a]]) {
    const track = routes.track(routes.route(layout, from, to));
    assert.ok(touches(from, track.x[0], track.y[0]));
    assert.ok(touches(to, track.x.at(-1), track.y.at(-1)));
  }
});

test("the overview map shows what is under the glass, and only where that is not everything", () => {
  const world = { width: 2000, height: 4000 };
  assert.equal(chart.fit(world, { x: 0, y: 0, k: 0.1 }, { width: 400, height: 500 }), null);
  const made = chart.fit(world, { x: -500, y: -1000, k: 1 }, { width: 800, height: 600 });
  assert.ok(made);
  assert.ok(Math.abs(made.seen.x - 500 * made.k) < 0.01 && Math.abs(made.seen.h - 600 * made.k) < 0.01);
  assert.ok(made.w <= 168 && made.h <= 120);
  assert.equal(Math.round(chart.fit({ width: 800, height: 20000 }, { x: 0, y: 0, k: 1 }, { width: 800, height: 600 }).w), 28);
});

test("the lines of a rule are found in the whole rules, whatever their indent", () => {
  const text = "*nat\n:PREROUTING ACCEPT\n-A KUBE-SERVICES -j X\n\t\tip daddr 1 goto y\nCOMMIT\n";
  assert.deepEqual([...lines(text, ["-A KUBE-SERVICES -j X"])], [2]);
  assert.deepEqual([...lines(text, ["ip daddr 1 goto y"])], [3]);
  assert.deepEqual([...lines(text, ["-A KUBE-SERVICES"])], []);
});

function blocks(scene, level, inside) {
  const model = models.fromSnapshot(scene);
  const made = inside ? laid(scene) : null;
  const arranged = made?.arranged ?? models.arrange(model);
  const layout = made?.layout ?? layouts.place(arranged, layouts.assign(arranged, layouts.noSlots(), SIZE), SIZE.width);
  const shown = tween.look(tween.head(tween.still(), layout.boxes, 0, true), 1).shown;
  return afar.blocks({ model, arranged, layout, shown, level, selected: "", hovered: "", matching: false, verdicts: null, say, measure: (text, font) => text.length * (font === "far" ? 17 : 11) }, () => true);
}

test("from afar everything keeps a name, nearer each pod is a mark", () => {
  for (const inside of [true, false]) {
    const far = blocks(scenes.shop(), "cluster", inside);
    for (const name of ["web", "cart", "node-1"]) assert.ok(far.some((one) => one.op === "text" && one.text === name), `${name} ${inside}`);
    const pods = models.arrange(models.fromSnapshot(scenes.shop())).pods.filter((pod) => inside || !pod.asks);
    const near = blocks(scenes.shop(), "group", inside);
    const dots = near.filter((one) => one.op === "dots").reduce((sum, one) => sum + one.points.length / 3, 0);
    assert.equal(dots + near.filter((one) => one.op === "ring").length, pods.length);
  }
});

test("ten thousand pods are a few hundred commands from afar", () => {
  for (const inside of [true, false]) assert.ok(blocks(scenes.fleet(10000), "cluster", inside).length < 1500);
});

test("a change of level is cross-faded and ends in the new picture", () => {
  const [before, after] = [[{ op: "box", alpha: 0.5 }], [{ op: "card" }]];
  assert.deepEqual(levels.fade(before, after, 0.25), [{ op: "box", alpha: 0.375 }, { op: "card", alpha: 0.25 }]);
  assert.equal(levels.fade(before, after, 1), after);
});

test("an Ingress has its place in the edge lane of the physical view too", () => {
  const scene = scenes.shop();
  scene.elements["Ingress/default/shop"] = { ref: "Ingress/default/shop", kind: "Ingress", ns: "default", name: "shop", services: ["web"], hosts: [], external: [] };
  const { layout } = laid(scene);
  assert.equal(layout.boxes.get("Ingress/default/shop")?.lane, "edge");
});
