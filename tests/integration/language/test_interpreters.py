"""Which Python runs a program or a policy pack, as the project's options say."""

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PACK = """
import sys
from pulumi_policy import EnforcementLevel, PolicyConfigSchema, PolicyPack, ResourceValidationPolicy

def short_pets_only(args, report):
    if args.resource_type.endswith(":RandomPet") and args.props["length"] > args.get_config()["longest"]:
        report(f"{args.props['length']:.0f} words are too many; judged by {sys.prefix}")

PolicyPack("pets", enforcement_level=EnforcementLevel.MANDATORY, policies=[ResourceValidationPolicy(
    name="short-pets", description="Names of pets are short.", validate=short_pets_only,
    config_schema=PolicyConfigSchema(properties={"longest": {"type": "integer", "default": 5}}))])
"""


def environment(folder: Path) -> Path:
    """A virtual environment that has Pulumi's SDKs, but nothing of this project."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "sdks.pth").write_text(sysconfig.get_path("purelib"))
    return folder


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A policy pack with a virtual environment of its own."""
    folder = tmp_path / "pack"
    environment(folder / "venv")
    (folder / "PulumiPolicy.yaml").write_text("runtime:\n  name: python\n  options:\n    virtualenv: venv\nversion: 0.0.1\n")
    (folder / "__main__.py").write_text(PACK)
    return folder


def options(project: Any, text: str) -> None:
    (project.folder / "Pulumi.yaml").write_text(f"name: test\nruntime:\n  name: python\n  options: {text}\n")


def test_a_program_runs_in_the_virtual_environment_that_its_project_names(project: Callable[..., Any]) -> None:
    found = project(
        "import importlib.util, os, pulumi, subprocess, sys\n"
        "pulumi.export('prefix', sys.prefix)\n"
        "pulumi.export('activated', os.environ['VIRTUAL_ENV'])\n"
        "pulumi.export('from_path', subprocess.check_output(['python', '-c', 'import sys; print(sys.prefix)'], text=True).strip())\n"
        "pulumi.export('ours', importlib.util.find_spec('idp_sandbox') is not None)\n"
    )
    folder = str(environment(found.folder / "own"))
    options(found, "{virtualenv: own}")
    found.up()
    assert found.outputs() == {"prefix": folder, "activated": folder, "from_path": folder, "ours": False}


def test_an_environment_made_by_uv_is_found_without_being_named(project: Callable[..., Any]) -> None:
    found = project("import pulumi, sys\npulumi.export('prefix', sys.prefix)\n")
    folder = environment(found.folder / ".venv")
    options(found, "{toolchain: uv}")
    found.up()
    assert found.outputs() == {"prefix": str(folder)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "{virtualenv: nowhere}",
            "nowhere/bin/python (Pulumi.yaml: runtime.options.virtualenv); make the environment with: pulumi install",
        ),
        (
            "{toolchain: poetry}",
            "runtime.options.toolchain is 'poetry', which needs the official Python language host; allowed here: pip, uv",
        ),
        (
            "{typechecker: guess}",
            "runtime.options.typechecker is 'guess', which needs the official Python language host; allowed here: mypy",
        ),
    ],
)
def test_an_option_that_cannot_be_followed_is_refused_in_one_sentence(project: Callable[..., Any], text: str, said: str) -> None:
    found = project("")
    options(found, text)
    done = found.pulumi("preview", check=False)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_program_without_a_pulumi_sdk_is_told_where_to_install_it(project: Callable[..., Any]) -> None:
    found = project("")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", found.folder / "bare"], check=True)
    options(found, "{virtualenv: bare}")
    assert "has no Pulumi SDK: install it there (pip install pulumi)" in found.preview(check=False)


def test_the_type_checker_runs_first_and_stops_a_program_with_errors(project: Callable[..., Any]) -> None:
    found = project("import pulumi\nnumber: int = 'text'\npulumi.export('a', number)\n")
    options(found, "{typechecker: mypy}")
    said = found.preview(check=False)
    assert "Incompatible types in assignment" in said
    assert "mypy found errors; the program was not run" in said
    found.write("import pulumi\npulumi.export('a', 1)\n")
    found.up()
    assert found.outputs() == {"a": 1}


def test_about_lists_what_the_projects_own_environment_has(project: Callable[..., Any]) -> None:
    found = project("")
    folder = environment(found.folder / "own")
    options(found, "{virtualenv: own}")
    said = found.pulumi("about").stdout
    assert f"executable='{folder}/bin/python'" in said
    assert "pytest-xdist" in said


def test_a_pack_is_run_by_its_own_environment_and_its_rule_stops_the_program(project: Callable[..., Any], pack: Path) -> None:
    found = project("import pulumi_random\npulumi_random.RandomPet('rex', length=6)\n")
    for command in (("preview",), ("up", "--yes", "--skip-preview")):
        done = found.pulumi(*command, "--policy-pack", str(pack), check=False)
        assert done.returncode != 0
        assert "short-pets" in done.stdout
        assert f"6 words are too many; judged by {pack / 'venv'}" in done.stdout
    assert "RandomPet rex" not in found.resources()


def test_a_packs_configuration_decides(project: Callable[..., Any], pack: Path) -> None:
    found = project("import pulumi_random\npulumi_random.RandomPet('rex', length=3)\n")
    chosen = found.folder / "pack.json"
    chosen.write_text('{"short-pets": {"longest": 2}}')
    arguments = ("--policy-pack", str(pack))
    assert "3 words are too many" in found.preview(*arguments, "--policy-pack-config", str(chosen), check=False)
    assert "too many" not in found.preview(*arguments)
