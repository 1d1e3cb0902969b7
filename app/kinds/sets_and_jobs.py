"""StatefulSet, DaemonSet, Job, CronJob and ControllerRevision: their defaults and rules.

Mirrors pkg/apis/{apps,batch}/v1/defaults.go and validation/validation.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cluster import clock
from app.kinds import columns, pod_defaults, workloads
from app.kinds.kind import KEPT, Admission, Column, Kind
from app.machinery import objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

_ALL = ("all",)
_TEMPLATE = columns.workload("spec", "template", "spec")
_SELECTOR = columns.text("Selector", columns.label_selector("spec", "selector"), priority=1)
CONTROLLER_UID, JOB_NAME = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"


def _filled(spec: Mapping[str, Any], **defaults: Any) -> Draft:
    return {**spec, **{name: value for name, value in defaults.items() if spec.get(name) is None}}


# --- StatefulSet -------------------------------------------------------------------------------


def stateful_set_defaults(draft: Draft) -> None:
    """Fill in the defaults (SetDefaults_StatefulSet)."""
    spec = _filled(
        objects.spec_of(draft),
        replicas=1,
        revisionHistoryLimit=10,
        podManagementPolicy="OrderedReady",
        updateStrategy={},
        persistentVolumeClaimRetentionPolicy={},
    )
    strategy = _filled(spec["updateStrategy"], type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = _filled(strategy.get("rollingUpdate") or {}, partition=0)
    spec["updateStrategy"] = strategy
    kept = spec["persistentVolumeClaimRetentionPolicy"]
    spec["persistentVolumeClaimRetentionPolicy"] = _filled(kept, whenDeleted="Retain", whenScaled="Retain")
    workloads.default_template(spec)
    draft["spec"] = spec


def begin_empty(draft: Draft, admission: Admission) -> None:
    """Begin with nothing made: what a client says of the status is dropped."""
    draft["status"] = {}


def stateful_set_begins(draft: Draft, admission: Admission) -> None:
    """Begin with no pods."""
    draft["status"] = {"replicas": 0, "availableReplicas": 0}


def validate_stateful_set(obj: Object) -> list[FieldError]:
    """Check a StatefulSet (ValidateStatefulSetSpec)."""
    spec = objects.spec_of(obj)
    found: list[FieldError] = []
    if spec.get("podManagementPolicy") not in ("OrderedReady", "Parallel"):
        detail = "must be 'OrderedReady' or 'Parallel'"
        found.append(validation.invalid("spec.podManagementPolicy", spec.get("podManagementPolicy"), detail))
    if (spec.get("updateStrategy") or {}).get("type") not in ("RollingUpdate", "OnDelete"):
        detail = "must be 'RollingUpdate' or 'OnDelete'"
        found.append(validation.invalid("spec.updateStrategy", spec.get("updateStrategy"), detail))
    return [*found, *workloads.validate_replicas(spec, "replicas"), *_validate_pods(_with_claims(spec))]


def _with_claims(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the spec with a volume for each claim template: its pods have them."""
    claims = [(claim.get("metadata") or {}).get("name") for claim in spec.get("volumeClaimTemplates") or ()]
    if not claims:
        return spec
    template = spec.get("template") or {}
    inner = template.get("spec") or {}
    made: list[Mapping[str, Any]] = [{"name": name, "emptyDir": {}} for name in claims]
    own = [volume for volume in inner.get("volumes") or () if volume.get("name") not in claims]
    return {**spec, "template": {**template, "spec": {**inner, "volumes": [*made, *own]}}}


