"""Every change of a Service's type: what is kept, given back, newly allocated, refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import commands
from app.machinery import errors
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

KEY = Key("", "services", "default", "s")
TYPES: dict[str, dict[str, Any]] = {
    "ClusterIP": {"type": "ClusterIP"},
    "NodePort": {"type": "NodePort"},
    "LoadBalancer": {"type": "LoadBalancer"},
    "Local": {"type": "LoadBalancer", "externalTrafficPolicy": "Local", "loadBalancerClass": "x.y/z"},
    "ExternalName": {"type": "ExternalName", "externalName": "a.example"},
    "Headless": {"type": "ClusterIP", "clusterIP": "None"},
}
OPEN = ("NodePort", "LoadBalancer", "Local")
MAY_NOT = 'Service "s" is invalid: spec.clusterIPs[0]: Invalid value: ["None"]: may not change once set'


def changed(was: str, now: str | dict[str, Any]) -> tuple[Object, Object]:
    cluster = Cluster(nodes=0, load_balancer="none")
    spec = {"selector": {"a": "b"}, "ports": [{"port": 80}], **TYPES[was]}
    made = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": spec}
    before: Object = cluster.say(commands.Create("you", made))
    if TYPES[was]["type"] == "LoadBalancer":
        status = {"status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}}}
        before = cluster.say(commands.Patch("you", KEY, status, subresource="status"))
    return before, cluster.patch(KEY, {"spec": TYPES[now] if isinstance(now, str) else now})


def number(service: Object) -> int:
    return int(service["spec"]["ports"][0].get("nodePort") or 0)


@pytest.mark.parametrize("was", ["ClusterIP", *OPEN])
@pytest.mark.parametrize("now", ["ClusterIP", *OPEN])
def test_among_types_with_an_address_the_address_is_kept(was: str, now: str) -> None:
    if (was, now) == ("LoadBalancer", "Local"):
        with pytest.raises(errors.Invalid, match="may not change once set"):
            changed(was, now)
        return
    before, after = changed(was, now)
    assert after["spec"]["clusterIPs"] == before["spec"]["clusterIPs"]
    assert bool(number(after)) == (now in OPEN)
    if was in OPEN and now in OPEN:
        assert number(after) == number(before)
    spec = after["spec"]
    assert ("allocateLoadBalancerNodePorts" in spec) == (TYPES[now]["type"] == "LoadBalancer")
    assert ("externalTrafficPolicy" in spec) == (now in OPEN)
    needs = TYPES[now]["type"] == "LoadBalancer" and spec["externalTrafficPolicy"] == "Local"
    assert ("healthCheckNodePort" in spec) == needs
    balanced = TYPES[was]["type"] == TYPES[now]["type"] == "LoadBalancer"
    assert bool(after["status"]["loadBalancer"]) == balanced
    if TYPES[now]["type"] != "LoadBalancer":
        assert "loadBalancerClass" not in spec


@pytest.mark.parametrize("was", ["ClusterIP", *OPEN, "Headless"])
def test_an_external_name_has_no_address_any_more(was: str) -> None:
    _, after = changed(was, "ExternalName")
    gone = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort", "externalTrafficPolicy")
    assert not any(name in after["spec"] for name in gone)
    assert number(after) == 0
    assert after["status"] == {"loadBalancer": {}}


@pytest.mark.parametrize("now", ["ClusterIP", *OPEN])
def test_what_was_an_external_name_gets_an_address(now: str) -> None:
    _, after = changed("ExternalName", now)
    spec = after["spec"]
    assert spec["clusterIP"].count(".") == 3
    assert (spec["ipFamilies"], spec["ipFamilyPolicy"]) == (["IPv4"], "SingleStack")
    assert spec["externalName"] == "a.example"
    assert bool(number(after)) == (now in OPEN)


def test_an_external_name_may_become_headless() -> None:
    assert changed("ExternalName", "Headless")[1]["spec"]["clusterIPs"] == ["None"]


@pytest.mark.parametrize("was", ["ClusterIP", *OPEN])
def test_an_address_is_not_given_up_for_none(was: str) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        changed(was, "Headless")
    assert refusal.value.message == MAY_NOT


@pytest.mark.parametrize("now", OPEN)
def test_a_headless_service_opens_no_port(now: str) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        changed("Headless", now)
    assert f"may not be set to 'None' for {TYPES[now]['type']} services" in refusal.value.message


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        ({"ipFamilies": ["IPv6"]}, "expected an IPv6 value as indicated by `ipFamilies[0]`"),
        (
            {"ipFamilyPolicy": "RequireDualStack"},
            'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
        ),
        (
            {"clusterIPs": ["10.96.0.77"]},
            'spec.clusterIPs: Invalid value: ["10.96.0.77"]: first value must match `clusterIP`',
        ),
    ],
)
def test_families_and_addresses_stay_what_they_are(patch: dict[str, Any], sentence: str) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        changed("ClusterIP", patch)
    assert sentence in refusal.value.message


def test_prefer_dual_stack_is_kept_on_a_single_stack_cluster() -> None:
    spec = changed("ClusterIP", {"ipFamilyPolicy": "PreferDualStack"})[1]["spec"]
    assert (spec["ipFamilyPolicy"], spec["ipFamilies"], len(spec["clusterIPs"])) == ("PreferDualStack", ["IPv4"], 1)


@pytest.mark.parametrize(
    "patch",
    [
        {"selector": {"c": "d"}},
        {"ports": [{"port": 81}]},
        {"sessionAffinity": "ClientIP"},
        {"internalTrafficPolicy": "Local"},
        {"externalIPs": ["192.0.2.7"]},
        {"publishNotReadyAddresses": True},
        {"trafficDistribution": "PreferSameNode"},
    ],
    ids=lambda patch: next(iter(patch)),
)
def test_what_may_change_changes_and_no_generation_counts_it(patch: dict[str, Any]) -> None:
    cluster = Cluster(nodes=0)
    made = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}},
    }
    before = cluster.say(commands.Create("you", made))
    after = cluster.patch(KEY, {"spec": patch})
    assert after["spec"]["clusterIP"] == before["spec"]["clusterIP"]
    assert "generation" not in after["metadata"]
    (name,) = patch
    assert after["spec"][name] != before["spec"].get(name)
