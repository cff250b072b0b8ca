"""Context: who builds, where and for which environment. Read once from the stack's name and config."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from idp_components.core import naming
from idp_components.core.ledger import Ledger
from idp_components.core.profiles import PROFILES, Profile
from idp_components.core.spec import Name, Spec, SpecError, check_name
from idp_components.core.stack_name import STACK_PATTERN

NAMESPACE = "idp"
"""Namespace of the config that describes the cluster."""
DOMAIN_PATTERN = r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$"
OIDC_PROVIDER_PATTERN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[A-Za-z0-9./_-]{1,200}$"
EXAMPLE_OIDC_PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
ACCOUNT_PATTERN = r"^[0-9]{12}$"
POLICY_PATTERN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:policy/[A-Za-z0-9+=,.@/_-]{1,200}$"
TOPIC_PATTERN = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"
VPC_PATTERN = r"^vpc-[0-9a-f]{8,17}$"
SUBNET_PATTERN = r"^subnet-[0-9a-f]{8,17}$"
SECURITY_GROUP_PATTERN = r"^sg-[0-9a-f]{8,17}$"
EPHEMERAL_SETTINGS = ("owner", "sourceUrl", "ttlHours", "awake", "sleepAfterHours", "isolation", "derivedFrom", "seed", "shared")
"""Keys of a stack's config that only mean something for an ephemeral environment."""
VCLUSTER_CHART_VARIABLE = "IDP_VCLUSTER_CHART"
"""Variable by which a sandbox says where its chart of virtual clusters is."""
MAX_DOMAIN_LENGTH = 150
"""Characters of a cluster's domain: a DNS name (253, RFC 1035) less a service's name and the longest namespace."""


