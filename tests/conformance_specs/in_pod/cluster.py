"""What the upstream specs do to a cluster, in the same words: jig, exec pod, reachability."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubernetes import client

from tests.playground import Done, Playground

AGNHOST = "registry.k8s.io/e2e-test-images/agnhost:2.53"


def poll(holds: Callable[[], bool], what: str) -> None:
    """Where the upstream framework polls, instant time has it done: a call returns when all it causes has happened."""
    assert holds(), f"waited in vain for {what}"


@dataclass
class Namespace:
    """One namespace, with the official client and kubectl at hand."""

    playground: Playground
    api: client.ApiClient
    name: str

    @property
    def core(self) -> client.CoreV1Api:
        return client.CoreV1Api(self.api)

    # --- pods ----------------------------------------------------------------------------------

    def pod(
        self, name: str, args: Sequence[str], *, labels: Mapping[str, str] | None = None, **spec: Any
    ) -> client.V1Pod:
        """Creates a pod that runs agnhost with these arguments, and waits until it is running and ready."""
        container = {"name": "agnhost-container", "image": AGNHOST, "args": list(args), **spec.pop("container", {})}
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": dict(labels or {})},
            "spec": {"containers": [container], **spec},
        }
        self.core.create_namespaced_pod(self.name, body)
        return self.ready(name)

    def ready(self, name: str) -> client.V1Pod:
        def is_ready() -> bool:
            conditions = self.core.read_namespaced_pod(name, self.name).status.conditions or ()
            return any(one.type == "Ready" and one.status == "True" for one in conditions)

        poll(is_ready, f"pod {name} to be ready")
        return self.core.read_namespaced_pod(name, self.name)

    def running(self, name: str) -> None:
        poll(lambda: self.core.read_namespaced_pod(name, self.name).status.phase == "Running", f"pod {name} to run")

    def exec_pod(self, name: str = "execpod", **spec: Any) -> str:
        """Creates the pod that commands are run in."""
        self.pod(name, ["pause"], **spec)
        return name

    def controller(self, name: str, labels: Mapping[str, str], args: Sequence[str], replicas: int = 2) -> list[str]:
        """Creates a ReplicationController and returns the names of its pods once they are ready."""
        container = {"name": name, "image": AGNHOST, "args": list(args)}
        body = {
            "apiVersion": "v1",
            "kind": "ReplicationController",
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": dict(labels),
                "template": {"metadata": {"labels": dict(labels)}, "spec": {"containers": [container]}},
            },
        }
        self.core.create_namespaced_replication_controller(self.name, body)
        selector = ",".join(f"{key}={value}" for key, value in labels.items())

        def names() -> list[str]:
            found = self.core.list_namespaced_pod(self.name, label_selector=selector).items
            return sorted(one.metadata.name for one in found)

        poll(lambda: len(names()) == replicas, f"{replicas} pods of {name}")
        for one in names():
            self.ready(one)
        return names()

    def nodes(self) -> dict[str, str]:
        """The nodes' internal addresses by name."""
        return {
            node.metadata.name: next(one.address for one in node.status.addresses if one.type == "InternalIP")
            for node in self.core.list_node().items
        }

    # --- services ------------------------------------------------------------------------------

    def service(self, name: str, spec: Mapping[str, Any]) -> client.V1Service:
        body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": dict(spec)}
        return self.core.create_namespaced_service(self.name, body)

    def update(self, name: str, change: Callable[[client.V1Service], None]) -> client.V1Service:
        """Reads, changes and replaces a Service, as the jig's UpdateService does."""
        found = self.core.read_namespaced_service(name, self.name)
        change(found)
        return self.core.replace_namespaced_service(name, self.name, found)

    def endpoints(self, name: str) -> dict[str, list[int]]:
        """The ready pods behind a Service with the ports they are reached at, out of its EndpointSlices."""
        selector = f"kubernetes.io/service-name={name}"
        found: dict[str, list[int]] = {}
        listed = client.DiscoveryV1Api(self.api).list_namespaced_endpoint_slice(self.name, label_selector=selector)
        for piece in listed.items:
            for endpoint in piece.endpoints or ():
                if endpoint.conditions.ready is not False and endpoint.target_ref is not None:
                    ports = found.setdefault(endpoint.target_ref.name, [])
                    ports.extend(port.port for port in piece.ports or ())
        return {pod: sorted(set(ports)) for pod, ports in found.items()}

    def expects_endpoints(self, name: str, wanted: Mapping[str, Sequence[int]]) -> None:
        poll(lambda: self.endpoints(name) == {k: sorted(v) for k, v in wanted.items()}, f"endpoints {wanted} of {name}")

    # --- commands in pods ----------------------------------------------------------------------

    def run(self, pod: str, command: str) -> Done:
        """RunHostCmd: the way of most upstream specs into a pod."""
        return self.playground.kubectl("exec", f"--namespace={self.name}", pod, "--", "/bin/sh", "-x", "-c", command)

    def said(self, pod: str, command: str) -> str:
        """What a command that must succeed prints."""
        done = self.run(pod, command)
        assert done.returncode == 0, done
        return done.stdout

    def connects(self, pod: str, host: str, port: int, protocol: str = "TCP") -> None:
        """Sends hostName by nc and expects an answer (V1)."""
        flag = "-u" if protocol == "UDP" else "-t"

        def answers() -> bool:
            done = self.run(pod, f"echo hostName | nc -v {flag} -w 2 {host} {port}")
            return done.returncode == 0 and bool(done.stdout.strip())

        poll(answers, f"{protocol} {host}:{port} to answer")

    def fails(self, pod: str, host: str, port: int, protocol: str = "TCP") -> None:
        """Expects that nothing answers there."""
        flag = "-u" if protocol == "UDP" else "-t"
        done = self.run(pod, f"echo hostName | nc -v {flag} -w 2 {host} {port}")
        assert not done.stdout.strip(), done

    def hosts(self, pod: str, host: str, port: int) -> list[str]:
        """Asks sixteen times who answers (V2)."""
        loop = (
            f"for i in $(seq 0 15); do echo; curl -q -s --connect-timeout 2 --max-time 60 http://{host}:{port}/ ; done"
        )
        return [line for line in self.said(pod, loop).splitlines() if line]
