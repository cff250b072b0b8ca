"""The test harness for teams' own stacks: run a program under Pulumi mocks, honestly, and look at what it would create."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi.runtime
from google.protobuf import empty_pb2
from pulumi.runtime import mocks, settings, stack
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.rpc import UNKNOWN as UNKNOWN_TEXT

from idp_components import rules
from idp_components.rules.engine_values import SECRET, SIGNATURE, decoded
from idp_components.rules.field import SecretText
from idp_components.rules.levels import STRICTEST, Level, environment_of
from idp_components.rules.packs import levels
from idp_components.rules.waivers import Place

MOCK_REGION, MOCK_ACCOUNT = "eu-central-1", "123456789012"
MOCK_PASSWORD = "generated"  # noqa: S105  nobody's
MOCK_TIME = "2026-01-01T00:00:00Z"
"""When every namespace of a test was made."""
NAMESPACE_TYPE = "kubernetes:core/v1:Namespace"
STACK_TYPE = "pulumi:pulumi:Stack"
INSTANCE_TYPE = "aws:rds/instance:Instance"
PASSWORD_TYPE = "random:index/randomPassword:RandomPassword"  # noqa: S105  a type


class Dishonest(AssertionError):
    """The program would not behave in an update as it seems to in a test; the message says where."""


@dataclass(frozen=True)
class Recorded:
    """One registered resource. Secret text in `props` is a `SecretText`; a value that a preview can't know is `UNKNOWN`."""

    type: str
    name: str
    urn: str
    parent: str
    props: dict[str, Any]
    custom: bool
    protected: bool = False
    """Whether the program protects it from deletion."""

    @property
    def judged(self) -> rules.Resource:
        """It as rules judge it."""
        return rules.Resource(self.type, self.name, self.props, self.urn, protected=self.protected, parent=self.parent)

    @property
    def kind(self) -> str:
        """The last part of the type: `Deployment`, `Service`."""
        return self.type.rsplit(":", 1)[-1]


@dataclass
class Recording:
    """What a program registered, in no particular order: Pulumi registers side by side."""

    resources: list[Recorded] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Outputs of components, by URN."""
    environment: str = ""
    """The environment in the stack's name: its rules count."""

    def manifests(self) -> list[dict[str, Any]]:
        """The Kubernetes objects."""
        return [resource.props for resource in self.resources if _is_object(resource)]

    def find(self, kind: str, name: str) -> Recorded:
        """The one resource of a kind and logical name. Raises LookupError."""
        found = [resource for resource in self.resources if (resource.kind, resource.name) == (kind, name)]
        if len(found) != 1:
            there = ", ".join(sorted(f"{resource.kind} {resource.name}" for resource in self.resources))
            raise LookupError(f"{len(found)} resources are {kind} {name!r}; there are: {there}")
        return found[0]

    def findings(self) -> list[rules.Finding]:
        """What the platform's rules find, in each resource and in all of them together."""
        return findings(self.resources)


def findings(resources: Iterable[Recorded]) -> list[rules.Finding]:
    """What the platform's rules find in these resources, taken as a whole stack. A rule that the packs switch off in the stack's
    environment is not asked."""
    judged = [resource.judged for resource in resources]
    environment = environment_of(Place.of(judged[0].urn).stack) if judged else STRICTEST
    chosen = [rule for rule, level in levels(environment).items() if level is not Level.DISABLED]
    return [*rules.findings(judged, chosen), *rules.stack_findings(judged, chosen)]


def run(
    program: Callable[[], object],
    *,
    stack_name: str = "test-dev",
    project: str = "idp",
    config: Mapping[str, str] | None = None,
    preview: bool = False,
) -> Recording:
    """Run a program to its end and return what it registered.

    `config` holds values by `project:key`. With `preview`, ids and outputs that only an update knows are unknown, as in a real
    preview of a new stack. The program's own exceptions come out unchanged. Raises Dishonest where a resource is registered
    twice or outside of any component, a component never registers its outputs, or a task is left behind unfinished.
    """
    monitor = _Monitor(preview, environment_of(stack_name))
    with _runtime(monitor, project, stack_name, dict(config or {}), preview) as loop:
        loop.run_until_complete(stack.run_pulumi_func(lambda: _ignore(program())))
        left = [task for task in asyncio.all_tasks(loop) if not task.done()]
    _check(monitor, left)
    return monitor.recording


