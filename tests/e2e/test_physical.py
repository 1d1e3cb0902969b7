"""The physical view in a real Chromium: pods inside their nodes, the same things, the same packets, the rule they met."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.test_playground import NARROW, PATIENCE, Shot, accessible, ask, begin, drawn, outcome, pods
from tests.served import Served

BOX = "ref => podlane.test.box(ref)"


def physical(page: Page, url: str) -> None:
    page.goto(f"{url}?test&view=physical")
    page.wait_for_selector("html[data-alive]", timeout=PATIENCE)
    page.evaluate("() => podlane.test.idle()")


def things(page: Page) -> set[str]:
    """Returns what the tree lists, of kinds that both views list as rows of their own."""
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('[role=treeitem][data-ref]')].map(row => row.dataset.ref)"
    )
    return {ref for ref in found if not ref.startswith(("Deployment/", "ReplicaSet/", "Bare/"))}


def inside(page: Page, pod: str, node: str) -> bool:
    small, large = page.evaluate(BOX, pod), page.evaluate(BOX, node)
    return bool(
        large["x"] < small["x"]
        and small["x"] + small["w"] < large["x"] + large["w"]
        and large["y"] < small["y"]
        and small["y"] + small["h"] < large["y"] + large["h"]
    )


def test_the_view_is_switched_by_mouse_and_by_keyboard_and_is_remembered(page: Page, server: Served) -> None:
    url = begin(page, server)
    outcome(page, "answered 200")
    page.select_option("#view", "physical")
    expect(page).to_have_url(re.compile("view=physical"))
    expect(page.locator("[role=treeitem][data-key='lane:inside']")).to_have_count(1)
    page.focus("#view")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#view")).to_have_value("logical")
    expect(page.locator("[role=treeitem][data-key='lane:pods']")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#view")).to_have_value("physical")
    page.goto(url)
    expect(page.locator("#view")).to_have_value("physical")
    expect(page.locator("[role=treeitem][data-key='lane:inside']")).to_have_count(1)


def test_both_views_and_the_table_list_the_same_things(page: Page, server: Served) -> None:
    url = begin(page, server)
    outcome(page, "answered 200")
    logical = things(page)
    physical(page, url)
    assert things(page) == logical
    assert len([ref for ref in logical if ref.startswith("Pod/")]) >= 4
    table = page.request.get(f"{url}/table").text()
    assert all(f'data-ref="{ref}"' in table for ref in logical if ref.startswith(("Pod/", "Node/")))


def test_pods_stand_inside_their_nodes_and_one_more_moves_no_other(page: Page, server: Served, shot: Shot) -> None:
    url = begin(page, server)
    outcome(page, "answered 200")
    physical(page, url)
    before = {ref: page.evaluate(BOX, ref) for ref in things(page)}
    for pod in pods(page, url, "web"):
        assert any(inside(page, pod, f"Node//node-{n}") for n in (1, 2))
    page.locator("[role=treeitem][data-ref='Node//node-1']").focus()
    page.goto(f"{url}?test&view=physical&ref=Deployment/default/web")
    page.wait_for_selector("html[data-alive]", timeout=PATIENCE)
    page.get_by_label("One replica more").click()
    page.wait_for_function(
        "n => podlane.test.refs().filter(r => r.startsWith('Pod/default/web-')).length > n",
        arg=len(pods(page, url, "web")) - 1,
    )
    after = {ref: page.evaluate(BOX, ref) for ref in before if not ref.startswith("EndpointSlice/")}
    assert after == {ref: before[ref] for ref in after}
    shot(page, "physical-scaled")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_packet_goes_from_pod_to_node_to_node_to_pod_and_the_rule_it_met_is_marked(
    page: Page, server: Served, shot: Shot, theme: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": 1280, "height": 800})
    url = begin(page, server)
    outcome(page, "answered 200")
    physical(page, url)
    shot(page, f"physical-rest-{theme}")
    ask(page, to="http://web")
    drawn(page, "answered 200")
    shot(page, f"physical-arrived-{theme}")
    node = page.evaluate("() => podlane.test.matched().at(-1).node")
    page.evaluate(
        "ref => document.dispatchEvent(new CustomEvent('podlane:select', {detail: {ref, tab: 'rules'}}))", node
    )
    marked = page.locator("#rules-text mark")
    expect(marked.first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#rules-text mark.newest")).to_be_in_viewport()
    accessible(page)
    shot(page, f"physical-rules-{theme}")


def test_reduced_motion_lights_the_way_at_once(browser: Browser, server: Served) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    url = begin(page, server)
    physical(page, url)
    page.select_option("#view", "logical")
    before = page.evaluate(BOX, "Node//node-1")
    page.select_option("#view", "physical")
    at_once = page.evaluate(BOX, "Node//node-1")
    assert at_once != before
    ask(page, to="http://web")
    drawn(page, "answered 200")
    context.close()


def test_on_a_phone_the_table_stands_for_both_views(page: Page, server: Served, shot: Shot) -> None:
    url = begin(page, server)
    page.set_viewport_size(NARROW)
    page.goto(f"{url}?view=physical")
    expect(page.locator(".table-place")).to_be_visible()
    expect(page.locator(".diagram-place")).to_be_hidden()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    shot(page, "physical-phone")


def test_the_overview_map_comes_with_the_zoom_and_moves_the_camera(page: Page, server: Served, shot: Shot) -> None:
    url = begin(page, server)
    physical(page, url)
    overview = page.locator(".diagram-map")
    expect(overview).to_be_hidden()
    page.locator("[role=treeitem][tabindex='0']").focus()
    for _ in range(5):
        page.keyboard.press("+")
    expect(overview).to_be_visible()
    before = page.evaluate(BOX, "Node//node-1")
    frame = overview.locator("canvas").bounding_box()
    assert frame
    page.mouse.move(frame["x"] + 4, frame["y"] + 4)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] - 6, frame["y"] + frame["height"] - 6, steps=4)
    page.mouse.up()
    after = page.evaluate(BOX, "Node//node-1")
    assert (after["x"], after["y"]) != (before["x"], before["y"])
    shot(page, "physical-map")
    page.keyboard.press("0")
    expect(overview).to_be_hidden()
