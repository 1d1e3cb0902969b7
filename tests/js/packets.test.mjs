import assert from "node:assert/strict";
import { test } from "node:test";

import * as flight from "../../static/js/diagram/flight.js";
import * as layouts from "../../static/js/diagram/layout.js";
import * as models from "../../static/js/diagram/model.js";
import { notes } from "../../static/js/diagram/notes.js";
import * as packets from "../../static/js/diagram/packets.js";
import * as routes from "../../static/js/diagram/routes.js";
import { speaker } from "../../static/js/diagram/words.js";
import * as scenes from "./fixtures/scenes.js";

function stage(snapshot) {
  const arranged = models.arrange(models.fromSnapshot(snapshot));
  const size = { width: 848, height: 780 };
  const layout = layouts.place(arranged, layouts.assign(arranged, layouts.noSlots(), size), 848);
  const where = (ref) => layout.boxes.get(ref);
  const plan = (request) => packets.plan(request.asked, request.results[0], (ref) => layout.boxes.has(ref));
  return { arranged, layout, where, plan };
}

const starter = scenes.starter();
const shop = scenes.shop();
const kinds = (plan) => plan.legs.filter((leg) => leg.style === "way").map((leg) => leg.to.split("/")[0]);

test("a request from a pod goes over DNS, Service and slice to a pod, and its answer comes back", () => {
  const plan = stage(starter).plan(scenes.toService(starter, "web", "web-"));
  assert.deepEqual(plan.legs.filter((leg) => leg.style === "dns").map((leg) => [leg.to, leg.reversed]), [[models.DNS, false], [models.DNS, true]]);
  assert.deepEqual(kinds(plan), ["Service", "EndpointSlice", "Pod"]);
  assert.equal(plan.end.shape, "arrived");
  assert.ok(plan.back.t0 > plan.end.t);
  assert.equal(plan.fault, null);
});

test("a request from outside goes over the cloud and a node", () => {
  const plan = stage(shop).plan(scenes.fromOutside(shop, "web-"));
  assert.equal(plan.legs[0].from, models.YOU);
  assert.deepEqual(kinds(plan), ["LoadBalancer", "Node", "Service", "EndpointSlice", "Pod"]);
  assert.deepEqual(plan.stops.map((stop) => [stop.kind, stop.field]), [["LoadBalance", "dst"], ["DNAT", "dst"], ["Masquerade", "src"]]);
});

test("each hop takes as long as the next, and a decision pauses", () => {
  const plan = stage(starter).plan(scenes.toService(starter, "web", "web-"));
  assert.ok(plan.legs.every((leg) => leg.t1 - leg.t0 === packets.HOP));
  const [dnat] = plan.stops;
  assert.equal(dnat.t1 - dnat.t0, packets.PAUSE);
  assert.deepEqual([...plan.moments].sort((a, b) => a - b), plan.moments);
});

const endings = [
  ["refused for want of endpoints stops at the Service", shop, () => scenes.toService(shop, "cart", "basket-", "refused"), "refused", "Service/default/cart", "node-1", "selector"],
  ["a name nobody has stops at the cluster DNS", shop, () => scenes.unknownName(shop), "unknown", models.DNS, "kube-dns", null],
  ["silence shows where it began", starter, () => scenes.toService(starter, "web", "web-", "timeout"), "silent", "Service/default/web", "node-1", ""],
];
for (const [promise, scene, request, shape, at, place, blame] of endings) {
  test(promise, () => {
    const plan = stage(scene).plan(request());
    assert.deepEqual([plan.end.shape, plan.end.at, plan.end.place], [shape, at, place]);
    assert.equal(plan.back, null);
    if (blame !== null) assert.equal(plan.fault.blame, blame);
    assert.ok(plan.end.why.length > 10);
  });
}

