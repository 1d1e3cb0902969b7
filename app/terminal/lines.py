"""What servers that speak no HTTP say to a line: enough of Redis and Memcached to see that they are alive.

DIFFERS: nothing is stored, so only commands that need no store are known; the rest is an unknown command.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.kinds import images
from app.machinery.objects import Object


@dataclass(frozen=True, slots=True)
class Line:
    """What is said, and whether the connection ends with it."""

    text: str
    closes: bool = False


def protocol_of(pod: Object, port: int) -> str:
    """Name the protocol that the pod's server speaks on the port; empty when it is none of these."""
    found = images.responds(pod, port)
    if found is None or found.http:
        return ""
    for container in images.serving_containers(pod):
        if container.get("name") == found.container:
            return protocol_of_image(str(container.get("image") or ""))
    return ""


def protocol_of_image(image: str) -> str:
    """Name the protocol that an image's server speaks; empty when it is none of these."""
    name = images.parse_name(image).repository.rpartition("/")[2]
    if "redis" in name or name == "valkey":
        return "redis"
    return "memcached" if name == "memcached" else ""


def talk(protocol: str, text: str) -> str:
    """Answer all commands of a text, the last of which may lack its line end."""
    said, held = "", text.encode() + (b"" if text.endswith("\n") else b"\n")
    while (found := take(protocol, held)) is not None:
        words, held = found
        line = answer(protocol, words)
        said += line.text
        if line.closes:
            break
    return said


def take(protocol: str, held: bytes) -> tuple[list[str], bytes] | None:
    """Take the first whole command off the bytes; None when there is none yet."""
    if protocol == "redis" and held.startswith(b"*"):
        return _array(held)
    line, end, rest = held.partition(b"\n")
    return (line.decode("utf-8", "replace").split(), rest) if end else None


def _array(held: bytes) -> tuple[list[str], bytes] | None:
    """Read `*1\\r\\n$4\\r\\nPING\\r\\n`, as redis-cli and the client libraries write."""
    head, end, rest = held.partition(b"\r\n")
    if not end:
        return None
    words = []
    for _ in range(int(head[1:]) if head[1:].isdigit() else 0):
        head, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        if not head[1:].isdigit():
            return [], rest
        length = int(head[1:])
        if len(rest) < length + 2:
            return None
        words.append(rest[:length].decode("utf-8", "replace"))
        rest = rest[length + 2 :]
    return words, rest


def answer(protocol: str, words: list[str]) -> Line:
    """Answer one command."""
    if not words:
        return Line("" if protocol == "redis" else "ERROR\r\n")
    name, *rest = words
    return _redis(name, rest) if protocol == "redis" else _memcached(name)


def _redis(name: str, rest: list[str]) -> Line:
    match name.upper():
        case "PING":
            return Line(_bulk(rest[0]) if rest else "+PONG\r\n")
        case "ECHO" if len(rest) == 1:
            return Line(_bulk(rest[0]))
        case "SELECT" | "AUTH" if rest:
            return Line("+OK\r\n")
        case "DBSIZE":
            return Line(":0\r\n")
        case "QUIT":
            return Line("+OK\r\n", closes=True)
    given = "".join(f"'{word}' " for word in rest)
    return Line(f"-ERR unknown command '{name}', with args beginning with: {given}\r\n")


def _bulk(text: str) -> str:
    return f"${len(text.encode())}\r\n{text}\r\n"


def _memcached(name: str) -> Line:
    match name.lower():
        case "version":
            return Line("VERSION 1.6.39\r\n")
        case "quit":
            return Line("", closes=True)
        case "get" | "gets":
            return Line("END\r\n")
    return Line("ERROR\r\n")
