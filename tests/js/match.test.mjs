import assert from "node:assert/strict";
import { test } from "node:test";

import * as match from "../../static/js/diagram/match.js";

const rows = [
  ["all pairs must be equal", { app: "web", tier: "front" }, { app: "web", tier: "front" }, false, [true, false, []]],
  ["extra labels do not matter", { app: "web" }, { app: "web", x: "y" }, false, [true, false, []]],
  ["one of two keys differing is a near miss", { app: "web", tier: "front" }, { app: "web", tier: "back" }, true, [false, true, ["tier"]]],
  ["one of two keys missing is a near miss", { app: "web", tier: "front" }, { app: "web" }, true, [false, true, ["tier"]]],
  ["two differing keys are no near miss", { app: "web", tier: "front" }, { app: "api", tier: "back" }, false, [false, false, ["app", "tier"]]],
  ["the only key differing on a pod nobody selects is a near miss", { app: "cart" }, { app: "basket" }, false, [false, true, ["app"]]],
  ["the only key differing on another Service's pod is none", { app: "cart" }, { app: "basket" }, true, [false, false, ["app"]]],
  ["a typo is a near miss even there", { app: "wbe" }, { app: "web" }, true, [false, true, ["app"]]],
  ["the value under another key is a near miss", { app: "web" }, { name: "web" }, false, [false, true, ["app"]]],
  ["an empty selector matches nothing", {}, { app: "web" }, false, [false, false, []]],
];

for (const [promise, selector, labels, taken, [matches, near, wrong]] of rows) {
  test(promise, () => assert.deepEqual(match.verdict(selector, labels, taken), { matches, near, wrong }));
}

test("pods are counted in their own namespace only", () => {
  const pod = (name, ns, app) => ({ ref: `Pod/${ns}/${name}`, kind: "Pod", ns, name, labels: { app } });
  const found = match.judge({ namespace: "shop", selector: { app: "web" } }, [pod("a", "shop", "web"), pod("b", "shop", "api"), pod("c", "other", "web")]);
  assert.deepEqual([found.count, found.total, found.verdicts.size], [1, 2, 2]);
});

test("a thousand pods are each judged", () => {
  const pods = Array.from({ length: 1000 }, (_, n) => ({ ref: `Pod/d/${n}`, kind: "Pod", ns: "d", name: String(n), labels: { app: `app-${n % 7}`, tier: "x" } }));
  const found = match.judge({ namespace: "d", selector: { app: "app-3", tier: "y" } }, pods);
  assert.deepEqual([found.count, found.total, found.verdicts.size], [0, 1000, 1000]);
});
