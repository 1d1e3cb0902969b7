"""Situations in which no request fails for a fault of the cluster: what is true of each, and what the playground says."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from app.cluster import clock, state
from app.engine import commands, diagnosing
from app.machinery import errors, manifests
from app.machinery.objects import Key
from tests.cluster_driver import Cluster
from tests.engine.situations import ALL, CLIENT, GOOD, NODE_PORT, OUTSIDE, deployment, pod, service, settings, web

FIVE = "".join(web(name=f"web-{number}") for number in range(5))
WEB = Key("", "services", "default", "web")


def applied(text: str, **how: Any) -> Cluster:
    cluster = Cluster(**how)
    cluster.apply(text)
    return cluster


def codes(cluster: Cluster) -> set[str]:
    return {found["code"] for found in diagnosing.findings(cluster.held, cluster.env())}


def passed(result: dict[str, Any]) -> set[str]:
    traces = [result[name] for name in ("dns_trace", "trace") if name in result]
    return {step["reason"] for trace in traces for hop in trace["hops"] for step in hop["steps"]}


# --- 2: the selector outside spec --------------------------------------------------------------


def misplaced() -> dict[str, Any]:
    spec = {"ports": [{"port": 80}]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "selector": {"app": "web"},
        "spec": spec,
    }


def test_02_a_selector_outside_spec_is_refused_by_strict_validation() -> None:
    cluster = applied(ALL)
    with pytest.raises(errors.ApiError) as refusal:
        cluster.say(commands.Create("you", misplaced(), validation="Strict"))
    assert 'unknown field "selector"' in refusal.value.message


def test_02_without_validation_it_is_dropped_and_the_service_selects_nobody() -> None:
    cluster = applied(ALL)
    cluster.say(commands.Create("you", misplaced(), validation="Ignore"))
    assert "selector" not in cluster.get(state.SERVICES, "web")
    assert "ServiceWithoutSelector" in codes(cluster)


# --- 6: a load balancer that stays pending -----------------------------------------------------

BALANCED = ALL + service("type: LoadBalancer, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]")


def pending(cluster: Cluster) -> dict[str, Any]:
    found = diagnosing.findings(cluster.held, cluster.env())
    return next(one for one in found if one["code"] == "LoadBalancerPending")


def test_06_without_a_provider_the_address_is_pending_and_the_node_port_is_offered() -> None:
    cluster = applied(BALANCED, load_balancer="none")
    assert not state.load_balancer_ips(cluster.get(state.SERVICES, "web"))
    fix = pending(cluster)["fix"]
    assert (fix["target"], fix["arrived"]) == (None, fix["sent"])
    assert cluster.send(OUTSIDE, fix["request"]["to"])["results"][0]["outcome"] == "ok"


def test_06_a_provider_that_was_switched_off_is_switched_on_by_the_fix() -> None:
    cluster = applied(settings("loadBalancer: none") + BALANCED)
    assert not state.load_balancer_ips(cluster.get(state.SERVICES, "web"))
    fix = pending(cluster)["fix"]
    cluster.say(commands.Patch("you", Key(**fix["target"]), fix["patch"]))
    assert cluster.send(OUTSIDE, fix["request"]["to"])["results"][0]["outcome"] == "ok"
    assert "LoadBalancerPending" not in codes(cluster)


# --- 10 to 13: where packets come from and where they go ---------------------------------------


def test_10_with_policy_cluster_the_server_sees_a_node_with_policy_local_the_client() -> None:
    cluster = applied(web(spec=", nodeName: node-2") + service(NODE_PORT))
    seen = cluster.send(OUTSIDE, "http://10.0.0.11:30080")["results"][0]
    assert seen["client_ip"] == "10.0.0.11"
    assert "MasqueradedExternal" in passed(seen)
    cluster.patch(WEB, {"spec": {"externalTrafficPolicy": "Local"}})
    assert cluster.send(OUTSIDE, "http://10.0.0.12:30080")["results"][0]["client_ip"] == OUTSIDE["external"]


def test_11_a_connection_kept_open_stays_with_one_of_five_pods() -> None:
    cluster = applied(pod() + FIVE + service(GOOD))
    kept = cluster.send(CLIENT, "http://web", count=200, keep_alive=True, trace=False)["summary"]["by_pod"]
    each = cluster.send(CLIENT, "http://web", count=200, trace=False)["summary"]["by_pod"]
    assert list(kept.values()) == [200]
    assert len(each) == 5
    again = cluster.send(CLIENT, "http://web", keep_alive=True)["results"][0]
    assert "ConnectionContinues" in passed(again)


def test_12_four_requests_may_meet_one_pod_and_many_are_even() -> None:
    cluster = applied(pod() + web(name="a") + web(name="b") + service(GOOD))
    fours = [cluster.send(CLIENT, "http://web", count=4, trace=False)["summary"]["by_pod"] for _ in range(60)]
    assert any(len(one) == 1 for one in fours)
    many = cluster.send(CLIENT, "http://web", count=10_000, trace=False)["summary"]["by_pod"]
    assert all(abs(count - 5_000) < 300 for count in many.values())


def test_13_behind_one_address_everybody_has_the_same_pod() -> None:
    cluster = applied(FIVE + service(NODE_PORT + ", sessionAffinity: ClientIP"))
    answers = [
        cluster.send(OUTSIDE, "http://10.0.0.11:30080", headers={"X-Forwarded-For": f"192.0.2.{number}"})
        for number in range(12)
    ]
    assert len({one["results"][0]["served_by"]["name"] for one in answers}) == 1
    assert "AffinityKept" in passed(answers[-1]["results"][0])
    others = {
        cluster.send({"external": f"198.51.100.{number}"}, "http://10.0.0.11:30080")["results"][0]["served_by"]["name"]
        for number in range(10, 40)
    }
    assert len(others) > 1


THROUGH_A_PROXY = (
    web("registry.k8s.io/ingress-nginx/controller:v1.13.0", "{app: controller}", name="controller")
    + service("type: NodePort, selector: {app: controller}, ports: [{port: 80, nodePort: 30090}]", name="front")
    + FIVE
    + service(GOOD + ", sessionAffinity: ClientIP")
    + """
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front}
spec: {ingressClassName: nginx, defaultBackend: {service: {name: web, port: {number: 80}}}}
"""
)


def test_13_behind_a_proxy_the_source_is_the_proxy_and_no_client_is_told_from_another() -> None:
    cluster = applied(THROUGH_A_PROXY)
    results = [
        cluster.send({"external": f"198.51.100.{number}"}, "http://10.0.0.11:30090")["results"][0]
        for number in range(10, 30)
    ]
    proxy = cluster.get(state.PODS, "controller")["status"]["podIP"]
    assert {result["client_ip"] for result in results} == {proxy}
    assert len({result["served_by"]["name"] for result in results}) > 1


# --- 17: the search list costs questions -------------------------------------------------------


def test_17_a_name_outside_is_asked_four_times_and_with_a_final_dot_once() -> None:
    cluster = applied(pod())
    asked = cluster.send(CLIENT, "http://www.example.com")["results"][0]["dns_trace"]["queries"]
    assert [one["rcode"] for one in asked] == ["NXDOMAIN"] * 3 + ["NOERROR"]
    assert asked[0]["name"] == "www.example.com.default.svc.cluster.local"
    assert len(cluster.send(CLIENT, "http://www.example.com.")["results"][0]["dns_trace"]["queries"]) == 1


# --- 19: a roll-out under traffic --------------------------------------------------------------


def rolled(lifecycle: str) -> Counter[tuple[str, str]]:
    """Roll out under traffic while the nodes' proxies are five seconds behind."""
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    spec = f"containers: [{{name: c, image: nginx{lifecycle}}}]"
    cluster.apply(pod() + deployment(spec, replicas=3) + service(GOOD))
    cluster.advance(5)
    for node in ("node-1", "node-2"):
        slow = {"metadata": {"annotations": {"podlane.dev/kube-proxy-delay": "5s"}}}
        cluster.patch(Key("", "nodes", "", node), slow)
    cluster.advance(10)
    template = {"template": {"metadata": {"labels": {"version": "2"}}}}
    cluster.patch(Key("apps", "deployments", "default", "web"), {"spec": template})
    seen: Counter[tuple[str, str]] = Counter()
    for _ in range(25):
        cluster.advance(1)
        for result in cluster.send(CLIENT, "http://web", count=20)["results"]:
            seen[result["outcome"], (result.get("trace") or result["dns_trace"])["reason"]] += 1
    return seen


