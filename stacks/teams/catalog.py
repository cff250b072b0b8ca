"""Team catalog: what the shop sells."""

from idp_components import Context, Database, DatabaseSpec, Resources, Service, ServiceSpec

IMAGES = "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo"
SMALL = Resources(cpu_millicores=100, cpu_limit_millicores=200, memory_mib=64, memory_limit_mib=128)


def compose(context: Context) -> None:
    """The product catalogue, which the storefront shows and the checkout prices."""
    products = Database("products", DatabaseSpec(engine="postgres"), context=context)
    Service(
        "productcatalogservice",
        ServiceSpec(
            image=f"{IMAGES}/productcatalogservice:v0.10.6",
            port=3550,
            health="grpc",
            resources=SMALL,
            allow_from=("checkout", "storefront"),
        ),
        uses=[products.connection("read-only")],
        context=context,
    )
