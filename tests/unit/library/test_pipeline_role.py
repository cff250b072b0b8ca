"""Roles of pipelines: whom they trust, what they may do, and what is refused."""

import fnmatch
import json
import warnings

import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from idp_components import Bitbucket, CircleCi, GitHub, GitLab, PipelineIssuerSpec, PipelineRoleSpec, SpecError
from idp_components.core.aws import Json, known_account
from idp_components.core.context import Context
from idp_components.pipeline_role.resources import issuer, pipeline_role
from idp_components.pipeline_role.rights import deploy_policy, preview_policy

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import parliament

CLUSTER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
EKS = {"oidc_provider": CLUSTER, "eks_cluster": "shop", "workload_identity": "pod-identity"}
ONE, TWO, THREE = (f"{digit * 8}-0000-4000-8000-{digit * 12}" for digit in "123")
STEP = "????????-????-????-????-????????????"
MAX_INLINE_POLICY = 10_240
"""Characters of a role's inline policies together (IAM quotas)."""


def context(environment="dev", team="shop", teams=(), **config):
    return Context.of(f"{team}-{environment}", {"domain": "example.com", "oidc_provider": CLUSTER, **config}, teams)


def role(source, access="preview", where=None, **fields):
    found = pipeline_role("web", PipelineRoleSpec(source=source, access=access, **fields), where or context())
    return {resource.type.rsplit(":", 1)[1]: resource.properties for resource in found}


def trust(source, access="preview"):
    (statement,) = role(source, access)["Role"]["assumeRolePolicy"].document["Statement"]
    return statement


TRUSTED = {
    "github": (
        GitHub(repository="shop/web", branches=["main"], tags=["v1"], environments=["production"]),
        "deploy",
        "token.actions.githubusercontent.com",
        "sts.amazonaws.com",
        ["repo:shop/web:ref:refs/heads/main", "repo:shop/web:ref:refs/tags/v1", "repo:shop/web:environment:production"],
    ),
    "github, immutable": (
        GitHub(repository="shop/web", owner_id=12, repository_id=34, branches=["main"]),
        "deploy",
        "token.actions.githubusercontent.com",
        "sts.amazonaws.com",
        ["repo:shop@12/web@34:ref:refs/heads/main"],
    ),
    "github, pull requests": (
        GitHub(repository="shop/web", pull_requests=True),
        "preview",
        "token.actions.githubusercontent.com",
        "sts.amazonaws.com",
        ["repo:shop/web:pull_request"],
    ),
    "gitlab": (
        GitLab(host="git.example.com", project="shop/back/web", branches=["main"], tags=["v1"]),
        "deploy",
        "git.example.com",
        "https://git.example.com",
        ["project_path:shop/back/web:ref_type:branch:ref:main", "project_path:shop/back/web:ref_type:tag:ref:v1"],
    ),
    "gitlab, merge requests": (
        GitLab(project="shop/web", branches=["main"], pull_requests=True),
        "preview",
        "gitlab.com",
        "https://gitlab.com",
        ["project_path:shop/web:ref_type:branch:ref:main", "project_path:shop/web:ref_type:branch:ref:*"],
    ),
    "bitbucket": (
        Bitbucket(workspace="shop", workspace_id=ONE, repository_id=TWO, environment_ids=[THREE]),
        "deploy",
        "api.bitbucket.org/2.0/workspaces/shop/pipelines-config/identity/oidc",
        f"ari:cloud:bitbucket::workspace/{ONE}",
        [f"{{{TWO}}}:{{{THREE}}}:{{{STEP}}}"],
    ),
    "circleci": (
        CircleCi(organization_id=ONE, project_id=TWO, repository="github.com/shop/web", branches=["main"]),
        "deploy",
        f"oidc.circleci.com/org/{ONE}",
        ONE,
        [f"org/{ONE}/project/{TWO}/user/{STEP}/vcs-origin/github.com/shop/web/vcs-ref/refs/heads/main"],
    ),
}


@pytest.mark.parametrize(("source", "access", "host", "audience", "subjects"), TRUSTED.values(), ids=TRUSTED)
def test_a_role_trusts_one_issuer_for_one_audience_and_named_subjects(source, access, host, audience, subjects):
    statement = trust(source, access)
    compared = "StringLike" if set("".join(subjects)) & set("*?") else "StringEquals"
    conditions = {key: value for group in statement["Condition"].values() for key, value in group.items()}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{host}"}
    assert conditions == {f"{host}:aud": audience, f"{host}:sub": subjects}
    assert statement["Condition"]["StringEquals"][f"{host}:aud"] == audience
    assert f"{host}:sub" in statement["Condition"][compared]


def test_a_branch_that_is_named_like_the_end_of_a_subject_is_not_let_in():
    (pattern,) = next(iter(trust(TRUSTED["circleci"][0], "deploy")["Condition"]["StringLike"].values()))
    subject = pattern.replace(STEP, THREE)
    evil = subject.removesuffix("main") + "x/vcs-origin/github.com/shop/web/vcs-ref/refs/heads/main"
    assert fnmatch.fnmatchcase(subject, pattern)
    assert not fnmatch.fnmatchcase(evil, pattern)


