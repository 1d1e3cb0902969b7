"""The official Python client works with a playground: typed, dynamic, watching, patching, running commands."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, dynamic, utils, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import portforward, stream

from tests.playground import Playground

MANIFESTS = """\
apiVersion: v1
kind: Service
metadata: {name: from-yaml, namespace: default}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: from-yaml, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: from-yaml}}
  template:
    metadata: {labels: {app: from-yaml}}
    spec: {containers: [{name: c, image: nginx}]}
"""


def service(name: str) -> client.V1Service:
    port = client.V1ServicePort(port=80, target_port=8080)
    spec = client.V1ServiceSpec(selector={"app": "web"}, ports=[port])
    return client.V1Service(metadata=client.V1ObjectMeta(name=name, labels={"by": "official"}), spec=spec)


def test_the_version_and_the_resources_are_told(official: client.ApiClient) -> None:
    assert client.VersionApi(official).get_code().minor == "36"
    assert "apps" in [group.name for group in client.ApisApi(official).get_api_versions().groups]
    names = [one.name for one in client.CoreV1Api(official).get_api_resources().resources]
    assert {"pods", "services", "endpoints", "pods/exec"} <= set(names)


def test_services_are_made_read_listed_replaced_and_deleted(official: client.ApiClient) -> None:
    core = client.CoreV1Api(official)
    made = core.create_namespaced_service("default", service("official"))
    assert made.spec.cluster_ip.startswith("10.")
    assert core.read_namespaced_service("official", "default").metadata.uid == made.metadata.uid
    listed = core.list_namespaced_service("default", label_selector="by=official")
    assert [one.metadata.name for one in listed.items] == ["official"]
    made.spec.ports[0].port = 81
    replaced = core.replace_namespaced_service("official", "default", made)
    assert replaced.spec.ports[0].port == 81
    with pytest.raises(ApiException, match="the object has been modified") as stale:
        core.replace_namespaced_service("official", "default", made)
    assert (stale.value.status, stale.value.reason) == (409, "Conflict")
    core.delete_namespaced_service("official", "default")
    with pytest.raises(ApiException) as gone:
        core.read_namespaced_service("official", "default")
    assert gone.value.status == 404


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ({"spec": {"ports": [{"port": 80, "name": "http"}, {"port": 81, "name": "more"}]}}, None, {80, 81}),
        ([{"op": "replace", "path": "/spec/ports/0/port", "value": 90}], None, {90}),
        ({"spec": {"ports": [{"port": 70}]}}, "application/merge-patch+json", {70}),
    ],
)
def test_patches_are_understood_in_their_kinds(
    official: client.ApiClient, body: Any, content_type: str | None, expected: set[int]
) -> None:
    core = client.CoreV1Api(official)
    core.create_namespaced_service("default", service("patched"))
    try:
        if content_type is None:
            done = core.patch_namespaced_service("patched", "default", body)
        else:
            done = core.patch_namespaced_service("patched", "default", body, _content_type=content_type)
        assert {port.port for port in done.spec.ports} == expected
    finally:
        core.delete_namespaced_service("patched", "default")


def test_a_deployment_is_scaled_and_its_slices_are_read(official: client.ApiClient, first_steps: Playground) -> None:
    apps, discovery = client.AppsV1Api(official), client.DiscoveryV1Api(official)
    apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 5}})
    assert apps.read_namespaced_deployment_status("web", "default").status.ready_replicas == 5
    slices = discovery.list_namespaced_endpoint_slice("default", label_selector="kubernetes.io/service-name=web")
    addresses = [address for one in slices.items for point in one.endpoints for address in point.addresses]
    pods = client.CoreV1Api(official).list_namespaced_pod("default", label_selector="app=web").items
    assert sorted(addresses) == sorted(pod.status.pod_ip for pod in pods) and len(pods) == 5
    apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 3}})


def test_ingresses_and_policies_are_kept(official: client.ApiClient) -> None:
    networking = client.NetworkingV1Api(official)
    backend = client.V1IngressBackend(
        service=client.V1IngressServiceBackend(name="web", port=client.V1ServiceBackendPort(number=80))
    )
    ingress = client.V1Ingress(
        metadata=client.V1ObjectMeta(name="official"), spec=client.V1IngressSpec(default_backend=backend)
    )
    networking.create_namespaced_ingress("default", ingress)
    policy = client.V1NetworkPolicy(
        metadata=client.V1ObjectMeta(name="official"),
        spec=client.V1NetworkPolicySpec(pod_selector=client.V1LabelSelector(match_labels={"app": "none"})),
    )
    made = networking.create_namespaced_network_policy("default", policy)
    assert made.spec.pod_selector.match_labels == {"app": "none"}
    assert [one.metadata.name for one in networking.list_ingress_for_all_namespaces().items] == ["official"]
    networking.delete_namespaced_network_policy("official", "default")
    networking.delete_namespaced_ingress("official", "default")


def test_a_watch_ends_at_its_time_and_resumes_where_it_was(official: client.ApiClient) -> None:
    core, following = client.CoreV1Api(official), watch.Watch()
    since = core.list_namespaced_service("default").metadata.resource_version
    core.create_namespaced_service("default", service("watched"))
    asked = {"namespace": "default", "timeout_seconds": 1}
    first = list(following.stream(core.list_namespaced_service, resource_version=since, **asked))
    assert [(event["type"], event["object"].metadata.name) for event in first] == [("ADDED", "watched")]
    core.patch_namespaced_service("watched", "default", {"metadata": {"labels": {"n": "1"}}})
    core.delete_namespaced_service("watched", "default")
    rest = list(following.stream(core.list_namespaced_service, resource_version=following.resource_version, **asked))
    assert [event["type"] for event in rest] == ["MODIFIED", "DELETED"]
    assert rest[-1]["object"].metadata.labels == {"by": "official", "n": "1"}


def test_a_manifest_is_created_from_yaml(official: client.ApiClient, tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(MANIFESTS)
    utils.create_from_yaml(official, str(tmp_path / "all.yaml"))
    assert client.AppsV1Api(official).read_namespaced_deployment("from-yaml", "default").status.ready_replicas == 2
    with pytest.raises(utils.FailToCreateError, match="already exists"):
        utils.create_from_yaml(official, str(tmp_path / "all.yaml"))
    client.AppsV1Api(official).delete_namespaced_deployment("from-yaml", "default")
    client.CoreV1Api(official).delete_namespaced_service("from-yaml", "default")


def test_the_dynamic_client_finds_and_changes_kinds(official: client.ApiClient, tmp_path: Path) -> None:
    found = dynamic.DynamicClient(official, cache_file=str(tmp_path / "discovery"))
    services = found.resources.get(api_version="v1", kind="Service")
    body = {"metadata": {"name": "dynamic"}, "spec": {"ports": [{"port": 80}]}}
    assert services.create(body=body, namespace="default").spec.ports[0].port == 80
    services.patch(
        body={"metadata": {"labels": {"a": "b"}}}, name="dynamic", namespace="default",
        content_type="application/merge-patch+json",
    )  # fmt: skip
    assert [one.metadata.name for one in services.get(namespace="default", label_selector="a=b").items] == ["dynamic"]
    events = services.watch(namespace="default", name="dynamic", timeout=1)
    assert [event["type"] for event in events] == ["ADDED"]
    services.delete(name="dynamic", namespace="default")
    slices = found.resources.get(api_version="discovery.k8s.io/v1", kind="EndpointSlice")
    assert slices.get(namespace="default").items


@pytest.mark.parametrize(
    ("command", "says"),
    [(["sh", "-c", "echo out; echo err >&2"], "out\nerr\n"), (["curl", "-s", "http://web"], "Welcome to nginx")],
)
def test_a_command_runs_in_a_pod(official: client.ApiClient, command: list[str], says: str) -> None:
    core = client.CoreV1Api(official)
    told = stream(
        core.connect_get_namespaced_pod_exec, "client", "default",
        command=command, stderr=True, stdin=False, stdout=True, tty=False,
    )  # fmt: skip
    assert says in told


def test_the_exit_code_of_a_command_is_told(official: client.ApiClient) -> None:
    done = stream(
        client.CoreV1Api(official).connect_get_namespaced_pod_exec, "client", "default",
        command=["sh", "-c", "echo x; exit 3"], stderr=True, stdin=False, stdout=True, tty=False, _preload_content=False,
    )  # fmt: skip
    done.run_forever(timeout=20)
    assert done.read_stdout() == "x\n"
    assert done.returncode == 3
    done.close()


def test_a_log_is_read_and_a_port_is_forwarded(official: client.ApiClient) -> None:
    core = client.CoreV1Api(official)
    name = core.list_namespaced_pod("default", label_selector="app=web").items[0].metadata.name
    assert "ready for start up" in core.read_namespaced_pod_log(name, "default")
    forwarded = portforward(core.connect_get_namespaced_pod_portforward, name, "default", ports="80")
    with contextlib.closing(forwarded.socket(80)) as raw:
        raw.setblocking(True)
        raw.sendall(b"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
        found = b""
        while more := raw.recv(65_536):
            found += more
    assert found.startswith(b"HTTP/1.1 200 OK") and b"Welcome to nginx" in found
    assert forwarded.error(80) is None


@pytest.mark.parametrize("path", ["/version/", "/api/", "/apis/", "/api/v1/", "/apis/apps/v1/", "/api/v1/namespaces/"])
def test_a_slash_at_the_end_changes_nothing(first_steps: Playground, path: str) -> None:
    with_slash, without = first_steps.api(path), first_steps.api(path.rstrip("/"))
    assert with_slash.status == without.status == 200
    assert with_slash.json() == without.json()


def test_a_body_that_says_nothing_about_itself_is_what_its_path_says(first_steps: Playground) -> None:
    body = b'{"metadata":{"name":"bare"},"data":{"a":"b"}}'
    headers = {"Content-Type": ""}
    made = first_steps.api("/api/v1/namespaces/default/configmaps/", "POST", body, headers)
    assert made.status == 201, made
    assert (made.json()["kind"], made.json()["apiVersion"]) == ("ConfigMap", "v1")
    assert first_steps.api("/api/v1/namespaces/default/configmaps/bare/", "DELETE").status == 200
