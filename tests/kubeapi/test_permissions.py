"""Who may do what with which key, and what they are told who may not."""

import json
import re
import subprocess
from typing import Any

import pytest

from tests.playground import KUBECTL, Answer, Done, Playground, call

NS = "/api/v1/namespaces/default"
POD = f"{NS}/pods/client"
WEB = "/apis/apps/v1/namespaces/default/deployments/web"
JSON = {"Content-Type": "application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}


def ask(playground: Playground, role: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Asks with one of the playground's keys as Bearer token."""
    given = {"Authorization": f"Bearer {playground.made[f'{role}_key']}"}
    raw = None if body is None else json.dumps(body).encode()
    form = {"Content-Type": headers.pop("form", "application/json")} if raw is not None else {}
    return call(f"{playground.url}/clusters/{playground.id}{path}", method, raw, {**given, **form, **headers})


def viewed(playground: Playground, *arguments: str) -> Done:
    """Runs kubectl with the view key's kubeconfig."""
    config = playground.write_kubeconfig("view", playground.made["view_key"])
    environment = playground.environment(config)
    return subprocess.run(
        [KUBECTL, *arguments], capture_output=True, text=True, timeout=60, env=environment, check=False
    )


# --- the view key looks and asks ----------------------------------------------------------------------

LOOKS = [
    f"{NS}/pods",
    POD,
    f"{POD}/status",
    f"{WEB}/scale",
    "/api/v1/namespaces/default",
    "/apis/apps/v1/deployments",
    "/api",
    "/apis",
    "/version",
    "/openapi/v3",
    "/openapi/v2",
    "/readyz",
    "/",
]
CHANGES = [
    ("POST", f"{NS}/pods", "create", 'pods is forbidden: User "podlane:view" cannot create resource "pods"'),
    ("POST", f"{NS}/pods?dryRun=All", "create", "cannot create"),
    ("PUT", POD, "update", 'pods "client" is forbidden: User "podlane:view" cannot update resource "pods"'),
    ("PATCH", POD, "patch", 'cannot patch resource "pods"'),
    ("PATCH", f"{POD}?dryRun=All", "patch", 'cannot patch resource "pods"'),
    ("PATCH", f"{POD}/status", "patch", 'cannot patch resource "pods/status"'),
    ("PATCH", f"{POD}/ephemeralcontainers", "patch", 'cannot patch resource "pods/ephemeralcontainers"'),
    ("DELETE", POD, "delete", 'cannot delete resource "pods"'),
    ("DELETE", f"{NS}/pods", "deletecollection", 'cannot deletecollection resource "pods"'),
    ("POST", f"{POD}/eviction", "create", 'cannot create resource "pods/eviction"'),
    ("POST", f"{POD}/binding", "create", 'cannot create resource "pods/binding"'),
    ("GET", f"{POD}/exec?command=ls", "create", 'cannot create resource "pods/exec"'),
    ("POST", f"{POD}/exec?command=ls", "create", 'cannot create resource "pods/exec"'),
    ("GET", f"{POD}/attach", "create", 'cannot create resource "pods/attach"'),
    ("POST", f"{POD}/portforward", "create", 'cannot create resource "pods/portforward"'),
    ("GET", f"{POD}/proxy/", "get", 'cannot get resource "pods/proxy"'),
    ("GET", f"{NS}/services/web/proxy/", "get", 'cannot get resource "services/proxy"'),
    ("POST", f"{NS}/services/web/proxy/x", "create", 'cannot create resource "services/proxy"'),
    ("PATCH", f"{WEB}/scale", "patch", 'deployments.apps "web" is forbidden'),
    ("PUT", f"{WEB}/scale", "update", 'cannot update resource "deployments/scale" in API group "apps"'),
    ("POST", "/api/v1/namespaces", "create", "at the cluster scope"),
    ("DELETE", "/api/v1/namespaces/default", "delete", 'in the namespace "default"'),
    ("PUT", "/api/v1/namespaces/default/finalize", "update", 'cannot update resource "namespaces/finalize"'),
    ("POST", f"{NS}/serviceaccounts/default/token", "create", 'cannot create resource "serviceaccounts/token"'),
    ("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "create", 'resource "subjectaccessreviews"'),
    ("POST", "/apis/authentication.k8s.io/v1/tokenreviews", "create", 'resource "tokenreviews"'),
    ("POST", "/apis", "post", 'forbidden: User "podlane:view" cannot post path "/apis"'),
    ("POST", "/nope", "post", 'cannot post path "/nope"'),
]


@pytest.mark.parametrize("path", LOOKS)
@pytest.mark.parametrize("role", ["edit", "view"])
def test_both_keys_may_look(first_steps: Playground, role: str, path: str) -> None:
    assert ask(first_steps, role, "GET", path).status == 200


@pytest.mark.parametrize(("method", "path", "verb", "says"), CHANGES, ids=[f"{row[0]} {row[1]}" for row in CHANGES])
def test_a_view_key_changes_nothing(first_steps: Playground, method: str, path: str, verb: str, says: str) -> None:
    before = ask(first_steps, "view", "GET", f"{NS}/pods").json()["metadata"]["resourceVersion"]
    answer = ask(
        first_steps,
        "view",
        method,
        path,
        {} if method != "GET" else None,
        form="application/merge-patch+json" if method == "PATCH" else "application/json",
    )
    told = answer.json()
    assert (answer.status, told["kind"], told["reason"], told["code"]) == (403, "Status", "Forbidden", 403)
    assert says in told["message"]
    assert f" {verb} " in told["message"]
    assert ask(first_steps, "view", "GET", f"{NS}/pods").json()["metadata"]["resourceVersion"] == before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("exec client -- ls", "unable to upgrade connection: pods \"client\" is forbidden"),
        ("attach client", "pods \"client\" is forbidden"),
        ("port-forward pod/client 18080:80", "pods \"client\" is forbidden"),
        ("scale deploy web --replicas=9", "cannot patch resource \"deployments/scale\""),
        ("label pod client a=b", "cannot patch resource \"pods\""),
        ("create token default", "cannot create resource \"serviceaccounts/token\""),
        ("drain node-1 --force --ignore-daemonsets --delete-emptydir-data", "cannot patch resource \"nodes\""),
    ],
)  # fmt: skip
def test_kubectl_says_why_a_view_key_does_not_do(first_steps: Playground, line: str, says: str) -> None:
    done = viewed(first_steps, *line.split())
    assert done.returncode == 1
    assert says in done.stderr


# --- what one may be told -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "question", "answer"),
    [
        ("edit", "create pods", "yes"),
        ("edit", "delete namespaces", "yes"),
        ("edit", "create pods/exec", "yes"),
        ("edit", "* *", "yes"),
        ("edit", "impersonate users", "no"),
        ("view", "get pods", "yes"),
        ("view", "list deployments.apps --all-namespaces", "yes"),
        ("view", "watch services", "yes"),
        ("view", "get pods/log", "yes"),
        ("view", "get /healthz", "yes"),
        ("view", "create selfsubjectaccessreviews.authorization.k8s.io", "yes"),
        ("view", "create pods", "no"),
        ("view", "create pods --subresource=exec", "no"),
        ("view", "get pods --subresource=proxy", "no"),
        ("view", "patch deployments.apps/web", "no"),
        ("view", "* *", "no"),
        ("view", "post /healthz", "no"),
    ],
)
def test_can_i(first_steps: Playground, role: str, question: str, answer: str) -> None:
    asked = ["auth", "can-i", *question.split()]
    done = first_steps.kubectl(*asked) if role == "edit" else viewed(first_steps, *asked)
    assert done.stdout.strip() == answer
    assert done.returncode == (0 if answer == "yes" else 1)


