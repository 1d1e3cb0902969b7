"""The app, wired: store, host, routes, pages, static files. The only place where the rooms meet."""

from __future__ import annotations

import asyncio
import contextlib
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from app.kubeapi import admitted, encoded, inside, kubeconfig, status
from app.kubeapi import app as kubeapi
from app.machinery import errors
from app.runtime.doors import Doors
from app.runtime.host import Host
from app.runtime.measures import Measures
from app.settings import Settings
from app.store.database import Database
from app.terminal.containers import Containers
from app.web import api, pages, problems, security

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").exists() else PACKAGE
"""Where templates/ and static/ lie: in the checkout, or in the installed package."""

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")


class Static(StaticFiles):
    """Files that browsers keep but ask about: an update is seen at once, an unchanged file is not sent again."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Answer with the file and its caching rule."""
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        answer.headers["cache-control"] = "no-cache"
        return answer

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file; hidden ones are not there."""
        if any(part.startswith(".") for part in Path(path).parts if part != "."):
            return await super().get_response("no/such/file", scope)
        return await super().get_response(path, scope)


def create_app(settings: Settings) -> FastAPI:
    """Make the app for these settings; the database is opened when it starts to serve."""
    measures = Measures()
    app = FastAPI(
        title="Podlane",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lambda app: running(app, settings, measures),
    )
    app.state.settings = settings
    app.state.draining = asyncio.Event()
    app.state.drain = app.state.draining.set
    app.state.encoded = encoded.Encoded()
    app.state.kubeconfig = kubeconfig.text
    app.state.kubernetes = admitted.Admitted
    app.state.error_page = pages.problem_page
    app.state.api_refusal = status.response
    problems.install(app, pages.problem_page)
    security.install(app, measures, public=settings.public)
    add_probes(app, measures)
    for router in (*api.ROUTERS, *pages.routers):
        app.include_router(router)
    app.routes.extend(kubeapi.routes())
    app.mount("/static", Static(directory=ROOT / "static"), name="static")
    return app


@contextlib.asynccontextmanager
async def running(app: FastAPI, settings: Settings, measures: Measures) -> AsyncIterator[None]:
    """Hold the store open and the host running for as long as the app serves."""
    db = await asyncio.get_running_loop().run_in_executor(None, Database, settings.database_url)
    host = Host(db, measures)
    app.state.host = host
    app.state.doors = Doors(host.shelf)
    await host.start(app.state.doors)
    app.state.containers = Containers(host, inside.asks(app))
    try:
        yield
    finally:
        app.state.draining.set()
        await app.state.containers.stop()
        await host.stop()


def add_probes(app: FastAPI, measures: Measures) -> None:
    """Add what watches over the app: alive, able to serve, measures."""

    @app.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("ok")

    @app.get("/readyz")
    async def readyz(request: Request) -> Response:
        if app.state.draining.is_set() or not await request.app.state.host.is_ready():
            raise errors.Unavailable("Podlane cannot serve at the moment: it is stopping, or its database is away.")
        return PlainTextResponse("ok")

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(measures.text(), media_type="text/plain; version=0.0.4")
