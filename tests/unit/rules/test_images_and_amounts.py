"""Image names and quantities in all their spellings."""

from collections.abc import Callable
from typing import Any

import pytest

from idp_components.rules import Resource, findings

DIGEST = "sha256:" + "0" * 64
WEB = ("spec", "template", "spec", "containers", 0)
REGISTRY = "kubernetes-image-registry-allowed"


def ids(manifest: dict[str, Any], registries: list[str] | None = None) -> list[str]:
    return [
        finding.rule.id for finding in findings([Resource.from_manifest(manifest)], options={REGISTRY: {"registries": registries or []}})
    ]


@pytest.mark.parametrize(
    "image",
    [
        "web:v1",
        "acme/web:1.2.3-rc.1",
        "ghcr.io/acme/web:v1",
        "localhost:5000/web:v1",
        f"web@{DIGEST}",
        f"web:latest@{DIGEST}",
        "web:latest-alpine",
    ],
)
def test_an_image_with_a_version_or_a_digest_is_accepted(deployment: Any, put: Callable[..., None], image: str) -> None:
    put(deployment, (*WEB, "image"), image)
    assert ids(deployment) == []


@pytest.mark.parametrize(
    "image", ["web", "web:latest", "web:", "acme/web", "localhost:5000/web", "ghcr.io:443/acme/web:latest", "", None, 7]
)
def test_an_image_that_can_change_under_its_name_is_found(deployment: Any, put: Callable[..., None], image: Any) -> None:
    put(deployment, (*WEB, "image"), image)
    assert ids(deployment) == ["kubernetes-image-tag"]


def test_an_image_that_is_mounted_as_a_volume_is_an_image_too(deployment: Any, put: Callable[..., None]) -> None:
    put(deployment, ("spec", "template", "spec", "volumes", 1), {"name": "model", "image": {"reference": "evil.example/model"}})
    assert ids(deployment, ["ghcr.io/acme"]) == ["kubernetes-image-tag", REGISTRY]


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("ghcr.io/acme/web:v1", "ghcr.io"),
        ("ghcr.io/acme/web:v1", "ghcr.io/acme"),
        ("ghcr.io/acme/web:v1", "ghcr.io/acme/"),
        ("GHCR.io/acme/web:v1", "ghcr.io"),
        ("nginx:1", "docker.io"),
        ("nginx:1", "docker.io/library"),
        ("docker.io/nginx:1", "docker.io/library/nginx"),
        ("bitnami/redis:7", "docker.io/bitnami"),
        ("index.docker.io/bitnami/redis:7", "docker.io"),
        ("localhost:5000/web:v1", "localhost:5000"),
        (f"ghcr.io/acme/web@{DIGEST}", "ghcr.io/acme/web"),
    ],
)
def test_an_image_below_an_allowed_registry_is_accepted(deployment: Any, put: Callable[..., None], image: str, registry: str) -> None:
    put(deployment, (*WEB, "image"), image)
    assert ids(deployment, ["other.example", registry]) == []


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("ghcr.io/acme-evil/web:v1", "ghcr.io/acme"),
        ("ghcr.io.evil.example/acme/web:v1", "ghcr.io"),
        ("evil.example/ghcr.io/acme/web:v1", "ghcr.io/acme"),
        ("nginx:1", "ghcr.io"),
        ("localhost:5001/web:v1", "localhost:5000"),
        ("docker.io/evil/redis:7", "docker.io/library"),
    ],
)
def test_an_image_from_elsewhere_is_found(deployment: Any, put: Callable[..., None], image: str, registry: str) -> None:
    put(deployment, (*WEB, "image"), image)
    assert ids(deployment, [registry]) == [REGISTRY]


def test_the_message_names_the_registries_and_not_the_image(deployment: Any) -> None:
    found = findings([Resource.from_manifest(deployment)], options={REGISTRY: {"registries": ["registry.example/team"]}})
    assert [finding.message for finding in found] == [
        'Deployment shop-dev/web: containers[0] "web" image comes from a registry that is not allowed; use one of registry.example/team'
    ]


@pytest.mark.parametrize("amount", ["1", "250m", "0.5", ".5", "128Mi", "1e3", "1E3", "12E", 1, 0.5, "+1Gi"])
def test_an_amount_above_zero_counts(deployment: Any, put: Callable[..., None], amount: Any) -> None:
    put(deployment, (*WEB, "resources", "limits", "memory"), amount)
    assert ids(deployment) == []


@pytest.mark.parametrize("amount", ["0", "0Mi", "0.0", ".0", "00", "0e3", "-1", "", "Mi", "many", 0, 0.0, True, [], {}, None])
def test_nothing_or_nonsense_is_no_amount(deployment: Any, put: Callable[..., None], amount: Any) -> None:
    put(deployment, (*WEB, "resources", "limits", "memory"), amount)
    assert ids(deployment) == ["kubernetes-memory-limit"]


def test_a_limit_is_the_request_where_none_is_said(deployment: Any, put: Callable[..., None]) -> None:
    put(deployment, (*WEB, "resources"), {"limits": {"cpu": "1", "memory": "1Gi"}})
    assert ids(deployment) == []


def test_resources_of_the_pod_cover_its_containers(deployment: Any, put: Callable[..., None]) -> None:
    put(deployment, (*WEB, "resources"), None)
    put(deployment, ("spec", "template", "spec", "resources"), {"requests": {"cpu": "1"}, "limits": {"memory": "1Gi"}})
    assert ids(deployment) == []


def test_an_ephemeral_container_needs_no_resources(deployment: Any, put: Callable[..., None]) -> None:
    debugger = {key: value for key, value in deployment["spec"]["template"]["spec"]["containers"][0].items() if key != "resources"}
    put(deployment, ("spec", "template", "spec", "ephemeralContainers"), [debugger])
    assert ids(deployment) == []
