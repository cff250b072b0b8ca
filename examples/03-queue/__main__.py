"""A queue between two workloads of a team: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, Queue, Service, ServiceSpec, Team, Worker, WorkerSpec

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
orders = Queue("orders", context=context)
Service(
    "checkout",
    ServiceSpec(image="registry.example.com/checkout:v1.0.0", port=8080),
    uses=[orders.connection("send", "ORDERS_URL")],
    context=context,
)
Worker("mailer", WorkerSpec(image="registry.example.com/mailer:v1.0.0"), uses=[orders.connection("receive", "ORDERS_URL")], context=context)
