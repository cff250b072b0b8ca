"""Specs that the platform accepts, for property-based tests."""

from hypothesis import strategies as st

from idp_components import (
    Container,
    EphemeralEnvironmentSpec,
    Expose,
    Health,
    Metrics,
    Port,
    Resources,
    Scaling,
    ScheduledJobSpec,
    SecretKey,
    ServiceSpec,
    TeamSpec,
    VirtualCluster,
    WorkerSpec,
)

names = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
images = st.builds(lambda name, tag: f"registry.example.com/{name}:{tag}", names, st.from_regex(r"v[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True))
ports = st.integers(1, 65535)
variables = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True).filter(lambda name: name != "PORT")
text = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20)
paths = st.from_regex(r"/[a-z]{1,10}(/[a-z]{1,10}){0,2}", fullmatch=True)
commands = st.lists(text.filter(bool), min_size=1, max_size=3).map(tuple)


@st.composite
def resources(draw):
    cpu, memory = draw(st.integers(1, 2000)), draw(st.integers(1, 2048))
    return Resources(
        cpu_millicores=cpu,
        memory_mib=memory,
        cpu_limit_millicores=draw(st.none() | st.integers(cpu, 4000)),
        memory_limit_mib=draw(st.none() | st.integers(memory, 4096)),
    )


@st.composite
def scalings(draw):
    low = draw(st.none() | st.integers(1, 5))
    return Scaling(min_replicas=low, max_replicas=draw(st.none() | st.integers(low or 1, 20)), cpu_percent=draw(st.integers(10, 100)))


containers = st.builds(
    Container,
    EphemeralEnvironmentSpec,
    command=st.none() | commands,
    user_id=st.integers(1, 65535),
    writable_paths=st.lists(paths.map("/writable".__add__), unique=True, max_size=3).map(tuple),
    files=st.dictionaries(paths.map("/files".__add__), text, max_size=1),
    kubernetes_api=st.booleans(),
    shutdown_seconds=st.integers(1, 600),
)
common = {
    "image": images,
    "env": st.dictionaries(variables, text | st.builds(SecretKey, secret=names, key=st.just("key")), max_size=3),
    "resources": resources(),
    "container": containers,
}
services = st.builds(
    ServiceSpec,
    **common,
    port=ports | st.builds(Port, container=ports, service=ports),
    health=st.builds(Health, kind=st.sampled_from(["http", "tcp", "grpc"]), path=paths, startup_seconds=st.integers(5, 600)),
    scaling=scalings(),
    allow_from=st.lists(names, max_size=2, unique=True).map(tuple),
    metrics=st.none() | st.builds(Metrics, path=paths),
    migration=st.none() | commands,
)
web_services = st.builds(ServiceSpec, **common, port=ports, scaling=scalings(), expose=st.builds(Expose, path=paths))
workers = st.builds(WorkerSpec, **common, scaling=scalings(), health_command=st.none() | commands)


def schedule_fields(least, greatest, *words):
    """One field of a cron expression."""
    numbers = st.integers(least, greatest)
    ranges = st.tuples(numbers, numbers).map(lambda ends: f"{min(ends)}-{max(ends)}")
    steps = st.builds("{}/{}".format, st.just("*") | ranges, st.integers(1, 90))
    return st.lists(st.just("*") | numbers.map(str) | ranges | steps | st.sampled_from(words or ("*",)), min_size=1, max_size=2).map(
        ",".join
    )


schedules = st.just("@daily") | st.tuples(
    schedule_fields(0, 59),
    schedule_fields(0, 23),
    schedule_fields(1, 31),
    schedule_fields(1, 12, "jan", "DEC"),
    schedule_fields(0, 6, "mon", "Sat", "tue-fri"),
).map(" ".join)
time_zones = st.sampled_from(["Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kolkata"])
jobs = st.builds(ScheduledJobSpec, **common, schedule=schedules, time_zone=time_zones, retries=st.integers(0, 10))

groups = st.from_regex(r"[a-z]{1,10}(:[a-z-]{1,10}){0,2}", fullmatch=True).filter(lambda group: not group.startswith("system:"))
teams = st.builds(
    TeamSpec,
    VirtualCluster,
    groups=st.fixed_dictionaries({}, optional=dict.fromkeys(("viewer", "developer", "on_call", "pipeline"), groups)),
    repositories=st.lists(names.map(lambda name: f"https://git.example.com/{name}/"), max_size=3),
    owner=st.fixed_dictionaries(
        {},
        optional={
            "email": names.map(lambda name: f"{name}@example.com"),
            "slack_channel": names.map(lambda name: f"#{name}"),
            "cost_centre": st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", fullmatch=True),
        },
    ),
    budget_usd_per_month=st.none() | st.integers(1, 10_000_000),
)

people = st.from_regex(r"[a-z]{1,10}(@example\.com)?", fullmatch=True)
ephemeral_environments = st.builds(
    EphemeralEnvironmentSpec,
    owner=people,
    source_url=st.none() | st.integers(1, 10_000).map("https://github.com/shop/web/pull/{}".format),
    ttl_hours=st.none() | st.integers(1, 336),
    isolation=st.sampled_from(["namespace", "vcluster"]),
    viewers=st.lists(people, max_size=2, unique=True).map(tuple),
    groups=st.fixed_dictionaries({}, optional=dict.fromkeys(("viewer", "developer", "on_call", "pipeline"), groups)),
    virtual_cluster=st.builds(
        VirtualCluster,
        kubernetes=st.sampled_from(["v1.33.4", "v1.34.0"]),
        image_registry=st.none() | st.just("registry.example.com/mirror"),
        storage_gib=st.integers(1, 20),
        memory_limit_mib=st.integers(512, 4096),
    ),
)
