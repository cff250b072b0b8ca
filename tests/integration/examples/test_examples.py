"""Every example as its page says: previewed under every pack, up, up again, and gone; a new one is found by itself."""

import re
import uuid
from pathlib import Path

import pytest
from integration.verdicts import objections, packs

from idp_sandbox.plugins.aws.api import AwsError

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir() and not path.name.startswith((".", "_")))
PACKS = [f"--policy-pack={path.parent}" for path in sorted((ROOT / "policies").glob("*/PulumiPolicy.yaml"))]
OUTSIDE = (
    "namespaces,persistentvolumes,clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings,"
    "applications.argoproj.io,applicationsets.argoproj.io,appprojects.argoproj.io"
)
"""Kinds that live outside of a team's namespace, or in another one."""

KEPT_A_WHILE = re.compile(":(kms|secretsmanager):")
"""Services that keep for some days what was deleted, so that it can be had back."""


def test_there_are_examples_and_packs():
    assert EXAMPLES
    assert PACKS


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
def test_an_example_passes_every_pack_comes_up_stays_and_vanishes(folder, project, kubectl, api):
    environment = re.search(r"^pulumi stack init [a-z]+-(\S+)$", (folder / "README.md").read_text(), re.MULTILINE)[1]
    team = f"test-{uuid.uuid4().hex[:8]}"
    found = project(folder, stack=f"{team}-{environment}")
    preview = found.preview(*PACKS)
    assert len(packs(preview)) == len(PACKS), preview
    assert objections(preview) == []
    assert "warning:" not in preview
    found.up()
    found.up("--expect-no-changes")
    in_the_cluster = [resource for resource in found.resources().values() if resource["type"].startswith("kubernetes:")]
    assert bool(left_in_the_cluster(kubectl, team)) == bool(in_the_cluster)
    tagged = [name for name, resource in found.resources().items() if resource["type"].startswith("aws:") and "tags" in resource["inputs"]]
    assert bool(left_in_aws(api, team)) == bool(tagged)
    without_controllers_of_argo_cd(kubectl, team)
    found.pulumi("destroy", "--yes", "--skip-preview")
    assert found.resources() == {}
    assert [item["metadata"]["name"] for item in left_in_the_cluster(kubectl, team)] == []
    assert left_in_aws(api, team) == []


def without_controllers_of_argo_cd(kubectl, team):
    """They remove what an Application deployed, and then its finalizer; where they don't run, nothing was deployed."""
    for item in left_in_the_cluster(kubectl, team):
        if item["metadata"].get("finalizers"):
            where = item["metadata"]
            patch = '{"metadata": {"finalizers": null}}'
            kubectl("patch", item["kind"], where["name"], "-n", where.get("namespace", "default"), "--type=merge", f"--patch={patch}")


def left_in_the_cluster(kubectl, team):
    return kubectl("get", OUTSIDE, "--all-namespaces", "--selector", f"idp/team={team}")["items"]


def belongs_to(api, role, team):
    """Whether a role carries the team's tag; one that another test deleted in the meantime doesn't."""
    try:
        return {"Key": "idp/team", "Value": team} in api.call("iam", "ListRoleTags", RoleName=role)["Tags"]
    except AwsError as error:
        if error.is_gone:
            return False
        raise


def left_in_aws(api, team):
    """What carries the team's tag; the tagging API knows no roles and policies."""
    tagged = api.call("resourcegroupstaggingapi", "GetResources", TagFilters=[{"Key": "idp/team", "Values": [team]}])[
        "ResourceTagMappingList"
    ]
    roles = [role["Arn"] for role in api.call("iam", "ListRoles")["Roles"] if belongs_to(api, role["RoleName"], team)]
    roles += [
        policy["Arn"] for policy in api.call("iam", "ListPolicies", Scope="Local")["Policies"] if policy["PolicyName"].startswith(team)
    ]
    return roles + [resource["ResourceARN"] for resource in tagged if not KEPT_A_WHILE.search(resource["ResourceARN"])]
