"""Many services through the library; how many says the config `services`."""

import pulumi

from idp_components import Context, Service, ServiceSpec, Team

context = Context.of("bench-dev", {"domain": "bench.localhost"})
context = context.waiting_for(Team("bench", context=context))
for number in range(pulumi.Config().require_int("services")):
    Service(f"service-{number}", ServiceSpec(image="registry.example.com/bench/api:v1.0.0", port=8080), context=context)
