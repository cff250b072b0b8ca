"""The test harness is honest: what would fail in an update fails in a test."""

import asyncio

import pulumi
import pytest

from idp_components import Context, ScheduledJob, ScheduledJobSpec, Service, ServiceSpec, SpecError, Team, Worker, WorkerSpec
from idp_components.rules import UNKNOWN
from idp_components.rules.field import SecretText
from idp_components.rules.levels import Level
from idp_components.rules.model import Severity, StackRule
from idp_components.testing import Dishonest, Recorded, findings, plain, run

IMAGE = "registry.example.com/cart:v1"
SECRET_VALUE = "hunter2-is-secret"


def context(environment="dev"):
    return Context.of(f"shop-{environment}", {"domain": "example.com"})


def service(where, name="cart", **arguments):
    return Service(name, ServiceSpec(image=IMAGE, port=8080), context=where, **arguments)


@pytest.mark.parametrize("preview", [True, False])
def test_every_golden_path_hangs_below_its_component_and_registers_its_outputs(preview):
    def program():
        where = context()
        where = where.waiting_for(Team("shop", context=where))
        service(where)
        Worker("mailer", WorkerSpec(image=IMAGE), context=where)
        ScheduledJob("nightly", ScheduledJobSpec(image=IMAGE, schedule="@daily"), context=where)

    recording = run(program, preview=preview)
    components = {resource.urn: resource for resource in recording.resources if not resource.custom}
    assert {resource.type for resource in components.values()} == {
        f"idp:index:{name}" for name in ("Team", "Service", "Worker", "ScheduledJob")
    }
    assert recording.outputs.keys() >= components.keys()
    assert all(resource.parent in components for resource in recording.resources if resource.custom)
    assert recording.findings() == []


def test_the_spec_and_the_connections_are_recorded_as_inputs():
    def program():
        where = context()
        service(where, "web", uses=[service(where).connection("CART_ADDR")])

    found = [resource for resource in run(program).resources if (resource.type, resource.name) == ("idp:index:Service", "web")]
    assert found[0].props == {"team": "shop", "environment": "dev", "spec": {"image": IMAGE, "port": 8080}, "uses": ["shop/cart:8080"]}


@pytest.mark.parametrize("preview", [True, False])
def test_secrets_reach_the_pods_by_reference_and_are_never_printed(preview):
    recording = run(lambda: service(context(), secrets={"API_KEY": SECRET_VALUE}), preview=preview)
    secret, deployment = recording.find("Secret", "cart-secrets"), recording.find("Deployment", "cart")
    assert isinstance(secret.props["stringData"]["API_KEY"], SecretText)
    assert SECRET_VALUE not in str(plain(secret.props))
    reference = {"name": secret.props["metadata"]["name"], "key": "API_KEY"}
    env = deployment.props["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "API_KEY", "valueFrom": {"secretKeyRef": reference}} in env


def test_a_secret_under_a_bad_name_registers_nothing():
    with pytest.raises(SpecError, match=r"shop\.cart\.secrets: 'not a name' can't be an environment variable"):
        run(lambda: service(context(), secrets={"not a name": "x"}))


def test_another_image_changes_the_deployment_alone():
    def manifests(image):
        recording = run(lambda: Service("cart", ServiceSpec(image=image, port=8080), context=context()))
        return {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in recording.manifests()}

    before, after = manifests("a.example.com/cart:v1"), manifests("a.example.com/cart:v2")
    assert [key for key in before if before[key] != after[key]] == [("Deployment", "cart")]
    assert before.keys() == after.keys()


def test_outputs_that_only_an_update_knows_are_unknown_in_a_preview():
    class Thing(pulumi.ComponentResource):
        def __init__(self):
            super().__init__("test:index:Thing", "thing")
            inside = pulumi.ResourceOptions(parent=self)
            first = pulumi.CustomResource("test:index:First", "first", {"address": None}, inside)
            pulumi.CustomResource("test:index:Second", "second", {"uses": first.id}, inside)
            self.register_outputs({})

    assert run(Thing, preview=True).find("Second", "second").props["uses"] is UNKNOWN
    assert run(Thing).find("Second", "second").props["uses"] == "first-id"


def component(body):
    class Thing(pulumi.ComponentResource):
        def __init__(self):
            super().__init__("test:index:Thing", "thing")
            body(self)

    return Thing


def resource(name, **options):
    return pulumi.CustomResource("test:index:Thing", name, {}, pulumi.ResourceOptions(**options))


def twice(self):
    resource("a", parent=self)
    resource("a", parent=self)
    self.register_outputs({})


def loose(self):
    resource("a")
    self.register_outputs({})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (twice, "registered twice: "),
        (loose, "outside of any component: "),
        (lambda self: None, "never registered its outputs: "),  # noqa: ARG005
    ],
)
def test_what_an_update_would_punish_is_refused(body, said):
    with pytest.raises(Dishonest, match=said):
        run(component(body))


