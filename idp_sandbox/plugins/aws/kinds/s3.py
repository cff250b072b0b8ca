"""S3: buckets, and each of their settings as a resource of its own."""

from __future__ import annotations

from idp_sandbox.plugins.aws.kind import Call, Caller, Kind, State, Tagging

BATCH = 1000
"""Objects that one request deletes (S3 DeleteObjects)."""


def _empty(api: Caller, state: State, _: State) -> None:
    """A bucket with `forceDestroy` is emptied first; without, S3 refuses to delete one that holds objects."""
    if not state.get("forceDestroy"):
        return
    bucket = state["bucket"]
    while True:
        listed = api.call("s3", "ListObjectVersions", Bucket=bucket, MaxKeys=BATCH)
        found = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
        if not found:
            return
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        api.call("s3", "DeleteObjects", Bucket=bucket, Delete={"Objects": objects, "Quiet": True})


def _part(put: str, get: str, delete: Call | None, members: dict[str, str], answer: str = "@") -> Kind:
    """A setting of a bucket: put as a whole, one per bucket."""
    return Kind(
        "s3",
        Call(put),
        (Call(get, answer=answer),),
        delete,
        update=(Call(put),),
        identity=("bucket",),
        members=members,
        documents=frozenset({"policy"} if "Policy" in members.values() else ()),
    )


KINDS = {
    "aws:s3/bucket:Bucket": Kind(
        "s3",
        Call("CreateBucket"),
        (Call("HeadBucket"),),
        Call("DeleteBucket"),
        identity=("bucket",),
        members={
            "region": "CreateBucketConfiguration.LocationConstraint",
            "objectLockEnabled": "ObjectLockEnabledForBucket",
        },
        composed={
            "arn": "arn:aws:s3:::{bucket}",
            "bucketDomainName": "{bucket}.s3.amazonaws.com",
            "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
        },
        absent={"region": "us-east-1"},
        local={"forceDestroy": False},
        hidden=frozenset({"objectLockEnabled"}),
        named="bucket",
        lowercase_names=True,
        tags=Tagging(Call("PutBucketTagging"), Call("DeleteBucketTagging"), Call("GetBucketTagging", answer="TagSet")),
        before_delete=_empty,
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _part(
        "PutBucketVersioning",
        "GetBucketVersioning",
        None,
        {"versioningConfiguration.mfaDelete": "MFADelete"},
        "Status && {VersioningConfiguration: @}",
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _part(
        "PutBucketEncryption",
        "GetBucketEncryption",
        Call("DeleteBucketEncryption"),
        {"rules": "ServerSideEncryptionConfiguration.Rules"},
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _part(
        "PutPublicAccessBlock",
        "GetPublicAccessBlock",
        Call("DeletePublicAccessBlock"),
        {
            name: f"PublicAccessBlockConfiguration.{member}"
            for name, member in (
                ("blockPublicAcls", "BlockPublicAcls"),
                ("blockPublicPolicy", "BlockPublicPolicy"),
                ("ignorePublicAcls", "IgnorePublicAcls"),
                ("restrictPublicBuckets", "RestrictPublicBuckets"),
            )
        },
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _part(
        "PutBucketOwnershipControls",
        "GetBucketOwnershipControls",
        Call("DeleteBucketOwnershipControls"),
        {"rule": "OwnershipControls.Rules[0]"},
    ),
    "aws:s3/bucketLogging:BucketLogging": _part(
        "PutBucketLogging",
        "GetBucketLogging",
        Call("PutBucketLogging", {"BucketLoggingStatus": {}}),
        {
            "targetBucket": "BucketLoggingStatus.LoggingEnabled.TargetBucket",
            "targetPrefix": "BucketLoggingStatus.LoggingEnabled.TargetPrefix",
        },
        "LoggingEnabled && {BucketLoggingStatus: @}",
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _part(
        "PutBucketPolicy", "GetBucketPolicy", Call("DeleteBucketPolicy"), {"policy": "Policy"}, "Policy && @"
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _part(
        "PutBucketLifecycleConfiguration",
        "GetBucketLifecycleConfiguration",
        Call("DeleteBucketLifecycle"),
        {
            "rules": "LifecycleConfiguration.Rules",
            "rules.id": "ID",
            "rules.noncurrentVersionExpiration": "NoncurrentVersionExpiration",
        },
        "{LifecycleConfiguration: {Rules: Rules}}",
    ),
}
