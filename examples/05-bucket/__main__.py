"""A private bucket and who may read it: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Bucket, Context, Service, ServiceSpec, Team

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
photos = Bucket("photos", context=context)
Service(
    "catalog",
    ServiceSpec(image="registry.example.com/catalog:v1.0.0", port=8080),
    uses=[photos.connection("read", "PHOTOS_BUCKET")],
    context=context,
)
