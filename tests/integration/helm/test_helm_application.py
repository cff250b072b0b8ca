"""HelmApplication on the real engine, with the real helm and the real API server."""

import base64
import json
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import charts
import pytest

from idp_sandbox.process import wait_until

ROOT = Path(__file__).parents[3]
GREETER = ROOT / "examples" / "12-helm-application" / "chart"
PROGRAM = """
import pulumi
from idp_components import Context, HelmApplication, HelmApplicationSpec, Team

context = Context.of({stack!r}, {{"domain": "example.com"}})
context = context.waiting_for(Team(context.team, context=context))
{applications}
context.ledger.close()
"""
LOCAL = """
HelmApplication(
    "greeter",
    HelmApplicationSpec(chart="charts/greeter", values={values!r}, timeout_seconds=60),
    secret_values={{"token": pulumi.Output.from_input({token!r})}},
    context=context,
)
"""
REMOTE = """
HelmApplication(
    "tiny",
    HelmApplicationSpec(chart="tiny", repository={repository!r}, version="0.1.0", values={values!r}),
    context=context,
)
"""
NEVER_READY = (
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tiny}\ndata: {ready: "{{ .Values.ready }}"}\n'
    "{{- if not .Values.ready }}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: never}\n"
    "spec: {storageClassName: none, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n{{- end }}\n"
)
"""A chart that gets ready unless it is told not to."""
SCHEMA = {"type": "object", "properties": {"color": {"enum": ["red", "blue"]}}}


@pytest.fixture
def stack():
    """Name of a stack of the test's own; its namespace has it too."""
    return f"test-{uuid.uuid4().hex[:8]}-dev"


def program(stack, *applications):
    return PROGRAM.format(stack=stack, applications="".join(applications))


