"""`idp portal` as it is typed: on loopback, with a token that is said once and kept from others."""

import os
import re
import signal
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from idp_components.cli.portal import portal as command


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("s" * 64)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--address", "0.0.0.0"], "others could listen to the token"),
        (["--address", "everywhere"], "is no IP address; use for example 127.0.0.1"),
        (["--proxy", "10.0.0.9/32"], "--proxy and --proxy-secret go together"),
        (["--base", "nothing-like-it"], "--base nothing-like-it"),
    ],
)
def test_what_would_not_be_safe_or_cannot_work_is_refused_with_the_reason(project, monkeypatch, options, said):
    monkeypatch.chdir(project)
    done = CliRunner().invoke(command, options)
    assert done.exit_code == 2
    assert said in done.output


def test_the_secret_of_the_proxy_must_be_a_secret(project, monkeypatch, secret):
    monkeypatch.chdir(project)
    options = ["--proxy", "10.0.0.9/32", "--proxy-secret", str(secret)]
    secret.chmod(0o644)
    assert "others may read it" in CliRunner().invoke(command, options).output
    secret.chmod(0o600)
    secret.write_text("short")
    assert "is shorter than 32 characters" in CliRunner().invoke(command, options).output
    secret.write_text("s" * 64)
    assert "--proxy: " in CliRunner().invoke(command, ["--proxy", "somewhere", *options[2:]]).output


def test_it_serves_on_loopback_says_its_token_once_and_leaves_nothing_when_it_is_told_to_stop(project, tmp_path):
    environment = {**os.environ, "PULUMI_BACKEND_URL": f"file://{tmp_path}", "KUBECONFIG": str(tmp_path / "none")}
    program = [sys.executable, "-c", "from idp_components.cli import main; main()", "portal", "--port", "0"]
    path = os.pathsep.join([str(Path(__file__).parents[3]), environment.get("PYTHONPATH", "")])
    with subprocess.Popen(program, cwd=project, env={**environment, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = re.fullmatch(r"portal: (http://127\.0\.0\.1:[0-9]+/)\n", process.stdout.readline())[1]
            said = process.stdout.readline()
            token = project / ".idp" / "portal" / "token"
            assert said.count(token.read_text().strip()) == 1
            assert stat.S_IMODE(token.stat().st_mode) == 0o600
            with urllib.request.urlopen(address, timeout=60) as answer:
                page = answer.read().decode()
            assert "<h1>What there is</h1>" in page
            assert token.read_text().strip() not in page
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=30)[0]
    assert (process.returncode, rest) == (0, "")
    assert not token.exists()
