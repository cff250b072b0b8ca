"""Context: who builds, where and for which environment. Read once from the stack's name and config."""

from __future__ import annotations

import difflib
import gc
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from idp_components.core import naming
from idp_components.core.ledger import Ledger
from idp_components.core.profiles import PROFILES, Profile
from idp_components.core.spec import Name, Spec, SpecError, check_name

NAMESPACE = "idp"
"""Namespace of the config that describes the cluster."""
STACK_PATTERN = re.compile(
    r"(?P<team>.+?)-(?P<environment>dev|staging|production|preview|pr-[0-9]{1,10}|user-(?!(?:dev|staging|production|preview)$)[a-z0-9]{1,15})"
)
"""A user's name is no environment's: `shop-user-dev` is the stack of a team `shop-user`. Its length fits MAX_DOMAIN_LENGTH."""
DOMAIN_PATTERN = r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$"
OIDC_PROVIDER_PATTERN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:oidc-provider/[A-Za-z0-9./_-]{1,200}$"
EXAMPLE_OIDC_PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE"
POLICY_PATTERN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:policy/[A-Za-z0-9+=,.@/_-]{1,200}$"
TOPIC_PATTERN = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$"
OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Nearly all objects of a stack's program stay until its end. Python looks for garbage after every 700 new ones, which at 1,000
services is a third of the program's time; this often, it is lost in the noise, and the memory is the same."""
EPHEMERAL_SETTINGS = ("owner", "sourceUrl", "ttlHours", "isolation")
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

    workload_identity: Literal["irsa", "pod-identity"] = "irsa"
    """How pods take IAM roles: through the cluster's OIDC provider, or through EKS Pod Identity."""
    oidc_provider: str | None = Field(default=None, pattern=OIDC_PROVIDER_PATTERN, examples=[EXAMPLE_OIDC_PROVIDER])
    """ARN of the IAM OIDC provider of the cluster, with `workloadIdentity: irsa`."""
    eks_cluster: str | None = Field(default=None, pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$", examples=["shop-production"])
    """Name of the EKS cluster, with `workloadIdentity: pod-identity`."""
    permissions_boundary: str | None = Field(default=None, pattern=POLICY_PATTERN, examples=["arn:aws:iam::123456789012:policy/teams"])
    """ARN of the IAM policy that no role of a team may exceed."""
    vcluster_chart: str = Field(default="https://charts.loft.sh", pattern=r"^(https://|oci://|/)\S+$", max_length=500)
    """Where the chart of virtual clusters comes from: a repository (https or oci), or the folder of a chart."""
    alarm_topic: str | None = Field(default=None, pattern=TOPIC_PATTERN, examples=["arn:aws:sns:eu-central-1:123456789012:alarms"])
    """ARN of the SNS topic that CloudWatch alarms go to."""

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
    provider: Any = field(default=None, compare=False, repr=False)
    """Pulumi's provider of the virtual cluster that everything of this context goes into; none for the stack's own cluster."""
    settings: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """What the stack's `idp:` config says about an ephemeral environment."""
    ledger: Ledger = field(compare=False, repr=False)

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
        elsewhere = self.profile.references_environment if self.is_ephemeral and team != self.team else None
        return elsewhere or self.environment

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
        return replace(self, team=team, ledger=Ledger(team, known))

    @classmethod
    def of(cls, stack: str, config: Mapping[str, Any], teams: Iterable[str] = ()) -> Context:
        """The context of a stack named `<team>-<environment>` with the values of its `idp:` config. Raises SpecError."""
        known = frozenset(teams)
        match = STACK_PATTERN.fullmatch(stack)
        if not match:
            raise SpecError(
                f"stack {stack!r}: name it <team>-<environment>; "
                f"environments: {', '.join(PROFILES)}, pr-<number> or user-<letters and digits>, for example 'checkout-dev'"
            )
        team = check_name(match["team"], f"stack {stack!r}: team")
        if known and team not in known:
            raise SpecError(
                f"stack {stack!r}: team {team!r} does not exist; teams: {', '.join(sorted(known))}, for example '{min(known)}-dev'"
            )
        cluster = Cluster.parse(dict(config), f"config of stack {stack!r}: idp")
        return cls(team=team, environment=match["environment"], cluster=cluster, ledger=Ledger(team, known))

    @classmethod
    def from_stack(cls, teams: Iterable[str] = ()) -> Context:
        """The context of the stack that Pulumi runs now. `teams`: the names that may own a stack; empty allows any. Raises SpecError."""
        import pulumi  # here, so that builders and `idp schema` never load it
        from pulumi.runtime.config import CONFIG

        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
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


def _list(place: str, value: str) -> Any:
    """A list as Pulumi hands it to a program. Raises SpecError."""
    try:
        return json.loads(value)
    except ValueError:
        raise SpecError(f"{place}: {value!r} is no JSON list; use for example '[\"ghcr.io/shop/\"]'") from None
