"""Connections: what a consumer gets from a provider. `uses=[…]` is the only way to connect two things."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp_components.core.iam import Statement
from idp_components.core.spec import SpecError, check_name

VARIABLE_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"
REFERENCE_PATTERN = r"([^/:\s]+)/([^/:\s]+):(\d{1,5})"


INSIDE = ("10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
"""Private, shared and link-local addresses (RFC 1918, 6598, 3927), among them the cluster's own and the node's metadata service."""


class Address:
    """Stands for `host:port` inside the cluster, which only the consumer's environment decides."""


ADDRESS = Address()


@dataclass(frozen=True)
class SecretValue:
    """A variable's value that stays in a Kubernetes Secret of the consumer's namespace."""

    secret: Any
    """Name of the Secret; perhaps a Pulumi Output."""
    key: str


@dataclass(frozen=True)
class Egress:
    """A way out of the cluster."""

    cidr: str
    port: int
    """TCP port."""
    excluding: tuple[str, ...] = ()
    """Parts of `cidr` that stay closed."""


AWS_API = Egress("0.0.0.0/0", 443, INSIDE)
"""Services of AWS answer at public addresses: HTTPS out, but to nothing inside."""


@dataclass(frozen=True)
class Connection:
    """A way from one workload to another, or to a resource of AWS: it yields variables, the ways out, rights and the graph's edge."""

    team: str
    name: str
    port: int | None
    """Port of the provider's Service in the cluster; none where no pods of the cluster answer."""
    variables: Mapping[str, Any] = field(compare=False)
    """Environment variables of the consumer: text, a Pulumi Output, ADDRESS or a SecretValue."""
    access: str = ""
    """Level of access, such as `send`."""
    statements: tuple[Statement, ...] = field(default=(), compare=False)
    """What the consumer's IAM role may do."""
    egress: tuple[Egress, ...] = field(default=(), compare=False)
    """Ways out of the cluster."""
    security_groups: tuple[Any, ...] = field(default=(), compare=False)
    """Ids of the AWS security groups that the consumer's pods join; perhaps Pulumi Outputs."""
    pods: Mapping[str, str] | None = field(default=None, compare=False)
    """Labels of the provider's pods where they are not the platform's own."""
    pod_port: int | str | None = field(default=None, compare=False)
    """Port of those pods, by name or number."""

    def __str__(self) -> str:
        return f"{self.team}/{self.name}:{self.by}"

    @property
    def by(self) -> str:
        """How it is used: port, level of access, or both."""
        return " ".join(str(part) for part in (self.port, self.access) if part)

    def __post_init__(self) -> None:
        for variable in self.variables:
            if not re.fullmatch(VARIABLE_PATTERN, variable):
                raise SpecError(
                    f"connection to {self}: {variable!r} can't be an environment variable; "
                    "use letters, digits and '_', for example 'CART_SERVICE_ADDR'"
                )


def access_level(place: str, access: str, levels: Mapping[str, Any]) -> Any:
    """What a level of access stands for. Raises SpecError for one that isn't there."""
    if access not in levels:
        raise SpecError(f"{place}.connection: access {access!r} is refused: use {' or '.join(map(repr, levels))}")
    return levels[access]


def reference(target: str, variable: str) -> Connection:
    """A connection to what another team (or file) declares: `reference("checkout/cartservice:7070", "CART_SERVICE_ADDR")`.

    It opens egress here; the owner opens ingress with `allow_from`. Raises SpecError.
    """
    match = re.fullmatch(REFERENCE_PATTERN, target)
    if not match:
        raise SpecError(f"reference {target!r}: use 'team/service:port', for example 'checkout/cartservice:7070'")
    team, name, port = match.groups()
    place = f"reference {target!r}"
    if not 1 <= int(port) <= 65535:
        raise SpecError(f"{place}: port {port} is refused: use 1 to 65535, for example 'checkout/cartservice:7070'")
    return Connection(check_name(team, place), check_name(name, place), int(port), {variable: ADDRESS})
