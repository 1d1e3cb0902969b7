"""Refusals as the web tells them: problem details (RFC 9457) to programs, a page that says what to do next to people."""

from __future__ import annotations

import http
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.machinery import errors
from app.web import head

log = logging.getLogger("podlane.web")

MEDIA_TYPE = "application/problem+json"
Page = Callable[[Request, int, str], Response]
"""Makes the page for (request, status, sentence)."""

SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take that kind of call.",
    500: "Podlane made a mistake. Nothing you did is lost; try again.",
}


def install(app: FastAPI, page: Page) -> None:
    """Let every refusal of the app be told in the right form."""

    def told(request: Request, problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
        if wants_problem(request):
            return response(problem, headers)
        shown = page(request, int(problem["status"]), str(problem["detail"]))
        shown.headers.update(headers or {})
        return shown

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.ApiError)
        if is_kubernetes(request.scope):
            return as_status(request.scope, error)
        return told(request, of(error), headers_of(error))

    async def not_served(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        usual = http.HTTPStatus(error.status_code).phrase
        sentence = error.detail if error.detail != usual else SENTENCES.get(error.status_code, usual)
        return told(request, problem(error.status_code, sentence), error.headers)

    async def unreadable(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0] if error.errors() else {"msg": "cannot be read", "loc": ()}
        place = ".".join(str(step) for step in first["loc"])
        return told(request, problem(422, f"{place}: {first['msg']}"))

    async def broken(request: Request, error: Exception) -> Response:
        number = secrets.token_hex(4)
        log.error("mistake %s in %s", number, request.method, exc_info=error)
        sentence = f"{SENTENCES[500]} If it stays, report number {number}."
        if is_kubernetes(request.scope):
            answer = as_status(request.scope, errors.ApiError(f"Internal error occurred: {sentence}"))
        else:
            answer = told(request, problem(500, sentence))
        # This handler stands outside the middleware that completes all other answers.
        head.complete(answer.headers, is_https=request.url.scheme == "https")
        return answer

    app.add_exception_handler(errors.ApiError, refused)
    app.add_exception_handler(HTTPException, not_served)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(Exception, broken)


def is_kubernetes(scope: Scope) -> bool:
    """Say whether the call is one of the Kubernetes API, which has a form of its own for refusals."""
    return str(scope["path"]).startswith("/clusters/")


def as_status(scope: Scope, refusal: errors.ApiError) -> Response:
    """Answer a call of the Kubernetes API with a Status."""
    answer: Response = scope["app"].state.api_refusal(refusal)
    return answer


def wants_problem(request: Request) -> bool:
    """Say whether the caller is a program of the JSON API rather than a person with a browser."""
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")


def problem(status: int, detail: str, **more: Any) -> dict[str, Any]:
    """Make problem details; `more` are members beyond the standard's."""
    told = {name: value for name, value in more.items() if value}
    return {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **told,
    }


def of(error: errors.ApiError) -> dict[str, Any]:
    """Render a refusal as problem details."""
    listed = error.details.get("errors")
    if listed is None and isinstance(error, errors.Invalid):
        listed = [{"field": str(getattr(e, "field", "")), "message": str(e)} for e in error.field_errors]
    return problem(error.code, sentences(error), reason=error.reason, plain=error.plain, errors=listed)


def sentences(error: errors.ApiError) -> str:
    """Return the refusal's own words, and after them the plain ones."""
    if not error.plain:
        return error.message
    end = "" if error.message.endswith((".", "!", "?", ".)")) else "."
    return f"{error.message}{end} {error.plain}"


def headers_of(error: errors.ApiError) -> dict[str, str]:
    """Return the headers that go with a refusal."""
    if isinstance(error, errors.TooManyRequests):
        return {"Retry-After": str(max(1, round(error.retry_after)))}
    if error.code == http.HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="podlane"'}
    return {"Retry-After": "1"} if error.code == http.HTTPStatus.SERVICE_UNAVAILABLE else {}


def body(told: Mapping[str, Any]) -> bytes:
    """Write problem details as bytes."""
    return msgspec.json.encode(told)


def response(told: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Answer with problem details."""
    return Response(body(told), int(told["status"]), headers=dict(headers or {}), media_type=MEDIA_TYPE)
