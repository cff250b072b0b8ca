"""Database under mocks: what it makes, what its consumers get, and what it refuses."""

import pytest
from accepted import CLUSTER

from idp_components import Context, Database, DatabaseSpec, Migration, Queue, QueueSpec, Service, ServiceSpec, SpecError
from idp_components.rules import UNKNOWN
from idp_components.testing import MOCK_PASSWORD, run

IMAGE = "registry.example.com/shop/api:v1.0.0"
SPEC = ServiceSpec(image=IMAGE, port=8080)
MIGRATION = Migration(image=IMAGE, command=("/app", "migrate"), url="DATABASE_URL")


def shop(environment, spec=None, **connection):
    where = Context.of(f"shop-{environment}", CLUSTER)
    orders = Database("orders", spec or DatabaseSpec(engine="postgres", migration=MIGRATION), context=where)
    Service("api", SPEC, uses=[orders.connection("read-write", **connection)], context=where)
    where.ledger.close()
    return orders


def env(recording):
    pod = recording.find("Deployment", "api").props["spec"]["template"]["spec"]
    return {entry["name"]: entry.get("value") or entry["valueFrom"]["secretKeyRef"] for entry in pod["containers"][0]["env"]}


def test_moving_to_rds_changes_nothing_of_a_consumer_but_the_host():
    inside, outside = (env(run(lambda where=where: shop(where, url="DATABASE_URL"))) for where in ("dev", "production"))
    assert inside["PGHOST"] == "orders.shop-dev.svc.cluster.local"
    assert outside["PGHOST"] == "orders.rds.example.com"
    assert inside.keys() == outside.keys()
    different = {name for name in inside if inside[name] != outside[name]}
    assert different <= {"PGHOST", "PGPASSWORD", "DATABASE_URL"}
    assert inside["PGPASSWORD"]["key"] == outside["PGPASSWORD"]["key"] == "password"


@pytest.mark.parametrize("environment", ["dev", "production"])
@pytest.mark.parametrize("preview", [False, True])
def test_passwords_stand_in_secrets_alone(environment, preview):
    recording = run(lambda: shop(environment, url="DATABASE_URL"), stack_name=f"shop-{environment}", preview=preview)
    assert [finding.message for finding in recording.findings() if not (preview and finding.undecided)] == []
    for resource in recording.resources:
        if resource.kind not in ("Secret", "RandomPassword"):
            assert MOCK_PASSWORD not in str(resource.props)


def test_a_preview_knows_where_consumers_find_the_database_inside_the_cluster():
    found = env(run(lambda: shop("dev"), preview=True))
    assert found["PGHOST"] == "orders.shop-dev.svc.cluster.local"
    assert env(run(lambda: shop("production"), preview=True))["PGHOST"] is UNKNOWN


def test_two_databases_of_one_workload_have_prefixes():
    def program():
        where = Context.of("shop-dev", CLUSTER)
        one, two = (Database(name, DatabaseSpec(engine="postgres"), context=where) for name in ("orders", "users"))
        uses = [one.connection("read-write"), two.connection("read-only", prefix="USERS_", url="USERS_URL")]
        Service("api", SPEC, uses=uses, context=where)

    found = env(run(program))
    assert (found["PGUSER"], found["USERS_PGUSER"]) == ("read_write", "read_only")
    assert found["USERS_URL"]["key"] == "url"


def test_replicas_serve_those_who_ask_for_them_in_turn_where_there_are_any():
    spec = DatabaseSpec(engine="postgres", read_replicas=2)

    def hosts(environment):
        def program():
            where = Context.of(f"shop-{environment}", CLUSTER)
            orders = Database("orders", spec, context=where)
            for index in range(3):
                Service(f"api-{index}", SPEC, uses=[orders.connection("read-only", replica=True)], context=where)
            Service("api", SPEC, uses=[orders.connection("read-only")], context=where)

        recording = run(program)
        names = ("api-0", "api-1", "api-2", "api")
        pods = [recording.find("Deployment", name).props["spec"]["template"]["spec"]["containers"][0]["env"] for name in names]
        return [next(entry["value"] for entry in pod if entry["name"] == "PGHOST") for pod in pods]

    assert hosts("production") == [f"orders{part}.rds.example.com" for part in ("-replica-1", "-replica-2", "-replica-1", "")]
    assert set(hosts("dev")) == {"orders.shop-dev.svc.cluster.local"}


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_the_url_says_what_the_variables_say(environment):
    recording = run(lambda: shop(environment))
    secret = recording.find("Secret", "orders-read-write").props
    assert set(secret["stringData"]) == {"password", "url"}
    assert secret["immutable"] is True


def test_what_the_clusters_config_lacks_is_said_before_anything_is_registered():
    def program():
        config = {key: value for key, value in CLUSTER.items() if key != "oidc_provider"}
        with pytest.raises(SpecError, match="idp:oidcProvider is missing"):
            Database("orders", DatabaseSpec(engine="postgres"), context=Context.of("shop-staging", config))

    assert run(program).resources == []


def test_no_two_components_make_the_same_object():
    def program():
        where = Context.of("shop-dev", CLUSTER)
        Database("orders", DatabaseSpec(engine="postgres"), context=where)
        Service("orders-logins", SPEC, context=where)

    with pytest.raises(SpecError, match=r"shop\.orders-logins: its ServiceAccount 'orders-logins' is one of shop\.orders too"):
        run(program)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (lambda: shop("dev").connection("admin"), r"shop\.orders\.connection: access 'admin' is refused: use 'read-only' or 'read-write'"),
        (lambda: shop("dev").connection("owner", replica=True), r"connection: replica=True is refused with 'owner': a replica only reads"),
        (lambda: shop("dev").connection("read-only", replica=True, url="A"), r"url='A' is refused with replica=True: .* use the variables"),
        (lambda: shop("dev").connection("owner", prefix="1"), r"connection to shop/orders:.* '1PGHOST' can't be an environment variable"),
        (lambda: shop("dev", QueueSpec()), r"shop\.orders: the spec is a QueueSpec: use DatabaseSpec"),
        (
            lambda: (Queue("a", context=(c := Context.of("shop-dev", CLUSTER))), Database("a", DatabaseSpec(engine="mysql"), context=c)),
            r"shop\.a: the name is taken by another Queue of this stack",
        ),
    ],
)
def test_bad_input_is_refused_with_its_place(program, sentence):
    with pytest.raises(SpecError, match=sentence):
        run(program)
