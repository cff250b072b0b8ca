"""A worker that gets messages: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, Team, Worker, WorkerSpec

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
Worker(
    "mailer",
    WorkerSpec(image="ghcr.io/shop/mailer:v1.0.3", env={"LOG_LEVEL": "info"}, health_command=("/app", "healthy")),
    context=context,
)
