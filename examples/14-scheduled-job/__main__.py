"""A job that runs every night: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, ScheduledJob, ScheduledJobSpec, Team

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
ScheduledJob(
    "report",
    ScheduledJobSpec(image="ghcr.io/shop/report:v2.1.0", schedule="30 2 * * *", time_zone="Europe/Berlin"),
    context=context,
)
