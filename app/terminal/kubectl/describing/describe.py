"""kubectl describe: finds the objects, also by the beginning of a name, and lets their describers speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.terminal.kubectl import api, kube
from app.terminal.kubectl.describing import generic, network, others, running, words, workloads
from app.terminal.kubectl.describing.words import Describer, Subject
from app.terminal.kubectl.flags import Flag, Given, number, several, switch, text
from app.terminal.kubectl.kube import Kube, Meant

FLAGS: tuple[Flag, ...] = (
    text("selector", "l"),
    switch("all-namespaces", "A"),
    switch("show-events", default="true"),
    several("filename", "f"),
    number("chunk-size", default="500"),
    switch("recursive", "R"),
)
DESCRIBERS: Mapping[tuple[str, str], Describer] = {
    ("", "services"): network.service,
    ("discovery.k8s.io", "endpointslices"): network.endpoint_slice,
    ("", "endpoints"): network.endpoints,
    ("networking.k8s.io", "ingresses"): network.ingress,
    ("networking.k8s.io", "networkpolicies"): network.network_policy,
    ("", "pods"): workloads.pod,
    ("apps", "deployments"): workloads.deployment,
    ("apps", "replicasets"): workloads.replica_set,
    ("apps", "statefulsets"): running.stateful_set,
    ("apps", "daemonsets"): running.daemon_set,
    ("batch", "jobs"): running.job,
    ("networking.k8s.io", "ingressclasses"): generic.ingress_class,
    ("", "persistentvolumeclaims"): generic.claim,
    ("policy", "poddisruptionbudgets"): generic.disruption_budget,
    ("", "nodes"): others.node,
    ("", "namespaces"): others.namespace,
    ("", "configmaps"): others.config_map,
    ("", "secrets"): others.secret,
    ("", "serviceaccounts"): others.service_account,
}


async def describe(kubectl: Kube, given: Given) -> int:
    """Show details of objects."""
    if not given.words:
        raise api.error(
            'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.'
        )
    wanted = await kube.meant(kubectl, given.words, given)
    found, refusals = await kube.read(kubectl, wanted, given)
    matching = False
    if refusals and len(wanted) == 1 and wanted[0].name and refusals[0].code == 404:
        found, refusals = await _beginning(kubectl, wanted[0], refusals)
        matching = True
    first = True
    for one in found:
        describer = DESCRIBERS.get((one.resource.group, one.resource.name))
        if describer is None and one.resource.name not in generic.OWN:
            describer = generic.anything
        if describer is None:
            raise api.Failed(
                f"This terminal does not describe {one.resource.name}; `kubectl get {one.resource.name} {one.name} -o yaml` shows all of it."
            )
        shows = given.on("show-events") and (len(found) == 1 or given.has("show-events"))
        told = await describer(Subject(kubectl, one.resource, one.obj or {}, shows))
        before, after = ("", "\n") if matching else ("" if first else "\n\n", "")
        kubectl.out(before + words.aligned(told) + after)
        first = False
    kube.refuse_all(refusals)
    if not found and not refusals:
        if given.on("all-namespaces") or not any(one.resource.namespaced for one in wanted):
            kubectl.err("No resources found\n")
        else:
            kubectl.err(f"No resources found in {kubectl.namespace} namespace.\n")
    return 0


async def _beginning(kubectl: Kube, one: Meant, refusals: list[api.Refused]) -> tuple[list[Meant], list[api.Refused]]:
    """Return the objects whose names begin like that, the refusal when there are none (DescribeMatchingResources)."""
    listed = await kubectl.ask("GET", one.resource.path(one.namespace), query={"limit": "500"})
    found = [
        replace(one, name=obj["metadata"]["name"], obj=obj)
        for obj in listed.get("items", ())
        if obj["metadata"]["name"].startswith(one.name)
    ]
    return found, [] if found else refusals
