"""Every kind the API serves, as the real kubectl applies it and prints it."""

import re
from pathlib import Path

import pytest

from tests.playground import Playground
from tests.served import Served

MANIFEST = Path(__file__).parent / "manifests" / "kinds.yaml"
AGE = r"\d+[smh]\w*"
INGRESS = (
    "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: bad}, spec: {rules: [{http: {paths: [%s]}}]}}"
)
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@pytest.fixture(scope="module")
def bare(server: Served, home: Path) -> Playground:
    """A bare control plane that holds one object of each kind."""
    made = Playground(server.url, home / "kinds", {"time": "instant", "nodes": 0})
    applied = made.kubectl("apply", "-f", str(MANIFEST))
    assert applied.stderr == "", applied.stderr
    assert applied.returncode == 0
    return made


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("secret", ["NAME TYPE DATA AGE", f"x Opaque 1 {AGE}"]),
        (
            "pvc -o wide",
            [
                "NAME STATUS VOLUME CAPACITY ACCESS MODES STORAGECLASS VOLUMEATTRIBUTESCLASS AGE VOLUMEMODE",
                f"x Pending x <unset> {AGE} Filesystem",
            ],
        ),
        (
            "pv -o wide",
            [
                "NAME CAPACITY ACCESS MODES RECLAIM POLICY STATUS CLAIM STORAGECLASS VOLUMEATTRIBUTESCLASS REASON AGE VOLUMEMODE",
                f"x 2Gi RWX Retain Pending x <unset> {AGE} Filesystem",
            ],
        ),
        ("quota", ["NAME REQUEST LIMIT AGE", f"x pods: 0/10, requests.cpu: 0/2 limits.cpu: 0/4 {AGE}"]),
        ("limits", ["NAME CREATED AT", f"x {TIME}"]),
        ("podtemplates", ["NAME CONTAINERS IMAGES POD LABELS", "x c nginx app=x"]),
        ("sts -o wide", ["NAME READY AGE CONTAINERS IMAGES", f"x 0/0 {AGE} c nginx"]),
        (
            "ds -o wide",
            [
                "NAME DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE SELECTOR AGE CONTAINERS IMAGES SELECTOR",
                f"x 0 0 0 0 0 disk=ssd {AGE} c nginx app=ds",
            ],
        ),
        ("controllerrevisions x", ["NAME CONTROLLER REVISION AGE", f"x <none> 3 {AGE}"]),
        (
            "jobs -o wide",
            [
                "NAME STATUS COMPLETIONS DURATION AGE CONTAINERS IMAGES SELECTOR",
                rf"x (Suspended|Running) 0/1 {AGE} c busybox batch.kubernetes.io/controller-uid=[-\w]+",
            ],
        ),
        (
            "cj -o wide",
            [
                "NAME SCHEDULE TIMEZONE SUSPEND ACTIVE LAST SCHEDULE AGE CONTAINERS IMAGES SELECTOR",
                rf"x \*/5 \* \* \* \* <none> False 0 <none> {AGE} c busybox <none>",
            ],
        ),
        (
            "hpa",
            [
                "NAME REFERENCE TARGETS MINPODS MAXPODS REPLICAS AGE",
                f"x Deployment/web cpu: <unknown>/60% 1 5 0 {AGE}",
            ],
        ),
        ("pdb", ["NAME MIN AVAILABLE MAX UNAVAILABLE ALLOWED DISRUPTIONS AGE", f"x 1 N/A 0 {AGE}"]),
        (
            "ingressclass",
            ["NAME CONTROLLER PARAMETERS AGE", f"x example.com/ingress Settings.example.com/fast {AGE}"],
        ),
        ("ing", ["NAME CLASS HOSTS ADDRESS PORTS AGE", f"x x a.example.com 80, 443 {AGE}"]),
        ("netpol", ["NAME POD-SELECTOR AGE", f"x app=x {AGE}"]),
        ("ip 192.168.7.7", ["NAME PARENTREF", "192.168.7.7 vips.example.com/default/x"]),
        ("servicecidr x", ["NAME CIDRS AGE", f"x 10.200.0.0/24,2001:db8::/64 {AGE}"]),
        ("role", ["NAME CREATED AT", f"x {TIME}"]),
        (
            "rolebinding -o wide",
            ["NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS", f"x Role/x {AGE} ann, ben default/default"],
        ),
        ("clusterrole", ["NAME CREATED AT", f"x:y {TIME}"]),
        (
            "clusterrolebinding -o wide",
            ["NAME ROLE AGE USERS GROUPS SERVICEACCOUNTS", f"x ClusterRole/x:y {AGE} system:masters"],
        ),
        (
            "pc",
            ["NAME VALUE GLOBAL-DEFAULT AGE PREEMPTIONPOLICY", f"x 1000 false {AGE} PreemptLowerPriority"],
        ),
        (
            "sc",
            [
                "NAME PROVISIONER RECLAIMPOLICY VOLUMEBINDINGMODE ALLOWVOLUMEEXPANSION AGE",
                rf"x \(default\) example.com/disk Delete Immediate false {AGE}",
            ],
        ),
        ("lease", ["NAME HOLDER AGE", f"x node-1 {AGE}"]),
        (
            "events.events.k8s.io --field-selector=type=Warning",
            ["LAST SEEN TYPE REASON OBJECT MESSAGE", ".* Warning Lost pod/web nobody knows .*"],
        ),
        (
            "events --field-selector=type=Warning",
            ["LAST SEEN TYPE REASON OBJECT MESSAGE", ".* Warning Lost pod/web nobody knows where it is"],
        ),
    ],
)
def test_kubectl_prints_a_kind_as_upstream_does(bare: Playground, words: str, lines: list[str]) -> None:
    shown = bare.kubectl("get", *words.split())
    assert shown.stderr == ""
    found = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert len(found) == len(lines), shown.stdout
    for line, pattern in zip(found, lines, strict=True):
        assert re.fullmatch(pattern, line), shown.stdout


