"""The pages through a real server: forms in, 204 or the form again out, and never a lost edit."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.lessons import facts, scenarios

SELECTOR_OUTSIDE = """\
kind: Service
apiVersion: v1
metadata:
  name: outside
spec:
  type: NodePort
  ports:
    - port: 8080
      nodePort: 30050
selector:
  app: web
"""


@pytest.fixture
def browser(address: str) -> Iterator[httpx.Client]:
    """A browser's cookie jar."""
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


class Ground:
    """One playground in instant time, opened with its link."""

    def __init__(self, browser: httpx.Client, scenario: str = scenarios.FIRST) -> None:
        body = {"scenario": scenario, "time": "instant", "seed": 3}
        self.made = browser.post("/api/v1/playgrounds", json=body).json()
        self.browser = browser
        self.path = f"/p/{self.made['id']}"
        self.sign_in(browser, "edit")

    def sign_in(self, browser: httpx.Client, role: str) -> httpx.Response:
        return browser.post(f"{self.path}/sign-in", data={"k": self.made[f"{role}_key"]})

    def get(self, part: str = "", **query: str) -> str:
        answer = self.browser.get(self.path + part, params=query)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    def post(self, part: str, **form: str) -> httpx.Response:
        return self.browser.post(self.path + part, data=form, headers={"HX-Request": "true"})

    def object(self, ref: str) -> str:
        """What the YAML tab shows of an object."""
        text = self.get("/panel", tab="yaml", ref=ref)
        found = re.search(r"<textarea[^>]*name=\"text\"[^>]*>(.*?)</textarea>", text, re.DOTALL)
        assert found, text
        return found.group(1)

    def version(self, ref: str) -> str:
        found = re.search(r"resourceVersion: '(\d+)'", self.object(ref))
        assert found
        return found.group(1)

    @property
    def revision(self) -> int:
        key = {"Authorization": f"Bearer {self.made['edit_key']}"}
        return int(self.browser.get(f"/api/v1/playgrounds/{self.made['id']}", headers=key).json()["revision"])

    def pod(self, app: str) -> str:
        found = re.search(rf'data-ref="(Pod/default/{app}-[^"]+)"', self.get("/table"))
        assert found
        return found.group(1)


@pytest.fixture
def ground(browser: httpx.Client) -> Ground:
    return Ground(browser)


def toast(answer: httpx.Response) -> str:
    return answer.headers.get("HX-Trigger", "")


def test_one_button_makes_a_playground_that_this_browser_finds_again(browser: httpx.Client) -> None:
    made = browser.post("/playgrounds")
    assert made.status_code == 303
    path = made.headers["location"].partition("?")[0]
    assert browser.get(path).status_code == 200
    home = browser.get("/").text
    assert f'href="{path}"' in home
    assert "30 days" in home


def test_a_playground_is_renamed_and_deleted_on_the_front_page(browser: httpx.Client, ground: Ground) -> None:
    browser.post(f"/playgrounds/{ground.made['id']}/rename", data={"title": "Shop <1>"})
    assert "Shop &lt;1&gt;" in browser.get("/").text
    browser.post(f"/playgrounds/{ground.made['id']}/delete")
    assert "Shop" not in browser.get("/").text
    assert browser.get(ground.path).status_code == 404


def test_without_a_key_the_page_says_what_to_do_and_shows_nothing(address: str, ground: Ground) -> None:
    with httpx.Client(base_url=address) as stranger:
        page = stranger.get(ground.path)
        assert page.status_code == 200
        assert "opens with its link" in page.text
        assert "client" not in page.text
        for part in ("/panel", "/table", "/left", "/search", "/stream", "/share"):
            assert stranger.get(ground.path + part).status_code == 401, part


def test_a_wrong_key_opens_nothing(address: str, ground: Ground) -> None:
    with httpx.Client(base_url=address) as stranger:
        assert stranger.post(f"{ground.path}/sign-in", data={"k": "no-such-key"}).status_code == 403
        assert "opens with its link" in stranger.get(ground.path).text


