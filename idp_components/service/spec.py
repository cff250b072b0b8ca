"""What a team may say about a Service, a Worker and a ScheduledJob."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from idp_components.core.links import Links
from idp_components.core.spec import Name, PortNumber, Spec
from idp_components.service import schedule

IMAGE_PATTERN = re.compile(
    r"(?P<name>[a-z0-9]+([._-]+[a-z0-9]+)*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*)(:(?P<tag>\w[\w.-]{0,127}))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)
"""Grammar of image references (distribution/reference)."""
DATA_KEY = r"\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]{0,251}"
"""Key of a ConfigMap or Secret (`IsConfigMapKey` of the API server)."""
SEGMENT = r"\.?[-_~a-zA-Z0-9][-._~a-zA-Z0-9]*"
"""Part of a URL's path; `.`, `..` and empty parts are refused by Ingress and HTTPRoute."""
MAX_FILES_BYTES = 1_000_000
"""Size of all files of one container: a ConfigMap holds 1 MiB with everything around them."""
NONROOT_UID = 65532
"""User `nonroot` of distroless images; any image with readable files runs under it."""

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^\s:]*[^\s:/]$"), Field(examples=["/var/cache/app"])]
FilePath = Annotated[str, StringConstraints(pattern=rf"^/([^\s:/]+/)*{DATA_KEY}$")]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[-A-Za-z0-9]+$")]


class SecretKey(Spec):
    """A value that stays in a Kubernetes Secret of the team's namespace."""

    secret: Name
    """Name of the Secret."""
    key: str = Field(pattern=rf"^{DATA_KEY}$", examples=["api-key"])
    """Key inside it."""


class Resources(Spec):
    """What one container asks for, and what it may use at most."""

    cpu_millicores: int = Field(default=100, ge=1, le=64_000, examples=[100])
    """CPU request in thousandths of a core."""
    cpu_limit_millicores: int | None = Field(default=None, ge=1, le=64_000, examples=[200])
    """CPU limit in thousandths of a core; none by default, since a limit throttles even when the node is idle."""
    memory_mib: int = Field(default=128, ge=1, le=1_048_576, examples=[128])
    """Memory request in MiB."""
    memory_limit_mib: int | None = Field(default=None, ge=1, le=1_048_576, examples=[256])
    """Memory limit in MiB; the request by default, so that a pod is never evicted for memory it was promised."""

    @model_validator(mode="after")
    def _limits_reach_requests(self) -> Self:
        for unit, request, limit in (
            ("cpu_limit_millicores", self.cpu_millicores, self.cpu_limit_millicores),
            ("memory_limit_mib", self.memory_mib, self.memory_limit_mib),
        ):
            if limit is not None and limit < request:
                raise ValueError(
                    f"{unit}={limit} is below the request of {request}: use at least {request}, for example {unit}={request * 2}"
                )
        return self


class Health(Spec):
    """How Kubernetes asks whether the workload is well."""

    kind: Literal["http", "grpc", "tcp"] = Field(default="http", examples=["grpc"])
    """`http` asks a path, `grpc` the standard gRPC health service, `tcp` only opens the port."""
    path: str = Field(default="/healthz", pattern=r"^/\S*$", examples=["/healthz"])
    """Path asked with `http`."""
    headers: dict[HeaderName, str] = Field(default_factory=dict, examples=[{"Cookie": "probe=1"}])
    """Headers sent with `http`."""
    startup_seconds: int = Field(default=60, ge=5, le=1800, examples=[60])
    """Time a new pod has until it answers, in seconds."""


class Port(Spec):
    """A port whose number outside differs from the one inside the container."""

    container: PortNumber
    """Port that the process listens on."""
    service: PortNumber
    """Port that others connect to."""


