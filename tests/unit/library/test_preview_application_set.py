"""What the previews of pull requests promise, and what is refused."""

import pytest

from idp_components import PreviewApplicationSetSpec, PullRequests, SpecError, Token
from idp_components.core.context import Context
from idp_components.preview_application_set.manifests import TRACKING, preview_application_set
from idp_components.rules import Resource, findings
from idp_components.rules.packs import active

CONTEXT = Context.of("shop-dev", {"domain": "example.com"})


def asked(provider="github", **fields):
    return PullRequests(**{"provider": provider, "project": "shop/cart", "token": Token(secret="reader"), "branch_match": "^f/", **fields})


def build(pull_requests=None, **fields):
    repository = "https://github.com/shop/cart.git"
    spec = PreviewApplicationSetSpec(pull_requests=pull_requests or asked(), **{"repository": repository, **fields})
    return {manifest["kind"]: manifest for manifest in preview_application_set("cart", spec, CONTEXT)}


def template():
    return build()["ApplicationSet"]["spec"]["template"]


TOKEN = {"secretName": "reader", "key": "token"}


@pytest.mark.parametrize(
    ("pull_requests", "expected"),
    [
        (asked(labels=("preview",)), {"github": {"owner": "shop", "repo": "cart", "tokenRef": TOKEN, "labels": ["preview"]}}),
        (asked("gitlab", project="a/b/c"), {"gitlab": {"project": "a/b/c", "tokenRef": TOKEN, "pullRequestState": "opened"}}),
        (asked("bitbucket"), {"bitbucket": {"owner": "shop", "repo": "cart", "bearerToken": {"tokenRef": TOKEN}}}),
        (
            asked("gitea", api="https://git.example.com"),
            {"gitea": {"owner": "shop", "repo": "cart", "tokenRef": TOKEN, "api": "https://git.example.com"}},
        ),
    ],
)
def test_each_provider_is_asked_in_its_own_words(pull_requests, expected):
    [generator] = build(pull_requests)["ApplicationSet"]["spec"]["generators"]
    assert generator["pullRequest"] == {**expected, "requeueAfterSeconds": 300, "filters": [{"branchMatch": "^f/"}]}


def test_a_misspelt_parameter_stops_the_template_instead_of_naming_a_namespace():
    spec = build()["ApplicationSet"]["spec"]
    assert (spec["goTemplate"], spec["goTemplateOptions"]) == (True, ["missingkey=error"])


def test_nothing_is_left_after_a_pull_request_closes():
    spec = build()["ApplicationSet"]["spec"]
    tracked = template()["spec"]["syncPolicy"]["managedNamespaceMetadata"]["annotations"][TRACKING]
    assert spec["syncPolicy"]["preserveResourcesOnDeletion"] is False
    assert template()["metadata"]["finalizers"] == ["resources-finalizer.argocd.argoproj.io"]
    assert tracked == "shop-previews-cart-pr-{{.number}}:/Namespace:shop-pr-{{.number}}/shop-pr-{{.number}}"


def test_argo_cd_does_not_wake_what_sleeps():
    ignored = {each["kind"]: each["jsonPointers"] for each in template()["spec"]["ignoreDifferences"]}
    assert ignored == {"Deployment": ["/spec/replicas"], "StatefulSet": ["/spec/replicas"], "CronJob": ["/spec/suspend"]}
    assert "RespectIgnoreDifferences=true" in template()["spec"]["syncPolicy"]["syncOptions"]


def test_a_previews_namespace_says_whose_it_is_and_enforces_the_restricted_level():
    metadata = template()["spec"]["syncPolicy"]["managedNamespaceMetadata"]
    assert metadata["labels"]["idp/team"] == "shop"
    assert metadata["labels"]["idp/environment"] == "pr-{{.number}}"
    assert metadata["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert metadata["annotations"]["idp/expires-after-hours"] == "72"


def test_previews_reach_the_teams_preview_namespaces_only():
    project = build()["AppProject"]["spec"]
    assert project["destinations"] == [{"server": "https://kubernetes.default.svc", "namespace": "shop-pr-*"}]
    assert template()["spec"]["destination"]["namespace"] == "shop-pr-{{.number}}"
    assert template()["spec"]["project"] == build()["AppProject"]["metadata"]["name"]


def test_previews_please_every_rule():
    assert findings(map(Resource.from_manifest, build().values()), active("dev")) == []


REFUSED = {
    "all pull requests": ({"branch_match": None}, "say which pull requests get a preview, for example labels=('preview',)"),
    "labels in Bitbucket": ({"provider": "bitbucket", "labels": ("preview",)}, "pull requests in Bitbucket have no labels"),
    "a Gitea without address": ({"provider": "gitea"}, "gitea has no public service: name your own"),
    "a group in GitHub": ({"project": "a/b/c"}, "project='a/b/c' must be owner and name"),
    "a broken expression": ({"branch_match": "("}, "PullRequests.branch_match: '(' is refused: not a regular expression"),
    "asking too often": ({"requeue_seconds": 5}, "PullRequests.requeue_seconds: 5 is refused: should be greater than or equal to 60"),
}


@pytest.mark.parametrize(("fields", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_input_is_refused_with_its_place_and_a_way_out(fields, message):
    with pytest.raises(SpecError) as caught:
        asked(**fields)
    assert message in str(caught.value)