def validate_stateful_set_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse a change of what the pods' names and storage rest on (ValidateStatefulSetUpdate)."""
    free = (
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
    )  # fmt: skip
    now, before = objects.spec_of(obj), objects.spec_of(old)
    if all(now.get(name) == before.get(name) for name in now.keys() | before.keys() if name not in free):
        return []
    detail = (
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
        "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    )
    return [validation.forbidden("spec", detail)]


def _validate_pods(spec: Mapping[str, Any]) -> list[FieldError]:
    selector = spec.get("selector")
    if selector is None:
        return [
            validation.required("spec.selector"),
            *workloads.validate_template(spec.get("template"), "spec.template"),
        ]
    return [*workloads.validate_selector(selector, "spec.selector"), *workloads.validate_apps_template(spec)]


def _ready(obj: Object, now: float) -> str:
    return f"{objects.status_of(obj).get('readyReplicas', 0)}/{objects.spec_of(obj).get('replicas', 0)}"


STATEFUL_SET = Kind(
    group="apps",
    version="v1",
    kind="StatefulSet",
    resource="statefulsets",
    singular="statefulset",
    short_names=("sts",),
    categories=_ALL,
    has_generation=True,
    has_status=True,
    default=stateful_set_defaults,
    prepare_create=stateful_set_begins,
    validate=validate_stateful_set,
    validate_update=validate_stateful_set_update,
    columns=(columns.NAME, columns.text("Ready", _ready), columns.AGE, *_TEMPLATE),
    help="Pods with stable names and their own storage.",
)


# --- DaemonSet ---------------------------------------------------------------------------------


def daemon_set_defaults(draft: Draft) -> None:
    """Fill in the defaults (SetDefaults_DaemonSet)."""
    spec = _filled(objects.spec_of(draft), updateStrategy={}, revisionHistoryLimit=10)
    strategy = _filled(spec["updateStrategy"], type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = _filled(strategy.get("rollingUpdate") or {}, maxUnavailable=1, maxSurge=0)
    spec["updateStrategy"] = strategy
    workloads.default_template(spec)
    draft["spec"] = spec


def daemon_set_begins(draft: Draft, admission: Admission) -> None:
    """Begin with no pods."""
    counts = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
    draft["status"] = dict.fromkeys(counts, 0)


def validate_daemon_set(obj: Object) -> list[FieldError]:
    """Check a DaemonSet (ValidateDaemonSetSpec)."""
    return _validate_pods(objects.spec_of(obj))


def validate_daemon_set_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse a changed selector."""
    return workloads.immutable_selector(objects.spec_of(obj), objects.spec_of(old))


def _node_selector(obj: Object, now: float) -> str:
    return columns.selector({"matchLabels": objects.dig(obj, "spec", "template", "spec", "nodeSelector") or {}})


DAEMON_SET = Kind(
    group="apps",
    version="v1",
    kind="DaemonSet",
    resource="daemonsets",
    singular="daemonset",
    short_names=("ds",),
    categories=_ALL,
    has_generation=True,
    has_status=True,
    default=daemon_set_defaults,
    prepare_create=daemon_set_begins,
    validate=validate_daemon_set,
    validate_update=validate_daemon_set_update,
    columns=(
        columns.NAME,
        columns.count("Desired", "status", "desiredNumberScheduled"),
        columns.count("Current", "status", "currentNumberScheduled"),
        columns.count("Ready", "status", "numberReady"),
        columns.count("Up-to-date", "status", "updatedNumberScheduled"),
        columns.count("Available", "status", "numberAvailable"),
        columns.text("Node Selector", _node_selector),
        columns.AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    help="One pod on every node.",
)


# --- Job ---------------------------------------------------------------------------------------


def job_defaults(draft: Draft) -> None:
    """Fill in the defaults (SetDefaults_Job)."""
    draft["spec"] = _job_spec(objects.spec_of(draft))


def _job_spec(spec: Mapping[str, Any]) -> Draft:
    filled: Draft = dict(spec)
    if filled.get("completions") is None and filled.get("parallelism") is None:
        filled.update(completions=1, parallelism=1)
    filled = _filled(
        filled,
        parallelism=1,
        completionMode="NonIndexed",
        backoffLimit=6,
        suspend=False,
        podReplacementPolicy="Failed" if filled.get("podFailurePolicy") else "TerminatingOrFailed",
    )
    workloads.default_template(filled)
    return filled


def prepare_job(draft: Draft, admission: Admission) -> None:
    """Select by the Job's own uid, unless told otherwise (jobStrategy.generateSelector)."""
    draft["status"] = {}
    spec = draft["spec"]
    if spec.get("manualSelector"):
        return
    uid, name = objects.uid_of(draft), objects.name_of(draft)
    template = dict(spec.get("template") or {})
    meta = dict(template.get("metadata") or {})
    own = {CONTROLLER_UID: uid, JOB_NAME: name, "controller-uid": uid, "job-name": name}
    meta["labels"] = {**(meta.get("labels") or {}), **own}
    template["metadata"] = meta
    selector = dict(spec.get("selector") or {})
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), CONTROLLER_UID: uid}
    draft["spec"] = {**spec, "selector": selector, "template": template}


