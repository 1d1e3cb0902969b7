"""What the API says it serves: legacy, aggregated and by kubectl, the same in all of them and as upstream has it."""

import json
from typing import Any

import pytest

from app.kinds import KINDS
from app.kubeapi import paths
from tests.playground import Playground

EVERYTHING = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
ACCEPT = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList,application/json"
# Upstream's names (kubectl api-resources on a v1.36.0 control plane), of the kinds that are served here.
UPSTREAM = {
    "configmaps": "cm", "endpoints": "ep", "events": "ev", "limitranges": "limits", "namespaces": "ns", "nodes": "no",
    "persistentvolumeclaims": "pvc", "pods": "po", "replicationcontrollers": "rc", "resourcequotas": "quota",
    "secrets": "", "serviceaccounts": "sa", "services": "svc", "daemonsets": "ds", "deployments": "deploy",
    "replicasets": "rs", "statefulsets": "sts", "horizontalpodautoscalers": "hpa", "cronjobs": "cj", "jobs": "",
    "endpointslices": "", "ingressclasses": "", "ingresses": "ing", "networkpolicies": "netpol",
    "poddisruptionbudgets": "pdb", "clusterrolebindings": "", "clusterroles": "", "rolebindings": "", "roles": "",
    "priorityclasses": "pc", "storageclasses": "sc",
}  # fmt: skip
ALL = {
    "pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "statefulsets",
    "horizontalpodautoscalers", "cronjobs", "jobs",
}  # fmt: skip
GROUP_VERSIONS = sorted({kind.api_version for kind in KINDS if kind.group})


def aggregated(playground: Playground, root: str, version: str = "v2") -> dict[tuple[str, str, str], dict[str, Any]]:
    """Every resource by (group, version, resource)."""
    answer = playground.api(root, headers={"Accept": ACCEPT.format(version)})
    assert (
        answer.headers["content-type"] == f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    )
    told = answer.json()
    assert (told["kind"], told["apiVersion"]) == ("APIGroupDiscoveryList", f"apidiscovery.k8s.io/{version}")
    return {
        (group["metadata"].get("name", ""), listed["version"], resource["resource"]): resource
        for group in told["items"]
        for listed in group["versions"]
        for resource in listed["resources"]
    }


@pytest.mark.parametrize("name", UPSTREAM)
def test_names_and_categories_are_upstreams(first_steps: Playground, name: str) -> None:
    found = [one for root in ("/api", "/apis") for key, one in aggregated(first_steps, root).items() if key[2] == name]
    assert found[0].get("shortNames", []) == [short for short in [UPSTREAM[name]] if short]
    assert found[0].get("categories", []) == (["all"] if name in ALL else [])
    assert found[0]["verbs"] == [verb for verb in EVERYTHING if (name, verb) != ("namespaces", "deletecollection")]


@pytest.mark.parametrize("version", ["v2", "v2beta1"])
@pytest.mark.parametrize("root", ["/api", "/apis"])
def test_aggregated_and_legacy_discovery_say_the_same(first_steps: Playground, root: str, version: str) -> None:
    whole = aggregated(first_steps, root, version)
    served = sorted({key[:2] for key in whole})
    assert whole
    for group, of in served:
        place = f"/apis/{group}/{of}" if group else "/api/v1"
        legacy = {one["name"]: one for one in first_steps.api(place).json()["resources"]}
        mains = {name: one for name, one in legacy.items() if "/" not in name}
        mine = {key[2]: one for key, one in whole.items() if key[:2] == (group, of)}
        assert set(mains) == set(mine)
        for name, one in mine.items():
            assert mains[name]["verbs"] == one["verbs"]
            assert mains[name]["kind"] == one["responseKind"]["kind"]
            assert mains[name]["namespaced"] is (one["scope"] == "Namespaced")
            assert mains[name].get("shortNames") == one.get("shortNames")
            subs = {sub["subresource"]: sub["verbs"] for sub in one.get("subresources", [])}
            assert subs == {
                key.partition("/")[2]: sub["verbs"] for key, sub in legacy.items() if key.startswith(f"{name}/")
            }


