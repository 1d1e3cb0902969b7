"""Error pages: what happened, and what to do next."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from app.web import contexts, render
from app.web.contexts import Link

HOME = Link("/", "My playgrounds")


def problem_page(request: Request, status: int, sentence: str) -> Response:
    """Tell a refusal as a page with a way on."""
    again = Link(request.url.path, "Try again")
    ways = (again, HOME) if status >= 500 or status == 429 else (HOME,)
    headline = render.words_of("problems").get(str(status)) or render.words_of("problems")["other"]
    roots = {
        "shell": contexts.Shell(f"{headline} · Podlane", render.theme_of(request), "home"),
        "problem": contexts.Problem(status, headline, sentence, ways),
    }
    return render.page("pages/problem.html", roots, status)
