"""Apply for random values: passwords that nobody chooses."""

from __future__ import annotations

from importlib.metadata import version

import pulumi

PASSWORD_LENGTH = 32
"""Letters and digits alone, 190 bits of chance: they need no escape in a URL, in SQL or in a shell."""


def password(name: str, *, parent: pulumi.Resource, protect: bool = False) -> pulumi.Output[str]:
    """A new password, the same for as long as its resource lives; secret in the state."""
    made = pulumi.CustomResource(
        "random:index/randomPassword:RandomPassword",
        name,
        {"length": PASSWORD_LENGTH, "special": False, "result": None, "bcryptHash": None},
        pulumi.ResourceOptions(
            parent=parent, protect=protect or None, additional_secret_outputs=["result", "bcryptHash"], version=version("pulumi-random")
        ),
    )
    found: pulumi.Output[str] = made.result  # type: ignore[attr-defined]
    return pulumi.Output.secret(found)
