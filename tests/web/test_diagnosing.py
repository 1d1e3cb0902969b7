"""The diagnosis in the inspector: what is wrong with a Service, told with its proof."""

from app.cluster import clock
from app.engine import diagnosing
from app.web import findings
from tests.cluster_driver import Cluster

WEB = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: %s}]}"
POD = "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: c, image: nginx}]}"
REF = "Service/default/web"


def told(manifest: str) -> findings.Diagnosis:
    made = Cluster()
    made.apply(manifest)
    env = clock.env_for(0, made.held.revision, made.held.now, clock.TimeMode.INSTANT)
    return findings.of_service(REF, diagnosing.findings(made.held, env, "default/web"))


def test_of_a_sound_service_nothing_is_found() -> None:
    assert told(WEB % 80 + POD).findings == ()


def test_a_finding_says_who_meets_it_what_decided_and_a_fix_that_was_tried() -> None:
    (found,) = told(WEB % 81 + POD).findings
    assert (found.code, found.mark) == ("WrongTargetPort", "fail")
    assert ":80" in found.who
    assert any(cause.ref.startswith(("Pod/", "Service/")) for cause in found.causes)
    assert found.fix is not None
    assert found.fix.code == "patch"
    assert found.fix.worked
    assert found.remedy == ""


def test_what_is_found_by_looking_alone_has_a_title_too() -> None:
    spans = WEB % 80 + POD
    for name in ("one", "two"):
        spans += (
            f"\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{selector: {{matchLabels: "
            f"{{tier: {name}}}}}, template: {{metadata: {{labels: {{app: web, tier: {name}}}}}, "
            "spec: {containers: [{name: c, image: nginx}]}}}"
        )
    (found,) = told(spans).findings
    assert (found.code, found.mark, found.title) == (
        "SelectorSpansWorkloads",
        "warn",
        "One selector, several workloads",
    )
    assert found.who == ""
    assert found.remedy
