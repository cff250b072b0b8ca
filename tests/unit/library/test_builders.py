"""What a golden path promises, read off the plain objects that its builder returns."""

import pytest

from idp_components import Container, Expose, Health, Metrics, Port, Scaling, SecretKey, ServiceSpec, WorkerSpec
from idp_components.core import labels
from idp_components.core.connection import ADDRESS, Connection
from idp_components.core.context import Context
from idp_components.core.manifest import merged, waves
from idp_components.service import manifests
from idp_components.service.pod import Wiring
from idp_components.service.spec import ScheduledJobSpec

IMAGE = "registry.example.com/cart:v1.2.3"


def context(environment="dev", **config):
    return Context.of(f"shop-{environment}", {"domain": "example.com", **config})


def build(environment="dev", wiring=Wiring(), config=None, **fields):  # noqa: B008  it is frozen
    spec = ServiceSpec(**{"image": IMAGE, "port": 8080, **fields})
    return {
        m["kind"]: m
        for m in manifests.service("cart", spec, context(environment, **(config or {})), wiring)
        if m["metadata"]["name"] == "cart"
    }


def container(built):
    return built["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def test_ten_lines_give_everything_that_a_service_needs():
    assert build("production", expose=Expose(), metrics=Metrics()).keys() == {
        "ServiceAccount",
        "NetworkPolicy",
        "Deployment",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "Service",
        "Ingress",
        "ServiceMonitor",
    }


def test_everything_carries_its_owner_and_backstages_id():
    for manifest in build(expose=Expose()).values():
        found = manifest["metadata"]["labels"]
        assert (found["idp/team"], found["idp/environment"]) == ("shop", "dev")
        assert found["backstage.io/kubernetes-id"] == found["app.kubernetes.io/name"] == "cart"


def test_no_replicas_are_set_under_an_autoscaler_and_a_fixed_number_without_one():
    scaled, fixed = build("dev"), build("preview")
    assert "replicas" not in scaled["Deployment"]["spec"]
    assert fixed["Deployment"]["spec"]["replicas"] == 1
    assert "HorizontalPodAutoscaler" not in fixed


@pytest.mark.parametrize(
    ("environment", "scaling", "expected"),
    [
        ("production", Scaling(), (3, 10)),
        ("dev", Scaling(), (1, 2)),
        ("dev", Scaling(min_replicas=5), (5, None)),
        ("production", Scaling(max_replicas=2), (2, None)),
        ("pr-7", Scaling(max_replicas=4), (1, 4)),
    ],
)
def test_what_the_spec_says_wins_over_the_profile(environment, scaling, expected):
    built = build(environment, scaling=scaling)
    if expected[1] is None:
        assert built["Deployment"]["spec"]["replicas"] == expected[0]
    else:
        spec = built["HorizontalPodAutoscaler"]["spec"]
        assert (spec["minReplicas"], spec["maxReplicas"]) == expected


@pytest.mark.parametrize(
    ("health", "asked"),
    [
        (
            Health(path="/ok", headers={"Host": "a"}),
            {"httpGet": {"path": "/ok", "port": "main", "httpHeaders": [{"name": "Host", "value": "a"}]}},
        ),
        ("grpc", {"grpc": {"port": 8080}}),
        ("tcp", {"tcpSocket": {"port": "main"}}),
    ],
)
def test_probes_ask_what_the_service_speaks(health, asked):
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        found = container(build(health=health))[probe]
        assert {key: value for key, value in found.items() if key in asked} == asked


def test_a_new_pod_has_its_startup_time_and_an_old_one_its_time_to_finish():
    built = build(health=Health(startup_seconds=121), container=Container(shutdown_seconds=60))
    probe = container(built)["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 121
    pod = built["Deployment"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 60 + container(built)["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert built["Deployment"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_connection_gives_the_variable_the_egress_and_inside_the_team_the_ingress():
    uses = (Connection("shop", "mail", 5000, {"MAIL": ADDRESS}), Connection("catalog", "products", 3550, {"PRODUCTS": ADDRESS}))
    built = manifests.service("cart", ServiceSpec(image=IMAGE, port=8080), context(), Wiring(uses))
    env = {e["name"]: e["value"] for e in container({m["kind"]: m for m in built})["env"]}
    assert env == {
        "PORT": "8080",
        "MAIL": "mail.shop-dev.svc.cluster.local:5000",
        "PRODUCTS": "products.catalog-dev.svc.cluster.local:3550",
    }
    policies = {m["metadata"]["name"]: m["spec"] for m in built if m["kind"] == "NetworkPolicy"}
    assert policies.keys() == {"cart", "cart-to-mail"}
    assert policies["cart-to-mail"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "mail"}}
    to_products = policies["cart"]["egress"][2]
    assert to_products["to"][0]["namespaceSelector"] == {"matchLabels": {"idp/team": "catalog", "idp/environment": "dev"}}
    assert to_products["ports"] == [{"port": "main"}]


def test_nobody_gets_in_but_allowed_teams_the_way_from_outside_and_prometheus():
    assert build()["NetworkPolicy"]["spec"]["ingress"] == []
    opened = build(allow_from=("storefront",), expose=Expose(), metrics=Metrics(port=9090))["NetworkPolicy"]["spec"]["ingress"]
    sources = [(rule["from"][0]["namespaceSelector"]["matchLabels"], rule["ports"][0]["port"]) for rule in opened]
    assert sources == [
        ({"idp/team": "storefront", "idp/environment": "dev"}, "main"),
        ({"kubernetes.io/metadata.name": "ingress"}, "main"),
        ({"kubernetes.io/metadata.name": "monitoring"}, "metrics"),
    ]


@pytest.mark.parametrize(("health", "kind"), [("http", "HTTPRoute"), ("grpc", "GRPCRoute")])
def test_with_the_gateway_api_a_route_leads_to_the_service(health, kind):
    route = build(config={"routing": "gateway"}, health=health, expose=Expose(), port=Port(container=8080, service=80))[kind]["spec"]
    assert route["hostnames"] == ["cart.shop-dev.example.com"]
    assert route["rules"][0]["backendRefs"] == [{"name": "cart", "port": 80}]
    assert route["parentRefs"][0]["sectionName"] == "https"


def test_an_ingress_has_tls_for_its_host():
    spec = build(expose=Expose(host="shop.example.org", path="/cart"))["Ingress"]["spec"]
    assert spec["tls"] == [{"hosts": ["shop.example.org"], "secretName": "cart-tls"}]
    assert spec["rules"][0]["http"]["paths"][0]["path"] == "/cart"


def test_the_profile_says_how_metrics_are_found():
    assert build("dev", metrics=Metrics(port=9090))["Deployment"]["spec"]["template"]["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "9090",
        "prometheus.io/path": "/metrics",
    }
    monitor = build("production", metrics=Metrics(port=9090))
    assert monitor["ServiceMonitor"]["spec"]["endpoints"][0]["port"] == "metrics"
    assert [port["name"] for port in monitor["Service"]["spec"]["ports"]] == ["http", "metrics"]


def test_changed_files_roll_the_pods_out_and_secrets_are_referenced():
    def volumes(content):
        built = manifests.service(
            "cart", ServiceSpec(image=IMAGE, port=80, container=Container(files={"/etc/app/a.yaml": content})), context()
        )
        config = next(m for m in built if m["kind"] == "ConfigMap")
        pod = next(m for m in built if m["kind"] == "Deployment")["spec"]["template"]["spec"]
        assert pod["volumes"][-1]["configMap"]["name"] == config["metadata"]["name"]
        assert config["immutable"]
        return config["metadata"]["name"]

    assert volumes("a: 1") == volumes("a: 1") != volumes("a: 2")
    env = container(build(env={"KEY": SecretKey(secret="stripe", key="api-key")}))["env"]
    assert {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "stripe", "key": "api-key"}}} in env


def test_a_migration_runs_before_the_new_version_under_a_name_of_its_own():
    def names(image):
        built = manifests.service("cart", ServiceSpec(image=image, port=80, migration=("/app", "migrate")), context())
        order = [[m["kind"] for m in wave] for wave in waves(built)]
        assert order[1] == ["Job"]
        assert "Deployment" in order[2]
        job = next(m for m in built if m["kind"] == "Job")
        assert job["spec"]["template"]["spec"]["containers"][0]["command"] == ["/app", "migrate"]
        service = next(m for m in built if m["kind"] == "Service")["spec"]["selector"]
        assert not service.items() <= job["spec"]["template"]["metadata"]["labels"].items()
        return job["metadata"]["name"]

    assert names("a.example.com/a:v1") == names("a.example.com/a:v1") != names("a.example.com/a:v2")


def test_a_token_is_only_there_when_it_is_asked_for():
    assert build()["Deployment"]["spec"]["template"]["spec"]["automountServiceAccountToken"] is False
    asked = build(container=Container(kubernetes_api=True))["Deployment"]["spec"]["template"]["spec"]
    assert (asked["automountServiceAccountToken"], asked["serviceAccountName"]) == (True, "cart")


def test_overrides_are_merged_into_the_kind_that_they_name():
    built = build(overrides={"Deployment": {"spec": {"minReadySeconds": 10, "revisionHistoryLimit": None}}})
    assert built["Deployment"]["spec"]["minReadySeconds"] == 10
    assert "revisionHistoryLimit" not in built["Deployment"]["spec"]


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_follows_the_vectors_of_rfc_7386(target, patch, result):
    assert merged(target, patch) == result


@pytest.mark.parametrize(
    ("image", "version"),
    [("a:v1", {"app.kubernetes.io/version": "v1"}), ("r:5000/a", {}), ("a@sha256:" + "0" * 64, {}), ("a:" + "x" * 64, {}), ("a:_x", {})],
)
def test_the_version_label_is_the_tag_where_a_label_can_hold_it(image, version):
    assert labels.version(image) == version


def test_a_worker_is_reachable_by_nobody_and_a_job_never_runs_twice_at_once():
    built = manifests.worker("mailer", WorkerSpec(image=IMAGE, health_command=("/ok",)), context())
    assert [m["spec"]["ingress"] for m in built if m["kind"] == "NetworkPolicy"] == [[]]
    assert not [m for m in built if m["kind"] == "Service"]
    job = manifests.scheduled_job("nightly", ScheduledJobSpec(image=IMAGE, schedule="@daily", retries=1), context())[-1]["spec"]
    assert (job["concurrencyPolicy"], job["timeZone"], job["jobTemplate"]["spec"]["backoffLimit"]) == ("Forbid", "Etc/UTC", 1)
