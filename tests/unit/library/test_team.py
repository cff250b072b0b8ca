"""A team's room: what each role may do, how much fits, and what Argo CD may deploy there."""

import json
import re
import warnings
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import strategies
from hypothesis import given

from idp_components import SpecError, TeamSpec
from idp_components.bucket import resources as bucket
from idp_components.core.aws import permissions_boundary
from idp_components.core.context import Context
from idp_components.core.profiles import PROFILES
from idp_components.queue import resources as queue
from idp_components.rules import Resource, findings
from idp_components.rules.levels import environment_of
from idp_components.rules.packs import active
from idp_components.team.boundary import boundary
from idp_components.team.manifests import team
from idp_components.team.roles import READ, WRITE, rules_by_role
from idp_components.topic import resources as topic

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import parliament

PAGE = (Path(__file__).parents[3] / "idp_components" / "team" / "README.md").read_text()
WORDS = {"read": READ, "write": WRITE, "–": ()}
CONFIG = {"domain": "example.com"}


def room(environment="dev", **fields):
    built = team("shop", TeamSpec(**fields), Context.of(f"shop-{environment}", CONFIG))
    return {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in built}


def rows(first_column):
    """The page's table that starts with this column, as one dictionary per row."""
    found = re.search(rf"^\| {first_column} \|.*(?:\n\|.*)+", PAGE, re.MULTILINE)
    header, _, *body = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in found[0].splitlines()]
    return [dict(zip(header, cells, strict=True)) for cells in body]


def granted(rules):
    """Verbs by resource, `resource.group` outside of the core group."""
    found = defaultdict(set)
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found[f"{resource}.{group}" if group else resource].update(rule["verbs"])
    return dict(found)


@pytest.mark.parametrize("environment", PROFILES)
@pytest.mark.parametrize("role", ["viewer", "developer", "on-call", "pipeline"])
def test_each_role_may_do_what_the_page_says_and_nothing_more(role, environment):
    promised = {resource: verbs for resource, verbs in promises(role, environment).items() if verbs}
    assert granted(room(environment)["Role", role]["rules"]) == promised


def promises(role, environment):
    """Verbs by resource, as the page's table has them for a role."""
    column = f"{role}, production" if environment == "production" and role in ("developer", "on-call") else role
    return {row["resource"]: {verb for word in row[column].split() for verb in WORDS.get(word, (word,))} for row in rows("resource")}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_no_role_has_a_wildcard_or_a_way_to_more_rights(profile):
    for role, rules in rules_by_role(profile).items():
        for resource, verbs in granted(rules).items():
            assert "*" not in {resource, *verbs}
            assert not verbs & {"escalate", "bind", "impersonate"}
            assert not resource.endswith("rbac.authorization.k8s.io")
            if resource in ("resourcequotas", "limitranges"):
                assert verbs == set(READ)
            if resource == "networkpolicies.networking.k8s.io" and role != "pipeline":
                assert verbs == set(READ)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_page_gives_the_quota_of_each_profile(profile):
    row = next(row for row in rows("profile") if row["profile"] == profile.environment)
    hard = room(profile.environment)["ResourceQuota", "team"]["spec"]["hard"]
    assert hard["requests.cpu"] == row["CPU cores"]
    assert hard["requests.memory"] == hard["limits.memory"] == f"{row['memory (GiB)']}Gi"
    assert hard["requests.storage"] == f"{row['volumes (GiB)']}Gi"
    assert hard["pods"] == row["pods"]


def test_groups_are_the_teams_own_unless_it_names_others():
    found = room(groups={"on_call": "pagerduty:shop"})
    bound = {name: manifest["subjects"][0]["name"] for (kind, name), manifest in found.items() if kind == "RoleBinding"}
    assert bound == {
        "viewer": "idp:shop:viewer",
        "developer": "idp:shop:developer",
        "on-call": "pagerduty:shop",
        "pipeline": "idp:shop:pipeline",
    }
    assert {role["name"]: role["groups"][0] for role in found["AppProject", "shop-dev"]["spec"]["roles"]} == bound


