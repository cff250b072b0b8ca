"""A cache that a service writes and a worker reads: `pulumi up` here, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Cache, CacheSpec, Context, Service, ServiceSpec, Team, Worker, WorkerSpec

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
carts = Cache("carts", CacheSpec(memory_mib=64), context=context)
Service(
    "cart",
    ServiceSpec(image="registry.example.com/cart:v1.0.0", port=7070, health="grpc"),
    uses=[carts.connection("read-write", "REDIS_ADDR")],
    context=context,
)
Worker(
    "report",
    WorkerSpec(image="registry.example.com/report:v1.0.0"),
    uses=[carts.connection("read", "REDIS_URL", form="url")],
    context=context,
)
