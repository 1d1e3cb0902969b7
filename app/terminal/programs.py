"""Every program a simulated container may have, by name."""

from __future__ import annotations

from collections.abc import Mapping

from app.terminal import agnhost, awk, curl, interfaces, lookups, reaching, surroundings, texts, tools, waiting, wget
from app.terminal.calls import Program

PROGRAMS: Mapping[str, Program] = {
    **texts.PROGRAMS,
    **tools.PROGRAMS,
    **surroundings.PROGRAMS,
    **interfaces.PROGRAMS,
    **lookups.PROGRAMS,
    **reaching.PROGRAMS,
    "awk": awk.awk,
    "curl": curl.curl,
    "wget": wget.wget,
    "agnhost": agnhost.agnhost,
    **waiting.PROGRAMS,
}