@pytest.mark.parametrize("name", ["github", "gitlab", "bitbucket", "circleci"])
def test_the_issuer_is_the_one_that_the_roles_trust(name):
    source, _, host, audience, _ = TRUSTED[name]
    about = source.model_dump(include={"provider", "host", "workspace", "workspace_id", "organization_id"})
    (made,) = issuer(name, PipelineIssuerSpec(issuer=about), context())
    assert (made.properties["url"], made.properties["clientIdLists"]) == (f"https://{host}", [audience])


@given(spec=strategies.pipeline_roles, team=strategies.names, environment=st.sampled_from(["dev", "staging", "production"]))
@settings(max_examples=80)
def test_whatever_is_accepted_lets_in_nobody_else(spec, team, environment):
    made = pipeline_role("web", spec, context(environment, team))
    (statement,) = made[0].properties["assumeRolePolicy"].document["Statement"]
    conditions = [(key, value) for group in statement["Condition"].values() for key, value in group.items()]
    (audience,) = [value for key, value in conditions if key.endswith(":aud")]
    (subjects,) = [value for key, value in conditions if key.endswith(":sub")]
    assert audience
    assert subjects
    for subject in subjects:
        # What stands before the first wildcard names the repository; only a preview may leave the end open.
        start = subject.replace(STEP, ONE).partition("*")[0]
        assert "?" not in start
        assert len(start) > len("repo:a/b:")
        assert "*" not in subject or (spec.access == "preview" and subject.endswith("*"))
    assert json.dumps([resource.properties for resource in made], default=lambda value: value.__dict__)


