"""version, api-resources, api-versions, cluster-info, config, auth, events, explain, drain: about cluster and self."""

from __future__ import annotations

import asyncio
import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from app.terminal.kubectl import api, changing, get, kube, tabs
from app.terminal.kubectl.describing import words
from app.terminal.kubectl.flags import Flag, Given, duration, number, several, switch, text
from app.terminal.kubectl.kube import Kube, Meant, Resource

CLIENT = "v1.36.4"
KUSTOMIZE = "v5.8.1"
RESOURCES_FLAGS: tuple[Flag, ...] = (
    text("output", "o"), switch("no-headers"), text("namespaced", default="true", alone="true"), text("api-group"), several("verbs"),
    several("categories"), text("sort-by"), switch("cached"),
)  # fmt: skip
EVENTS_FLAGS: tuple[Flag, ...] = (
    text("for"), switch("watch", "w"), switch("all-namespaces", "A"), several("types"), text("output", "o"), switch("no-headers"),
    number("chunk-size", default="500"),
)  # fmt: skip
DRAIN_FLAGS: tuple[Flag, ...] = (
    switch("ignore-daemonsets"), switch("delete-emptydir-data"), switch("force"), text("selector", "l"), duration("timeout", "0s"),
    number("grace-period", default="-1"), text("pod-selector"), switch("disable-eviction"), changing.DRY, number("skip-wait-for-delete-timeout", default="0"),
    number("chunk-size", default="500"),
)  # fmt: skip


async def version(kubectl: Kube, given: Given) -> int:
    """Print the versions of client and server."""
    if given.words:
        raise api.error(f"extra arguments: [{' '.join(given.words)}]")
    kubectl.out(f"Client Version: {CLIENT}\nKustomize Version: {KUSTOMIZE}\n")
    if not given.on("client"):
        server = await kubectl.ask("GET", "/version")
        kubectl.out(f"Server Version: {server['gitVersion']}\n")
    return 0


async def api_resources(kubectl: Kube, given: Given) -> int:
    """List the resources that the server serves."""
    found = await kubectl.resources()
    if given.has("namespaced"):
        found = [one for one in found if one.namespaced == (given.text("namespaced") == "true")]
    if given.has("api-group"):
        found = [one for one in found if one.group == given.text("api-group")]
    if given.list("verbs"):
        found = [one for one in found if all(verb in one.verbs for verb in given.list("verbs"))]
    if given.list("categories"):
        found = [one for one in found if all(name in one.categories for name in given.list("categories"))]
    if given.text("sort-by") in ("name", "kind"):
        found = sorted(found, key=lambda one: one.name if given.text("sort-by") == "name" else one.kind)
    else:
        found = sorted(found, key=lambda one: (one.group, one.name))
    form = given.text("output")
    if form == "name":
        kubectl.out("".join(f"{one.group_resource}\n" for one in found))
        return 0
    wide = form == "wide"
    rows = (
        []
        if given.on("no-headers")
        else [["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", *(["VERBS", "CATEGORIES"] if wide else [])]]
    )
    for one in found:
        rest = [",".join(one.verbs), ",".join(one.categories)] if wide else []
        rows.append(
            [one.name, ",".join(one.short_names), one.api_version, str(one.namespaced).lower(), one.kind, *rest]
        )
    kubectl.out(tabs.table(rows))
    return 0


async def api_versions(kubectl: Kube, given: Given) -> int:
    """List the API versions that the server serves."""
    await kubectl.resources()
    kubectl.out("".join(f"{one}\n" for one in sorted(kubectl.versions)))
    return 0


async def cluster_info(kubectl: Kube, given: Given) -> int:
    """Say where the control plane and the DNS are."""
    if given.words == ["dump"]:
        raise api.Failed("This terminal does not dump a cluster: `kubectl get all -A -o yaml` shows it.")
    kubectl.out(f"Kubernetes control plane is running at {kubectl.server}\n")
    listed = await kubectl.ask(
        "GET", "/api/v1/namespaces/kube-system/services", query={"labelSelector": "kubernetes.io/cluster-service=true"}
    )
    for one in listed.get("items", ()):
        meta = one["metadata"]
        name = (meta.get("labels") or {}).get("kubernetes.io/name") or meta["name"]
        port: Mapping[str, Any] = next(iter((one.get("spec") or {}).get("ports") or ()), {})
        where = f"{meta['name']}:{port['name']}" if port.get("name") else meta["name"]
        kubectl.out(
            f"{name} is running at {kubectl.server}/api/v1/namespaces/{meta['namespace']}/services/{where}/proxy\n"
        )
    kubectl.out("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n")
    return 0


