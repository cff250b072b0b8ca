"""Argo CD's real controllers keep a golden path as a Git repository says, from the first sync to the last deletion."""

import json
import subprocess
import sys
import uuid

import pytest

from idp_components import Context, Expose, ServiceSpec
from idp_components.service import manifests
from idp_sandbox.process import wait_until

ROOM = """
from idp_components import ArgoApplication, ArgoApplicationSpec, Context, GitSource, Team
context = Context.of("{team}-dev", {{"domain": "example.com", "repositories": ["file://{folder}/"]}})
context = context.waiting_for(Team("{team}", context=context))
"""
APPLICATION = """
source = GitSource(repository="file://{folder}/deploy", revision="main", path="dev")
ArgoApplication("hello", ArgoApplicationSpec(source=source), context=context)
"""


@pytest.fixture
def team(sandbox):
    sandbox.up(lambda line: print(line, file=sys.stderr), with_argocd=True)
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def publish(tmp_path):
    """Commits the golden path with an image to a local repository."""
    folder = tmp_path / "deploy"

    def git(*arguments):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)

    def run(team, version):
        (folder / "dev").mkdir(parents=True, exist_ok=True)
        git("init", "--initial-branch=main")
        spec = ServiceSpec(image=f"registry.example.com/hello:{version}", port=8080, expose=Expose(), env={"GREETING": "hello"})
        for manifest in manifests.service("hello", spec, Context.of(f"{team}-dev", {"domain": "example.com"})):
            (folder / "dev" / f"{manifest['kind'].lower()}.json").write_text(json.dumps(manifest))
        git("add", ".")
        git("commit", "--message", version)

    return run


def test_a_golden_path_is_synced_changed_and_removed_by_argo_cd(team, publish, project, kubectl, tmp_path):
    namespace, application = f"{team}-dev", f"{team}-dev-hello"
    publish(team, "v1.0.0")

    def state():
        status = kubectl("get", "application", application, "-n", "argocd").get("status", {})
        return status.get("sync", {}).get("status"), status.get("health", {}).get("status"), status.get("conditions")

    def image():
        deployment = kubectl("get", "deployment", "hello", "-n", namespace)
        return deployment["spec"]["template"]["spec"]["containers"][0]["image"]

    def settles_with(version):
        return state()[:2] == ("Synced", "Healthy") and image().endswith(version)

    program = project(ROOM.format(team=team, folder=tmp_path))
    program.up()
    # A folder of this machine, which no team's project allows.
    local = json.dumps({"spec": {"sourceRepos": [f"file://{tmp_path}/*"]}})
    kubectl("patch", "appproject", namespace, "-n", "argocd", "--type", "merge", "--patch", local)
    program.write((ROOM + APPLICATION).format(team=team, folder=tmp_path))
    program.up()
    assert wait_until(lambda: settles_with("v1.0.0"), 90, step=1), state()

    publish(team, "v1.1.0")
    kubectl("annotate", "application", application, "-n", "argocd", "argocd.argoproj.io/refresh=hard")  # as a webhook would ask
    assert wait_until(lambda: settles_with("v1.1.0"), 90, step=1), state()

    program.pulumi("destroy", "--yes", "--skip-preview")
    assert "NotFound" in kubectl("get", "application", application, "-n", "argocd", check=False)
    assert "NotFound" in kubectl("get", "namespace", namespace, check=False)
    assert "NotFound" in kubectl("get", "appproject", namespace, "-n", "argocd", check=False)
