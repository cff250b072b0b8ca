"""Connections: what a consumer gets from a provider. `uses=[…]` is the only way to connect two things."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp_components.core.iam import Statement
from idp_components.core.spec import SpecError, check_name

VARIABLE_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"
REFERENCE_PATTERN = r"([^/:\s]+)/([^/:\s]+):(\d{1,5})"


@dataclass(frozen=True)
class Connection:
    """A way from one workload to another, or to a resource of AWS: it yields variables, the ways out, rights and the graph's edge."""

    team: str
    name: str
    port: int | None
    """Port of the provider's Service; none for a resource of AWS."""
    variable: str
    """Environment variable of the consumer that carries the address: `host:port`, or `value`."""
    access: str = ""
    """Level of access to a resource of AWS, such as `send`."""
    value: Any = field(default=None, compare=False)
    """What the variable carries where no port does; perhaps a Pulumi Output."""
    statements: tuple[Statement, ...] = field(default=(), compare=False)
    """What the consumer's IAM role may do."""

    def __str__(self) -> str:
        return f"{self.team}/{self.name}:{self.port or self.access}"

    def __post_init__(self) -> None:
        if not re.fullmatch(VARIABLE_PATTERN, self.variable):
            raise SpecError(
                f"connection to {self}: {self.variable!r} can't be an environment variable; "
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
    return Connection(check_name(team, place), check_name(name, place), int(port), variable)
