import assert from "node:assert/strict";
import { test } from "node:test";

import * as layouts from "../../static/js/diagram/layout.js";
import * as levels from "../../static/js/diagram/levels.js";
import * as models from "../../static/js/diagram/model.js";
import * as scenes from "./fixtures/scenes.js";

const SIZE = { width: 848, height: 780 };

function laid(snapshot, slots = layouts.noSlots()) {
  const arranged = models.arrange(models.fromSnapshot(snapshot));
  const next = layouts.assign(arranged, slots, SIZE);
  return { arranged, slots: next, layout: layouts.place(arranged, next, SIZE.width) };
}

const clone = (snapshot) => structuredClone(snapshot);
const sameSpot = (a, b) => a.x === b.x && a.y === b.y;

function moved(before, after) {
  return [...before.layout.boxes].filter(([ref, box]) => after.layout.boxes.has(ref) && !sameSpot(box, after.layout.boxes.get(ref))).map(([ref]) => ref);
}

function withPod(snapshot, name, like) {
  const made = clone(snapshot);
  const model = Object.values(made.elements).find((one) => one.kind === "Pod" && one.name.startsWith(like));
  made.elements[`Pod/default/${name}`] = { ...model, ref: `Pod/default/${name}`, name };
  return made;
}

test("adding one pod moves nothing else", () => {
  for (const scene of [scenes.shop(), scenes.forty(), scenes.crowd(300)]) {
    const before = laid(scene);
    const after = laid(withPod(scene, "web-zz-new", "web-"), before.slots);
    const other = moved(before, after).filter((ref) => !ref.startsWith("Pod/default/web-"));
    assert.deepEqual(other, []);
  }
});

test("a pod keeps its slot for life, and a freed slot goes to the next", () => {
  const scene = scenes.starter();
  const before = laid(scene);
  const pods = Object.values(scene.elements).filter((one) => one.name.startsWith("web-") && one.kind === "Pod");
  const without = clone(scene);
  delete without.elements[pods[1].ref];
  const gone = laid(without, before.slots);
  assert.deepEqual(moved(before, gone), []);
  const again = laid(withPod(without, "web-zz-new", "web-"), gone.slots);
  assert.ok(sameSpot(again.layout.boxes.get("Pod/default/web-zz-new"), before.layout.boxes.get(pods[1].ref)));
  assert.deepEqual(moved(gone, again), []);
});

test("a deleted Service leaves its band free; the others stay", () => {
  const scene = scenes.shop();
  const before = laid(scene);
  const without = clone(scene);
  for (const [ref, one] of Object.entries(scene.elements)) {
    if (one.name === "api" || one.service === "api" || one.name.startsWith("api-")) delete without.elements[ref];
  }
  assert.deepEqual(moved(before, laid(without, before.slots)), []);
});

test("a Service stands in one band with the pods it selects, and with those it nearly selects", () => {
  const { layout } = laid(scenes.shop());
  const middle = (ref) => layout.boxes.get(ref).y + layout.boxes.get(ref).h / 2;
  for (const [service, group] of [["web", "web"], ["api", "api"], ["cart", "basket"]]) {
    assert.equal(middle(`Service/default/${service}`), middle(`Deployment/default/${group}`));
  }
});

test("lanes run from left to right and nothing overlaps in a lane", () => {
  const { layout } = laid(scenes.shop());
  const boxes = [...new Set(layout.boxes.values())].filter((box) => box.lane !== "pods");
  for (const a of boxes) {
    for (const b of boxes) {
      if (a === b || a.lane !== b.lane) continue;
      assert.ok(a.y + a.h <= b.y || b.y + b.h <= a.y, `${a.lane} at ${a.y} and ${b.y}`);
    }
  }
  assert.deepEqual(layout.lanes.map((lane) => lane.key), ["outside", "edge", "nodes", "services", "slices", "pods"]);
});

test("every element has a place, ten thousand too", () => {
  const scene = scenes.crowd(10000);
  const { layout, arranged } = laid(scene);
  assert.ok([...arranged.pods, ...arranged.nodes].every((one) => layout.boxes.has(one.ref)));
});

test("old and new ReplicaSets stand side by side", () => {
  const { layout } = laid(scenes.rolling());
  const [older, newer] = layout.groups[0].parts;
  assert.equal(older.box.y, newer.box.y);
  assert.ok(older.box.x + older.box.w < newer.box.x);
});

for (const [count, form] of [[1, "card"], [4, "card"], [5, "chip"], [12, "chip"], [13, "dot"], [500, "dot"], [5000, "none"]]) {
  test(`${count} pods are shown as ${form}s`, () => assert.equal(levels.fill(count, 174, 110).form, form));
}

test("a level of zoom is left a tenth later than it is entered", () => {
  assert.equal(levels.level(1), "object");
  assert.equal(levels.level(0.58), "group");
  assert.equal(levels.level(0.58, "object"), "object");
  assert.equal(levels.level(0.5, "object"), "group");
  assert.equal(levels.level(0.64, "group"), "group");
  assert.equal(levels.level(0.67, "group"), "object");
});
