"""How the real kubectl changes what is there: apply and its options, diff, replace, edit, patch, label, annotate, set."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.playground import KUBECTL, Done, Playground


@pytest.fixture(scope="module")
def at(first_steps: Playground) -> Playground:
    """A short name for what every row here changes."""
    return first_steps


def manifest(name: str, selector: str = "web", port: int = 80, **meta: Any) -> str:
    spec = {"selector": {"app": selector}, "ports": [{"name": "http", "port": port}]}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, **meta}, "spec": spec})


def field(at: Playground, what: str, path: str) -> str:
    return at.kubectl("get", *what.split("/"), "-o", f"jsonpath={{{path}}}").stdout


def apply(at: Playground, *options: str, typed: str) -> Done:
    return at.kubectl("apply", *options, "-f", "-", typed=typed)


def test_apply_takes_back_what_left_the_file_and_keeps_what_others_set(at: Playground) -> None:
    apply(at, typed=manifest("three", labels={"a": "1", "b": "2"}))
    at.kubectl("label", "svc", "three", "c=3")
    assert apply(at, typed=manifest("three", "other", labels={"a": "1"})).stdout == "service/three configured\n"
    assert json.loads(field(at, "svc/three", ".metadata.labels")) == {"a": "1", "c": "3"}
    assert field(at, "svc/three", ".spec.selector.app") == "other"
    assert apply(at, typed=manifest("three", "other", labels={"a": "1"})).stdout == "service/three unchanged\n"


@pytest.mark.parametrize(("mode", "words"), [("server", "(server dry run)"), ("client", "(dry run)")])
def test_a_dry_run_keeps_nothing(at: Playground, mode: str, words: str) -> None:
    done = apply(at, f"--dry-run={mode}", typed=manifest(f"dry-{mode}"))
    assert done.stdout == f"service/dry-{mode} created {words}\n"
    assert at.kubectl("get", "svc", f"dry-{mode}").returncode == 1


def test_prune_deletes_what_is_no_longer_applied(at: Playground) -> None:
    both = f"{manifest('kept', labels={'set': 'p'})}\n---\n{manifest('gone', labels={'set': 'p'})}"
    apply(at, typed=both)
    options = ["--prune", "-l", "set=p", "--prune-allowlist=core/v1/Service"]
    done = apply(at, *options, typed=manifest("kept", labels={"set": "p"}))
    assert done.stdout == "service/kept unchanged\nservice/gone pruned\n", done
    assert at.kubectl("get", "svc", "gone").returncode == 1


def test_a_kustomization_is_applied(at: Playground, tmp_path: Path) -> None:
    (tmp_path / "service.yaml").write_text(manifest("base"))
    (tmp_path / "kustomization.yaml").write_text(
        "namePrefix: my-\nresources: [service.yaml]\nlabels:\n- pairs: {k: v}\n"
    )
    assert at.kubectl("apply", "-k", str(tmp_path)).stdout == "service/my-base created\n"
    assert field(at, "svc/my-base", ".metadata.labels.k") == "v"


def test_diff_shows_what_would_change_and_exits_one(at: Playground) -> None:
    apply(at, typed=manifest("compared"))
    same = at.kubectl("diff", "-f", "-", typed=manifest("compared"))
    assert (same.returncode, same.stdout) == (0, "")
    found = at.kubectl("diff", "-f", "-", typed=manifest("compared", "other"))
    assert found.returncode == 1
    assert "-    app: web\n+    app: other\n" in found.stdout
    assert field(at, "svc/compared", ".spec.selector.app") == "web"
    server = at.kubectl("diff", "--server-side", "--force-conflicts", "-f", "-", typed=manifest("compared", "other"))
    assert server.returncode == 1 and "+    app: other\n" in server.stdout


def test_replace_puts_the_whole_object_in_place(at: Playground) -> None:
    at.kubectl("create", "-f", "-", typed=manifest("whole", labels={"a": "1"}))
    address = field(at, "svc/whole", ".spec.clusterIP")
    assert at.kubectl("replace", "-f", "-", typed=manifest("whole", "other")).stdout == "service/whole replaced\n"
    assert field(at, "svc/whole", ".metadata.labels") == ""
    assert field(at, "svc/whole", ".spec.clusterIP") == address
    uid = field(at, "svc/whole", ".metadata.uid")
    done = at.kubectl("replace", "--force", "-f", "-", typed=manifest("whole"))
    assert done.stdout == 'service "whole" deleted from default namespace\nservice/whole replaced\n'
    assert field(at, "svc/whole", ".metadata.uid") != uid


def test_a_stale_replace_is_a_conflict(at: Playground) -> None:
    at.kubectl("create", "-f", "-", typed=manifest("stale"))
    held = at.kubectl("get", "svc", "stale", "-o", "json").stdout
    at.kubectl("label", "svc", "stale", "a=b")
    done = at.kubectl("replace", "-f", "-", typed=held)
    assert (done.returncode, done.stderr) == (
        1,
        'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on services "stale": '
        "the object has been modified; please apply your changes to the latest version and try again\n",
    )


def test_edit_saves_what_the_editor_leaves(at: Playground, tmp_path: Path) -> None:
    apply(at, typed=manifest("edited"))
    editor = tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\nsed -i 's/app: web/app: edited/' \"$1\"\n")
    editor.chmod(0o755)
    done = _edit(at, editor, "edited")
    assert done.stdout == "service/edited edited\n", done
    assert field(at, "svc/edited", ".spec.selector.app") == "edited"
    editor.write_text("#!/bin/sh\ntrue\n")
    assert _edit(at, editor, "edited").stderr == "Edit cancelled, no changes made.\n"


def test_an_edit_that_is_refused_is_kept_for_the_editor(at: Playground, tmp_path: Path) -> None:
    apply(at, typed=manifest("misedited"))
    editor = tmp_path / "editor.sh"
    editor.write_text("#!/bin/sh\nsed -i 's/port: 80$/port: 70000/' \"$1\"\n")
    editor.chmod(0o755)
    done = _edit(at, editor, "misedited")
    assert done.returncode == 1
    assert 'error: services "misedited" is invalid' in done.stderr
    assert field(at, "svc/misedited", ".spec.ports[0].port") == "80"


def _edit(at: Playground, editor: Path, name: str) -> Done:
    return subprocess.run(
        [KUBECTL, "edit", "svc", name],
        capture_output=True,
        text=True,
        timeout=60,
        env={**at.environment(), "EDITOR": str(editor)},
        check=False,
    )


PATCHES = [
    ("strategic", '{"spec":{"ports":[{"name":"tls","port":443}]}}', ".spec.ports[*].port", "443 80"),
    ("merge", '{"spec":{"ports":[{"port":8443}]}}', ".spec.ports[*].port", "8443"),
    ("json", '[{"op":"replace","path":"/spec/ports/0/port","value":81}]', ".spec.ports[*].port", "81"),
]


@pytest.mark.parametrize(("kind", "patch", "path", "value"), PATCHES, ids=[row[0] for row in PATCHES])
def test_patch_in_its_three_kinds(at: Playground, kind: str, patch: str, path: str, value: str) -> None:
    name = f"patched-{kind}"
    apply(at, typed=manifest(name))
    assert at.kubectl("patch", "svc", name, f"--type={kind}", "-p", patch).stdout == f"service/{name} patched\n"
    assert field(at, f"svc/{name}", path) == value
    again = at.kubectl("patch", "svc", name, f"--type={kind}", "-p", patch)
    assert again.stdout == f"service/{name} patched (no change)\n"


def test_a_json_patch_whose_test_fails_changes_nothing(at: Playground) -> None:
    patch = '[{"op":"test","path":"/spec/type","value":"NodePort"},{"op":"remove","path":"/spec/selector"}]'
    done = at.kubectl("patch", "svc", "web", "--type=json", "-p", patch)
    assert done.stderr == "The request is invalid: the server rejected our request due to an error in our request\n"
    assert field(at, "svc/web", ".spec.selector.app") == "web"


def test_subresources_are_patched_apart(at: Playground) -> None:
    at.kubectl("create", "deployment", "sub", "--image=nginx")
    scaled = at.kubectl(
        "patch", "deploy", "sub", "--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":2}}'
    )
    assert scaled.stdout == "scale.autoscaling/sub patched\n", scaled
    assert field(at, "deploy/sub", ".spec.replicas") == "2"
    apply(at, typed=manifest("lb"))
    status = '{"status":{"loadBalancer":{"ingress":[{"ip":"203.0.113.9"}]}},"spec":{"type":"LoadBalancer"}}'
    at.kubectl("patch", "svc", "lb", "-p", '{"spec":{"type":"LoadBalancer"}}')
    done = at.kubectl("patch", "svc", "lb", "--subresource=status", "--type=merge", "-p", status)
    assert done.stdout == "service/lb patched\n"
    assert field(at, "svc/lb", ".status.loadBalancer.ingress[*].ip") == "203.0.113.9"


def test_labels_and_annotations_are_set_kept_and_removed(at: Playground) -> None:
    apply(at, typed=manifest("marked"))
    assert at.kubectl("label", "svc", "marked", "a=1").stdout == "service/marked labeled\n"
    refused = at.kubectl("label", "svc", "marked", "a=2")
    assert refused.stderr == "error: 'a' already has a value (1), and --overwrite is false\n"
    assert at.kubectl("label", "svc", "marked", "a=2", "--overwrite").stdout == "service/marked labeled\n"
    assert at.kubectl("label", "svc", "marked", "a-").stdout == "service/marked unlabeled\n"
    assert at.kubectl("annotate", "svc", "marked", "why=because").stdout == "service/marked annotated\n"
    assert field(at, "svc/marked", ".metadata.annotations.why") == "because"
    assert field(at, "svc/marked", ".metadata.labels") == ""


def test_set_changes_images_selectors_and_variables(at: Playground) -> None:
    at.kubectl("create", "deployment", "set", "--image=nginx:1.27")
    assert at.kubectl("set", "image", "deploy/set", "nginx=nginx:1.28").stdout == "deployment.apps/set image updated\n"
    assert at.kubectl("set", "env", "deploy/set", "A=b").stdout == "deployment.apps/set env updated\n"
    assert field(at, "deploy/set", ".spec.template.spec.containers[0].env[0].value") == "b"
    assert field(at, "deploy/set", ".spec.template.spec.containers[0].image") == "nginx:1.28"
    apply(at, typed=manifest("chosen"))
    assert at.kubectl("set", "selector", "svc", "chosen", "app=set").stdout == "service/chosen selector updated\n"
    assert field(at, "svc/chosen", ".spec.selector.app") == "set"


def test_each_command_is_a_manager_of_its_own(at: Playground) -> None:
    apply(at, typed=manifest("owned"))
    at.kubectl("label", "svc", "owned", "a=1")
    at.kubectl("patch", "svc", "owned", "-p", '{"spec":{"sessionAffinity":"ClientIP"}}')
    done = at.kubectl("get", "svc", "owned", "-o", "json", "--show-managed-fields")
    found = {entry["manager"]: entry["operation"] for entry in json.loads(done.stdout)["metadata"]["managedFields"]}
    assert found == {"kubectl-client-side-apply": "Update", "kubectl-label": "Update", "kubectl-patch": "Update"}


def test_an_apply_set_prunes_its_own_members(at: Playground) -> None:
    options = ["--prune", "--applyset=configmaps/group", "-n", "default"]
    environment = {"KUBECTL_APPLYSET": "true"}
    both = f"{manifest('member')}\n---\n{manifest('leaver')}"
    done = _with(at, environment, "apply", *options, "-f", "-", typed=both)
    assert done.returncode == 0, done
    done = _with(at, environment, "apply", *options, "-f", "-", typed=manifest("member"))
    assert "service/leaver pruned\n" in done.stdout, done
    assert at.kubectl("get", "svc", "leaver").returncode == 1
    assert at.kubectl("get", "svc", "web", "member").returncode == 0


def _with(at: Playground, environment: dict[str, str], *line: str, typed: str) -> Done:
    return subprocess.run(
        [KUBECTL, *line],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        env={**at.environment(), **environment},
        check=False,
    )
