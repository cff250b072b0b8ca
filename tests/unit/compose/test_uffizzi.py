"""Uffizzi's compose files: there and back, what stays behind, and a team's file that runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import strategies
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from idp_components import Container, Context, Expose, Resources, SecretKey, ServiceSpec, WorkerSpec
from idp_components.cli import main
from idp_components.compose.export import compose, of_stack
from idp_components.compose.importer import project
from idp_components.compose.project import Link, Project, mebibytes, millicores
from idp_components.compose.team_file import team_file
from idp_components.core.spec import SpecError
from idp_components.testing import run

ROOT = Path(__file__).parents[3]
VOTE = """
services:
  redis:
    image: redis:7.4
    ports: ["6379"]
  vote:
    image: vote:v2
    environment: ["REDIS=redis:6379", "DEBUG=true"]
    depends_on: [redis]
    deploy: {resources: {limits: {memory: 250M}}}
    healthcheck: {test: curl localhost}
  worker:
    image: worker:v2
    environment: {REDIS: "redis:6379", LEVEL: 3, TOKEN: "${VOTE.TOKEN}"}
    secrets: [pg_password]
    healthcheck: {test: [CMD, /app, healthy]}
    volumes: ["data:/data"]
  result:
    build: {context: "https://github.com/vote/result:main"}
  latest:
    image: nginx:latest
secrets:
  pg_password: {external: true, name: PASSWORD}
volumes: {data: {}}
x-uffizzi:
  ingress: {service: vote, port: 8080}
  continuous_preview: {delete_preview_after: 10h, share_to_github: true}