def test_a_view_link_looks_and_changes_nothing(address: str, ground: Ground) -> None:
    before = ground.revision
    with httpx.Client(base_url=address) as viewer:
        assert ground.sign_in(viewer, "view").status_code == 204
        page = viewer.get(ground.path).text
        assert "view only" in page
        assert 'id="send"' not in page
        for part in ("/labels", "/selector", "/ports", "/scale", "/ready", "/delete", "/undo", "/redo", "/requests",
                     "/apply", "/validate", "/add/pod", "/share", "/rename", "/show/name"):  # fmt: skip
            assert viewer.post(ground.path + part, data={"ref": "Pod/default/client"}).status_code == 403, part
    assert ground.revision == before


def test_shared_links_open_for_what_they_say(address: str, ground: Ground) -> None:
    for role, can_send in (("view", False), ("edit", True)):
        dialog = ground.post("/share", role=role).text
        link = re.search(r'value="([^"]+#k=[^"]+)"', dialog)
        assert link
        with httpx.Client(base_url=address) as other:
            other.post(f"{ground.path}/sign-in", data={"k": link.group(1).partition("#k=")[2]})
            assert ('id="send"' in other.get(ground.path).text) is can_send


def test_an_unknown_page_says_what_to_do_next(browser: httpx.Client) -> None:
    page = browser.get("/p/zzzzzzzzzzzzzzzzzz")
    assert page.status_code == 404
    assert 'href="/"' in page.text


def test_labels_are_written_and_the_page_changes_only_by_the_stream(ground: Ground) -> None:
    answer = ground.post("/labels", ref="Pod/default/client", text="app=client, team=blue")
    assert (answer.status_code, answer.text) == (204, "")
    assert "team: blue" in ground.object("Pod/default/client")


@pytest.mark.parametrize(
    ("text", "says"),
    [("app", "app is no pair"), ("app=not ok!", "label"), ("-x-=1", "label"), ("a=1, a=2", "stands there twice")],
)
def test_a_refused_label_keeps_what_was_typed_and_changes_nothing(ground: Ground, text: str, says: str) -> None:
    before = ground.object("Pod/default/client")
    answer = ground.post("/labels", ref="Pod/default/client", text=text)
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#panel"
    shown = html.unescape(answer.text)
    assert says in shown
    assert f">{text}</textarea>" in shown
    assert ground.object("Pod/default/client") == before


def test_a_selector_is_edited_in_place_and_counted_while_typing(ground: Ground) -> None:
    assert ground.get("/match", namespace="default", text="app=web") == "matches 3 of 4 pods"
    assert ground.get("/match", namespace="default", text="app=wbe") == "matches 0 of 4 pods, 4 come close"
    assert "no pair" in ground.get("/match", namespace="default", text="app")
    assert ground.post("/selector", ref="Service/default/web", text="app=cart").status_code == 204
    assert "matches 0 of 4 pods" in ground.get("/panel", ref="Service/default/web")


def test_who_selects_whom_names_the_key_to_blame(ground: Ground) -> None:
    ground.post("/labels", ref="Pod/default/client", text="app=web, track=x")
    ground.post("/selector", ref="Service/default/web", text="app=web, track=blue")
    text = " ".join(re.sub(r"<[^>]+>", " ", ground.get("/panel", tab="selects", ref="Service/default/web")).split())
    assert "client comes close app=web track= x wanted blue" in text
    assert "track is missing, wanted blue" in text


def test_each_port_of_a_service_is_changed_in_its_form(ground: Ground) -> None:
    ground.post("/ports", **{"ref": "Service/default/web", "type": "NodePort", "port-0": "8080", "target-0": "81"})
    text = ground.object("Service/default/web")
    assert "type: NodePort" in text
    assert "port: 8080" in text
    assert "targetPort: 81" in text
    assert re.search(r"nodePort: 3[0-2]\d{3}", text)


