"""What a person can do on the page, in a real Chromium against a real server: the promises one by one, with pictures."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.served import Served

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE = 15_000
NARROW = {"width": 360, "height": 740}

Shot = Callable[[Page, str], Path]

BROKEN = """\
apiVersion: v1
kind: Service
metadata:
  name: outside
spec:
  type: NodePort
  ports:
    - port: 8080
      targetPort: 80
      nodePort: 30050
selector:
  app: web
"""


def begin(page: Page, server: Served, scenario: str = "") -> str:
    """Starts a playground from the front page; returns its address."""
    page.goto(server.url)
    if scenario:
        page.locator(f"form:has(input[value={scenario}]) button").click()
    else:
        page.get_by_role("button", name="Start a playground").click()
    page.wait_for_url("**/p/*")
    page.wait_for_selector("html[data-alive]", timeout=PATIENCE)
    return page.url.partition("?")[0]


def until(page: Page, url: str, pattern: str) -> None:
    """Waits until the table view holds the pattern."""
    page.wait_for_function(
        "async ([url, pattern]) => new RegExp(pattern).test(await (await fetch(url)).text())",
        arg=[f"{url}/table", pattern],
        timeout=PATIENCE,
    )


def outcome(page: Page, words: str) -> None:
    expect(page.locator("#result-title")).to_have_text(words, timeout=PATIENCE)


def drawn(page: Page, words: str) -> None:
    """Waits until the packet has come to its end in the diagram."""
    expect(page.locator(".diagram-place")).to_contain_text(words, timeout=PATIENCE)


def ask(page: Page, to: str = "", source: str = "", count: int = 1) -> None:
    if source:
        page.select_option("#source", source)
    if to:
        page.fill("#to", to)
    page.locator(f"#asking input[name=count][value='{count}']").check(force=True)
    page.click("#send")


def open_object(page: Page, ref: str) -> None:
    """Finds an object by the search and opens it."""
    page.click("#search-open")
    page.fill("#query", ref.rpartition("/")[2])
    page.locator(f'#found [data-ref="{ref}"]').click()
    expect(page.locator("#panel")).to_have_attribute("data-ref", ref)


def pods(page: Page, url: str, app: str) -> list[str]:
    text = page.request.get(f"{url}/table").text()
    return re.findall(rf'data-ref="(Pod/default/{app}-[^"]+)"', text)


def accessible(page: Page) -> None:
    page.evaluate(AXE.read_text())
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)
    wrong = [(rule["id"], [node["target"] for node in rule["nodes"]]) for rule in found["violations"]]
    assert not wrong


def test_one_button_gives_a_playground_with_a_request_on_its_way(page: Page, server: Served, shot: Shot) -> None:
    page.goto(server.url)
    accessible(page)
    shot(page, "home")
    begin(page, server)
    expect(page.locator("[data-hint]:visible")).to_have_count(1)
    outcome(page, "answered 200")
    expect(page.locator(".asked")).to_contain_text("client → http://web")
    drawn(page, "answered 200")
    accessible(page)
    shot(page, "first-visit")


def test_objects_are_added_edited_scaled_and_deleted(page: Page, server: Served, shot: Shot) -> None:
    url = begin(page, server, "empty")
    shot(page, "empty")
    page.get_by_role("button", name="Deployment", exact=True).first.click()
    page.fill("#add-name", "api")
    page.fill("#add-labels", "app=api")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#panel")).to_have_attribute("data-ref", "Deployment/default/api")
    expect(page.locator(".summary .state")).to_have_text("2 of 2 ready", timeout=PATIENCE)
    page.get_by_label("One replica more").click()
    expect(page.locator(".summary .state")).to_have_text("3 of 3 ready", timeout=PATIENCE)
    page.get_by_role("button", name="Service", exact=True).first.click()
    expect(page.locator("#add-selector")).to_have_value("app=api")
    expect(page.locator("#count-selector")).to_contain_text("matches 3 of 3 pods")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#panel")).to_have_attribute("data-ref", "Service/default/api")
    expect(page.locator(".members li")).to_have_count(3, timeout=PATIENCE)
    shot(page, "service")
    page.locator(".summary-head").get_by_role("button", name="Delete").click()
    expect(page.locator(".gone")).to_be_visible(timeout=PATIENCE)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#selector-form")).to_be_visible(timeout=PATIENCE)
    assert len(pods(page, url, "api")) == 3


def test_readiness_breaks_and_mends(page: Page, server: Served) -> None:
    url = begin(page, server)
    outcome(page, "answered 200")
    pod = pods(page, url, "web")[0]
    open_object(page, pod)
    page.get_by_role("button", name="Make its probe fail").click()
    expect(page.locator(".summary .state")).to_have_text("not ready", timeout=PATIENCE)
    page.get_by_role("button", name="Let its probe succeed again").click()
    expect(page.locator(".summary .state")).to_have_text("Running", timeout=PATIENCE)


def test_a_selector_shows_while_it_is_typed_who_matches_and_which_key_is_to_blame(
    page: Page, server: Served, shot: Shot
) -> None:
    url = begin(page, server, "two-deployments-one-service")
    until(page, url, "3 ready")
    open_object(page, "Service/default/web")
    field = page.get_by_label("Selector, as key=value, comma between")
    field.fill("app=web, track=blue")
    expect(page.locator("#selector-count")).to_have_text("matches 2 of 4 pods, 1 comes close")
    shot(page, "selector")
    page.locator("#selector-form").get_by_role("button", name="Save").click()
    expect(page.locator(".members li")).to_have_count(2, timeout=PATIENCE)
    page.get_by_role("tab", name="Who selects whom").click()
    near = page.locator(".verdicts li.near")
    expect(near).to_contain_text("comes close")
    expect(near.locator(".chip.blame")).to_have_text("track=green")
    shot(page, "who-selects-whom")


def test_a_refusal_keeps_what_was_typed(page: Page, server: Served) -> None:
    begin(page, server)
    outcome(page, "answered 200")
    open_object(page, "Pod/default/client")
    page.fill("#labels-text", "app")
    page.keyboard.press("Enter")
    expect(page.locator("#labels-form .problem")).to_contain_text("app is no pair")
    expect(page.locator("#labels-text")).to_have_value("app")


@pytest.mark.parametrize(
    ("name", "source", "to", "words"),
    [
        ("refused-by-nobody", "outside", "http://10.0.0.11:31999", "connection refused"),
        ("timeout", "outside", "http://10.96.0.1", "timeout"),
        ("no-such-name", "pod:default/client", "http://webs", "no such name"),
        ("from-a-node", "node:node-1", "http://10.96.0.10:53", "connection reset"),
    ],
)
def test_a_failure_says_where_it_stopped_and_why(
    page: Page, server: Served, shot: Shot, name: str, source: str, to: str, words: str
) -> None:
    begin(page, server)
    outcome(page, "answered 200")
    ask(page, to, source)
    expect(page.locator(".asked")).to_contain_text(to, timeout=PATIENCE)
    outcome(page, words)
    expect(page.locator(".sentence")).not_to_be_empty()
    expect(page.locator("#result .step[data-step]").last).to_be_visible()
    drawn(page, {"timeout": "Silence at", "no such name": "No such name"}.get(words, "Stopped at"))
    shot(page, name)


def test_a_request_is_followed_hop_by_hop(page: Page, server: Served, shot: Shot) -> None:
    begin(page, server)
    outcome(page, "answered 200")
    rewritten = page.locator("#result li.step[data-step]").filter(has_text="DNAT").locator(".packet")
    expect(rewritten.locator("del")).to_contain_text("10.")
    expect(rewritten.locator("ins")).to_contain_text(":80")
    expect(page.locator("#result li.step[data-step] .because").first).to_be_visible()
    page.click("#next-hop")
    page.click("#next-hop")
    expect(page.locator(".step.current")).to_have_count(1)
    shot(page, "arrived")
    page.locator("#result li.step[data-step] .because [data-ref^=Service]").first.click()
    expect(page.locator("#panel")).to_have_attribute("data-ref", "Service/default/web")


def test_the_nearest_fix_is_tried_applied_and_works(page: Page, server: Served, shot: Shot) -> None:
    url = begin(page, server, "selector-typo")
    until(page, url, "2 of 2 ready")
    expect(page.locator("#source option[value='pod:default/client']")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator("#source")).to_have_value("pod:default/client")
    ask(page)
    outcome(page, "connection refused")
    expect(page.locator(".sentence")).to_contain_text("selector app=cart matches 0 of 3 pods")
    drawn(page, "Stopped at")
    shot(page, "refused")
    fix = page.locator("#fix")
    fix.get_by_role("button", name="Try it").click()
    expect(fix.locator("#tried")).to_have_text("Tried: 20 of 20 requests would arrive.")
    shot(page, "fix")
    fix.get_by_role("button", name="Apply").click()
    expect(page.locator(".toast")).to_contain_text("Applied")
    until(page, url, "2 ready")
    page.locator(".toast").get_by_role("button", name="Send it again").click()
    expect(page.locator("#result-title")).not_to_have_text("connection refused", timeout=PATIENCE)


def test_a_hundred_requests_show_their_shares(page: Page, server: Served, shot: Shot) -> None:
    begin(page, server)
    outcome(page, "answered 200")
    ask(page, count=100)
    outcome(page, "100 of 100 arrived")
    expect(page.locator(".bar-row")).to_have_count(3)
    counts = [int(text.split()[0]) for text in page.locator(".bar-number").all_inner_texts()]
    assert sum(counts) == 100
    shot(page, "hundred")


def test_a_broken_manifest_is_marked_explained_and_mended(page: Page, server: Served, shot: Shot) -> None:
    begin(page, server)
    outcome(page, "answered 200")
    page.get_by_role("button", name="YAML", exact=True).click()
    page.locator("dialog .editor.mounted .cm-content").click()
    page.keyboard.insert_text(BROKEN)
    fault = page.locator(".fault")
    expect(fault).to_contain_text("selector")
    expect(fault).to_have_attribute("data-line", "11")
    expect(fault.locator(".server-words")).to_contain_text('unknown field "selector"')
    shot(page, "broken-manifest")
    accessible(page)
    page.get_by_role("button", name="Use the mended version").click()
    expect(page.locator(".fault")).to_have_count(0)
    page.get_by_role("dialog").get_by_role("button", name="Apply").click()
    expect(page.locator(".toast")).to_contain_text("1 applied: Service outside")
    open_object(page, "Service/default/outside")
    expect(page.locator(".members li")).to_have_count(3, timeout=PATIENCE)


def test_what_two_people_write_at_once_is_shown_to_the_second(
    page: Page, context: BrowserContext, server: Served, shot: Shot
) -> None:
    url = begin(page, server)
    outcome(page, "answered 200")
    other = context.new_page()
    for tab in (page, other):
        tab.goto(f"{url}?ref=Service/default/web&tab=yaml")
        tab.wait_for_selector(".editor.mounted", timeout=PATIENCE)
    change(page, "targetPort: 80", "targetPort: 8080")
    expect(page.locator(".toast")).to_contain_text("Saved", timeout=PATIENCE)
    change(other, "port: 80\n", "port: 81\n")
    theirs = other.locator(".theirs")
    expect(theirs).to_contain_text("Somebody else changed it meanwhile")
    expect(theirs.locator(".removed")).to_contain_text(["port: 80", "targetPort: 8080"])
    shot(other, "conflict")
    theirs.get_by_role("button", name="Apply mine over it").click()
    expect(other.locator(".toast")).to_contain_text("Saved", timeout=PATIENCE)


def change(page: Page, before: str, after: str) -> None:
    """Replaces a text in the editor and applies it."""
    page.evaluate(
        """([before, after]) => {
            const area = document.querySelector("textarea.yaml");
            area.value = area.value.replace(before, after);
            area.dispatchEvent(new CustomEvent("podlane:text"));
        }""",
        [before, after],
    )
    page.locator("#editing").get_by_role("button", name="Apply").first.click()


def test_two_browsers_see_the_same_change(page: Page, context: BrowserContext, server: Served) -> None:
    url = begin(page, server)
    outcome(page, "answered 200")
    other = context.new_page()
    other.goto(f"{url}?ref=Pod/default/client")
    other.wait_for_selector("html[data-alive]")
    open_object(page, "Pod/default/client")
    page.fill("#labels-text", "app=client, team=blue")
    page.keyboard.press("Enter")
    expect(other.locator("#labels-text")).to_have_value(re.compile("team=blue"), timeout=PATIENCE)


def test_changes_are_undone_and_done_again_by_keys(page: Page, server: Served) -> None:
    begin(page, server)
    outcome(page, "answered 200")
    open_object(page, "Deployment/default/web")
    page.get_by_label("One replica fewer").click()
    expect(page.locator(".summary .state")).to_have_text("2 of 2 ready", timeout=PATIENCE)
    page.locator("#panel").focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".summary .state")).to_have_text("3 of 3 ready", timeout=PATIENCE)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".summary .state")).to_have_text("2 of 2 ready", timeout=PATIENCE)


def test_nothing_is_lost_when_the_server_is_killed(
    page: Page, serve: Callable[..., Served], complaints: list[str]
) -> None:
    server = serve()
    url = begin(page, server)
    outcome(page, "answered 200")
    open_object(page, "Pod/default/client")
    page.fill("#labels-text", "app=client, kept=yes")
    page.keyboard.press("Enter")
    expect(page.locator("#ticks .tick")).not_to_have_count(0)
    until(page, url, "kept=yes")
    expect(page.locator("#labels-text")).to_have_value(re.compile("kept=yes"))
    server.kill()
    expect(page.locator("#lost")).to_be_visible(timeout=PATIENCE)
    serve(port=server.port)
    expect(page.locator("#lost")).to_be_hidden(timeout=30_000)
    page.goto(f"{url}?ref=Pod/default/client")
    expect(page.locator("#labels-text")).to_have_value(re.compile("kept=yes"))
    page.goto(server.url)
    expect(page.get_by_role("link", name="Open First steps")).to_be_visible()
    complaints.clear()


def test_a_playground_is_found_renamed_and_deleted_again(page: Page, server: Served, shot: Shot) -> None:
    begin(page, server)
    page.get_by_label("Name of the playground").fill("My shop")
    with page.expect_response("**/rename"):
        page.keyboard.press("Enter")
    page.goto(server.url)
    name = page.get_by_label("Name of the playground").first
    expect(name).to_have_value("My shop")
    name.fill("My second shop")
    name.press("Enter")
    expect(page.get_by_label("Name of the playground").first).to_have_value("My second shop")
    shot(page, "my-playgrounds")
    page.get_by_label("Delete My second shop").click()
    page.get_by_role("button", name="Keep").click()
    page.get_by_label("Delete My second shop").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("None yet in this browser")).to_be_visible()


def test_a_link_opens_the_playground_elsewhere(page: Page, context: BrowserContext, server: Served) -> None:
    begin(page, server)
    outcome(page, "answered 200")
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make a link to look").click()
    link = page.get_by_label("Link to look at it").input_value()
    context.clear_cookies()
    other = context.new_page()
    other.goto(link.partition("#")[0])
    expect(other.get_by_role("heading", name="This playground opens with its link")).to_be_visible()
    other.goto(link)
    expect(other.get_by_text("view only")).to_be_visible()
    expect(other.locator("#result-title")).to_have_text("answered 200")
    assert "#" not in other.url
    expect(other.get_by_role("button", name="Send a request")).to_have_count(0)


def test_on_a_phone_the_table_tells_the_same_and_nothing_is_cut_off(page: Page, server: Served, shot: Shot) -> None:
    page.set_viewport_size(NARROW)
    begin(page, server)
    outcome(page, "answered 200")
    expect(page.locator("#result .step").first).to_be_visible()
    expect(page.get_by_role("heading", name="Services")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    accessible(page)
    shot(page, "phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_in_both_themes(page: Page, server: Served, shot: Shot, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    url = begin(page, server)
    outcome(page, "answered 200")
    for name, query in (
        ("service", "ref=Service/default/web"),
        ("pod", "ref=Pod/default/client"),
        ("table", "view=table"),
    ):
        page.goto(f"{url}?{query}")
        page.wait_for_selector("html[data-alive]")
        accessible(page)
        shot(page, f"{name}-{scheme}")


def test_the_chosen_theme_is_there_from_the_first_byte(page: Page, server: Served) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(server.url)
    page.get_by_label("Change between light and dark").click()
    assert 'data-theme="dark"' in page.request.get(server.url).text()
