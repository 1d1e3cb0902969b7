"""Whatever is sent, the API answers with a Status that names the mistake; nothing of it is kept."""

import gzip
import json
import re
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.playground import Answer, Playground, call

NS = "/api/v1/namespaces/default"
MAPS = f"{NS}/configmaps"
LIMIT = 2 * 1024 * 1024
PROTOBUF = "application/vnd.kubernetes.protobuf"


def send(playground: Playground, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    return call(
        playground.server + path, method, body, {name.replace("_", "-"): text for name, text in headers.items()}
    )


def config_map(name: str, **more: Any) -> bytes:
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}).encode()


def refused(answer: Answer, code: int, reason: str, says: str) -> None:
    told = answer.json()
    assert (answer.status, told["kind"], told["status"], told["code"], told["reason"]) == (
        code,
        "Status",
        "Failure",
        code,
        reason,
    )
    assert re.search(says, told["message"]), told["message"]


NINE = ",".join(["*{0}"] * 9)
BOMB = "\n".join(["- &a [x]", *(f"- &{chr(98 + n)} [{NINE.format(chr(97 + n))}]" for n in range(9))]).encode()


def with_meta(text: str) -> bytes:
    """A ConfigMap with more metadata than its name."""
    return config_map("n").replace(b'"n"}', f'"n",{text}}}'.encode())


