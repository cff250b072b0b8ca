"""IAM: roles, policies and identity providers."""

from __future__ import annotations

from idp_sandbox.plugins.aws.kind import Call, Caller, Kind, State, Tagging

VERSIONS = 5
"""Versions of a managed policy that IAM keeps (IAM quotas)."""


def _drop_versions(api: Caller, state: State, _: State) -> None:
    """A managed policy is deleted after its older versions."""
    _drop(api, state["arn"], keep=1)


def _make_room(api: Caller, old: State, state: State) -> None:
    """A new version needs a free place for the one after it."""
    if old:
        _drop(api, state["arn"], keep=VERSIONS - 1)


def _drop(api: Caller, arn: str, keep: int) -> None:
    versions = api.call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
    others = sorted((version for version in versions if not version["IsDefaultVersion"]), key=lambda version: version["CreateDate"])
    for version in others[: max(0, len(versions) - keep)]:
        api.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])


def _boundary(api: Caller, old: State, state: State) -> None:
    """The permission boundary is set at creation, changed and taken off by operations of its own."""
    boundary = state.get("permissionsBoundary")
    if not old or old.get("permissionsBoundary") == boundary:
        return
    if boundary:
        api.call("iam", "PutRolePermissionsBoundary", RoleName=state["name"], PermissionsBoundary=boundary)
    else:
        api.call("iam", "DeleteRolePermissionsBoundary", RoleName=state["name"])


def _bare(api: Caller, state: State, _: State) -> None:
    """A role with `forceDetachPolicies` loses its policies first; without, IAM refuses to delete it while it has any."""
    if not state.get("forceDetachPolicies"):
        return
    name = state["name"]
    for policy in api.call("iam", "ListAttachedRolePolicies", RoleName=name)["AttachedPolicies"]:
        api.call("iam", "DetachRolePolicy", RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in api.call("iam", "ListRolePolicies", RoleName=name)["PolicyNames"]:
        api.call("iam", "DeleteRolePolicy", RoleName=name, PolicyName=policy)


KINDS = {
    "aws:iam/role:Role": Kind(
        "iam",
        Call("CreateRole", answer="Role"),
        (Call("GetRole", answer="Role"),),
        Call("DeleteRole"),
        update=(Call("UpdateRole"), Call("UpdateAssumeRolePolicy"), Call("PutRolePermissionsBoundary")),
        members={"name": "RoleName", "assumeRolePolicy": "AssumeRolePolicyDocument"},
        keys={"PolicyDocument": "assumeRolePolicy"},
        outputs={
            "assumeRolePolicy": "AssumeRolePolicyDocument",
            "arn": "Arn",
            "uniqueId": "RoleId",
            "createDate": "CreateDate",
            "permissionsBoundary": "PermissionsBoundary.PermissionsBoundaryArn",
        },
        local={"forceDetachPolicies": False},
        defaults={"path": "/", "maxSessionDuration": 3600},
        fixed=frozenset({"path"}),
        documents=frozenset({"assumeRolePolicy"}),
        named="name",
        tags=Tagging(Call("TagRole"), Call("UntagRole"), Call("ListRoleTags", answer="Tags")),
        after=_boundary,
        before_delete=_bare,
    ),
    "aws:iam/policy:Policy": Kind(
        "iam",
        Call("CreatePolicy", answer="Policy"),
        (Call("GetPolicy", answer="Policy"), Call("GetPolicyVersion", answer="PolicyVersion")),
        Call("DeletePolicy"),
        update=(Call("CreatePolicyVersion", {"SetAsDefault": True}),),
        identity=("arn",),
        id="arn",
        members={"name": "PolicyName", "policy": "PolicyDocument"},
        keys={"PolicyArn": "arn", "VersionId": "defaultVersionId"},
        outputs={"arn": "Arn", "policyId": "PolicyId", "policy": "Document", "defaultVersionId": "DefaultVersionId"},
        defaults={"path": "/"},
        documents=frozenset({"policy"}),
        named="name",
        tags=Tagging(Call("TagPolicy"), Call("UntagPolicy"), Call("ListPolicyTags", answer="Tags")),
        after=_make_room,
        before_delete=_drop_versions,
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        "iam",
        Call("PutRolePolicy"),
        (Call("GetRolePolicy"),),
        Call("DeleteRolePolicy"),
        update=(Call("PutRolePolicy"),),
        identity=("role", "name"),
        members={"role": "RoleName", "name": "PolicyName", "policy": "PolicyDocument"},
        documents=frozenset({"policy"}),
        named="name",
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Kind(
        "iam",
        Call("AttachRolePolicy"),
        (Call("ListAttachedRolePolicies", answer="AttachedPolicies", where={"PolicyArn": "policyArn"}),),
        Call("DetachRolePolicy"),
        identity=("role", "policyArn"),
        members={"role": "RoleName"},
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Kind(
        "iam",
        Call("CreateOpenIDConnectProvider"),
        (Call("GetOpenIDConnectProvider"),),
        Call("DeleteOpenIDConnectProvider"),
        update=(Call("UpdateOpenIDConnectProviderThumbprint"),),
        identity=("arn",),
        id="arn",
        members={"clientIdLists": "ClientIDList", "thumbprintLists": "ThumbprintList"},
        keys={"OpenIDConnectProviderArn": "arn"},
        outputs={"arn": "OpenIDConnectProviderArn"},
        hidden=frozenset({"url"}),  # the answer has it without its scheme
        tags=Tagging(
            Call("TagOpenIDConnectProvider"), Call("UntagOpenIDConnectProvider"), Call("ListOpenIDConnectProviderTags", answer="Tags")
        ),
    ),
}
