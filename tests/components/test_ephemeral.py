"""EphemeralEnvironment under mocks: what a stack of a pull request or a person registers, and what its config says."""

from pathlib import Path

import pytest

from idp_components import Context, EphemeralEnvironment, EphemeralEnvironmentSpec, Expose, Service, ServiceSpec, SpecError, Team, reference
from idp_components.rules import UNKNOWN
from idp_components.stack import compose, teams
from idp_components.testing import MOCK_TIME, run

TEAMS = Path(__file__).parents[2] / "stacks" / "teams"
SPEC = ServiceSpec(image="registry.example.com/shop/web:v1.0.0", port=8080, expose=Expose())
DOMAIN = {"idp:domain": "example.com"}
OIDC = {"idp:oidcProvider": "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"}


def context(stack="shop-pr-42"):
    return Context.of(stack, {"domain": "example.com"})


def environment(where=None, **fields):
    return EphemeralEnvironment("pr-42", EphemeralEnvironmentSpec(owner="alice", **fields), context=where or context())


def test_services_wait_for_the_environment_and_tell_their_urls():
    found = []

    def program():
        made = environment()
        Service("web", SPEC, context=made.context)
        found.append(made.urls)

    recording = run(program)
    assert found == [{"web": "https://web.shop-pr-42.example.com/"}]
    assert recording.findings() == []


def test_the_end_is_written_on_the_namespace_and_an_output():
    recording = run(lambda: environment(ttl_hours=24))
    assert MOCK_TIME == "2026-01-01T00:00:00Z"
    patch = recording.find("NamespacePatch", "shop-pr-42").props
    assert patch["kind"] == "Namespace"
    assert patch["metadata"]["annotations"] == {"idp/expires-at": "2026-01-02T00:00:00Z"}
    outputs = recording.outputs[recording.find("EphemeralEnvironment", "pr-42").urn]
    assert outputs["expires_at"] == "2026-01-02T00:00:00Z"
    assert [manifest["metadata"]["name"] for manifest in recording.manifests() if manifest["kind"] == "Namespace"] == ["shop-pr-42"]


def test_a_preview_of_a_new_environment_does_not_guess_its_end():
    recording = run(environment, preview=True)
    assert recording.find("NamespacePatch", "shop-pr-42").props["metadata"]["annotations"]["idp/expires-at"] is UNKNOWN


def test_a_virtual_cluster_is_a_release_whose_inside_goes_through_a_provider_of_its_own():
    def program():
        Service("web", SPEC, context=environment(isolation="vcluster").context)

    recording = run(program)
    release = recording.find("Release", "pr-42").props
    assert (release["namespace"], release["values"]["exportKubeConfig"]["server"]) == ("shop-pr-42", "https://pr-42.shop-pr-42.example.com")
    assert "jsonpath={.data.config}" in recording.find("Secret", "vc-pr-42").props["metadata"]["annotations"]["pulumi.com/waitFor"]
    assert recording.find("kubernetes", "pr-42-virtual").type == "pulumi:providers:kubernetes"
    assert recording.find("Namespace", "virtual-shop-pr-42").props["metadata"]["name"] == "shop-pr-42"


def test_uffizzis_virtual_cluster_is_entered_through_the_kubeconfig_of_its_release():
    def program():
        Service("web", SPEC, context=environment(isolation="uffizzi").context)

    recording = run(program)
    assert recording.find("UffizziCluster", "pr-42").props["spec"]["ingress"]["host"] == "shop-pr-42.example.com"
    assert recording.find("Secret", "vc-uc-pr-42").props["metadata"]["namespace"] == "shop-pr-42"
    assert recording.find("kubernetes", "pr-42-virtual").type == "pulumi:providers:kubernetes"
    assert recording.find("Namespace", "virtual-shop-pr-42")


def settings(stack, **config):
    def program():
        where = Context.from_stack(teams(TEAMS))
        compose(where, TEAMS)

    return run(program, stack_name=stack, config={**DOMAIN, **OIDC, **{f"idp:{key}": value for key, value in config.items()}})


def test_a_teams_file_composes_inside_the_environment_that_the_config_describes():
    recording = settings("checkout-pr-7", owner="alice@example.com", sourceUrl="https://github.com/shop/checkout/pull/7", ttlHours="12")
    annotations = recording.find("Namespace", "checkout-pr-7").props["metadata"]["annotations"]
    assert annotations["idp/expires-after-hours"] == "12"
    assert recording.find("EphemeralEnvironment", "pr-7")
    assert not [resource for resource in recording.resources if resource.kind == "Team"]
    assert recording.findings() == []


def test_the_stack_of_a_person_belongs_to_that_person():
    annotations = settings("storefront-user-alice").find("Namespace", "storefront-user-alice").props["metadata"]["annotations"]
    assert annotations["idp/owner"] == "alice"


def two_rooms():
    where = context()
    environment(where)
    Team("shop", context=where)


def far_from_a_virtual_cluster():
    inside = environment(isolation="vcluster").context
    Service("web", SPEC, uses=[reference("catalog/products:3550", "ADDR")], context=inside)


BAD = {
    "no owner": (
        lambda: settings("checkout-pr-7"),
        r"config idp:owner: is required for 'checkout-pr-7': who answers for it, for example: pulumi config set idp:owner alice@example\.com",
    ),
    "hours that are none": (lambda: settings("checkout-pr-7", owner="a", ttlHours="two"), r"config idp\.ttl_hours: 'two' is refused: "),
    "unknown isolation": (lambda: settings("checkout-pr-7", owner="a", isolation="vm"), r"config idp\.isolation: 'vm' is refused: "),
    "a key like one of ours": (
        lambda: settings("checkout-pr-7", owner="a", ttlHour="2"),
        r"idp:ttlHour: no such key; did you mean idp:ttlHours\?",
    ),
    "an owner of a stack that stays": (
        lambda: settings("checkout-dev", owner="a"),
        r"config idp:owner: 'dev' stays and belongs to the whole team",
    ),
    "a team's room too": (lambda: run(two_rooms), r"its Namespace 'shop-pr-42' is one of shop\.pr-42 too"),
    "another team from inside a virtual cluster": (
        lambda: run(far_from_a_virtual_cluster),
        r"shop\.web\.uses\[0\]: catalog/products:3550 can't be reached",
    ),
}


@pytest.mark.parametrize(("program", "sentence"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_with_its_place(program, sentence):
    with pytest.raises(SpecError, match=sentence):
        program()
