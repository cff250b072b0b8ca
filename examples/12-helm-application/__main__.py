"""A chart of this folder, and a service that uses it: `pulumi up` here, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, Endpoint, HelmApplication, HelmApplicationSpec, Service, ServiceSpec, Team

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
greeter = HelmApplication(
    "greeter",
    HelmApplicationSpec(chart="chart", values={"greeting": "good morning", "service": {"port": 9898}}, endpoint=Endpoint(port=9898)),
    secret_values={"token": "for the example only"},
    context=context,
)
Service(
    "website",
    ServiceSpec(image="registry.example.com/website:v1.0.0", port=8080),
    uses=[greeter.connection("GREETER_ADDR")],
    context=context,
)
