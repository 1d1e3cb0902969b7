"""The pages: one file per group of routes. Forms come in, commands go out; the stream changes the screen.

No route here computes anything about a cluster: that is `web/inspector`, `web/tableau`, `web/results` and below.
"""

from app.web.pages import acting, cluster, diagnosing, fidelity, home, moments, opening, terminal, traffic, writing
from app.web.pages.failing import problem_page

__all__ = ["problem_page", "routers"]

routers = (
    home.router,
    opening.router,
    cluster.router,
    acting.router,
    diagnosing.router,
    moments.router,
    traffic.router,
    writing.router,
    terminal.router,
    fidelity.router,
)
