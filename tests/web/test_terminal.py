"""The terminal's routes: who may type, what a line leaves behind, completion, and the kubeconfig."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playground import Playground, call
from tests.served import Served, served
from tests.terminal.parity import typing


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("terminal") / "podlane.db") as running:
        yield running


@pytest.fixture
def ground(server: Served, tmp_path: Path) -> Playground:
    return Playground(server.url, tmp_path, {"scenario": "first-steps", "time": "instant", "seed": 7})


REFUSED = [
    ("curl http://web", 127, "kubectl exec client -- curl http://web"),
    ("nslookup web", 127, "kubectl exec client -- nslookup web"),
    ("helm install x", 127, "not in this terminal"),
    ("kubectl port-forward svc/web 8080:80", 1, "help kubeconfig"),
    ("kubectl top pods", 1, "not simulated"),
    ("kubectl --server=http://x get pods", 1, "this playground only"),
    ("kubectl apply -f https://example.com/x.yaml", 1, "fetches nothing from outside"),
    ("kubectl config view", 1, "help kubeconfig"),
    ("kubectl exec -it client -- sh", 1, "give the command with it"),
    ("kubectl apply -f - <<EOF\nkind: x", 2, "no end"),
    ("echo 'open", 2, "sh: "),
]


@pytest.mark.parametrize(("line", "code", "says"), REFUSED, ids=[row[0][:40] for row in REFUSED])
def test_what_it_does_not_know_says_what_to_do(ground: Playground, line: str, code: int, says: str) -> None:
    told = typing.Terminal(ground).type(line)
    assert told.code == code
    assert says in told.stderr


def test_a_key_to_look_reads_and_changes_nothing(ground: Playground) -> None:
    looking = typing.Terminal(ground, "view")
    assert looking.type("kubectl get svc web -o name").stdout == "service/web\n"
    before = call(ground.own, headers={"Authorization": f"Bearer {ground.made['view_key']}"}).json()["revision"]
    for line in ("kubectl delete svc web", "kubectl scale deploy web --replicas=9", "kubectl exec client -- hostname"):
        told = looking.type(line)
        assert told.code == 1
        assert "This link may look, not change" in told.stderr
    assert call(ground.own, headers={"Authorization": f"Bearer {ground.made['view_key']}"}).json()["revision"] == before


def test_nobody_types_without_a_key(ground: Playground) -> None:
    done = call(f"{ground.url}/p/{ground.id}/terminal", "POST", b"line=help")
    assert done.status == 401


def test_a_line_leaves_namespace_files_and_variables_to_the_next(ground: Playground) -> None:
    terminal = typing.Terminal(ground)
    terminal.type("NAME=web; echo hello > greeting.txt; kubectl config set-context --current --namespace=kube-system")
    assert terminal.type("cat greeting.txt; echo $NAME").stdout == "hello\nweb\n"
    assert terminal.type("kubectl get svc -o name").stdout == "service/kube-dns\n"
    assert terminal.type("false").code == 1
    assert terminal.type("echo $?").stdout == "1\n"


def test_edit_opens_the_editor(ground: Playground) -> None:
    terminal = typing.Terminal(ground)
    assert terminal.type("kubectl edit svc web").code == 0
    assert terminal.edit == "Service/default/web"


CHOICES = [
    ("kube", ["kubectl "]),
    ("kubectl sca", ["scale "]),
    ("kubectl rollout st", ["status "]),
    ("kubectl create service node", ["nodeport "]),
    ("kubectl get endpointsl", ["endpointslice ", "endpointslices "]),
    ("kubectl get svc w", ["web "]),
    ("kubectl get svc/w", ["svc/web "]),
    ("kubectl -n kube-system get svc ", ["kube-dns "]),
    ("kubectl get pods --field", ["--field-selector="]),
    ("kubectl get pods -o w", ["wide "]),
    ("kubectl logs cl", ["client "]),
    ("kubectl cordon node-1", ["node-1 "]),
    ("kubectl get pods | gr", []),
    ("kubectl get frob x", []),
]


@pytest.mark.parametrize(("line", "words"), CHOICES, ids=[row[0] for row in CHOICES])
def test_completion_offers_what_fits(ground: Playground, line: str, words: list[str]) -> None:
    headers = {"Authorization": f"Bearer {ground.made['view_key']}"}
    query = typing.urllib.parse.urlencode({"line": line})
    page = call(f"{ground.url}/p/{ground.id}/terminal/choices?{query}", headers=headers).body.decode()
    assert [part.partition('"')[0] for part in page.split('data-word="')[1:]] == words


def test_the_kubeconfig_comes_with_a_key_that_works(ground: Playground) -> None:
    headers = {"Authorization": f"Bearer {ground.made['view_key']}"}
    found = call(f"{ground.url}/p/{ground.id}/terminal/kubeconfig", "POST", b"", headers)
    assert found.headers["content-disposition"] == 'attachment; filename="podlane.kubeconfig"'
    ground.kubeconfig.write_bytes(found.body)
    assert ground.kubectl("get", "svc", "web", "-o", "name").stdout == "service/web\n"
    assert ground.kubectl("delete", "svc", "web").returncode == 1
