"""One kubectl command at work: where it writes, which API it asks, what kinds there are, which objects are meant."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from app.terminal.kubectl import api
from app.terminal.kubectl.flags import Given

Write = Callable[[str], None]
Holds = Callable[[Mapping[str, Any] | None], bool]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as discovery tells it."""

    group: str
    version: str
    name: str
    singular: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """`deployments.apps`, or `services`."""
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def group_kind(self) -> str:
        """`deployment.apps`, or `service`: what stands before the slash in kubectl's messages."""
        kind = self.kind.lower()
        return f"{kind}.{self.group}" if self.group else kind

    def path(self, namespace: str = "", name: str = "", sub: str = "") -> str:
        """Return the path of the collection, an object or a subresource."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        place = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        rest = "".join(f"/{quote(one, safe='')}" for one in (name, sub) if one)
        return f"{root}{place}/{self.name}{rest}"


@dataclass(frozen=True, slots=True)
class Meant:
    """An object (or, without a name, a collection) that a command line means; `obj` once it was read."""

    resource: Resource
    namespace: str
    name: str = ""
    obj: Mapping[str, Any] | None = None

    @property
    def path(self) -> str:
        """Where it is."""
        return self.resource.path(self.namespace, self.name)

    @property
    def label(self) -> str:
        """`deployment.apps/web`, as messages call it."""
        return f"{self.resource.group_kind}/{self.name}"


@dataclass(slots=True)
class Kube:
    """What every command is given."""

    door: api.Api
    namespace: str
    out: Write
    err: Write
    moment: Callable[[], float]
    """Tells the simulated now."""
    stdin: str = ""
    server: str = ""
    context: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    """What the command changes in the terminal itself: the context's namespace, an object to open in the editor."""
    known: list[Resource] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)

    # --- asking ----------------------------------------------------------------------------------

    async def ask(
        self, method: str, path: str, body: Any = None, *, query: Mapping[str, str] | None = None, kind: str = api.JSON
    ) -> Any:
        """Ask with JSON and return JSON; warnings go to standard error, a refusal raises."""
        headers = {"accept": api.JSON}
        if body is not None:
            headers["content-type"] = kind
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self._answered(await self.door.ask(method, asked(path, query), raw, headers))

    async def table(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Ask for a table."""
        return await self._answered(await self.door.ask("GET", asked(path, query), b"", {"accept": api.TABLE}))

    async def text(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """Ask for a text."""
        answer = await self.door.ask("GET", asked(path, query), b"", {"accept": "*/*"})
        if answer.status >= 400:
            await self._answered(answer)
        return answer.body.decode("utf-8", "replace")

    async def maybe(self, path: str) -> Any:
        """Ask for an object; None when it is not there."""
        try:
            return await self.ask("GET", path)
        except api.Refused as refused:
            if refused.code == 404:
                return None
            raise

    async def _answered(self, answer: api.Answer) -> Any:
        for warning in dict.fromkeys(answer.headers.get("warning", ())):
            self.err(f"Warning: {_warned(warning)}\n")
        try:
            body = json.loads(answer.body) if answer.body else {}
        except ValueError:
            body = {"message": answer.body.decode("utf-8", "replace").strip()}
        if answer.status >= 400:
            raise api.Refused({"code": answer.status, **body})
        return body

    async def events(self, path: str, query: Mapping[str, str], accept: str = api.JSON) -> AsyncIterator[Any]:
        """Yield what a watch tells."""
        rest = b""
        chunks = self.door.follow(asked(path, {**query, "watch": "true"}), accept)
        try:
            async for chunk in chunks:
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line.strip():
                        yield json.loads(line)
        finally:
            await chunks.aclose()

    # --- kinds -----------------------------------------------------------------------------------

    async def resources(self) -> list[Resource]:
        """Return what the server serves, in its order."""
        if not self.known:
            for root in ("/api", "/apis"):
                answer = await self.door.ask("GET", root, b"", {"accept": AGGREGATED})
                for group in json.loads(answer.body).get("items", ()):
                    self.known += _discovered(group)
                    self.versions += _versions(group)
        return self.known

    async def resource(self, word: str) -> Resource:
        """Return the resource a word means: `svc`, `Services`, `deployments.apps`, `deployments.v1.apps`."""
        found = await self.resource_or_none(word)
        if found is None:
            raise api.error(f'the server doesn\'t have a resource type "{word}"')
        return found

    async def resource_or_none(self, word: str) -> Resource | None:
        """Return the resource a word means, None when there is none."""
        known = await self.resources()
        lower = word.lower()
        for one in known:
            if lower in (one.name, one.singular, one.kind.lower(), *one.short_names):
                return one
        name, _, group = lower.partition(".")
        for one in known:
            if name in (one.name, one.singular, *one.short_names) and group in (
                one.group,
                f"{one.version}.{one.group}".rstrip("."),
            ):
                return one
        return None

    async def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource that serves a kind."""
        for one in await self.resources():
            if one.kind == kind and one.api_version == api_version:
                return one
        return None

    # --- which objects ---------------------------------------------------------------------------

    def within(self, namespace: str) -> Kube:
        """Return the same in another namespace."""
        return replace(self, namespace=namespace) if namespace else self


def asked(path: str, query: Mapping[str, str] | None) -> str:
    """Write a path with its query."""
    return f"{path}?{urlencode(query)}" if query else path


def _warned(header: str) -> str:
    _, _, rest = header.partition('"')
    return rest.rpartition('"')[0].replace('\\"', '"').replace("\\\\", "\\")


def _versions(group: Mapping[str, Any]) -> list[str]:
    name = str((group.get("metadata") or {}).get("name") or "")
    return [f"{name}/{one['version']}" if name else str(one["version"]) for one in group.get("versions", ())]


def _discovered(group: Mapping[str, Any]) -> list[Resource]:
    name = str((group.get("metadata") or {}).get("name") or "")
    found: list[Resource] = []
    for version in group.get("versions", ())[:1]:
        for one in version.get("resources", ()):
            subs = tuple(str(sub["subresource"]) for sub in one.get("subresources", ()))
            found.append(
                Resource(
                    group=str((one.get("responseKind") or {}).get("group") or name),
                    version=str(version["version"]),
                    name=str(one["resource"]),
                    singular=str(one.get("singularResource") or one["responseKind"]["kind"].lower()),
                    kind=str(one["responseKind"]["kind"]),
                    namespaced=one.get("scope") == "Namespaced",
                    short_names=tuple(one.get("shortNames", ())),
                    categories=tuple(one.get("categories", ())),
                    verbs=tuple(one.get("verbs", ())),
                    subresources=subs,
                )
            )
    return found


NAMELESS = "resource(s) were provided, but no name was specified"
MIXED = (
    "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form "
    "(e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
)


async def meant(kube: Kube, words: Sequence[str], given: Given) -> list[Meant]:
    """Return what `TYPE[,TYPE] [NAME…]`, `TYPE/NAME…` mean, collections without a name (resource.Builder)."""
    selects = _selects(given)
    everywhere = "all-namespaces" in given.known and given.on("all-namespaces")
    namespace = "" if everywhere else kube.namespace
    if words and any("/" in word for word in words):
        return await _pairs(kube, words, namespace, selects)
    resources: list[Resource] = []
    for word in words[0].split(",") if words else ():
        resources += await _types(kube, word)
    names = list(dict.fromkeys(words[1:]))
    if names and selects:
        raise api.error("name cannot be provided when a selector is specified")
    if names and everywhere:
        raise api.error("a resource cannot be retrieved by name across all namespaces")
    if not names:
        return [Meant(one, namespace if one.namespaced else "") for one in resources]
    return [Meant(one, namespace if one.namespaced else "", name) for one in resources for name in names]


async def named(kube: Kube, words: Sequence[str], given: Given) -> list[Meant]:
    """Return what the words mean; fails on a collection of which neither --all nor a selector takes members."""
    wanted = await meant(kube, words, given)
    if any(not one.name for one in wanted) and not (given.on("all") or selecting(given)):
        raise api.error(NAMELESS)
    return wanted


def _selects(given: Given) -> bool:
    return any(name in given.known and bool(given.text(name)) for name in ("selector", "field-selector"))


async def _types(kube: Kube, word: str) -> list[Resource]:
    if word == "all":
        known = await kube.resources()
        order = ("pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets")
        found = [one for one in known if "all" in one.categories]
        return sorted(found, key=lambda one: order.index(one.name) if one.name in order else len(order))
    return [await kube.resource(word)]


async def _pairs(kube: Kube, words: Sequence[str], namespace: str, selects: bool) -> list[Meant]:
    if "/" not in words[0] or any("/" not in word for word in words):
        raise api.error(MIXED)
    found = []
    for word in words:
        kind, _, name = word.partition("/")
        if not kind or not name or "/" in name:
            raise api.error(
                "arguments in resource/name form may not have more than one slash"
                if "/" in name
                else "arguments in resource/name form must have a single resource and name"
            )
        resource = await kube.resource(kind)
        found.append(Meant(resource, namespace if resource.namespaced else "", name))
    if selects:
        raise api.error("name cannot be provided when a selector is specified")
    if not namespace and found[0].resource.namespaced:
        raise api.error("a resource cannot be retrieved by name across all namespaces")
    return found


def selecting(given: Given) -> dict[str, str]:
    """Return the query of -l and --field-selector."""
    found = {}
    if "selector" in given.known and given.text("selector"):
        found["labelSelector"] = given.text("selector")
    if "field-selector" in given.known and given.text("field-selector"):
        found["fieldSelector"] = given.text("field-selector")
    return found


async def read(kube: Kube, wanted: Sequence[Meant], given: Given) -> tuple[list[Meant], list[api.Refused]]:
    """Read the objects that are meant; what cannot be read is returned as refusals."""
    found: list[Meant] = []
    refusals: list[api.Refused] = []
    for one in wanted:
        try:
            if one.name:
                found.append(replace(one, obj=await kube.ask("GET", one.path)))
            else:
                found += await _members(kube, one, given)
        except api.Refused as refused:
            refusals.append(refused if one.name else not_listed(one, given, refused))
    return found, refusals


async def read_all(kube: Kube, wanted: Sequence[Meant], given: Given) -> list[Meant]:
    """Read the objects that are meant; fails when any cannot be read."""
    found, refusals = await read(kube, wanted, given)
    refuse_all(refusals)
    return found


def not_listed(one: Meant, given: Given, refused: api.Refused) -> api.Refused:
    """Say what could not be listed (resource.Selector.Visit)."""
    if refused.code not in (400, 404):
        return refused
    resource = one.resource
    what = f"{resource.group}/{resource.version}, Resource={resource.name}"
    query = selecting(given)
    if not query:
        return api.Refused(refused.status, f'Unable to list "{what}"')
    labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
    return api.Refused(
        refused.status, f'Unable to find "{what}" that match label selector "{labels}", field selector "{fields}"'
    )


async def _members(kube: Kube, one: Meant, given: Given) -> list[Meant]:
    listed = await kube.ask("GET", one.path, query={**selecting(given), "limit": "500"})
    found = []
    for obj in listed.get("items", ()):
        full = {"apiVersion": one.resource.api_version, "kind": one.resource.kind, **obj}
        meta = obj["metadata"]
        found.append(Meant(one.resource, meta.get("namespace", ""), meta["name"], full))
    return found


async def until(kube: Kube, one: Meant, holds: Holds) -> None:
    """Wait until something holds of an object, which is None while it is not there; another of its name is not it."""
    held = await kube.maybe(one.path)
    if holds(held):
        return
    query = {"fieldSelector": f"metadata.name={one.name}"}
    if held is not None:
        query["resourceVersion"] = str(held["metadata"]["resourceVersion"])
    uid = held["metadata"].get("uid") if held is not None else ""
    async for event in kube.events(one.resource.path(one.namespace), query):
        obj = event.get("object") or {}
        gone = event.get("type") == "DELETED" or (uid and (obj.get("metadata") or {}).get("uid", uid) != uid)
        if holds(None if gone else obj):
            return


async def until_gone(kube: Kube, one: Meant) -> None:
    """Wait until an object is no longer there."""
    await until(kube, one, lambda obj: obj is None)


def refuse_all(refusals: Sequence[api.Refused]) -> None:
    """Fail with every refusal, a line each."""
    if refusals:
        raise api.Failed("".join(one.text for one in refusals))
