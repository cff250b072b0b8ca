"""Events that a service publishes: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, Service, ServiceSpec, Team, Topic

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
placed = Topic("order-placed", context=context)
Service(
    "checkout",
    ServiceSpec(image="registry.example.com/checkout:v1.0.0", port=8080),
    uses=[placed.connection("publish", "ORDER_PLACED_ARN")],
    context=context,
)