class Scaling(Spec):
    """How many pods run. What isn't said comes from the environment's profile."""

    min_replicas: int | None = Field(default=None, ge=1, le=500, examples=[2])
    """Pods that always run."""
    max_replicas: int | None = Field(default=None, ge=1, le=500, examples=[10])
    """Ceiling of the autoscaler; equal to the minimum: a fixed number, no autoscaler."""
    cpu_percent: int = Field(default=70, ge=10, le=100, examples=[70])
    """CPU, in percent of the request, above which pods are added."""
    memory_percent: int = Field(default=80, ge=10, le=100, examples=[80])
    """Memory, in percent of the request, above which pods are added."""

    @model_validator(mode="after")
    def _max_reaches_min(self) -> Self:
        if self.min_replicas is not None and self.max_replicas is not None and self.max_replicas < self.min_replicas:
            raise ValueError(
                f"max_replicas={self.max_replicas} is below min_replicas={self.min_replicas}: "
                f"use at least {self.min_replicas}, for example max_replicas={self.min_replicas * 2}"
            )
        return self


class Expose(Spec):
    """Makes a service reachable from outside, with TLS."""

    host: str | None = Field(
        default=None, pattern=r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$", max_length=253, examples=["shop.example.com"]
    )
    """Host name; `<service>.<team>-<environment>.<domain>` by default."""
    path: str = Field(default="/", pattern=rf"^/({SEGMENT}(/{SEGMENT})*/?)?$", examples=["/api"])
    """Path prefix that leads to the service."""


class Metrics(Spec):
    """Where the workload serves its metrics for Prometheus."""

    port: PortNumber | None = None
    """Port; that of the service by default."""
    path: str = Field(default="/metrics", pattern=r"^/\S*$", examples=["/metrics"])
    """Path of the metrics."""


class Container(Spec):
    """How the container runs, where it differs from the hardened default."""

    command: tuple[str, ...] | None = Field(default=None, examples=[["/app", "serve"]])
    """Entry point and arguments in place of the image's own."""
    user_id: int = Field(default=NONROOT_UID, ge=1, le=2**31 - 1, examples=[1000])
    """User and group of the process; never root."""
    writable_paths: tuple[AbsolutePath, ...] = Field(default=("/tmp",), examples=[["/tmp", "/var/cache/app"]])
    """Folders that the process may write to; they are empty at every start. The root file system is read-only."""
    files: dict[FilePath, str] = Field(default_factory=dict, examples=[{"/etc/app/config.yaml": "log: info"}])
    """Configuration files by path. A change rolls the workload out."""
    kubernetes_api: bool = False
    """Whether the process gets a token for the Kubernetes API. What it may do there is granted to its service account."""
    shutdown_seconds: int = Field(default=30, ge=1, le=3600, examples=[30])
    """Time that a pod has to finish its work when it is told to stop, in seconds."""

    @field_validator("files")
    @classmethod
    def _files_have_names_of_their_own(cls, files: dict[str, str]) -> dict[str, str]:
        names = [path.rsplit("/", 1)[1] for path in files]
        if doubled := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two files are named {doubled!r}: give each its own file name, for example /etc/app/{doubled}.d/1-{doubled}")
        if (size := sum(len(content.encode()) for content in files.values())) > MAX_FILES_BYTES:
            raise ValueError(f"the files have {size} bytes: use at most {MAX_FILES_BYTES}, or put them into the image")
        return files

    @model_validator(mode="after")
    def _paths_are_mounted_once(self) -> Self:
        paths = [*self.writable_paths, *self.files]
        if doubled := next((path for path in paths if paths.count(path) > 1), None):
            raise ValueError(
                f"{doubled!r} is used twice: each of writable_paths and files has a path of its own, for example '{doubled}-2'"
            )
        return self


