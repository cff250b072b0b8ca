"""Pulumi stumbles over what others write to a file backend at the same moment: it is asked again. Everything else fails at once."""

import os
from pathlib import Path

import pytest
from pulumi import automation

from idp_components.catalog import backend as catalogue
from idp_components.deploy.command import TRIES
from idp_components.deploy.up import _Command
from idp_components.environments.backend import Backend, BackendError

STUMBLING = (
    "error: list bucket: blob (code=NotFound): lstat /b/.pulumi/stacks/shop/shop-pr-6.json.18eb544e69375619.tmp: no such file or directory"
)
OTHER = "error: list bucket: blob (code=NotFound): lstat /b/.pulumi: no such file or directory"


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes a `pulumi` that fails some times, with a message, before it has an answer; tells how often it was asked."""
    asked = tmp_path / "asked"
    program = tmp_path / "pulumi"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("PULUMI_SKIP_UPDATE_CHECK", raising=False)

    def make(message: str, times: int):
        program.write_text(
            f"#!/bin/sh\n"
            f'if [ "$1" = version ]; then echo v3.259.0; exit; fi\n'
            f'if [ "$PULUMI_SKIP_UPDATE_CHECK" != true ]; then echo "warning: a new version of Pulumi is available"; fi\n'
            f"echo . >> '{asked}'\n"
            f"if [ $(wc -l < '{asked}') -le {times} ]; then echo '{message}' >&2; exit 255; fi\n"
            f"echo '[]'\n"
        )
        program.chmod(0o755)
        return lambda: len(asked.read_text().splitlines())

    return make


def of_environments(_: Path) -> object:
    return Backend({}).stacks()


def of_the_catalogue(folder: Path) -> object:
    return catalogue.stacks(folder, {})


def of_updates(folder: Path) -> object:
    said = _Command().run(["stack", "ls"], str(folder), {}).stdout
    return [] if said == "[]" else said


EVERYWHERE = pytest.mark.parametrize("ask", [of_environments, of_the_catalogue, of_updates])
FAILURES = (BackendError, catalogue.BackendError, automation.CommandError)


@EVERYWHERE
def test_it_is_asked_again_until_it_answers(pulumi, tmp_path, ask):
    times = pulumi(STUMBLING, TRIES - 1)
    assert ask(tmp_path) == []
    assert times() == TRIES


@EVERYWHERE
def test_one_that_always_stumbles_fails_in_the_end_with_its_own_words(pulumi, tmp_path, ask):
    times = pulumi(STUMBLING, TRIES + 1)
    with pytest.raises(FAILURES, match="no such file"):
        ask(tmp_path)
    assert times() == TRIES


@EVERYWHERE
def test_another_failure_is_one_at_once(pulumi, tmp_path, ask):
    times = pulumi(OTHER, 1)
    with pytest.raises(FAILURES, match="no such file"):
        ask(tmp_path)
    assert times() == 1
