"""What a container does, known from its image and command: where it listens, whether it stays, what it answers."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.kinds import catalogue, memo, processes
from app.machinery import objects
from app.machinery.objects import Object

LISTEN = "podlane.dev/listen"

Container = Mapping[str, Any]


class Listener(msgspec.Struct, frozen=True, gc=False):
    """One open port of a pod; `address` is empty when it listens on all of the pod's addresses."""

    port: int
    protocol: str = "TCP"
    address: str = ""
    container: str = ""


class Run(msgspec.Struct, frozen=True, gc=False):
    """What starting a container leads to: it stays, or it exits with a code."""

    stays: bool
    exit_code: int = 0
    seconds: float = 0.0
    """How long it runs until then, as far as its words say; 0 where nothing is known to take time."""
    is_command: bool = False
    """Whether it runs a command line that was understood, not its image's own program."""


class Responder(msgspec.Struct, frozen=True, gc=False):
    """What answers on a port: over HTTP with a status and a body, or something that speaks no HTTP."""

    http: bool
    status: int
    body: str
    container: str
    page: str = ""


class Name(msgspec.Struct, frozen=True, gc=False):
    """An image name taken apart; `repository` is without registry, `library/` and mirrors' prefixes."""

    registry: str
    repository: str
    tag: str
    digest: str


class _Doing(msgspec.Struct, frozen=True, gc=False):
    ports: tuple[str, ...]
    http: tuple[str, ...]
    stays: bool
    exit_code: int
    page: str
    seconds: float = 0.0
    is_command: bool = False


def parse_name(image: str) -> Name:
    """Take an image name apart: `docker.io/library/nginx:1.29` is `nginx` with tag `1.29`."""
    rest, _, digest = image.strip().partition("@")
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        registry, rest = head, tail
    else:
        registry = "docker.io"
    path, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        path, tag = rest, ""
    for prefix in ("docker/", "library/"):
        path = path.removeprefix(prefix)
    return Name(registry, path, tag or ("" if digest else "latest"), digest)


@functools.lru_cache(maxsize=1024)
def known(image: str) -> catalogue.Image | None:
    """Return what the catalogue says about an image, None when it does not know it."""
    name = parse_name(image)
    for candidate in (name.repository, f"{name.registry}/{name.repository}"):
        found = catalogue.IMAGES.get(candidate)
        if found is not None:
            return found
    for prefix, found in catalogue.PREFIXES.items():
        if name.repository.startswith(prefix) or f"{name.registry}/{name.repository}".startswith(prefix):
            return found
    return None


def pull_fails(container: Container) -> str:
    """Say why the image can never be pulled, in the kubelet's words; empty when it can.

    Only names that no registry could serve fail: the playground has no network to ask.
    """
    image = str(container.get("image") or "")
    if not image or image != image.strip() or not _REFERENCE.fullmatch(image):
        return f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": invalid reference format'
    name = parse_name(image)
    last = name.repository.rpartition("/")[2]
    if name.tag in _NO_TAGS or last in _NO_IMAGES:
        reference = f"{name.registry}/{name.repository}:{name.tag}"
        return (
            f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}": '
            f"{reference}: not found"
        )
    return ""


_REFERENCE = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
    r"(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?"
)
_NO_TAGS = frozenset({"nosuchtag", "doesnotexist", "does-not-exist", "no-such-tag", "nonexistent", "notfound"})
_NO_IMAGES = frozenset(
    {
        "nosuchimage",
        "doesnotexist",
        "does-not-exist",
        "no-such-image",
        "nonexistent",
        "nonexistent-image",
        "ngnix",
        "nginxx",
    }
)


def run_of(container: Container) -> Run:
    """Say whether a container stays once it is started, and how it exits if not."""
    doing = _doing(container)
    return Run(doing.stays, doing.exit_code, doing.seconds, doing.is_command)


def page_of(container: Container) -> str:
    """Return the page that names what the container answers over HTTP."""
    return _doing(container).page


def listeners(pod: Object) -> tuple[Listener, ...]:
    """Return where a running pod listens: what the annotation says, else what its containers are known to do."""
    annotation = objects.annotations_of(pod).get(LISTEN)
    if annotation is not None:
        return listened(annotation, _first_name(pod))
    containers = serving_containers(pod)
    if len(containers) == 1:
        return _listeners_of(containers[0])
    found: dict[tuple[int, str], Listener] = {}
    for container in containers:
        for listener in _listeners_of(container):
            found.setdefault((listener.port, listener.protocol), listener)
    return tuple(found.values())


_LISTENERS: memo.Memo[tuple[Listener, ...]] = memo.Memo(8192)


def _listeners_of(container: Container) -> tuple[Listener, ...]:
    name = str(container.get("name") or "")
    return _LISTENERS.get(
        container, (), lambda: tuple(Listener(*_port(port), _bound(port), name) for port in _doing(container).ports)
    )


