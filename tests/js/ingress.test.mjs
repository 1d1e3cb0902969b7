import assert from "node:assert/strict";
import { test } from "node:test";

import * as packets from "../../static/js/diagram/packets.js";

const FROM_OUTSIDE = { proto: "TCP", src: "198.51.100.7", sport: 51209, dst: "203.0.113.10", dport: 80 };
const TO_CONTROLLER = { ...FROM_OUTSIDE, dst: "10.244.2.5" };
const TO_POD = { proto: "TCP", src: "10.244.2.5", sport: 51209, dst: "10.244.2.3", dport: 80 };
const service = (name) => [{ kind: "Service", namespace: "default", name }];

const step = (kind, action, before, after = before, because = []) => ({ kind, action, reason: "", why: kind, before, after, because });

const RESULT = {
  outcome: "ok",
  http_status: 200,
  trace: {
    disposition: "Delivered",
    reason: "",
    hops: [
      { at: { kind: "load-balancer", name: "203.0.113.10" }, steps: [step("LoadBalance", "Forwarded", FROM_OUTSIDE, FROM_OUTSIDE, service("front"))] },
      { at: { kind: "node", name: "node-1" }, steps: [step("ServiceMatch", "Permitted", FROM_OUTSIDE, FROM_OUTSIDE, service("front")), step("DNAT", "Translated", FROM_OUTSIDE, TO_CONTROLLER)] },
      { at: { kind: "pod", name: "controller", namespace: "default" }, steps: [step("Deliver", "Permitted", TO_CONTROLLER), step("Ingress", "Translated", TO_CONTROLLER, TO_POD, service("web"))] },
      { at: { kind: "node", name: "node-2" }, steps: [step("ServiceMatch", "Permitted", TO_POD)] },
      { at: { kind: "pod", name: "web-1", namespace: "default" }, steps: [step("Application", "Accepted", TO_POD)] },
    ],
  },
};

test("a request that an Ingress controller carries on shows both connections, the second past the Service", () => {
  const plan = packets.plan({ from: { external: "198.51.100.7" }, to: "http://203.0.113.10" }, RESULT, () => true);
  assert.deepEqual(plan.legs.map((leg) => leg.to), [
    "LoadBalancer/default/front", "Node//node-1", "Service/default/front", "Pod/default/controller", "Node//node-2", "Pod/default/web-1",
  ]);
  const stop = plan.stops.find((found) => found.kind === "Ingress");
  assert.equal(stop?.at, "Pod/default/controller");
  assert.equal(plan.end.shape, "arrived");
});