def test_a_refused_port_is_explained_and_kept(ground: Ground) -> None:
    answer = ground.post(
        "/ports", **{"ref": "Service/default/web", "type": "ClusterIP", "port-0": "70000", "target-0": "80"}
    )
    assert answer.status_code == 422
    assert 'value="70000"' in answer.text
    assert "must be between 1 and 65535" in answer.text


def test_scaling_goes_by_steps_and_by_number(ground: Ground) -> None:
    assert ground.post("/scale", ref="Deployment/default/web", step="1", replicas="3").status_code == 204
    assert "replicas: 4" in ground.object("Deployment/default/web")
    assert ground.post("/scale", ref="Deployment/default/web", replicas="1").status_code == 204
    assert "1 of 1 ready" in ground.get("/panel", ref="Deployment/default/web")
    refused = ground.post("/scale", ref="Deployment/default/web", replicas="many")
    assert refused.status_code == 422
    assert "replicas must be a number" in toast(refused)


def test_readiness_is_broken_and_mended(ground: Ground) -> None:
    pod = ground.pod("web")
    ground.post("/ready", ref=pod, ready="false")
    assert "not ready" in ground.get("/panel", ref=pod)
    assert "2 ready" in ground.get("/table")
    ground.post("/ready", ref=pod, ready="true")
    assert "3 ready" in ground.get("/table")


def test_a_deletion_is_undone_and_done_again(ground: Ground) -> None:
    answer = ground.post("/delete", ref="Service/default/web")
    assert '"undo": true' in toast(answer)
    assert "is no longer there" in ground.get("/panel", ref="Service/default/web")
    assert ground.post("/undo").status_code == 204
    assert "Selector" in ground.get("/panel", ref="Service/default/web")
    assert ground.post("/redo").status_code == 204
    assert "is no longer there" in ground.get("/panel", ref="Service/default/web")


def test_what_cannot_be_undone_is_said(ground: Ground) -> None:
    refused = ground.post("/undo")
    assert refused.status_code == 422
    assert refused.headers["HX-Reswap"] == "none"
    assert "taken back" in toast(refused)


@pytest.mark.parametrize("kind", ["pod", "deployment", "service", "namespace", "node"])
def test_every_form_that_adds_works_as_it_stands(ground: Ground, kind: str) -> None:
    form = ground.get(f"/add/{kind}")
    typed = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', re.sub(r"\s+", " ", form)))
    typed |= dict(re.findall(r'<input[^>]*name="([^"]+)" type="\w+" value="([^"]*)"', form))
    typed |= dict(re.findall(r'<select[^>]*name="(\w+)".*?<option value="([^"]+)" selected', form))
    answer = ground.post(f"/add/{kind}", **typed)
    assert answer.status_code == 204, answer.text
    assert "added" in toast(answer)


def test_a_refused_addition_keeps_what_was_typed(ground: Ground) -> None:
    answer = ground.post("/add/pod", name="Not A Name", image="nginx", namespace="default")
    assert answer.status_code == 422
    assert 'value="Not A Name"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    twice = ground.post("/add/pod", name="client", image="nginx", namespace="default")
    assert "already exists" in html.unescape(twice.text)


@pytest.mark.parametrize(
    "text",
    [SELECTOR_OUTSIDE, SELECTOR_OUTSIDE.replace("  ", "\t").replace("selector:\n\tapp", "  selector:\n    app")],
    ids=["outside spec", "tabs"],
)
def test_a_broken_manifest_is_marked_explained_and_mended_by_one_click(ground: Ground, text: str) -> None:
    before = ground.revision
    for part in ("/validate", "/apply"):
        answer = ground.post(part, text=text)
        shown = html.unescape(answer.text)
        assert re.search(r'data-line="\d+"', shown)
        assert "the server says" in shown
        assert "Use the mended version" in shown
    assert html.unescape(answer.text).count(text.splitlines()[-1])
    assert ground.get("/search", q="outside").count("data-ref") == 0
    assert ground.revision <= before + 1
    mended = re.search(r'class="mended-text" readonly>(.*?)</textarea>', shown, re.DOTALL)
    assert mended
    assert ground.post("/apply", text=mended.group(1)).status_code == 204
    assert "matches 3 of 4 pods" in ground.get("/panel", ref="Service/default/outside")