# --- config --------------------------------------------------------------------------------------


async def get_contexts(kubectl: Kube, given: Given) -> int:
    """List the contexts: this terminal has one."""
    if given.text("output") == "name":
        kubectl.out(f"{kubectl.context}\n")
        return 0
    rows = [] if given.on("no-headers") else [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]]
    rows.append(["*", kubectl.context, kubectl.context, kubectl.context, kubectl.namespace])
    kubectl.out(tabs.table(rows))
    return 0


async def current_context(kubectl: Kube, given: Given) -> int:
    """Print the context's name."""
    kubectl.out(f"{kubectl.context}\n")
    return 0


async def set_context(kubectl: Kube, given: Given) -> int:
    """Choose the namespace in which this terminal works."""
    name = kubectl.context if given.on("current") else (given.words[0] if given.words else "")
    if not name:
        raise api.usage("kubectl config set-context", "Unexpected args: []")
    if name != kubectl.context:
        raise api.Failed(
            f"This terminal has one context, {kubectl.context}; kubectl with the kubeconfig can have more."
        )
    if given.text("namespace"):
        kubectl.chosen["namespace"] = given.text("namespace")
    kubectl.out(f'Context "{name}" modified.\n')
    return 0


async def use_context(kubectl: Kube, given: Given) -> int:
    """Change to a context: there is one."""
    name = given.words[0] if given.words else ""
    if name != kubectl.context:
        raise api.error(f'no context exists with the name: "{name}"')
    kubectl.out(f'Switched to context "{name}".\n')
    return 0


async def view(kubectl: Kube, given: Given) -> int:
    """Say where the kubeconfig is."""
    raise api.Failed(f"This terminal keeps no kubeconfig. {how_to_get(kubectl)}")


def how_to_get(kubectl: Kube) -> str:
    """Say in a sentence how a learner gets the kubeconfig."""
    return "`help kubeconfig` says how to get one for the kubectl on your own machine."


# --- auth ----------------------------------------------------------------------------------------


async def whoami(kubectl: Kube, given: Given) -> int:
    """Say who this is to the server."""
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    told = await kubectl.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body)
    user = (told.get("status") or {}).get("userInfo") or {}
    rows = [["ATTRIBUTE", "VALUE"], ["Username", user.get("username", "")]]
    if user.get("groups"):
        rows.append(["Groups", f"[{' '.join(user['groups'])}]"])
    kubectl.out(tabs.table(rows))
    return 0


async def can_i(kubectl: Kube, given: Given) -> int:
    """Ask whether one may do something."""
    if given.on("list"):
        return await _rules(kubectl, given)
    if len(given.words) < 2:
        raise api.error(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples."
        )
    verb, what, *more = given.words
    if what.startswith("/"):
        spec: dict[str, Any] = {"nonResourceAttributes": {"verb": verb, "path": what}}
    else:
        kind, _, name = what.partition("/")
        resource = await kubectl.resource_or_none(kind) if kind != "*" else None
        if resource is None and kind != "*":
            kubectl.err(f"Warning: the server doesn't have a resource type '{kind}'\n\n")
        namespace = "" if given.on("all-namespaces") or (resource and not resource.namespaced) else kubectl.namespace
        if resource and not resource.namespaced:
            kubectl.err(f"Warning: resource '{resource.name}' is not namespace scoped{_in_group(resource)}\n\n")
        spec = {
            "resourceAttributes": {
                "namespace": namespace,
                "verb": verb,
                "group": resource.group if resource else "",
                "resource": resource.name if resource else kind,
                "name": name or (more[0] if more else ""),
                "subresource": given.text("subresource"),
            }
        }
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    told = await kubectl.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
    allowed = bool((told.get("status") or {}).get("allowed"))
    if not given.on("quiet"):
        kubectl.out("yes\n" if allowed else "no\n")
    return 0 if allowed else 1


