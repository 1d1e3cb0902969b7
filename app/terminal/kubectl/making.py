"""create TYPE, run and expose: objects made from flags (pkg/cmd/create, pkg/cmd/run, pkg/cmd/expose, release 1.36)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.terminal.kubectl import api, changing, kube, patching, running
from app.terminal.kubectl.flags import Flag, Given, duration, number, several, switch, text
from app.terminal.kubectl.kube import Kube, Meant

BASE: tuple[Flag, ...] = (
    changing.DRY, text("output", "o"), text("validate", default="strict", alone="strict"), text("field-manager"),
    switch("save-config"), switch("show-managed-fields"), text("template"),
)  # fmt: skip
TCP = several("tcp")
SERVICE_FLAGS: Mapping[str, tuple[Flag, ...]] = {
    "clusterip": (*BASE, TCP, text("clusterip")),
    "nodeport": (*BASE, TCP, number("node-port", default="0")),
    "loadbalancer": (*BASE, TCP),
    "externalname": (*BASE, TCP, text("external-name")),
}
DEPLOYMENT_FLAGS = (*BASE, several("image"), number("port", default="-1"), number("replicas", "r", "1"))
CONFIG_FLAGS = (
    *BASE,
    several("from-literal", split=False),
    several("from-file"),
    several("from-env-file"),
    switch("append-hash"),
    text("type"),
)
INGRESS_FLAGS = (
    *BASE,
    several("rule", split=False),
    text("class"),
    text("default-backend"),
    several("annotation", split=False),
)
RUN_FLAGS = (
    *BASE,
    text("image"),
    text("port"),
    several("env", split=False),
    text("labels", "l"),
    text("restart", default="Always"),
    switch("command"),
    switch("expose"),
    switch("rm"),
    switch("attach"),
    switch("stdin", "i"),
    switch("tty", "t"),
    switch("quiet", "q"),
    text("overrides"),
    text("override-type", default="merge"),
    text("image-pull-policy"),
    several("annotations", split=False),
    text("pod-running-timeout"),
    switch("privileged"),
    number("grace-period", default="-1"),
    duration("timeout"),
    switch("force"),
    switch("wait"),
    text("cascade", default="background", alone="background"),
    switch("leave-stdin-open"),
)
EXPOSE_FLAGS = (
    *BASE,
    text("port"),
    text("target-port"),
    text("protocol"),
    text("name"),
    text("type"),
    text("selector"),
    text("labels", "l"),
    text("external-ip"),
    text("load-balancer-ip"),
    text("cluster-ip"),
    text("session-affinity"),
    several("filename", "f"),
    text("overrides"),
    switch("recursive", "R"),
)


def one_name(given: Given, command: str) -> str:
    """Return the one NAME that generators take."""
    words = given.words if given.dash < 0 else given.words[: given.dash]
    if len(words) != 1:
        raise api.usage(f"kubectl create {command}", f"exactly one NAME is required, got {len(words)}")
    return words[0]


async def made(kubectl: Kube, given: Given, obj: dict[str, Any], writer: str = "kubectl-create") -> Any:
    """Create an object and tell it."""
    resource = await kubectl.of_kind(obj["apiVersion"], obj["kind"])
    if resource is None:
        raise api.error(f'no matches for kind "{obj["kind"]}" in version "{obj["apiVersion"]}"')
    namespace = kubectl.namespace if resource.namespaced else ""
    if namespace and (given.has("namespace") or not changing.is_client_dry(given)):
        obj = patching.put(obj, ("metadata", "namespace"), namespace)
    body: Any = patching.remembered(obj) if given.on("save-config") else obj
    if not changing.is_client_dry(given):
        try:
            body = await kubectl.ask("POST", resource.path(namespace), body, query=changing.query(given, writer))
        except api.Refused as refused:
            failed = _failed(obj)
            if writer != "kubectl-create" or not failed:
                raise
            raise api.error(f"{failed} {refused.message}") from None
    changing.say(kubectl, given, Meant(resource, namespace, obj["metadata"]["name"]), "created", body)
    return body


def _failed(obj: Mapping[str, Any]) -> str:
    """Return what stands before the server's words, as each generator writes it."""
    kind = str(obj["kind"])
    if kind == "Service":
        return f"failed to create {obj['spec']['type']} service:"
    return {
        "Deployment": "failed to create deployment:",
        "ConfigMap": "failed to create configmap:",
        "Secret": "failed to create secret",
        "ServiceAccount": "failed to create serviceaccount:",
        "Ingress": "failed to create ingress:",
        "Job": "failed to create job:",
    }.get(kind, "")


