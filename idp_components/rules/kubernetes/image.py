"""Rules about images: which build runs, and who may have built it."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.kubernetes.pod_rule import carries_pod, pod_rule
from idp_components.rules.model import Options, Resource, ResourceRule, Severity
from idp_components.rules.pod import Pod
from idp_components.rules.regex import regex

DEFAULT_REGISTRY = "docker.io"
"""What a container runtime completes a name without a registry with."""

MOVING = ("latest", "main", "master", "trunk", "head", "develop", "dev", "edge", "nightly", "canary", "stable", "unstable")
"""Tags that name a branch or a channel: what they name changes with each build."""
_DIGEST = regex(r"@sha256:[0-9a-f]{64}$")


@pod_rule(
    "kubernetes-image-tag",
    title="An image is named by a version or a digest.",
    severity=Severity.HIGH,
    rationale="Without a tag, or with one that moves, two pods of one Deployment may run different code, and a rollback changes nothing.",
    fix="Name the version (image:v1.2.3) or the digest (image@sha256:…) in the service's spec.",
    source="https://kubernetes.io/docs/concepts/containers/images/#image-names",
)
def image_tag(pod: Pod) -> Iterator[Problem]:
    for image in _images(pod):
        if not isinstance(image.value, str):
            yield image.problem("is unset; name an image with a version, for example image:v1.2.3")
        elif "@" not in image.value and (tag := _tag(image.value)) in ("", *MOVING):
            yield image.problem(f"{f'has the tag {tag}' if tag else 'has no tag'}; name a version, for example image:v1.2.3")


@pod_rule(
    "kubernetes-image-digest",
    title="An image is named by its digest.",
    severity=Severity.LOW,
    rationale="A registry that lets tags be written again may serve other code under the same version; a digest is the code itself.",
    fix="Add the digest behind the version: image:v1.2.3@sha256:…; or make the registry's tags immutable, and leave this rule off.",
    source="https://kubernetes.io/docs/concepts/containers/images/#image-names",
)
def image_digest(pod: Pod) -> Iterator[Problem]:
    for image in _images(pod):
        if image.value is UNKNOWN or (isinstance(image.value, str) and not _DIGEST.search(image.value)):
            yield image.problem("has no digest; add it, for example image:v1.2.3@sha256:…")


def _check_registry(resource: Resource, options: Options) -> Iterator[Problem]:
    allowed = [_registry(registry) for registry in options.get("registries", ())]
    if not allowed:
        return
    for image in _images(resource.pod):
        if image.value is None:
            continue  # comes from nowhere; kubernetes-image-tag asks for one
        name = _repository(image.value) if isinstance(image.value, str) else ""
        if not any(name == registry or name.startswith(f"{registry}/") for registry in allowed):
            yield image.problem(f"comes from a registry that is not allowed; use one of {', '.join(allowed)}")


def _images(pod: Pod) -> Iterator[Field]:
    """The image of each container, then those that are mounted as volumes."""
    for container in pod.containers:
        yield container.get("image")
    for volume in pod.volumes:
        if volume.get("image").value is not None:
            yield volume.get("image", "reference")


def _tag(image: str) -> str:
    # A colon before the last slash belongs to the registry's port.
    return image.rpartition("/")[2].partition(":")[2]


def _repository(image: str) -> str:
    """The image's full name without tag and digest: `nginx:1.29` → `docker.io/library/nginx`."""
    path, slash, last = image.partition("@")[0].rpartition("/")
    name = f"{path}{slash}{last.partition(':')[0]}"
    first, slash, rest = name.partition("/")
    # Upper case makes a host of it, too: a path has none (github.com/distribution/reference, splitDockerDomain).
    if not slash or not ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        first, rest = DEFAULT_REGISTRY, name
    registry = _registry(first)
    return f"{registry}/library/{rest}" if registry == DEFAULT_REGISTRY and "/" not in rest else f"{registry}/{rest}"


def _registry(prefix: str) -> str:
    """An allowed registry, or a path within one, as it begins the full name of an image."""
    host, slash, path = prefix.strip("/").partition("/")
    host = host.lower()
    return f"{DEFAULT_REGISTRY if host == f'index.{DEFAULT_REGISTRY}' else host}{slash}{path}"


image_registry_allowed = ResourceRule(
    id="kubernetes-image-registry-allowed",
    title="Images come from a registry that the platform trusts.",
    severity=Severity.HIGH,
    applies=carries_pod,
    check=_check_registry,
    rationale="An image from elsewhere is neither scanned nor kept: its owner can change or remove it at any time.",
    fix="Push the image to one of the allowed registries and name it from there.",
    source="https://kubernetes.io/docs/concepts/security/security-checklist/#images",
    tags=("cis-k8s-1.10:5.5.1",),
    options={
        "registries": {
            "type": "array",
            "items": {"type": "string"},
            "default": [],
            "description": 'Registries, or paths within one, for example ["ghcr.io/acme"]; empty allows any.',
        }
    },
)

RULES = (image_tag, image_registry_allowed)
"""Those that count everywhere; the digest only where an organisation asks for it."""
