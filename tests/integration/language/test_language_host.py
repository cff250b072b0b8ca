"""The language host, as a user of `pulumi` meets it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

PROGRAM = """
import pulumi
config = pulumi.Config()
print("a line of the program")
pulumi.export("plain", config.require("plain"))
pulumi.export("hidden", config.require_secret("hidden"))
pulumi.export("number", config.require_int("number"))
pulumi.export("where", pulumi.get_stack() + "/" + pulumi.get_project() + "/" + pulumi.get_organization())
"""


def test_config_secrets_and_context_reach_the_program_and_its_outputs_come_back(project: Callable[..., Any]) -> None:
    found = project(PROGRAM)
    found.pulumi("config", "set", "plain", "text")
    found.pulumi("config", "set", "number", "7")
    found.pulumi("config", "set", "--secret", "hidden", "very-hidden-value")
    printed = found.up()
    assert found.outputs() == {"plain": "text", "hidden": "very-hidden-value", "number": 7, "where": "dev/test/organization"}
    assert "a line of the program" in printed
    assert "very-hidden-value" not in printed
    assert "very-hidden-value" not in found.pulumi("stack", "export").stdout


def test_nothing_is_warned_about_and_a_second_run_changes_nothing(project: Callable[..., Any]) -> None:
    found = project("import pulumi\npulumi.export('a', 1)\n")
    first, second = found.pulumi("up", "--yes"), found.pulumi("up", "--yes", "--expect-no-changes")
    assert "warning" not in (first.stdout + first.stderr + second.stdout + second.stderr).lower()


def test_an_exception_is_shown_from_the_users_first_line_on(project: Callable[..., Any]) -> None:
    found = project("def inner():\n    raise ValueError('boom')\n\ninner()\n")
    done = found.pulumi("preview", check=False)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "ValueError: boom" in said
    assert "line 4, in <module>" in said
    assert "runpy" not in said
    assert "idp_sandbox" not in said


@pytest.mark.parametrize("code", ["3", "'no more'"])
def test_a_program_that_exits_with_a_code_or_a_message_fails_the_preview(project: Callable[..., Any], code: str) -> None:
    done = project(f"import sys\nsys.exit({code})\n").pulumi("preview", check=False)
    assert done.returncode != 0
    assert code.strip("'") in done.stdout + done.stderr


def test_a_file_that_cannot_be_parsed_is_shown_with_its_place_alone(project: Callable[..., Any]) -> None:
    said = project("import pulumi\n\nx = (\n").preview(check=False)
    assert '__main__.py", line 3' in said
    assert "SyntaxError: '(' was never closed" in said
    assert "runpy" not in said


def test_an_error_that_the_program_words_for_its_user_is_shown_as_it_is(project: Callable[..., Any]) -> None:
    done = project("import pulumi\nraise pulumi.RunError('name the team first')\n").pulumi("preview", check=False)
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "error: name the team first" in said
    assert "Traceback" not in said
    assert "unhandled" not in said


def test_an_exception_in_an_apply_fails_the_update(project: Callable[..., Any]) -> None:
    done = project("import pulumi\npulumi.Output.from_input(1).apply(lambda one: 1 / 0)\n").pulumi("preview", check=False)
    assert done.returncode != 0
    assert "ZeroDivisionError: division by zero" in done.stdout + done.stderr


def test_a_file_named_as_main_finds_its_neighbours(project: Callable[..., Any]) -> None:
    found = project("")
    (found.folder / "Pulumi.yaml").write_text("name: test\nmain: infra/app.py\nruntime: python\n")
    infra = found.folder / "infra"
    infra.mkdir()
    infra.joinpath("neighbour.py").write_text("VALUE = 7\n")
    infra.joinpath("app.py").write_text("import os, neighbour, pulumi\npulumi.export('found', [neighbour.VALUE, os.getcwd()])\n")
    found.up()
    assert found.outputs() == {"found": [7, str(infra)]}


def test_a_folder_without_a_program_is_named(project: Callable[..., Any]) -> None:
    found = project("")
    (found.folder / "__main__.py").unlink()
    said = found.preview(check=False)
    assert f"{found.folder} has no __main__.py: write the program there" in said
    assert "Traceback" not in said


def test_an_import_without_a_schema_is_done_and_says_that_its_code_is_to_be_written_by_hand(project: Callable[..., Any]) -> None:
    found = project("")
    done = found.pulumi("import", "--yes", "random:index/randomString:RandomString", "kept", "abc123", check=False)
    assert "the schema comes with the official provider only; write the declaration by hand" in done.stdout + done.stderr
    assert found.resources()["RandomString kept"]["outputs"]["result"] == "abc123"  # the import itself is done
    found.pulumi("state", "unprotect", "--all", "--yes")


def test_preview_as_json_is_json(project: Callable[..., Any]) -> None:
    found = project("import pulumi\npulumi.export('a', 1)\n")
    assert json.loads(found.pulumi("preview", "--json").stdout)["steps"][0]["op"] == "create"


def test_refresh_destroy_and_removal_of_the_stack_work(project: Callable[..., Any]) -> None:
    found = project("import pulumi\npulumi.export('a', 1)\n")
    found.up()
    found.pulumi("refresh", "--yes")
    found.pulumi("destroy", "--yes")
    assert found.resources() == {}
    found.pulumi("stack", "rm", "--yes", found.stack)
    found.pulumi("stack", "init", found.stack)


def test_registrations_are_waited_for_one_by_one_and_not_all_again_at_each_answer(project: Callable[..., Any]) -> None:
    stack = project(
        "import asyncio, atexit, pathlib, pulumi_random\n"
        "wait, looked_at = asyncio.wait, [0]\n"
        "def counted(futures, **options):\n"
        "    looked_at[0] += len(futures)\n"
        "    return wait(futures, **options)\n"
        "asyncio.wait = counted\n"
        "atexit.register(lambda: pathlib.Path('looked-at').write_text(str(looked_at[0])))\n"
        "for number in range(50):\n"
        "    pulumi_random.RandomPet(f'pet-{number}')\n"
    )
    assert "51 to create" in stack.preview()
    assert int((stack.folder / "looked-at").read_text()) <= 50