@pytest.mark.parametrize("root", ["/api", "/apis"])
def test_who_has_the_aggregated_list_is_not_sent_it_again(first_steps: Playground, root: str) -> None:
    first = first_steps.api(root, headers={"Accept": ACCEPT.format("v2")})
    assert (first.headers["vary"], first.headers["cache-control"]) == ("Accept", "public")
    again = first_steps.api(root, headers={"Accept": ACCEPT.format("v2"), "If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("api_version", GROUP_VERSIONS)
def test_each_group_tells_its_versions(first_steps: Playground, api_version: str) -> None:
    group, _, version = api_version.partition("/")
    told = first_steps.api(f"/apis/{group}").json()
    assert (told["kind"], told["name"]) == ("APIGroup", group)
    assert {"groupVersion": api_version, "version": version} in told["versions"]
    listed = first_steps.api("/apis/").json()
    assert told["name"] in [one["name"] for one in listed["groups"]]


def test_every_kind_and_every_question_is_discovered(first_steps: Playground) -> None:
    whole = {**aggregated(first_steps, "/api"), **aggregated(first_steps, "/apis")}
    assert set(whole) == {(kind.group, kind.version, kind.resource) for kind in KINDS} | {
        (group, "v1", name) for group, name in paths.REVIEWS
    }


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz", "/readyz/ping", "/livez/etcd"])
def test_it_is_alive(first_steps: Playground, path: str) -> None:
    answer = first_steps.api(path)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"ok", "text/plain; charset=utf-8")


def test_it_tells_what_was_checked(first_steps: Playground) -> None:
    told = first_steps.kubectl("get", "--raw", "/readyz?verbose").stdout
    assert "[+]ping ok\n" in told
    assert told.endswith("readyz check passed\n")


def test_it_lists_its_paths(first_steps: Playground) -> None:
    listed = first_steps.api("/").json()["paths"]
    for path in listed:
        assert first_steps.api(path).status == 200, path
    assert {"/api", "/apis/apps/v1", "/openapi/v3", "/version", "/readyz"} <= set(listed)


@pytest.mark.parametrize(
    ("line", "has", "lacks"),
    [
        ("api-resources --namespaced=false -o name", "nodes\n", "pods"),
        ("api-resources --api-group=apps -o name", "deployments.apps\n", "services"),
        ("api-resources --verbs=create --api-group=authorization.k8s.io -o name", "localsubjectaccessreviews.authorization.k8s.io\n", "roles"),
        ("api-resources --verbs=deletecollection -o name", "pods\n", "namespaces\n"),
        ("api-resources --categories=all -o name", "deployments.apps\n", "configmaps"),
        ("api-resources -o wide", "CATEGORIES", "unknown"),
        ("api-versions", "apps/v1\n", "apps/v1beta1"),
        ("version", "Server Version: v1.36.0\n", "WARNING"),
        ("version -o json", '"gitVersion": "v1.36.0"', "error"),
        ("cluster-info", "/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy", "rror"),
        ("cluster-info dump", "==== START logs for container nginx of pod default/web-", "Request log error"),
    ],
)  # fmt: skip
def test_kubectl_shows_it(first_steps: Playground, line: str, has: str, lacks: str) -> None:
    done = first_steps.kubectl(*line.split())
    assert done.returncode == 0, done.stderr
    assert has in done.stdout
    assert lacks not in done.stdout + done.stderr


def test_kubectl_sorts_what_it_shows(first_steps: Playground) -> None:
    names = first_steps.kubectl("api-resources", "--sort-by=name", "-o", "name").stdout.split()
    bare = [name.partition(".")[0] for name in names]
    assert bare == sorted(bare)
    kinds = [
        line.split()[-1]
        for line in first_steps.kubectl("api-resources", "--sort-by=kind", "--no-headers").stdout.splitlines()
    ]
    assert kinds == sorted(kinds)


# --- the server validates what kubectl sends ------------------------------------------------------------

TYPO = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "typo"}, "dat": {"a": "b"}}


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("create --validate=strict", 1, 'strict decoding error: unknown field "dat"'),
        ("create --validate=true", 1, 'strict decoding error: unknown field "dat"'),
        ("apply --validate=strict", 1, 'strict decoding error: unknown field "dat"'),
        ("create --validate=warn", 0, 'Warning: unknown field "dat"'),
        ("apply --validate=warn", 0, 'Warning: unknown field "dat"'),
        ("create --validate=ignore", 0, ""),
        ("apply --validate=false", 0, ""),
    ],
)
def test_a_misspelt_field_is_told_as_strictly_as_it_was_asked(
    first_steps: Playground, line: str, code: int, says: str
) -> None:
    first_steps.kubectl("delete", "configmap", "typo", "--ignore-not-found")
    done = first_steps.kubectl(*line.split(), "-f", "-", typed=json.dumps(TYPO))
    assert done.returncode == code
    assert says in done.stderr
    assert bool(done.stderr) is bool(says)
    assert first_steps.kubectl("get", "configmap", "typo").returncode == code
