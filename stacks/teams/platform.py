"""The platform: the rooms of the teams, and the roles that their pipelines take."""

from idp_components import Context, GitHub, PipelineIssuer, PipelineRole, PipelineRoleSpec, Team, TeamSpec

ORGANIZATION = "online-boutique"
TEAMS = {
    "catalog": TeamSpec(
        repositories=[f"https://github.com/{ORGANIZATION}/catalog/"],
        owner={"email": "catalog@shop.example.com", "slack_channel": "#team-catalog", "cost_centre": "cc-4710"},
        budget_usd_per_month=300,
    ),
    "checkout": TeamSpec(
        repositories=[f"https://github.com/{ORGANIZATION}/checkout/"],
        owner={"email": "checkout@shop.example.com", "slack_channel": "#team-checkout", "cost_centre": "cc-4711"},
        budget_usd_per_month=600,
    ),
    "storefront": TeamSpec(
        repositories=[f"https://github.com/{ORGANIZATION}/storefront/"],
        owner={"email": "storefront@shop.example.com", "slack_channel": "#team-storefront", "cost_centre": "cc-4712"},
        budget_usd_per_month=400,
    ),
}


def compose(context: Context) -> None:
    """A room for each team, and two roles for its pipeline: one that deploys to the environment, one that previews for pull requests."""
    PipelineIssuer("github", context=context)
    for name, spec in TEAMS.items():
        team = context.of_team(name)
        Team(name, spec, context=team)
        repository = f"{ORGANIZATION}/{name}"
        deploys = GitHub(repository=repository, environments=[context.environment])
        PipelineRole(f"{name}-deploy", PipelineRoleSpec(source=deploys, access="deploy"), context=team)
        PipelineRole(f"{name}-preview", PipelineRoleSpec(source=GitHub(repository=repository, pull_requests=True)), context=team)