def test_can_i_lists_everything_for_the_owner(first_steps: Playground) -> None:
    done = first_steps.kubectl("auth", "can-i", "--list")
    assert re.search(r"\*\.\* +\[\] +\[\] +\[\*\]", done.stdout)


def test_can_i_lists_what_a_viewer_sees(first_steps: Playground) -> None:
    lines = viewed(first_steps, "auth", "can-i", "--list").stdout.splitlines()
    verbs = {line.split()[0]: re.findall(r"\[([^\]]*)\]$", line)[0] for line in lines[1:] if not line.startswith(" ")}
    assert verbs["pods"] == "get list watch"
    assert verbs["selfsubjectaccessreviews.authorization.k8s.io"] == "create"
    assert "pods/exec" not in verbs
    assert {found for name, found in verbs.items() if not name.startswith("selfsubject")} == {"get list watch"}


@pytest.mark.parametrize("role", ["edit", "view"])
def test_who_am_i(first_steps: Playground, role: str) -> None:
    asked = ["auth", "whoami", "-o", "json"]
    done = first_steps.kubectl(*asked) if role == "edit" else viewed(first_steps, *asked)
    told = json.loads(done.stdout)
    assert told["kind"] == "SelfSubjectReview"
    assert told["status"]["userInfo"] == {"username": f"podlane:{role}", "groups": ["system:authenticated"]}


