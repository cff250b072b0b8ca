"""Rules about one resource of S3: who may read it, and whose the objects are."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.controls import fsbp
from idp_components.rules.expect import is_set, may_be_unset_or_true, must_be_true
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.model import Options, Resource, Severity

CLOSED_ACLS = ("private", "bucket-owner-read", "bucket-owner-full-control", "aws-exec-read", "log-delivery-write")
EVERYBODY = ("/AllUsers", "/AuthenticatedUsers")
"""Ends of the groups that are everybody; the second is anybody with an account of AWS."""
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
INSIDE = {"s3/AccessPoint": ("publicAccessBlockConfiguration",), "s3control/MultiRegionAccessPoint": ("details", "publicAccessBlock")}
"""Access points, and where each has its block."""
OWNER = "BucketOwnerEnforced"


@aws_rule(
    "aws-s3-public-acl",
    "s3/Bucket",
    "s3/BucketAcl",
    "s3/BucketObject",
    "s3/BucketObjectv2",
    "s3/ObjectCopy",
    title="No access control list opens a bucket or an object to everybody.",
    severity=Severity.CRITICAL,
    rationale="Buckets that are open to everybody are searched for day and night, and copied when found.",
    fix="Use a Bucket; otherwise remove acl and grants, and give access by IAM.",
    **fsbp("S3.2", "S3.3"),
)
def public_acl(resource: Resource, _options: Options) -> Iterator[Problem]:
    acl = resource.root.get("acl")
    if acl.value is not None and acl.value not in CLOSED_ACLS:
        yield acl.problem("opens it to everybody; remove it")
    for grants in (resource.root.get("grants"), resource.root.get("accessControlPolicy", "grants")):
        for grant in grants.items():
            for uri in (grant.get("uri"), grant.get("grantee", "uri")):
                if uri.value is UNKNOWN or (isinstance(uri.value, str) and uri.value.endswith(EVERYBODY)):
                    yield uri.problem("grants a right to everybody; remove it")


@aws_rule(
    "aws-s3-access-block-flags",
    "s3/BucketPublicAccessBlock",
    "s3/AccountPublicAccessBlock",
    *INSIDE,
    title="A block of public access is whole.",
    severity=Severity.HIGH,
    rationale="Each of the four settings closes another way; with one open, an access control list or a policy makes objects public.",
    fix="Use a Bucket; otherwise set all four settings to true.",
    **fsbp("S3.8", "S3.1", "S3.19", "S3.24"),
)
def access_block_flags(resource: Resource, _options: Options) -> Iterator[Problem]:
    # What an access point doesn't say is closed.
    holds = may_be_unset_or_true if resource.aws in INSIDE else must_be_true
    block = resource.root.get(*INSIDE.get(resource.aws, ()))
    for flag in FLAGS:
        yield from holds(block.get(flag))


@aws_rule(
    "aws-s3-ownership",
    "s3/BucketOwnershipControls",
    title="All objects of a bucket belong to its owner.",
    severity=Severity.MEDIUM,
    rationale="An object that belongs to whoever wrote it is outside of the bucket's policy, and access control lists count again.",
    fix="Use a Bucket; otherwise set rule.objectOwnership to BucketOwnerEnforced.",
    **fsbp("S3.12"),
)
def ownership(resource: Resource, _options: Options) -> Iterator[Problem]:
    owner = resource.root.get("rule", "objectOwnership")
    if owner.value != OWNER:
        state = "is unset" if owner.value is None else "lets access control lists count"
        yield owner.problem(f"{state}; set it to {OWNER}")


@aws_rule(
    "aws-s3-website",
    "s3/Bucket",
    "s3/BucketWebsiteConfiguration",
    title="No bucket is a website by itself.",
    severity=Severity.MEDIUM,
    rationale="The website of a bucket knows no TLS, and needs objects that everybody may read.",
    fix="Put CloudFront with an origin access control before a private bucket, or expose a Service.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html",
    framework=None,
)
def website(resource: Resource, _options: Options) -> Iterator[Problem]:
    inline = [resource.root.get("website"), *resource.root.get("websites").items()]
    sites = inline if resource.aws == "s3/Bucket" else [resource.root]
    for site in sites:
        redirects = site.get("redirectAllRequestsTo")
        if is_set(site) and (site.value is UNKNOWN or not is_set(redirects)):
            yield site.problem("serves objects without TLS; put CloudFront before a private bucket")


RULES = (public_acl, access_block_flags, ownership, website)
