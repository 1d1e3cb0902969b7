"""docker-compose.yml is well formed, refers only to what it defines, and keeps its containers locked up."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import compose_spec
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = ("app", "migrate", "single")
# Made by whoever deploys, never committed.
SECRETS = "./deploy/secrets/"


def test_every_key_is_one_that_compose_knows() -> None:
    compose_spec.PyCompose.from_yaml(TEXT)


def test_the_check_of_keys_itself() -> None:
    with pytest.raises(ValueError, match="imagee"):
        compose_spec.PyCompose.from_yaml(TEXT.replace("    image: postgres", "    imagee: postgres"))


def dangling(compose: dict[str, Any]) -> Iterator[str]:
    """Every reference of a service to something that the file does not define."""
    for name, service in compose["services"].items():
        for section in ("networks", "secrets", "configs"):
            used = service.get(section, [])
            yield from (f"{name}: {section} {one}" for one in used if one not in compose.get(section, {}))
        for other in service.get("depends_on", {}):
            if other not in compose["services"]:
                yield f"{name}: depends_on {other}"
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if not source.startswith((".", "/")) and source not in compose.get("volumes", {}):
                yield f"{name}: volume {source}"


def test_every_reference_resolves() -> None:
    assert list(dangling(FILE)) == []


@pytest.mark.parametrize(
    ("section", "told"),
    [("networks", "app: networks front"), ("secrets", "db: secrets db_password"), ("volumes", "db: volume database")],
)
def test_a_dangling_reference_is_seen(section: str, told: str) -> None:
    assert told in dangling({**FILE, section: {}})


def test_what_is_defined_is_used() -> None:
    words = re.findall(r"[a-z_]+", yaml.safe_dump(SERVICES))
    for section in ("networks", "volumes", "secrets"):
        assert not [name for name in FILE[section] if name not in words]


def test_every_file_that_is_mounted_is_in_the_project() -> None:
    mounted = {source for service in SERVICES.values() for source in sources(service)}
    mounted |= {secret["file"] for secret in FILE["secrets"].values()}
    assert not [source for source in mounted if not source.startswith(SECRETS) and not (ROOT / source).exists()]
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def sources(service: dict[str, Any]) -> Iterator[str]:
    """The paths of this project that a service mounts."""
    for volume in service.get("volumes", []):
        if volume.startswith("."):
            yield volume.partition(":")[0]


@pytest.mark.parametrize("name", OURS)
def test_podlanes_containers_can_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert {"mem_limit", "pids_limit", "stop_grace_period"} <= set(service)
    assert service["environment"]["PODLANE_PUBLIC"] == "1"


def test_only_the_proxy_is_reached_from_outside() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"proxy", "single"}
    assert all(port.startswith("127.0.0.1:") for port in published["single"])
    assert FILE["networks"]["back"] == {"internal": True}
    assert SERVICES["db"]["networks"] == ["back"]
    assert "back" not in SERVICES["proxy"]["networks"]


def test_the_database_waits_are_those_that_make_a_start_safe() -> None:
    assert SERVICES["app"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "db": {"condition": "service_healthy"},
    }
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}


def test_no_password_stands_in_the_file() -> None:
    assert not re.search(r"(?i)password\s*[:=]\s*[\"']?[a-z0-9]{6,}", TEXT.replace("PASSWORD_FILE: /run", ""))
    assert all(secret["file"].startswith(SECRETS) for secret in FILE["secrets"].values())


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_special() -> None:
    built = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes --no-deps --only-binary :all: -r requirements/run.txt" in built
    assert re.search(r"(?m)^USER 10001", built)