def test_the_argo_cd_project_allows_the_teams_repositories_and_namespace_only():
    project = room(repositories=["https://github.com/shop/"])["AppProject", "shop-dev"]
    assert project["metadata"]["namespace"] == "argocd"
    assert project["spec"]["sourceRepos"] == ["https://github.com/shop/**"]
    assert project["spec"]["destinations"] == [{"server": "https://kubernetes.default.svc", "namespace": "shop-dev"}]
    assert project["spec"]["clusterResourceWhitelist"] == []
    assert room()["AppProject", "shop-dev"]["spec"]["sourceRepos"] == []


def test_owner_facts_are_where_cost_reports_and_people_look():
    metadata = room(owner={"slack_channel": "#shop", "cost_centre": "cc-1"}, budget_usd_per_month=400)["Namespace", "shop-dev"]["metadata"]
    assert metadata["labels"]["idp/cost-centre"] == "cc-1"
    assert metadata["annotations"] == {"idp/slack-channel": "#shop", "idp/budget-usd-per-month": "400"}
    assert "annotations" not in room()["Namespace", "shop-dev"]["metadata"]


ACCOUNT = {**CONFIG, "account": "123456789012"}


def made(environment="dev", config=ACCOUNT):
    return boundary(Context.of(f"shop-{environment}", config))


def allowed(document, action, resource):
    """Whether a statement allows the action on the resource, and none denies it; conditions aside."""
    hits = [
        statement["Effect"]
        for statement in document["Statement"]
        if any(fnmatchcase(action, pattern) for pattern in statement["Action"])
        and (statement["Resource"] == "*" or any(fnmatchcase(resource, pattern) for pattern in statement["Resource"]))
    ]
    return hits == ["Allow"]


def test_the_boundary_allows_what_connections_grant_on_the_teams_own_names_alone():
    (policy,) = made()
    document = policy.properties["policy"].document
    assert policy.properties["name"] == "shop-dev-boundary"
    for name, yes in {"shop-dev": True, "shop-pr-42": True, "shop-preview": True, "shop-production": False, "other-dev": False}.items():
        assert allowed(document, "sqs:SendMessage", f"arn:aws:sqs:eu-central-1:123456789012:{name}-orders") is yes
        assert allowed(document, "s3:GetObject", f"arn:aws:s3:::{name}-photos-1a2b/cat.png") is yes
        assert (
            allowed(document, "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:eu-central-1:123456789012:secret:{name}-db-Ab1")
            is yes
        )
    assert not allowed(document, "sqs:SendMessage", "arn:aws:sqs:eu-central-1:999999999999:shop-dev-orders")
    for action in ("sqs:DeleteQueue", "s3:DeleteBucket", "iam:DeleteRolePermissionsBoundary", "iam:PassRole", "sts:AssumeRole"):
        assert not allowed(document, action, "arn:aws:iam::123456789012:role/shop-dev-web"), action
        assert not allowed(document, action, "arn:aws:sqs:eu-central-1:123456789012:shop-dev-orders"), action


def test_every_level_of_access_fits_inside_of_the_boundary():
    (policy,) = made()
    for service, levels in {"sqs": queue.LEVELS, "sns": topic.LEVELS, "s3": bucket.LEVELS}.items():
        account = "" if service == "s3" else "eu-central-1:123456789012"
        resource = f"arn:aws:{service}:::shop-dev-x/y" if service == "s3" else f"arn:aws:{service}:{account}:shop-dev-x"
        for action in {action for actions in levels.values() for action in actions}:
            assert allowed(policy.properties["policy"].document, action, resource), action


