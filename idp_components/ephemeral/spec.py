"""What a team may say about an environment that ends."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from idp_components.core.spec import NAME_PATTERN, Name, Spec
from idp_components.environments.hours import EXAMPLE, OfficeHours
from idp_components.team.spec import Groups

BUCKET_ARN = r"^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"


def _no_system_user(user: str) -> str:
    if user.startswith("system:"):
        raise ValueError("users that start with 'system:' belong to Kubernetes itself; use one of the identity provider")
    return user


Person = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.@:/+-]{0,127}$"), AfterValidator(_no_system_user)]
"""A user as the cluster knows them: the name or e-mail address of the identity provider."""


def _office_hours(hours: str) -> str:
    OfficeHours.parse(hours)
    return hours


class VirtualCluster(Spec):
    """The virtual cluster of an environment with `isolation="vcluster"`."""

    kubernetes: str = Field(default="v1.34.0", pattern=r"^v1\.[0-9]{2}\.[0-9]{1,2}$", examples=["v1.34.0"])
    """Version of Kubernetes, a tag of the image `loft-sh/kubernetes`."""
    image_registry: str | None = Field(
        default=None, pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[\w.-]+)*$", max_length=200, examples=["registry.example.com"]
    )
    """Registry that mirrors the images of the control plane; none takes them from where vcluster publishes them."""
    storage_gib: int = Field(default=5, ge=1, le=100, examples=[5])
    """Size of its database's volume, in GiB; a part of the namespace's quota."""
    memory_limit_mib: int = Field(default=2048, ge=512, le=16384, examples=[2048])
    """Most memory that the control plane may use, in MiB; a part of the namespace's quota."""


class EphemeralEnvironmentSpec(Spec):
    """Whose environment it is, what for, and how long it stays."""

    owner: Person = Field(examples=["alice@example.com"])
    """Who answers for it: a user of the cluster, by name or e-mail address. Has a developer's rights in it."""
    source_url: str | None = Field(
        default=None, pattern=r"^https://[^\s/]+/\S+$", max_length=500, examples=["https://github.com/shop/checkout/pull/42"]
    )
    """Pull request or ticket that it was made for."""
    ttl_hours: int | None = Field(default=None, ge=1, examples=[48])
    """Hours from its creation to its end; the profile has a default and a maximum."""
    awake: Annotated[str, AfterValidator(_office_hours)] | None = Field(default=None, max_length=100, examples=[EXAMPLE])
    """Office hours with a time zone; outside of them it sleeps. None: all the time."""
    sleep_after_hours: int | None = Field(default=None, ge=1, le=1000, examples=[8])
    """Hours after the last time that somebody brought it up, woke or extended it, at which it goes to sleep. None: never."""
    isolation: Literal["namespace", "vcluster", "uffizzi"] = "namespace"
    """A namespace of its own, or a virtual cluster inside of it, for what a namespace can't hold, such as resource definitions; `uffizzi`
    leaves it to the Uffizzi Cluster Operator, which the cluster must have."""
    viewers: tuple[Person, ...] = Field(default=(), examples=[["bob@example.com"]])
    """Who else may look, besides the team."""
    groups: Groups = Field(default=Groups(), examples=[{"developer": "idp:checkout:developer"}])
    """Groups of the identity provider that have the team's roles in it."""
    derived_from: str | None = Field(default=None, pattern=NAME_PATTERN, max_length=100, examples=["checkout-production"])
    """Another stack of the team that it is derived from: each of its resources gets a stand-in, is shared, declared anew or left out."""
    seed: Name | None = Field(default=None, examples=["demo"])
    """Data that its databases begin with: one of the `seeds` that the team's databases name."""
    shared: dict[Name, Annotated[str, StringConstraints(pattern=BUCKET_ARN)]] = Field(
        default_factory=dict, examples=[{"images": "arn:aws:s3:::checkout-dev-images-0a1b2c3"}]
    )
    """Buckets of the stack that it was derived from, which it reads in place of empty ones of its own; ARNs by the component's name."""
    virtual_cluster: VirtualCluster = Field(default=VirtualCluster(), examples=[{"storage_gib": 10}])
    """The virtual cluster, with `isolation="vcluster"`; of it `uffizzi` takes the size of the volume."""
