"""Manifests: the words of kubectl and the API server, the place, a plain sentence, and the mended text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.machinery import manifests

STDIN = 'Error from server (BadRequest): error when creating "STDIN": '
SERVICE = f'{STDIN}Service in version "v1" cannot be handled as a Service: '
TAB_LINE_4 = (
    "error: error parsing STDIN: error converting YAML to JSON: "
    "yaml: line 4: found character that cannot start any token"
)

SEED = """\
apiVersion: v1
kind: Service
metadata:
  name: my-service
spec:
  type: NodePort
  ports:
    - port: 8080
      nodePort: 30050
selector:
  app: web
"""
SEED_MENDED = """\
apiVersion: v1
kind: Service
metadata:
  name: my-service
spec:
  type: NodePort
  ports:
    - port: 8080
      nodePort: 30050
  selector:
    app: web
"""
TABBED = SEED_MENDED.replace("  ", "\t")
TABBED_LIST = """\
apiVersion: v1
kind: Service
metadata:
\tname: my-service
spec:
\ttype: NodePort
\tports:
\t- port: 8080
\t\tnodePort: 30050
selector:
\tapp: web
"""
HEAD = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n"


def spec(text: str) -> str:
    return f"{HEAD}spec:\n{text}"


@pytest.mark.parametrize(
    ("text", "place", "message", "plain", "mended"),
    [
        pytest.param(
            SEED,
            (10, 1),
            f'{SERVICE}strict decoding error: unknown field "selector"',
            "a Service has it inside `spec`",
            SEED_MENDED,
            id="seed: selector outside spec",
        ),
        pytest.param(TABBED, (4, 1), TAB_LINE_4, "tab", SEED_MENDED, id="seed: tabs"),
        pytest.param(
            SEED.replace("  ", "\t"), (4, 1), TAB_LINE_4, "tab", SEED_MENDED, id="seed: tabs and selector outside"
        ),
        pytest.param(
            TABBED_LIST,
            (4, 1),
            TAB_LINE_4,
            "two spaces",
            SEED_MENDED.replace("    - port", "  - port").replace("      node", "    node"),
            id="tabs below a dash",
        ),
        pytest.param(
            HEAD + "# who\nselector:\n  app: web   # mine\n\n# why\nports:\n- port: 80\n",
            (6, 1),
            f'{SERVICE}strict decoding error: unknown field "ports", unknown field "selector"',
            "a Service has it inside `spec`",
            HEAD + "spec:\n  # who\n  selector:\n    app: web   # mine\n  # why\n  ports:\n  - port: 80\n\n",
            id="no spec at all",
        ),
        pytest.param(
            spec("  selectors:\n    app: web\n  ports:\n  - port: 80\n    targetport: 8080 # pod\n"),
            (6, 3),
            f'{SERVICE}strict decoding error: unknown field "spec.ports[0].targetport", unknown field "spec.selectors"',
            "`selector` is meant",
            spec("  selector:\n    app: web\n  ports:\n  - port: 80\n    targetPort: 8080 # pod\n"),
            id="misspelt fields",
        ),
        pytest.param(
            spec("  selector:\n    app: 1\n  ports:\n  - port: 80\n"),
            (7, 5),
            f"{SERVICE}json: cannot unmarshal number into Go struct field ServiceSpec.spec.selector of type string",
            "Put it in quotes.",
            spec('  selector:\n    app: "1"\n  ports:\n  - port: 80\n'),
            id="number as label",
        ),
        pytest.param(
            spec("  selector:\n    on: true\n  ports:\n  - port: 80\n"),
            (7, 5),
            f"{SERVICE}json: cannot unmarshal bool into Go struct field ServiceSpec.spec.selector of type string",
            "YAML reads words such as yes, no, on, off and y",
            spec('  selector:\n    "on": "true"\n  ports:\n  - port: 80\n'),
            id="on and true as labels",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: y\nspec:\n  ports: [{port: 80}]\n",
            (4, 3),
            f"{SERVICE}json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string",
            "put it in quotes",
            'apiVersion: v1\nkind: Service\nmetadata:\n  name: "y"\nspec:\n  ports: [{port: 80}]\n',
            id="a name that is a boolean",
        ),
        pytest.param(
            spec('  ports:\n  - port: "80"\n'),
            (7, 5),
            f"{SERVICE}json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32",
            "without quotes",
            spec("  ports:\n  - port: 80\n"),
            id="port in quotes",
        ),
        pytest.param(
            spec("  ports:\n    port: 80\n    # in\n    targetPort: 8080\n"),
            (6, 3),
            f"{SERVICE}json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort",
            "must be a list",
            spec("  ports:\n    - port: 80\n      # in\n      targetPort: 8080\n"),
            id="ports as a map",
        ),
        pytest.param(
            spec("  selector:\n    matchLabels:\n      app: web\n  ports:\n  - port: 80\n"),
            (7, 5),
            f"{SERVICE}json: cannot unmarshal object into Go struct field ServiceSpec.spec.selector of type string",
            "without `matchLabels`",
            spec("  selector:\n    app: web\n  ports:\n  - port: 80\n"),
            id="matchLabels in a Service",
        ),
        pytest.param(
            spec("  selector:\n  - app: web\n  ports:\n  - port: 80\n"),
            (6, 3),
            f"{SERVICE}json: cannot unmarshal array into Go struct field ServiceSpec.spec.selector of type map[string]string",
            "Take the dashes away",
            spec("  selector:\n    app: web\n  ports:\n  - port: 80\n"),
            id="selector as a list",
        ),
        pytest.param(
            spec("  ports:\n  - port: 80\n  targetPort: 8080\n"),
            (8, 3),
            f'{SERVICE}strict decoding error: unknown field "spec.targetPort"',
            "a Service has it inside `spec.ports[0]`",
            spec("  ports:\n  - port: 80\n    targetPort: 8080\n"),
            id="targetPort beside ports",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  spec:\n    ports:\n    - port: 80\n",
            (5, 3),
            f'{SERVICE}strict decoding error: unknown field "metadata.spec"',
            "at the left edge",
            spec("  ports:\n  - port: 80\n"),
            id="spec inside metadata",
        ),
        pytest.param(
            "apiVersion: v1\nkind: service\nmetadata:\n  name: web\n",
            (2, 1),
            f'{STDIN}service in version "v1" cannot be handled as a Service: no kind "service" is registered '
            'for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
            "`Service` is meant",
            HEAD,
            id="kind in small letters",
        ),
        pytest.param(
            "apiVersion: apps/v1\nkind: Service\nmetadata:\n  name: my-service-8\nspec:\n  ports:\n  - port: 80\n",
            (1, 1),
            'error: resource mapping not found for name: "my-service-8" namespace: "" from "STDIN": '
            'no matches for kind "Service" in version "apps/v1"\nensure CRDs are installed first',
            "`v1`",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: my-service-8\nspec:\n  ports:\n  - port: 80\n",
            id="wrong apiVersion",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Servce\nmetadata:\n  name: web\n",
            (2, 1),
            'error: resource mapping not found for name: "web" namespace: "" from "STDIN": '
            'no matches for kind "Servce" in version "v1"\nensure CRDs are installed first',
            "`Service` is meant",
            HEAD,
            id="misspelt kind",
        ),
        pytest.param(
            "apiVersion: v1\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n",
            (1, 1),
            'error: error validating "STDIN": error validating data: kind not set; '
            "if you choose to ignore these errors, turn validation off with --validate=false",
            "`kind: Service`",
            "kind: Service\napiVersion: v1\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n",
            id="no kind",
        ),
        pytest.param(
            "# mine\nkind: Deployment\nmetadata:\n  name: web\n",
            (2, 1),
            'error: error validating "STDIN": error validating data: apiVersion not set; '
            "if you choose to ignore these errors, turn validation off with --validate=false",
            "`apiVersion: apps/v1`",
            "# mine\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n",
            id="no apiVersion",
        ),
        pytest.param(
            "metadata:\n  name: web\nspec:\n  containers: []\n",
            (1, 1),
            'error: error validating "STDIN": error validating data: [apiVersion not set, kind not set]; '
            "if you choose to ignore these errors, turn validation off with --validate=false",
            "`kind: Pod`",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers: []\n",
            id="neither",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Service\nmetadata: {}\nspec:\n  ports:\n  - port: 80\n",
            (3, 1),
            "error: error when retrieving current configuration of:\n"
            'Resource: "/v1, Resource=services", GroupVersionKind: "/v1, Kind=Service"\n'
            'Name: "", Namespace: "default"\nfrom server for: "STDIN": resource name may not be empty',
            "has no name",
            None,
            id="no name",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n spec:\n  ports:\n  - port: 80\n",
            (5, 2),
            "error: error parsing STDIN: error converting YAML to JSON: yaml: line 4: did not find expected key",
            "indentation of line 5",
            "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n ports:\n - port: 80\n",
            id="indented by one space",
        ),
        pytest.param(
            spec("  ports:\n  - port:80\n"),
            (7, 5),
            f"{SERVICE}json: cannot unmarshal string into Go struct field ServiceSpec.spec.ports of type v1.ServicePort",
            "a block of fields",
            spec("  ports:\n  - port: 80\n"),
            id="no space after the colon",
        ),
        pytest.param(
            'apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: "80"}]}\nselector: {app: web}\n',
            (4, 17),
            f"{SERVICE}json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32",
            "without quotes",
            "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}], selector: {app: web}}\n",
            id="flow style",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n",
            (4, 10),
            "error: error parsing STDIN: error converting YAML to JSON: yaml: invalid map key: "
            'map[interface {}]interface {}{".Values.name":interface {}(nil)}',
            "Helm template",
            None,
            id="a Helm template",
        ),
        pytest.param(
            "just text\n",
            (1, 1),
            'error: error validating "STDIN": error validating data: invalid object to validate; '
            "if you choose to ignore these errors, turn validation off with --validate=false",
            "no Kubernetes object",
            None,
            id="no object",
        ),
        pytest.param(
            "apiVersion: v1\nkind: Pod\n--- a\n",
            (3, 1),
            "error: error parsing STDIN: invalid Yaml document separator: a",
            "three dashes",
            None,
            id="a separator with text",
        ),
    ],
)
def test_a_broken_manifest_is_told_in_the_real_words_and_mended(
    text: str, place: tuple[int, int], message: str, plain: str, mended: str | None
) -> None:
    found = [error for error in manifests.check(text).errors if (error.line, error.column) == place]
    assert found, manifests.check(text).errors
    assert found[0].message == message
    assert plain in found[0].plain
    assert found[0].mended == mended


@pytest.mark.parametrize("text", [SEED, TABBED, SEED.replace("  ", "\t"), TABBED_LIST])
def test_a_mended_manifest_decodes_cleanly(text: str) -> None:
    (error,) = manifests.check(text).errors
    assert error.mended is not None
    after = manifests.check(error.mended)
    assert not after.errors
    (document,) = after.documents
    assert document.obj["spec"] == {
        "type": "NodePort",
        "ports": [{"port": 8080, "nodePort": 30050}],
        "selector": {"app": "web"},
    }


def test_json_is_read_as_json_and_mended_as_json() -> None:
    text = '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x\\ud83d\\ude00"},\n\t"selector":{"app":"web"}}'
    (error,) = manifests.check(text).errors
    assert error.message.endswith('unknown field "selector"')
    assert error.mended is not None
    (document,) = manifests.check(error.mended).documents
    assert document.obj["spec"] == {"selector": {"app": "web"}}
    assert document.obj["metadata"]["name"] == "x😀"


def test_a_stream_of_json_objects_is_read() -> None:
    parsed = manifests.parse('{"kind":"A"}\n{"kind":"B"}\n')
    assert [(document.line, document.obj["kind"]) for document in parsed.documents] == [(1, "A"), (2, "B")]


def test_each_document_is_judged_and_the_sound_ones_pass() -> None:
    text = f"{SEED_MENDED}---\n# nothing\n---\n{SEED}---\na: *b\n---\n{HEAD}"
    parsed = manifests.check(text)
    assert [document.index for document in parsed.documents] == [0, 3]
    assert [(error.document, error.line) for error in parsed.errors] == [(1, 24), (2, 27)]
    assert parsed.errors[0].mended == f"{SEED_MENDED}---\n# nothing\n---\n{SEED_MENDED}---\na: *b\n---\n{HEAD}"
    assert parsed.errors[1].mended is None


def test_windows_line_ends_do_not_matter() -> None:
    parsed = manifests.check(SEED.replace("\n", "\r\n"))
    assert [(error.line, error.column) for error in parsed.errors] == [(10, 1)]
    assert parsed.errors[0].mended is not None
    assert not manifests.check(parsed.errors[0].mended).errors


def test_the_members_of_a_list_are_documents() -> None:
    member = "- apiVersion: v1\n  kind: Pod\n  metadata: {name: %s}\n"
    text = f"apiVersion: v1\nkind: List\nitems:\n{member % 'a'}{member % 'b'}  sepc: {{}}\n"
    parsed = manifests.check(text)
    assert [document.obj["metadata"]["name"] for document in parsed.documents] == ["a"]
    (error,) = parsed.errors
    assert (error.document, error.line, error.column) == (1, 10, 3)
    assert error.mended == text.replace("sepc", "spec")


def test_a_custom_kind_passes_as_it_is() -> None:
    text = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: x}\nspec: {anything: goes}\n"
    parsed = manifests.check(text)
    assert not parsed.errors
    assert parsed.documents[0].obj["spec"] == {"anything": "goes"}


def test_a_key_that_stands_twice_is_a_warning_with_its_line() -> None:
    parsed = manifests.check(spec("  ports:\n  - port: 80\n    port: 81\n"))
    assert not parsed.errors
    assert parsed.documents[0].obj["spec"]["ports"] == [{"port": 81}]
    (warning,) = parsed.warnings
    assert (warning.line, warning.column) == (8, 5)
    assert "first on line 7" in warning.plain


def test_a_json_key_that_stands_twice_is_a_warning_too() -> None:
    parsed = manifests.parse('{"kind": "A",\n "kind": "B"}')
    assert parsed.documents[0].obj == {"kind": "B"}
    assert [(warning.line, warning.column) for warning in parsed.warnings] == [(2, 2)]


def test_empty_text_holds_nothing() -> None:
    for text in ("", "\n\n", "---\n", "# words\n---\n---\n"):
        assert manifests.check(text) == manifests.Parsed((), ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: " + "x" * (2 * 1024 * 1024), "larger than 2097152 bytes"),
        ("kind: A\n---\n" * 5001, "more than 5000 objects"),
    ],
)
def test_a_manifest_over_a_limit_is_refused_whole(text: str, words: str) -> None:
    parsed = manifests.check(text)
    assert not parsed.documents
    assert words in parsed.errors[0].message
    assert parsed.errors[0].mended is None


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("spec.selector", (10, 3)),
        ("spec.ports[0].nodePort", (9, 7)),
        ("spec.ports[0].targetPort", (8, 7)),
        ("spec.Ports", (7, 3)),
        ("status.loadBalancer", (1, 1)),
        ("", (1, 1)),
    ],
)
def test_a_field_is_found_or_its_nearest_ancestor(path: str, place: tuple[int, int]) -> None:
    (document,) = manifests.parse(SEED_MENDED).documents
    assert manifests.locate(document, path) == place


def test_dotted_keys_are_found() -> None:
    text = "metadata:\n  annotations:\n    example.com/a.b: x\n    podlane.dev/ready: y\n"
    (document,) = manifests.parse(text).documents
    assert manifests.locate(document, "metadata.annotations.podlane.dev/ready") == (4, 5)
    assert manifests.locate(document, "metadata.annotations[example.com/a.b]") == (3, 5)
    assert document.positions["metadata.annotations"] == (2, 3)


def test_recorded_answers_about_undecodable_services_are_repeated() -> None:
    recorded = {
        '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": {"port": 80}}}': (
            f"{SERVICE}json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports "
            "of type []v1.ServicePort"
        ),
        "apiVersion: v1\nkind: Service\nmetadata:\n\tname: my-service-2\nspec:\n\tports:\n\t- port: 80\n": TAB_LINE_4,
    }
    for text, message in recorded.items():
        assert [error.message for error in manifests.check(text).errors] == [message]


def applications() -> list[Path]:
    own = sorted((Path(__file__).parents[1] / "manifests").glob("*.yaml"))
    return own + sorted((Path(__file__).parents[2] / ".." / "shared" / "manifests").glob("*.yaml"))


@pytest.mark.parametrize("path", applications(), ids=lambda path: path.stem)
def test_applications_that_people_deploy_are_read_without_a_complaint(path: Path) -> None:
    parsed = manifests.check(path.read_text())
    assert parsed.documents
    assert not parsed.errors


def test_an_answer_stays_small_however_much_is_wrong() -> None:
    parsed = manifests.check("---\n".join([SEED] * 130))
    assert len(parsed.errors) == manifests.MAX_DIAGNOSES
    assert sum(len(error.mended or "") for error in parsed.errors) <= manifests.MAX_MENDED
    assert "30 more" in parsed.errors[-1].plain


@given(text=st.text(max_size=200))
def test_check_never_raises_whatever_the_text(text: str) -> None:
    manifests.check(text)


FRAGMENTS = st.sampled_from(
    [
        *SEED.split("\n"),
        *TABBED_LIST.split("\n"),
        "---",
        "kind: List",
        "items:",
        "- kind: Pod",
        "{",
        "}",
        "  selector: {matchLabels: {app: 1}}",
        "  ports: {port: '80'}",
        "    targetport: x",
        "metadata: &a {name: x}",
        "spec: *a",
        "  - port:80",
        "\u00a0 spec:",
        "  <<: *a",
        "? [a]",
        "'",
    ]
)


@given(lines=st.lists(FRAGMENTS, max_size=14))
def test_what_is_mended_has_fewer_faults_and_can_be_read(lines: list[str]) -> None:
    text = "\n".join(lines)
    for error in manifests.check(text).errors:
        if error.mended is not None:
            assert error.mended != text
            assert error.message not in {other.message for other in manifests.check(error.mended).errors}
