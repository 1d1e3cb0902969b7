"""Going back in time on the page: looked at, asked and forked, by keyboard; the present waits and comes back whole."""

from playwright.sync_api import Page, expect

from tests.e2e.test_playground import NARROW, PATIENCE, Shot, accessible, begin, until
from tests.served import Served

SELECTOR = "#selector-form [name=text]"


def change(page: Page, url: str) -> None:
    """Breaks the Service's selector, as a person does."""
    page.goto(f"{url}?ref=Service/default/web")
    page.wait_for_selector("html[data-alive]", timeout=PATIENCE)
    page.fill(SELECTOR, "app=wep")
    page.click("#selector-form button")
    until(page, url, "app=wep")


def test_the_past_is_seen_asked_and_left_again_by_keyboard(page: Page, server: Served, shot: Shot) -> None:
    url = begin(page, server)
    until(page, url, "3/3")
    change(page, url)
    moment = page.locator("#moment")
    expect(moment).not_to_have_attribute("max", "0")
    moment.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#past-said")).to_contain_text("As it was at rev", timeout=PATIENCE)
    moment.press("Escape")
    expect(page.locator("#past")).to_be_hidden(timeout=PATIENCE)
    moment.press("ArrowLeft")
    expect(page.locator("#past")).to_be_visible(timeout=PATIENCE)
    page.locator("#past-send").press("Enter")
    expect(page.locator("#to")).to_be_focused(timeout=PATIENCE)
    page.fill("#to", "http://web")
    page.click("#send")
    expect(page.locator("#result-title")).to_contain_text("answered", timeout=PATIENCE)
    shot(page, "past-light")
    accessible(page)
    page.emulate_media(color_scheme="dark")
    shot(page, "past-dark")
    accessible(page)
    page.set_viewport_size(NARROW)
    expect(page.locator("#past-fork")).to_be_in_viewport()
    shot(page, "past-narrow")
    page.locator("#past-back").press("Enter")
    expect(page.locator("#past")).to_be_hidden(timeout=PATIENCE)


def test_what_happens_meanwhile_waits_and_is_there_afterwards(page: Page, server: Served) -> None:
    url = begin(page, server)
    until(page, url, "3/3")
    page.goto(url)
    page.wait_for_selector("html[data-alive]", timeout=PATIENCE)
    page.locator("#moment").press("Home")
    expect(page.locator("#past")).to_be_visible(timeout=PATIENCE)
    page.evaluate(
        "url => fetch(`${url}/delete`, {method: 'POST', body: new URLSearchParams({ref: 'Pod/default/client'})})", url
    )
    page.wait_for_function(
        "url => fetch(`${url}/table`).then(a => a.text()).then(t => !t.includes('Pod/default/client'))", arg=url
    )
    service = page.locator('.diagram-place [role=treeitem][aria-label*="web"]')
    client = page.locator('.diagram-place [role=treeitem][aria-label*="client"]')
    expect(page.locator("#past")).to_be_visible()
    expect(service).to_have_count(0)
    page.locator("#moment").press("Escape")
    expect(page.locator("#past")).to_be_hidden(timeout=PATIENCE)
    expect(service.first).to_be_attached(timeout=PATIENCE)
    expect(client).to_have_count(0, timeout=PATIENCE)


def test_a_fork_from_the_past_opens_as_it_was(page: Page, server: Served) -> None:
    url = begin(page, server)
    until(page, url, "3/3")
    change(page, url)
    page.locator("#moment").press("ArrowLeft")
    expect(page.locator("#past")).to_be_visible(timeout=PATIENCE)
    page.click("#past-fork")
    page.wait_for_url(lambda now: "/p/" in now and not now.startswith(url), timeout=PATIENCE)
    page.wait_for_selector("html[data-alive]", timeout=PATIENCE)
    until(page, page.url.partition("?")[0], "app=web")
    expect(page.locator("#undo")).to_be_visible()
