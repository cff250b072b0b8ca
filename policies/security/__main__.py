"""The policy pack `idp-security`: all rules, at the level that suits the stack's environment."""

from idp_components.rules import ALL
from idp_components.rules.crossguard import Pack, serve
from idp_components.rules.levels import level

serve(
    Pack(
        name="idp-security",
        description="The Pod Security Standards, level restricted, and what else every workload owes its neighbours.",
        rules=ALL,
        level=level,
    )
)