class Cluster(Spec):
    """The cluster that a stack deploys to, as the stack's config describes it (`idp:domain`, `idp:routing`, …)."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    domain: str = Field(pattern=DOMAIN_PATTERN, max_length=MAX_DOMAIN_LENGTH, examples=["dev.example.com"])
    """DNS domain under which exposed services answer."""
    routing: Literal["ingress", "gateway"] = "ingress"
    """How exposed services are reached: an Ingress controller, or the Gateway API."""
    ingress_class: Name = "nginx"
    """IngressClass, with `routing: ingress`."""
    ingress_namespace: Name = "ingress"
    """Namespace of the Ingress controller or Gateway; only its pods may reach exposed services from outside."""
    gateway: Name = "public"
    """Gateway that routes attach to, in `ingressNamespace`, with `routing: gateway`. Its listener `https` terminates TLS."""
    tls_issuer: Name = "letsencrypt"
    """cert-manager ClusterIssuer of the certificates, with `routing: ingress`."""
    monitoring_namespace: Name = "monitoring"
    """Namespace of Prometheus; only its pods may scrape."""
    registries: tuple[str, ...] = Field(default=(), examples=[["registry.example.com/"]])
    """Prefixes that images may come from; empty allows any."""
    repositories: tuple[str, ...] = Field(default=(), examples=[["https://github.com/shop/"]])
    """Prefixes of the repositories that Argo CD may deploy from; empty allows any but local ones."""

    account: str | None = Field(default=None, pattern=ACCOUNT_PATTERN, examples=["123456789012"])
    """Number of the AWS account; that of `oidcProvider` where it isn't said."""
    workload_identity: Literal["irsa", "pod-identity"] = "irsa"
    """How pods take IAM roles: through the cluster's OIDC provider, or through EKS Pod Identity."""
    oidc_provider: str | None = Field(default=None, pattern=OIDC_PROVIDER_PATTERN, examples=[EXAMPLE_OIDC_PROVIDER])
    """ARN of the IAM OIDC provider of the cluster, with `workloadIdentity: irsa`."""
    eks_cluster: str | None = Field(default=None, pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$", examples=["shop-production"])
    """Name of the EKS cluster, with `workloadIdentity: pod-identity`."""
    permissions_boundary: str | None = Field(default=None, pattern=POLICY_PATTERN, examples=["arn:aws:iam::123456789012:policy/teams"])
    """ARN of the IAM policy that no role of a team may exceed; by default the team's own, which its room brings."""
    vpc_id: str | None = Field(default=None, pattern=VPC_PATTERN, examples=["vpc-0a1b2c3d4e5f60718"])
    """The VPC of the cluster and of its databases."""
    subnet_ids: tuple[Annotated[str, StringConstraints(pattern=SUBNET_PATTERN)], ...] = Field(
        default=(), examples=[["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"]]
    )
    """Private subnets for databases, in at least two zones."""
    vpc_cidr: str | None = Field(default=None, pattern=r"^[0-9.]{7,15}/[0-9]{1,2}$", examples=["10.20.0.0/16"])
    """Addresses of the VPC, in which databases answer."""
    cluster_security_group: str | None = Field(default=None, pattern=SECURITY_GROUP_PATTERN, examples=["sg-0a1b2c3d4e5f60718"])
    """Security group of the cluster's nodes; pods with groups of their own keep it, so that DNS and probes still reach them."""
    image_mirror: str = Field(default="public.ecr.aws/", pattern=r"^\S+/$", examples=["registry.example.com/ecr-public/"])
    """Prefix of the images that the platform itself runs: Amazon's public registry, or a pull-through cache of it."""
    log_bucket: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", examples=["shop-production-access-logs"])
    """Bucket that S3 writes the access logs of buckets to, under `<namespace>/<name>/`; its policy lets logging.s3.amazonaws.com write."""
    vcluster_chart: str = Field(default="https://charts.loft.sh", pattern=r"^(https://|oci://|/)\S+$", max_length=500)
    """Where the chart of virtual clusters comes from: a repository (https or oci), or the folder of a chart."""
    alarm_topic: str | None = Field(default=None, pattern=TOPIC_PATTERN, examples=["arn:aws:sns:eu-central-1:123456789012:alarms"])
    """ARN of the SNS topic that CloudWatch alarms go to."""
    vault: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9/_-]{0,99}$", examples=["kubernetes"])
    """Mount path of the Kubernetes auth method in Vault; with it, teams read their secrets through the Vault Secrets Operator."""
    opa: Name | None = Field(default=None, examples=["opa"])
    """Namespace of the Open Policy Agent; with it, kube-mgmt loads the facts of each team there."""

    def needed(self, place: str, *fields: str) -> None:
        """Raises SpecError for the first of the config's fields that isn't there."""
        for name in fields:
            if not getattr(self, name):
                field = type(self).model_fields[name]
                raise SpecError(
                    f"{place}: needs config {NAMESPACE}:{to_camel(name)}, which is missing: {field.description} "
                    f"For example {json.dumps(field.examples[0] if field.examples else '')}"
                )

    @model_validator(mode="after")
    def _subnets_are_several(self) -> Self:
        if len(self.subnet_ids) == 1:
            raise ValueError(f"subnetIds has only {self.subnet_ids[0]!r}: use two or more, in different zones")
        return self

    @model_validator(mode="after")
    def _prefixes_end_with_a_slash(self) -> Self:
        for kind, prefixes in (("registry", self.registries), ("repository", self.repositories)):
            for prefix in prefixes:
                if not prefix.endswith("/"):
                    raise ValueError(
                        f"{kind} prefix {prefix!r} must end with '/', or 'registry.example.com' also allows 'registry.example.com.evil.org'"
                    )
        return self


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything that a golden path knows besides its spec. Plain data: builders take it without Pulumi."""

    team: str
    environment: str
    """Name of the environment: a profile's name, or `pr-<number>` or `user-<name>` for an ephemeral one."""
    cluster: Cluster
    after: tuple[Any, ...] = ()
    """Resources that everything of this context waits for, such as the namespace."""
    room: Any = field(default=None, compare=False, repr=False)
    """Pulumi's resource of the namespace, where the same stack makes it: what is inside goes with it, without a deletion of its own."""
    provider: Any = field(default=None, compare=False, repr=False)
    """Pulumi's provider of the virtual cluster that everything of this context goes into; none for the stack's own cluster."""
    settings: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """What the stack's `idp:` config says about an ephemeral environment."""
    ledger: Ledger = field(compare=False, repr=False)

    ttl_hours: int = field(default=0, compare=False)
    """Hours after which its ephemeral environment ends; 0: the profile's."""
    seed: str = field(default="", compare=False)
    """Name of the data that the databases of an ephemeral environment begin with; empty: none."""
    shared: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """ARNs of what another environment has and an ephemeral one only reads, by the component's name."""

    @property
    def profile(self) -> Profile:
        """Defaults of the environment."""
        return PROFILES["preview" if self.is_ephemeral else self.environment]

    @property
    def is_ephemeral(self) -> bool:
        """Whether the environment is that of a pull request or a person, and ends."""
        return self.environment not in PROFILES

    @property
    def is_virtual(self) -> bool:
        """Whether everything of this context goes into a virtual cluster."""
        return self.provider is not None

    def environment_of(self, team: str) -> str:
        """Environment in which a team's services are found from here: an ephemeral one has no other teams in it."""
        return self.host_environment if self.is_ephemeral and team != self.team else self.environment

    @property
    def host_environment(self) -> str:
        """The environment in whose cluster and account this one runs: itself, or the one that a preview is a guest of."""
        return self.profile.guest_of or self.environment

    @property
    def namespace(self) -> str:
        """The team's namespace in this environment."""
        return naming.namespace(self.team, self.environment)

    def waiting_for(self, *resources: Any) -> Context:
        """The same context, whose components are created after `resources`."""
        return replace(self, after=(*self.after, *resources))

    def of_team(self, team: str) -> Context:
        """The context of another team, same environment and cluster, for what the platform declares on its behalf. Raises SpecError."""
        known = self.ledger.teams
        check_name(team, "team")
        if known and team not in known:
            raise SpecError(f"team {team!r} does not exist; teams: {', '.join(sorted(known))}")
        return replace(self, team=team, ledger=Ledger(team, known, rooms=self.ledger.rooms))

    @classmethod
    def of(cls, stack: str, config: Mapping[str, Any], teams: Iterable[str] = ()) -> Context:
        """The context of a stack named `<team>-<environment>` with the values of its `idp:` config. Raises SpecError."""
        known = frozenset(teams)
        team, environment = team_and_environment(stack, known)
        try:
            cluster = Cluster.parse(dict(config), NAMESPACE)
        except SpecError as error:  # said as it is typed: pulumi config set idp:domain …
            keyed = (problem.replace(f"{NAMESPACE}.", f"{NAMESPACE}:", 1) for problem in error.problems)
            raise SpecError(*(f"config of stack {stack!r}: {problem}" for problem in keyed)) from None
        return cls(team=team, environment=environment, cluster=cluster, ledger=Ledger(team, known))

    @classmethod
    def from_stack(cls, teams: Iterable[str] = ()) -> Context:
        """The context of the stack that Pulumi runs now. `teams`: the names that may own a stack; empty allows any. Raises SpecError."""
        import pulumi  # here, so that builders and `idp schema` never load it
        from pulumi.runtime.config import CONFIG

        prefix, cluster = f"{NAMESPACE}:", [to_camel(name) for name in Cluster.model_fields]
        known = [*cluster, *EPHEMERAL_SETTINGS]
        given = {key.removeprefix(prefix): value for key, value in CONFIG.get().items() if key.startswith(prefix)}
        for key in given.keys() - known:  # other keys may be a team's own, but not what only looks like one of ours
            if near := difflib.get_close_matches(key, known, n=1, cutoff=0.75):
                raise SpecError(f"config {prefix}{key}: no such key; did you mean {prefix}{near[0]}? keys: {', '.join(known)}")
        values = {
            key: _list(f"config {prefix}{key}", value) if value.startswith("[") else value for key, value in given.items() if key in cluster
        }
        if chart := os.environ.get(VCLUSTER_CHART_VARIABLE):
            values.setdefault("vclusterChart", chart)
        found = cls.of(pulumi.get_stack(), values, teams)
        return replace(found, settings={key: given[key] for key in EPHEMERAL_SETTINGS if key in given})


def team_and_environment(stack: str, teams: Collection[str] = ()) -> tuple[str, str]:
    """What a stack's name says. `teams`: the names that may own a stack; empty allows any. Raises SpecError."""
    match = STACK_PATTERN.fullmatch(stack)
    if not match:
        raise SpecError(
            f"stack {stack!r}: name it <team>-<environment>; environments: {', '.join(PROFILES)}, "
            "pr-<number> or user-<letters and digits>, for example 'checkout-dev'"
        )
    team = check_name(match["team"], f"stack {stack!r}: team")
    if teams and team not in teams:
        raise SpecError(f"stack {stack!r}: team {team!r} does not exist; teams: {', '.join(sorted(teams))}, for example '{min(teams)}-dev'")
    return team, match["environment"]


def _list(place: str, value: str) -> Any:
    """A list as Pulumi hands it to a program. Raises SpecError."""
    try:
        return json.loads(value)
    except ValueError:
        raise SpecError(f"{place}: {value!r} is no JSON list; use for example '[\"ghcr.io/shop/\"]'") from None
