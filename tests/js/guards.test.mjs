import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as guards from "../../static/js/diagram/guards.js";
import * as layouts from "../../static/js/diagram/layout.js";
import * as models from "../../static/js/diagram/model.js";
import * as physical from "../../static/js/diagram/physical.js";
import * as outline from "../../static/js/diagram/outline.js";
import * as wires from "../../static/js/diagram/wires.js";
import { speaker } from "../../static/js/diagram/words.js";
import * as scenes from "./fixtures/scenes.js";

const say = speaker(JSON.parse(readFileSync(new URL("../../templates/diagram/labels.json", import.meta.url), "utf8")));
const SIZE = { width: 848, height: 780 };

function ingress(name, services, external = ["203.0.113.9"]) {
  return { ref: `Ingress/default/${name}`, kind: "Ingress", ns: "default", name, type: "nginx", hosts: ["shop.example"], external, services };
}

function policy(name, chosen, ways, ns = "default") {
  return { ref: `NetworkPolicy/${ns}/${name}`, kind: "NetworkPolicy", ns, name, chosen, ways };
}

function arranged(...more) {
  const scene = structuredClone(scenes.starter());
  for (const one of more) scene.elements[one.ref] = one;
  return models.arrange(models.fromSnapshot(scene));
}

function placed(found) {
  return layouts.place(found, layouts.assign(found, layouts.noSlots(), SIZE), SIZE.width);
}

for (const [selector, labels, matches] of [
  [{}, {}, true],
  [{ matchLabels: { app: "web" } }, { app: "web", x: "y" }, true],
  [{ matchLabels: { app: "web" } }, { app: "db" }, false],
  [{ matchExpressions: [{ key: "app", operator: "In", values: ["web", "db"] }] }, { app: "db" }, true],
  [{ matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] }, {}, false],
  [{ matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] }, {}, true],
  [{ matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] }, { app: "web" }, false],
  [{ matchExpressions: [{ key: "app", operator: "Exists" }] }, {}, false],
  [{ matchExpressions: [{ key: "app", operator: "DoesNotExist" }] }, {}, true],
]) {
  test(`${JSON.stringify(selector)} ${matches ? "selects" : "does not select"} ${JSON.stringify(labels)}`, () => {
    assert.equal(guards.selects(selector, labels), matches);
  });
}

test("only pods of the policy's namespace that it selects are isolated, each way by name", () => {
  const found = arranged(policy("quiet", { matchLabels: { app: "web" } }, ["Ingress"]), policy("shut", { matchLabels: { app: "web" } }, ["Egress"]), policy("far", {}, ["Ingress"], "elsewhere"));
  const web = found.pods.filter((pod) => pod.labels?.app === "web");
  assert.ok(web.length > 0);
  assert.equal(found.guards.size, web.length);
  assert.deepEqual(found.guards.get(web[0].ref), { ways: { in: ["quiet"], out: ["shut"] } });
  const rows = outline.rows(found, new Set(), say, "198.51.100.7");
  const told = rows.filter((row) => row.label.includes("isolated for what comes in by quiet"));
  assert.equal(told.length, web.length);
});

test("an Ingress stands in the edge lane, is wired to its Services, and moves nothing else", () => {
  const before = placed(arranged());
  const found = arranged(ingress("shop", ["web"]), ingress("more", ["web"]));
  const layout = placed(found);
  const [first, second] = [layout.boxes.get("Ingress/default/shop"), layout.boxes.get("Ingress/default/more")];
  assert.equal(first?.lane, "edge");
  assert.ok(second && first && second.y >= first.y + first.h);
  for (const [ref, box] of before.boxes) assert.deepEqual(layout.boxes.get(ref), box);
  const lines = wires.wires(found, layout).filter((wire) => wire.from.startsWith("Ingress/") || wire.to.startsWith("Ingress/"));
  assert.deepEqual(lines.map((wire) => `${wire.from} ${wire.to} ${wire.open}`), [
    "You// Ingress/default/shop true", "Ingress/default/shop Service/default/web true",
    "You// Ingress/default/more true", "Ingress/default/more Service/default/web true",
  ]);
});

test("an Ingress without an address is there, and its ways are closed", () => {
  const found = arranged(ingress("shop", ["web"], []));
  assert.ok(wires.wires(found, placed(found)).filter((wire) => wire.to === "Ingress/default/shop").every((wire) => !wire.open));
  const row = outline.rows(found, new Set(), say, "198.51.100.7").find((one) => one.ref === "Ingress/default/shop");
  assert.equal(row?.label, "Ingress shop, nginx, shop.example, <pending>, leads to web");
  assert.equal(outline.along(found, "Ingress/default/shop", 1), "Service/default/web");
});

test("an Ingress hangs on the load balancer whose address it has", () => {
  const balancer = { ref: "Service/default/front", kind: "Service", ns: "default", name: "front", type: "LoadBalancer", external: ["203.0.113.9"], selector: {}, ports: [] };
  const found = arranged(balancer, ingress("shop", ["web"]));
  const ways = wires.wires(found, placed(found)).filter((wire) => wire.to === "Ingress/default/shop");
  assert.deepEqual(ways.map((wire) => wire.from), ["LoadBalancer/default/front"]);
});

test("in the physical view an Ingress stands in the edge lane too", () => {
  const found = arranged(ingress("shop", ["web"]));
  const layout = physical.place(found, layouts.assign(found, layouts.noSlots(), SIZE), SIZE.width);
  assert.equal(layout.boxes.get("Ingress/default/shop")?.lane, "edge");
});
