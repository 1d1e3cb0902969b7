"""The JSON API under /api/v1: playgrounds, their clock, their entries, requests, undo; one file per group of routes."""

from app.web.api import diagnosis, entries, fidelity, history, playgrounds, rules, scenarios, traffic

ROUTERS = (
    playgrounds.router,
    traffic.router,
    entries.router,
    scenarios.router,
    diagnosis.router,
    rules.router,
    history.router,
    fidelity.router,
)
