"""A mistake of ours is told without a stack trace; static files come with their type; hidden ones not at all."""

import asyncio
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from app import main
from app.machinery import errors
from app.runtime.measures import Measures
from app.web import problems, security
from tests.web import serving


def page(_request: Request, status: int, sentence: str) -> Response:
    return PlainTextResponse(f"page: {sentence}", status)


def call(path: str, **headers: str) -> httpx.Response:
    """Calls a small app whose routes go wrong."""
    app = FastAPI()
    app.state.error_page = page
    problems.install(app, page)
    security.install(app, Measures(), public=False)

    @app.get("/api/broken")
    @app.get("/broken")
    async def broken() -> Response:
        raise ValueError("secret in the stack")

    @app.get("/api/late")
    async def late() -> Response:
        raise errors.TooManyRequests("Later.", retry_after=2.6)

    @app.get("/api/plain")
    async def plain() -> Response:
        raise errors.Conflict("the object has been modified", plain="Load it again.")

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(get())


@pytest.mark.parametrize("path", ["/api/broken", "/broken"])
def test_a_mistake_is_told_without_its_stack(path: str) -> None:
    answer = call(path)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "report number" in answer.text
    assert answer.headers["content-security-policy"]
    assert answer.text.startswith("page:") != path.startswith("/api")


def test_a_rate_says_when_to_come_back() -> None:
    assert call("/api/late").headers["retry-after"] == "3"


def test_plain_words_follow_the_server_s_own() -> None:
    told = call("/api/plain").json()
    assert told["detail"] == "the object has been modified. Load it again."
    assert (told["reason"], told["plain"]) == ("Conflict", "Load it again.")


def test_a_program_that_asks_for_json_gets_problem_details_anywhere() -> None:
    assert call("/nowhere").text.startswith("page:")
    assert call("/nowhere", accept="application/json").headers["content-type"] == problems.MEDIA_TYPE


def test_static_files_come_with_their_type_and_are_asked_about_again(tmp_path: Path) -> None:
    with serving.running(tmp_path) as url, httpx.Client(base_url=url) as client:
        script = client.get("/static/js/main.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert script.headers["cache-control"] == "no-cache"
        again = client.get("/static/js/main.js", headers={"If-None-Match": script.headers["etag"]})
        assert again.status_code == 304
        assert client.get("/static/css/tokens.css").headers["content-type"].startswith("text/css")
        for path in ("/static/vendor/.stamp", "/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml"):
            assert client.get(path).status_code == 404


def test_main_stays_small() -> None:
    assert len(Path(main.__file__).read_text().splitlines()) < 150
