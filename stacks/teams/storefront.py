"""Team storefront: what a shopper sees."""

from idp_components import Context, Expose, Health, Port, Resources, Service, ServiceSpec, Worker, WorkerSpec, reference

IMAGES = "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo"


def compose(context: Context) -> None:
    """The shop's pages, its recommendations and advertisements, and a load that keeps them honest."""
    catalog = reference("catalog/productcatalogservice:3550", "PRODUCT_CATALOG_SERVICE_ADDR")
    recommendations = Service(
        "recommendationservice",
        ServiceSpec(
            image=f"{IMAGES}/recommendationservice:v0.10.6",
            port=8080,
            health="grpc",
            resources=Resources(cpu_millicores=100, cpu_limit_millicores=200, memory_mib=220, memory_limit_mib=450),
        ),
        uses=[catalog],
        context=context,
    )
    ads = Service(
        "adservice",
        ServiceSpec(
            image=f"{IMAGES}/adservice:v0.10.6",
            port=9555,
            health="grpc",
            resources=Resources(cpu_millicores=200, cpu_limit_millicores=300, memory_mib=180, memory_limit_mib=300),
        ),
        context=context,
    )
    frontend = Service(
        "frontend",
        ServiceSpec(
            image=f"{IMAGES}/frontend:v0.10.6",
            port=Port(container=8080, service=80),
            health=Health(path="/_healthz", headers={"Cookie": "shop_session-id=x-readiness-probe"}),
            resources=Resources(cpu_millicores=100, cpu_limit_millicores=200, memory_mib=64, memory_limit_mib=128),
            expose=Expose(),
        ),
        uses=[
            catalog,
            reference("checkout/currencyservice:7000", "CURRENCY_SERVICE_ADDR"),
            reference("checkout/cartservice:7070", "CART_SERVICE_ADDR"),
            reference("checkout/shippingservice:50051", "SHIPPING_SERVICE_ADDR"),
            reference("checkout/checkoutservice:5050", "CHECKOUT_SERVICE_ADDR"),
            recommendations.connection("RECOMMENDATION_SERVICE_ADDR"),
            ads.connection("AD_SERVICE_ADDR"),
        ],
        context=context,
    )
    Worker(
        "loadgenerator",
        WorkerSpec(
            image=f"{IMAGES}/loadgenerator:v0.10.6",
            env={"USERS": "10", "RATE": "1"},
            resources=Resources(cpu_millicores=300, cpu_limit_millicores=500, memory_mib=256, memory_limit_mib=512),
        ),
        uses=[frontend.connection("FRONTEND_ADDR")],
        context=context,
    )
