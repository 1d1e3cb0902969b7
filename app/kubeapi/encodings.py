"""Compression of bodies on their way, as kube-apiserver does it: gzip, for callers that take it."""

from __future__ import annotations

from starlette.requests import Request


def takes_gzip(request: Request) -> bool:
    """Say whether the caller reads gzip."""
    for part in request.headers.get("accept-encoding", "").split(","):
        name, *parameters = (word.strip().lower() for word in part.split(";"))
        if name in ("gzip", "*"):
            return not any(word.replace(" ", "") in ("q=0", "q=0.0") for word in parameters)
    return False