"""


@st.composite
def resources(draw):
    found = draw(strategies.resources())
    same = found.memory_limit_mib == found.memory_mib  # two ways to say the same
    return found.model_copy(update={"memory_limit_mib": None}) if same else found


variables = st.from_regex(r"[A-Z][A-Z0-9_]{0,10}", fullmatch=True)
held = st.builds(SecretKey, secret=strategies.names, key=st.from_regex(r"[a-z][a-z._-]{0,8}[a-z]", fullmatch=True))
common = {
    "image": strategies.images,
    "env": st.dictionaries(variables, strategies.text | held, max_size=3),
    "resources": resources(),
    "container": st.builds(Container, command=st.none() | strategies.commands),
}


@st.composite
def projects(draw):
    names = draw(st.lists(strategies.names, min_size=1, max_size=4, unique=True))
    services = st.builds(ServiceSpec, **common, port=strategies.ports, health=st.just("tcp"))
    workers = st.builds(WorkerSpec, **common, health_command=st.none() | strategies.commands)
    workloads = {name: draw(services | workers) for name in names}
    exposed = draw(st.none() | st.sampled_from(names))
    if exposed and isinstance(workloads[exposed], ServiceSpec):
        workloads[exposed] = workloads[exposed].model_copy(update={"expose": Expose()})
    links = {}
    for index, name in enumerate(names):
        callees = [other for other in names[:index] if isinstance(workloads[other], ServiceSpec)]
        chosen = draw(st.lists(st.sampled_from(callees), unique=True, max_size=2)) if callees else []
        free = [Link(f"{target.upper().replace('-', '_')}_ADDRESS", target) for target in chosen]
        kept = tuple(link for link in free if link.variable not in workloads[name].env)
        if len({link.variable for link in kept}) == len(kept) and kept:
            links[name] = kept
    return Project(workloads, links, draw(st.none() | st.integers(1, 720)))


@given(projects())
def test_what_a_compose_file_can_say_comes_back_as_it_was(said):
    data, left = compose(said)
    back, lost = project(yaml.safe_load(yaml.safe_dump(data)), "file")
    assert lost == []
    if not left:  # one key of a Secret in two variables has no counterpart, and is listed
        assert back.workloads == said.workloads
    assert {name: set(links) for name, links in back.links.items()} == {name: set(links) for name, links in said.links.items()}
    assert back.ttl_hours == said.ttl_hours


@given(projects())
def test_uffizzis_own_rules_hold(said):
    data, _ = compose(said)
    for name, service in data["services"].items():
        assert re.fullmatch(r"(?!-)[a-z0-9-]{1,63}(?<!-)", name)
        assert re.fullmatch(r"[0-9]+[bkmg]", service["deploy"]["resources"]["limits"]["memory"])
        assert set(service.get("secrets", ())) <= data.get("secrets", {}).keys()
    assert all(secret["external"] is True and secret["name"] for secret in data.get("secrets", {}).values())
    if ingress := data["x-uffizzi"].get("ingress"):
        assert ingress["service"] in data["services"]
        assert 1 <= ingress["port"] <= 65535
    after = data["x-uffizzi"]["continuous_preview"].get("delete_preview_after", "72h")
    assert 1 <= int(re.fullmatch(r"([0-9]+)h", after)[1]) <= 720


@given(projects())
def test_a_teams_file_declares_the_same_services_when_it_is_run(said):
    namespace = {}
    exec(compile(team_file(said, "vote", 'it\'s """a file"""'), "vote.py", "exec"), namespace)
    declared = {}

    def keep():
        def made(name, spec, *, uses=(), context):  # noqa: ARG001  the signature is the component's
            declared[name] = (spec, tuple(uses))
            return type("Made", (), {"connection": staticmethod(lambda variable: Link(variable, name))})

        return made

    namespace.update(Service=keep(), Worker=keep())
    namespace["compose"](None)
    assert {name: spec for name, (spec, _) in declared.items()} == said.workloads
    assert {name: uses for name, (_, uses) in declared.items() if uses} == said.links


def imported(text=VOTE):
    return project(yaml.safe_load(text), "file")


def test_a_file_of_uffizzis_gives_services_workers_connections_and_hours():
    found, _ = imported()
    assert list(found.workloads) == ["redis", "vote", "worker"]
    assert found.workloads["vote"] == ServiceSpec(
        image="vote:v2", port=8080, health="tcp", expose=Expose(), env={"DEBUG": "true"}, resources=Resources(memory_mib=250)
    )
    assert found.workloads["worker"] == WorkerSpec(
        image="worker:v2",
        env={"LEVEL": "3", "PASSWORD": SecretKey(secret="pg-password", key="PASSWORD")},
        health_command=("/app", "healthy"),
    )
    assert found.links == {"vote": (Link("REDIS", "redis"),), "worker": (Link("REDIS", "redis"),)}
    assert found.ttl_hours == 10


def test_everything_that_stays_behind_is_listed_with_its_place():
    _, left = imported()
    assert left == [
        "vote.healthcheck: a service is asked by http, grpc or tcp; it got tcp",
        "worker.volumes: no counterpart",
        "worker.environment.TOKEN: comes from outside of the file; give it to the component as one of its secrets",
        "worker.secrets.pg_password: its value; make a Secret 'pg-password' with the key 'PASSWORD'",
        "result.build: no counterpart",
        "result: left out: image: is required: build it in a pipeline and name it by a tag or digest",
        "latest: left out: image: 'nginx:latest' is refused: an image needs a tag other than 'latest', or a digest, "
        "so that every pod runs the same code, for example image='registry.example.com/shop/cart:v1.4.2'",
        "volumes: no counterpart",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("services: {a: {image: 'a:v1', command: run}}", "a.command: 'run' goes behind the image's own entry point"),
        ("services: {a: {image: 'a:v1', ports: ['80', '81']}}", "a.ports: a service has one port, which is 80; not 81"),
        ("services: {a: {image: 'a:v1', ports: ['80-90']}}", "a.ports: one of ['80-90'] is no port"),
        ("services: {a: {image: 'a:v1', deploy: {replicas: 3}}}", "a.deploy.replicas: no counterpart"),
        ("services: {a: {image: 'a:v1', deploy: {resources: {limits: {memory: much}}}}}", "a.deploy.resources: 'much' is no amount"),
        ("services: {a: {image: 'a:v1', secrets: [x]}}", "a.secrets: 'x' is none of the file's secrets"),
        ("services: {a: {image: 'a:v1'}, b: {image: 'b:v1', depends_on: [a]}}", "b.depends_on: a: nothing says by which variable"),
        (
            "{services: {a: {image: 'a:v1'}}, x-uffizzi: {ingress: {service: b, port: 1}}}",
            "x-uffizzi.ingress: 'b' is no service that came along",
        ),
        (
            "{services: {a: {image: 'a:v1'}}, x-uffizzi: {continuous_preview: {delete_preview_after: soon}}}",
            "delete_preview_after: 'soon' is no",
        ),
        ("services: {A_b: {image: 'a:v1'}}", "A_b: left out: A_b: 'A_b' is not a usable name"),
    ],
)
def test_each_thing_that_can_not_come_along_has_a_reason(text, line):
    assert [each for each in imported(text)[1] if each.startswith(line)]


def test_services_that_call_each_other_keep_one_direction():
    both = "services: {a: {image: 'a:v1', expose: [1], environment: {B: 'b:2'}}, b: {image: 'b:v1', expose: [2], environment: {A: 'a:1'}}}"
    found, left = imported(both)
    assert found.links == {"a": (Link("B", "b"),)}
    assert left == ["b.environment.A: a calls b too"]


def test_an_entry_point_and_its_arguments_are_one_command_in_text_or_in_a_list():
    one = "services: {a: {image: 'a:v1', entrypoint: /app, command: \"serve --name 'a b'\"}}"
    assert imported(one)[0].workloads["a"].container.command == ("/app", "serve", "--name", "a b")
    two = "services: {a: {image: 'a:v1', entrypoint: [/app], command: [serve, $$HOME]}}"
    assert imported(two)[0].workloads["a"].container.command == ("/app", "serve", "$HOME")
    assert imported("services: {a: {image: 'a:v1', entrypoint: \"/app 'x\"}}")[1] == [
        "a.entrypoint: \"/app 'x\" can't be split into words: No closing quotation"
    ]


def test_the_older_names_of_sections_are_understood():
    old = "{services: {a: {image: 'a:v1'}}, x-uffizzi-ingress: {service: a, port: 80}, x-uffizzi-continuous-preview: {delete_preview_after: 3h}}"
    found, left = imported(old)
    assert (found.workloads["a"].port, found.ttl_hours, left) == (80, 3, [])


@pytest.mark.parametrize("text", ["[]", "text", "services: []", "services: {}", "{}"])
def test_what_is_no_compose_file_is_refused(text):
    with pytest.raises(SpecError, match="file: is no compose file: it needs services"):
        imported(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["image", "environment", "deploy", "resources", "limits", "secrets", "ports", "x"]), inner, max_size=4
            )
        ),
        max_leaves=10,
    )
)
def test_any_service_is_carried_or_listed_and_nothing_else_is_raised(said):
    found, left = project({"services": {"a": said}}, "file")
    assert "a" in found.workloads or any(line.startswith("a: left out: ") for line in left)


@pytest.mark.parametrize(
    ("text", "size"), [("250m", 250), ("250M", 250), ("1g", 1024), ("1k", 1), ("250000000b", 239), ("x", None), (5, None)]
)
def test_sizes_are_read_as_compose_means_them(text, size):
    assert mebibytes(text) == size


@pytest.mark.parametrize(("text", "size"), [("0.5", 500), (2, 2000), ("x", None), ("inf", None), (None, None), ("0", None)])
def test_cpus_are_read_as_compose_means_them(text, size):
    assert millicores(text) == size


def test_what_a_stack_says_beyond_a_compose_file_is_listed():
    found, outside = of_stack("checkout-pr-42", ROOT)
    assert found.ttl_hours == 48
    assert found.links["checkoutservice"][0] == Link("CART_SERVICE_ADDR", "cartservice")
    assert "carts: a Cache has no counterpart; add a service that stands in for it" in outside
    assert "checkoutservice: catalog/productcatalogservice:3550 stays outside" in outside
    data, unsaid = compose(found)
    assert data["services"]["checkoutservice"]["environment"]["CART_SERVICE_ADDR"] == "cartservice:7070"
    assert "cartservice.health: grpc, which only a command inside the image can ask in a compose file" in unsaid
    assert "cartservice.allow_from: no counterpart" in unsaid


def idp(*arguments):
    return CliRunner().invoke(main, arguments)


def test_the_commands_go_there_and_back(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    written = idp("emit", "uffizzi", "storefront-dev", "--output", str(tmp_path))
    assert written.exit_code == 0
    assert "not carried: loadgenerator" not in written.stderr
    path = tmp_path / "docker-compose.uffizzi.yml"
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 0
    assert idp("import", "uffizzi", str(path), "--team", "copied", "--output", str(tmp_path)).exit_code == 0
    namespace = {}
    exec((tmp_path / "copied.py").read_text(), namespace)
    recording = run(lambda: namespace["compose"](Context.of("copied-dev", {"domain": "example.com"})))
    names = {resource.name for resource in recording.resources if resource.kind in ("Service", "Worker") and not resource.custom}
    assert names == {"adservice", "frontend", "loadgenerator", "recommendationservice"}
    assert recording.findings() == []


def test_a_team_file_that_is_there_is_only_replaced_by_force(tmp_path):
    path = tmp_path / "compose.yml"
    path.write_text(VOTE)
    (tmp_path / "vote.py").write_text("mine")
    assert idp("import", "uffizzi", str(path), "--team", "vote", "--output", str(tmp_path)).exit_code == 2
    assert (tmp_path / "vote.py").read_text() == "mine"
    path.write_text("a: [")
    assert "can't be read" in idp("import", "uffizzi", str(path), "--team", "vote").stderr
