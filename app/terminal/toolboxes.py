"""Which programs an image holds, and in whose flavor: busybox or the separate tools of a distribution."""

from __future__ import annotations

from app.kinds import images

_CORE = frozenset(
    (
        *("sh", "env", "printenv", "hostname", "cat", "date", "sleep", "echo", "printf", "grep", "egrep", "fgrep"),
        *("head", "tail", "wc", "cut", "tr", "sort", "uniq", "sed", "awk", "seq", "tee", "true", "false", "touch"),
        *("mkdir", "clear", "ls", "rm", "id", "whoami", "uname", "timeout", "xargs", "nohup", "tar"),
        *("expr", "base64", "md5sum", "sha1sum", "sha256sum", "sha512sum", "basename", "dirname", "tac", "nl", "nproc"),
    )
)
BUSYBOX = _CORE | frozenset(
    [
        "route",
        "traceroute",
        "rev",
        "ash",
        "busybox",
        "wget",
        "nc",
        "nslookup",
        "ping",
        "ip",
        "ifconfig",
        "netstat",
        "ps",
        "telnet",
        "watch",
    ]
)
_DEBIAN = _CORE | frozenset(["bash", "dash", "getent", "apt-get", "apt"])
EVERYTHING = BUSYBOX | frozenset(
    ["bash", "curl", "dig", "host", "getent", "ss", "ncat", "netcat", "jq", "openssl", "redis-cli", "apk"]
)
_NOTHING: frozenset[str] = frozenset()

_ALPINE = BUSYBOX | {"getent", "apk"}
_BY_REPOSITORY = {
    "curlimages/curl": (_ALPINE | {"curl"}, "busybox"),
    "curl/curl": (_ALPINE | {"curl"}, "busybox"),
    "alpine/curl": (_ALPINE | {"curl"}, "busybox"),
    "busybox": (BUSYBOX, "busybox"),
    "e2e-test-images/busybox": (BUSYBOX, "busybox"),
    "alpine": (_ALPINE, "busybox"),
    "yauritux/busybox-curl": (BUSYBOX | {"curl"}, "busybox"),
    "radial/busyboxplus": (BUSYBOX | {"curl"}, "busybox"),
    "agnhost": (_ALPINE | {"curl", "dig", "host", "agnhost", "bash"}, "bind"),
    "e2e-test-images/agnhost": (_ALPINE | {"curl", "dig", "host", "agnhost", "bash"}, "bind"),
    "e2e-test-images/jessie-dnsutils": (_DEBIAN | {"dig", "nslookup", "host", "ping"}, "bind"),
    "tutum/dnsutils": (_DEBIAN | {"dig", "nslookup", "host"}, "bind"),
    "nicolaka/netshoot": (EVERYTHING, "bind"),
    "praqma/network-multitool": (EVERYTHING, "bind"),
    "wbitt/network-multitool": (EVERYTHING, "bind"),
    "nginx": (_DEBIAN | {"curl"}, "gnu"),
    **dict.fromkeys(
        ("buildpack-deps", "python", "node", "golang", "ruby", "perl", "rust", "gcc", "openjdk"),
        (_DEBIAN | {"curl", "wget", "openssl"}, "gnu"),
    ),
    "redis": (_DEBIAN | {"redis-cli"}, "gnu"),
    "valkey/valkey": (_DEBIAN | {"redis-cli"}, "gnu"),
    "bitnami/redis": (_DEBIAN | {"redis-cli", "curl"}, "gnu"),
    "bash": (BUSYBOX | {"bash"}, "busybox"),
    "traefik": (_ALPINE, "busybox"),
}
_EMPTY = frozenset(
    {
        "traefik/whoami",
        "containous/whoami",
        "hashicorp/http-echo",
        "coredns/coredns",
        "coredns",
        "pause",
        "kubernetes/pause",
        "google_containers/pause",
        "hello-world",
        "metrics-server/metrics-server",
        "etcd",
    }
)


def of(image: str) -> tuple[frozenset[str], str]:
    """Return an image's programs and their flavor; an image nobody knows has them all."""
    name = images.parse_name(image)
    if name.repository in _EMPTY:
        return _NOTHING, ""
    found = _BY_REPOSITORY.get(name.repository)
    if found is not None and found[1] == "gnu" and "alpine" in name.tag:
        return (_ALPINE | (found[0] & {"curl", "redis-cli"}), "busybox")
    if found is not None and found[1] == "gnu" and "slim" in name.tag:
        return found[0] - {"curl", "wget", "openssl"}, "gnu"
    if found is not None:
        return found
    if images.known(image) is None:
        return EVERYTHING, "busybox"
    return (_ALPINE, "busybox") if "alpine" in name.tag else (_DEBIAN, "gnu")
