"""Puts templates and static files into a wheel; an editable install serves them from the checkout."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):  # type: ignore[type-arg]
    """Includes templates/ and static/ in wheels only: an editable install would keep stale copies."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if not (Path(self.root) / "static/vendor/.stamp").is_file():
            raise SystemExit("static/vendor/ is empty: run `make setup` before building a wheel")
        build_data["force_include"] = {"templates": "app/templates", "static": "app/static"}
