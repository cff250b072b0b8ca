"""Values of a pipeline."""

from idp_components.ci.pipelines import PipelineValues


def values(**fields):
    roles = {f"{access}_role": f"arn:aws:iam::123456789012:role/pipelines/checkout-{access}-dev" for access in ("preview", "deploy")}
    said = {
        "team": "checkout",
        "image": f"registry.example.com/idp@sha256:{'0123456789abcdef' * 4}",
        "region": "eu-central-1",
        "cluster": "shop-dev",
        "backend": "s3://shop-pulumi-state?region=eu-central-1",
        **roles,
    }
    return PipelineValues(**{**said, **fields})
