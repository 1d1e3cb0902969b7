"""Claims about what makes pods; the fields of a pod template are those of a Pod."""

from __future__ import annotations

from app.kinds.fidelity.claim import recorded, ruled, unknown

_DEPLOYMENT = "controllers/test_deployment.py"
_SETS = "controllers/test_replica_sets.py"
_STATEFUL = "controllers/test_stateful_set.py"
_DAEMON = "controllers/test_daemon_set.py"
_BUDGET = "controllers/test_disruption.py"
_JOB = "controllers/test_job.py"
_SMALLER = "controllers/test_smaller_fields.py"

DEPLOYMENT = (
    recorded("controllers/deployment.py", "conformance/recorded/18-deployment", "spec.replicas"),
    recorded("controllers/deployment.py", "conformance/recorded/18-deployment", "spec.selector.matchLabels"),
    ruled("machinery/labels.py", "machinery/test_labels.py", "spec.selector.matchExpressions.*"),
    ruled("kinds/rollouts.py", _DEPLOYMENT, "spec.strategy.rollingUpdate.*"),
    ruled("controllers/deployment.py", _DEPLOYMENT, "spec.strategy.type", "spec.minReadySeconds", "spec.paused"),
    ruled("controllers/deployment.py", _DEPLOYMENT, "spec.revisionHistoryLimit"),
    ruled("kinds/rollouts.py", "kinds/test_workloads.py", "spec.progressDeadlineSeconds"),
    ruled(
        "kinds/rollouts.py",
        _DEPLOYMENT,
        "status.replicas",
        "status.updatedReplicas",
        "status.readyReplicas",
        "status.availableReplicas",
    ),
    ruled("kinds/rollouts.py", _DEPLOYMENT, "status.unavailableReplicas", "status.observedGeneration"),
    ruled("kinds/rollouts.py", _DEPLOYMENT, "status.conditions.type", "status.conditions.reason"),
    unknown("kinds/rollouts.py", "status.conditions.status", "status.conditions.message"),
    ruled("kinds/rollouts.py", _DEPLOYMENT, "status.terminatingReplicas"),
)

REPLICATION_CONTROLLER = (
    ruled("controllers/replica_sets.py", _SETS, "spec.replicas"),
    ruled("controllers/replica_sets.py", _SMALLER, "spec.minReadySeconds"),
    ruled("controllers/replica_sets.py", _SETS, "spec.selector.*"),
    ruled("controllers/replica_sets.py", _SETS, "status.replicas", "status.readyReplicas", "status.availableReplicas"),
    ruled("controllers/replica_sets.py", _SETS, "status.fullyLabeledReplicas", "status.observedGeneration"),
)

REPLICA_SET = (
    *REPLICATION_CONTROLLER,
    unknown("controllers/replica_sets.py", "status.terminatingReplicas"),
)

STATEFUL_SET = (
    ruled("kinds/stateful.py", _STATEFUL, "spec.replicas", "spec.serviceName", "spec.podManagementPolicy"),
    ruled("controllers/statefulset.py", _STATEFUL, "spec.selector.*"),
    ruled("kinds/stateful.py", _STATEFUL, "spec.updateStrategy.type", "spec.updateStrategy.rollingUpdate.partition"),
    ruled("kinds/stateful.py", _STATEFUL, "spec.volumeClaimTemplates.*"),
    ruled("kinds/stateful.py", _SMALLER, "spec.ordinals.start"),
    ruled("controllers/statefulset.py", _SMALLER, "spec.minReadySeconds"),
    unknown("controllers/statefulset.py", "spec.revisionHistoryLimit"),
    ruled("controllers/statefulset.py", _SMALLER, "status.readyReplicas", "status.availableReplicas"),
    ruled(
        "controllers/statefulset.py", _STATEFUL, "status.currentRevision", "status.updateRevision", "status.replicas"
    ),
    unknown(
        "controllers/statefulset.py",
        "status.observedGeneration",
        "status.collisionCount",
    ),
    ruled("controllers/statefulset.py", _STATEFUL, "status.currentReplicas", "status.updatedReplicas"),
)

DAEMON_SET = (
    ruled("controllers/daemonset.py", _DAEMON, "spec.updateStrategy.rollingUpdate.maxSurge"),
    ruled("controllers/daemonset.py", _DAEMON, "spec.selector.*"),
    ruled("kinds/daemon.py", _SMALLER, "spec.updateStrategy.type"),
    ruled("controllers/daemonset.py", _SMALLER, "spec.updateStrategy.rollingUpdate.maxUnavailable"),
    unknown("controllers/daemonset.py", "spec.minReadySeconds"),
    ruled("controllers/daemonset.py", _SMALLER, "status.numberAvailable", "status.updatedNumberScheduled"),
    ruled(
        "controllers/daemonset.py",
        _DAEMON,
        "status.desiredNumberScheduled",
        "status.currentNumberScheduled",
        "status.numberReady",
    ),
    unknown(
        "controllers/daemonset.py",
        "status.numberMisscheduled",
        "status.numberUnavailable",
        "status.observedGeneration",
    ),
)

JOB = (
    ruled("controllers/job.py", _JOB, "spec.parallelism", "spec.completions", "spec.backoffLimit"),
    ruled("controllers/job.py", _SMALLER, "spec.suspend"),
    unknown("kinds/sets_and_jobs.py", "spec.selector.*"),
    ruled("controllers/job.py", _JOB, "status.active"),
    ruled("controllers/job.py", _JOB, "status.succeeded", "status.failed"),
    unknown(
        "controllers/job.py",
        "status.conditions.type",
        "status.uncountedTerminatedPods.*",
        "status.ready",
        "status.terminating",
        "status.startTime",
        "status.conditions.status",
        "status.conditions.reason",
        "status.conditions.message",
    ),
)

POD_DISRUPTION_BUDGET = (
    ruled("kinds/disruptionbudget.py", _BUDGET, "spec.selector.*"),
    ruled("controllers/disruption.py", _BUDGET, "spec.minAvailable", "spec.maxUnavailable"),
    ruled("engine/evicting.py", _BUDGET, "spec.unhealthyPodEvictionPolicy"),
    ruled(
        "controllers/disruption.py",
        _BUDGET,
        "status.disruptionsAllowed",
        "status.currentHealthy",
        "status.desiredHealthy",
        "status.expectedPods",
    ),
    unknown(
        "controllers/disruption.py",
        "status.conditions.type",
        "status.conditions.status",
        "status.conditions.reason",
        "status.conditions.message",
        "status.conditions.observedGeneration",
        "status.conditions.lastTransitionTime",
        "status.observedGeneration",
    ),
)
