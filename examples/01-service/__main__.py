"""One service of one team: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, Expose, Service, ServiceSpec, Team

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
Service(
    "hello",
    ServiceSpec(image="registry.example.com/hello:v1.0.0", port=8080, expose=Expose(), env={"GREETING": "hello"}),
    context=context,
)
