"""The automation API drives the same engine: programs in the caller's own process, and projects in a folder."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

SCRIPT = """
import json, sys
import pulumi, pulumi_random
from pulumi import automation

def program():
    pulumi_random.RandomPet("rex", length=pulumi.Config().require_int("words"))
    pulumi.export("hidden", pulumi.Output.secret("very-hidden-value"))

stack = automation.create_or_select_stack(stack_name="inline", project_name="test", program=program)
stack.set_config("words", automation.ConfigValue("2"))
previewed = stack.preview()
made = stack.up()
again = stack.up()
refreshed = stack.refresh()
destroyed = stack.destroy()
hidden = made.outputs["hidden"]
print(json.dumps({
    "previewed": previewed.change_summary, "made": made.summary.resource_changes, "again": again.summary.resource_changes,
    "refreshed": refreshed.summary.result, "destroyed": destroyed.summary.resource_changes, "hidden": [hidden.value, hidden.secret],
}))
"""


def run(project: Any, script: str) -> Any:
    done = subprocess.run([sys.executable, "-c", script], cwd=project.folder, env=project.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_an_inline_program_goes_through_its_whole_life(project: Callable[..., Any]) -> None:
    assert run(project(""), SCRIPT) == {
        "previewed": {"create": 2},
        "made": {"create": 2},
        "again": {"same": 2},
        "refreshed": "succeeded",
        "destroyed": {"delete": 2},
        "hidden": ["very-hidden-value", True],
    }


def test_a_project_in_a_folder_comes_up_and_its_error_is_the_callers(project: Callable[..., Any]) -> None:
    found = project("import pulumi\nprint('a line')\npulumi.export('a', 1)\n")
    script = (
        "import json\nfrom pulumi import automation\n"
        "stack = automation.select_stack(stack_name='dev', work_dir='.')\n"
        "made = stack.up()\n"
        "open('__main__.py', 'w').write('raise ValueError(1234)')\n"
        "try:\n    stack.up()\nexcept automation.CommandError as error:\n    said = str(error)\n"
        "print(json.dumps([made.outputs['a'].value, 'a line' in made.stdout, 'ValueError: 1234' in said]))\n"
    )
    assert run(found, script) == [1, True, True]
