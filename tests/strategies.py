"""Specs that the platform accepts, for property-based tests."""

from hypothesis import strategies as st

from idp_components import (
    Bitbucket,
    BucketSpec,
    CacheSpec,
    CircleCi,
    Container,
    DatabaseSpec,
    Endpoint,
    EphemeralEnvironmentSpec,
    Expose,
    GitHub,
    GitLab,
    Health,
    HelmApplicationSpec,
    InCluster,
    Links,
    Metrics,
    Migration,
    PipelineIssuerSpec,
    PipelineRoleSpec,
    Port,
    QueueSpec,
    Resources,
    Scaling,
    ScheduledJobSpec,
    SecretKey,
    Seed,
    ServiceSpec,
    TeamSpec,
    TopicSpec,
    VirtualCluster,
    WorkerSpec,
)

names = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
images = st.builds(lambda name, tag: f"registry.example.com/{name}:{tag}", names, st.from_regex(r"v[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True))
ports = st.integers(1, 65535)
variables = st.from_regex(r"[A-Z][A-Z0-9_]{0,20}", fullmatch=True).filter(lambda name: name != "PORT")
text = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20)
paths = st.from_regex(r"/[a-z]{1,10}(/[a-z]{1,10}){0,2}", fullmatch=True)
addresses = st.builds("https://docs.example.com/{}#{}".format, names, names)
links = st.builds(Links, docs=st.none() | addresses, runbook=st.none() | addresses)
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
    links=links,
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

queues = st.builds(
    QueueSpec,
    fifo=st.booleans(),
    visibility_seconds=st.integers(1, 43_200),
    retention_days=st.integers(1, 14),
    max_receives=st.integers(1, 1000),
    max_age_minutes=st.integers(1, 20_160),
    links=links,
)
topics = st.builds(TopicSpec, display_name=st.none() | text.filter(bool))
buckets = st.builds(BucketSpec, versions_kept_days=st.integers(1, 3650), expire_after_days=st.none() | st.integers(1, 36_500))
caches = st.builds(
    CacheSpec,
    memory_mib=st.integers(32, 65_536),
    eviction=st.sampled_from(["allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-ttl", "noeviction"]),
    runs_on=st.none() | st.sampled_from(["cluster", "elasticache"]),
)


@st.composite
def databases(draw):
    engine, version = draw(st.sampled_from([("postgres", None), ("postgres", "17"), ("postgres", "16"), ("mysql", None), ("mysql", "8.4")]))
    storage = draw(st.integers(20, 65_536))
    ceiling = st.integers(-(-storage * 11 // 10), 65_536) if storage * 11 // 10 < 65_536 else st.none()
    replicas = draw(st.integers(0, 5))
    return DatabaseSpec(
        engine=engine,
        version=version,
        runs_on=draw(st.none() | st.sampled_from(["cluster", "rds"])),
        database_name=draw(st.none() | st.from_regex(r"data_[a-z0-9_]{0,50}", fullmatch=True)),
        storage_gib=storage,
        max_storage_gib=draw(st.none() | ceiling),
        instance_class=draw(st.none() | st.sampled_from(["db.t4g.micro", "db.t4g.small", "db.m7g.large", "db.r7g.16xlarge"])),
        backup_days=draw(st.none() | st.integers(7, 35)),
        read_replicas=replicas,
        blue_green_updates=not replicas and draw(st.booleans()),
        migration=draw(st.none() | st.builds(Migration, **common, command=commands, url=st.none() | st.just("A_DATABASE_URL"))),
        seeds=draw(
            st.dictionaries(names, st.builds(Seed, **common, command=commands, url=st.none() | st.just("A_DATABASE_URL")), max_size=2)
        ),
        in_cluster=draw(st.builds(InCluster, storage_gib=st.integers(1, 1024), resources=resources())),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
sources = st.just({"chart": "chart"}) | st.builds(
    lambda chart, scheme: {"chart": chart, "repository": f"{scheme}://charts.example.com", "version": "1.2.3"},
    names,
    st.sampled_from(["https", "oci"]),
)
greeter_values = st.fixed_dictionaries(
    {},
    optional={
        "greeting": text.filter(bool),
        "replicaCount": st.integers(1, 10),
        "service": st.fixed_dictionaries({"port": ports}),
        "podAnnotations": st.dictionaries(names, text, max_size=2),
    },
)
"""Values that the chart of the example takes."""
helm_applications = st.builds(
    lambda source, **fields: HelmApplicationSpec(**source, **fields),
    source=sources,
    values=greeter_values,
    crds=st.booleans(),
    timeout_seconds=st.integers(10, 3600),
    pod_labels=st.dictionaries(names, names, max_size=2),
    endpoint=st.none()
    | st.builds(Endpoint, port=ports, service=st.none() | names, pod_port=ports | st.just("http"), exposed=st.booleans()),
)

uuids = st.uuids().map(str)
slugs = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,30}", fullmatch=True)
repositories = st.builds("{}/{}".format, slugs, slugs)
references = st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_./@#+-]{0,30}", fullmatch=True), max_size=3, unique=True).map(tuple)
pipeline_sources = st.one_of(
    st.builds(
        GitHub,
        repository=repositories,
        branches=references,
        tags=references,
        environments=st.lists(slugs.filter(lambda name: name[0] != "_"), max_size=3).map(tuple),
        pull_requests=st.booleans(),
    ),
    st.builds(GitHub, repository=repositories, branches=references, owner_id=st.integers(1, 10**9), repository_id=st.integers(1, 10**9)),
    st.builds(
        GitLab,
        host=st.sampled_from(["gitlab.com", "git.example.com"]),
        project=repositories,
        branches=references,
        tags=references,
        pull_requests=st.booleans(),
    ),
    st.builds(
        Bitbucket,
        workspace=slugs,
        workspace_id=uuids,
        repository_id=uuids,
        environment_ids=st.lists(uuids, max_size=3).map(tuple),
        pull_requests=st.booleans(),
    ),
    st.builds(
        CircleCi,
        organization_id=uuids,
        project_id=uuids,
        repository=repositories.map("github.com/{}".format),
        branches=references,
        tags=references,
        pull_requests=st.booleans(),
    ),
)
pipeline_issuers = pipeline_sources.map(
    lambda source: PipelineIssuerSpec(
        issuer=source.model_dump(include={"provider", "host", "workspace", "workspace_id", "organization_id"})
    )
)
pipeline_roles = st.builds(
    lambda source, access, group: PipelineRoleSpec(source=source, access="preview" if source.pull_requests else access, group=group),
    pipeline_sources.filter(lambda source: source.subjects()),
    st.sampled_from(["deploy", "preview"]),
    st.none() | groups,
)
people = st.from_regex(r"[a-z]{1,10}(@example\.com)?", fullmatch=True)
ephemeral_environments = st.builds(
    EphemeralEnvironmentSpec,
    owner=people,
    source_url=st.none() | st.integers(1, 10_000).map("https://github.com/shop/web/pull/{}".format),
    ttl_hours=st.none() | st.integers(1, 336),
    isolation=st.sampled_from(["namespace", "vcluster", "uffizzi"]),
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
