"""A controller as people write them with kopf: each Service that asks for it has a ConfigMap with its address."""

import kopf
from kubernetes import client

WANTED = "example.com/mirror"


@kopf.on.create("services", annotations={WANTED: kopf.PRESENT})
@kopf.on.resume("services", annotations={WANTED: kopf.PRESENT})
def made(body: kopf.Body, spec: kopf.Spec, name: str, namespace: str, patch: kopf.Patch, **_: object) -> dict[str, str]:
    content = {"clusterIP": spec["clusterIP"], "ports": ",".join(str(port["port"]) for port in spec["ports"])}
    mirror = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-mirror"}, "data": content}
    kopf.adopt(mirror, owner=body)
    client.CoreV1Api().create_namespaced_config_map(namespace, mirror)
    patch.metadata.labels["mirrored"] = "yes"
    kopf.info(body, reason="Mirrored", message=f"ConfigMap {name}-mirror was made")
    return {"mirror": f"{name}-mirror"}


@kopf.on.update("services", annotations={WANTED: kopf.PRESENT}, field="spec.ports")
def changed(new: list[dict[str, int]], name: str, namespace: str, **_: object) -> None:
    change = {"data": {"ports": ",".join(str(port["port"]) for port in new)}}
    client.CoreV1Api().patch_namespaced_config_map(f"{name}-mirror", namespace, change)


@kopf.on.delete("services", annotations={WANTED: kopf.PRESENT})
def deleted(name: str, namespace: str, **_: object) -> None:
    client.CoreV1Api().patch_namespaced_config_map(f"{name}-mirror", namespace, {"data": {"last": "words"}})
