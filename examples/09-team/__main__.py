"""The room of one team: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, Team, TeamSpec

context = Context.from_stack()
Team(
    context.team,
    TeamSpec(
        groups={"on_call": "pagerduty:web"},
        repositories=["https://github.com/shop/"],
        owner={"slack_channel": "#team-web", "cost_centre": "cc-4711"},
        budget_usd_per_month=400,
    ),
    context=context,
)
