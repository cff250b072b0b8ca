"""`pulumi install` makes a project's environment, and a provider written in Python is run from its folder."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROVIDER = """
from typing import Optional, TypedDict
import pulumi
from pulumi.provider.experimental import component_provider_host

class GreetingArgs(TypedDict):
    who: pulumi.Input[str]

class Greeting(pulumi.ComponentResource):
    said: pulumi.Output[str]
    def __init__(self, name: str, args: GreetingArgs, opts: Optional[pulumi.ResourceOptions] = None):
        super().__init__("greet:index:Greeting", name, {}, opts)

component_provider_host(name="greet", components=[Greeting])
"""


def wheel(folder: Path) -> str:
    """A package that can be installed from the folder alone."""
    name = "offline_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("offline_thing.py", "VALUE = 7\n")
        archive.writestr("offline_thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: offline-thing\nVersion: 1.0\n")
        archive.writestr(
            "offline_thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("offline_thing-1.0.dist-info/RECORD", "")
    return f"./{name}"


def test_install_makes_the_environment_that_the_project_names(project: Callable[..., Any]) -> None:
    found = project("")
    (found.folder / "Pulumi.yaml").write_text("name: test\nruntime:\n  name: python\n  options: {virtualenv: venv}\n")
    (found.folder / "requirements.txt").write_text(f"--no-index\n{wheel(found.folder)}\n")
    assert "make the environment with: pulumi install" in found.preview(check=False)
    said = found.pulumi("install")
    assert "Successfully installed offline-thing-1.0" in said.stdout + said.stderr
    assert list(found.folder.glob("venv/lib/python*/site-packages/offline_thing.py"))


def test_an_installation_that_fails_fails_the_command_with_what_was_tried(project: Callable[..., Any]) -> None:
    found = project("")
    (found.folder / "Pulumi.yaml").write_text("name: test\nruntime:\n  name: python\n  options: {virtualenv: venv}\n")
    (found.folder / "requirements.txt").write_text("--no-index\nnot-to-be-had\n")
    done = found.pulumi("install", check=False)
    assert done.returncode != 0
    assert "No matching distribution found for not-to-be-had" in done.stdout + done.stderr
    assert "requirements.txt ended with exit code 1" in done.stdout + done.stderr


def test_our_own_environment_is_never_changed(project: Callable[..., Any]) -> None:
    found = project("")
    (found.folder / "requirements.txt").write_text("--no-index\nnot-to-be-had\n")
    said = found.pulumi("install")
    assert "Nothing to install" in said.stdout + said.stderr


def test_components_in_a_folder_are_served_to_the_engine(project: Callable[..., Any], tmp_path: Path) -> None:
    folder = tmp_path / "greet"
    folder.mkdir()
    (folder / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (folder / "__main__.py").write_text(PROVIDER)
    schema = json.loads(project("").pulumi("package", "get-schema", str(folder)).stdout)
    assert schema["resources"]["greet:index:Greeting"]["inputProperties"] == {"who": {"type": "string"}}