class Workload(Spec):
    """What all workloads have in common."""

    image: str = Field(examples=["registry.example.com/shop/cart:v1.4.2"])
    """Image with a tag other than `latest`, or with a digest."""
    env: dict[Variable, str | SecretKey] = Field(default_factory=dict, repr=False, examples=[{"LOG_LEVEL": "info"}])
    """Environment variables: plain values, or keys of Secrets. Values that are secret come by the component's `secrets`."""
    resources: Resources = Resources()
    """CPU and memory."""
    container: Container = Container()
    """How the container runs, where it differs from the hardened default."""
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict, examples=[{"Deployment": {"spec": {"minReadySeconds": 10}}}])
    """JSON merge patches by kind, for what no field says. They are recorded and still judged by the rules."""

    @field_validator("image")
    @classmethod
    def _image_is_pinned(cls, image: str) -> str:
        match = IMAGE_PATTERN.fullmatch(image)
        if not match or len(image) > 512:
            raise ValueError("not an image reference; use registry/name:tag")
        if match["digest"] is None and match["tag"] in (None, "latest"):
            raise ValueError("an image needs a tag other than 'latest', or a digest, so that every pod runs the same code")
        return image


class ServiceSpec(Workload):
    """What a team may say about a service: something that listens on a port."""

    port: PortNumber | Port = Field(examples=[8080])
    """Port that the process listens on, as `PORT` tells it, and others connect to; `Port(container=8080, service=80)` where they differ."""
    health: Health = Health()
    """Health check; `health="grpc"` is short for `Health(kind="grpc")`."""
    scaling: Scaling = Scaling()
    """How many pods run."""
    expose: Expose | None = None
    """Reachable from outside; by default only from inside the cluster."""
    allow_from: tuple[Name, ...] = Field(default=(), examples=[["storefront"]])
    """Teams whose workloads may call this service, in the same environment. The own team needs no entry: its connections suffice."""
    metrics: Metrics | None = None
    """Metrics for Prometheus; by default none."""
    migration: tuple[str, ...] | None = Field(default=None, min_length=1, examples=[["/app", "migrate"]])
    """Command that runs once, in the new image, before a new version starts; if it fails, the old version stays."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/cart"}])
    """Documentation and runbook, shown in the catalogue."""

    @field_validator("health", mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _metrics_have_a_port_of_their_own(self) -> Self:
        if self.metrics and self.metrics.port == self.ports.service != self.ports.container:
            raise ValueError(
                f"metrics.port={self.metrics.port} is the service's own port: use another, "
                f"for example port=Port(container={self.ports.container}, service={self.ports.container})"
            )
        return self

    @property
    def ports(self) -> Port:
        """The port inside the container and the port outside."""
        return self.port if isinstance(self.port, Port) else Port(container=self.port, service=self.port)


class WorkerSpec(Workload):
    """What a team may say about a worker: something that runs all the time and listens nowhere."""

    scaling: Scaling = Scaling()
    """How many pods run."""
    health_command: tuple[str, ...] | None = Field(default=None, min_length=1, examples=[["/app", "healthy"]])
    """Command that exits 0 while the worker is well; by default a worker is well while its process runs."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/cart"}])
    """Documentation and runbook, shown in the catalogue."""


class ScheduledJobSpec(Workload):
    """What a team may say about a job that runs on a schedule."""

    schedule: str = Field(examples=["30 2 * * *"], json_schema_extra={"pattern": schedule.PATTERN})
    """Cron expression (five fields) or `@daily` and the like."""
    time_zone: str = Field(default="Etc/UTC", pattern=r"^[A-Za-z]+([/_+-][A-Za-z0-9]+)*$", examples=["Europe/Berlin"])
    """IANA time zone of the schedule."""
    deadline_seconds: int = Field(default=3600, ge=10, le=86_400, examples=[3600])
    """Time that one run may take, in seconds."""
    retries: int = Field(default=2, ge=0, le=10, examples=[2])
    """How often a failed run is tried again."""
    links: Links = Field(default=Links(), examples=[{"runbook": "https://wiki.example.com/runbooks/cart"}])
    """Documentation and runbook, shown in the catalogue."""

    @field_validator("schedule")
    @classmethod
    def _schedule_can_be_read(cls, value: str) -> str:
        if problem := schedule.problem(value):
            raise ValueError(problem)
        return value

    @field_validator("time_zone")
    @classmethod
    def _time_zone_exists(cls, value: str) -> str:
        known = _time_zones()  # empty on a machine without the database; the API server has the last word there
        if known and value not in known:
            raise ValueError("no such time zone in the IANA database")
        return value


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
