"""`idp check` as a person, an editor and a pipeline use it."""

import json
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from idp_components.cli.check import check
from idp_components.core.spec import SpecError
from idp_components.rules import Resource
from idp_components.rules.cases import base

BAD = """\
# A comment, so that lines and documents differ.
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop-dev}
---
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: {name: web, namespace: shop-dev}
    spec:
      hostNetwork: true
      serviceAccountName: web
"""
LINE_OF_HOST_NETWORK = 13


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, stdin: str | bytes | None = None, color: bool = False) -> Result:
        return CliRunner().invoke(check, arguments, input=stdin, color=color)

    return invoke


@pytest.fixture
def deployment() -> dict[str, Any]:
    return base("Deployment")


@pytest.fixture
def good(deployment: dict[str, Any]) -> str:
    return yaml.safe_dump(deployment)


def test_a_clean_file_says_how_much_was_judged(run: Any, good: str) -> None:
    Path("web.yaml").write_text(good, encoding="utf-8")
    result = run("web.yaml")
    assert (result.exit_code, result.output) == (0, "1 resource judged: nothing found.\n")


def test_a_cluster_role_means_the_same_alone_as_beside_anything(run: Any) -> None:
    rules = [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reach"}, "rules": rules}
    Path("role.yaml").write_text(yaml.safe_dump(role))
    result = run("role.yaml")
    assert result.exit_code == 1
    assert "stack-rbac-reach-into-pods" in result.output


def test_a_finding_names_resource_level_rule_place_and_fix(run: Any) -> None:
    Path("web.yaml").write_text(BAD, encoding="utf-8")
    result = run("web.yaml")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[:3] == [
        "mandatory critical kubernetes-host-namespaces  A pod has its own network, process and IPC namespaces.",
        "  Fix: Remove hostNetwork, hostPID and hostIPC; reach other workloads through a Service.",
        f"  web.yaml:{LINE_OF_HOST_NETWORK}  Pod shop-dev/web: hostNetwork is true; remove it",
    ]
    assert lines[-1] == "2 resources judged: 1 mandatory finding, 1 advisory finding in 1 resource."


def test_colour_is_for_terminals_only(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run("-", stdin=BAD).output
    assert "\x1b[31m" in run("-", stdin=BAD, color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("-", stdin=BAD, color=True).output


def test_machines_get_json_with_path_and_line(run: Any) -> None:
    report = json.loads(run("-", "--json", stdin=BAD).stdout)
    assert (report["resources"], report["judged"]) == (2, 2)
    first = report["findings"][0]
    assert (first["rule"], first["level"], first["severity"]) == ("kubernetes-host-namespaces", "mandatory", "critical")
    assert (first["file"], first["line"], first["path"]) == ("stdin", LINE_OF_HOST_NETWORK, "items[0].spec.hostNetwork")
    assert first["resource"] == "Pod shop-dev/web"


def test_a_missing_field_is_placed_at_its_nearest_parent(run: Any, deployment: dict[str, Any]) -> None:
    del deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"]
    text = yaml.safe_dump(deployment)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "securityContext:")
    assert json.loads(run("-", "--json", stdin=text).stdout)["findings"][0]["line"] == line


def test_advice_fails_only_when_asked_to(run: Any, deployment: dict[str, Any]) -> None:
    del deployment["spec"]["template"]["spec"]["automountServiceAccountToken"]
    text = yaml.safe_dump(deployment)
    assert run("-", stdin=text).exit_code == 0
    assert run("-", "--level", "advisory", stdin=text).exit_code == 1


def test_the_environment_decides_how_serious_a_finding_is(run: Any, deployment: dict[str, Any]) -> None:
    del deployment["spec"]["template"]["spec"]["containers"][0]["resources"]
    text = yaml.safe_dump(deployment)
    assert run("-", stdin=text).exit_code == 1
    assert run("-", "--environment", "production", stdin=text).exit_code == 1
    assert run("-", "--environment", "dev", stdin=text).exit_code == 0


def test_the_configuration_of_a_pack_serves_here_too(run: Any, good: str) -> None:
    Path("pack.json").write_text('{"kubernetes-image-registry-allowed": {"registries": ["registry.example"]}}', encoding="utf-8")
    result = run("-", "--config", "pack.json", stdin=good)
    assert (result.exit_code, "use one of registry.example" in result.output) == (1, True)
    Path("pack.json").write_text('{"all": "disabled"}', encoding="utf-8")
    result = run("-", "--config", "pack.json", stdin=BAD)
    assert (result.exit_code, result.output) == (0, "Nothing judged: no rule applies to the 2 resources found.\n")


def test_a_folder_is_searched_and_what_is_no_manifest_is_left_out(run: Any) -> None:
    Path("deploy/nested/.git").mkdir(parents=True)
    Path("deploy/web.yml").write_text(yaml.safe_dump(base("ConfigMap")), encoding="utf-8")
    Path("deploy/nested/secret.json").write_text(json.dumps(base("Secret")), encoding="utf-8")
    Path("deploy/values.yaml").write_text("replicas: 2\n", encoding="utf-8")
    Path("deploy/notes.txt").write_text("{", encoding="utf-8")
    Path("deploy/nested/.git/broken.yaml").write_text("{", encoding="utf-8")
    assert run("deploy").output == "2 resources judged: nothing found.\n"


def test_only_what_no_rule_is_about_is_not_called_clean(run: Any) -> None:
    result = run("-", stdin="apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: x}\n")
    assert (result.exit_code, result.output) == (0, "Nothing judged: no rule applies to the 1 resource found.\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "bad.yaml: holds no Kubernetes object; name a file or a folder with Kubernetes manifests (.yaml, .yml, .json), a plan ("),
        ("---\n---\n", "bad.yaml: holds no Kubernetes object"),
        ("a: 1\nb: [\n", "bad.yaml:3: is not YAML: did not find expected node content"),
        ("a: {{ .Values.x }}\n", "bad.yaml:1: is not YAML: "),
        ("a: 1\n", 'bad.yaml: a document is no Kubernetes object: it needs "apiVersion: apps/v1" and "kind: Deployment"'),
        ("just text", "bad.yaml: a document is no Kubernetes object"),
        ("apiVersion: v1\nkind: List\nitems: &all [{items: *all}]\n", "bad.yaml:1: an alias leads back to its own anchor"),
        ("a: !!python/object:os.system {}\n", "bad.yaml:1: is not YAML: could not determine a constructor for the tag"),
        ("a: 2026-13-77\n", "bad.yaml: is not YAML: month must be in 1..12"),
        (b"\xff\xfe\xff", "bad.yaml: byte 0 is no UTF-8; save the file as UTF-8 text"),
        ("a: b\x01\n", "bad.yaml: is not YAML: "),
    ],
)
def test_bad_input_is_refused_with_file_and_line(run: Any, content: str | bytes, message: str) -> None:
    Path("bad.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    result = run("bad.yaml")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {message}")


def test_bad_json_is_refused_with_file_and_line(run: Any) -> None:
    Path("bad.json").write_text('{"a":\n1,}', encoding="utf-8")
    result = run("bad.json")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: bad.json:2: is not JSON: ")


def test_a_file_that_is_not_there_is_not_taken_for_a_stack(run: Any) -> None:
    for name in ("deploy/web", "web.yaml"):
        result = run(name)
        assert (result.exit_code, result.stderr) == (2, f"Error: {name}: there is no such file or folder\n")


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Resource]]:
    """What each stack renders to; any other is refused."""
    known: dict[str, list[Resource]] = {}

    def resources(stack: str) -> list[Resource]:
        if stack not in known:
            raise SpecError(f"there is no team {stack}")
        return known[stack]

    rendered = types.ModuleType("idp_components.render")
    monkeypatch.setattr(rendered, "resources", resources, raising=False)
    monkeypatch.setitem(sys.modules, "idp_components.render", rendered)
    return known