async def _rules(kubectl: Kube, given: Given) -> int:
    """List what one may do (pkg/cmd/auth/cani.go, RunAccessList)."""
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": kubectl.namespace},
    }
    told = (await kubectl.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body)).get(
        "status"
    ) or {}
    rows = [] if given.on("no-headers") else [["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]]
    for rule in told.get("resourceRules") or ():
        for group in rule.get("apiGroups") or ("",):
            for resource in rule.get("resources") or ():
                name = f"{resource}.{group}" if group else resource
                rows.append([name, "[]", _listing(rule.get("resourceNames")), _listing(rule.get("verbs"))])
    rows += [
        ["", _listing(rule.get("nonResourceURLs")), "[]", _listing(rule.get("verbs"))]
        for rule in told.get("nonResourceRules") or ()
    ]
    kubectl.out(tabs.table(rows))
    return 0


def _listing(found: Sequence[str] | None) -> str:
    return f"[{' '.join(found or ())}]"


def _in_group(resource: Resource) -> str:
    return f" in group '{resource.group}'" if resource.group else ""


# --- events --------------------------------------------------------------------------------------


async def events(kubectl: Kube, given: Given) -> int:
    """List events, the oldest first."""
    everywhere = given.on("all-namespaces")
    path = "/api/v1/events" if everywhere else f"/api/v1/namespaces/{kubectl.namespace}/events"
    query = {"limit": "500"}
    if given.text("for"):
        kind, sign, name = given.text("for").partition("/")
        if not sign:
            raise api.error("--for must be in resource/name form")
        resource = await kubectl.resource(kind)
        query["fieldSelector"] = f"involvedObject.kind={resource.kind},involvedObject.name={name}"
        query["fieldSelector"] = f"involvedObject.apiVersion={resource.api_version},{query['fieldSelector']}"
    listed = await kubectl.ask("GET", path, query=query)
    found = list(listed.get("items", ()))
    types = [one.lower() for one in given.list("types")]
    if types:
        if set(types) - {"normal", "warning"}:
            raise api.error("valid --types are Normal or Warning")
        found = [one for one in found if str(one.get("type", "")).lower() in types]
    found.sort(
        key=lambda one: str(
            (one.get("series") or {}).get("lastObservedTime") or one.get("lastTimestamp") or one.get("eventTime") or ""
        )
    )
    if not found and not given.on("watch"):
        kubectl.err("No events found.\n" if everywhere else f"No events found in {kubectl.namespace} namespace.\n")
        return 0
    if given.text("output"):
        form, argument = get.output(given)
        kubectl.out(
            get.print_object(
                {"apiVersion": "v1", "items": found, "kind": "List", "metadata": {"resourceVersion": ""}},
                form,
                argument,
            )
        )
        return 0
    grid = get.Grid()
    if not given.on("no-headers"):
        grid.rows.append([*(["NAMESPACE"] if everywhere else []), "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"])
    for one in found:
        grid.rows.append(_event(one, kubectl.moment(), everywhere))
    kubectl.out(grid.flush())
    if given.on("watch"):
        version_of = str((listed.get("metadata") or {}).get("resourceVersion") or "")
        async for event in kubectl.events(
            path, {**{k: v for k, v in query.items() if k != "limit"}, "resourceVersion": version_of}
        ):
            if event.get("type") in ("ADDED", "MODIFIED"):
                grid.rows.append(_event(event["object"], kubectl.moment(), everywhere))
                kubectl.out(grid.flush())
    return 0


def _event(one: Mapping[str, Any], now: float, everywhere: bool) -> list[str]:
    about = one.get("involvedObject") or {}
    row = [
        words.interval(one, now),
        one.get("type", ""),
        one.get("reason", ""),
        f"{about.get('kind', '')}/{about.get('name', '')}",
    ]
    return [*([one["metadata"]["namespace"]] if everywhere else []), *row, str(one.get("message", "")).strip()]


# --- explain -------------------------------------------------------------------------------------


async def explain(kubectl: Kube, given: Given) -> int:
    """Show what a kind or a field is (pkg/explain/v2, plaintext template)."""
    if not given.words:
        raise api.error(
            'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported resources.'
        )
    if len(given.words) > 1:
        raise api.error("We accept only this format: explain RESOURCE")
    head, *path = given.words[0].split(".")
    resource = await kubectl.resource_or_none(head)
    if resource is None:
        raise api.Failed(f'the server doesn\'t have a resource type "{head}"')
    root = f"apis/{resource.group}/{resource.version}" if resource.group else f"api/{resource.version}"
    answer = await kubectl.door.ask("GET", f"/openapi/v3/{root}", b"", {"accept": api.JSON})
    document = json.loads(answer.body)
    try:
        kubectl.out(explained(document, resource, path, recursive=given.on("recursive")))
    except Unexplained as failed:
        kubectl.out(failed.printed)
        raise
    return 0


class Unexplained(api.Failed):
    """A field that is not there: what was printed before that came out."""

    def __init__(self, printed: str, text_of: str) -> None:
        super().__init__(text_of)
        self.printed = printed


def explained(document: Mapping[str, Any], resource: Resource, path: Sequence[str], *, recursive: bool) -> str:
    """Write the explanation of a field."""
    schemas = document["components"]["schemas"]
    found = next(
        schema
        for schema in schemas.values()
        if any(
            gvk.get("kind") == resource.kind
            and gvk.get("group", "") == resource.group
            and gvk.get("version") == resource.version
            for gvk in schema.get("x-kubernetes-group-version-kind") or ()
        )
    )
    out = (
        f"GROUP:      {resource.group}\n" if resource.group else ""
    ) + f"KIND:       {resource.kind}\nVERSION:    {resource.version}\n\n"
    described, schema = str(found.get("description", "")), found
    for place, name in enumerate(path):
        fields = _fields(schemas, schema)
        if name not in fields:
            raise Unexplained(out, f'error: field "{name}" does not exist')
        one = fields[name]
        described = str(one.get("description", ""))
        schema = one
        if place == len(path) - 1:
            out += f"FIELD: {name} <{_type(schemas, one)}>\n" + _enum(one) + "\n"
    inner = _resolved(schemas, schema)
    lines = [described] if described else []
    if path and inner.get("description") and inner.get("description") != described:
        lines.append(str(inner["description"]))
    out += "\nDESCRIPTION:\n" if path else "DESCRIPTION:\n"
    out += "".join(_wrapped(line, "    ") for line in lines) if lines else "    <empty>\n"
    out += "    \n" if lines else ""
    fields = _fields(schemas, schema)
    if fields:
        out += "FIELDS:\n" + _listed(schemas, inner, fields, recursive=recursive)
    return out + "\n"


def _resolved(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while True:
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rpartition("/")[2]]
        elif len(schema.get("allOf") or ()) == 1:
            schema = schema["allOf"][0]
        elif schema.get("type") == "array":
            schema = schema.get("items") or {}
        elif isinstance(schema.get("additionalProperties"), dict):
            schema = schema["additionalProperties"]
        else:
            return schema


def _fields(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _resolved(schemas, schema).get("properties") or {}
    return found


def _type(schemas: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        held = schemas[name]
        if held.get("properties") or held.get("type") == "object":
            return str(name.rpartition(".")[2])
        return str(held.get("type") or name.rpartition(".")[2])
    if len(schema.get("allOf") or ()) == 1:
        return _type(schemas, schema["allOf"][0])
    if schema.get("type") == "array":
        return f"[]{_type(schemas, schema.get('items') or {})}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map[string]{_type(schemas, schema['additionalProperties'])}"
    return "Object" if schema.get("type") in (None, "object") else str(schema["type"])


def _enum(schema: Mapping[str, Any]) -> str:
    found = schema.get("enum") or ()
    return "ENUM:\n" + "".join(f"    {one}\n" for one in found) if found else ""


def _wrapped(text_of: str, indent: str) -> str:
    out = ""
    for paragraph in text_of.split("\n"):
        lines = textwrap.wrap(paragraph, 80 - len(indent), break_long_words=False, break_on_hyphens=False) or [""]
        out += "".join(f"{indent}{line}\n" for line in lines)
    return out


def _listed(
    schemas: Mapping[str, Any], inner: Mapping[str, Any], fields: Mapping[str, Any], *, recursive: bool, level: int = 1
) -> str:
    out, indent = "", "  " * level
    for name in sorted(fields):
        required = " -required-" if name in (inner.get("required") or ()) else ""
        out += f"{indent}{name}\t<{_type(schemas, fields[name])}>{required}\n"
        if fields[name].get("enum"):
            out += f"{indent}enum: {', '.join(map(str, fields[name]['enum']))}\n"
        if recursive:
            below = _fields(schemas, fields[name])
            if below and level < 20:
                out += _listed(schemas, _resolved(schemas, fields[name]), below, recursive=True, level=level + 1)
        else:
            described = str(fields[name].get("description", "")) or "<no description>"
            out += _wrapped(described, indent + "  ") + "\n"
    return out


# --- drain ---------------------------------------------------------------------------------------


async def drain(kubectl: Kube, given: Given) -> int:
    """Close a node and evict its pods."""
    if not given.words and not given.text("selector"):
        raise api.usage("kubectl drain", "USAGE: drain NODE [flags]")
    for one in await changing.nodes(kubectl, given):
        await changing.close_node(kubectl, given, one, unschedulable=True)
        await _drain(kubectl, given, one)
    return 0


async def _drain(kubectl: Kube, given: Given, node: Meant) -> None:
    listed = await kubectl.ask(
        "GET", "/api/v1/pods", query={"fieldSelector": f"spec.nodeName={node.name}", "limit": "500"}
    )
    pods, ignored, warnings = [], [], []
    groups: dict[str, list[str]] = {}
    for pod in listed.get("items", ()):
        meta, name = pod["metadata"], f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        owner = next((ref for ref in meta.get("ownerReferences") or () if ref.get("controller")), None)
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            pods.append(pod)
        elif owner is not None and owner["kind"] == "DaemonSet":
            if given.on("ignore-daemonsets"):
                ignored.append(name)
            else:
                groups.setdefault(
                    "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)", []
                ).append(name)
        elif owner is None and not given.on("force"):
            groups.setdefault("cannot delete Pods that declare no controller (use --force to override)", []).append(
                name
            )
        elif any("emptyDir" in volume for volume in pod["spec"].get("volumes") or ()) and not given.on(
            "delete-emptydir-data"
        ):
            groups.setdefault(
                "cannot delete Pods with local storage (use --delete-emptydir-data to override)", []
            ).append(name)
        else:
            if owner is None:
                warnings.append(name)
            pods.append(pod)
    faults = [f"{text_of}: {', '.join(names)}" for text_of, names in groups.items()]
    if faults:
        aggregate = faults[0] if len(faults) == 1 else f"[{', '.join(faults)}]"
        kubectl.err(f'error: unable to drain node "{node.name}" due to error: {aggregate}, continuing command...\n')
        pending = f"There are pending nodes to be drained:\n {node.name}\n"
        raise api.Failed(pending + "".join(f"{one}\n" for one in faults))
    told = []
    if warnings:
        told.append(f"deleting Pods that declare no controller: {', '.join(warnings)}")
    if ignored:
        told.append(f"ignoring DaemonSet-managed Pods: {', '.join(ignored)}")
    if told:
        kubectl.err(f"Warning: {'; '.join(told)}\n")
    for pod in pods:
        meta = pod["metadata"]
        kubectl.out(f"evicting pod {meta['namespace']}/{meta['name']}{changing.ending(given)}\n")
    for pod in pods:
        await _evict(kubectl, given, pod)
    kubectl.out(f"{node.label} drained{changing.ending(given)}\n")


async def _evict(kubectl: Kube, given: Given, pod: Mapping[str, Any]) -> None:
    if changing.ending(given):
        return
    meta = pod["metadata"]
    resource = await kubectl.resource("pods")
    body: dict[str, Any] = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
    }
    if given.number("grace-period", -1) >= 0:
        body["deleteOptions"] = {"gracePeriodSeconds": given.number("grace-period", -1)}
    path = resource.path(meta["namespace"], meta["name"], "eviction")
    while True:
        try:
            await kubectl.ask("POST", path, body)
            break
        except api.Refused as refused:
            if refused.code != 429:
                raise
            said = f'pods/"{meta["name"]}" -n "{meta["namespace"]}" (will retry after 5s): {refused.message}'
            kubectl.err(f"error when evicting {said}\n")
            await asyncio.sleep(5)
            kubectl.out(f"evicting pod {meta['namespace']}/{meta['name']}\n")
    await kube.until_gone(kubectl, Meant(resource, meta["namespace"], meta["name"]))
    kubectl.out(f"pod/{meta['name']} evicted\n")