def test_manifests_are_tried_on_a_copy_while_they_are_typed(ground: Ground) -> None:
    before = ground.revision
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\nspec:\n  ports:\n    - port: 0\n"
    shown = html.unescape(ground.post("/validate", text=text).text)
    assert "must be between 1 and 65535" in shown
    assert 'data-line="7"' in shown
    assert ground.revision == before


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5000,
        "a: &a [x]\nb: [*a, *a",
        "{",
        "kind: Pod",
        "- just\n- a list",
        "x" * 100_000,
        "apiVersion: v1\nkind: Pod\nmetadata: 7",
    ],
    ids=["deep", "cut off", "brace", "half", "list", "long", "wrong type"],
)
def test_no_text_breaks_the_editor(ground: Ground, text: str) -> None:
    before = ground.revision
    answer = ground.post("/apply", text=text)
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text
    assert ground.revision <= before + 1


def test_an_empty_text_is_refused_in_words(ground: Ground) -> None:
    answer = ground.post("/apply", text="")
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text


def test_several_documents_are_applied_together(ground: Ground) -> None:
    both = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\n"
    answer = ground.post("/apply", text=both)
    assert "2 applied: Namespace shop, ConfigMap c" in toast(answer)
    again = ground.post("/apply", text=both)
    assert "already is like this" in toast(again)


def test_two_browsers_on_one_object_lose_nothing(ground: Ground) -> None:
    ref = "Service/default/web"
    mine, version = ground.object(ref), ground.version(ref)
    ground.post("/selector", ref=ref, text="app=theirs")
    typed = mine.replace("port: 80\n", "port: 81\n", 1)
    answer = ground.post("/apply", ref=ref, version=version, text=typed)
    assert answer.status_code == 409
    shown = html.unescape(answer.text)
    assert "Somebody else changed it meanwhile" in shown
    assert "port: 81" in shown
    assert "app: theirs" in shown
    over = re.search(r'name="version" value="(\d+)">Apply mine', shown)
    assert over
    assert ground.post("/apply", ref=ref, version=over.group(1), text=typed).status_code == 204
    assert "app: web" in ground.object(ref)


def requests(ground: Ground, **form: str) -> tuple[int, str]:
    """Send, and return the request's revision with what the inspector then shows."""
    asked = {"source": "pod:default/client", "to": "http://web", "count": "1", **form}
    answer = ground.post("/requests", **asked)
    assert answer.status_code == 204, answer.text
    page = ground.get("")
    found = re.search(r'id="result" data-revision="(\d+)"', page)
    assert found
    return int(found.group(1)), " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_request_is_told_step_by_step(ground: Ground) -> None:
    _, text = requests(ground)
    for words in ("answered 200", "1 · DNS", "2 · connect", "DNAT", "because of", "KUBE-SVC-", "the server saw"):
        assert words in text, words


def test_a_hundred_requests_are_shown_as_shares(ground: Ground) -> None:
    _, text = requests(ground, count="100")
    assert "100 of 100 arrived" in text
    assert "even would be 33.3 %" in text


def test_a_request_that_cannot_be_read_keeps_what_was_typed(ground: Ground) -> None:
    answer = ground.post("/requests", source="pod:default/client", to="ftp://web", count="10")
    assert answer.status_code == 422
    assert 'value="ftp://web"' in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("to", "source", "headline"),
    [
        ("http://webs", "pod:default/client", "no such name"),
        ("http://web:81", "pod:default/client", "timeout"),
        ("http://10.0.0.11:31999", "outside", "connection refused"),
    ],
)
def test_a_failure_says_which_and_what_else_it_could_be(ground: Ground, to: str, source: str, headline: str) -> None:
    _, text = requests(ground, to=to, source=source)
    assert headline in text
    assert "ruled out" in text


