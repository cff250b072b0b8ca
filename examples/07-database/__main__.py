"""A database and a service that uses it: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, Database, DatabaseSpec, Migration, Service, ServiceSpec, Team

IMAGE = "registry.example.com/checkout:v1.0.0"

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
orders = Database(
    "orders",
    DatabaseSpec(engine="postgres", migration=Migration(image=IMAGE, command=("/app", "migrate"), url="DATABASE_URL")),
    context=context,
)
Service("checkout", ServiceSpec(image=IMAGE, port=8080), uses=[orders.connection("read-write", url="DATABASE_URL")], context=context)
context.ledger.close()
