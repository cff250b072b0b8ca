"""Environments that end: whose they are, when they end, what they may ask for, and the virtual cluster inside."""

from datetime import datetime

import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from idp_components import EphemeralEnvironmentSpec, SpecError, VirtualCluster
from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.ephemeral import uffizzi
from idp_components.ephemeral.manifests import ephemeral_environment, expires_at, ttl_hours
from idp_components.ephemeral.virtual_cluster import release
from idp_components.rules import Resource, findings
from idp_components.rules.levels import environment_of
from idp_components.rules.packs import active

CONFIG = {"domain": "example.com"}
PREVIEW = PROFILES["preview"]
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def spec(**fields):
    return EphemeralEnvironmentSpec(**{"owner": "alice@example.com", **fields})


def context(stack="shop-pr-42", **config):
    return Context.of(stack, {**CONFIG, **config})


def built(where=None, **fields):
    found = ephemeral_environment("pr-42", spec(**fields), where or context())
    return {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in found}


@given(strategies.ephemeral_environments, st.sampled_from(["shop-pr-42", "shop-user-alice", "shop-preview"]))
def test_every_accepted_spec_builds_and_pleases_every_rule(asked, stack):
    manifests = ephemeral_environment("pr-42", asked, context(stack))
    assert findings(map(Resource.from_manifest, manifests), active(environment_of(stack))) == []
    assert len({(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}) == len(manifests)
    assert {manifest["metadata"].get("namespace", stack) for manifest in manifests} == {stack}
    assert all(manifest["metadata"]["labels"]["idp/team"] == "shop" for manifest in manifests)


def test_the_namespace_says_whose_it_is_what_for_and_how_long():
    metadata = built(source_url="https://github.com/shop/web/pull/42", ttl_hours=5)["Namespace", "shop-pr-42"]["metadata"]
    assert metadata["annotations"] == {
        "idp/owner": "alice@example.com",
        "idp/source": "https://github.com/shop/web/pull/42",
        "idp/expires-after-hours": "5",
    }
    assert metadata["labels"]["idp/ephemeral"] == "namespace"
    assert metadata["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_it_has_the_walls_of_a_room_in_the_sizes_of_the_profile():
    found = built()
    assert found["ResourceQuota", "team"]["spec"]["hard"]["requests.cpu"] == str(PREVIEW.quota_cpu_cores)
    assert found["NetworkPolicy", "default-deny"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert ("LimitRange", "team") in found


def test_the_owner_is_a_developer_guests_look_and_the_teams_groups_keep_their_roles():
    found = built(viewers=("bob",), groups={"on_call": "sre"})
    subjects = {
        role: [s["name"] for s in found["RoleBinding", role]["subjects"]] for role in ("viewer", "developer", "on-call", "pipeline")
    }
    assert subjects == {
        "viewer": ["idp:shop:viewer", "bob"],
        "developer": ["idp:shop:developer", "alice@example.com"],
        "on-call": ["sre"],
        "pipeline": ["idp:shop:pipeline"],
    }


@given(moments, st.integers(1, 336), st.integers(1, 336))
def test_the_end_counts_from_the_creation_and_more_hours_move_it_by_as_many(created, hours, more):
    ends = [datetime.fromisoformat(expires_at(created, each).replace("Z", "+00:00")) for each in (hours, hours + more)]
    assert (ends[1] - ends[0]).total_seconds() == more * 3600
    assert expires_at(created, hours) == expires_at(created, hours)


def test_the_end_is_said_in_utc():
    assert expires_at("2026-11-24T20:30:00Z", 72) == "2026-11-27T20:30:00Z"
    assert expires_at("2026-11-24T20:30:00+02:00", 1) == "2026-11-24T19:30:00Z"


def test_hours_have_a_default_and_a_maximum_by_profile():
    assert ttl_hours("pr-42", spec(), context()) == PREVIEW.ttl_hours
    assert ttl_hours("pr-42", spec(ttl_hours=PREVIEW.ttl_hours_max), context()) == PREVIEW.ttl_hours_max


@pytest.mark.parametrize(
    ("stack", "team", "environment"),
    [
        ("shop-pr-42", "shop", "pr-42"),
        ("shop-user-alice", "shop", "user-alice"),
        ("shop-user-dev", "shop-user", "dev"),
        ("shop-user-x-dev", "shop-user-x", "dev"),
        ("shop-user-pr-7", "shop-user", "pr-7"),
    ],
)
def test_a_stacks_name_says_whose_environment_it_is(stack, team, environment):
    found = Context.of(stack, CONFIG)
    assert (found.team, found.environment) == (team, environment)


def test_the_longest_name_still_fits_a_host():
    found = Context.of(f"{'t' * 40}-user-{'a' * 15}", {"domain": "a." + "b" * 50 + "." + "c" * 50 + "." + "d" * 45})
    assert len(f"{'s' * 40}.{found.namespace}.{found.cluster.domain}") <= 253
    assert len(found.namespace) <= 63


def test_a_chart_comes_from_its_repository_a_mirror_or_a_folder():
    def chart(**config):
        found = release("pr-42", spec(isolation="vcluster"), context(**config))
        return {key: found[key] for key in ("chart", "version", "repositoryOpts") if key in found}

    assert chart() == {"chart": "vcluster", "version": "0.30.0", "repositoryOpts": {"repo": "https://charts.loft.sh"}}
    assert chart(vcluster_chart="oci://registry.example.com/charts/") == {
        "chart": "oci://registry.example.com/charts/vcluster",
        "version": "0.30.0",
    }
    assert chart(vcluster_chart="/charts/vcluster") == {"chart": "/charts/vcluster"}


def test_in_a_virtual_cluster_pods_reach_its_api_server_and_dns_and_only_the_owner_reads_the_kubeconfig():
    found = built(isolation="vcluster")
    pods = found["NetworkPolicy", "pr-42-pods"]["spec"]
    assert pods["ingress"] == []
    assert [rule["ports"][0]["port"] for rule in pods["egress"]] == [8443, 1053]
    assert not [
        rule for policy in found.values() if policy["kind"] == "NetworkPolicy" for rule in policy["spec"].get("egress", ()) if not rule
    ]
    assert found["Role", "pr-42-kubeconfig"]["rules"] == [
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["vc-pr-42"], "verbs": ["get"]}
    ]
    assert [subject["name"] for subject in found["RoleBinding", "pr-42-kubeconfig"]["subjects"]] == ["alice@example.com"]


VIRTUAL = {"isolation": "vcluster"}
BAD = {
    "no owner": (lambda: EphemeralEnvironmentSpec(), "EphemeralEnvironmentSpec.owner: is required, for example owner='alice@example.com'"),
    "a system user": (
        lambda: spec(owner="system:admin"),
        "owner: 'system:admin' is refused: users that start with 'system:' belong to Kubernetes",
    ),
    "an owner with spaces": (lambda: spec(owner="Alice B"), "EphemeralEnvironmentSpec.owner: 'Alice B' is refused: "),
    "a URL that is none": (lambda: spec(source_url="#42"), "source_url: '#42' is refused: "),
    "no hour": (lambda: spec(ttl_hours=0), "ttl_hours: 0 is refused: should be greater than or equal to 1, for example ttl_hours=48"),
    "too many hours": (
        lambda: built(ttl_hours=337),
        "shop.pr-42.ttl_hours: 337 is refused: use 1 to 336 in profile preview, for example ttl_hours=72",
    ),
    "an environment that stays": (
        lambda: built(context("shop-dev")),
        "shop.pr-42: the environment 'dev' stays, nothing in it is ephemeral; use the stack of a pull request or a person, for example 'shop-pr-42'",
    ),
    "unknown isolation": (lambda: spec(isolation="vm"), "isolation: 'vm' is refused: should be 'namespace', 'vcluster' or 'uffizzi'"),
    "unknown field": (lambda: spec(ttl_hour=3), "EphemeralEnvironmentSpec.ttl_hour: no such field; did you mean 'ttl_hours'?"),
    "a Kubernetes without patch": (
        lambda: spec(virtual_cluster={"kubernetes": "1.34"}),
        "EphemeralEnvironmentSpec.virtual_cluster.kubernetes: '1.34' is refused: ",
    ),
    "no Ingress controller": (
        lambda: built(context(routing="gateway"), **VIRTUAL),
        "shop.pr-42.isolation: 'vcluster' is refused: a virtual API server is reached through an Ingress",
    ),
    "a registry that isn't allowed": (
        lambda: built(context(registries=["registry.example.com/"]), **VIRTUAL),
        "shop.pr-42.virtual_cluster.image_registry: 'ghcr.io' is not allowed; allowed: registry.example.com/, for example image_registry=",
    ),
    "a volume beyond the quota": (
        lambda: built(**VIRTUAL, virtual_cluster=VirtualCluster(storage_gib=21)),
        "shop.pr-42.virtual_cluster.storage_gib: 21 is refused: the namespace has 20 GiB in profile preview, for example storage_gib=5",
    ),
    "memory beyond half of the quota": (
        lambda: built(**VIRTUAL, virtual_cluster=VirtualCluster(memory_limit_mib=4097)),
        "shop.pr-42.virtual_cluster.memory_limit_mib: 4097 is refused: the namespace has 8 GiB",
    ),
    "a chart from nowhere": (lambda: context(vcluster_chart="charts"), "idp:vcluster_chart: 'charts' is refused: "),
    "a long name of a user": (lambda: Context.of("shop-user-annalena-maria", CONFIG), "pr-<number> or user-<letters and digits>"),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_with_its_place(make, message):
    with pytest.raises(SpecError) as refused:
        make()
    assert message in str(refused.value)


def test_uffizzis_operator_gets_its_resource_with_the_platforms_own_limits_in_place_of_its():
    asked = spec(isolation="uffizzi", virtual_cluster={"storage_gib": 7})
    manifest = uffizzi.cluster("pr-42", asked, context())
    assert (manifest["apiVersion"], manifest["kind"]) == ("uffizzi.com/v1alpha1", "UffizziCluster")
    assert manifest["spec"] == {
        "distro": "k3s",
        "externalDatastore": "sqlite",
        "ingress": {"host": "shop-pr-42.example.com", "class": "nginx"},
        "resourceQuota": {"enabled": False},
        "limitRange": {"enabled": False},
        "storage": {"persistence": True, "size": "7Gi"},
        "sleep": False,
    }


def test_uffizzis_control_plane_runs_as_root_so_its_namespace_enforces_baseline_and_only_it():
    def levels(isolation):
        labels = built(isolation=isolation)["Namespace", "shop-pr-42"]["metadata"]["labels"]
        return [labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")]

    assert levels("uffizzi") == ["baseline", "restricted", "restricted"]
    assert levels("vcluster") == levels("namespace") == ["restricted"] * 3


def test_uffizzis_pods_are_walled_in_by_the_name_of_the_release_that_its_operator_makes():
    found = built(isolation="uffizzi")
    walls = {name: manifest["spec"] for (kind, name), manifest in found.items() if kind == "NetworkPolicy" and name.startswith("uc-")}
    assert set(walls) == {"uc-pr-42-control-plane", "uc-pr-42-pods", "uc-pr-42-dns", "uc-pr-42-inside"}
    assert walls["uc-pr-42-control-plane"]["podSelector"]["matchLabels"] == {"app": "vcluster", "release": "uc-pr-42"}
    inside = {"podSelector": {"matchLabels": {"vcluster.loft.sh/managed-by": "uc-pr-42"}}}
    assert walls["uc-pr-42-inside"]["egress"] == [{"to": [inside]}]
    assert found["Role", "uc-pr-42-kubeconfig"]["rules"][0]["resourceNames"] == ["vc-uc-pr-42"]


def test_uffizzis_operator_brings_images_that_a_closed_cluster_refuses():
    with pytest.raises(SpecError, match=r"shop.pr-42.isolation: 'uffizzi' is refused: the operator brings images of its own"):
        built(context(registries=["registry.example.com/"]), isolation="uffizzi")
    with pytest.raises(SpecError, match=r"shop.pr-42.isolation: 'uffizzi' is refused: a virtual API server is reached through an Ingress"):
        built(context(routing="gateway"), isolation="uffizzi")