def test_a_local_chart_comes_up_changes_and_vanishes_and_its_secret_is_nowhere_in_plain(project, kubectl, stack):
    token = uuid.uuid4().hex
    found = project(program(stack, LOCAL.format(values={"greeting": "hi"}, token=token)))
    shutil.copytree(GREETER, found.folder / "charts" / "greeter")
    shown = found.preview("--diff")
    shown += found.up("--diff")
    deployment = kubectl("get", "deployment", "greeter", "-n", stack)
    assert deployment["status"]["readyReplicas"] == 1
    assert deployment["spec"]["template"]["spec"]["containers"][0]["env"][0] == {"name": "GREETING", "value": "hi"}
    assert base64.b64decode(kubectl("get", "secret", "greeter", "-n", stack)["data"]["token"]).decode() == token
    found.up("--expect-no-changes")
    shown += found.pulumi("refresh", "--yes", "--diff", "--expect-no-changes").stdout

    found.write(program(stack, LOCAL.format(values={"greeting": "bye"}, token=token)))
    shown += found.up("--diff")
    assert kubectl("get", "deployment", "greeter", "-n", stack)["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] == "bye"

    template = found.folder / "charts" / "greeter" / "templates" / "workload.yaml"
    template.write_text(template.read_text().replace("name: GREETING", "name: GREETING_OF_THE_DAY"))
    shown += found.up("--diff")
    assert "content " in shown  # of the description: what changed inside of the chart shows as a change
    env = kubectl("get", "deployment", "greeter", "-n", stack)["spec"]["template"]["spec"]["containers"][0]["env"]
    assert env[0]["name"] == "GREETING_OF_THE_DAY"

    state = found.pulumi("stack", "export").stdout
    assert [secret for secret in (token, base64.b64encode(token.encode()).decode()) if secret in shown + state] == []
    found.pulumi("destroy", "--yes", "--skip-preview")
    assert "not found" in kubectl("get", "namespace", stack, check=False)


def test_bad_values_of_a_local_chart_register_nothing_of_it(project, stack):
    found = project(program(stack, LOCAL.format(values={"service": {"port": 0}}, token="long-enough")))
    shutil.copytree(GREETER, found.folder / "charts" / "greeter")
    said = found.preview(check=False)
    assert f"{stack.removesuffix('-dev')}.greeter.values.service.port: 0 is refused: use at least 1, for example port: 8080" in said
    assert found.pulumi("up", "--yes", "--skip-preview", check=False).returncode != 0
    assert [name for name in found.resources() if "greeter" in name] == []


def test_a_secret_that_helm_refuses_fails_the_preview_without_being_shown(project, stack):
    found = project(program(stack, LOCAL.format(values={}, token="hunter2")))
    shutil.copytree(GREETER, found.folder / "charts" / "greeter")
    said = found.preview(check=False)
    assert "at '/token': minLength: got 7, want 8" in said
    assert "hunter2" not in said


def test_a_secret_that_a_pattern_refuses_is_not_repeated(project, stack, repository, tmp_path):
    repository.publish(charts.chart(tmp_path / "tiny", schema={"properties": {"color": {"pattern": "^[a-z]+$"}}}))
    remote = REMOTE.format(repository=repository.url, values={})
    found = project(
        program(stack, remote.replace("    context=context,", '    secret_values={"color": "it\'s hunter2"},\n    context=context,'))
    )
    found.env["SSL_CERT_FILE"] = str(repository.certificate)
    said = found.preview(check=False)
    assert "at '/color': the value does not match pattern '^[a-z]+$'" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("revisions", [0, 1])
def test_a_change_that_was_killed_is_taken_back_and_made_again(project, kubectl, stack, revisions):
    found = project(program(stack, 'HelmApplication("tiny", HelmApplicationSpec(chart="tiny"), context=context)\n' if revisions else ""))
    charts.chart(found.folder / "tiny", values="ready: true\n", template=NEVER_READY)
    found.up()
    command = ["helm", "upgrade", "--install", "tiny", "./tiny", f"--namespace={stack}", "--set=ready=false", "--wait"]
    killed = subprocess.Popen(command, cwd=found.folder, env=found.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert wait_until(lambda: '"never"' in json.dumps(kubectl("get", "pvc", "-n", stack)), 60)
    killed.kill()
    killed.wait()
    spec = 'HelmApplicationSpec(chart="tiny", values={"more": 1}, unlisted=["more"])'
    found.write(program(stack, f'HelmApplication("tiny", {spec}, context=context)\n'))
    found.up()
    assert kubectl("get", "configmap", "tiny", "-n", stack)["data"] == {"ready": "true"}
    assert kubectl("get", "pvc", "-n", stack)["items"] == []


def test_null_removes_a_default_and_is_seen_as_a_change(project, kubectl, stack):
    def tiny(values):
        spec = f'HelmApplicationSpec(chart="tiny", values={values!r})'
        return program(stack, f'HelmApplication("tiny", {spec}, context=context)\n')

    found = project(tiny({}))
    template = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: tiny}\ndata: {keys: "{{ keys .Values.sizes | sortAlpha }}"}\n'
    charts.chart(found.folder / "tiny", values="sizes: {s: 1, m: 2}\n", template=template)
    found.up()
    assert kubectl("get", "configmap", "tiny", "-n", stack)["data"] == {"keys": "[m s]"}
    found.write(tiny({"sizes": {"m": None}}))
    found.up()
    assert kubectl("get", "configmap", "tiny", "-n", stack)["data"] == {"keys": "[s]"}
    found.up("--expect-no-changes")
    found.pulumi("refresh", "--yes", "--expect-no-changes")


def test_a_change_that_does_not_get_ready_is_taken_back(project, kubectl, stack):
    def tiny(value):
        spec = f'HelmApplicationSpec(chart="tiny", values={{"ready": {value!r}}}, timeout_seconds=10)'
        return program(stack, f'HelmApplication("tiny", {spec}, context=context)\n')

    found = project(tiny(True))
    charts.chart(found.folder / "tiny", values="ready: true\n", template=NEVER_READY)
    found.up()
    found.write(tiny(False))
    done = found.pulumi("up", "--yes", "--skip-preview", check=False)
    assert done.returncode != 0
    assert "release tiny failed, and has been rolled back due to atomic being set" in done.stdout + done.stderr
    assert kubectl("get", "configmap", "tiny", "-n", stack)["data"] == {"ready": "true"}
    found.write(tiny(True))
    found.up()
    found.up("--expect-no-changes")


def test_a_chart_of_a_repository_is_checked_by_helm_in_the_preview(project, kubectl, stack, repository, tmp_path):
    repository.publish(charts.chart(tmp_path / "tiny", schema=SCHEMA))
    found = project(program(stack, REMOTE.format(repository=repository.url, values={"color": "green"})))
    found.env["SSL_CERT_FILE"] = str(repository.certificate)
    said = found.preview(check=False)
    assert "kubernetes:helm.sh/v3:Release (tiny)" in said
    assert "values don't meet the specifications of the schema(s) in the following chart(s)" in said
    assert "at '/color': value must be one of 'red', 'blue'" in said
    found.write(program(stack, REMOTE.format(repository=repository.url, values={"color": "blue"})))
    found.preview()
    found.up()
    assert kubectl("get", "configmap", "tiny", "-n", stack)["data"] == {"color": "blue"}
    found.up("--expect-no-changes")
    found.pulumi("destroy", "--yes", "--skip-preview")


@pytest.mark.parametrize(
    ("url", "version", "sentence"),
    [
        ("https://127.0.0.1:1", "0.1.0", "is not a valid chart repository or cannot be reached"),
        (None, "9.9.9", 'chart "tiny" version "9.9.9" not found in'),
    ],
)
def test_a_chart_that_cannot_be_had_fails_the_preview_by_name(project, stack, repository, tmp_path, url, version, sentence):
    repository.publish(charts.chart(tmp_path / "tiny"))
    found = project(program(stack, REMOTE.format(repository=url or repository.url, values={}).replace("0.1.0", version)))
    found.env["SSL_CERT_FILE"] = str(repository.certificate)
    said = found.preview(check=False)
    assert "kubernetes:helm.sh/v3:Release (tiny)" in said
    assert sentence in said


def test_without_a_cluster_a_preview_still_renders_the_chart(project, stack):
    found = project(program(stack, LOCAL.format(values={}, token="long-enough")))
    shutil.copytree(GREETER, found.folder / "charts" / "greeter")
    found.env["KUBECONFIG"] = "/nowhere"
    assert "not checked by the API server" in found.preview()


def test_what_a_chart_makes_is_rendered_and_judged_with_the_stack(sandbox, tmp_path):
    (tmp_path / "teams").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nconfig:\n  idp:domain:\n    value: example.com\n")
    (tmp_path / "teams" / "shop.py").write_text(
        "from idp_components import Context, HelmApplication, HelmApplicationSpec\n\n\n"
        "def compose(context: Context) -> None:\n"
        '    spec = HelmApplicationSpec(chart="charts/greeter", values={"replicaCount": 2})\n'
        '    HelmApplication("greeter", spec, secret_values={"token": "hunter2-hunter2"}, context=context)\n'
    )
    shutil.copytree(GREETER, tmp_path / "charts" / "greeter")

    def idp(*arguments):
        command = [str(Path(sys.executable).with_name("idp")), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=sandbox.env(), capture_output=True, text=True, check=False)

    rendered = idp("render", "shop-dev", "--json")
    assert rendered.returncode == 0, rendered.stderr
    assert "hunter2" not in rendered.stdout
    made = {(m["kind"], m["metadata"]["name"]): m for m in json.loads(rendered.stdout)}
    assert made["Deployment", "greeter"]["metadata"]["namespace"] == "shop-dev"
    assert idp("check", "shop-production", "--level", "advisory").returncode == 0
    workload = tmp_path / "charts" / "greeter" / "templates" / "workload.yaml"
    workload.write_text(workload.read_text().replace("allowPrivilegeEscalation: false", "privileged: true"))
    judged = idp("check", "shop-dev")
    assert judged.returncode == 1
    assert "kubernetes-privileged-container" in judged.stdout