def validate_job(obj: Object) -> list[FieldError]:
    """Check a Job (ValidateJobSpec, in part)."""
    spec = objects.spec_of(obj)
    return [
        *workloads.validate_replicas(spec, "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit"),
        *_validate_job_template(spec.get("template") or {}, "spec.template"),
    ]


def _validate_job_template(template: Mapping[str, Any], path: str) -> list[FieldError]:
    found = workloads.validate_template(template, path, always=False)
    restart = (template.get("spec") or {}).get("restartPolicy")
    if restart not in ("OnFailure", "Never"):
        detail = 'valid values: "OnFailure", "Never"'
        found.append(validation.required(f"{path}.spec.restartPolicy", detail))
    return found


def validate_job_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse a change of what decides which pods are the Job's (ValidateJobSpecUpdate)."""
    now, before = objects.spec_of(obj), objects.spec_of(old)
    fixed = ["selector", "completionMode"]
    if not before.get("suspend"):
        fixed.append("template")
    if before.get("completionMode") != "Indexed":
        fixed.append("completions")
    return [
        validation.invalid(f"spec.{name}", now.get(name), "field is immutable")
        for name in fixed
        if now.get(name) != before.get(name)
    ]


_JOB_ENDS = (("Complete", "Complete"), ("Failed", "Failed"))
_JOB_MARKS = (
    ("Suspended", "Suspended"),
    ("FailureTarget", "FailureTarget"),
    ("SuccessCriteriaMet", "SuccessCriteriaMet"),
)


def _job_status(obj: Object, now: float) -> str:
    for condition, shown in _JOB_ENDS:
        if objects.condition_is_true(obj, condition):
            return shown
    if objects.is_terminating(obj):
        return "Terminating"
    for condition, shown in _JOB_MARKS:
        if objects.condition_is_true(obj, condition):
            return shown
    return "Running"


def _completions(obj: Object, now: float) -> str:
    spec, succeeded = objects.spec_of(obj), objects.status_of(obj).get("succeeded", 0)
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    parallel = int(spec.get("parallelism") or 0)
    return f"{succeeded}/1 of {parallel}" if parallel > 1 else f"{succeeded}/1"


def _duration(obj: Object, now: float) -> str:
    begun, ended = objects.status_of(obj).get("startTime"), objects.status_of(obj).get("completionTime")
    if not begun:
        return ""
    return columns.human_duration((clock.seconds(ended) if ended else now) - clock.seconds(begun))


JOB = Kind(
    group="batch",
    version="v1",
    kind="Job",
    resource="jobs",
    singular="job",
    categories=_ALL,
    has_generation=True,
    has_status=True,
    default=job_defaults,
    prepare_create=prepare_job,
    validate=validate_job,
    validate_update=validate_job_update,
    columns=(
        columns.NAME,
        columns.text("Status", _job_status),
        columns.text("Completions", _completions),
        columns.text("Duration", _duration),
        columns.AGE,
        *_TEMPLATE,
        _SELECTOR,
    ),
    help="Pods that run to completion.",
)


# --- CronJob -----------------------------------------------------------------------------------


