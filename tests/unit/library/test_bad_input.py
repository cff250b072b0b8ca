"""Each kind of bad input is refused with the place, the value, what is allowed and an example."""

import re

import pytest

from idp_components import Container, Health, Resources, Scaling, ScheduledJobSpec, ServiceSpec, SpecError, reference
from idp_components.core.connection import ADDRESS, Connection
from idp_components.core.context import Context
from idp_components.core.ledger import Entry, Ledger
from idp_components.core.manifest import overridden
from idp_components.service import manifests

IMAGE = "registry.example.com/cart:v1"
CONFIG = {"domain": "example.com"}


def spec(**fields):
    return ServiceSpec(**{"image": IMAGE, "port": 8080, **fields})


def use(name, port=80, team="shop", variable="ADDR"):
    return Connection(team, name, port, {variable: ADDRESS})


def ledger(*entries, teams=()):
    found = Ledger("shop", frozenset(teams))
    for entry in entries:
        found.add(entry)
    return found


def exposed_grpc():
    return manifests.service("cart", spec(health="grpc", expose={}), Context.of("shop-dev", CONFIG))


def foreign_registry():
    return manifests.service("cart", spec(), Context.of("shop-dev", {**CONFIG, "registries": ["ghcr.io/shop/"]}))


CASES = {
    "unknown field that looks like a type": (
        lambda: spec(Port=1),
        "ServiceSpec.Port: no such field; did you mean 'port'? allowed: image, env, ",
    ),
    "unknown field with a dash": (lambda: spec(**{"port-name": 1}), "ServiceSpec.port-name: no such field; did you mean "),
    "unknown field": (lambda: spec(prot=1), "ServiceSpec.prot: no such field; did you mean 'port'? allowed: image, env, "),
    "unknown nested field": (
        lambda: spec(health={"pth": "/"}),
        "ServiceSpec.health.pth: no such field; did you mean 'path'? allowed: kind, path, ",
    ),
    "missing field": (
        lambda: ServiceSpec(port=80),
        "ServiceSpec.image: is required, for example image='registry.example.com/shop/cart:v1.4.2'",
    ),
    "wrong type": (
        lambda: Resources(cpu_millicores="100m"),
        "Resources.cpu_millicores: '100m' is refused: should be a valid integer, unable to parse string as an integer, for example cpu_millicores=100",
    ),
    "port out of range": (
        lambda: spec(port=70000),
        "ServiceSpec.port: 70000 is refused: should be less than or equal to 65535, for example port=8080",
    ),
    "port below one": (lambda: spec(port=0), "ServiceSpec.port: 0 is refused: should be greater than or equal to 1, for example port=8080"),
    "image without tag": (
        lambda: spec(image="registry.example.com/cart"),
        "ServiceSpec.image: 'registry.example.com/cart' is refused: an image needs a tag other than 'latest', or a digest, so that every pod runs the same code, for example image='registry.example.com/shop/cart:v1.4.2'",
    ),
    "image latest": (lambda: spec(image="a:latest"), "ServiceSpec.image: 'a:latest' is refused: an image needs a tag other than 'latest'"),
    "no image": (
        lambda: spec(image="What is this"),
        "ServiceSpec.image: 'What is this' is refused: not an image reference; use registry/name:tag",
    ),
    "cpu limit below request": (
        lambda: Resources(cpu_millicores=200, cpu_limit_millicores=100),
        "cpu_limit_millicores=100 is below the request of 200: use at least 200, for example cpu_limit_millicores=400",
    ),
    "memory limit below request": (
        lambda: spec(resources={"memory_mib": 64, "memory_limit_mib": 32}),
        "memory_limit_mib=32 is below the request of 64: use at least 64",
    ),
    "scaling upside down": (
        lambda: Scaling(min_replicas=5, max_replicas=2),
        "max_replicas=2 is below min_replicas=5: use at least 5, for example max_replicas=10",
    ),
    "unknown health check": (lambda: Health(kind="udp"), "Health.kind: 'udp' is refused: should be 'http', 'grpc' or 'tcp'"),
    "root": (
        lambda: Container(user_id=0),
        "Container.user_id: 0 is refused: should be greater than or equal to 1, for example user_id=1000",
    ),
    "schedule": (
        lambda: ScheduledJobSpec(image=IMAGE, schedule="daily"),
        "ScheduledJobSpec.schedule: 'daily' is refused: a schedule has five fields (minute, hour, day of month, month, day of week)",
    ),
    "schedule out of range": (
        lambda: ScheduledJobSpec(image=IMAGE, schedule="99 2 * * *"),
        "'99' is no minute; use 0 to 59, '*', a range like 1-5, a step like */2, or a list of these, for example schedule='30 2 * * *'",
    ),
    "schedule with an unknown day": (
        lambda: ScheduledJobSpec(image=IMAGE, schedule="0 2 * * funday"),
        "'funday' is no day of week; use 0 to 6 or sun to sat, '*'",
    ),
    "time zone": (
        lambda: ScheduledJobSpec(image=IMAGE, schedule="@daily", time_zone="Mars/Base"),
        "ScheduledJobSpec.time_zone: 'Mars/Base' is refused: no such time zone in the IANA database, for example time_zone='Europe/Berlin'",
    ),
    "one path twice": (
        lambda: Container(writable_paths=["/a", "/b", "/a"]),
        "'/a' is used twice: each of writable_paths and files has a path of its own, for example '/a-2'",
    ),
    "a file in the place of a folder": (lambda: Container(writable_paths=["/a"], files={"/a": ""}), "'/a' is used twice"),
    "files too large": (
        lambda: Container(files={"/etc/app.txt": "x" * 1_000_001}),
        "the files have 1000001 bytes: use at most 1000000, or put them into the image",
    ),
    "metrics on the port of the service": (
        lambda: spec(port={"container": 8080, "service": 9090}, metrics={"port": 9090}),
        "metrics.port=9090 is the service's own port: use another, for example port=Port(container=8080, service=8080)",
    ),
    "host too long": (
        lambda: spec(expose={"host": f"{'.'.join(['a' * 60] * 5)}.com"}),
        "is refused: string should have at most 253 characters, for example host='shop.example.com'",
    ),
    "path with dots": (lambda: spec(expose={"path": "/a/../b"}), "ServiceSpec.expose.path: '/a/../b' is refused"),
    "list place": (
        lambda: ServiceSpec.parse({"image": IMAGE, "port": 80, "allow_from": ["ok", "Not OK"]}, "checkout.services[2]"),
        "checkout.services[2].allow_from[1]: 'Not OK' is refused: use lower-case letters, digits and '-', starting with a letter",
    ),
    "service name": (
        lambda: ledger(Entry("Service", "Cart_1", 80, ())),
        "shop.Cart_1: 'Cart_1' is not a usable name: use lower-case letters, digits and '-', start with a letter, at most 40 characters, for example 'checkout'",
    ),
    "service name too long": (lambda: ledger(Entry("Service", "a" * 41, 80, ())), f"shop.{'a' * 41}: '{'a' * 41}' is not a usable name"),
    "two of one name": (
        lambda: ledger(Entry("Service", "cart", 80, ()), Entry("Worker", "cart", None, ())),
        "shop.cart: the name is taken by another Service of this stack; names are unique, for example 'cart-2'",
    ),
    "no connection": (
        lambda: ledger(Entry("Service", "a", 80, ("cart",))),
        "shop.a.uses[0]: str is not a connection; use for example cart.connection('CART_ADDR')",
    ),
    "undeclared": (
        lambda: ledger(Entry("Service", "a", 80, (use("cart"),))).close(),
        "shop.a.uses[0]: shop/cart:80 is not declared in its team's stack; it offers a:80",
    ),
    "wrong port": (
        lambda: ledger(Entry("Service", "a", 80, ()), Entry("Service", "b", 81, (use("a", 99),))).close(),
        "shop.b.uses[0]: shop/a:99 does not listen there; use shop/a:80",
    ),
    "unknown team": (
        lambda: ledger(Entry("Service", "a", 80, (use("x", team="nobody"),)), teams=("shop",)),
        "shop.a.uses[0]: team 'nobody' does not exist; teams: shop",
    ),
    "one variable twice": (
        lambda: ledger(Entry("Service", "a", 80, (use("x"), use("y")))),
        "shop.a.uses[1]: variable 'ADDR' is set by shop/x:80 already; name another, for example 'ADDR_2'",
    ),
    "circle": (
        lambda: ledger(Entry("Service", "a", 80, (use("b"),)), Entry("Service", "b", 80, (use("a"),))).close(),
        "shop.a.uses: the connections go in a circle: a → b → a; let one side call back by a queue or an event",
    ),
    "self": (lambda: ledger(Entry("Service", "a", 80, (use("a"),))).close(), "the connections go in a circle: a → a"),
    "reference": (
        lambda: reference("cartservice:7070", "A"),
        "reference 'cartservice:7070': use 'team/service:port', for example 'checkout/cartservice:7070'",
    ),
    "reference port": (
        lambda: reference("a/b:70000", "A"),
        "reference 'a/b:70000': port 70000 is refused: use 1 to 65535, for example 'checkout/cartservice:7070'",
    ),
    "variable": (
        lambda: reference("a/b:1", "not a name"),
        "connection to a/b:1: 'not a name' can't be an environment variable; use letters, digits and '_', for example 'CART_SERVICE_ADDR'",
    ),
    "variable twice": (
        lambda: manifests.service("cart", spec(env={"PORT": "1"}), Context.of("shop-dev", CONFIG)),
        "shop.cart.env: variable 'PORT' is set twice; a variable comes from env, secrets, uses or PORT, for example rename it 'PORT_2'",
    ),
    "number of a pull request": (
        lambda: Context.of(f"shop-pr-{'9' * 11}", CONFIG),
        f"stack 'shop-pr-{'9' * 11}': name it <team>-<environment>",
    ),
    "domain too long": (
        lambda: Context.of("shop-dev", {"domain": f"{'a.' * 80}com"}),
        "is refused: string should have at most 150 characters, for example domain='dev.example.com'",
    ),
    "name of what every namespace has": (
        lambda: ledger(Entry("Service", "default", 80, ())),
        "shop.default: the name is that of the service account that Kubernetes makes in every namespace; choose another, for example 'default-2'",
    ),
    "stack name": (
        lambda: Context.of("checkout", CONFIG),
        "stack 'checkout': name it <team>-<environment>; environments: preview, dev, staging, production, pr-<number> or user-<letters and digits>, for example 'checkout-dev'",
    ),
    "unknown environment": (
        lambda: Context.of("checkout-qa", CONFIG),
        "stack 'checkout-qa': name it <team>-<environment>; environments: preview, dev",
    ),
    "team of the stack": (
        lambda: Context.of("nobody-dev", CONFIG, ["checkout"]),
        "stack 'nobody-dev': team 'nobody' does not exist; teams: checkout, for example 'checkout-dev'",
    ),
    "missing config": (
        lambda: Context.of("checkout-dev", {}),
        "config of stack 'checkout-dev': idp:domain: is required, for example domain='dev.example.com'",
    ),
    "unknown config": (
        lambda: Context.of("checkout-dev", {**CONFIG, "ruting": "x"}),
        "config of stack 'checkout-dev': idp:ruting: no such field; did you mean 'routing'?",
    ),
    "grpc through an ingress": (
        exposed_grpc,
        "shop.cart.expose: gRPC can't be exposed through an Ingress in a portable way; use a cluster with the Gateway API",
    ),
    "registry": (
        foreign_registry,
        "shop.cart.image: 'registry.example.com/cart:v1' comes from a registry that is not allowed; allowed: ghcr.io/shop/, for example 'ghcr.io/shop/cart:v1.0.0'",
    ),
    "override of nothing": (
        lambda: overridden([{"kind": "Service"}], {"Ingress": {}}, "shop.cart"),
        "shop.cart.overrides['Ingress']: this component makes no Ingress; it makes Service",
    ),
    "override by nothing": (
        lambda: overridden([{"kind": "Service"}], {"Service": {"metadata": None}}, "shop.cart"),
        "shop.cart.overrides['Service'].metadata: None is refused: use an object of what changes, for example {'metadata': {…}}",
    ),
    "override by text": (
        lambda: overridden([{"kind": "Service"}], {"Service": {"spec": "x"}}, "shop.cart"),
        "shop.cart.overrides['Service'].spec: 'x' is refused: use an object of what changes, for example {'spec': {…}}",
    ),
    "override of identity": (
        lambda: overridden([{"kind": "Service"}], {"Service": {"metadata": {"name": "x"}}}, "shop.cart"),
        "shop.cart.overrides['Service'].name: can't be overridden: it says which object this is",
    ),
}


@pytest.mark.parametrize(("bad", "message"), CASES.values(), ids=CASES)
def test_it_is_refused_in_one_clear_sentence(bad, message):
    with pytest.raises(SpecError) as caught:
        bad()
    said = "\n".join(re.sub(r"^tests/\S+?:\d+: ", "", problem) for problem in caught.value.problems)
    assert message in said
    assert len(caught.value.problems) == 1


def test_the_line_where_a_team_wrote_it_is_named():
    with pytest.raises(SpecError, match=r"test_bad_input.py:\d+: ServiceSpec.port: 70000"):
        spec(port=70000)


def test_values_that_could_be_secret_are_not_repeated():
    with pytest.raises(SpecError) as caught:
        spec(env={"PASSWORD": ["hunter2"]})
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(spec(env={"PASSWORD": "hunter2"}))
