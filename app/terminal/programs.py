"""Every program a simulated container may have, by name."""

from __future__ import annotations

from collections.abc import Mapping

from app.terminal import agnhost, curl, lookups, reaching, surroundings, texts, waiting
from app.terminal.calls import Program

PROGRAMS: Mapping[str, Program] = {
    **texts.PROGRAMS,
    **surroundings.PROGRAMS,
    **lookups.PROGRAMS,
    **reaching.PROGRAMS,
    "curl": curl.curl,
    "wget": curl.wget,
    "agnhost": agnhost.agnhost,
    **waiting.PROGRAMS,
}