async def namespace(kubectl: Kube, given: Given) -> int:
    """Create a namespace."""
    name = one_name(given, "namespace")
    spec = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}, "status": {}}
    await made(kubectl, given, spec)
    return 0


async def deployment(kubectl: Kube, given: Given) -> int:
    """Create a Deployment."""
    if not given.has("image"):
        raise api.error('required flag(s) "image" not set')
    name = one_name(given, "deployment")
    images = given.list("image")
    command = given.words[given.dash :] if given.dash >= 0 else []
    if len(images) > 1 and command:
        raise api.error("cannot specify multiple --image options and command")
    containers = []
    for place, image in enumerate(images):
        one: dict[str, Any] = {"name": container_name(image), "image": image, "resources": {}}
        if command:
            one["command"] = command
        if given.number("port", -1) >= 0 and not place:
            one["ports"] = [{"containerPort": given.number("port", -1)}]
        containers.append(one)
    labels = {"app": name}
    await made(
        kubectl,
        given,
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "replicas": given.number("replicas", 1),
                "selector": {"matchLabels": labels},
                "strategy": {},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
            },
            "status": {},
        },
    )
    return 0


def container_name(image: str) -> str:
    """Return how `create deployment` calls the container of an image."""
    name = image.rpartition("/")[2].partition("@")[0].partition(":")[0].lower()
    return re.sub(r"[^a-z0-9-]", "-", name.replace("_", "-"))


async def service(kubectl: Kube, given: Given, kind: str) -> int:
    """Create a Service of a type."""
    name = one_name(given, f"service {kind}")
    types = {
        "clusterip": "ClusterIP",
        "nodeport": "NodePort",
        "loadbalancer": "LoadBalancer",
        "externalname": "ExternalName",
    }
    if kind == "externalname" and not given.has("external-name"):
        raise api.error('required flag(s) "external-name" not set')
    spec: dict[str, Any] = {"type": types[kind], "selector": {"app": name}}
    headless = kind == "clusterip" and given.text("clusterip") == "None"
    if not given.list("tcp") and kind != "externalname" and not headless:
        raise api.error("at least one tcp port specifier must be provided")
    spec["ports"] = [
        _service_port(one, given.number("node-port") if kind == "nodeport" else 0) for one in given.list("tcp")
    ]
    if kind == "clusterip" and given.text("clusterip"):
        spec["clusterIP"] = given.text("clusterip")
    if kind == "externalname":
        spec["externalName"] = given.text("external-name")
    if not spec["ports"]:
        del spec["ports"]
    await made(
        kubectl,
        given,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": spec,
            "status": {"loadBalancer": {}},
        },
    )
    return 0


def _service_port(text: str, node_port: int) -> dict[str, Any]:
    port, sign, target = text.partition(":")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise api.error(_port_fault(port))
    found: dict[str, Any] = {"name": f"{port}-{target}" if sign else port, "port": int(port), "protocol": "TCP"}
    found["targetPort"] = (int(target) if target.isdecimal() else target) if sign else int(port)
    if node_port:
        found["nodePort"] = node_port
    return found


def _port_fault(port: str) -> str:
    if port.lstrip("-").isdecimal():
        return "must be between 1 and 65535, inclusive"
    return f'strconv.ParseUint: parsing "{port}": invalid syntax'


