"""An informer as client-go's reflector is one: list, watch, bookmarks, relist when its place in history is gone.

Follows staging/src/k8s.io/client-go/tools/cache/reflector.go (release 1.36), and is stricter: an event that does not
fit what it holds is an error here, where client-go would put up with it.
"""

import concurrent.futures
from collections.abc import Mapping
from typing import Any

from app.cluster import clock
from tests.playground import Playground
from tests.watching import Watching, version

Object = Mapping[str, Any]
PAGE = 500


class Informer:
    """Keeps a collection in memory. `breaks` lets it hang up at random and go on from where it was."""

    def __init__(
        self, playground: Playground, path: str, *, selector: str = "", is_streaming: bool = False, breaks: float = 0.0
    ) -> None:
        self.playground = playground
        self.path = path
        self.selector = f"&labelSelector={selector}" if selector else ""
        self.is_streaming = is_streaming
        self.breaks = breaks
        self.chance = clock.env_for(7, 0, 0.0, clock.TimeMode.INSTANT).rng
        self.last = ""
        self.store: dict[str, Object] = {}
        self.at = ""
        self.lists = self.watches = self.bookmarks = 0
        self.following: concurrent.futures.Future[None] | None = None

    def run_until(self, name: str) -> None:
        """Begins to follow, in a thread of its own, up to the arrival of the object of that name."""
        self.last = name
        thread = concurrent.futures.ThreadPoolExecutor(1)
        self.following = thread.submit(self._run)
        thread.shutdown(wait=False)

    def join(self, seconds: float = 60.0) -> dict[str, Object]:
        """Waits for the last object; returns what is held then."""
        assert self.following is not None
        self.following.result(seconds)
        return self.store

    def _run(self) -> None:
        if not self.lists:
            self._stream() if self.is_streaming else self._list()
        while not self._is_done():
            self._watch()

    def _is_done(self) -> bool:
        return any(obj["metadata"]["name"] == self.last for obj in self.store.values())

    def _list(self) -> None:
        """Lists in pages: any state the first time, none older than the last one seen after that, else the present."""
        self.lists += 1
        query = f"limit={PAGE}&resourceVersion={self.at or 0}"
        found: list[Object] = []
        while True:
            answer = self.playground.api(f"{self.path}?{query}{self.selector}")
            if answer.status in (410, 504):
                query, found = f"limit={PAGE}", []
                continue
            assert answer.status == 200, answer
            page = answer.json()
            found += page["items"]
            if not page["metadata"].get("continue"):
                break
            query = f"limit={PAGE}&continue={page['metadata']['continue']}"
        self.store = {key(obj): obj for obj in found}
        self.at = page["metadata"]["resourceVersion"]

    def _stream(self) -> None:
        """Takes what is there from a watch, up to the bookmark that says it was all."""
        self.lists += 1
        query = "watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
        watch = Watching(self.playground, f"{self.path}?{query}&resourceVersion={self.at}{self.selector}")
        self.store, self.at, is_whole = {}, "", False
        try:
            while not is_whole:
                event = watch.next()
                assert event is not None, "ended before all was told"
                is_whole = self._take(event)
            self._follow(watch)
        finally:
            watch.connection.close()

    def _watch(self) -> None:
        self.watches += 1
        query = f"watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion={self.at}{self.selector}"
        watch = Watching(self.playground, f"{self.path}?{query}")
        try:
            assert watch.answer.status == 200
            self._follow(watch)
        finally:
            watch.connection.close()

    def _follow(self, watch: Watching) -> None:
        while not self._is_done():
            event = watch.next()
            if event is None or self.chance.random() < self.breaks:
                return
            if event["type"] == "ERROR":
                assert event["object"]["code"] == 410, event
                self.at = ""
                self._stream() if self.is_streaming else self._list()
                return
            self._take(event)

    def _take(self, event: dict[str, Any]) -> bool:
        """Takes in an event; says whether it ends the initial ones."""
        kind, obj = event["type"], event["object"]
        # Initial objects come in the order of their names, later ones in that of their revisions.
        if kind != "ADDED" or key(obj) in self.store or self.at:
            assert not self.at or version(event) >= int(self.at), (self.at, event)
        if kind == "BOOKMARK":
            self.bookmarks += 1
            self.at = obj["metadata"]["resourceVersion"]
            return (obj["metadata"].get("annotations") or {}).get("k8s.io/initial-events-end") == "true"
        is_known = key(obj) in self.store
        assert is_known is (kind != "ADDED"), (kind, key(obj))
        if kind == "DELETED":
            del self.store[key(obj)]
        else:
            self.store[key(obj)] = obj
        if self.at or not self.is_streaming:
            self.at = obj["metadata"]["resourceVersion"]
        return False


def key(obj: Object) -> str:
    """What client-go files an object under (MetaNamespaceKeyFunc)."""
    meta = obj["metadata"]
    return f"{meta['namespace']}/{meta['name']}" if meta.get("namespace") else str(meta["name"])


def bare(obj: Object) -> Object:
    """An object without what lists do not repeat, and without the field owners that only short lists derive."""
    meta = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
    return {**{name: value for name, value in obj.items() if name not in ("apiVersion", "kind")}, "metadata": meta}


def truth(playground: Playground, path: str, selector: str = "", at: str = "") -> dict[str, Object]:
    """What there is, as one consistent list says; `at` asks for what there was at exactly that version."""
    query = {"labelSelector": selector} if selector else {}
    query |= {"resourceVersion": at, "resourceVersionMatch": "Exact"} if at else {}
    asked = "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else ""
    answer = playground.api(path + asked)
    assert answer.status == 200, answer
    return {key(obj): bare(obj) for obj in answer.json()["items"]}
