"""The terminal in the page, in a real Chromium: what a person types there, sees there, and is told there."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_playground import AXE, PATIENCE, TAGS, Shot, begin
from tests.served import Served

PAYLOAD = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"


def enter(page: Page, line: str) -> None:
    """Types a line, runs it, and waits until it has ended."""
    page.fill("#terminal-line", line)
    page.press("#terminal-line", "Enter")
    expect(page.locator("#terminal-form.busy")).to_have_count(0, timeout=PATIENCE)


def printed(page: Page) -> str:
    """What the last line printed."""
    return "".join(page.locator(".ran").last.locator("pre").all_text_contents())


def test_a_line_prints_what_kubectl_prints_and_its_names_select(page: Page, server: Served, shot: Shot) -> None:
    begin(page, server)
    expect(page.locator("#result")).to_be_visible(timeout=PATIENCE)  # The first request of a first visit has come.
    enter(page, "kubectl get svc web")
    assert re.search(r"NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +ClusterIP", printed(page))
    page.locator(".ran").last.get_by_role("link", name="web").click()
    expect(page.locator("#panel")).to_have_attribute("data-ref", "Service/default/web")
    enter(page, "kubectl get svc nope")
    expect(page.locator(".ran.failed .err")).to_have_text('Error from server (NotFound): services "nope" not found\n')
    shot(page, "terminal")


def test_a_command_shows_in_the_diagram_as_it_happens(page: Page, server: Served) -> None:
    begin(page, server)
    enter(page, "kubectl scale deployment web --replicas=5")
    enter(page, "kubectl rollout status deployment/web")
    assert printed(page).endswith('deployment "web" successfully rolled out\n')
    page.select_option("#view", "table")
    expect(page.locator("#tables th .ref", has_text=re.compile(r"^web-\w+-\w{5}$"))).to_have_count(5, timeout=PATIENCE)


def test_a_click_shows_the_line_that_does_the_same(page: Page, server: Served) -> None:
    address = begin(page, server)
    page.goto(f"{address}?ref=Deployment/default/web")
    page.wait_for_selector("html[data-alive]")
    page.get_by_role("button", name="One replica more").click()
    shown = page.locator(".shown").last
    expect(shown).to_contain_text("kubectl scale deployment web --replicas=4", timeout=PATIENCE)
    expect(shown.get_by_role("button", name="Copy this line")).to_be_attached()


def test_history_completion_and_keys(page: Page, server: Served) -> None:
    begin(page, server)
    line = page.locator("#terminal-line")
    enter(page, "kubectl get ns")
    enter(page, "echo two")
    line.press("ArrowUp")
    expect(line).to_have_value("echo two")
    line.press("ArrowUp")
    expect(line).to_have_value("kubectl get ns")
    line.press("ArrowDown")
    line.press("ArrowDown")
    expect(line).to_have_value("")
    line.fill("kubectl descr")
    line.press("Tab")
    expect(line).to_have_value("kubectl describe ")
    line.fill("kubectl get deployments w")
    line.press("Tab")
    expect(line).to_have_value("kubectl get deployments web ")
    line.fill("kubectl get pods -n kube-s")
    line.press("Tab")
    expect(line).to_have_value("kubectl get pods -n kube-system ")
    line.fill("kubectl get se")
    line.press("Tab")
    expect(page.locator("#terminal-choices li", has_text="services")).to_be_visible()
    line.press("Control+l")
    expect(page.locator(".ran")).to_have_count(0)
    page.reload()
    page.wait_for_selector("html[data-alive]")
    page.locator("#terminal-line").press("ArrowUp")
    expect(page.locator("#terminal-line")).to_have_value("echo two")


def test_what_runs_on_streams_until_it_is_stopped(page: Page, server: Served) -> None:
    begin(page, server)
    page.fill("#terminal-line", "kubectl get deployment web -w")
    page.press("#terminal-line", "Enter")
    expect(page.locator(".ran pre")).to_contain_text("web", timeout=PATIENCE)
    page.evaluate(
        "fetch(location.pathname + '/scale', {method: 'POST', body: new URLSearchParams({ref: 'Deployment/default/web', replicas: '4'})})"
    )
    expect(page.locator(".ran pre").first).to_contain_text("4/4", timeout=PATIENCE)
    page.press("#terminal-line", "Control+c")
    expect(page.locator(".ran .note")).to_have_text("^C\n")
    enter(page, "echo still here")
    assert printed(page) == "still here\n"


def test_a_manifest_is_pasted_and_applied(page: Page, server: Served) -> None:
    begin(page, server)
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: pasted\n"
    page.evaluate(
        "text => { const held = new DataTransfer(); held.setData('text/plain', text);"
        " document.getElementById('terminal-line').dispatchEvent(new ClipboardEvent('paste', {clipboardData: held, cancelable: true, bubbles: true})); }",
        manifest,
    )
    expect(page.locator("#terminal-line")).to_have_value(re.compile(r"^kubectl apply -f - <<'EOF'\n"))
    page.press("#terminal-line", "Enter")
    expect(page.locator(".ran pre")).to_have_text("configmap/pasted created\n", timeout=PATIENCE)


def test_what_is_printed_is_never_html(page: Page, server: Served) -> None:
    begin(page, server)
    enter(page, f"kubectl annotate svc web 'note={PAYLOAD}'")
    for line in (
        "kubectl describe svc web",
        "kubectl get svc web -o yaml",
        f"echo '{PAYLOAD}'",
        f"kubectl get '{PAYLOAD}'",
    ):
        enter(page, line)
        assert "<script>" in page.locator(".ran").last.inner_text() or "\\u003c" in printed(page)
    assert page.locator("#terminal img, #terminal-log script").count() == 0
    assert page.title() != "broken"


def test_it_folds_grows_and_remembers(page: Page, server: Served) -> None:
    begin(page, server)
    page.press("#terminal-edge", "PageUp")
    height = page.locator("#terminal").bounding_box()["height"]
    assert height > 200
    page.keyboard.press("Control+`")
    expect(page.locator("#terminal-line")).to_be_focused()
    page.keyboard.press("Control+`")
    expect(page.locator("#terminal")).to_be_hidden()
    page.reload()
    page.wait_for_selector("html[data-alive]")
    expect(page.locator("#terminal")).to_be_hidden()
    page.click("#terminal-toggle")
    expect(page.locator("#terminal-line")).to_be_focused()
    assert page.locator("#terminal").bounding_box()["height"] == height


def test_a_link_to_look_reads_and_is_refused_in_plain_words(page: Page, browser: Browser, server: Served) -> None:
    begin(page, server)
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make a link to look").click()
    link = page.locator("#link").input_value()
    looking = browser.new_context()
    other = looking.new_page()
    other.goto(link)
    other.wait_for_selector("html[data-alive]")
    enter(other, "kubectl get svc web -o name")
    assert printed(other) == "service/web\n"
    enter(other, "kubectl delete svc web")
    assert "(Forbidden)" in printed(other)
    assert "This link may look, not change" in printed(other)
    looking.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_stands_axe_and_is_seen(page: Page, server: Served, shot: Shot, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": 1280, "height": 800})
    begin(page, server)
    enter(page, "kubectl get endpointslices")
    enter(page, "curl http://web")
    page.evaluate(AXE.read_text())
    told = page.evaluate("tags => axe.run('#terminal', {runOnly: {type: 'tag', values: tags}})", TAGS)
    assert [one["id"] for one in told["violations"]] == []
    shot(page, f"terminal-{scheme}")


def test_on_a_phone_it_comes_up_from_below(page: Page, server: Served, shot: Shot) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    begin(page, server)
    expect(page.locator("#terminal")).to_be_hidden()
    page.click("#terminal-toggle")
    enter(page, "kubectl get pods")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "terminal-phone")
