"""A browser is known by one cookie; what it may do is what the keys behind that cookie allow, and no more."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.web import serving
from tests.web.serving import Playground

ORIGIN = "same-origin"


@pytest.fixture
def browser(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30, headers={"Sec-Fetch-Site": ORIGIN}) as opened:
        yield opened


@pytest.fixture
def playground(address: str) -> Iterator[Playground]:
    """A playground that somebody else made: the browser holds none of its keys."""
    with httpx.Client(base_url=address, timeout=30) as maker:
        yield Playground(maker)


def hold(browser: httpx.Client, playground: Playground, role: str) -> httpx.Response:
    form = {"k": playground.made[f"{role}_key"]}
    return browser.post(f"/p/{playground.made['id']}/sign-in", data=form, headers={"HX-Request": "true"})


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: httpx.Client, playground: Playground) -> None:
    cookie = hold(browser, playground, "view").headers["set-cookie"]
    assert cookie.startswith("podlane=")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Path=/" in cookie
    assert playground.made["view_key"] not in cookie


def test_a_held_key_opens_what_it_opens(browser: httpx.Client, playground: Playground) -> None:
    assert browser.get(playground.path).status_code == 401
    hold(browser, playground, "view")
    assert browser.get(playground.path).json()["role"] == "view"
    assert browser.patch(playground.path, json={"title": "x"}).status_code == 403
    hold(browser, playground, "edit")
    assert browser.get(playground.path).json()["role"] == "edit"
    assert browser.patch(playground.path, json={"title": "x"}).status_code == 200


def test_one_cookie_holds_many_keys(browser: httpx.Client, playground: Playground) -> None:
    other = Playground(playground.client)
    first = hold(browser, playground, "view")
    second = hold(browser, other, "edit")
    assert "set-cookie" in first.headers
    assert "set-cookie" not in second.headers
    assert browser.get(playground.path).status_code == browser.get(other.path).status_code == 200


def test_a_key_in_the_call_goes_before_the_cookie(browser: httpx.Client, playground: Playground) -> None:
    hold(browser, playground, "edit")
    headers = serving.bearer(playground.made["view_key"])
    assert browser.get(playground.path, headers=headers).json()["role"] == "view"
    assert browser.get(playground.path, headers=serving.bearer("wrong")).status_code == 401


def test_a_wrong_key_is_not_held(browser: httpx.Client, playground: Playground) -> None:
    answer = browser.post(f"/p/{playground.made['id']}/sign-in", data={"k": "wrong"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert browser.get(playground.path).status_code == 401


def test_an_invented_cookie_opens_nothing_and_is_replaced(browser: httpx.Client, playground: Playground) -> None:
    browser.cookies.set("podlane", "invented")
    assert browser.get(playground.path).status_code == 401
    assert "set-cookie" in hold(browser, playground, "view").headers


def test_a_rotated_key_leaves_every_browser_but_the_one_that_rotated(
    address: str, browser: httpx.Client, playground: Playground
) -> None:
    with httpx.Client(base_url=address, headers={"Sec-Fetch-Site": ORIGIN}) as other:
        hold(browser, playground, "edit")
        hold(other, playground, "edit")
        assert browser.post(f"{playground.path}/keys/rotate", json={"role": "edit"}).status_code == 200
        assert browser.get(playground.path).json()["role"] == "edit"
        assert other.get(playground.path).status_code == 401


def test_a_browser_gets_a_kubeconfig_with_a_key_of_its_own(browser: httpx.Client, playground: Playground) -> None:
    hold(browser, playground, "view")
    text = browser.get(f"{playground.path}/kubeconfig").text
    key = text.partition("/keys/")[2].partition('"')[0]
    assert key not in (playground.made["view_key"], playground.made["edit_key"])
    with httpx.Client(base_url=browser.base_url) as program:
        assert program.get(playground.path, headers=serving.bearer(key)).json()["role"] == "view"


def test_a_page_of_another_site_cannot_use_the_cookie(browser: httpx.Client, playground: Playground) -> None:
    hold(browser, playground, "edit")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert browser.patch(playground.path, json={"title": "x"}, headers=headers).status_code == 403


def test_the_browser_s_own_commands_are_its_own_to_undo(browser: httpx.Client, playground: Playground) -> None:
    hold(browser, playground, "edit")
    body = {"from": {"node": "node-1"}, "to": "http://kubernetes.default"}
    assert browser.post(f"{playground.path}/requests", json=body).status_code == 200
    (entry,) = playground.entries(playground.made["revision"], 1)
    assert entry["actor"].startswith("browser:")
    assert browser.cookies["podlane"] not in entry["actor"]


def test_signing_in_adds_no_entry(browser: httpx.Client, playground: Playground) -> None:
    hold(browser, playground, "edit")
    assert playground.revision == playground.made["revision"]


def test_a_sign_in_survives_a_restart(tmp_path: Path) -> None:
    with httpx.Client(headers={"Sec-Fetch-Site": ORIGIN}) as browser:
        with serving.running(tmp_path) as url:
            browser.base_url = httpx.URL(url)
            playground = Playground(browser)
            hold(browser, playground, "edit")
        with serving.running(tmp_path) as url:
            browser.base_url = httpx.URL(url)
            assert browser.get(playground.path).json()["role"] == "edit"