def test_applying_again_changes_nothing(bare: Playground) -> None:
    again = bare.kubectl("apply", "-f", str(MANIFEST))
    assert again.returncode == 0, again.stderr
    # kubectl sends these each time, in life too: stringData is never there when it looks, and it replaces lists and
    # selectors whole in which a default was filled in.
    sent = {"secret/x", "poddisruptionbudget.policy/x", "networkpolicy.networking.k8s.io/x"}
    sent |= {"rolebinding.rbac.authorization.k8s.io/x", "clusterrolebinding.rbac.authorization.k8s.io/x"}
    changed = {line.split()[0] for line in again.stdout.splitlines() if not line.endswith("unchanged")}
    assert changed == sent


def test_get_all_takes_every_category_member(bare: Playground) -> None:
    shown = bare.kubectl("get", "all")
    assert shown.returncode == 0, shown.stderr
    named = {word.split("/")[0] for word in shown.stdout.split() if re.match(r"[a-z.]+/[a-z]", word)}
    assert named >= {"service", "daemonset.apps", "statefulset.apps", "cronjob.batch", "job.batch"}
    assert "horizontalpodautoscaler.autoscaling/x" in shown.stdout


def test_every_served_kind_is_listed_in_both_widths(bare: Playground) -> None:
    names = bare.kubectl("api-resources", "--verbs=list", "-o", "name").stdout.split()
    assert len(names) > 30
    for extra in ([], ["-o", "wide"]):
        shown = bare.kubectl("get", ",".join(names), "-A", "--ignore-not-found", *extra)
        assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers/x", "targetCPUUtilizationPercentage", 60),
        ("/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/x", "minReplicas", 1),
    ],
)
def test_an_autoscaler_is_one_object_in_two_versions(bare: Playground, path: str, field: str, value: int) -> None:
    found = bare.api(path).json()
    assert found["apiVersion"] == "/".join(path.split("/")[2:4])
    assert found["spec"][field] == value