def test_the_master_password_of_the_teams_own_databases_passes_the_boundary():
    (policy,) = made("production")
    document = policy.properties["policy"].document
    (statement,) = (each for each in document["Statement"] if any("secret:rds!db-" in resource for resource in each["Resource"]))
    assert allowed(document, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1a2b-Ab1")
    own = ["arn:aws:rds:*:123456789012:db:shop-production-*"]
    assert statement["Condition"] == {"StringLike": {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": own}}


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_parliament_knows_every_action_and_resource_of_the_boundary(environment):
    (policy,) = made(environment)
    text = json.dumps(policy.properties["policy"].document)
    assert len(text.replace(" ", "")) <= 6144  # IAM quotas, "Managed policy size"
    findings = parliament.analyze_policy_string(text).findings
    # Its data lack that key, which every operation on a key has (KMS, "AWS KMS condition keys").
    assert {str(finding) for finding in findings if "kms:ResourceAliases" not in str(finding)} == set()


def test_the_boundary_is_made_once_and_named_by_whoever_is_its_guest():
    assert made("pr-42") == made("preview") == made(config=CONFIG) == []
    assert made(config={**ACCOUNT, "permissions_boundary": "arn:aws:iam::123456789012:policy/teams"}) == []
    names = {
        environment: permissions_boundary(Context.of(f"shop-{environment}", ACCOUNT)) for environment in ("dev", "pr-42", "production")
    }
    assert {environment: name.rpartition("/")[2] for environment, name in names.items()} == {
        "dev": "shop-dev-boundary",
        "pr-42": "shop-dev-boundary",
        "production": "shop-production-boundary",
    }
    assert permissions_boundary(Context.of("shop-dev", CONFIG)) is None
    china = {**CONFIG, "oidc_provider": "arn:aws-cn:iam::123456789012:oidc-provider/oidc.eks.cn-north-1.amazonaws.com.cn/id/EXAMPLE"}
    assert permissions_boundary(Context.of("shop-dev", china)) == "arn:aws-cn:iam::123456789012:policy/shop-dev-boundary"


def test_vault_and_opa_hear_of_the_team_where_the_cluster_has_them():
    assert {kind for kind, _ in room()} & {"VaultAuth", "ConfigMap", "ServiceAccount"} == set()
    spec = TeamSpec(owner={"slack_channel": "#shop"}, budget_usd_per_month=400)
    built = team("shop", spec, Context.of("shop-dev", {**CONFIG, "vault": "kubernetes-dev", "opa": "opa", "registries": ["ghcr.io/shop/"]}))
    found = {manifest["kind"]: manifest for manifest in built}
    assert found["VaultAuth"]["spec"]["mount"] == "kubernetes-dev"
    assert found["VaultAuth"]["spec"]["kubernetes"]["serviceAccount"] == found["ServiceAccount"]["metadata"]["name"] == "idp-vault"
    assert found["ConfigMap"]["metadata"]["namespace"] == "opa"
    assert found["ConfigMap"]["metadata"]["labels"]["openpolicyagent.org/data"] == "opa"
    facts = json.loads(found["ConfigMap"]["data"]["team"])
    assert (facts["team"], facts["registries"], facts["owner"]) == ("shop", ["ghcr.io/shop/"], {"slack_channel": "#shop"})
    assert facts["groups"]["pipeline"] == "idp:shop:pipeline"


@given(spec=strategies.teams)
def test_every_accepted_team_pleases_every_rule(spec):
    for environment in PROFILES:  # a pull request has an EphemeralEnvironment
        built = team("shop", spec, Context.of(f"shop-{environment}", {**CONFIG, "vault": "kubernetes", "opa": "opa"}))
        assert findings(map(Resource.from_manifest, built), active(environment_of(f"shop-{environment}"))) == []


BAD = {
    "a group of Kubernetes": (
        {"groups": {"viewer": "system:masters"}},
        "TeamSpec.groups.viewer: 'system:masters' is refused: groups that start with 'system:' belong to Kubernetes itself; "
        "use one of the identity provider, for example viewer='idp:checkout:viewer'",
    ),
    "a whole host": (
        {"repositories": ["https://github.com/"]},
        "TeamSpec.repositories[0]: 'https://github.com/' is refused: use https://, ",
    ),
    "a prefix without its slash": ({"repositories": ["https://github.com/shop"]}, "and a '/' at the end"),
    "a wildcard": ({"repositories": ["https://github.com/*/"]}, "and no user, password or wildcard"),
    "a password": ({"repositories": ["https://me:pw@github.com/shop/"]}, "and no user, password or wildcard"),
    "an unknown role": ({"groups": {"oncall": "x"}}, "TeamSpec.groups.oncall: no such field; did you mean 'on_call'?"),
    "a channel without #": ({"owner": {"slack_channel": "shop"}}, "for example slack_channel='#team-checkout'"),
    "a cost centre that is no label": ({"owner": {"cost_centre": "a b"}}, "for example cost_centre='cc-4711'"),
    "no budget at all": ({"budget_usd_per_month": 0}, "should be greater than or equal to 1, for example budget_usd_per_month=400"),
}


@pytest.mark.parametrize(("fields", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_clear_sentence(fields, message):
    with pytest.raises(SpecError) as caught:
        TeamSpec(**fields)
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1
