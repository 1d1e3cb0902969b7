"""What a container answers to its probes: by path, by protocol, and for how long.

Facts of the images in `catalogue`; an image nobody knows answers 200 everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kinds import catalogue, images, processes

_FILES = {
    "nginx": frozenset({"/", "/index.html", "/50x.html"}),
    "httpd": frozenset({"/", "/index.html"}),
    "test-webserver": frozenset({"/"}),
    "liveness": frozenset({"/healthz", "/started"}),
}
_PODINFO = frozenset(
    {
        "/", "/version", "/metrics", "/healthz", "/readyz", "/env", "/headers", "/api/info", "/api/echo", "/echo",
        "/chunked", "/swagger.json", "/configs", "/token", "/cache", "/store",
    }
)  # fmt: skip
_BOOKINFO = {
    "productpage": frozenset({"/", "/health", "/login", "/logout", "/productpage", "/metrics", "/api/v1/products"}),
    "details": frozenset({"/health", "/details/0"}),
    "reviews": frozenset({"/health", "/reviews/0"}),
    "ratings": frozenset({"/health", "/ratings/0"}),
}
_OWN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
LIVENESS_LASTS = 10.0
"""agnhost's `liveness` answers 200 for so many seconds, then 500 (test/images/agnhost/liveness, release 1.36)."""

_STEP = re.compile(r"\b(sleep|touch|rm)\s+([^;&|\n]+)")


def status(container: Mapping[str, Any], page: str, path: str) -> int:
    """Return the status with which a server of that page answers a GET of the path."""
    path = path.partition("?")[0] or "/"
    told = re.fullmatch(r"/status/([1-5]\d\d)", path)
    if told is not None and page in ("podinfo", "httpbin"):
        return int(told[1])
    known = _known_paths(container, page)
    return 200 if known is None or path in known else 404


def _known_paths(container: Mapping[str, Any], page: str) -> frozenset[str] | None:
    """Return the paths there are; None where there may be any."""
    if page == "podinfo":
        return _PODINFO
    if page in _FILES:
        return None if _has_own_files(container) else _FILES[page]
    repository = images.parse_name(str(container.get("image") or "")).repository
    name = re.search(r"bookinfo[-/]([a-z]+)", repository)
    return _BOOKINFO.get(name[1]) if name else None


def _has_own_files(container: Mapping[str, Any]) -> bool:
    """Say whether somebody may have given the server pages or paths of their own."""
    mounts = [one for one in container.get("volumeMounts") or () if one.get("mountPath") != _OWN_MOUNT]
    told = container.get("command") or container.get("lifecycle")
    known = images.known(str(container.get("image") or ""))
    return bool(mounts or (told and known is not None and known.page != "agnhost"))


def speaks_tls(container: Mapping[str, Any], port: int) -> bool:
    """Say whether TLS may be spoken on the port; nobody knows of an image that is not in the catalogue."""
    return port in catalogue.TLS_PORTS or images.known(str(container.get("image") or "")) is None


def lasts(container: Mapping[str, Any], probe: Mapping[str, Any]) -> float | None:
    """Return after how many seconds of running the probe begins to fail; None where it never does by itself."""
    words = [str(word) for word in (*(container.get("command") or ()), *(container.get("args") or ()))]
    if "httpGet" in probe and images.page_of(container) == "liveness":
        return LIVENESS_LASTS
    tested = file_tested(probe)
    return _removed_after(" ".join(words), tested) if tested else None


def file_tested(probe: Mapping[str, Any]) -> str:
    """Return the file that an exec probe wants to be there: `cat /tmp/healthy`, `test -f /tmp/healthy`."""
    words = [str(word) for word in (probe.get("exec") or {}).get("command") or ()]
    if len(words) > 2 and words[0].rpartition("/")[2] in processes.SHELLS:
        words = words[-1].split()
    if len(words) > 1 and words[0] in ("cat", "ls", "stat", "test", "["):
        found = [word for word in words[1:] if word.startswith("/")]
        return found[0] if len(found) == 1 else ""
    return ""


def _removed_after(script: str, file: str) -> float | None:
    """Follow a script's sleeps until it removes the file for good; None where it does not."""
    passed, removed = 0.0, None
    for verb, rest in _STEP.findall(script):
        words = rest.replace('"', " ").replace("'", " ").split()
        if verb == "sleep":
            passed += sum(processes.seconds_of(word) for word in words)
        elif file in words:
            removed = passed if verb == "rm" else None
    return removed