async def config_map(kubectl: Kube, given: Given, files: Mapping[str, str]) -> int:
    """Create a ConfigMap."""
    name = one_name(given, "configmap")
    texts = _literals(given, files)
    obj: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    await made(kubectl, given, {**obj, **({"data": texts} if texts else {})})
    return 0


def _literals(given: Given, files: Mapping[str, str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for literal in given.list("from-literal"):
        key, sign, value = literal.partition("=")
        if not sign or not key:
            raise api.error(f"invalid literal source {literal}, expected key=value")
        if key in texts:
            raise api.error(f'cannot add key "{key}", another key by that name already exists in Data for ConfigMap')
        texts[key] = value.strip("'\"") if value[:1] == value[-1:] and value[:1] in "'\"" else value
    for source in given.list("from-file"):
        key, sign, path = source.partition("=")
        path = path if sign else key
        place = "/" + path.lstrip("./")
        if place not in files:
            raise api.error(f"open {path}: no such file or directory")
        texts[key if sign else place.rpartition("/")[2]] = files[place]
    return texts


async def secret(kubectl: Kube, given: Given, files: Mapping[str, str]) -> int:
    """Create a Secret."""
    name = one_name(given, "secret generic")
    texts = {key: base64.b64encode(value.encode()).decode() for key, value in _literals(given, files).items()}
    obj: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    if given.text("type"):
        obj["type"] = given.text("type")
    await made(kubectl, given, {**obj, **({"data": texts} if texts else {})})
    return 0


async def service_account(kubectl: Kube, given: Given) -> int:
    """Create a ServiceAccount."""
    name = one_name(given, "serviceaccount")
    await made(kubectl, given, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
    return 0


async def ingress(kubectl: Kube, given: Given) -> int:
    """Create an Ingress from rules such as `shop.example/cart*=cart:80`."""
    name = one_name(given, "ingress")
    if not given.list("rule") and not given.text("default-backend"):
        raise api.error(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all "
            "traffic) or a list of rules (which catch specific paths)"
        )
    rules: dict[str, list[dict[str, Any]]] = {}
    for text_of in given.list("rule"):
        found = re.fullmatch(r"([^/=]*)(/[^=*]*)(\*?)=([^:=,]+):([^,]+)(?:,(?:tls.*))?", text_of)
        if found is None:
            raise api.error(
                f"rule {text_of} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
            )
        host, path, star, target, port = found.groups()
        kind = "Prefix" if star else "Exact"
        rules.setdefault(host, []).append({"path": path, "pathType": kind, "backend": _backend(target, port)})
    spec: dict[str, Any] = {}
    if given.text("class"):
        spec["ingressClassName"] = given.text("class")
    if given.text("default-backend"):
        target, _, port = given.text("default-backend").partition(":")
        spec["defaultBackend"] = _backend(target, port)
    if rules:
        spec["rules"] = [
            {**({"host": host} if host else {}), "http": {"paths": paths}} for host, paths in rules.items()
        ]
    obj = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name},
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    await made(kubectl, given, obj)
    return 0


def _backend(service_name: str, port: str) -> dict[str, Any]:
    return {"service": {"name": service_name, "port": {"number": int(port)} if port.isdecimal() else {"name": port}}}


async def job(kubectl: Kube, given: Given) -> int:
    """Create a Job."""
    if not given.has("image"):
        raise api.error("either --image or --from must be specified")
    name = one_name(given, "job")
    container: dict[str, Any] = {"name": name, "image": given.list("image")[0], "resources": {}}
    if given.dash >= 0:
        container["command"] = given.words[given.dash :]
    spec = {"template": {"metadata": {}, "spec": {"containers": [container], "restartPolicy": "Never"}}}
    await made(
        kubectl,
        given,
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec, "status": {}},
    )
    return 0


# --- run -----------------------------------------------------------------------------------------


async def run(kubectl: Kube, given: Given) -> int:
    """Start a pod."""
    words = given.words
    if not given.text("image"):
        raise api.error('required flag(s) "image" not set')
    if not words:
        raise api.usage("kubectl run", "NAME is required for run")
    if given.on("rm") and not (given.on("stdin") or given.on("attach") or given.on("tty")):
        raise api.usage("kubectl run", "--rm should only be used for attached containers")
    if given.on("tty") and not given.on("stdin"):
        raise api.error("-i/--stdin is required for containers with -t/--tty=true")
    if given.text("restart") not in ("Always", "OnFailure", "Never"):
        raise api.usage("kubectl run", f"invalid restart policy: {given.text('restart')}")
    if given.on("expose") and not given.text("port"):
        raise api.error("--port must be set when exposing a service")
    pod = _pod(given)
    attaches = (given.on("attach") or given.on("stdin")) and not changing.ending(given)
    told = await _quietly(kubectl, given, pod)
    if attaches:
        return await running.attached(kubectl, given, told)
    if given.on("expose"):
        port = int(given.text("port"))
        exposed = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": words[0]},
            "spec": {
                "ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
                "selector": pod["metadata"]["labels"],
            },
            "status": {"loadBalancer": {}},
        }
        await made(kubectl, given, exposed, "kubectl-run")
    resource = await kubectl.resource("pods")
    changing.say(kubectl, given, Meant(resource, kubectl.namespace, words[0]), "created", told)
    return 0


