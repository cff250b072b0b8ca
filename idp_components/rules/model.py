"""The model: resources, the rules that judge them, and what a rule found."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar, cast

from idp_components.rules.field import Field, Problem, path, shown
from idp_components.rules.pod import ROLLOUT, TEMPLATES, Pod
from idp_components.rules.regex import regex

Options = Mapping[str, Any]
"""What the owner of a policy pack configures for one rule, for example `{"registries": ["ghcr.io/acme"]}`."""


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Resource:
    """What a rule judges: one resource as the Pulumi engine, a builder or a manifest file has it.

    `type` is Pulumi's token (`kubernetes:apps/v1:Deployment`); `props` are plain JSON values in the API's own spelling, with
    `UNKNOWN` where a preview can't know. `namespace` is where the object goes when its metadata doesn't say (text, or `UNKNOWN`).
    """

    type: str
    name: str
    props: Any
    urn: str = ""
    namespace: Any = ""
    protected: bool = False
    """Whether the stack's program protects it from deletion."""
    parent: str = ""
    """URN of the resource that it belongs to."""
    dependencies: tuple[str, ...] = ()
    """URNs of what it was made after. Only whole stacks know."""
    origin: Field | None = field(default=None, compare=False, repr=False)
    """The element of a list that this resource is; its paths then start at the list."""

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], namespace: str = "") -> Resource:
        """A Kubernetes object as in a manifest file."""
        return cls(type=token_of(manifest.get("apiVersion"), manifest.get("kind")), name="", props=manifest, namespace=namespace)

    @cached_property
    def root(self) -> Field:
        return self.origin or Field(self.props)

    @cached_property
    def home(self) -> Any:
        """The namespace that an object of Kubernetes goes to."""
        return self.root.get("metadata", "namespace").value or self.namespace or "default"

    @cached_property
    def group_kind(self) -> tuple[str, str]:
        """The API group (`core` for the nameless one) and the kind, without the `Patch` of a patch resource."""
        return group_kind(self.type)

    @cached_property
    def aws(self) -> str:
        """Service and kind of a resource of AWS: `rds/Instance`, also for `aws:s3/bucketV2:BucketV2` (`s3/Bucket`); else empty."""
        return aws_kind(self.type)

    @cached_property
    def ancestors(self) -> tuple[str, ...]:
        """The types of the components around it, outermost first, as its URN has them: `("idp:index:Database",)`."""
        types = self.urn.split("::")[2:3]
        return tuple(types[0].split("$")[:-1]) if types else ()

    @cached_property
    def partial(self) -> bool:
        """Whether this is a server-side apply patch, which may leave out anything."""
        return self.type.endswith("Patch") and group_kind(self.type) != _split(self.type)

    @property
    def by_reference(self) -> bool:
        """Whether this is a Rollout that takes its pods from a Deployment, which is judged in its place."""
        return self.type.endswith(":Rollout") and self.group_kind == ROLLOUT and self.root.get("spec", "workloadRef").value is not None

    @cached_property
    def pod(self) -> Pod:
        """The pod of a kind that carries one; of any other kind an empty pod."""
        return Pod(self.root.get(*TEMPLATES.get(self.group_kind, ("template",))))

    @cached_property
    def label(self) -> str:
        """`Deployment checkout-dev/cartservice`, for messages."""
        metadata = self.root.get("metadata")
        name = shown(metadata.get("name").value) or shown(self.name) or shown(metadata.get("generateName").value)
        namespace = shown(metadata.get("namespace").value) or shown(self.namespace)
        place = "/".join(part.strip('"') for part in (namespace, name) if part)
        return f"{self.aws.replace('/', '.') or self.group_kind[1]} {place or 'without a name'}"

    def parts(self) -> Iterator[Resource]:
        """The objects of a `List`, `PodList` and so on (in lists within lists too); otherwise the resource itself."""
        pending = [self]
        while pending:
            resource = pending.pop()
            if resource.type.endswith("List") and (items := list(resource.root.get("items").items())):
                pending.extend(resource._element(item) for item in reversed(items))
            else:
                yield resource

    def _element(self, item: Field) -> Resource:
        api_version, kind = item.get("apiVersion").value, item.get("kind").value
        token = token_of(api_version, kind) if isinstance(kind, str) else self.type.removesuffix("List")
        return replace(self, type=token, name="", props=item.value, origin=item)


