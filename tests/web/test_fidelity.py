"""The fidelity passport through a real server: the page, its search, the cases to copy, the marks in forms, the JSON."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.kinds.fidelity import behaviours, passport
from app.web import adding, differences, passports
from tests.cluster_driver import Cluster
from tests.web import serving
from tools import differs

ROOT = Path(__file__).resolve().parents[2]
POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: kept
spec:
  priorityClassName: high
  containers:
    - name: web
      image: nginx
      workingDir: /srv
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        serving.running(tmp_path_factory.mktemp("fidelity")) as address,
        httpx.Client(base_url=address, timeout=60) as browser,
    ):
        yield browser


@pytest.fixture
def ground(client: httpx.Client) -> str:
    """The path of a playground this client may change."""
    made = client.post("/playgrounds", data={}, headers={"Origin": str(client.base_url).rstrip("/")})
    return made.headers["location"].partition("?")[0]


def page(client: httpx.Client, **asked: str) -> str:
    answer = client.get("/fidelity", params=asked)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def rows(text: str) -> list[str]:
    return re.findall(r'<li class="row" data-status="([a-z]*)"', text)


def test_the_page_lists_every_row_and_every_declared_difference(client: httpx.Client) -> None:
    text = page(client)
    for kind in passport.CLAIMS:
        assert f'id="{kind}"' in text
    assert all(one.title in text for one in behaviours.BEHAVIOURS)
    assert text.count('href="/fidelity/report?difference=') == len(differences.declared())
    assert len(rows(text)) == passports.page("", "", "").found


def test_what_the_code_declares_appears_by_itself() -> None:
    assert [(one.module, one.sentence) for one in differences.declared()] == [
        (one.module, one.sentence) for one in differs.deviations()
    ]


@pytest.mark.parametrize(
    ("asked", "there", "missing"),
    [
        ({"kind": "Service"}, "spec.externalIPs", "spec.workingDir"),
        ({"q": "workingDir"}, "spec.containers.workingDir", "spec.externalIPs"),
        ({"q": "pod TOLERATIONS"}, "spec.tolerations.tolerationSeconds", "spec.taints"),
        ({"status": "unknown"}, "SCTP", "spec.externalIPs"),
        ({"q": "ipvs"}, "Unrecorded", "spec.externalIPs"),
        ({"kind": "Nonsense", "status": "nonsense"}, "spec.externalIPs", "Nothing fits"),
        ({"q": "no such field"}, "Nothing fits", 'class="row"'),
    ],
)
def test_a_search_shows_what_fits(client: httpx.Client, asked: dict[str, str], there: str, missing: str) -> None:
    text = page(client, **asked)
    found = text[text.index('id="found"') :]
    assert there in found
    assert missing not in found


def test_a_standing_shows_only_its_rows(client: httpx.Client) -> None:
    assert set(rows(page(client, status="stored"))) == {"stored"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            {"kind": "Service", "field": "spec.externalIPs"},
            ("Service: spec.externalIPs", "checked by rule", "proxy.py"),
        ),
        ({"kind": "Pod", "field": "spec.priority"}, ("Pod: spec.priority", "Stored, not simulated")),
        ({"kind": "Deployment", "field": "spec.template"}, ("As Pod",)),
        ({"behaviour": "ipvs"}, ("ipvs mode", "Unrecorded", "test_ipvs.py")),
    ],
)
def test_a_case_comes_filled_in(client: httpx.Client, asked: dict[str, str], words: tuple[str, ...]) -> None:
    answer = client.get("/fidelity/report", params=asked)
    assert answer.status_code == 200
    case = html.unescape(answer.text).partition("<textarea")[2].partition("</textarea>")[0]
    assert all(word in case for word in (*words, f"Podlane {passports.version()}", "What my cluster did:"))


def test_every_link_of_the_page_leads_to_a_case(client: httpx.Client) -> None:
    links = set(re.findall(r'href="(/fidelity/report\?[^"]+)"', page(client)))
    assert len(links) > 500
    for link in sorted(links):
        assert passports.report(**parameters(link)) is not None, link


def parameters(link: str) -> dict[str, str]:
    asked = httpx.URL(link).params
    return {name: asked.get(name, "") for name in ("behaviour", "difference", "kind", "field")}


def test_a_case_that_is_not_there_is_not_found(client: httpx.Client) -> None:
    assert client.get("/fidelity/report", params={"kind": "Pod", "field": "spec.nonsense"}).status_code == 404
    assert client.get("/fidelity/report").status_code == 404


def test_typed_text_comes_back_escaped(client: httpx.Client) -> None:
    answer = client.get("/fidelity", params={"q": '"><script>'})
    assert '"><script>' not in answer.text


def validated(client: httpx.Client, ground: str, text: str) -> str:
    answer = client.post(f"{ground}/validate", data={"text": text})
    assert answer.status_code == 200
    return html.unescape(answer.text)


def marks(text: str) -> dict[str, int]:
    found = re.findall(r'class="kept-field" data-line="(\d+)" data-message="([\w.]+)', text)
    return {field: int(line) for line, field in found}


def test_a_stored_field_is_marked_where_it_is_written_and_can_be_applied(client: httpx.Client, ground: str) -> None:
    said = validated(client, ground, POD)
    assert marks(said) == {"spec.priorityClassName": 6, "spec.containers.workingDir": 10}
    assert 'class="fault"' not in said
    taken = POD.replace("  priorityClassName: high\n", "")
    assert client.post(f"{ground}/apply", data={"text": taken}).status_code == 204


def test_a_stored_field_is_marked_beside_a_fault(client: httpx.Client, ground: str) -> None:
    said = validated(client, ground, POD.replace("image: nginx", "image: nginx\n      ports: [{containerPort: 70000}]"))
    assert 'class="fault"' in said
    assert "spec.containers.workingDir" in marks(said)


def test_a_refused_form_keeps_its_marks(client: httpx.Client, ground: str) -> None:
    wrong = POD.replace("image: nginx", "image: nginx\n      ports: [{containerPort: 70000}]")
    answer = client.post(f"{ground}/apply", data={"text": wrong})
    assert answer.status_code == 422
    said = html.unescape(answer.text)
    assert 'class="fault"' in said
    assert set(marks(said)) == {"spec.priorityClassName", "spec.containers.workingDir"}


def test_a_kind_that_is_only_stored_says_so_once(client: httpx.Client, ground: str) -> None:
    text = "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q}\nspec: {hard: {pods: '3'}}\n"
    assert marks(validated(client, ground, text)) == {"ResourceQuota": 2}


def test_half_typed_text_is_no_error(client: httpx.Client, ground: str) -> None:
    for text in (
        "kind: Pod",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers: 7\n",
        "apiVersion: v1\nkind: Pod\nspec: []\n",
    ):
        validated(client, ground, text)


def test_the_inspector_lists_and_marks_them(client: httpx.Client, ground: str) -> None:
    assert (
        client.post(
            f"{ground}/apply", data={"text": POD.replace("priorityClassName: high", "hostIPC: true")}
        ).status_code
        == 204
    )
    summary = html.unescape(client.get(f"{ground}/panel", params={"ref": "Pod/default/kept"}).text)
    assert "spec.hostIPC is stored, not simulated" in summary
    assert "/fidelity?kind=Pod&q=spec.hostIPC" in summary
    assert "terminationMessagePath" not in summary
    yaml = html.unescape(client.get(f"{ground}/panel", params={"ref": "Pod/default/kept", "tab": "yaml"}).text)
    assert set(marks(yaml)) == {"spec.hostIPC", "spec.containers.workingDir"}


def test_an_ordinary_object_has_no_marks(client: httpx.Client, ground: str) -> None:
    for ref in ("Service/default/web", "Deployment/default/web", "Pod/default/client"):
        for tab in ("main", "yaml"):
            text = client.get(f"{ground}/panel", params={"ref": ref, "tab": tab}).text
            assert ref.rpartition("/")[2] in text
            assert "kept-" not in text


@pytest.mark.parametrize("kind", ["pod", "deployment", "service", "namespace", "node"])
def test_no_form_sets_a_field_that_is_only_stored(kind: str) -> None:
    held = Cluster().held
    typed = {one.name: one.value for one in adding.form(held, kind, {}).fields}
    made = adding.draft(held, kind, {"name": "made", "zone": "zone-b", **{k: v for k, v in typed.items() if v}})
    assert not passport.is_stored(made)
    assert not passport.stored_fields(made)


def test_tools_get_all_of_it_as_json(client: httpx.Client) -> None:
    told: dict[str, Any] = client.get("/api/v1/fidelity").json()
    assert told["kubernetes"] == "1.36"
    assert set(told["statuses"]) == {"recorded", "ruled", "stored", "unknown"}
    assert {row["slug"] for row in told["behaviours"]} == {one.slug for one in behaviours.BEHAVIOURS}
    assert len(told["differences"]) == len(differences.declared())
    by_path = {(row["kind"], row["path"]): row for row in told["fields"]}
    assert by_path["Service", "spec.externalIPs"]["status"] == "ruled"
    assert by_path["Deployment", "spec.template"] == {
        "api_version": "apps/v1",
        "kind": "Deployment",
        "path": "spec.template",
        "same_as": "Pod",
    }
    assert by_path["", "metadata.labels"]["witness"].startswith("tests/conformance/recorded/")
    assert all("same_as" in row or row["status"] in told["statuses"] for row in told["fields"])


def test_it_can_be_found_from_the_pages(client: httpx.Client, ground: str) -> None:
    assert 'href="/fidelity"' in client.get("/").text
    assert 'href="/fidelity"' in client.get(ground).text
    assert "(/fidelity)" in (ROOT / "README.md").read_text() or "`/fidelity`" in (ROOT / "README.md").read_text()