class _Monitor(mocks.MockMonitor):
    """Records what is registered, and answers as the engine would: inputs come back as outputs."""

    def __init__(self, preview: bool, environment: str) -> None:
        super().__init__(_NoMocks())
        self.preview = preview
        self.recording = Recording(environment=environment)
        self.urns: set[str] = set()
        self.twice: list[str] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  the protocol's name
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if urn in self.urns:
            self.twice.append(urn)
        self.urns.add(urn)
        properties = request.object
        is_object = request.type.startswith("kubernetes:") and "kind" in properties.fields  # a release of helm is none
        metadata = properties.fields["metadata"].struct_value.fields if is_object else {}
        if is_object and not metadata["name"].string_value:
            metadata["name"].string_value = f"{request.name}-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"
        recorded = decoded(properties)
        if request.type.startswith("aws:") and not self.preview:
            _decided_by_aws(request.type, request.name, properties)
        if request.type == PASSWORD_TYPE and not self.preview:
            properties.update({"result": {SIGNATURE: SECRET, "value": MOCK_PASSWORD}})
        if request.type == NAMESPACE_TYPE:
            metadata["creationTimestamp"].string_value = UNKNOWN_TEXT if self.preview else MOCK_TIME
        self.recording.resources.append(
            Recorded(request.type, request.name, urn, request.parent, recorded, request.custom, request.protect)
        )
        identity = "" if self.preview or not request.custom else f"{request.name}-id"
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identity, object=properties)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        self.recording.outputs[request.urn] = decoded(request.outputs)
        return empty_pb2.Empty()


def _decided_by_aws(token: str, name: str, properties: Any) -> None:
    """Attributes that a new resource of AWS has without being asked for; they are no inputs, and not recorded."""
    service = token.split(":")[1].partition("/")[0]
    decided = {
        "arn": f"arn:aws:{service}:{MOCK_REGION}:{MOCK_ACCOUNT}:{name}",
        "url": f"https://{service}.example.com/{name}",
        "bucket": name,
        "address": f"{name}.{service}.example.com",
        "primaryEndpointAddress": f"{name}.{service}.example.com",
    }
    for attribute, value in decided.items():
        if attribute not in properties.fields:
            properties.fields[attribute].string_value = value
    if token == INSTANCE_TYPE and "manageMasterUserPassword" in properties.fields:
        properties.update({"masterUserSecrets": [{"secretArn": f"arn:aws:secretsmanager:{MOCK_REGION}:{MOCK_ACCOUNT}:secret:rds-{name}"}]})


class _NoMocks(pulumi.runtime.Mocks):
    """Functions of providers are not answered: a test that needs one says so instead of passing on an invention."""

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise Dishonest(f"the program calls {args.token}, which only a provider can answer; pass its result into the function under test")

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> Any:
        raise Dishonest(
            f"{args.name}: reading existing resources is not possible under mocks; pass what is read into the function under test"
        )


def _check(monitor: _Monitor, left: list[asyncio.Task[Any]]) -> None:
    recording = monitor.recording
    if monitor.twice:
        raise Dishonest(f"registered twice: {', '.join(sorted(monitor.twice))}; give one of them another name")
    components = {resource.urn for resource in recording.resources if not resource.custom}
    if silent := sorted(components - recording.outputs.keys()):
        raise Dishonest(f"never registered its outputs: {', '.join(silent)}; end the constructor with self.register_outputs({{…}})")
    if loose := sorted(r.urn for r in recording.resources if r.custom and r.parent not in components and not _is_provider(r)):
        raise Dishonest(f"outside of any component: {', '.join(loose)}; give it opts=ResourceOptions(parent=self)")
    if left:
        raise Dishonest(f"{len(left)} tasks never finished, the first is {left[0].get_name()}; await them, or return their Output")


def _is_object(resource: Recorded) -> bool:
    """Whether it makes a Kubernetes object; a patch adds to one that another resource makes."""
    return resource.type.startswith("kubernetes:") and "kind" in resource.props and not resource.type.endswith("Patch")


def _is_provider(resource: Recorded) -> bool:
    return resource.type.startswith("pulumi:providers:")


def _ignore(_: object) -> None:
    """Pulumi awaits what a program returns; ours return what they like."""


@contextmanager
def _runtime(
    monitor: _Monitor, project: str, stack_name: str, config: dict[str, str], preview: bool
) -> Iterator[asyncio.AbstractEventLoop]:
    """Pulumi's process-wide settings for one run, and none afterwards."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loud = "PULUMI_ERROR_OUTPUT_STRING"  # an Output in an f-string is an error, as it is in an update
    before = os.environ.get(loud)
    os.environ[loud] = "true"
    settings.reset_options()
    try:
        pulumi.runtime.set_mocks(_NoMocks(), project=project, stack=stack_name, preview=preview, monitor=monitor)
        pulumi.runtime.set_all_config(config)
        yield loop
    finally:
        settings.reset_options()
        pulumi.runtime.set_all_config({})
        if before is None:
            del os.environ[loud]
        else:
            os.environ[loud] = before
        asyncio.set_event_loop(None)
        loop.close()


def plain(value: Any) -> Any:
    """A recorded value for printing: secret text and values not known yet are only named."""
    if isinstance(value, SecretText):
        return "[secret]"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return "[unknown]" if value is rules.UNKNOWN else value


def config_text(value: Any) -> str:
    """A config value as Pulumi hands it to a program: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)
