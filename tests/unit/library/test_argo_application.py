"""What an ArgoApplication promises, and what it refuses."""

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from idp_components import ArgoApplicationSpec, ChartSource, GitSource, IgnoredDifference, SpecError, Sync
from idp_components.argo_application.manifests import argo_application
from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.rules import Resource, findings
from idp_components.rules.levels import environment_of
from idp_components.rules.packs import active

REPOSITORY = "https://github.com/shop/deploy.git"


def build(environment="dev", source=None, config=None, **fields):
    spec = ArgoApplicationSpec(source=source or GitSource(repository=REPOSITORY, revision="v1.4.2"), **fields)
    [application] = argo_application("cart", spec, Context.of(f"shop-{environment}", {"domain": "example.com", **(config or {})}))
    return application


def test_an_application_stays_in_the_teams_project_and_namespace():
    built = build()
    assert (built["metadata"]["namespace"], built["metadata"]["name"]) == ("argocd", "shop-dev-cart")
    assert built["spec"]["project"] == built["spec"]["destination"]["namespace"] == "shop-dev"
    assert "CreateNamespace=false" in built["spec"]["syncPolicy"]["syncOptions"]


def test_deleting_an_application_deletes_what_it_deployed():
    assert build()["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]


@pytest.mark.parametrize(
    ("environment", "said", "prune"), [("dev", None, True), ("pr-7", None, True), ("production", None, False), ("production", True, True)]
)
def test_only_production_must_ask_for_pruning(environment, said, prune):
    assert build(environment, sync=Sync(prune=said))["spec"]["syncPolicy"]["automated"] == {"prune": prune, "selfHeal": True}


def test_nothing_syncs_by_itself_where_a_team_wants_to_press_the_button():
    assert "automated" not in build(sync=Sync(automated=False))["spec"]["syncPolicy"]


def test_replicas_that_an_autoscaler_sets_are_left_alone_beside_what_a_team_names():
    ignored = build(ignore_differences=(IgnoredDifference(kind="Secret", pointers=("/data",)),))["spec"]["ignoreDifferences"]
    assert ignored == [
        {"group": "apps", "kind": "Deployment", "jsonPointers": ["/spec/replicas"]},
        {"group": "", "kind": "Secret", "jsonPointers": ["/data"]},
    ]


def test_what_sleep_changes_is_left_alone_in_environments_that_end():
    ignored = build("pr-42")["spec"]["ignoreDifferences"]
    assert [(each["kind"], each["jsonPointers"]) for each in ignored] == [
        ("Deployment", ["/spec/replicas"]),
        ("StatefulSet", ["/spec/replicas"]),
        ("CronJob", ["/spec/suspend"]),
    ]


def test_a_chart_of_an_oci_registry_is_named_without_its_scheme():
    chart = ChartSource(repository="oci://registry.example.com/charts", chart="podinfo", version="6.9.2", values={"replicaCount": 2})
    assert build(source=chart)["spec"]["source"] == {
        "repoURL": "registry.example.com/charts",
        "chart": "podinfo",
        "targetRevision": "6.9.2",
        "helm": {"valuesObject": {"replicaCount": 2}},
    }


@pytest.mark.parametrize("revision", ["v1.4.2", "1.4", "refs/tags/v2.0.0-rc.1", "0123456789abcdef0123456789abcdef01234567"])
def test_production_takes_a_commit_or_the_tag_of_a_version(revision):
    built = build("production", GitSource(repository=REPOSITORY, revision=revision))
    assert built["spec"]["source"]["targetRevision"] == revision


@pytest.mark.parametrize("repository", [REPOSITORY, "ssh://git@github.com:22/shop/deploy.git", "git@github.com:shop/deploy.git"])
def test_repositories_are_reached_by_https_or_ssh(repository):
    assert build(source=GitSource(repository=repository, revision="main"))["spec"]["source"]["repoURL"] == repository


def test_a_local_repository_is_taken_where_the_clusters_config_lists_its_folder():
    source = GitSource(repository="file:///srv/git/deploy.git", revision="main")
    assert build(source=source, config={"repositories": ["file:///srv/git/"]})["spec"]["source"]["repoURL"] == source.repository


REFUSED = {
    "a branch in production": (
        lambda: build("production", GitSource(repository=REPOSITORY, revision="main")),
        "shop.cart.source.revision: 'main' can change under production: use a whole commit or a version's tag, for example 'v1.4.2'",
    ),
    "HEAD": (lambda: GitSource(repository=REPOSITORY, revision="HEAD"), "GitSource.revision: 'HEAD' is refused: it is whatever branch"),
    "a password in the address": (lambda: GitSource(repository="https://me:pw@github.com/a.git", revision="main"), "GitSource.repository:"),
    "plain http": (lambda: GitSource(repository="http://github.com/shop/deploy.git", revision="main"), "GitSource.repository:"),
    "a way out of the prefix": (
        lambda: GitSource(repository="https://github.com/shop/../evil/deploy.git", revision="main"),
        "GitSource.repository: 'https://github.com/shop/../evil/deploy.git' is refused: leave out '.' and '..'",
    ),
    "a path out of the repository": (lambda: GitSource(repository=REPOSITORY, revision="main", path="../x"), "GitSource.path: '../x' is"),
    "another's repository": (
        lambda: build(config={"repositories": ["https://git.example.com/"]}),
        f"shop.cart.source.repository: {REPOSITORY!r} is none of the platform's repositories; use one below https://git.example.com/",
    ),
    "a local folder": (
        lambda: build(source=GitSource(repository="file:///etc", revision="main")),
        "shop.cart.source.repository: 'file:///etc' is a folder of one machine; use https or ssh, for example 'https://",
    ),
    "a range of versions": (
        lambda: ChartSource(repository="https://charts.example.com", chart="podinfo", version="6.x"),
        "ChartSource.version: '6.x' is refused:",
    ),
    "pruning without automation": (lambda: Sync(automated=False, prune=True), "Sync: "),
    "no source": (lambda: ArgoApplicationSpec(), "ArgoApplicationSpec.source: is required"),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_its_place_and_a_way_out(make, message):
    with pytest.raises(SpecError) as caught:
        make()
    assert message in str(caught.value)


sources = st.builds(
    GitSource, repository=strategies.names.map("https://github.com/shop/{}.git".format), revision=st.just("v1.0.0"), path=strategies.names
)


@given(
    spec=st.builds(ArgoApplicationSpec, source=sources, wave=st.integers(-100, 100), sync=st.builds(Sync, retries=st.integers(0, 50))),
    environment=st.sampled_from([*PROFILES, "pr-42"]),
    name=strategies.names,
)
@settings(max_examples=40, deadline=None)
def test_every_accepted_spec_builds_and_pleases_every_rule(spec, environment, name):
    built = argo_application(name, spec, Context.of(f"shop-{environment}", {"domain": "example.com"}))
    assert findings(map(Resource.from_manifest, built), active(environment_of(f"shop-{environment}"))) == []
