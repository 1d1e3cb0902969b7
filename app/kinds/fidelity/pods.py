"""Claims about Pods: what the scheduler, the kubelet, the resolver and the simulated containers act on."""

from __future__ import annotations

from app.kinds.fidelity.claim import Claim, recorded, ruled, unknown

_KUBELET = "controllers/test_kubelet.py"
_INSIDE = "terminal/test_inside.py"
_VOLUMES = "terminal/test_volumes.py"
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


def _probe(name: str) -> tuple[Claim, ...]:
    at = f"spec.containers.{name}"
    return (
        ruled(
            "controllers/kubelet/parts.py",
            _KUBELET,
            f"{at}.httpGet.port",
            f"{at}.httpGet.path",
            f"{at}.tcpSocket.port",
            f"{at}.grpc.port",
        ),
        unknown("controllers/kubelet/parts.py", f"{at}.httpGet.scheme"),
        ruled("controllers/kubelet/probing.py", _KUBELET, f"{at}.initialDelaySeconds"),
        ruled(
            "controllers/kubelet/probing.py",
            "controllers/test_probe_times.py",
            f"{at}.periodSeconds",
            f"{at}.failureThreshold",
            f"{at}.successThreshold",
        ),
    )


SPEC = (
    recorded("controllers/scheduler.py", "conformance/recorded/01-selector-and", "spec.nodeName"),
    recorded(
        "kinds/podendpoints.py",
        "conformance/recorded/05-named-targetport",
        "spec.containers.ports.name",
        "spec.containers.ports.containerPort",
        "spec.containers.ports.protocol",
    ),
    ruled("controllers/kubelet/statuses.py", _KUBELET, "spec.containers.name", "spec.containers.image"),
    ruled("controllers/kubelet/start.py", "kinds/test_images.py", "spec.containers.command", "spec.containers.args"),
    ruled("controllers/scheduler.py", "dataplane/flows/host_ports.yaml", "spec.containers.ports.hostPort"),
    ruled("dataplane/steps/host_port.py", "dataplane/flows/host_ports.yaml", "spec.containers.ports.hostIP"),
    ruled("controllers/kubelet/start.py", "kinds/test_pod.py", "spec.containers.imagePullPolicy"),
    *(claim for name in _PROBES for claim in _probe(name)),
    ruled(
        "controllers/kubelet/stop.py",
        _KUBELET,
        "spec.containers.lifecycle.preStop.sleep.seconds",
        "spec.containers.lifecycle.preStop.exec.command",
    ),
    ruled("terminal/surroundings.py", _INSIDE, "spec.containers.env.name", "spec.containers.env.value"),
    ruled(
        "terminal/surroundings.py",
        _INSIDE,
        "spec.containers.env.valueFrom.fieldRef.fieldPath",
        "spec.containers.env.valueFrom.configMapKeyRef.name",
        "spec.containers.env.valueFrom.configMapKeyRef.key",
        "spec.containers.env.valueFrom.secretKeyRef.name",
        "spec.containers.env.valueFrom.secretKeyRef.key",
    ),
    ruled("terminal/fields.py", _INSIDE, "spec.containers.env.valueFrom.resourceFieldRef.resource"),
    ruled("terminal/fields.py", _INSIDE, "spec.containers.env.valueFrom.resourceFieldRef.divisor"),
    ruled(
        "terminal/surroundings.py",
        _INSIDE,
        "spec.containers.envFrom.configMapRef.name",
        "spec.containers.envFrom.secretRef.name",
        "spec.containers.envFrom.prefix",
    ),
    ruled("terminal/mounts.py", _INSIDE, "spec.containers.volumeMounts.name", "spec.containers.volumeMounts.mountPath"),
    ruled("terminal/mounts.py", _VOLUMES, "spec.containers.volumeMounts.subPath"),
    ruled("kinds/quality.py", "kinds/test_pod.py", "spec.containers.resources.limits"),
    ruled("kinds/quality.py", "kinds/test_pod.py", "spec.containers.resources.requests"),
    ruled("kinds/images.py", "terminal/test_runner.py", "spec.containers.stdin", "spec.containers.tty"),
    ruled("controllers/kubelet/statuses.py", _KUBELET, "spec.restartPolicy", "spec.containers.restartPolicy"),
    ruled("controllers/kubelet/statuses.py", _KUBELET, "spec.readinessGates.conditionType"),
    ruled("engine/deletion.py", _KUBELET, "spec.terminationGracePeriodSeconds"),
    ruled("controllers/scheduler.py", "controllers/test_scheduler.py", "spec.schedulerName", "spec.schedulingGates.*"),
    ruled("kinds/placement.py", "controllers/test_scheduler.py", "spec.nodeSelector"),
    ruled(
        "kinds/placement.py",
        "controllers/test_scheduler.py",
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.*",
    ),
    ruled(
        "kinds/placement.py",
        "controllers/test_scheduler.py",
        "spec.tolerations.key",
        "spec.tolerations.operator",
        "spec.tolerations.value",
        "spec.tolerations.effect",
    ),
    ruled("controllers/taint_eviction.py", "controllers/test_lost_nodes.py", "spec.tolerations.tolerationSeconds"),
    ruled("dataplane/steps/origin.py", "dataplane/flows/host_ports.yaml", "spec.hostNetwork"),
    ruled("dataplane/resolver.py", "dataplane/test_dns.py", "spec.dnsPolicy"),
    ruled(
        "dataplane/resolver.py",
        "dataplane/test_dns.py",
        "spec.dnsConfig.nameservers",
        "spec.dnsConfig.searches",
        "spec.dnsConfig.options.*",
        "spec.hostAliases.ip",
        "spec.hostAliases.hostnames",
    ),
    ruled("kinds/resolvconf.py", "dataplane/test_dns.py", "spec.setHostnameAsFQDN"),
    ruled("kinds/podendpoints.py", "controllers/states/ports.yaml", "spec.hostname", "spec.subdomain"),
    ruled("dataplane/service_env.py", "dataplane/test_service_env.py", "spec.enableServiceLinks"),
    ruled("terminal/surroundings.py", _INSIDE, "spec.automountServiceAccountToken"),
    ruled("terminal/surroundings.py", "kinds/test_pod.py", "spec.serviceAccountName"),
    unknown("terminal/interfaces.py", "spec.shareProcessNamespace"),
    ruled("kinds/pod_defaults.py", "kinds/test_pod.py", "spec.serviceAccount"),
    ruled("terminal/mounts.py", _INSIDE, "spec.volumes.name"),
    ruled(
        "terminal/mounts.py",
        _INSIDE,
        "spec.volumes.configMap.name",
        "spec.volumes.configMap.items.key",
        "spec.volumes.configMap.items.path",
        "spec.volumes.secret.secretName",
        "spec.volumes.downwardAPI.items.path",
        "spec.volumes.downwardAPI.items.fieldRef.fieldPath",
    ),
    ruled("terminal/mounts.py", "terminal/test_containers.py", "spec.volumes.emptyDir"),
    ruled(
        "terminal/fields.py",
        _VOLUMES,
        "spec.volumes.downwardAPI.items.resourceFieldRef.resource",
        "spec.volumes.downwardAPI.items.resourceFieldRef.divisor",
    ),
    ruled(
        "terminal/mounts.py",
        _VOLUMES,
        "spec.volumes.secret.items.key",
        "spec.volumes.secret.items.path",
        "spec.volumes.downwardAPI.items.resourceFieldRef.containerName",
        "spec.volumes.persistentVolumeClaim.claimName",
        "spec.volumes.hostPath.path",
    ),
    ruled(
        "terminal/mounts.py",
        _INSIDE,
        "spec.volumes.projected.sources.configMap.name",
        "spec.volumes.projected.sources.downwardAPI.items.path",
        "spec.volumes.projected.sources.downwardAPI.items.fieldRef.fieldPath",
    ),
    ruled(
        "terminal/mounts.py",
        _VOLUMES,
        "spec.volumes.projected.sources.configMap.items.key",
        "spec.volumes.projected.sources.configMap.items.path",
        "spec.volumes.projected.sources.secret.name",
        "spec.volumes.projected.sources.serviceAccountToken.path",
    ),
)