def test_19_rules_that_lag_behind_send_requests_to_pods_that_are_gone() -> None:
    seen = rolled("")
    assert set(seen) == {("ok", "ServerAnswered"), ("no_route", "EndpointGone")}


def test_19_a_pod_that_sleeps_before_it_stops_outlives_the_old_rules() -> None:
    assert set(rolled(", lifecycle: {preStop: {sleep: {seconds: 10}}}")) == {("ok", "ServerAnswered")}


# --- 20 to 30 ----------------------------------------------------------------------------------


def test_20_a_pod_that_was_first_lacks_the_variables_of_the_service() -> None:
    cluster = applied(pod())
    cluster.apply(web() + service(GOOD))
    found = [
        one for one in diagnosing.findings(cluster.held, cluster.env()) if one["code"] == "EnvironmentMissesService"
    ]
    assert "client" in found[0]["message"]
    late = applied(web() + service(GOOD))
    late.apply(pod())
    assert "EnvironmentMissesService" not in codes(late)


def test_21_a_port_forward_reaches_its_one_pod_and_no_rule() -> None:
    cluster = applied(FIVE + service(GOOD))
    answer = cluster.send({"port_forward": "default/web-3"}, "http://127.0.0.1:80", count=50)
    assert set(answer["summary"]["by_pod"]) == {"default/web-3"}
    assert not {"ClusterIPMatched", "EndpointChosen"} & passed(answer["results"][0])


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("http://out", "the Host header stays out"),
        ("https://out", "the certificate is checked for out"),
        ("http://out:8080", "port 8080 is the one that was asked for"),
    ],
)
def test_24_an_alias_leaves_host_certificate_and_port_as_they_are(to: str, says: str) -> None:
    cluster = applied(pod() + service("type: ExternalName, externalName: example.com, ports: [{port: 80}]", name="out"))
    result = cluster.send(CLIENT, to)["results"][0]
    told = [step["why"] for hop in result["trace"]["hops"] for step in hop["steps"]]
    assert any(says in why for why in told)