def cron_job_defaults(draft: Draft) -> None:
    """Fill in the defaults (SetDefaults_CronJob); the Job's own are set when it is made."""
    spec = _filled(
        objects.spec_of(draft),
        concurrencyPolicy="Allow",
        suspend=False,
        successfulJobsHistoryLimit=3,
        failedJobsHistoryLimit=1,
    )
    template = spec.get("jobTemplate")
    if isinstance(template, Mapping) and isinstance(objects.dig(template, "spec", "template"), Mapping):
        stamped = pod_defaults.template_defaults(template["spec"]["template"])
        spec["jobTemplate"] = {**template, "spec": {**template["spec"], "template": stamped}}
    draft["spec"] = spec


def validate_cron_job(obj: Object) -> list[FieldError]:
    """Check a CronJob (ValidateCronJobSpec, in part)."""
    spec = objects.spec_of(obj)
    found: list[FieldError] = []
    if not spec.get("schedule"):
        found.append(validation.required("spec.schedule"))
    elif not str(spec["schedule"]).startswith("@") and len(str(spec["schedule"]).split()) != 5:
        fields = len(str(spec["schedule"]).split())
        detail = f"expected exactly 5 fields, found {fields}: [{' '.join(str(spec['schedule']).split())}]"
        found.append(validation.invalid("spec.schedule", spec["schedule"], detail))
    if spec.get("concurrencyPolicy") not in ("Allow", "Forbid", "Replace"):
        allowed = ("Allow", "Forbid", "Replace")
        found.append(validation.not_supported("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), allowed))
    template = objects.dig(spec, "jobTemplate", "spec", "template") or {}
    return [*found, *_validate_job_template(template, "spec.jobTemplate.spec.template")]


def _last_schedule(obj: Object, now: float) -> str:
    last = objects.status_of(obj).get("lastScheduleTime")
    return columns.since(last, now) if last else columns.NONE


CRON_JOB = Kind(
    group="batch",
    version="v1",
    kind="CronJob",
    resource="cronjobs",
    singular="cronjob",
    short_names=("cj",),
    categories=_ALL,
    has_generation=True,
    has_status=True,
    stored=True,
    name_rule=lambda name: [
        *validation.dns1123_subdomain(name),
        *(["must be no more than 52 characters"] if len(name) > 52 else []),
    ],
    default=cron_job_defaults,
    prepare_create=begin_empty,
    validate=validate_cron_job,
    columns=(
        columns.NAME,
        columns.text("Schedule", columns.field("spec", "schedule")),
        columns.text("Timezone", columns.field("spec", "timeZone", default=columns.NONE)),
        columns.text("Suspend", columns.boolean("spec", "suspend")),
        Column("Active", "integer", lambda obj, now: len(objects.status_of(obj).get("active") or ())),
        columns.text("Last Schedule", _last_schedule),
        columns.AGE,
        *columns.workload("spec", "jobTemplate", "spec", "template", "spec"),
        columns.text("Selector", columns.label_selector("spec", "jobTemplate", "spec", "selector"), priority=1),
    ),
    help=f"Jobs on a schedule. {KEPT}",
)


# --- ControllerRevision ------------------------------------------------------------------------


def _controller(obj: Object, now: float) -> str:
    """Write the owner as `statefulset.apps/web` (formatResourceName)."""
    owner = objects.controller_of(obj)
    if owner is None:
        return columns.NONE
    group, slash, _ = str(owner.get("apiVersion")).partition("/")
    return f"{owner.get('kind')}{f'.{group}' if slash else ''}".lower() + f"/{owner.get('name')}"


CONTROLLER_REVISION = Kind(
    group="apps",
    version="v1",
    kind="ControllerRevision",
    resource="controllerrevisions",
    singular="controllerrevision",
    columns=(
        columns.NAME,
        columns.text("Controller", _controller),
        columns.count("Revision", "revision"),
        columns.AGE,
    ),
    help="What a StatefulSet or DaemonSet looked like once.",
)

KINDS: tuple[Kind, ...] = (STATEFUL_SET, DAEMON_SET, JOB, CRON_JOB, CONTROLLER_REVISION)