def test_the_nearest_fix_is_tried_on_a_copy_and_applied_by_one_click(browser: httpx.Client) -> None:
    ground = Ground(browser, "selector-typo")
    revision, text = requests(ground, to="http://cart")
    assert "matches 0 of 3 pods" in text
    assert "Nearest fix" in text
    before = ground.revision
    assert "20 of 20 requests would arrive" in ground.post(f"/requests/{revision}/try").text
    assert ground.revision == before
    assert ground.post(f"/requests/{revision}/fix").status_code == 204
    assert "answered 200" in requests(ground, to="http://cart")[1]


@pytest.mark.parametrize("fact", facts.FACTS, ids=lambda fact: fact.slug)
def test_every_fact_can_be_shown_in_the_first_playground(ground: Ground, fact: facts.Fact) -> None:
    answer = ground.post(f"/show/{fact.slug}")
    assert answer.status_code == 204
    assert "podlane:ask" in toast(answer) or "podlane:show" in toast(answer)


def test_a_fact_that_cannot_be_shown_says_what_is_missing(browser: httpx.Client) -> None:
    ground = Ground(browser, "empty")
    assert facts.NEEDS_CLIENT in ground.get("/left")


@pytest.mark.parametrize("scenario", scenarios.all(), ids=lambda scenario: scenario.slug)
def test_every_scenario_opens(browser: httpx.Client, scenario: scenarios.Scenario) -> None:
    ground = Ground(browser, scenario.slug)
    page = ground.get("")
    assert scenario.title in page
    for tab in ("main", "yaml", "events", "selects"):
        ground.get("/panel", tab=tab)


def test_every_object_has_every_tab(ground: Ground) -> None:
    refs = set(re.findall(r'data-ref="([A-Z][^"]+)"', ground.get("/table") + ground.get("/search", q="e")))
    assert {ref.partition("/")[0] for ref in refs} >= {"Service", "Pod", "Deployment", "Node", "EndpointSlice"}
    for ref in refs:
        for tab in ("main", "yaml", "events", "selects"):
            assert ref.rpartition("/")[2] in ground.get("/panel", tab=tab, ref=ref)


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("web", "Service/default/web"),
        ("10.96.0.10", "Service/kube-system/kube-dns"),
        ("app=client", "Pod/default/client"),
    ],
)
def test_search_finds_by_name_address_and_label(ground: Ground, query: str, finds: str) -> None:
    assert f'data-ref="{finds}"' in ground.get("/search", q=query)


def test_what_people_name_things_is_never_html(ground: Ground) -> None:
    title = "</script><img src=x>"
    ground.post("/rename", title=title)
    page = ground.browser.get(ground.path).text
    assert "<img src=x>" not in page
    assert title in html.unescape(page)


def test_the_stream_brings_a_tick_for_each_command(ground: Ground) -> None:
    since = ground.revision
    ground.post("/labels", ref="Pod/default/client", text="app=client, a=b")
    with ground.browser.stream("GET", f"{ground.path}/stream", params={"since": str(since)}) as answer:
        line = next(line for line in answer.iter_lines() if line.startswith("data: "))
    told: dict[str, Any] = httpx.Response(200, text=line[6:]).json()
    assert told["tick"]["name"] == "Pod client changed"
    assert told["tick"]["revision"] == told["revision"] == since + 1


def test_static_parts_named_by_templates_are_there(browser: httpx.Client, ground: Ground) -> None:
    page = ground.get("") + browser.get("/").text
    for path in set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page)):
        assert browser.get(path).status_code == 200, path


def test_icons_that_templates_use_are_drawn() -> None:
    folder = Path(__file__).resolve().parents[2]
    drawn = set(re.findall(r'symbol id="([a-z]+)"', (folder / "static/img/icons.svg").read_text()))
    used = {
        name
        for path in (folder / "templates").rglob("*.html")
        for name in re.findall(r'icon\("([a-z]+)"\)', path.read_text())
    }
    assert used <= drawn