BODIES: list[tuple[str, str, bytes, str, int, str, str]] = [
    ("nothing", "POST", b"", "application/json", 400, "BadRequest", ""),
    ("no JSON", "POST", b"{", "application/json", 400, "BadRequest", "unrecognized|couldn't|invalid"),
    ("a list", "POST", b"[]", "application/json", 400, "BadRequest", "cannot unmarshal array"),
    ("a text", "POST", b'"x"', "application/json", 400, "BadRequest", "cannot unmarshal string"),
    ("null", "POST", b"null", "application/json", 400, "BadRequest", ""),
    ("a huge number", "POST", config_map("n")[:-1] + b',"x":1e999}', "application/json", 400, "BadRequest", ""),
    ("not a number", "POST", config_map("n")[:-1] + b',"x":NaN}', "application/json", 400, "BadRequest", ""),
    ("half a surrogate", "POST", config_map("n", data={"a": "\ud800"}), "application/json", 400, "BadRequest", ""),
    ("no UTF-8", "POST", config_map("n") + b"\xff\xfe", "application/json", 400, "BadRequest", ""),
    ("deep lists", "POST", b"[" * 100_000, "application/json", 400, "BadRequest", ""),
    ("deep objects", "POST", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json", 400, "BadRequest", ""),
    ("deep YAML", "POST", b"[" * 10_000, "application/yaml", 400, "BadRequest", ""),
    ("no YAML", "POST", b"a: [", "application/yaml", 400, "BadRequest", "YAML"),
    ("a YAML tag", "POST", b"!!python/object/apply:os.system [ls]", "application/yaml", 400, "BadRequest", "YAML"),
    ("a YAML bomb", "POST", BOMB, "application/yaml", 400, "BadRequest", ""),
    ("no protobuf", "POST", b"{}", PROTOBUF, 400, "BadRequest", "protobuf message"),
    ("half a protobuf", "POST", b"k8s\x00\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12\xff", PROTOBUF, 400, "BadRequest", "protobuf"),
    ("plain text", "POST", b"x", "text/plain", 415, "UnsupportedMediaType", "accepted media types include: application/json"),
    ("a form", "POST", b"a=b", "application/x-www-form-urlencoded", 415, "UnsupportedMediaType", "unknown format"),
    ("CBOR", "POST", b"\xa0", "application/cbor", 415, "UnsupportedMediaType", "unknown format"),
    ("another kind", "POST", b'{"apiVersion":"v1","kind":"Secret"}', "application/json", 400, "BadRequest", r"\(Secret\)"),
    ("another version", "POST", b'{"apiVersion":"v2","kind":"ConfigMap"}', "application/json", 400, "BadRequest", r"\(v2\)"),
    ("metadata of text", "POST", b'{"metadata":"x"}', "application/json", 400, "BadRequest", "cannot unmarshal string"),
    ("labels of numbers", "POST", with_meta('"labels":{"a":1}'), "application/json", 400, "BadRequest", "cannot unmarshal number"),
    ("data of numbers", "POST", config_map("n", data={"a": 1}), "application/json", 400, "BadRequest", "cannot unmarshal number"),
    ("no name", "POST", b"{}", "application/json", 422, "Invalid", "name or generateName is required"),
    ("a bad name", "POST", config_map("A_b"), "application/json", 422, "Invalid", "metadata.name: Invalid value"),
    ("another namespace", "POST", with_meta('"namespace":"x"'), "application/json", 400, "BadRequest", "does not match the namespace"),
    ("a resourceVersion", "POST", with_meta('"resourceVersion":"1"'), "application/json", 500, "InternalError", "resourceVersion should not be set"),
    ("a patch as text", "PATCH", b'"x"', "application/merge-patch+json", 400, "BadRequest", ""),
    ("a JSON patch that is none", "PATCH", b'{"a":1}', "application/json-patch+json", 400, "BadRequest", ""),
    ("a JSON patch of numbers", "PATCH", b"[1]", "application/json-patch+json", 400, "BadRequest", ""),
    ("a patch of no type", "PATCH", b"{}", "application/json", 415, "UnsupportedMediaType", "application/merge-patch"),
    ("delete options of text", "DELETE", b'"x"', "application/json", 400, "BadRequest", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def playground(first_steps: Playground) -> Playground:
    assert send(first_steps, "POST", MAPS, config_map("here"), Content_Type="application/json").status == 201
    return first_steps


@pytest.mark.parametrize("row", BODIES, ids=[row[0] for row in BODIES])
def test_a_bad_body_is_refused(playground: Playground, row: tuple[str, str, bytes, str, int, str, str]) -> None:
    _, method, body, form, code, reason, says = row
    path = MAPS if method == "POST" else f"{MAPS}/here"
    before = send(playground, "GET", MAPS).json()["items"]
    refused(send(playground, method, path, body, Content_Type=form), code, reason, says)
    assert send(playground, "GET", MAPS).json()["items"] == before


QUERIES = [
    ("GET", f"{MAPS}?limit=x", 400, "BadRequest", 'parsing "x": invalid syntax'),
    ("GET", f"{MAPS}?limit=99999999999999999999", 400, "BadRequest", "out of range"),
    ("GET", f"{MAPS}?continue=x", 400, "BadRequest", "continue"),
    ("GET", f"{MAPS}?labelSelector=a%20b", 400, "BadRequest", "unable to parse requirement"),
    ("GET", f"{MAPS}?labelSelector=(", 400, "BadRequest", "unable to parse requirement"),
    ("GET", f"{MAPS}?labelSelector={'a,' * 5000}", 400, "BadRequest", ""),
    ("GET", f"{MAPS}?fieldSelector=spec.nope=1", 400, "BadRequest", "field label not supported: spec.nope"),
    ("GET", f"{MAPS}?fieldSelector=a", 400, "BadRequest", ""),
    ("GET", f"{MAPS}?resourceVersion=x", 400, "BadRequest", "invalid resource version"),
    ("GET", f"{MAPS}?resourceVersionMatch=Exact", 422, "Invalid", "forbidden unless resourceVersion is provided"),
    ("GET", f"{MAPS}?timeoutSeconds=x&watch=1", 400, "BadRequest", "invalid syntax"),
    ("POST", f"{MAPS}?dryRun=x", 422, "Invalid", r'dryRun: Unsupported value: \[\]string\{"x"\}: supported values: "All"'),
    ("POST", f"{MAPS}?fieldValidation=x", 422, "Invalid", 'Unsupported value: "x": supported values: "", "Ignore", "Strict", "Warn"'),
    ("POST", f"{MAPS}?fieldManager={'a' * 129}", 422, "Invalid", "fieldManager: Too long: may not be more than 128 bytes"),
    ("POST", f"{MAPS}?fieldManager=a%0ab", 422, "Invalid", "should only contain printable characters"),
    ("DELETE", f"{MAPS}/here?propagationPolicy=x", 422, "Invalid", "propagationPolicy: Unsupported value"),
    ("DELETE", f"{MAPS}/here?gracePeriodSeconds=x", 400, "BadRequest", ""),
    ("PUT", f"{MAPS}/other", 400, "BadRequest", r"the name of the object \(here\) does not match the name on the URL \(other\)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "code", "reason", "says"), QUERIES, ids=[f"{row[0]} {row[1][:60]}" for row in QUERIES]
)
def test_a_bad_query_is_refused(
    playground: Playground, method: str, path: str, code: int, reason: str, says: str
) -> None:
    body = config_map("here") if method in ("POST", "PUT") else None
    refused(send(playground, method, path, body, Content_Type="application/json"), code, reason, says)
    assert send(playground, "GET", f"{MAPS}/here").status == 200


PATHS = [
    ("PUT", MAPS, 405),
    ("PATCH", MAPS, 405),
    ("POST", f"{MAPS}/here", 405),
    ("DELETE", "/api/v1/namespaces", 405),
    ("OPTIONS", MAPS, 405),
    ("TRACE", MAPS, 405),
    ("PROPFIND", f"{MAPS}/here", 405),
    ("POST", "/version", 405),
    ("DELETE", "/api", 405),
    ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405),
    ("DELETE", f"{NS}/pods/client/log", 405),
    ("GET", f"{NS}/nope", 404),
    ("GET", f"{NS}/pods/client/nope", 404),
    ("GET", f"{NS}/services/web/scale", 404),
    ("GET", "/api/v1/pods/client", 404),
    ("GET", f"{NS}/nodes/node-1", 404),
    ("GET", f"{MAPS}/a%2Fb", 404),
    ("GET", f"{MAPS}/{'x' * 5000}", 404),
    ("GET", f"{MAPS}/%F0%9F%A6%8A", 404),
    ("GET", f"{MAPS}/%00", 404),
    ("GET", f"{MAPS}/%FF", 404),
    ("GET", f"{MAPS}/..%2f..%2fpods", 404),
]


@pytest.mark.parametrize(("method", "path", "code"), PATHS, ids=[f"{row[0]} {row[1][:60]}" for row in PATHS])
def test_a_path_or_method_that_is_not_there_is_refused(
    playground: Playground, method: str, path: str, code: int
) -> None:
    refused(send(playground, method, path), code, {404: "NotFound", 405: "MethodNotAllowed"}[code], "")


@pytest.mark.parametrize(
    "path", ["/nope", "/apis/nope", "/apis/nope/v1", "/apis/nope/v1/things", "/api/v2/pods", "/healthz/nope"]
)
def test_outside_the_groups_there_is_a_plain_404(playground: Playground, path: str) -> None:
    answer = send(playground, "GET", path)
    assert (answer.status, answer.body) == (404, b"404 page not found\n")


@pytest.mark.parametrize(
    "path", [f"{MAPS}/", f"/api//v1{NS.removeprefix('/api/v1')}/configmaps", "/api/", "/apis/apps/v1/", "/version/"]
)
def test_slashes_too_many_do_no_harm(playground: Playground, path: str) -> None:
    assert send(playground, "GET", path).status == 200


# --- size -------------------------------------------------------------------------------------------


def test_a_body_over_the_limit_is_refused_before_it_is_read(playground: Playground) -> None:
    parts = urlsplit(playground.server)
    head = (
        f"POST {parts.path}{MAPS} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {10**9}\r\n\r\n"
    )
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30) as raw:
        raw.sendall(head.encode())
        answer = raw.recv(65_536).decode()
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_body_of_unknown_length_is_refused_at_the_limit(playground: Playground) -> None:
    parts = urlsplit(playground.server)
    head = f"POST {parts.path}{MAPS} HTTP/1.1\r\nHost: {parts.netloc}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30) as raw:
        raw.sendall(head.encode() + chunk * 33)
        answer = raw.recv(65_536).decode()
    assert answer.startswith("HTTP/1.1 413 ")


def test_a_body_that_unpacks_beyond_the_limit_is_refused(playground: Playground) -> None:
    bomb = gzip.compress(b" " * (200 * LIMIT))
    answer = send(playground, "POST", MAPS, bomb, Content_Type="application/json", Content_Encoding="gzip")
    refused(answer, 413, "RequestEntityTooLarge", f"limit is {LIMIT}")


def test_a_compressed_body_is_unpacked(playground: Playground) -> None:
    packed = gzip.compress(config_map("packed"))
    assert (
        send(playground, "POST", MAPS, packed, Content_Type="application/json", Content_Encoding="gzip").status == 201
    )


@pytest.mark.parametrize(
    ("body", "encoding", "code"), [(b"{}", "gzip", 400), (b"{}", "br", 415), (gzip.compress(b"{}")[:-9], "gzip", 400)]
)
def test_a_body_that_cannot_be_unpacked_is_refused(
    playground: Playground, body: bytes, encoding: str, code: int
) -> None:
    answer = send(playground, "POST", MAPS, body, Content_Type="application/json", Content_Encoding=encoding)
    assert (answer.status, answer.json()["kind"]) == (code, "Status")


# --- forms of an answer -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept",
    ["text/html", "image/png", "application/xml", PROTOBUF, "application/json;q=0", "application/json;as=Nope"],
)
def test_who_takes_none_of_our_forms_is_told_which_there_are(playground: Playground, accept: str) -> None:
    refused(
        send(playground, "GET", MAPS, Accept=accept),
        406,
        "NotAcceptable",
        "only the following media types are accepted",
    )


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/*",
        f"{PROTOBUF},application/json",
        "text/html,application/xhtml+xml,*/*;q=0.8",
        "nonsense,,;;=,*/*",
    ],
)
def test_who_takes_json_gets_it(playground: Playground, accept: str) -> None:
    answer = send(playground, "GET", f"{MAPS}/here", Accept=accept)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json()["metadata"]["name"] == "here"


