"""The v3 documents and their index. Each is made when it is first asked for, and kept compressed."""

from __future__ import annotations

import functools
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from app.kinds import KINDS
from app.kubeapi import paths
from app.kubeapi.openapi import components, operations, published
from app.machinery import schema

_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Document:
    """One document, compressed, with its entity tag."""

    zipped: bytes
    etag: str

    @property
    def body(self) -> bytes:
        """The document's bytes."""
        return gzip.decompress(self.zipped)


def pack(body: bytes) -> Document:
    """Keep a document."""
    return Document(gzip.compress(body, _LEVEL, mtime=0), hashlib.sha256(body).hexdigest().upper())


@functools.lru_cache(maxsize=64)
def index(prefix: str = "") -> Document:
    """Return the index of documents; `prefix` is the path under which the API server's own paths begin."""
    listed = {place: {"serverRelativeURL": f"{prefix}{url_of(place, etag)}"} for place, etag in _tags().items()}
    return pack(msgspec.json.encode({"paths": listed}))


def url_of(place: str, etag: str) -> str:
    """Return the path of a document that may be kept for ever."""
    return f"/openapi/v3/{place}?hash={etag}"


@functools.cache
def places() -> tuple[str, ...]:
    """List the documents' places in discovery order: `api/v1`, `apis/apps/v1`."""
    asked = [f"{group}/v1" for group, _ in paths.REVIEWS]
    versions = dict.fromkeys([*(kind.api_version for kind in KINDS), *asked])
    return tuple(f"apis/{version}" if "/" in version else f"api/{version}" for version in versions)


@functools.cache
def document(place: str) -> Document | None:
    """Return the document at a place such as `api/v1` or `apis/apps/v1`; None when there is none."""
    return pack(msgspec.json.encode(content(place, published.read()))) if place in places() else None


def content(place: str, told: published.Told) -> dict[str, Any]:
    """Write the document at a place."""
    api_version = place.partition("/")[2]
    group, _, version = api_version.rpartition("/")
    roots: dict[str, Mapping[str, str]] = {}
    lists: list[str] = []
    found: dict[str, Any] = {}
    for kind in KINDS:
        struct = schema.root_of(kind.api_version, kind.kind)
        if kind.api_version != api_version or not struct:
            continue
        roots[struct] = {"group": group, "version": version, "kind": kind.kind}
        lists.append(struct)
        found.update(operations.of_kind(place, kind))
        roots.update(operations.roots_of(kind))
    for (of_group, resource), name in paths.REVIEWS.items():
        if of_group == group and version == "v1":
            roots[schema.root_of(api_version, name)] = {"group": group, "version": version, "kind": name}
            found.update([operations.of_review(place, resource, name)])
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.0"},
        "paths": found,
        "components": {"schemas": components.schemas(roots, lists, told)},
    }


@functools.cache
def _tags() -> Mapping[str, str]:
    found = {place: document(place) for place in places()}
    return {place: made.etag for place, made in found.items() if made is not None}
