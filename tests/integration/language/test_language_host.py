"""The language host, as a user of `pulumi` meets it."""

import json

PROGRAM = """
import pulumi
config = pulumi.Config()
print("a line of the program")
pulumi.export("plain", config.require("plain"))
pulumi.export("hidden", config.require_secret("hidden"))
pulumi.export("number", config.require_int("number"))
pulumi.export("where", pulumi.get_stack() + "/" + pulumi.get_project() + "/" + pulumi.get_organization())
"""


def test_config_secrets_and_context_reach_the_program_and_its_outputs_come_back(project):
    found = project(PROGRAM)
    found.pulumi("config", "set", "plain", "text")
    found.pulumi("config", "set", "number", "7")
    found.pulumi("config", "set", "--secret", "hidden", "very-hidden-value")
    printed = found.up()
    assert found.outputs() == {"plain": "text", "hidden": "very-hidden-value", "number": 7, "where": "dev/test/organization"}
    assert "a line of the program" in printed
    assert "very-hidden-value" not in printed
    assert "very-hidden-value" not in found.pulumi("stack", "export").stdout


def test_nothing_is_warned_about_and_a_second_run_changes_nothing(project):
    found = project("import pulumi\npulumi.export('a', 1)\n")
    first, second = found.pulumi("up", "--yes"), found.pulumi("up", "--yes", "--expect-no-changes")
    assert "warning" not in (first.stdout + first.stderr + second.stdout + second.stderr).lower()


def test_an_exception_is_shown_from_the_users_first_line_on(project):
    found = project("def inner():\n    raise ValueError('boom')\n\ninner()\n")
    done = found.pulumi("preview", check=False)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "ValueError: boom" in said
    assert "line 4, in <module>" in said
    assert "runpy" not in said
    assert "idp_sandbox" not in said


def test_a_program_that_exits_with_a_code_fails_the_preview(project):
    done = project("import sys\nsys.exit(3)\n").pulumi("preview", check=False)
    assert done.returncode != 0


def test_a_missing_virtual_environment_is_named_with_the_way_to_make_it(project):
    found = project("")
    (found.folder / "Pulumi.yaml").write_text("name: test\nruntime:\n  name: python\n  options:\n    virtualenv: nowhere\n")
    said = found.preview(check=False)
    assert "runtime.options.virtualenv is 'nowhere'" in said
    assert "python3 -m venv nowhere" in said


def test_preview_as_json_is_json(project):
    found = project("import pulumi\npulumi.export('a', 1)\n")
    assert json.loads(found.pulumi("preview", "--json").stdout)["steps"][0]["op"] == "create"


def test_refresh_destroy_and_removal_of_the_stack_work(project):
    found = project("import pulumi\npulumi.export('a', 1)\n")
    found.up()
    found.pulumi("refresh", "--yes")
    found.pulumi("destroy", "--yes")
    assert found.resources() == {}
    found.pulumi("stack", "rm", "--yes", found.stack)
    found.pulumi("stack", "init", found.stack)
