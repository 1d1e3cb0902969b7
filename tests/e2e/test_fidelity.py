"""The fidelity passport in a real Chromium: narrowed down while typing, a case copied, a stored field marked where it is set."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.test_playground import PATIENCE, Shot, accessible, begin, outcome
from tests.served import Served

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: kept
spec:
  hostIPC: true
  containers:
    - name: web
      image: nginx
"""


def test_the_passport_is_found_and_narrowed_down_while_typing(page: Page, server: Served, shot: Shot) -> None:
    page.goto(server.url)
    page.get_by_role("link", name="how far to trust Podlane").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How far to trust Podlane")
    shot(page, "passport")
    page.get_by_label("Field or behaviour").fill("workingDir")
    row = page.locator(".row", has_text="spec.containers.workingDir")
    expect(row).to_be_visible()
    expect(row.locator(".standing")).to_have_text("stored")
    expect(page.locator("#Service")).to_be_hidden()
    page.get_by_label("Field or behaviour").fill("")
    page.get_by_label("Simulated, checked against a recording").check()
    expect(page.locator(".row:visible", has_text="spec.ports.targetPort")).to_have_count(1)
    expect(page.locator('.row:visible:not([data-status="recorded"])')).to_have_count(0)
    page.get_by_label("Kind", exact=True).select_option("EndpointSlice")
    expect(page.locator("#found")).to_have_text(re.compile(r"^\d+ rows fit$"))


def test_a_case_is_filled_in_and_copied(context: BrowserContext, page: Page, server: Served) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server.url}/fidelity?kind=Service&q=externalIPs")
    page.get_by_role("link", name=re.compile("differs from my cluster.*spec.externalIPs")).click()
    case = page.get_by_label("The case")
    expect(case).to_have_value(re.compile("Service: spec.externalIPs"))
    case.fill(f"{case.input_value()}v1.35, ipvs, Cilium")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied. Nothing has been sent.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Service: spec.externalIPs" in copied
    assert copied.endswith("v1.35, ipvs, Cilium")


def test_a_stored_field_is_marked_where_it_is_typed_and_is_applied_all_the_same(
    page: Page, server: Served, shot: Shot
) -> None:
    begin(page, server)
    outcome(page, "answered 200")  # The first request travels by itself, and shows its result when it arrives.
    page.get_by_role("button", name="YAML", exact=True).click()
    page.locator("dialog .editor.mounted .cm-content").click()
    page.keyboard.insert_text(POD)
    mark = page.locator("dialog .kept-field")
    expect(mark).to_contain_text("spec.hostIPC", timeout=PATIENCE)
    expect(mark).to_contain_text("stored")
    expect(page.locator("dialog .cm-lintRange-info")).to_have_text("hostIPC: true")
    expect(page.locator("dialog .cm-lint-marker-info")).to_have_count(1)
    expect(page.locator("dialog .fault")).to_have_count(0)
    shot(page, "stored-field")
    accessible(page)
    page.locator("dialog").get_by_role("button", name="Apply").click()
    expect(page.locator("dialog")).to_be_hidden()
    page.click("#search-open")
    page.fill("#query", "kept")
    page.locator('#found [data-ref="Pod/default/kept"]').click()
    listed = page.get_by_role("region", name="Stored, not simulated")
    expect(listed.get_by_role("link", name="spec.hostIPC")).to_have_attribute(
        "href", "/fidelity?kind=Pod&q=spec.hostIPC"
    )
    listed.get_by_role("link", name="spec.hostIPC").click()
    expect(page.locator(".row")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/fidelity", "/fidelity/report?behaviour=ipvs"])
def test_the_pages_have_no_accessibility_fault(page: Page, server: Served, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{server.url}{path}")
    accessible(page)


@pytest.mark.parametrize("path", ["/fidelity", "/fidelity?kind=Pod", "/fidelity/report?behaviour=ipvs"])
def test_nothing_is_cut_off_on_a_phone(page: Page, server: Served, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{server.url}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
