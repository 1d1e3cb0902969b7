"""What each API kind is: names, defaults, validation, preparation on create and update, columns, field help.

One file per kind, gathered in one tuple; kinds that are only kept and shown share `stored.py`.
What happens by itself after a write belongs to `controllers`.
"""

from __future__ import annotations

from app.kinds import (
    configmap,
    deployment,
    endpoints,
    endpointslice,
    event,
    namespace,
    node,
    pod,
    replicaset,
    replicationcontroller,
    service,
    serviceaccount,
    stored,
    stored_limits,
)
from app.kinds.kind import Kind

# Discovery order: the core group first, then groups by name, each alphabetical by resource, as clients print it.
KINDS: tuple[Kind, ...] = tuple(
    sorted(
        (
            configmap.KIND,
            deployment.KIND,
            endpoints.KIND,
            endpointslice.KIND,
            event.KIND,
            namespace.KIND,
            node.KIND,
            pod.KIND,
            replicaset.KIND,
            replicationcontroller.KIND,
            service.KIND,
            serviceaccount.KIND,
            *stored.KINDS,
            *stored_limits.KINDS,
        ),
        key=lambda kind: (kind.group, kind.resource),
    )
)
