"""Puts templates, static files and the list of differences into a wheel; an editable install serves them from the checkout."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

VENDOR = "static/vendor"
PUBLISHED = "app/kubeapi/published"
DIFFERS = "docs/differs.md"


class Hook(BuildHookInterface):  # type: ignore[type-arg]
    """Includes templates/ and static/ in wheels only: an editable install would keep stale copies."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for folder in (VENDOR, PUBLISHED):
            if not (Path(self.root) / folder / ".stamp").is_file():
                raise SystemExit(f"{folder}/ is empty: run `make setup` before building a wheel")
        build_data["force_include"] = {
            "templates": "app/templates",
            "static": "app/static",
            DIFFERS: f"app/{DIFFERS}",
            PUBLISHED: PUBLISHED,
        }
