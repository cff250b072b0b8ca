"""A team with one page: for many environments at once."""

from idp_components import Context, Expose, Service, ServiceSpec


def compose(context: Context) -> None:
    """No more than the page."""
    Service("page", ServiceSpec(image="registry.example.com/page:v1.0.0", port=8080, expose=Expose()), context=context)
