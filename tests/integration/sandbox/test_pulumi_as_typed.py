"""Plain `pulumi` commands work in a shell that has the sandbox's environment."""

from collections.abc import Callable
from typing import Any

PROGRAM = """
import pulumi
import pulumi_kubernetes as kubernetes

config = kubernetes.core.v1.ConfigMap(
    "settings", metadata={{"namespace": "{namespace}"}}, data={{"colour": pulumi.Config().require("colour")}}
)
pulumi.export("name", config.metadata.name)
pulumi.export("colour", config.data["colour"])
"""


def test_a_small_program_comes_up_changes_nothing_on_the_second_run_and_goes(
    project: Callable[..., Any], namespace: str, kubectl: Any
) -> None:
    stack = project(PROGRAM.format(namespace=namespace))
    stack.pulumi("config", "set", "colour", "green")
    assert "warning" not in stack.up()
    name = stack.outputs()["name"]
    assert kubectl("get", "configmap", name, "--namespace", namespace)["data"] == {"colour": "green"}

    assert "2 unchanged" in stack.up()
    stack.pulumi("config", "set", "colour", "blue")
    assert "~ 1 to update" in stack.preview()

    stack.pulumi("destroy", "--yes", "--skip-preview")
    assert "NotFound" in kubectl("get", "configmap", name, "--namespace", namespace, check=False)
