"""create -f, apply, replace, delete, diff and edit: objects as files, pasted text or standard input (release 1.36)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from app.terminal.kubectl import api, changing, gotext, kube, patching
from app.terminal.kubectl.flags import Flag, Given, duration, number, several, switch, text
from app.terminal.kubectl.kube import Kube, Meant

FILES: tuple[Flag, ...] = (
    several("filename", "f"),
    several("kustomize", "k"),
    switch("recursive", "R"),
    changing.DRY,
    text("output", "o"),
    text("validate", default="strict", alone="strict"),
    text("field-manager"),
    switch("save-config"),
    switch("show-managed-fields"),
    text("template"),
    text("selector", "l"),
)
APPLY_FLAGS = (
    *FILES,
    switch("server-side"),
    switch("force-conflicts"),
    switch("prune"),
    switch("all"),
    switch("overwrite", default="true"),
    switch("force"),
    text("cascade", default="background", alone="background"),
    number("grace-period", default="-1"),
    switch("wait"),
    duration("timeout"),
)
REPLACE_FLAGS = (
    *FILES,
    switch("force"),
    text("cascade", default="background", alone="background"),
    number("grace-period", default="-1"),
)
DELETE_FLAGS: tuple[Flag, ...] = (
    several("filename", "f"), several("kustomize", "k"), switch("recursive", "R"), text("selector", "l"), text("field-selector"), switch("all"),
    switch("all-namespaces", "A"), switch("force"), switch("now"), switch("ignore-not-found"), switch("wait", default="true"),
    number("grace-period", default="-1"), text("cascade", default="background", alone="background"), duration("timeout", "0s"),
    text("output", "o"), changing.DRY, switch("interactive", "i"), text("raw"),
)  # fmt: skip
TURN_OFF = "if you choose to ignore these errors, turn validation off with --validate=false"
MISSING = (
    "Warning: resource {resource} is missing the kubectl.kubernetes.io/last-applied-configuration annotation which is required by "
    "kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or "
    "kubectl apply. The missing annotation will be patched automatically.\n"
)


@dataclass(frozen=True, slots=True)
class Written:
    """An object as somebody wrote it, and where."""

    source: str
    meant: Meant
    obj: dict[str, Any]


async def written(kubectl: Kube, given: Given, files: Mapping[str, str]) -> list[Written]:
    """Read what -f names, each object with its kind found and its namespace filled in."""
    found: list[Written] = []
    for name in given.list("filename"):
        source, content = _content(kubectl, name, files)
        found += [await _known(kubectl, given, document, source) for document in _documents(content, source)]
    return found


async def named(kubectl: Kube, given: Given, files: Mapping[str, str]) -> Kube:
    """Put the objects that -f names before the words of the line, and return kubectl in their namespace."""
    found = await written(kubectl, given, files)
    if not found:
        raise api.error("no objects passed to " + ("get" if "watch" in given.known else "the command"))
    spaces = {one.meant.namespace for one in found if one.meant.resource.namespaced}
    if len(spaces) > 1:
        raise api.Failed(
            "This terminal takes the objects of one namespace at a time from -f; `help kubeconfig` says how to use the real kubectl."
        )
    given.words[:0] = [f"{one.meant.resource.group_resource}/{one.meant.name}" for one in found]
    if given.dash >= 0:
        given.dash += len(found)
    return kubectl.within(next(iter(spaces), ""))


def _content(kubectl: Kube, name: str, files: Mapping[str, str]) -> tuple[str, str]:
    if name == "-":
        return "STDIN", kubectl.stdin
    if name.startswith(("http://", "https://")):
        raise api.Failed(
            f"This terminal fetches nothing from outside: open {name} and paste it after `kubectl apply -f - <<EOF`."
        )
    path = "/" + name.lstrip("./")
    inside = {place: text for place, text in files.items() if place.startswith(path.rstrip("/") + "/")}
    if path not in files and inside:
        return name, "\n---\n".join(
            text for place, text in sorted(inside.items()) if place.endswith((".yaml", ".yml", ".json"))
        )
    if path not in files:
        raise api.error(f'the path "{name}" does not exist')
    return name, files[path]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """A loader that leaves dates as text."""


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for sign, found in _Loader.yaml_implicit_resolvers.items()
}


def _documents(content: str, source: str) -> list[dict[str, Any]]:
    try:
        found = [one for one in yaml.load_all(content, _Loader) if one is not None]
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise api.error(f"error parsing {source}: error converting YAML to JSON: yaml: {line}{_words(fault)}") from None
    objects: list[dict[str, Any]] = []
    for one in found:
        if not isinstance(one, dict):
            raise api.error(
                f'error validating "{source}": error validating data: invalid object to validate; {TURN_OFF}'
            )
        if str(one.get("kind", "")).endswith("List") and isinstance(one.get("items"), list):
            objects += one["items"]
        else:
            objects.append(one)
    return objects


def _words(fault: yaml.YAMLError) -> str:
    problem = str(getattr(fault, "problem", None) or "could not be read")
    if "cannot start any token" in problem:
        return "found character that cannot start any token"
    if "mapping values are not allowed" in problem:
        return "mapping values are not allowed in this context"
    return problem


async def _known(kubectl: Kube, given: Given, obj: dict[str, Any], source: str) -> Written:
    unset = [f"{name} not set" for name in ("apiVersion", "kind") if not obj.get(name)]
    if unset:
        told = unset[0] if len(unset) == 1 else f"[{', '.join(unset)}]"
        raise api.error(f'error validating "{source}": error validating data: {told}; {TURN_OFF}')
    meta = obj.get("metadata") or {}
    resource = await kubectl.of_kind(str(obj["apiVersion"]), str(obj["kind"]))
    if resource is None:
        raise api.error(
            f'resource mapping not found for name: "{meta.get("name", "")}" namespace: "{meta.get("namespace", "")}" from "{source}": '
            f'no matches for kind "{obj["kind"]}" in version "{obj["apiVersion"]}"\nensure CRDs are installed first'
        )
    namespace = str(meta.get("namespace") or "")
    if resource.namespaced and given.has("namespace") and namespace and namespace != kubectl.namespace:
        raise api.error(
            f'the namespace from the provided object "{namespace}" does not match the namespace "{kubectl.namespace}". '
            f"You must pass '--namespace={namespace}' to perform this operation."
        )
    own = (namespace or kubectl.namespace) if resource.namespaced else ""
    if own:
        obj = {**obj, "metadata": {**meta, "namespace": own}}
    return Written(source, Meant(resource, own, str(meta.get("name") or "")), obj)


def _strictly(given: Given) -> dict[str, str]:
    found = {"strict": "Strict", "true": "Strict", "warn": "Warn", "ignore": "Ignore", "false": "Ignore"}
    return {"fieldValidation": found.get(given.text("validate"), "Strict")}


async def each(kubectl: Kube, found: list[Written], work: Any) -> int:
    """Do something with every object; what is refused is told at the end, the others are done."""
    refusals: list[api.Refused] = []
    for one in found:
        try:
            await work(one)
        except api.Refused as refused:
            refusals.append(refused)
    kube.refuse_all(refusals)
    return 0


# --- create, apply, replace ----------------------------------------------------------------------


async def create(kubectl: Kube, given: Given, files: Mapping[str, str]) -> int:
    """Create the objects of a file."""
    found = await written(kubectl, given, files)
    if not found:
        raise api.error("no objects passed to create")

    async def work(one: Written) -> None:
        obj: Any = patching.remembered(one.obj) if given.on("save-config") else one.obj
        await made(kubectl, given, one, obj)

    return await each(kubectl, found, work)


async def made(kubectl: Kube, given: Given, one: Written, obj: Any, writer: str = "kubectl-create") -> None:
    """Create one object and tell it."""
    if not changing.is_client_dry(given):
        query = {**changing.query(given, writer), **_strictly(given)}
        try:
            obj = await kubectl.ask("POST", one.meant.resource.path(one.meant.namespace), obj, query=query)
        except api.Refused as refused:
            raise api.Refused(refused.status, f'error when creating "{one.source}"') from None
    named = Meant(one.meant.resource, one.meant.namespace, obj["metadata"].get("name", ""))
    changing.say(kubectl, given, named, "created", obj)


async def apply(kubectl: Kube, given: Given, files: Mapping[str, str]) -> int:
    """Make the cluster hold what a file says."""
    if given.list("kustomize"):
        raise api.Failed(
            "This terminal does not build kustomizations: apply the manifests themselves, or use kubectl with the kubeconfig."
        )
    if not given.list("filename"):
        raise api.error("must specify one of -f and -k")
    if given.words:
        raise api.usage("kubectl apply", f"Unexpected args: [{' '.join(given.words)}]")
    if given.on("prune"):
        raise api.Failed(
            "This terminal does not prune: delete what is to go with `kubectl delete`, or use kubectl with the kubeconfig."
        )
    found = await written(kubectl, given, files)
    if not found:
        raise api.error("no objects passed to apply")

    async def work(one: Written) -> None:
        if given.on("server-side"):
            await _apply_there(kubectl, given, one)
        else:
            await _apply(kubectl, given, one)

    return await each(kubectl, found, work)


async def _apply_there(kubectl: Kube, given: Given, one: Written) -> None:
    query = {**changing.query(given, "kubectl"), **_strictly(given), "force": str(given.on("force-conflicts")).lower()}
    raw = gotext.compact(one.obj).encode()
    obj = await kubectl.ask("PATCH", one.meant.path, raw, query=query, kind="application/apply-patch+yaml")
    changing.say(kubectl, given, one.meant, "serverside-applied", obj)


async def _apply(kubectl: Kube, given: Given, one: Written) -> None:
    modified = patching.remembered(one.obj)
    if not one.meant.name:
        raise api.error(
            "resource name may not be empty"
            if "generateName" not in (one.obj.get("metadata") or {})
            else f"from {one.obj['metadata']['generateName']}: cannot use generate name with apply"
        )
    current = await kubectl.maybe(one.meant.path)
    if current is None:
        await made(kubectl, given, one, modified, "kubectl-client-side-apply")
        return
    if patching.LAST_APPLIED not in ((current.get("metadata") or {}).get("annotations") or {}):
        kubectl.err(MISSING.format(resource=f"{one.meant.resource.name}/{one.meant.name}"))
    patch = patching.to_apply({"apiVersion": one.obj["apiVersion"], "kind": one.obj["kind"], **current}, modified)
    if not patch:
        changing.say(kubectl, given, one.meant, "unchanged", current)
        return
    obj = current
    if not changing.is_client_dry(given):
        query = {**changing.query(given, "kubectl-client-side-apply"), **_strictly(given)}
        try:
            obj = await kubectl.ask("PATCH", one.meant.path, patch, query=query, kind=changing.STRATEGIC)
        except api.Refused as refused:
            raise api.Refused(refused.status, _applying(one, gotext.compact(patch))) from None
    same = str((obj.get("metadata") or {}).get("resourceVersion")) == str(current["metadata"].get("resourceVersion"))
    changing.say(
        kubectl,
        given,
        one.meant,
        "unchanged"
        if same and not changing.is_client_dry(given) and given.text("dry-run") != "server"
        else "configured",
        obj,
    )


def _applying(one: Written, patch: str) -> str:
    resource = one.meant.resource
    group = f"{resource.group}/{resource.version}" if resource.group else f"/{resource.version}"
    return (
        f'error when applying patch:\n{patch}\nto:\nResource: "{group}, Resource={resource.name}", '
        f'GroupVersionKind: "{group}, Kind={resource.kind}"\nName: "{one.meant.name}", Namespace: "{one.meant.namespace}"\n'
        f'for: "{one.source}": error when patching "{one.source}"'
    )


async def replace(kubectl: Kube, given: Given, files: Mapping[str, str]) -> int:
    """Put the objects of a file in the place of those there are."""
    if not given.list("filename"):
        raise api.usage("kubectl replace", "Must specify --filename to replace")
    found = await written(kubectl, given, files)

    async def work(one: Written) -> None:
        try:
            current = await kubectl.ask("GET", one.meant.path)
        except api.Refused as refused:
            raise api.Refused(refused.status, f'error when replacing "{one.source}"') from None
        obj: Any = one.obj
        if given.on("force"):
            await kubectl.ask("DELETE", one.meant.path, {"propagationPolicy": "Background"})
            kubectl.out(_deleted(one.meant, ""))
            await made(kubectl, given, one, obj)
            return
        if not changing.is_client_dry(given):
            version = current["metadata"]["resourceVersion"]
            obj = patching.put(obj, ("metadata", "resourceVersion"), obj["metadata"].get("resourceVersion") or version)
            query = {**changing.query(given, "kubectl-replace"), **_strictly(given)}
            try:
                obj = await kubectl.ask("PUT", one.meant.path, obj, query=query)
            except api.Refused as refused:
                raise api.Refused(refused.status, f'error when replacing "{one.source}"') from None
        changing.say(kubectl, given, one.meant, "replaced", obj)

    return await each(kubectl, found, work)


# --- delete --------------------------------------------------------------------------------------


async def delete(kubectl: Kube, given: Given, files: Mapping[str, str]) -> int:
    """Delete objects, and wait until they are gone."""
    changing.ending(given)
    if not given.words and not given.list("filename"):
        raise api.error(changing.RESOURCE)
    wanted: list[Meant]
    from_file = bool(given.list("filename"))
    if from_file:
        wanted = [one.meant for one in await written(kubectl, given, files)]
    else:
        wanted = await kube.named(kubectl, given.words, given)
        if given.on("all") and given.text("selector"):
            raise api.error("setting 'all' parameter but found a non empty selector. ")
    if given.on("force"):
        kubectl.err(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
            "The resource may continue to run on the cluster indefinitely.\n"
        )
    found, refusals = await _existing(kubectl, wanted, given)
    if given.on("ignore-not-found") or (given.on("all") and not from_file):
        refusals = [one for one in refusals if one.code != 404]
    gone = [one for one in found if await _delete(kubectl, given, one, refusals)]
    if given.on("wait") and not changing.ending(given):
        for one in gone:
            await kube.until_gone(kubectl, one)
    if not found and not refusals:
        kubectl.out("No resources found\n")
    kube.refuse_all([api.Refused(one.status, one.prefix) for one in refusals])
    return 0


async def _existing(kubectl: Kube, wanted: list[Meant], given: Given) -> tuple[list[Meant], list[api.Refused]]:
    found: list[Meant] = []
    refusals: list[api.Refused] = []
    for one in wanted:
        if one.name:
            found.append(one)
            continue
        members, refused = await kube.read(kubectl, [one], given)
        found, refusals = found + members, refusals + refused
    return found, refusals


async def _delete(kubectl: Kube, given: Given, one: Meant, refusals: list[api.Refused]) -> bool:
    cascade = {
        "true": "Background",
        "false": "Orphan",
        "background": "Background",
        "orphan": "Orphan",
        "foreground": "Foreground",
    }
    if given.text("cascade") not in cascade:
        raise api.error(
            f'invalid cascade value ({given.text("cascade")}). Must be "background", "foreground", or "orphan"'
        )
    body: dict[str, Any] = {"propagationPolicy": cascade[given.text("cascade")]}
    grace = given.number("grace-period", -1)
    grace = 1 if given.on("now") else 0 if given.on("force") and grace < 0 else grace
    if grace >= 0:
        body["gracePeriodSeconds"] = grace
    if given.text("dry-run") == "server":
        body["dryRun"] = ["All"]
    try:
        if not changing.is_client_dry(given):
            await kubectl.ask("DELETE", one.path, body)
    except api.Refused as refused:
        if not (refused.code == 404 and given.on("ignore-not-found")):
            refusals.append(refused)
        return False
    if given.text("output") == "name":
        kubectl.out(f"{one.label}\n")
    else:
        kubectl.out(_deleted(one, changing.ending(given), forced=given.on("force") and grace == 0))
    return True


def _deleted(one: Meant, ending: str, *, forced: bool = False) -> str:
    word = "force deleted" if forced else "deleted"
    where = f" from {one.namespace} namespace" if one.namespace else ""
    return f'{one.resource.group_kind} "{one.name}" {word}{where}{ending}\n'


# --- edit, diff ----------------------------------------------------------------------------------


async def edit(kubectl: Kube, given: Given) -> int:
    """Open an object in the page's YAML editor."""
    if not given.words:
        raise api.error(changing.RESOURCE)
    found = await kube.read_all(kubectl, await kube.meant(kubectl, given.words, given), given)
    if len(found) != 1:
        raise api.Failed("This terminal edits one object at a time: name one, as in `kubectl edit service web`.")
    (one,) = found
    kubectl.chosen["edit"] = f"{one.resource.kind}/{one.namespace}/{one.name}"
    kubectl.out(f"{one.label} is open in the inspector's YAML.\n")
    return 0
