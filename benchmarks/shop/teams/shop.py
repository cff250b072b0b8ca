"""The eleven services of Online Boutique and their cache, as one team's: nothing of AWS, so that kubectl and helm can make the same."""

from idp_components import Cache, CacheSpec, Context, Expose, Health, Port, Resources, Service, ServiceSpec, Worker, WorkerSpec

IMAGES = "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo"
SMALL = Resources(cpu_millicores=100, cpu_limit_millicores=200, memory_mib=64, memory_limit_mib=128)


def compose(context: Context) -> None:
    """From the catalogue to the shopper."""

    def grpc(name: str, port: int | Port) -> ServiceSpec:
        return ServiceSpec(image=f"{IMAGES}/{name}:v0.10.6", port=port, health="grpc", resources=SMALL)

    carts = Cache("carts", CacheSpec(memory_mib=64), context=context)
    catalog = Service("productcatalogservice", grpc("productcatalogservice", 3550), context=context)
    cart = Service(
        "cartservice",
        grpc("cartservice", 7070),
        uses=[carts.connection("read-write", "REDIS_ADDR", form="stackexchange")],
        context=context,
    )
    currency = Service("currencyservice", grpc("currencyservice", 7000), context=context)
    shipping = Service("shippingservice", grpc("shippingservice", 50051), context=context)
    payment = Service("paymentservice", grpc("paymentservice", 50051), context=context)
    email = Service("emailservice", grpc("emailservice", Port(container=8080, service=5000)), context=context)
    ads = Service("adservice", grpc("adservice", 9555), context=context)
    listed, carried = catalog.connection("PRODUCT_CATALOG_SERVICE_ADDR"), cart.connection("CART_SERVICE_ADDR")
    paid, sent = currency.connection("CURRENCY_SERVICE_ADDR"), shipping.connection("SHIPPING_SERVICE_ADDR")
    recommendations = Service("recommendationservice", grpc("recommendationservice", 8080), uses=[listed], context=context)
    checkout = Service(
        "checkoutservice",
        grpc("checkoutservice", 5050),
        uses=[listed, carried, paid, sent, payment.connection("PAYMENT_SERVICE_ADDR"), email.connection("EMAIL_SERVICE_ADDR")],
        context=context,
    )
    frontend = Service(
        "frontend",
        ServiceSpec(
            image=f"{IMAGES}/frontend:v0.10.6",
            port=Port(container=8080, service=80),
            health=Health(path="/_healthz", headers={"Cookie": "shop_session-id=x-readiness-probe"}),
            resources=SMALL,
            expose=Expose(),
        ),
        uses=[
            *(listed, carried, paid, sent),
            checkout.connection("CHECKOUT_SERVICE_ADDR"),
            recommendations.connection("RECOMMENDATION_SERVICE_ADDR"),
            ads.connection("AD_SERVICE_ADDR"),
        ],
        context=context,
    )
    load = WorkerSpec(image=f"{IMAGES}/loadgenerator:v0.10.6", env={"USERS": "10", "RATE": "1"}, resources=SMALL)
    Worker("loadgenerator", load, uses=[frontend.connection("FRONTEND_ADDR")], context=context)
