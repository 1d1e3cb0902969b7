"""The nearest fix where an Ingress controller had no way on: the host asked for, the class, the backend's name or port."""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.cluster import state
from app.dataplane import fixing, ingresses, phrases
from app.dataplane.fixing import Case, Fix
from app.kinds import ingress as ingress_kind
from app.machinery import objects
from app.machinery.objects import Object


def _ingress(case: Case) -> Object | None:
    ref = case.blamed("Ingress")
    return case.cluster.find(ingress_kind.INGRESSES, ref.namespace, ref.name) if ref else None


def _patched(ingress: Object, patch: Mapping[str, Any], description: str) -> Fix:
    return fixing.merged(ingress, ingress_kind.INGRESSES, patch, description)


def _host(case: Case) -> Iterator[Fix]:
    """Ask with a host that a rule names: the header decides, not the address."""
    ingress = _ingress(case)
    for host in ingresses.hosts([ingress]) if ingress is not None else ():
        if not host.startswith("*"):
            target = case.completed.request.target
            url = f"{target.scheme}://{target.host}{target.path}"
            headers = {**case.completed.request.headers, "Host": host}
            command = f"curl -H {shlex.quote(f'Host: {host}')} {url}"
            yield Fix(f"Ask with the host {host}", command, request={"headers": headers})
            return


def _class(case: Case) -> Iterator[Fix]:
    """Give the Ingress a class that the controller serves."""
    ingress = _ingress(case)
    classes = [objects.name_of(found) for found in case.cluster.list(ingress_kind.INGRESS_CLASSES)]
    for name in classes:
        if ingress is None:
            return
        yield _patched(ingress, {"spec": {"ingressClassName": name}}, f"Set ingressClassName to {name}")


def _backend(change: Callable[[Case, Object, dict[str, Any]], str]) -> Callable[[Case], Iterator[Fix]]:
    """Make the fix that changes the backend which the last step blames; `change` edits it and says what it did."""

    def make(case: Case) -> Iterator[Fix]:
        ingress, ref = _ingress(case), case.blamed("Ingress")
        place = re.fullmatch(r"spec\.rules\[(\d+)\]\.http\.paths\[(\d+)\]", ref.field) if ref else None
        if ingress is None or place is None:
            return
        rules = copy.deepcopy(objects.spec_of(ingress)["rules"])
        service = rules[int(place[1])]["http"]["paths"][int(place[2])]["backend"]["service"]
        said = change(case, ingress, service)
        if said:
            yield _patched(ingress, {"spec": {"rules": rules}}, said)

    return make


def _similar_name(case: Case, ingress: Object, service: dict[str, Any]) -> str:
    known = (key.name for key in case.cluster.keys(state.SERVICES, objects.namespace_of(ingress)))
    found = phrases.closest(str(service["name"]), known)
    service["name"] = found or service["name"]
    return f"Send it to Service {found}" if found else ""


def _first_port(case: Case, ingress: Object, service: dict[str, Any]) -> str:
    found = case.cluster.find(state.SERVICES, objects.namespace_of(ingress), str(service["name"]))
    ports = objects.spec_of(found).get("ports") or () if found is not None else ()
    if not ports:
        return ""
    service["port"] = {"number": ports[0]["port"]}
    return f"Name the Service's port {ports[0]['port']}"


MAKERS: Mapping[str, Callable[[Case], Iterator[Fix]]] = {
    "IngressHostUnknown": _host,
    "NoIngressOfThisClass": _class,
    "IngressBackendMissing": _backend(_similar_name),
    "IngressPortMissing": _backend(_first_port),
}
