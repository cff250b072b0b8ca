"""A preview of a pull request: `pulumi up` in this folder, on a stack such as `web-pr-42` or `web-user-alice`."""

import pulumi

from idp_components import Context, EphemeralEnvironment, EphemeralEnvironmentSpec, Expose, Service, ServiceSpec

context = Context.from_stack()
spec = EphemeralEnvironmentSpec(owner="alice@example.com", source_url="https://github.com/shop/web/pull/42", ttl_hours=48)
environment = EphemeralEnvironment(context.environment, spec, context=context)
Service("web", ServiceSpec(image="registry.example.com/web:v1.0.0", port=8080, expose=Expose()), context=environment.context)
pulumi.export("urls", environment.urls)
pulumi.export("expires_at", environment.expires_at)