test("refused by the pod stops at the pod, after the header was rewritten", () => {
  const plan = stage(starter).plan(scenes.toService(starter, "web", "web-", "reset"));
  assert.ok(plan.end.at.startsWith("Pod/default/web-"));
  assert.equal(plan.stops.length, 1);
  assert.equal(plan.fault.blame, "spec.ports[0].targetPort");
});

test("an end is marked by its shape, not by colour alone", () => {
  const marks = { refused: "stop", silent: "silence", unknown: "stop" };
  for (const [, scene, request, shape] of endings) {
    const { layout, where, plan } = stage(scene);
    const made = plan(request());
    const drawn = flight.commands(made, made.duration, layout, where);
    assert.equal(drawn.at(-1).op, marks[shape]);
  }
});

test("a client that nobody routes for ends beside its own card", () => {
  const { layout, where } = stage(shop);
  const result = scenes.fromOutside(shop, "web-").results[0];
  const hop = { at: { kind: "outside", name: "198.51.100.7" }, steps: [{ ...result.trace.hops[0].steps[0], kind: "Route", action: "Dropped", why: "Nobody routes there.", because: [] }] };
  const plan = packets.plan({ from: { external: "198.51.100.7" }, to: "http://10.96.0.9" }, { outcome: "timeout", trace: { disposition: "Dropped", reason: "x", hops: [hop] } }, () => true);
  const [mark] = flight.commands(plan, plan.duration, layout, where);
  const you = layout.boxes.get(models.YOU);
  assert.deepEqual([mark.op, mark.x], ["silence", you.x + you.w]);
});

test("a packet whose pod is deleted under way ends where the pod was", () => {
  const { layout, where, plan } = stage(starter);
  const made = plan(scenes.toService(starter, "web", "web-"));
  const known = new Map([...layout.boxes].map(([ref, box]) => [ref, box]));
  const before = flight.endPoint(made, layout, where);
  layout.boxes.delete(made.end.at);
  assert.deepEqual(flight.endPoint(made, layout, (ref) => layout.boxes.get(ref) ?? known.get(ref)), before);
});

test("with motion reduced a leg lights up at once", () => {
  const { layout, where, plan } = stage(starter);
  const made = plan(scenes.toService(starter, "web", "web-"));
  const [trail] = flight.commands(made, 10, layout, where, { still: true });
  const [leg] = made.legs;
  assert.equal(trail.points.at(-2), where(leg.to).x);
});

test("a hundred requests are shown by a few, in proportion", () => {
  const order = packets.sample({ "default/a": 60, "default/b": 30, "default/c": 10, "default/d": 0 }, 40);
  const count = (ref) => order.filter((one) => one === ref).length;
  assert.deepEqual([order.length, count("Pod/default/a"), count("Pod/default/b"), count("Pod/default/c"), count("Pod/default/d")], [40, 24, 12, 4, 0]);
});

test("the notes say the header before and after, and why the packet stopped", () => {
  const say = speaker({ stopped: "Stopped at {place}.", answered: "answered {status}", saw: "source seen: {ip}" });
  const { layout, where, plan } = stage(starter);
  const made = plan(scenes.toService(starter, "web", "web-", "reset"));
  const [header, ending] = notes(made, made.duration, layout, where, say);
  assert.deepEqual(header.lines.map((line) => line.kind), ["title", "before", "after"]);
  assert.match(ending.lines[0].text, /^Stopped at web-/);
  assert.match(ending.lines[1].text, /Nothing listens on port 8080/);
});

test("a point along a track moves the same distance in the same time", () => {
  const track = routes.track([0, 0, 30, 0, 70, 100, 100, 100]);
  const points = [0, 0.25, 0.5, 0.75, 1].map((part) => routes.along(track, part));
  assert.deepEqual([points[0].x, points[4].x, points[4].y], [0, 100, 100]);
  const steps = points.slice(1).map((point, i) => Math.hypot(point.x - points[i].x, point.y - points[i].y));
  assert.ok(Math.max(...steps) - Math.min(...steps) < 3);
});