async def _quietly(kubectl: Kube, given: Given, pod: dict[str, Any]) -> Any:
    """Create a pod and tell nothing yet."""
    if given.has("namespace") or not changing.is_client_dry(given):
        pod = patching.put(pod, ("metadata", "namespace"), kubectl.namespace)
    if changing.is_client_dry(given):
        return pod
    resource = await kubectl.resource("pods")
    return await kubectl.ask("POST", resource.path(kubectl.namespace), pod, query=changing.query(given, "kubectl-run"))


def _pod(given: Given) -> dict[str, Any]:
    name, *rest = given.words
    labels = {"run": name}
    if given.text("labels"):
        labels = _pairs(given.text("labels"))
    container: dict[str, Any] = {"name": name, "image": given.text("image"), "resources": {}}
    if given.text("image-pull-policy"):
        container["imagePullPolicy"] = given.text("image-pull-policy")
    if given.list("env"):
        container["env"] = [{"name": key, "value": value} for key, value in (_pair(one) for one in given.list("env"))]
    if rest:
        container["command" if given.on("command") else "args"] = rest
    if given.text("port"):
        container["ports"] = [{"containerPort": int(given.text("port"))}]
    if given.on("stdin"):
        container["stdin"] = True
        container["stdinOnce"] = True
    if given.on("tty"):
        container["tty"] = True
    meta: dict[str, Any] = {"name": name, "labels": labels}
    if given.list("annotations"):
        meta["annotations"] = dict(_pair(one) for one in given.list("annotations"))
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": given.text("restart")},
        "status": {},
    }
    if given.text("overrides"):
        try:
            pod = patching.applied(pod, json.loads(given.text("overrides")), given.text("override-type"))
        except ValueError as fault:
            raise api.error(f"couldn't apply overrides: {fault}") from None
    return pod


def _pairs(text_of: str) -> dict[str, str]:
    return dict(_pair(one) for one in text_of.split(","))


def _pair(text_of: str) -> tuple[str, str]:
    key, sign, value = text_of.partition("=")
    if not sign:
        raise api.error(f"invalid env: {text_of}")
    return key, value


# --- expose --------------------------------------------------------------------------------------


async def expose(kubectl: Kube, given: Given) -> int:
    """Put a Service before a pod, a Deployment, or what else has pods."""
    if not given.words:
        raise api.error(changing.RESOURCE)
    wanted = await kube.meant(kubectl, given.words, Given(given.words, given.dash, {}, given.known))
    if any(not one.name for one in wanted):
        raise api.error(kube.NAMELESS)
    for one in wanted:
        obj = await kubectl.ask("GET", one.path)
        await _expose(kubectl, given, replace(one, obj=obj))
    return 0