@dataclass(frozen=True)
class Framework:
    """The public standard that a rule comes from."""

    name: str
    version: str
    specification: str = ""
    url: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Rule:
    """One thing that must hold. What rules judge, one resource or a whole stack, is said by the two kinds below."""

    id: str
    title: str
    """One line: what must hold."""
    severity: Severity
    rationale: str
    """What goes wrong otherwise."""
    fix: str
    """What to write; the golden path first."""
    source: str
    """Address of the text that the rule follows."""
    framework: Framework | None = None
    tags: tuple[str, ...] = ()
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """JSON Schema of each option, with its default."""

    @cached_property
    def defaults(self) -> Options:
        """What its options are where nobody configures them."""
        return {name: schema["default"] for name, schema in self.options.items() if "default" in schema}


@dataclass(frozen=True, eq=False, kw_only=True)
class ResourceRule(Rule):
    """Holds for every resource of some types, whatever stands beside it. `check` is pure, and raises on no input."""

    applies: Callable[[str], bool]
    """Whether the rule has something to say about a type token."""
    check: Callable[[Resource, Options], Iterator[Problem]]
    remedy: Callable[[Resource, Options], dict[str, Any] | None] | None = None
    """New properties that add what is missing, so that the rule holds; none where that isn't possible. It changes nothing in place.
    Only rules whose remedy is additive and safe have one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StackRule(Rule):
    """Holds for a stack, or a folder of manifests, as a whole. `check` is pure, and raises on no input."""

    check: Callable[[Stack, Options], Iterator[tuple[Resource, Problem]]]
    """Yields each problem with the resource that it is shown at."""


T = TypeVar("T")


class Stack:
    """All resources of a stack, or of a folder of manifests, for rules that look at how they fit together."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self.resources = [part for resource in resources for part in resource.parts()]
        self._derived: dict[Hashable, Any] = {}

    def of(self, *kinds: tuple[str, str] | str) -> list[Resource]:
        """Those of some kinds: `("apps", "Deployment")` of Kubernetes, `"rds/Instance"` of AWS. Patches aren't among them."""
        return [resource for kind in kinds for resource in self._by_kind.get(kind, ())]

    def once(self, derive: Callable[..., T], *arguments: Hashable) -> T:
        """What `derive` makes of this stack, made once for all rules: an index."""
        asked = (derive, arguments)
        if asked not in self._derived:
            self._derived[asked] = derive(self, *arguments)
        return cast("T", self._derived[asked])

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str] | str, list[Resource]]:
        found: dict[tuple[str, str] | str, list[Resource]] = {}
        for resource in self.resources:
            if not (resource.partial or resource.by_reference):
                found.setdefault(resource.aws or resource.group_kind, []).append(resource)
        return found


@dataclass(frozen=True)
class Finding:
    """What a rule says about one place in a resource."""

    rule: Rule
    resource: Resource
    keys: tuple[str | int, ...]
    """Where in the resource: `("spec", "template", "spec", "containers", 0, "image")`."""
    message: str
    """One sentence that names the resource, the place, what is wrong and what to do. It holds no value that could be a secret."""
    undecided: bool = False
    """True where a value that decides is unknown: neither a pass nor a violation."""

    @property
    def path(self) -> str:
        """The place as text: `spec.template.spec.containers[0].image`."""
        return path(self.keys)


def group_kind(token: str) -> tuple[str, str]:
    """`kubernetes:apps/v1:DeploymentPatch` → `("apps", "Deployment")`. The suffix stays in kinds that aren't Kubernetes' own."""
    group, kind = _split(token)
    own = group and ("." not in group or group.endswith(".k8s.io"))
    return (group, kind.removesuffix("Patch") or kind) if own else (group, kind)


_AWS_TOKEN = regex(r"aws:(?P<service>[^/:]+)(?:/[^:]*)?:(?P<kind>.+?)(?:V[0-9]+)?")


def aws_kind(token: str) -> str:
    """`aws:rds/instance:Instance` → `rds/Instance`. A later edition of a kind (`BucketV2`) has the same properties as far as rules ask."""
    match = _AWS_TOKEN.fullmatch(token)
    return f"{match['service']}/{match['kind']}" if match else ""


def _split(token: str) -> tuple[str, str]:
    package, _, rest = token.partition(":")
    module, _, kind = rest.rpartition(":")
    return (module.rpartition("/")[0] or module, kind) if package == "kubernetes" else ("", kind)


def token_of(api_version: Any, kind: Any) -> str:
    """Pulumi's type token of a Kubernetes object: `apps/v1`, `Deployment` → `kubernetes:apps/v1:Deployment`."""
    version = api_version if isinstance(api_version, str) else ""
    return f"kubernetes:{version if '/' in version else f'core/{version}'}:{kind if isinstance(kind, str) else ''}"