def test_a_stack_is_rendered_and_judged_at_its_own_level(run: Any, stacks: dict[str, list[Resource]], deployment: dict[str, Any]) -> None:
    del deployment["spec"]["template"]["spec"]["containers"][0]["resources"]
    stacks["shop-dev"] = stacks["shop-production"] = [Resource.from_manifest(deployment)]
    assert run("shop-dev").exit_code == 0
    assert run("shop-production").exit_code == 1
    assert run("shop-dev").output.startswith("advisory  medium   kubernetes-memory-limit")
    assert "\n  shop-dev  Deployment shop-dev/web: " in run("shop-dev").output


@pytest.mark.usefixtures("stacks")
def test_an_unknown_stack_is_refused(run: Any) -> None:
    result = run("nobody")
    assert (result.exit_code, result.stderr) == (2, "Error: nobody: is no file, and as a stack: there is no team nobody\n")


def test_one_pack_can_be_chosen(run: Any, deployment: dict[str, Any]) -> None:
    del deployment["spec"]["template"]["spec"]["containers"][0]["resources"]
    text = yaml.safe_dump(deployment)
    assert run("-", "--pack", "security", stdin=text).exit_code == 0
    assert run("-", "--pack", "security", "--pack", "reliability", stdin=text).exit_code == 1
    # One configuration serves all packs.
    Path("packs.json").write_text('{"kubernetes-memory-limit": "advisory"}', encoding="utf-8")
    assert run("-", "--pack", "security", "--config", "packs.json", stdin=text).exit_code == 0


def test_a_report_goes_to_a_file_and_its_summary_to_people(run: Any) -> None:
    result = run("-", "--format", "markdown", "--output", "report.md", stdin=BAD)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "2 resources judged: 1 mandatory finding, 1 advisory finding in 1 resource.\n"
    assert Path("report.md").read_text(encoding="utf-8").startswith("❌ **2 resources judged: ")
    assert run("-", "--output", "nowhere/report.md", stdin=BAD).stderr.startswith("Error: nowhere/report.md: No such file")


def test_judging_a_file_loads_neither_pulumi_nor_pydantic(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(BAD, encoding="utf-8")
    program = """
import sys
from idp_components.cli import main
try:
    main(["check", sys.argv[1]])
finally:
    print(sorted({"pulumi", "pydantic", "grpc", "rich"} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (1, "[]")


def test_importing_the_rules_loads_no_parser_and_no_sdk() -> None:
    program = (
        "import idp_components.rules, sys; print(sorted({'pulumi', 'pydantic', 'yaml', 'click', 'grpc', 'asyncio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
