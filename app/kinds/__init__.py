"""What each API kind is: names, defaults, validation, preparation on create and update, columns, field help.

One file per kind, gathered in one tuple; kinds that are only kept and shown share `stored.py`.
What happens by itself after a write belongs to `controllers`.
"""

from __future__ import annotations

from app.kinds import (
    autoscaling,
    configmap,
    deployment,
    disruptionbudget,
    endpoints,
    endpointslice,
    event,
    ingress,
    namespace,
    networkpolicy,
    node,
    pod,
    rbac,
    replicaset,
    replicationcontroller,
    service,
    serviceaccount,
    serviceaddresses,
    sets_and_jobs,
    storage,
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
            disruptionbudget.KIND,
            endpoints.KIND,
            endpointslice.KIND,
            event.KIND,
            event.NEWER,
            ingress.INGRESS,
            ingress.INGRESS_CLASS,
            namespace.KIND,
            networkpolicy.NETWORK_POLICY,
            node.KIND,
            pod.KIND,
            replicaset.KIND,
            replicationcontroller.KIND,
            service.KIND,
            serviceaccount.KIND,
            serviceaddresses.IP_ADDRESS,
            serviceaddresses.SERVICE_CIDR,
            autoscaling.HORIZONTAL_POD_AUTOSCALER,
            autoscaling.HORIZONTAL_POD_AUTOSCALER_V1,
            *sets_and_jobs.KINDS,
            *rbac.KINDS,
            *storage.KINDS,
            *stored.KINDS,
            *stored_limits.KINDS,
        ),
        key=lambda kind: (kind.group, kind.resource),
    )
)
