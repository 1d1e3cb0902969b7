"""In which order Endpoints and EndpointSlices list their ports: by a hash, as if at random, and the same every time.

Mirrors SortSubsets of pkg/api/v1/endpoints/util.go and NewPortMapKey of staging/src/k8s.io/endpointslice/util (release
1.36): 128-bit FNV-1a over what Go's spew prints of a port. Held by recorded answers with two to four ports.
"""

from __future__ import annotations

import functools

from app.kinds.podendpoints import PortTuple

_OFFSET = 0x6C62272E07BB014262B821756295C58D
_PRIME = 0x1000000000000000000013B


@functools.lru_cache(maxsize=4_096)
def in_endpoints(port: PortTuple | None) -> int:
    """Return a port's place among the ports of an Endpoints subset."""
    if port is None:
        return -1
    name, protocol, number, app_protocol = port
    return _hash(
        f"(v1.EndpointPort){{Name:(string){name} Port:(int32){number} Protocol:(v1.Protocol){protocol} "
        f"AppProtocol:(*string){app_protocol or '<nil>'}}}"
    )


@functools.lru_cache(maxsize=4_096)
def in_slice(port: PortTuple) -> int:
    """Return a port's place among the ports of an EndpointSlice."""
    name, protocol, number, app_protocol = port
    return _hash(
        f"(v1.EndpointPort){{Name:(*string){name} Protocol:(*v1.Protocol){protocol} Port:(*int32){number} "
        f"AppProtocol:(*string){app_protocol or '<nil>'}}}"
    )


def _hash(text: str) -> int:
    found = _OFFSET
    for byte in text.encode():
        found = (found ^ byte) * _PRIME % (1 << 128)
    return found