def test_a_task_that_is_left_behind_is_found():
    with pytest.raises(Dishonest, match="1 tasks never finished"):
        run(lambda: asyncio.ensure_future(asyncio.sleep(3600)))


def test_an_error_inside_apply_fails_the_test():
    with pytest.raises(ZeroDivisionError):
        run(lambda: pulumi.Output.from_input(0).apply(lambda zero: 1 / zero))


def test_an_output_in_an_f_string_fails_the_test():
    with pytest.raises(Exception, match="Calling __str__ on an Output"):
        run(lambda: f"{pulumi.Output.from_input('x')}")


def test_runs_do_not_influence_each_other():
    first = run(lambda: service(context()), config={"idp:domain": "one.example.com"})
    with pytest.raises(RuntimeError):
        run(lambda: (_ for _ in ()).throw(RuntimeError("broken")))
    second = run(lambda: service(context()))
    assert {r.urn for r in first.resources} == {r.urn for r in second.resources}


def two_services_whose_objects_meet():
    where = context()
    cart = service(where)
    service(where, "web", uses=[cart.connection("CART_ADDR")])
    service(where, "web-to-cart")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (lambda: Service("cart", {"image": IMAGE}, context=context()), "shop.cart: the spec is a dict: use ServiceSpec, for example"),
        (
            lambda: Worker("cart", ServiceSpec(image=IMAGE, port=80), context=context()),
            "shop.cart: the spec is a ServiceSpec: use WorkerSpec, for example Worker('cart', WorkerSpec(…))",
        ),
        (lambda: service(context(), uses=["cart"]), "shop.cart.uses[0]: str is not a connection"),
        (two_services_whose_objects_meet, "shop.web-to-cart: its NetworkPolicy 'web-to-cart' is one of shop.web too; choose another name"),
    ],
)
def test_bad_input_is_refused_before_anything_is_registered(program, message):
    with pytest.raises(SpecError) as caught:
        run(program)
    assert message in str(caught.value)


def test_findings_are_those_of_each_resource_and_of_all_together_at_the_level_of_their_stack(monkeypatch):
    assert findings([]) == []

    def lonely(stack, _options):
        for pod in stack.of(("core", "Pod")):
            yield pod, pod.root.get("metadata").problem("is alone; add another")

    rule = StackRule(id="x", title="x", severity=Severity.LOW, rationale="x", fix="x", source="x", check=lonely)
    level = {"dev": Level.ADVISORY, "staging": Level.DISABLED}
    monkeypatch.setattr("idp_components.testing.levels", lambda environment: {rule: level[environment]})
    for environment, expected in (("dev", ["Pod web: metadata is alone; add another"]), ("staging", [])):
        urn = f"urn:pulumi:shop-{environment}::idp::kubernetes:core/v1:Pod::web"
        assert [found.message for found in findings([Recorded("kubernetes:core/v1:Pod", "web", urn, "", {}, True)])] == expected
