"""Team checkout: carts, prices, payment, shipping and mail."""

from idp_components import Cache, CacheSpec, Context, Port, Queue, Resources, Service, ServiceSpec, reference

IMAGES = "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo"
SMALL = Resources(cpu_millicores=100, cpu_limit_millicores=200, memory_mib=64, memory_limit_mib=128)
MEDIUM = Resources(cpu_millicores=200, cpu_limit_millicores=300, memory_mib=64, memory_limit_mib=128)


def compose(context: Context) -> None:
    """Everything between a full cart and a parcel."""

    def grpc(name: str, port: int | Port, resources: Resources = SMALL, allow_from: tuple[str, ...] = ()) -> ServiceSpec:
        image = f"{IMAGES}/{name}:v0.10.6"
        return ServiceSpec(image=image, port=port, health="grpc", resources=resources, allow_from=allow_from)

    carts = Cache("carts", CacheSpec(memory_mib=256), context=context)
    cart = Service(
        "cartservice",
        grpc("cartservice", 7070, MEDIUM, allow_from=("storefront",)),
        uses=[carts.connection("read-write", "REDIS_ADDR", form="stackexchange")],
        context=context,
    )
    currency = Service("currencyservice", grpc("currencyservice", 7000, allow_from=("storefront",)), context=context)
    shipping = Service("shippingservice", grpc("shippingservice", 50051, allow_from=("storefront",)), context=context)
    payment = Service("paymentservice", grpc("paymentservice", 50051), context=context)
    confirmations = Queue("confirmations", context=context)
    email = Service(
        "emailservice",
        grpc("emailservice", Port(container=8080, service=5000)),
        uses=[confirmations.connection("receive", "CONFIRMATIONS_QUEUE_URL")],
        context=context,
    )
    Service(
        "checkoutservice",
        grpc("checkoutservice", 5050, allow_from=("storefront",)),
        uses=[
            reference("catalog/productcatalogservice:3550", "PRODUCT_CATALOG_SERVICE_ADDR"),
            cart.connection("CART_SERVICE_ADDR"),
            currency.connection("CURRENCY_SERVICE_ADDR"),
            shipping.connection("SHIPPING_SERVICE_ADDR"),
            payment.connection("PAYMENT_SERVICE_ADDR"),
            email.connection("EMAIL_SERVICE_ADDR"),
            confirmations.connection("send", "CONFIRMATIONS_QUEUE_URL"),
        ],
        context=context,
    )