async def _expose(kubectl: Kube, given: Given, one: Meant) -> None:
    obj = one.obj or {}
    selector = _exposed_selector(given, one)
    name = given.text("name") or one.name
    ports = _exposed_ports(given, one)
    spec: dict[str, Any] = {"ports": ports, "selector": selector}
    for field, flag in (
        ("type", "type"),
        ("clusterIP", "cluster-ip"),
        ("sessionAffinity", "session-affinity"),
        ("loadBalancerIP", "load-balancer-ip"),
    ):
        if given.text(flag):
            spec[field] = given.text(flag)
    if given.text("external-ip"):
        spec["externalIPs"] = [given.text("external-ip")]
    labels = (obj.get("metadata") or {}).get("labels") or {}
    if given.text("labels"):
        labels = _pairs(given.text("labels"))
    made_of: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, **({"labels": labels} if labels else {})},
        "spec": spec,
        "status": {"loadBalancer": {}},
    }
    resource = await kubectl.resource("services")
    told: Any = made_of
    if given.has("namespace") or not changing.is_client_dry(given):
        made_of = patching.put(made_of, ("metadata", "namespace"), kubectl.namespace)
    if not changing.is_client_dry(given):
        told = await kubectl.ask(
            "POST", resource.path(kubectl.namespace), made_of, query=changing.query(given, "kubectl-expose")
        )
    changing.say(kubectl, given, Meant(resource, kubectl.namespace, name), "exposed", told)


def _exposed_selector(given: Given, one: Meant) -> dict[str, str]:
    obj = one.obj or {}
    spec = obj.get("spec") or {}
    if given.text("selector"):
        return _pairs(given.text("selector"))
    match one.resource.name:
        case "services" | "replicationcontrollers":
            found = spec.get("selector")
        case "pods":
            found = (obj.get("metadata") or {}).get("labels")
        case "deployments" | "replicasets":
            if (spec.get("selector") or {}).get("matchExpressions"):
                raise api.error(
                    f'couldn\'t convert expressions - "{spec["selector"]["matchExpressions"]}" to map-based selector format'
                )
            found = (spec.get("selector") or {}).get("matchLabels")
        case _:
            raise api.error(
                f"cannot expose a {one.resource.kind}" + (f".{one.resource.group}" if one.resource.group else "")
            )
    if not found:
        what = {
            "pods": "the pod has no labels and cannot be exposed",
            "services": "the service has no pod selector set",
        }
        raise api.error(
            f"couldn't retrieve selectors via --selector flag or introspection: {what.get(one.resource.name, 'no selector')}"
        )
    return dict(found)


def _exposed_ports(given: Given, one: Meant) -> list[dict[str, Any]]:
    spec = (one.obj or {}).get("spec") or {}
    pod = spec.get("template", {}).get("spec") or spec
    declared = [
        (int(port["containerPort"]), str(port.get("protocol", "TCP")))
        for c in pod.get("containers") or ()
        for port in c.get("ports") or ()
    ]
    if one.resource.name == "services":
        declared = [(int(port["port"]), str(port.get("protocol", "TCP"))) for port in spec.get("ports") or ()]
    numbers = [number_of for number_of in given.text("port").split(",") if number_of] or [
        str(port) for port, _ in declared
    ]
    if not numbers and given.text("cluster-ip") != "None":
        raise api.error(
            "couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples"
        )
    protocols = dict(declared)
    target = given.text("target-port")
    found = []
    for place, number_of in enumerate(numbers):
        port: dict[str, Any] = {"port": int(number_of)}
        port["protocol"] = given.text("protocol") or protocols.get(
            int(target or number_of) if (target or number_of).isdecimal() else 0, "TCP"
        )
        wanted = target or number_of
        port["targetPort"] = int(wanted) if wanted.isdecimal() else wanted
        if len(numbers) > 1:
            port["name"] = f"port-{place + 1}"
        found.append(port)
    return found
