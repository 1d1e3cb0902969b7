"""Which kind is which: known ones by any name, unknown ones stored, wrong versions refused."""

from __future__ import annotations

from typing import Any

import pytest

from app.kinds import KINDS, allocators, registry
from app.machinery import errors
from app.machinery.objects import Key


@pytest.mark.parametrize(
    ("group", "kind", "resource"),
    [
        ("v1", "Service", "services"),
        ("", "Pod", "pods"),
        ("apps/v1", "Deployment", "deployments"),
        ("apps", "Deployment", "deployments"),
        ("discovery.k8s.io/v1", "EndpointSlice", "endpointslices"),
        ("autoscaling/v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
    ],
)
def test_kinds_are_found_by_group_or_version(group: str, kind: str, resource: str) -> None:
    found = registry.by_kind(group, kind)
    assert found is not None
    assert found.resource == resource
    assert registry.by_resource(found.group, resource) is found.home


@pytest.mark.parametrize(("group", "kind"), [("apps/v1", "Service"), ("v1", "service"), ("apps/v1beta1", "Deployment")])
def test_other_names_are_not_found(group: str, kind: str) -> None:
    assert registry.by_kind(group, kind) is None


@pytest.mark.parametrize("name", ["svc", "service", "services", "Service"])
def test_kubectls_names_mean_the_kind(name: str) -> None:
    found = registry.by_name(name)
    assert found is not None
    assert found.kind == "Service"


@pytest.mark.parametrize(
    ("api_version", "kind", "resource", "namespaced"),
    [
        ("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", True),
        ("cert-manager.io/v1", "ClusterIssuer", "clusterissuers", False),
        ("networking.istio.io/v1", "Gateway", "gateways", True),
        ("example.com/v1", "Policy", "policies", True),
        ("v1", "PersistentVolume", "persistentvolumes", False),
        ("serving.knative.dev/v1", "Service", "services", True),
        ("example.com/v1", "Address", "addresses", True),
    ],
)
def test_unknown_kinds_are_stored(api_version: str, kind: str, resource: str, namespaced: bool) -> None:
    found = registry.of({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}})
    assert (found.resource, found.namespaced, found.stored) == (resource, namespaced, True)
    assert found.api_version == api_version


@pytest.mark.parametrize(
    ("obj", "message", "plain"),
    [
        (
            {"apiVersion": "apps/v1", "kind": "Service"},
            'no matches for kind "Service" in version "apps/v1"',
            "apiVersion v1",
        ),
        (
            {"apiVersion": "v1", "kind": "service"},
            'no matches for kind "service" in version "v1"',
            "Service, not service",
        ),
        ({"apiVersion": "v1"}, "Object 'Kind' is missing", "kind: Service"),
        ({"kind": "Pod"}, "Object 'apiVersion' is missing", "apiVersion: v1"),
    ],
)
def test_a_kind_in_the_wrong_place_is_refused(obj: dict[str, Any], message: str, plain: str) -> None:
    with pytest.raises(errors.BadRequest) as refused:
        registry.of(obj)
    assert refused.value.message == message
    assert plain in refused.value.plain


def test_a_key_of_an_unknown_resource_has_a_kind() -> None:
    found = registry.kind_for_key(Key("example.com", "policies", "default", "x"))
    assert (found.kind, found.namespaced, found.stored) == ("Policy", True, True)
    assert registry.kind_for_key(Key("", "services", "default", "web")).kind == "Service"


def test_discovery_lists_every_kind_once() -> None:
    own = [kind for kind in KINDS if kind.version_of is None]
    assert len({(kind.group, kind.kind) for kind in own}) == len(own)
    assert len({(kind.api_version, kind.kind) for kind in KINDS}) == len(KINDS)
    assert len({name for kind in own for name in kind.short_names}) == sum(len(kind.short_names) for kind in own)


def test_no_playground_takes_new_kinds() -> None:
    obj = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"}}
    with pytest.raises(errors.BadRequest) as refused:
        registry.of(obj)
    assert "takes no CustomResourceDefinition" in refused.value.plain


@pytest.mark.parametrize(
    ("prefix", "offset"), [("10.96.0.0/12", 256), ("10.96.0.0/24", 16), ("10.96.0.0/28", 0), ("10.96.0.0/16", 256)]
)
def test_the_static_band_grows_with_the_range(prefix: str, offset: int) -> None:
    band = allocators.ip_band(allocators.ipaddress.IPv4Network(prefix))
    assert band.offset == offset


def test_the_node_port_bands_are_upstreams() -> None:
    assert allocators.Band(30000, 32767, 86) == allocators.NODE_PORTS


def test_the_lower_band_is_used_when_the_upper_is_full(cluster: Any) -> None:
    band = allocators.Band(1, 20, 5)
    assert allocators.pick(band, lambda n: n > 5 or n in (1, 2, 4), cluster.env) in (3, 5)
    assert allocators.pick(band, lambda n: True, cluster.env) is None