def statements(document):
    return [(action, resource) for s in document["Statement"] for action in s["Action"] for resource in s["Resource"]]


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_a_preview_only_reads_and_neither_data_nor_secrets(environment):
    where = context(environment, **EKS)
    for action, resource in statements(preview_policy(where, known_account(where))):
        service, verb = action.split(":")
        assert verb.startswith(("Get", "List", "Describe")), action
        assert action not in ("s3:GetObject", "secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "iam:PassRole")
        assert (
            service in ("ec2", "kms", "eks")
            or action == "sns:GetSubscriptionAttributes"  # IAM knows no resource for it
            or f"shop-{environment}-" in resource
            or "shop-pr-*-" in resource
            or "og:default" in resource
        )


UNNARROWED = ("sns:SetSubscriptionAttributes", "sns:Unsubscribe")
"""Changes for which IAM knows no resource (Service Authorization Reference, Amazon SNS)."""


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_a_deployment_changes_what_has_the_teams_names_or_tag_and_writes_roles_behind_their_boundary_only(environment):
    where = context(environment, **EKS)
    document = deploy_policy(where, known_account(where))
    for statement in document["Statement"]:
        condition = json.dumps(statement.get("Condition", {}))
        for action in statement["Action"]:
            assert "*" not in action
            assert not action.startswith(("iam:Attach", "iam:CreatePolicy", "iam:CreateUser", "iam:DeleteRolePermissionsBoundary"))
            if action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
                assert f'"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/shop-{environment}-boundary"' in condition
            if action == "iam:PassRole":
                assert "pods.eks.amazonaws.com" in condition
            for resource in statement["Resource"]:
                named = f"shop-{environment}-" in resource or (environment == "dev" and "shop-pr-*-" in resource)
                reads = action.split(":")[1].startswith(("Get", "List", "Describe"))
                tagged = '/idp/team": "shop"' in condition or "ec2:CreateAction" in condition
                alone = action in UNNARROWED or "secret:rds!db-" in resource
                assert named or reads or tagged or alone or "vpc/" in resource or "og:default" in resource, (action, resource)
                assert "role/pipelines/" not in resource


def test_the_longest_names_fit_into_a_policy():
    for environment in ("dev", "production"):
        where = context(environment, "t" * 40, **EKS)
        for document in (preview_policy(where, known_account(where)), deploy_policy(where, known_account(where))):
            assert len(json.dumps(document, separators=(",", ":"))) <= MAX_INLINE_POLICY


EXPECTED = {
    # Two statements each, because the condition on one kind of resource must not be asked of the other.
    ("RESOURCE_MISMATCH", "kms:CreateAlias"),
    ("RESOURCE_MISMATCH", "ec2:CreateSecurityGroup"),
    # Bucket policies are a part of the golden path.
    ("RESOURCE_POLICY_PRIVILEGE_ESCALATION", "s3:PutBucketPolicy"),
    ("RESOURCE_POLICY_PRIVILEGE_ESCALATION", "s3:PutLifecycleConfiguration"),
}


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
def test_parliament_finds_nothing_but_what_is_meant(environment):
    where = context(environment, **EKS)
    for document in (preview_policy(where, known_account(where)), deploy_policy(where, known_account(where))):
        for finding in parliament.analyze_policy_string(json.dumps(document)).findings:
            assert [meant for meant in EXPECTED if finding.issue == meant[0] and meant[1] in str(finding)], str(finding)


def test_in_eks_the_pipeline_is_a_member_of_the_teams_group():
    deploys = GitHub(repository="shop/web", branches=["main"])
    where = context(eks_cluster="shop")
    assert role(deploys, "deploy", where)["AccessEntry"]["kubernetesGroups"] == ["idp:shop:pipeline"]
    assert role(deploys, "preview", where)["AccessEntry"]["kubernetesGroups"] == ["idp:shop:viewer"]
    assert role(deploys, "deploy", where, group="ci:shop")["AccessEntry"]["kubernetesGroups"] == ["ci:shop"]
    assert "AccessEntry" not in role(deploys, "deploy")


def test_a_session_lasts_an_hour_and_the_role_is_out_of_the_pipelines_own_reach():
    made = role(GitHub(repository="shop/web", branches=["main"]), "deploy")
    assert (made["Role"]["path"], made["Role"]["name"], made["Role"]["maxSessionDuration"]) == ("/pipelines/", "web-dev", 3600)
    assert isinstance(made["RolePolicy"]["policy"], Json)


MAIN = {"provider": "github", "repository": "shop/web", "branches": ["main"]}
BAD = {
    "nothing named": (
        lambda: PipelineRoleSpec(source={"provider": "github", "repository": "shop/web"}),
        "source names nothing that may take the role: name branches or tags or environments, for example pull_requests=True",
    ),
    "nothing named, Bitbucket": (
        lambda: PipelineRoleSpec(source=Bitbucket(workspace="a", workspace_id=ONE, repository_id=TWO), access="deploy"),
        "name environment_ids, for example environment_ids=[…]",
    ),
    "pull requests that deploy": (
        lambda: PipelineRoleSpec(source={**MAIN, "pull_requests": True}, access="deploy"),
        "would let every proposed change deploy itself: use access='preview'",
    ),
    "any branch": (
        lambda: GitHub(repository="shop/web", branches=["*"]),
        "GitHub.branches[0]: '*' is refused: ",
    ),
    "branches that begin alike": (lambda: GitLab(project="shop/web", branches=["release/*"]), "for example branches=['main']"),
    "an empty branch": (lambda: GitHub(repository="shop/web", branches=[""]), "GitHub.branches[0]: '' is refused"),
    "any environment": (lambda: GitHub(repository="shop/web", environments=["prod*"]), "for example environments=['production']"),
    "any repository": (lambda: GitHub(repository="shop/*", branches=["main"]), "GitHub.repository: 'shop/*' is refused"),
    "another part of the subject": (lambda: GitHub(repository="shop/web", branches=["main:x"]), "GitHub.branches[0]: 'main:x'"),
    "a group without project": (lambda: GitLab(project="shop", branches=["main"]), "for example project='shop/checkout'"),
    "an id that is none": (
        lambda: CircleCi(organization_id="*", project_id=TWO, repository="github.com/a/b"),
        "CircleCi.organization_id: '*' is refused",
    ),
    "braces around an id": (
        lambda: Bitbucket(workspace="a", workspace_id=ONE, repository_id=f"{{{TWO}}}"),
        "Bitbucket.repository_id: '{22222222-",
    ),
    "one id of two": (
        lambda: GitHub(repository="shop/web", owner_id=1),
        "owner_id and repository_id go together, for example owner_id=123456",
    ),
    "no provider": (
        lambda: PipelineRoleSpec(source={"repository": "shop/web"}),
        "PipelineRoleSpec.source: {'repository': 'shop/web'} is refused: its provider must be 'github', 'gitlab', 'bitbucket' or 'circleci'",
    ),
    "a misspelt field": (
        lambda: PipelineRoleSpec(source={"provider": "gitlab", "projct": "shop/web"}),
        "PipelineRoleSpec.source.projct: no such field; did you mean 'project'? allowed: provider, host, project, branches",
    ),
    "another access": (lambda: PipelineRoleSpec(source=MAIN, access="admin"), "PipelineRoleSpec.access: 'admin' is refused"),
    "a group of Kubernetes": (lambda: PipelineRoleSpec(source=MAIN, group="system:masters"), "belong to Kubernetes itself"),
    "no account": (
        lambda: role(MAIN, where=context(oidc_provider=None)),
        "shop.web: needs to know the AWS account, and config idp:account is missing, for example '123456789012'",
    ),
    "a name that is none": (
        lambda: pipeline_role("Web", PipelineRoleSpec(source=MAIN), context()),
        "shop.Web: 'Web' is not a usable name",
    ),
    "a team that would be reached too": (
        lambda: role(MAIN, where=context(teams=["shop", "shop-dev-tools"])),
        "shop.web: team 'shop-dev-tools' has a name that begins like the resources of 'shop', which this role may change; rename one",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_clear_sentence(make, message):
    with pytest.raises(SpecError) as caught:
        make()
    assert message in str(caught.value)