def test_yaml_goes_in_and_comes_out(playground: Playground) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: from-yaml\ndata:\n  a: 'yes'\n"
    made = send(playground, "POST", MAPS, body, Content_Type="application/yaml", Accept="application/yaml")
    assert (made.status, made.headers["content-type"]) == (201, "application/yaml")
    assert yaml.safe_load(made.body)["data"] == {"a": "yes"}
    assert (
        yaml.safe_load(send(playground, "GET", f"{MAPS}/none", Accept="application/yaml").body)["reason"] == "NotFound"
    )


def test_a_long_answer_travels_compressed_for_who_takes_it(playground: Playground) -> None:
    for number in range(3):
        body = config_map(f"long-{number}", data={"text": "x" * 100_000})
        assert send(playground, "POST", MAPS, body, Content_Type="application/json").status == 201
    packed = send(playground, "GET", MAPS, Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    plain = send(playground, "GET", MAPS)
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body


@pytest.mark.parametrize(
    ("query", "agent", "lines"),
    [("?pretty=true", "x", True), ("", "curl/8", True), ("?pretty=false", "curl/8", False), ("", "x", False)],
)
def test_an_answer_is_indented_for_people(playground: Playground, query: str, agent: str, lines: bool) -> None:
    answer = send(playground, "GET", f"{MAPS}/here{query}", User_Agent=agent)
    assert (b'\n  "kind"' in answer.body) is lines


def test_every_answer_has_an_audit_id_and_is_not_kept(playground: Playground) -> None:
    answers = [send(playground, "GET", path) for path in (MAPS, f"{MAPS}/nope", f"{NS}/pods/client")]
    assert len({answer.headers["audit-id"] for answer in answers}) == 3
    assert {answer.headers["cache-control"] for answer in answers} == {"no-cache, private"}
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("\x00\r\nSet-Cookie: a", "   Set-Cookie: a"),
        ("\x85\x7f", "  "),
        ('a"b\\c', 'a\\"b\\\\c'),
        ("grün \U0001f98a", "grün \U0001f98a"),
    ],
)
def test_a_warning_may_hold_whatever_was_sent(playground: Playground, field: str, told: str) -> None:
    body = config_map("warned", **{field: 1})
    answer = send(playground, "POST", f"{MAPS}?dryRun=All", body, Content_Type="application/json")
    assert answer.status == 201
    assert answer.headers["warning"].encode("latin-1").decode() == f'299 - "unknown field \\"{told}\\""'


def test_head_is_answered_without_a_body(playground: Playground) -> None:
    answer = send(playground, "HEAD", f"{MAPS}/here")
    assert (answer.status, answer.body) == (200, b"")


# --- what kubectl does not get -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("autoscale deploy web --min=1 --max=3", "Warning: Podlane simulates no load on pods"),
        ("autoscale deploy web --max=3 --cpu=50%", "Podlane simulates no load on pods"),
        ("top nodes", "error: Metrics API not available"),
        ("top pods", "error: Metrics API not available"),
        (
            "debug client --image=busybox",
            "Error from server (MethodNotAllowed): Podlane simulates no ephemeral containers",
        ),
    ],
)
def test_what_is_not_simulated_is_refused_with_a_sentence(playground: Playground, line: str, says: str) -> None:
    done = playground.kubectl(*line.split())
    assert done.returncode == 1
    assert says in done.stderr
    assert playground.kubectl("get", "hpa", "web").returncode == 1


def test_an_autoscaler_from_a_manifest_is_kept(playground: Playground) -> None:
    manifest = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "kept"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
    }
    done = playground.kubectl("apply", "-f", "-", typed=json.dumps(manifest))
    assert done.stdout == "horizontalpodautoscaler.autoscaling/kept created\n"
