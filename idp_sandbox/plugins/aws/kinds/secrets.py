"""KMS, Secrets Manager and SSM: keys, and what they protect."""

from __future__ import annotations

from idp_sandbox.plugins.aws.kind import Call, Caller, Kind, State, Tagging


def _rotation(api: Caller, old: State, state: State) -> None:
    """Rotation of a key has operations of its own."""
    wanted = bool(state.get("enableKeyRotation"))
    if wanted != bool(old.get("enableKeyRotation")):
        api.call("kms", "EnableKeyRotation" if wanted else "DisableKeyRotation", KeyId=state["keyId"])


def _at_once(api: Caller, state: State, _: State) -> None:
    """A recovery window of 0 days means none: Secrets Manager has another member for that."""
    if state.get("recoveryWindowInDays") == 0:
        api.call("secretsmanager", "DeleteSecret", SecretId=state["arn"], ForceDeleteWithoutRecovery=True)


SECRET_KEYS = {"SecretId": "arn"}
SSM_TYPE = {"ResourceType": "Parameter"}
KINDS = {
    "aws:kms/key:Key": Kind(
        "kms",
        Call("CreateKey", answer="KeyMetadata"),
        (
            Call("DescribeKey", answer="KeyMetadata.KeyState != 'PendingDeletion' && KeyMetadata || null"),
            Call("GetKeyPolicy", {"PolicyName": "default"}),
            Call("GetKeyRotationStatus"),
        ),
        Call("ScheduleKeyDeletion"),
        update=(Call("UpdateKeyDescription"), Call("PutKeyPolicy", {"PolicyName": "default"})),
        identity=("keyId",),
        id="keyId",
        keys={"KeyId": "keyId"},
        members={"deletionWindowInDays": "PendingWindowInDays", "customerMasterKeySpec": "KeySpec"},
        outputs={"keyId": "KeyId", "arn": "Arn", "enableKeyRotation": "KeyRotationEnabled"},
        local={"enableKeyRotation": False, "bypassPolicyLockoutSafetyCheck": False},
        hidden=frozenset({"deletionWindowInDays"}),
        defaults={"keyUsage": "ENCRYPT_DECRYPT", "customerMasterKeySpec": "SYMMETRIC_DEFAULT"},
        documents=frozenset({"policy"}),
        tags=Tagging(Call("TagResource"), Call("UntagResource"), Call("ListResourceTags", answer="Tags")),
        after=_rotation,
    ),
    "aws:kms/alias:Alias": Kind(
        "kms",
        Call("CreateAlias"),
        (Call("ListAliases", answer="Aliases", where={"AliasName": "name"}),),
        Call("DeleteAlias"),
        update=(Call("UpdateAlias"),),
        members={"name": "AliasName"},
        outputs={"arn": "AliasArn", "targetKeyId": "TargetKeyId"},
    ),
    "aws:secretsmanager/secret:Secret": Kind(
        "secretsmanager",
        Call("CreateSecret"),
        (Call("DescribeSecret", answer="!DeletedDate && @ || null"),),
        Call("DeleteSecret"),
        update=(Call("UpdateSecret"),),
        identity=("arn",),
        id="arn",
        keys=SECRET_KEYS,
        outputs={"arn": "ARN"},
        members={"recoveryWindowInDays": "RecoveryWindowInDays"},
        absent={"recoveryWindowInDays": 0},
        hidden=frozenset({"recoveryWindowInDays"}),
        named="name",
        tags=Tagging(Call("TagResource"), Call("UntagResource"), Call("DescribeSecret", answer="Tags")),
        before_delete=_at_once,
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Kind(
        "secretsmanager",
        Call("PutSecretValue"),
        (Call("GetSecretValue"),),
        None,
        update=(Call("PutSecretValue"),),
        identity=("secretId",),
        outputs={"arn": "ARN", "versionId": "VersionId", "secretString": "SecretString"},
        secret=frozenset({"secretString", "secretBinary"}),
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": Kind(
        "secretsmanager",
        Call("PutResourcePolicy"),
        (Call("GetResourcePolicy", answer="ResourcePolicy && @"),),
        Call("DeleteResourcePolicy"),
        update=(Call("PutResourcePolicy"),),
        identity=("secretArn",),
        members={"secretArn": "SecretId", "policy": "ResourcePolicy"},
        documents=frozenset({"policy"}),
    ),
    "aws:ssm/parameter:Parameter": Kind(
        "ssm",
        Call("PutParameter"),
        (
            Call("GetParameter", {"WithDecryption": True}, answer="Parameter"),
            Call("DescribeParameters", answer="Parameters", where={"Name": "name"}),
        ),
        Call("DeleteParameter"),
        update=(Call("PutParameter", {"Overwrite": True}),),
        members={"keyId": "KeyId"},
        keys={"ResourceId": "name"},
        outputs={"arn": "ARN", "version": "Version"},
        secret=frozenset({"value"}),
        tags=Tagging(
            Call("AddTagsToResource", SSM_TYPE),
            Call("RemoveTagsFromResource", SSM_TYPE),
            Call("ListTagsForResource", SSM_TYPE, answer="TagList"),
        ),
    ),
}