@pytest.mark.parametrize(
    ("spec", "allowed"),
    [
        ({"user": "podlane:edit", "resourceAttributes": {"verb": "create", "resource": "pods"}}, True),
        ({"user": "podlane:view", "resourceAttributes": {"verb": "create", "resource": "pods"}}, False),
        ({"user": "podlane:view", "resourceAttributes": {"verb": "list", "resource": "pods"}}, True),
        (
            {"user": "system:serviceaccount:default:default", "nonResourceAttributes": {"verb": "get", "path": "/"}},
            True,
        ),
        ({"user": "jane", "resourceAttributes": {"verb": "list", "resource": "pods"}}, False),
    ],
)
def test_may_they(first_steps: Playground, spec: dict[str, Any], allowed: bool) -> None:
    for path in ("subjectaccessreviews", "namespaces/default/localsubjectaccessreviews"):
        told = ask(first_steps, "edit", "POST", f"/apis/authorization.k8s.io/v1/{path}", {"spec": spec})
        assert told.status == 201, told
        assert told.json()["status"] == {"allowed": allowed}


@pytest.mark.parametrize(
    ("resource", "spec", "says"),
    [
        ("selfsubjectaccessreviews", {}, "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes"),
        ("subjectaccessreviews", {"resourceAttributes": {"verb": "get"}}, 'spec.user: Invalid value: "": at least one of user or group must be specified'),
    ],
)  # fmt: skip
def test_a_question_without_sense_is_refused(first_steps: Playground, resource: str, spec: Any, says: str) -> None:
    told = ask(first_steps, "edit", "POST", f"/apis/authorization.k8s.io/v1/{resource}", {"spec": spec})
    assert told.status == 422
    assert says in told.json()["message"]


def test_whose_token_is_this(first_steps: Playground) -> None:
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    for role in ("edit", "view"):
        found = ask(first_steps, "edit", "POST", path, {"spec": {"token": first_steps.made[f"{role}_key"]}})
        assert found.json()["status"]["authenticated"] is True
        assert found.json()["status"]["user"]["username"] == f"podlane:{role}"
    token = first_steps.kubectl("create", "token", "default").stdout.strip()
    found = ask(first_steps, "edit", "POST", path, {"spec": {"token": token}})
    assert found.json()["status"]["user"]["username"] == "system:serviceaccount:default:default"
    assert "system:serviceaccounts:default" in found.json()["status"]["user"]["groups"]
    unknown = ask(first_steps, "edit", "POST", path, {"spec": {"token": "nobody's"}})
    assert unknown.json()["status"] == {"user": {}, "error": "[invalid bearer token]"}


@pytest.mark.parametrize("header", ["Impersonate-User", "Impersonate-Group"])
@pytest.mark.parametrize("role", ["edit", "view"])
def test_nobody_acts_as_somebody_else(first_steps: Playground, role: str, header: str) -> None:
    told = ask(first_steps, role, "GET", f"{NS}/pods", **{header: "system:masters"})
    assert told.status == 403
    assert "cannot impersonate resource" in told.json()["message"]


# --- 401 ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def other(first_steps: Playground) -> Playground:
    return Playground(first_steps.url, first_steps.home / "other", {"time": "instant", "nodes": 0})


@pytest.mark.parametrize("path", ["/api", "/api/v1/pods", "/version", "/openapi/v2", "/nope", f"{NS}/pods/client/exec"])
def test_who_has_no_key_is_told_the_same_everywhere(first_steps: Playground, other: Playground, path: str) -> None:
    revoked = other.made["view_key"]
    rotated = other.send({"role": "view"}, "keys/rotate")
    assert rotated.status in (200, 201), rotated
    other.made["view_key"] = rotated.json()["key"]
    tokens = ["", "nobody's", other.made["edit_key"], revoked]
    answers = [
        call(
            f"{first_steps.url}/clusters/{playground}{path}",
            "GET",
            None,
            {"Authorization": f"Bearer {token}"} if token else {},
        )
        for playground in (first_steps.id, "no-such-playground", "x" * 18)
        for token in tokens
    ]
    assert {(one.status, one.body) for one in answers} == {(401, answers[0].body)}
    assert {frozenset(set(one.headers) - {"audit-id"}) for one in answers} == {
        frozenset(set(answers[0].headers) - {"audit-id"})
    }
    told = answers[0].json()
    assert (told["message"], told["reason"], told["code"]) == ("Unauthorized", "Unauthorized", 401)
