"""A playground as the end-to-end framework sees a cluster: the official client, a namespace for each spec, watches."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from kubernetes import client, config, watch
from urllib3.exceptions import HTTPError

from tests.playground import Playground

SECONDS = 30
FINISHED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Cluster:
    """The official client's APIs for one playground."""

    playground: Playground
    api: client.ApiClient

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.api)

    @property
    def apps(self) -> client.AppsV1Api:
        return client.AppsV1Api(self.api)

    @property
    def discovery(self) -> client.DiscoveryV1Api:
        return client.DiscoveryV1Api(self.api)

    @property
    def networking(self) -> client.NetworkingV1Api:
        return client.NetworkingV1Api(self.api)

    def finds_in_discovery(self, group: str, *resources: str) -> None:
        """Finds the resources by /apis, /apis/GROUP and /apis/GROUP/v1, as several specs do before anything else."""
        groups = client.ApisApi(self.api).get_api_versions().groups
        assert group in [one.name for one in groups]
        told = self.playground.api(f"/apis/{group}").json()
        assert f"{group}/v1" in [one["groupVersion"] for one in told["versions"]]
        listed = self.playground.api(f"/apis/{group}/v1").json()["resources"]
        assert {*resources} <= {one["name"] for one in listed}


def of(playground: Playground) -> Cluster:
    """Points the official client at a playground."""
    return Cluster(playground, config.new_client_from_config(str(playground.kubeconfig)))


@contextmanager
def namespace(cluster: Cluster, spec: str) -> Iterator[str]:
    """Makes a namespace as the framework does before a spec, and waits for what its controllers put into it."""
    labels = {
        "e2e-framework": spec,
        "e2e-run": cluster.playground.id,
        "pod-security.kubernetes.io/enforce": "privileged",
    }
    body = client.V1Namespace(metadata=client.V1ObjectMeta(generate_name=f"{spec}-", labels=labels))
    name: str = cluster.core.create_namespace(body).metadata.name
    for listing, wanted in (
        (cluster.core.list_namespaced_service_account, "default"),
        (cluster.core.list_namespaced_config_map, "kube-root-ca.crt"),
    ):
        until(listing, lambda kind, obj: kind == "ADDED", name, field_selector=f"metadata.name={wanted}")
    yield name
    cluster.core.delete_namespace(name)


def until(listing: Callable[..., Any], met: Callable[[str, Any], bool], *arguments: Any, **selected: Any) -> Any:
    """Watches a collection until an event meets the condition; returns its object."""
    stream = watch.Watch()
    for event in stream.stream(listing, *arguments, timeout_seconds=SECONDS, **selected):
        if met(event["type"], event["object"]):
            stream.stop()
            return event["object"]
    raise AssertionError("the watch ended before what was waited for")


class Watching:
    """A watch that runs beside a spec; `until` takes its events in order."""

    def __init__(self, listing: Callable[..., Any], *arguments: Any, **selected: Any) -> None:
        listed = listing(*arguments, **selected)
        self._stream = watch.Watch()
        self._events = self._stream.stream(
            listing,
            *arguments,
            resource_version=listed.metadata.resource_version,
            timeout_seconds=SECONDS,
            **selected,
        )

    def until(self, kind: str, met: Callable[[Any], bool] = lambda obj: True) -> Any:
        """Takes events until one is of the kind and meets the condition; returns its object."""
        for event in self._events:
            if event["type"] == kind and met(event["object"]):
                return event["object"]
        raise AssertionError(f"the watch ended without {kind}")

    def end(self) -> None:
        """Stops watching."""
        self._stream.stop()
        self._events.close()


def eventually(met: Callable[[], bool]) -> None:
    """Asks until the answer is yes, ten times a second."""
    pause = threading.Event()
    for _ in range(SECONDS * 10):
        if met():
            return
        pause.wait(0.1)
    raise AssertionError("it did not come to pass")


class FakeKubelet:
    """Runs no container: it watches pods and writes the status that a kubelet would, as the suite's hollow one does."""

    def __init__(self, cluster: Cluster, node: str) -> None:
        self.cluster, self.node, self._next = cluster, node, 1
        self._stream = watch.Watch()
        self._thread = threading.Thread(target=self._run, daemon=True)
        cluster.core.create_node(client.V1Node(metadata=client.V1ObjectMeta(name=node)))
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                for event in self._stream.stream(
                    self.cluster.core.list_pod_for_all_namespaces, timeout_seconds=SECONDS
                ):
                    self._see(event["type"], event["object"])
            except (client.ApiException, OSError, HTTPError):
                return
            if self._stream._stop:
                return

    def _see(self, kind: str, pod: Any) -> None:
        name, home = pod.metadata.name, pod.metadata.namespace
        if kind == "DELETED":
            return
        if pod.metadata.deletion_timestamp:
            self._ignoring_absence(self.cluster.core.delete_namespaced_pod, name, home, grace_period_seconds=0)
        elif not pod.spec.node_name:
            target = client.V1ObjectReference(kind="Node", name=self.node)
            bound = client.V1Binding(metadata=client.V1ObjectMeta(name=name), target=target)
            create = self.cluster.core.create_namespaced_pod_binding
            self._ignoring_absence(create, name, home, bound, _preload_content=False)
        elif not (pod.status and pod.status.pod_ip):
            ip, self._next = f"10.200.{self._next // 250}.{self._next % 250 + 1}", self._next + 1
            status: Mapping[str, Any] = {
                "phase": "Running",
                "podIP": ip,
                "podIPs": [{"ip": ip}],
                "conditions": [
                    {"type": kind, "status": "True"} for kind in ("Ready", "ContainersReady", "Initialized")
                ],
            }
            self._ignoring_absence(self.cluster.core.patch_namespaced_pod_status, name, home, {"status": status})

    def _ignoring_absence(self, call: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        try:
            call(*arguments, **options)
        except client.ApiException as refusal:
            if refusal.status not in (404, 409):
                raise

    def end(self) -> None:
        """Stops writing statuses; a last pod ends the watch."""
        self._stream.stop()
        meta = client.V1ObjectMeta(name="last")
        spec = client.V1PodSpec(node_name=self.node, containers=[client.V1Container(name="c", image="nginx")])
        self.cluster.core.create_namespaced_pod("default", client.V1Pod(metadata=meta, spec=spec))
        self._thread.join(SECONDS)
