"""Service endpoints latency (test/e2e/network/service_latency.go, release 1.36): 200 Services, each over one Deployment's pod."""

from kubernetes import client

from tests.conformance_specs import cluster
from tests.conformance_specs.cluster import Cluster

SERVICES = 200


def test_service_endpoints_latency_should_not_be_very_high(running: Cluster) -> None:
    with cluster.namespace(running, "svc-latency") as ns:
        labels = {"name": "svc-latency-rc"}
        container = client.V1Container(name="svc-latency-rc", image="registry.k8s.io/pause:3.10.1")
        template = client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
        )
        spec = client.V1DeploymentSpec(
            replicas=1, selector=client.V1LabelSelector(match_labels=labels), template=template
        )
        body = client.V1Deployment(metadata=client.V1ObjectMeta(name="svc-latency-rc"), spec=spec)
        running.apps.create_namespaced_deployment(ns, body)
        read = running.apps.read_namespaced_deployment
        cluster.eventually(lambda: read("svc-latency-rc", ns).status.ready_replicas == 1)
        waited_for = {
            running.core.create_namespaced_service(
                ns,
                client.V1Service(
                    metadata=client.V1ObjectMeta(generate_name="latency-svc-"),
                    spec=client.V1ServiceSpec(
                        selector=labels, ports=[client.V1ServicePort(protocol="TCP", port=80)], session_affinity="None"
                    ),
                ),
            ).metadata.name
            for _ in range(SERVICES)
        }

        def is_last(kind: str, found: client.V1Endpoints) -> bool:
            if any(subset.addresses for subset in found.subsets or ()):
                waited_for.discard(found.metadata.name)
            return not waited_for

        cluster.until(running.core.list_namespaced_endpoints, is_last, ns)
        assert not waited_for
