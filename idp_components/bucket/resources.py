"""Builder: a private bucket, encrypted, versioned, and emptied of what nobody can reach any more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from idp_components.bucket.spec import BucketSpec
from idp_components.core.aws import Aws, Json, Ref, tags
from idp_components.core.context import Context
from idp_components.core.iam import Statement, encrypted_transport_only

BUCKET = "aws:s3/bucket:Bucket"
MAX_PREFIX = 37
"""Characters of a bucket's prefix (S3 quotas, as the provider checks them)."""
OWNER = {"objectOwnership": "BucketOwnerEnforced"}
"""Objects belong to the bucket's account, whoever wrote them; ACLs count for nothing (S3, "Object ownership")."""
UPLOAD_DAYS = 7
"""Days after which parts of an upload that never ended are removed: they cost, and nobody sees them."""
ON_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket")
READ = ("s3:GetObject",)
WRITE = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject")
LEVELS = {"read": READ, "write": WRITE, "read-write": (*READ, *WRITE)}
"""Actions on objects by level of access (Amazon S3, "Actions defined by Amazon S3")."""


def bucket(name: str, spec: BucketSpec, context: Context) -> list[Aws]:
    """The resources of a bucket. Its name is drawn by Pulumi: names of buckets are shared by the whole world."""
    here = {"bucket": Ref(name, "bucket")}
    profile = context.profile
    properties = {
        "bucketPrefix": f"{context.namespace}-{name}-"[:MAX_PREFIX],
        "forceDestroy": not profile.protect_data,
        "tags": tags(name, context),
    }
    closed = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
    encryption = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}, "bucketKeyEnabled": True}]
    refused = encrypted_transport_only("s3", Ref(name, "arn"), Ref(name, "arn", "/*"))
    parts = [
        Aws(BUCKET, name, properties, settled=("bucket", "bucketPrefix")),
        Aws("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", f"{name}-private", {**here, **closed}),
        Aws(
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            f"{name}-owner",
            {**here, "rule": OWNER},
        ),
        Aws(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            f"{name}-encryption",
            {**here, "rules": encryption},
        ),
        Aws("aws:s3/bucketVersioning:BucketVersioning", f"{name}-versions", {**here, "versioningConfiguration": {"status": "Enabled"}}),
        Aws("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", f"{name}-lifecycle", {**here, "rules": _lifecycle(spec)}),
        Aws("aws:s3/bucketPolicy:BucketPolicy", f"{name}-policy", {**here, "policy": Json(refused)}),
        *_logging(name, context),
    ]
    # A destroy that is refused in its middle must not have taken the walls of what it leaves.
    return [replace(part, protect=profile.protect_data) for part in parts]


def statements(access: str, arn: Any, objects: Any) -> tuple[Statement, ...]:
    """What a consumer at a level of access may do with the bucket and its objects."""
    return (Statement(ON_BUCKET, (arn,)), Statement(LEVELS[access], (objects,)))


def _logging(name: str, context: Context) -> list[Aws]:
    """Who read and wrote what, where the cluster has a bucket for such logs."""
    logs = context.cluster.log_bucket
    if not logs:
        return []
    where = {"targetBucket": logs, "targetPrefix": f"{context.namespace}/{name}/"}
    return [Aws("aws:s3/bucketLogging:BucketLogging", f"{name}-logging", {"bucket": Ref(name, "bucket"), **where})]


def _lifecycle(spec: BucketSpec) -> list[dict[str, Any]]:
    rule = {
        "id": "cleanup",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": UPLOAD_DAYS},
        "noncurrentVersionExpiration": {"noncurrentDays": spec.versions_kept_days},
    }
    return [{**rule, **({"expiration": {"days": spec.expire_after_days}} if spec.expire_after_days else {})}]