def test_25_a_udp_flow_is_moved_to_a_pod_that_serves_and_else_is_lost() -> None:
    pods = "".join(pod(name, "{app: dns}", annotations='{podlane.dev/listen: "5353/udp"}') for name in ("a", "b"))
    cluster = applied(pod() + pods + service("selector: {app: dns}, ports: [{port: 5353, protocol: UDP}]", name="dns"))
    first = cluster.send(CLIENT, "udp://dns:5353", keep_alive=True)["results"][0]
    cluster.say(commands.Delete("you", Key("", "pods", "default", first["served_by"]["name"]), grace_seconds=0))
    moved = cluster.send(CLIENT, "udp://dns:5353", keep_alive=True)["results"][0]
    assert moved["served_by"]["name"] != first["served_by"]["name"]
    assert "UDPEntryDeleted" in passed(moved)
    cluster.say(commands.Delete("you", Key("", "pods", "default", moved["served_by"]["name"]), grace_seconds=0))
    lost = cluster.send(CLIENT, "udp://dns:5353", keep_alive=True)["results"][0]
    assert (lost["outcome"], lost["trace"]["reason"]) == ("timeout", "StaleUDPEntry")


REFUSED = {
    "26 two ports without names": (
        service("selector: {app: web}, ports: [{port: 80}, {port: 81}]", name="two"),
        "spec.ports[0].name: Required value",
    ),
    "27 a nodePort that is taken": (
        service("type: NodePort, ports: [{port: 80, nodePort: 30080}]", name="two"),
        "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
    ),
    "27 a nodePort out of range": (
        service("type: NodePort, ports: [{port: 80, nodePort: 80}]", name="two"),
        "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. "
        "The range of valid ports is 30000-32767",
    ),
}


@pytest.mark.parametrize(("manifest", "words"), list(REFUSED.values()), ids=list(REFUSED))
def test_a_manifest_is_refused_in_the_servers_words(manifest: str, words: str) -> None:
    cluster = applied(ALL + service(NODE_PORT))
    with pytest.raises(errors.ApiError) as refusal:
        cluster.apply(manifest)
    assert words in refusal.value.message
    assert cluster.held.find(state.SERVICES, "default", "two") is None


def test_28_a_tab_is_named_with_its_line() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata:\n\tname: web\n"
    found = manifests.parse(text).errors[0]
    assert (found.line, found.column) == (4, 1)
    assert "tab" in found.plain
    mended = manifests.mend(text)
    assert mended is not None
    assert applied(mended.replace("Service", "Namespace")).held.find(state.NAMESPACES, "", "web") is not None


