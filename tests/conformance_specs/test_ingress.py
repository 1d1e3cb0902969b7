"""Ingress and IngressClass as the API serves them (test/e2e/network/{ingress,ingressclass}.go, release 1.36)."""

from kubernetes import client

from tests.conformance_specs.cluster import Cluster, Watching


def ingress(ns: str, mark: dict[str, str]) -> client.V1Ingress:
    backend = client.V1IngressBackend(
        service=client.V1IngressServiceBackend(name="default-backend", port=client.V1ServiceBackendPort(number=80))
    )
    return client.V1Ingress(
        metadata=client.V1ObjectMeta(generate_name="e2e-example-ing", labels=mark),
        spec=client.V1IngressSpec(default_backend=backend),
    )


def test_ingress_api_should_support_creating_ingress_api_operations(bare: Cluster, ns: str) -> None:
    api, selector = bare.networking, f"special-label={ns}"
    bare.finds_in_discovery("networking.k8s.io", "ingresses", "ingresses/status")
    made = [api.create_namespaced_ingress(ns, ingress(ns, {"special-label": ns})) for _ in range(3)]
    name = made[0].metadata.name
    assert (made[0].metadata.generation, made[0].status.load_balancer.ingress) == (1, None)
    assert api.read_namespaced_ingress(name, ns).metadata.uid == made[0].metadata.uid
    assert len(api.list_namespaced_ingress(ns, label_selector=selector).items) == 3
    assert len(api.list_ingress_for_all_namespaces(label_selector=selector).items) == 3
    watching = Watching(api.list_namespaced_ingress, ns, label_selector=selector)
    clusterwide = Watching(api.list_ingress_for_all_namespaces, label_selector=selector)
    patched = api.patch_namespaced_ingress(name, ns, {"metadata": {"annotations": {"patched": "true"}}})
    assert patched.metadata.annotations["patched"] == "true"
    patched.metadata.annotations["updated"] = "true"
    assert api.replace_namespaced_ingress(name, ns, patched).metadata.annotations["updated"] == "true"
    for one in (watching, clusterwide):
        one.until("MODIFIED", lambda found: (found.metadata.annotations or {}).get("patched") == "true")
        one.until("MODIFIED", lambda found: (found.metadata.annotations or {}).get("updated") == "true")
    status = {"loadBalancer": {"ingress": [{"ip": "169.1.1.1"}]}}
    told = api.patch_namespaced_ingress_status(
        name, ns, {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": status}
    )
    assert told.status.load_balancer.ingress[0].ip == "169.1.1.1"
    assert told.metadata.annotations["patchedstatus"] == "true"
    told.status.load_balancer.ingress[0].ip = "169.1.1.2"
    assert api.replace_namespaced_ingress_status(name, ns, told).status.load_balancer.ingress[0].ip == "169.1.1.2"
    raw = bare.playground.api(f"/apis/networking.k8s.io/v1/namespaces/{ns}/ingresses/{name}/status").json()
    assert raw["metadata"]["uid"] == made[0].metadata.uid
    assert raw["metadata"]["generation"] == 1
    api.delete_namespaced_ingress(name, ns)
    watching.until("DELETED", lambda found: found.metadata.name == name)
    assert len(api.list_namespaced_ingress(ns, label_selector=selector).items) == 2
    api.delete_collection_namespaced_ingress(ns, label_selector=selector)
    assert api.list_namespaced_ingress(ns, label_selector=selector).items == []
    for one in (watching, clusterwide):
        one.end()


def test_ingressclass_api_should_support_creating_ingressclass_api_operations(bare: Cluster, ns: str) -> None:
    api, selector = bare.networking, f"special-label={ns}"
    bare.finds_in_discovery("networking.k8s.io", "ingressclasses")
    made = []
    for controller in ("example.com/controller", "example.com/controller2", "example.com/controller3"):
        meta = client.V1ObjectMeta(generate_name="e2e-example-ing", labels={"special-label": ns})
        body = client.V1IngressClass(metadata=meta, spec=client.V1IngressClassSpec(controller=controller))
        made.append(api.create_ingress_class(body))
    name = made[0].metadata.name
    assert api.read_ingress_class(name).spec.controller == "example.com/controller"
    assert len(api.list_ingress_class(label_selector=selector).items) == 3
    watching = Watching(api.list_ingress_class, label_selector=selector)
    patched = api.patch_ingress_class(name, {"metadata": {"annotations": {"patched": "true"}}})
    assert patched.metadata.annotations["patched"] == "true"
    patched.metadata.annotations["updated"] = "true"
    assert api.replace_ingress_class(name, patched).metadata.annotations["updated"] == "true"
    watching.until("MODIFIED", lambda found: (found.metadata.annotations or {}).get("patched") == "true")
    watching.until("MODIFIED", lambda found: (found.metadata.annotations or {}).get("updated") == "true")
    api.delete_ingress_class(name)
    watching.until("DELETED", lambda found: found.metadata.name == name)
    watching.end()
    assert len(api.list_ingress_class(label_selector=selector).items) == 2
    api.delete_collection_ingress_class(label_selector=selector)
    assert api.list_ingress_class(label_selector=selector).items == []
