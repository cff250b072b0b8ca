"""Descriptions in OpenAPI that an API of API Gateway is made from: which of their operations everybody may call."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.ways import read
from idp_components.rules.field import Field, Problem

VERBS = ("get", "put", "post", "delete", "head", "patch", "trace", "x-amazon-apigateway-any-method")
"""All but `options`, which a browser asks before it calls."""
SCHEMES = (("components", "securitySchemes"), ("securityDefinitions",))
"""Where the ways to say who one is are described, in OpenAPI 3 and 2."""
EXTENSIONS = "x-amazon-apigateway-auth"
"""So begins what makes API Gateway ask: `-authorizer` and `-authtype` of a scheme. It takes no notice of other schemes."""
KEY = "x-api-key"
"""The header that has a key of the API."""


def open_operations(body: Field, *, defaults: bool) -> Iterator[Problem]:
    """Objects to operations that don't ask who calls. `defaults` says whether `security` of the whole description counts."""
    description = read(body)
    for operation in _operations(description):
        kind, security = operation.get(EXTENSIONS, "type"), operation.get("security")
        if defaults and security.value is None:
            security = description.get("security")
        named = [name for requirement in security.items() for name in requirement.entries()]
        schemes = [description.get(*way, str(name.key)) for name in named for way in SCHEMES]
        if str(kind.value).upper() != "AWS_IAM" and not any(map(_asks, schemes)):
            decisive = [kind, security, *named, *(scheme.get("name") for scheme in schemes)]
            yield operation.problem("lets everybody call; name an authorizer under its security", *decisive)


def _operations(description: Field) -> Iterator[Field]:
    """The operations of each path; of an unknown path the path itself."""
    for path in description.get("paths").entries():
        yield from (each for each in path.entries() if each.key in VERBS or each is path)


def _asks(scheme: Field) -> bool:
    if not isinstance(scheme.value, dict):
        return False
    return any(True for _ in scheme.entries(EXTENSIONS)) or str(scheme.get("name").value).lower() == KEY