def test_29_a_selector_that_is_too_broad_takes_another_applications_pods() -> None:
    other = deployment("containers: [{name: c, image: httpd}]", name="canary", labels="{app: web, track: canary}")
    mine = deployment("containers: [{name: c, image: nginx}]", name="stable", labels="{app: web, track: stable}")
    cluster = applied(pod() + mine + other + service(GOOD))
    found = [one for one in diagnosing.findings(cluster.held, cluster.env()) if one["code"] == "SelectorSpansWorkloads"]
    assert "Deployment canary" in found[0]["message"]
    served = cluster.send(CLIENT, "http://web", count=60, trace=False)["summary"]["by_pod"]
    assert {name.partition("/")[2].partition("-")[0] for name in served} == {"canary", "stable"}


def test_30_a_pod_that_is_given_the_label_joins_at_once() -> None:
    cluster = applied(ALL + web(name="late", labels="{app: other}") + service(GOOD))
    assert set(cluster.send(CLIENT, "http://web", count=40)["summary"]["by_pod"]) == {"default/web"}
    cluster.patch(Key("", "pods", "default", "late"), {"metadata": {"labels": {"app": "web"}}})
    assert set(cluster.send(CLIENT, "http://web", count=40)["summary"]["by_pod"]) == {"default/web", "default/late"}


# --- who was not chosen ------------------------------------------------------------------------


def considered(result: dict[str, Any]) -> dict[str, str]:
    steps = [step for hop in result["trace"]["hops"] for step in hop["steps"] if step["kind"] == "ChooseEndpoint"]
    return {one["name"]: one["why"] for one in steps[0]["candidates"]["named"]}


def test_a_choice_names_every_endpoint_and_pod_with_what_ruled_it_out() -> None:
    cluster = applied(
        pod(labels="{app: client}")
        + web(name="good", spec=", nodeName: node-1")
        + web(name="sick", annotations='{podlane.dev/ready: "false"}')
        + web(name="other", labels="{app: wep}")
        + service(GOOD)
    )
    told = considered(cluster.send(CLIENT, "http://web")["results"][0])
    assert told == {
        "good": "",
        "sick": "not ready",
        "client": "not selected: app is client, not web",
        "other": "not selected: app is wep, not web",
    }


def test_a_failed_choice_names_them_too_and_so_does_the_diagnosis() -> None:
    cluster = applied(ALL + service("selector: {app: wep, tier: x}, ports: [{port: 80}]"))
    told = considered(cluster.send(CLIENT, "http://web")["results"][0])
    assert told["web"] == "not selected: app is web, not wep and no label tier"
    found = diagnosing.findings(cluster.held, cluster.env())[0]
    assert {one["name"] for one in found["candidates"]["named"]} == {"client", "web"}


def test_an_endpoint_is_ruled_out_by_the_first_filter_it_meets() -> None:
    spread = web(name="here", spec=", nodeName: node-1") + web(name="there", spec=", nodeName: node-2")
    cluster = applied(
        pod(spec="nodeName: node-1, containers: [{name: c, image: curlimages/curl, command: [sleep, infinity]}]")
        + spread
        + service(GOOD + ", internalTrafficPolicy: Local")
    )
    told = considered(cluster.send(CLIENT, "http://web")["results"][0])
    assert (told["here"], told["there"]) == ("", "on node-2, and internalTrafficPolicy is Local")
    near = {"spec": {"internalTrafficPolicy": "Cluster", "trafficDistribution": "PreferSameNode"}}
    cluster.patch(WEB, near)
    told = considered(cluster.send(CLIENT, "http://web")["results"][0])
    assert told["there"] == "hinted for node-2, not for node-1"


def test_a_pod_without_the_named_port_is_told_apart() -> None:
    named = web(name="named", extra=", ports: [{name: http, containerPort: 80}]")
    cluster = applied(
        pod() + named + web(name="bare") + service("selector: {app: web}, ports: [{port: 80, targetPort: http}]")
    )
    told = considered(cluster.send(CLIENT, "http://web")["results"][0])
    assert (told["named"], told["bare"]) == ("", "has no port http/TCP")


def test_the_fiftieth_result_names_them_and_the_next_does_not_repeat_it() -> None:
    results = applied(pod() + web() + service(GOOD)).send(CLIENT, "http://web", count=60)["results"]
    named = ["candidates" in str(result["trace"]) for result in results]
    assert named == [True] * 50 + [False] * 10


def test_no_more_than_twenty_are_named_and_the_others_counted() -> None:
    many = "".join(web(name=f"web-{number}") for number in range(30))
    cluster = applied(pod() + many + service(GOOD))
    result = cluster.send(CLIENT, "http://web")["results"][0]
    step = next(s for hop in result["trace"]["hops"] for s in hop["steps"] if s["kind"] == "ChooseEndpoint")
    assert (len(step["candidates"]["named"]), step["candidates"]["more"]) == (20, 11)