def listens(pod: Object, port: int, protocol: str, address: str = "") -> Listener | None:
    """Return what listens on the port at the address (empty: the pod's own), None when nobody does."""
    for listener in listeners(pod):
        if listener.port == port and listener.protocol == protocol and _reaches(listener.address, address):
            return listener
    return None


def _reaches(bound: str, address: str) -> bool:
    if bound in ("", "0.0.0.0", "::"):
        return True
    loopback = bound.startswith("127.") or bound in ("localhost", "::1")
    if not address:
        return not loopback
    return bound == address or (loopback and address.startswith("127."))


def listened(annotation: str, container: str = "") -> tuple[Listener, ...]:
    """Read `8080,9090/udp,127.0.0.1:7000`; an empty text listens nowhere, what is no port is left out."""
    found = []
    for part in annotation.split(","):
        address, _, port = part.strip().rpartition(":")
        if re.fullmatch(r"\d{1,5}(/\w+)?", port):
            number, protocol = _port(port)
            if 0 < number <= 65535 and protocol in ("TCP", "UDP", "SCTP"):
                found.append(Listener(number, protocol, address.strip("[]"), container))
    return tuple(found)


def responds(pod: Object, port: int, protocol: str = "TCP") -> Responder | None:
    """Return what answers on a port of the pod: the body names the pod where the real program does; None: nobody."""
    listener = next((one for one in listeners(pod) if (one.port, one.protocol) == (port, protocol)), None)
    if listener is None:
        return None
    if objects.annotations_of(pod).get(LISTEN) is not None:
        doing = next((_doing(container) for container in serving_containers(pod)), None)
        speaks = doing is None or not doing.ports or bool(doing.http) or not _known_ports(doing, port)
        return _answer(pod, listener.container, doing.page if doing else "", http=speaks and protocol == "TCP")
    for container in serving_containers(pod):
        doing = _doing(container)
        if any(_port(known_port) == (port, protocol) for known_port in doing.ports):
            http = any(_port(known_port) == (port, protocol) for known_port in doing.http)
            return _answer(pod, str(container.get("name") or ""), doing.page, http=http)
    return None


def _known_ports(doing: _Doing, port: int) -> bool:
    return any(_port(known_port)[0] == port for known_port in doing.ports)


def _answer(pod: Object, container: str, page: str, *, http: bool) -> Responder:
    return Responder(http, 200 if http else 0, _body(pod, page) if http else "", container, page)


def serving_containers(pod: Object) -> list[Container]:
    """Return the containers that run while the pod does: its own and its sidecars."""
    spec = objects.spec_of(pod)
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    return [*(spec.get("containers") or ()), *sidecars]


def _first_name(pod: Object) -> str:
    containers = objects.spec_of(pod).get("containers") or ()
    return str(containers[0].get("name") or "") if containers else ""


def _bound(text: str) -> str:
    """Return the one address at which a port such as `127.0.0.1:8000/tcp` is open; empty for all."""
    return text.rpartition(":")[0].replace("localhost", "127.0.0.1")


def _port(text: str) -> tuple[int, str]:
    number, _, protocol = text.rpartition(":")[2].partition("/")
    return int(number), (protocol or "tcp").upper()


# --- what a container does ---------------------------------------------------------------------


_DOINGS: memo.Memo[_Doing] = memo.Memo(8192)


def _doing(container: Container) -> _Doing:
    """Work out what a container does, once for all pods that share it."""
    return _DOINGS.get(container, (), lambda: _work_out(container))


def _work_out(container: Container) -> _Doing:
    command = [str(word) for word in container.get("command") or ()]
    args = [str(word) for word in container.get("args") or ()]
    image = known(str(container.get("image") or ""))
    if image is not None and image.page == "agnhost":
        return _agnhost([*command, *args], container)
    told = command + args if command else args
    interactive = bool(container.get("stdin")) and bool(container.get("tty"))
    if told and not told[0].startswith("-"):
        process = processes.understand(expanded(told, container), interactive)
        if process.understood:
            return _Doing(process.ports, process.http, process.stays, process.exit_code, "plain", process.seconds, True)
    if image is None:
        return _declared(container)
    if image.shell:
        return _Doing((), (), interactive, 0 if told else image.exit_code, "")
    return _moved(image, told, container)


def _declared(container: Container) -> _Doing:
    """An image nobody knows listens on the ports it declares, and answers HTTP on those for TCP."""
    ports = tuple(
        f"{port['containerPort']}/{str(port.get('protocol') or 'TCP').lower()}"
        for port in container.get("ports") or ()
        if port.get("containerPort")
    )
    return _Doing(ports, ports, True, 0, "plain")


def _moved(image: catalogue.Image, told: Sequence[str], container: Container) -> _Doing:
    """A known server: its first port is where flags or environment put it."""
    ports, http = image.ports, image.http
    first = _told_port(image, told, container)
    if first and ports and first != ports[0]:
        http = tuple(first if port == ports[0] else port for port in http)
        ports = (first, *ports[1:])
    page = image.page
    return _Doing(ports, http, image.stays, image.exit_code, page + _text_of(told) if page == "http-echo" else page)


