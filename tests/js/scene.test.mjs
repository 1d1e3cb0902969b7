import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as cards from "../../static/js/diagram/cards.js";
import * as guide from "../../static/js/diagram/guide.js";
import * as layouts from "../../static/js/diagram/layout.js";
import * as match from "../../static/js/diagram/match.js";
import * as models from "../../static/js/diagram/model.js";
import * as outline from "../../static/js/diagram/outline.js";
import { pick } from "../../static/js/diagram/pick.js";
import * as room from "../../static/js/diagram/room.js";
import * as scene from "../../static/js/diagram/scene.js";
import * as tween from "../../static/js/diagram/tween.js";
import { fit, short, speaker } from "../../static/js/diagram/words.js";
import * as scenes from "./fixtures/scenes.js";

const labels = JSON.parse(readFileSync(new URL("../../templates/diagram/labels.json", import.meta.url), "utf8"));
const say = speaker(labels);
const measure = (text) => text.length * 6.2;

function frameOf(snapshot, rest = {}) {
  const model = models.fromSnapshot(snapshot);
  const arranged = models.arrange(model);
  const size = { width: 848, height: 780 };
  const layout = layouts.place(arranged, layouts.assign(arranged, layouts.noSlots(), size), 848);
  const motion = tween.head(tween.still(), layout.boxes, 0, true);
  return {
    model, arranged, layout, shown: tween.look(motion, 1).shown, ghosts: new Map(), level: "object",
    seen: { x: 0, y: 0, w: 848, h: 5000 }, selected: "", hovered: "", matching: false, verdicts: null, spread: null, most: 1,
    fault: null, blame: "", dns: null, crowded: false, say, measure, ...rest,
  };
}

const texts = (list) => list.filter((one) => one.op === "text").map((one) => one.text);

test("the same frame gives the same list", () => {
  assert.deepEqual(scene.compose(frameOf(scenes.shop())), scene.compose(frameOf(scenes.shop())));
});

test("cards carry name, address, labels and state in words", () => {
  const list = texts(scene.compose(frameOf(scenes.shop())));
  for (const text of ["node-1", "10.0.0.11", "rules synced", "syncing", "cluster DNS", "cloud LB", "203.0.113.10", "not ready", "no endpoints", "tier=front", "3 ready, 1 not"]) {
    assert.ok(list.includes(text), text);
  }
});

test("a state is a shape of its own", () => {
  const ops = new Set(scene.compose(frameOf(scenes.shop())).map((one) => one.op));
  assert.ok(ops.has("disc") && ops.has("ring") && ops.has("clock"));
});

test("while a selector is typed matching pods stay, others fade, near misses are dashed and underlined", () => {
  const snapshot = scenes.shop();
  const pods = models.arrange(models.fromSnapshot(snapshot)).pods;
  const { verdicts } = match.judge({ namespace: "default", selector: { app: "web", tier: "back" } }, pods, new Set(pods.map((pod) => pod.ref)));
  const list = scene.compose(frameOf(snapshot, { matching: true, verdicts }));
  const near = list.filter((one) => one.op === "card" && one.stroke === "warn" && one.dash);
  assert.equal(near.length, 4);
  assert.ok(near.every((one) => one.alpha === 1));
  const faded = list.filter((one) => one.op === "card" && one.alpha === cards.FADED);
  assert.ok(faded.length >= 5);
  assert.equal(list.filter((one) => one.op === "path" && one.points.length === 4 && one.stroke === "warn").length, 4);
});

test("shares stand in the cards as bars with numbers", () => {
  const snapshot = scenes.starter();
  const spread = { by_pod: scenes.hundred(snapshot).summary.by_pod, sent: 100, ideal: 33.3 };
  const list = texts(scene.compose(frameOf(snapshot, { spread, most: 40 })));
  for (const count of Object.values(spread.by_pod)) assert.ok(list.includes(String(count)));
});

test("a thousand pods are a handful of commands, from far away fewer still", () => {
  const near = scene.compose(frameOf(scenes.crowd(1000)));
  assert.ok(near.length < 200, String(near.length));
  const far = scene.compose(frameOf(scenes.many(), { level: "cluster", seen: { x: 0, y: 0, w: 9000, h: 9000 } }));
  assert.ok(far.length < 400, String(far.length));
});

test("what is not under the glass is not drawn", () => {
  const list = scene.compose(frameOf(scenes.many(), { seen: { x: 0, y: 0, w: 848, h: 600 } }));
  assert.ok(!texts(list).some((text) => text.includes("app-30")));
});

test("tree and diagram hold the same objects", () => {
  for (const snapshot of [scenes.shop(), scenes.rolling(), scenes.forty(), scenes.empty()]) {
    const { layout, arranged } = frameOf(snapshot);
    const refs = outline.rows(arranged, new Set(), say, "198.51.100.7").map((row) => row.ref).filter(Boolean);
    const placed = new Set([...layout.boxes.keys()]);
    assert.deepEqual(refs.filter((ref) => !placed.has(ref)), []);
    const folded = arranged.dns?.slices.map((slice) => slice.ref) ?? [];
    const aliases = new Set([...folded, ...arranged.fronts.flatMap((front) => front.slices.slice(1).map((slice) => slice.ref))]);
    assert.deepEqual([...placed].filter((ref) => !aliases.has(ref) && !refs.includes(ref)), []);
  }
});