STATUS = (
    ruled(
        "controllers/kubelet/start.py",
        _KUBELET,
        "status.podIP",
        "status.podIPs.ip",
        "status.hostIP",
        "status.hostIPs.ip",
    ),
    unknown("controllers/kubelet/start.py", "status.startTime"),
    ruled("controllers/kubelet/statuses.py", _KUBELET, "status.phase"),
    ruled(
        "kinds/podstatus.py", _KUBELET, "status.conditions.type", "status.conditions.status", "status.conditions.reason"
    ),
    unknown(
        "kinds/podstatus.py",
        "status.conditions.message",
        "status.conditions.lastTransitionTime",
        "status.conditions.lastProbeTime",
    ),
    ruled(
        "controllers/kubelet/statuses.py",
        _KUBELET,
        "status.containerStatuses.name",
        "status.containerStatuses.image",
        "status.containerStatuses.ready",
        "status.containerStatuses.started",
        "status.containerStatuses.restartCount",
        "status.containerStatuses.imageID",
        "status.containerStatuses.containerID",
        "status.containerStatuses.state.*",
        "status.containerStatuses.lastState.*",
    ),
    ruled("kinds/components.py", "kinds/test_pod.py", "status.qosClass"),
)

POD = (*SPEC, *STATUS)

NODE = (
    ruled("kinds/node.py", "kinds/test_other_kinds.py", "spec.podCIDR"),
    ruled("kinds/node.py", "kinds/test_other_kinds.py", "spec.podCIDRs"),
    unknown("kinds/node.py", "status.capacity", "status.daemonEndpoints.kubeletEndpoint.Port"),
    # Made up: there is no machine to ask.
    unknown(
        "kinds/node.py",
        *(
            f"status.nodeInfo.{name}"
            for name in (
                "architecture",
                "bootID",
                "containerRuntimeVersion",
                "kernelVersion",
                "kubeProxyVersion",
                "kubeletVersion",
                "machineID",
                "operatingSystem",
                "osImage",
                "systemUUID",
            )
        ),
    ),
    ruled("controllers/scheduler.py", "controllers/test_scheduler.py", "spec.unschedulable", "spec.taints.effect"),
    ruled("kinds/placement.py", "controllers/test_scheduler.py", "spec.taints.key", "spec.taints.value"),
    unknown("controllers/node_health.py", "spec.taints.timeAdded"),
    ruled("dataplane/lookup.py", "dataplane/test_requests.py", "status.addresses.address"),
    unknown("cluster/state.py", "status.addresses.type"),
    ruled("controllers/scheduler.py", "controllers/test_scheduler.py", "status.allocatable"),
    ruled(
        "controllers/node_health.py",
        "kinds/test_other_kinds.py",
        "status.conditions.type",
        "status.conditions.status",
    ),
    unknown(
        "controllers/node_health.py",
        "status.conditions.reason",
        "status.conditions.message",
        "status.conditions.lastHeartbeatTime",
        "status.conditions.lastTransitionTime",
    ),
)
