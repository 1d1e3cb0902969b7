"""What stands before every route: limits of size and rate, the same-origin rule, and the headers of every answer."""

from __future__ import annotations

import http
import time
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.machinery import errors
from app.runtime.measures import Measures
from app.web import head, problems
from app.web.rates import Rates

BODY_LIMIT = 2 * 1024 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
TOO_LARGE = f"A call may carry at most {BODY_LIMIT // 1024 // 1024} MiB; send the manifests in several calls."
CROSS_SITE = "This call came from another site, so nothing was done. Open Podlane itself and try again there."


class Shield:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, measures: Measures, rates: Rates | None) -> None:
        self.app = app
        self.measures = measures
        self.rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a call on if it may go on; finish its answer's headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        is_https = scope.get("scheme") == "https"

        async def finished(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.complete(MutableHeaders(scope=message), is_https=is_https)
                self._observe(scope, message, started)
            await send(message)

        try:
            self._check(scope)
        except (errors.ApiError, HTTPException) as refusal:
            await refuse(scope, receive, finished, refusal)
            return
        # The Kubernetes API counts for itself: it unpacks what comes compressed.
        await self.app(scope, receive if problems.is_kubernetes(scope) else limited(receive), finished)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > BODY_LIMIT and not problems.is_kubernetes(scope):
            raise HTTPException(413, TOO_LARGE)
        if scope["method"] not in SAFE:
            check_origin(headers)
        if self.rates is not None:
            self.rates.check(scope, headers)

    def _observe(self, scope: Scope, message: Message, started: float) -> None:
        if not Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream"):
            seconds = time.perf_counter() - started
            self.measures.request_seconds.labels(scope["method"], str(message["status"])).observe(seconds)


def install(app: FastAPI, measures: Measures, *, public: bool) -> None:
    """Put the shield before the app; rates hold only where strangers may call."""
    app.add_middleware(Shield, measures=measures, rates=Rates() if public else None)


def check_origin(headers: Headers) -> None:
    """Refuse a change that a page of another site asks for with this browser's cookie.

    Programs send neither header; a caller with a key in Authorization needs no cookie, and no foreign page has one.
    """
    if headers.get("authorization"):
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise errors.Forbidden(CROSS_SITE)
        return
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        raise errors.Forbidden(CROSS_SITE)


def limited(receive: Receive) -> Receive:
    """Stop reading a body that turns out too large."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        if message["type"] == "http.request":
            size += len(message.get("body", b""))
            if size > BODY_LIMIT:
                raise HTTPException(413, TOO_LARGE)
        return message

    return counted


async def refuse(scope: Scope, receive: Receive, send: Send, refusal: errors.ApiError | HTTPException) -> None:
    """Answer a call that goes no further, in the form its caller reads."""
    request = Request(scope, receive)
    if isinstance(refusal, errors.ApiError) and problems.is_kubernetes(scope) and "app" in scope:
        await problems.as_status(scope, refusal)(scope, receive, send)
        return
    if isinstance(refusal, errors.ApiError):
        told, headers = problems.of(refusal), problems.headers_of(refusal)
    else:
        told, headers = problems.problem(refusal.status_code, refusal.detail), {}
    if problems.wants_problem(request):
        answer = problems.response(told, headers)
    else:
        page: problems.Page = scope["app"].state.error_page if "app" in scope else _plain
        answer = page(request, int(told["status"]), str(told["detail"]))
    await answer(scope, receive, send)


def _plain(_request: Request, status: int, sentence: str) -> Response:
    title = http.HTTPStatus(status).phrase
    return Response(f"{title}\n\n{sentence}\n", status, media_type="text/plain")
