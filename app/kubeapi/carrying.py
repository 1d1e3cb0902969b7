"""A caller's HTTP request as it is sent on into the playground, by port-forward and by the proxy."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from app.terminal.messages import Ask

_KEPT = frozenset({"host", "user-agent"})
"""Headers that the journal keeps; others may be secrets."""


def written(origin: dict[str, str], server: str, ask: Ask) -> dict[str, Any]:
    """Write a request to a server (`http://10.0.0.1:80`) as `commands.Send` takes it."""
    path = quote(ask.target[:2000], safe="/?&=%:@!$'()*+,;~-._[]")
    kept = {name: text[:1000] for name, text in ask.headers.items() if name.lower() in _KEPT and text.isprintable()}
    return {"from": origin, "to": f"{server}{path}", "headers": kept, "trace": True}
