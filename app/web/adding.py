"""The forms that add an object, with values that work as they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.cluster import state
from app.dataplane import policies
from app.kinds import ingress as ingress_kind
from app.kinds import node, registry
from app.lessons import cast
from app.machinery import errors, objects
from app.machinery.objects import Draft
from app.web import contexts, forms, guards, words
from app.web.contexts import Choice, Field

Form = Mapping[str, str]
ZONES = ("zone-a", "zone-b", "zone-c")
TYPES = ("ClusterIP", "NodePort", "LoadBalancer")
IMAGES = {"pod": "curlimages/curl:8.10.1", "deployment": "nginx:1.27"}


def form(
    held: state.ClusterState, kind: str, typed: Form, *, field: str = "", problem: str = "", plain: str = ""
) -> contexts.Adding:
    """Return the form of a kind: with what was typed, else with values that work."""
    make = _FIELDS.get(kind)
    if make is None:
        raise errors.NotFound(f"There is no form for {kind!r}.")
    fields = tuple(_filled(one, typed, (plain or problem) if one.name == field else "") for one in make(held))
    return contexts.Adding(
        kind=kind,
        title=words.say("adding", kind, "title"),
        sentence=words.say("adding", kind, "sentence"),
        fields=fields,
        problem="" if field and not plain else problem,
        plain="" if field else plain,
    )


def draft(held: state.ClusterState, kind: str, typed: Form) -> Draft:
    """Read the form of a kind into a draft."""
    match kind:
        case "pod":
            return forms.pod(typed)
        case "deployment":
            return forms.deployment(typed)
        case "service":
            return forms.service(typed)
        case "ingress":
            return guards.ingress(typed)
        case "policy":
            return guards.policy(typed)
        case "namespace":
            return forms.namespace(typed)
        case "node":
            return node.make_node(_next_node(held), typed.get("zone") or ZONES[0])
        case _:
            raise errors.NotFound(f"There is no form for {kind!r}.")


def _filled(one: Field, typed: Form, problem: str) -> Field:
    value = typed.get(one.name, one.value)
    return Field(one.name, one.label, value, one.help, problem, one.type, one.choices, one.required, one.mono, one.live)


def _field(name: str, value: str = "", help: str = "", **more: object) -> Field:
    shown = help or words.lookup("help", name)
    return Field(name, words.lookup("labels_of", name), value, "" if shown == name else shown, **more)  # type: ignore[arg-type]


def _namespace(held: state.ClusterState) -> Field:
    names = [objects.name_of(one) for one in held.list(state.NAMESPACES) if cast.is_own(one)]
    return _field("namespace", "default", choices=tuple(Choice(name, name) for name in names))


def _free(held: state.ClusterState, resource: state.Resource, name: str) -> str:
    taken = {key.name for key in held.keys(resource)}
    return next(found for found in (name, *(f"{name}-{n}" for n in range(2, 10_000))) if found not in taken)


def _pod(held: state.ClusterState) -> tuple[Field, ...]:
    name = _free(held, state.PODS, "client")
    return (
        _field("name", name, required=True, mono=True),
        _namespace(held),
        _field("image", IMAGES["pod"], required=True, mono=True),
        _field("command", "sleep infinity", mono=True),
        _field("labels", f"app={name}", mono=True),
    )


def _deployment(held: state.ClusterState) -> tuple[Field, ...]:
    name = _free(held, state.DEPLOYMENTS, "api")
    return (
        _field("name", name, required=True, mono=True),
        _namespace(held),
        _field("image", IMAGES["deployment"], required=True, mono=True),
        _field("replicas", "2", type="number", required=True),
        _field("labels", f"app={name}", mono=True),
        _field("container_port", "80", mono=True),
    )


def _service(held: state.ClusterState) -> tuple[Field, ...]:
    told = registry.by_resource(*state.SERVICES)
    helps = told.field_help if told else {}
    wanted = _unselected(held)
    name = _free(held, state.SERVICES, wanted.get("app") or "web")
    return (
        _field("name", name, required=True, mono=True),
        _namespace(held),
        _field("type", "ClusterIP", helps.get("spec.type", ""), choices=tuple(Choice(t, t) for t in TYPES)),
        _field("selector", forms.pairs_text(wanted), helps.get("spec.selector", ""), mono=True, live="yes"),
        _field("port", "80", helps.get("spec.ports.port", ""), required=True, mono=True),
        _field("target", "80", helps.get("spec.ports.targetPort", ""), mono=True),
    )


def _unselected(held: state.ClusterState) -> Mapping[str, str]:
    """Return the selector of the newest Deployment that no Service selects yet, else of any."""
    found: Mapping[str, str] = {"app": "web"}
    for one in held.list(state.DEPLOYMENTS):
        if not cast.is_own(one):
            continue
        labels = objects.dig(one, "spec", "template", "metadata", "labels") or {}
        selector = state.equality_selector(one) or labels
        if not held.selecting(state.SERVICES, objects.namespace_of(one), labels):
            return selector
        found = selector
    return found


def _ingress(held: state.ClusterState) -> tuple[Field, ...]:
    services = [one for one in held.list(state.SERVICES) if cast.is_own(one)]
    service = services[0] if services else {}
    port = objects.dig(service, "spec", "ports") or [{"port": 80}]
    return (
        _field("name", _free(held, ingress_kind.INGRESSES, "shop"), required=True, mono=True),
        _namespace(held),
        _field("ingress_class", _class(held), mono=True),
        _field("host", "shop.example", mono=True),
        _field("path", "/", required=True, mono=True),
        _field("service", objects.name_of(service) if service else "web", required=True, mono=True),
        _field("port", str(port[0].get("port", 80)), required=True, mono=True),
    )


def _class(held: state.ClusterState) -> str:
    return next((key.name for key in held.keys(ingress_kind.INGRESS_CLASSES)), "")


def _policy(held: state.ClusterState) -> tuple[Field, ...]:
    ways = tuple(Choice(way, words.lookup("ways", way)) for way in guards.WAYS)
    return (
        _field("name", _free(held, policies.NETWORK_POLICIES, "guard"), required=True, mono=True),
        _namespace(held),
        _field("guards", forms.pairs_text(_wanted(held)), mono=True),
        _field("way", guards.WAYS[0], choices=ways),
        _field("allowed", "", mono=True),
        _field("allowed_port", "", mono=True),
    )


def _wanted(held: state.ClusterState) -> Mapping[str, str]:
    services = [one for one in held.list(state.SERVICES) if cast.is_own(one)]
    found = next((state.equality_selector(one) for one in services if state.equality_selector(one)), None)
    return found or {"app": "web"}


def _namespaces(held: state.ClusterState) -> tuple[Field, ...]:
    return (_field("name", _free(held, state.NAMESPACES, "shop"), required=True, mono=True),)


def _next_node(held: state.ClusterState) -> int:
    taken = {key.name for key in held.keys(state.NODES)}
    return next(index for index in range(1, 100_000) if f"node-{index}" not in taken)


def _nodes(held: state.ClusterState) -> tuple[Field, ...]:
    zone = ZONES[(_next_node(held) - 1) % 2]
    return (_field("zone", zone, choices=tuple(Choice(one, one) for one in ZONES)),)


_FIELDS: dict[str, Callable[[state.ClusterState], tuple[Field, ...]]] = {
    "pod": _pod,
    "deployment": _deployment,
    "service": _service,
    "ingress": _ingress,
    "policy": _policy,
    "namespace": _namespaces,
    "node": _nodes,
}