test("a tree row says its place among its siblings, and folds", () => {
  const { arranged } = frameOf(scenes.shop());
  const rows = outline.rows(arranged, new Set(["lane:nodes"]), say, "198.51.100.7");
  const nodes = rows.find((row) => row.key === "lane:nodes");
  assert.equal(nodes.open, false);
  assert.ok(!rows.some((row) => row.ref === "Node//node-1"));
  const pods = rows.filter((row) => row.level === 3 && row.lane === "pods");
  assert.deepEqual(pods.slice(0, 4).map((row) => [row.position, row.size]), [[1, 4], [2, 4], [3, 4], [4, 4]]);
});

test("right and left follow the traffic from a Service to its pods and back", () => {
  const { arranged } = frameOf(scenes.shop());
  const slice = outline.along(arranged, "Service/default/web", 1);
  assert.match(slice, /^EndpointSlice\/default\/web-/);
  const pod = outline.along(arranged, slice, 1);
  assert.match(pod, /^Pod\/default\/web-/);
  assert.equal(outline.along(arranged, pod, -1), slice);
  assert.equal(outline.along(arranged, "Service/default/web", -1), "LoadBalancer/default/web");
});

test("a point finds the smallest glyph under it", () => {
  const { layout } = frameOf(scenes.shop());
  const [ref, box] = [...layout.boxes].find(([key]) => key.startsWith("Pod/default/web-"));
  assert.equal(pick(layout.boxes, box.x + 2, box.y + 2), ref);
  assert.equal(pick(layout.boxes, 3, 3), "");
});

test("an empty cluster has an invitation in every lane, but no buttons for who may only look", () => {
  const { arranged, layout } = frameOf(scenes.empty());
  const rows = guide.invitations(arranged, layout, true);
  assert.deepEqual(rows.map((row) => row.key), ["outside", "edge", "nodes", "services", "slices", "pods"]);
  assert.ok(guide.invitations(arranged, layout, false).every((row) => row.action === ""));
  assert.deepEqual(guide.choices("Pod", say, false).map((choice) => choice.action), ["inspect"]);
});

test("every word the diagram asks for is written", () => {
  const asked = new Set();
  const recording = (key, values) => {
    asked.add(key);
    return say(key, values);
  };
  for (const snapshot of [scenes.shop(), scenes.rolling(), scenes.empty(), scenes.crowd(20)]) {
    const frame = frameOf(snapshot, { say: recording });
    scene.compose(frame);
    outline.rows(frame.arranged, new Set(), recording, "x");
    for (const row of guide.invitations(frame.arranged, frame.layout, true)) recording(`empty.${row.key}`);
    for (const kind of ["Pod", "Service", "Deployment", "Node", "You", "Other"]) guide.choices(kind, recording, true);
  }
  assert.deepEqual([...asked].filter((key) => !(key in labels)), []);
});

test("a new glyph fades in, a moved one glides, a gone one fades out", () => {
  const box = { x: 0, y: 0, w: 10, h: 10, lane: "pods", form: "card" };
  let motion = tween.head(tween.still(), new Map([["a", box]]), 0, false);
  assert.equal(tween.look(motion, 0).shown.get("a").alpha, 0);
  assert.equal(tween.look(motion, 240).shown.get("a").alpha, 1);
  motion = tween.head(motion, new Map([["a", { ...box, x: 100 }]]), 300, false);
  const half = tween.look(motion, 400).shown.get("a").x;
  assert.ok(half > 0 && half < 100);
  motion = tween.head(motion, new Map(), 600, false);
  assert.equal(tween.look(motion, 601).leaving.size, 1);
  assert.equal(tween.look(motion, 760).leaving.size, 0);
  assert.equal(tween.head(motion, new Map([["b", box]]), 800, true).moves.get("b").from.alpha, 1);
});

test("a note goes where it covers nothing", () => {
  const anchor = { x: 300, y: 100, w: 120, h: 50 };
  const below = { x: 200, y: 155, w: 400, h: 120 };
  const note = { w: 160, h: 60 };
  const spot = room.find(anchor, note, [anchor, below], { width: 848, height: 780 }, 8);
  for (const box of [anchor, below]) {
    assert.ok(spot.x >= box.x + box.w || spot.x + note.w <= box.x || spot.y >= box.y + box.h || spot.y + note.h <= box.y);
  }
});

test("names are cut where it hurts least", () => {
  assert.equal(short("web-5d4f9c7b8-x2k9p", "web"), "…x2k9p");
  assert.equal(short("lone", ""), "lone");
  assert.equal(fit("10.96.0.10", 1000, measure), "10.96.0.10");
  assert.match(fit("a-very-long-name-x2k9p", 80, measure, true), /^a-.*…-?.*k9p$/);
  assert.equal(say("ready", { n: 3 }), "3 ready");
});
