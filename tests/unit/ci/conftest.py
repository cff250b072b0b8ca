"""The tools that read pipelines as their providers do."""

import shutil
import subprocess
from pathlib import Path

import pytest

from idp_sandbox.toolchain.build import find_go

GROOVY = "4.0.28"
HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory):
    """The program, built from the module that go.mod pins."""
    program = tmp_path_factory.mktemp("actionlint") / "actionlint"
    command = [find_go(), "build", "-mod=readonly", "-o", str(program), "github.com/rhysd/actionlint/cmd/actionlint"]
    subprocess.run(command, cwd=HERE / "actionlint", check=True)
    return program


@pytest.fixture(scope="session")
def groovy(tmp_path_factory):
    """Starts the real Groovy; skips where there is no Java, or no Maven to get it by."""
    java, maven = shutil.which("java"), shutil.which("mvn")
    if java is None or maven is None:
        pytest.skip("a Jenkinsfile is read by the real Groovy, which needs Java and Maven")
    folder = tmp_path_factory.mktemp("groovy")
    for name in ("groovy", "groovy-json"):
        artifact = f"-Dartifact=org.apache.groovy:{name}:{GROOVY}"
        copy = [maven, "-q", "-B", "dependency:copy", artifact, f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true"]
        subprocess.run(copy, cwd=folder, check=True)
    path = ":".join(str(jar) for jar in folder.glob("*.jar"))
    return [java, "-cp", path, "groovy.ui.GroovyMain"]
