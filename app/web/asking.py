"""The request form: where a request can start, what it can be sent to, and what is worth trying here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.cluster import state
from app.lessons import cast
from app.machinery import objects
from app.machinery.objects import Object
from app.web import contexts, forms, words
from app.web.contexts import Attempt, Choice, Choices

MOST_SOURCES = 60
MOST_TARGETS = 60


def form(
    held: state.ClusterState, asked: Mapping[str, Any] | None = None, problem: str = "", plain: str = ""
) -> contexts.Asking:
    """Return the form, filled with what was asked last, or with the most telling request of this cluster."""
    client = cast.first_client(held)
    service = cast.first_service(held)
    start = f"pod:{cast.path_of(client)}" if client else "outside"
    to = cast.url_of(service, objects.namespace_of(client) if client else "") if service else ""
    count, host = 1, ""
    if asked is not None:
        start = forms.source_value(asked.get("from") or {})
        to = str(asked.get("to", ""))
        count = int(asked.get("count", 1))
        host = str((asked.get("headers") or {}).get("Host", ""))
    return contexts.Asking(
        sources=_sources(held),
        suggestions=tuple(_targets(held, client))[:MOST_TARGETS],
        source=start,
        to=to,
        count=count if count in forms.COUNTS else 1,
        host=host,
        problem=problem,
        plain=plain,
    )


def attempts(held: state.ClusterState) -> tuple[Attempt, ...]:
    """Return requests worth trying with what this cluster holds."""
    client, service = cast.first_client(held), cast.first_service(held)
    if service is None:
        return ()
    return tuple(_attempts(held, client, service))


def _attempts(held: state.ClusterState, client: Object | None, service: Object) -> Iterator[Attempt]:
    ip = str(objects.spec_of(service).get("clusterIP") or "")
    port = cast.port_suffix(service)
    if client is not None:
        start, who = f"pod:{cast.path_of(client)}", objects.name_of(client)
        name = cast.url_of(service, objects.namespace_of(client))
        yield Attempt(words.say("attempts", "name"), f"{who} → {name}", start, name, 1)
        yield Attempt(words.say("attempts", "hundred"), f"{who} → {name}, 100×", start, name, 100)
        wrong = name.removesuffix(port) + f":{cast.unused_port(service)}"
        yield Attempt(words.say("attempts", "port"), f"{who} → {wrong}", start, wrong, 1)
        typo = name.removesuffix(port) + "s" + port
        yield Attempt(words.say("attempts", "typo"), f"{who} → {typo}", start, typo, 1)
    if ip and ip != "None":
        yield Attempt(words.say("attempts", "outside"), f"you → http://{ip}{port}", "outside", f"http://{ip}{port}", 1)
    for to in [*cast.urls_by_node(held, service), *cast.urls_from_outside(service)][:1]:
        yield Attempt(words.say("attempts", "in"), f"you → {to}", "outside", to, 1)


def _sources(held: state.ClusterState) -> tuple[Choices, ...]:
    pods = [pod for pod in held.list(state.PODS) if cast.is_own(pod) and not objects.is_terminating(pod)]
    pods.sort(key=lambda pod: objects.controller_of(pod) is not None)
    found = [Choices(words.say("sources", "outside"), (Choice("outside", words.say("sources", "you")),))]
    if pods:
        choices = tuple(Choice(f"pod:{cast.path_of(pod)}", _short(pod)) for pod in pods[:MOST_SOURCES])
        found.insert(0, Choices(words.say("sources", "pods"), choices))
    nodes = tuple(Choice(f"node:{objects.name_of(n)}", objects.name_of(n)) for n in held.list(state.NODES))
    if nodes:
        found.append(Choices(words.say("sources", "nodes"), nodes[:MOST_SOURCES]))
    return tuple(found)


def _short(obj: Object) -> str:
    namespace = objects.namespace_of(obj)
    return objects.name_of(obj) if namespace == "default" else f"{namespace}/{objects.name_of(obj)}"


def _targets(held: state.ClusterState, client: Object | None) -> Iterator[Choice]:
    namespace = objects.namespace_of(client) if client else "default"
    for service in held.list(state.SERVICES):
        if not cast.is_own(service):
            continue
        name, ip = _short(service), str(objects.spec_of(service).get("clusterIP") or "")
        yield Choice(cast.url_of(service, namespace), words.say("targets", "dns", name=name))
        if ip and ip != "None":
            yield Choice(f"http://{ip}{cast.port_suffix(service)}", words.say("targets", "cluster_ip", name=name))
        for to in cast.urls_by_node(held, service):
            yield Choice(to, words.say("targets", "node_port", name=name))
        for to in cast.urls_from_outside(service):
            yield Choice(to, words.say("targets", "external", name=name))
    for pod in held.list(state.PODS):
        if cast.is_own(pod):
            port = objects.dig(pod, "spec", "containers", 0, "ports", 0, "containerPort")
            for ip in state.pod_ips(pod)[:1]:
                suffix = f":{port}" if port and port != 80 else ""
                yield Choice(f"http://{ip}{suffix}", words.say("targets", "pod", name=_short(pod)))