def test_a_patch_in_the_older_version_reaches_the_newer(bare: Playground) -> None:
    older = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"
    bare.api(older, "POST", {"metadata": {"name": "p"}, "spec": {"maxReplicas": 3, "scaleTargetRef": {"kind": "A", "name": "b"}}})  # fmt: skip
    patch = {"spec": {"targetCPUUtilizationPercentage": 33}}
    done = bare.api(f"{older}/p", "PATCH", patch, {"Content-Type": "application/merge-patch+json"})
    assert (done.status, done.json()["spec"]["targetCPUUtilizationPercentage"]) == (200, 33)
    newer = bare.api("/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/p").json()
    assert newer["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 33
    assert bare.api(f"{older}/p", "DELETE").status == 200


def test_an_event_is_one_object_in_two_groups(bare: Playground) -> None:
    newer = bare.api("/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.name%3Dweb").json()
    assert (newer["kind"], newer["apiVersion"]) == ("EventList", "events.k8s.io/v1")
    assert [event["note"] for event in newer["items"]] == ["nobody knows where it is"]
    core = bare.api("/api/v1/namespaces/default/events/x").json()
    assert (core["apiVersion"], core["message"]) == ("v1", "nobody knows where it is")
    assert core["involvedObject"]["name"] == "web"
    watched = bare.api("/apis/events.k8s.io/v1/events?watch=1&timeoutSeconds=1&fieldSelector=regarding.name%3Dweb")
    assert b'"note":"nobody knows where it is"' in watched.body
    assert b'"apiVersion":"events.k8s.io/v1"' in watched.body


def test_new_kinds_are_refused_in_words(bare: Playground) -> None:
    applied = bare.kubectl("create", "-f", "-", typed="apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\n")  # fmt: skip
    assert applied.returncode == 1
    assert 'no matches for kind "CustomResourceDefinition" in version "apiextensions.k8s.io/v1"' in applied.stderr
    asked = bare.api("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "POST", {})
    assert asked.status == 404
    assert "takes no CustomResourceDefinition" in asked.json()["message"]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (
            INGRESS % "{path: x, backend: {service: {name: web}}}",
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
        ),
        (
            INGRESS % "{path: x, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}",
            'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
        ),
        (
            "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: bad}, spec: {controller: nginx}}",
            'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
        ),
        (
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: bad}, spec: {podSelector: {}, ingress: [{from: [{}]}]}}",
            "spec.ingress[0].from[0]: Required value: must specify a peer",
        ),
        (
            "{apiVersion: networking.k8s.io/v1, kind: IPAddress, metadata: {name: 10.0.0.256}, spec: {parentRef: {resource: services, name: x}}}",
            'metadata.name: Invalid value: "10.0.0.256": must be a valid IP address',
        ),
        (
            "{apiVersion: networking.k8s.io/v1, kind: IPAddress, metadata: {name: 10.9.9.9}, spec: {}}",
            "spec.parentRef: Required value",
        ),
        (
            "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: bad}, spec: {cidrs: [10.0.0.1/24]}}",
            'spec.cidrs[0]: Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length',
        ),
        (
            "{apiVersion: batch/v1, kind: Job, metadata: {name: bad}, spec: {template: {spec: {containers: [{name: c, image: x}]}}}}",
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
        ),
        (
            "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: bad}, spec: {maxReplicas: 0, scaleTargetRef: {kind: A, name: b}}}",
            "spec.maxReplicas: Invalid value: 0: must be greater than 0",
        ),
    ],
)
def test_bad_input_gets_upstreams_words(bare: Playground, manifest: str, said: str) -> None:
    refused = bare.kubectl("create", "-f", "-", typed=manifest)
    assert refused.returncode == 1
    assert said in refused.stderr


def test_the_newest_version_of_a_group_is_preferred(bare: Playground) -> None:
    group = bare.api("/apis/autoscaling").json()
    assert [one["version"] for one in group["versions"]] == ["v2", "v1"]
    assert group["preferredVersion"]["version"] == "v2"
