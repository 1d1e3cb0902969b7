"""Files that web servers in pods give out: what other programs wrote into the folder that the server serves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from app.kinds import images
from app.machinery.objects import Object
from app.terminal.calls import World

_FOLDERS = {
    "nginx": "/usr/share/nginx/html",
    "httpd": "/usr/local/apache2/htdocs",
    "caddy": "/usr/share/caddy",
    "test-webserver": "",
}


async def page(world: World, pod: Object, container: str, target: str) -> str | None:
    """Return the file that the container's server gives out for a target; None where no such file was written."""
    found = next((one for one in images.serving_containers(pod) if one.get("name") == container), None)
    folder = None if found is None else folder_of(found)
    if folder is None:
        return None
    path = unquote(urlsplit(target).path)
    if ".." in path:
        return None
    return await world.file(pod, container, folder + (path + "index.html" if path.endswith("/") else path))


def folder_of(container: Mapping[str, Any]) -> str | None:
    """Return the folder that a container's server serves; None when it serves none."""
    known = images.known(str(container.get("image") or ""))
    words = _words(container)
    if "test-webserver" in words:
        return ""
    served = re.search(r"\bhttpd\b.*?\s-h\s*(\S+)", " ".join(words))
    if served:
        return served[1].rstrip("/")
    if any("http.server" in word for word in words):
        return ""
    return _FOLDERS.get(known.page) if known is not None else None


def _words(container: Mapping[str, Any]) -> list[str]:
    return [str(word) for word in [*(container.get("command") or ()), *(container.get("args") or ())]]
