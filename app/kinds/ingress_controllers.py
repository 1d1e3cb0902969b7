"""Which images are Ingress controllers, and under which name an IngressClass calls each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kinds import images
from app.machinery.objects import Object

CONTROLLERS: Mapping[str, str] = {
    "ingress-nginx/controller": "k8s.io/ingress-nginx",
    "nginx/nginx-ingress": "nginx.org/ingress-controller",
    "haproxytech/kubernetes-ingress": "haproxy.org/ingress-controller",
    "kong/kubernetes-ingress-controller": "ingress-controllers.konghq.com/kong",
}
"""From the image's repository to `spec.controller` of its IngressClass, as its own manifests install it."""

_FLAG = "--controller-class="


def controller_of(pod: Object, container: str) -> str:
    """Return the controller name of the program in that container; empty when it is no Ingress controller."""
    named = (one for one in images.serving_containers(pod) if one.get("name") == container)
    return next(map(_controller, named), "")


def name_of(pod: Object) -> str:
    """Return the controller name of the Ingress controller that a pod runs; empty when it runs none."""
    return next(filter(None, map(_controller, images.serving_containers(pod))), "")


def _controller(container: Mapping[str, Any]) -> str:
    name = images.parse_name(str(container.get("image") or ""))
    found = CONTROLLERS.get(name.repository, "")
    words = [str(word) for word in [*(container.get("command") or ()), *(container.get("args") or ())]]
    told = next((word.removeprefix(_FLAG) for word in words if word.startswith(_FLAG)), "")
    return (told or found) if found else ""