def _text_of(told: Sequence[str]) -> str:
    found = _flag(told, ("-text", "--text"))
    return f":{found}" if found else ":hello-world"


def _told_port(image: catalogue.Image, told: Sequence[str], container: Container) -> str:
    flagged = _flag(told, image.port_flags)
    if not flagged:
        values = {v.get("name"): v.get("value") for v in container.get("env") or ()}
        flagged = next((str(values[name]) for name in image.port_variables if values.get(name)), "")
    number = flagged.rpartition(":")[2]
    return number if number.isdecimal() and 0 < int(number) <= 65535 else ""


def _flag(words: Sequence[str], names: Sequence[str]) -> str:
    for position, word in enumerate(words):
        for name in names:
            if word == name and position + 1 < len(words):
                return words[position + 1]
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
    return ""


def expanded(words: Sequence[str], container: Container) -> list[str]:
    """Fill in `$(NAME)` from the container's plain environment; `$$` is a `$`.

    Mirrors third_party/forked/golang/expansion (release 1.36), as the kubelet uses it on command and args.
    """
    values = {str(v.get("name")): str(v.get("value") or "") for v in container.get("env") or ()}

    def fill(found: re.Match[str]) -> str:
        return "$" if found[1] is None else values.get(found[1], found[0])

    return [re.sub(r"\$(?:\$|\(([^)]*)\))", fill, word) for word in words]


def _agnhost(words: Sequence[str], container: Container) -> _Doing:
    """The test image of Kubernetes: its first argument says what it is (test/images/agnhost, release 1.36)."""
    rest = [word for word in words if not word.endswith("agnhost")]
    role = rest[0] if rest else "pause"
    if role == "netexec":
        http, udp = _flag(rest, ("--http-port",)) or "8080", _flag(rest, ("--udp-port",)) or "8081"
        return _Doing((http, f"{udp}/udp"), (http,), True, 0, "netexec")
    if role == "serve-hostname":
        port = _flag(rest, ("--port",)) or "9376"
        told = {name for name in ("http", "tcp", "udp") if f"--{name}" in rest or f"--{name}=true" in rest}
        over_http = "http" in told or "--http=false" not in rest
        over_tcp = (port,) if over_http or "tcp" in told else ()
        over_udp = (f"{port}/udp",) if "udp" in told else ()
        return _Doing((*over_tcp, *over_udp), (port,) if over_http else (), True, 0, "hostname")
    if role in _AGNHOST_PORTS:
        port = _AGNHOST_PORTS[role]
        return _Doing((port,), (port,), True, 0, role)
    if role == "porter":
        ports = tuple(str(port) for port in porter_bodies(container))
        return _Doing(ports, ports, True, 0, "porter")
    if role in _AGNHOST_WAITS:
        return _Doing((), (), True, 0, "")
    process = processes.understand(rest)
    return _Doing(process.ports, process.http, process.stays, process.exit_code if process.understood else 1, "plain")


_AGNHOST_PORTS = {
    "guestbook": "80",
    "test-webserver": "80",
    "webhook": "443",
    "liveness": "8080",
    "no-snat-test": "8080",
    "net": "8080",
}
_AGNHOST_WAITS = frozenset({"pause"})
_PORTER = re.compile(r"SERVE_(?:(?:TCP|TLS)_)?PORT_(\d+)")


def porter_bodies(container: Container) -> dict[int, str]:
    """Return what agnhost's porter answers on which port: each is a variable of its environment."""
    found = ((_PORTER.fullmatch(str(one.get("name") or "")), one) for one in container.get("env") or ())
    return {int(match[1]): str(one.get("value") or "") for match, one in found if match}


def serves_tls(pod: Object, port: int) -> bool:
    """Say whether agnhost's porter was told to speak TLS on that port."""
    wanted = f"SERVE_TLS_PORT_{port}"
    return any(one.get("name") == wanted for c in serving_containers(pod) for one in c.get("env") or ())


# --- what it answers ---------------------------------------------------------------------------


def _body(pod: Object, page: str) -> str:
    """Return the body of the page, naming the pod where the real program does."""
    name = objects.name_of(pod)
    if page.startswith("http-echo"):
        return page.partition(":")[2] + "\n"
    if page in ("hostname", "netexec", "plain", ""):
        return f"{name}\n"
    if page in ("whoami", "echo"):
        ip = objects.status_of(pod).get("podIP") or ""
        return f"Hostname: {name}\nIP: {ip}\n"
    if page == "hello":
        return f"Hello, world!\nHostname: {name}\n"
    if page == "bootcamp":
        return f"Hello Kubernetes bootcamp! | Running on: {name} | v=1\n"
    if page in ("podinfo", "httpbin"):
        return json.dumps({"hostname": name}) + "\n"
    return _TITLES.get(page, f"<h1>{name}</h1>\n")


_TITLES = {
    "nginx": "<title>Welcome to nginx!</title>\n",
    "httpd": "<h1>It works!</h1>\n",
    "caddy": "<title>Caddy works!</title>\n",
    "tomcat": "<h1>HTTP Status 404</h1>\n",
}
