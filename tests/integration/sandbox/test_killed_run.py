"""A test run that was killed leaves a sandbox running; the next run removes it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_what_a_killed_run_left_is_removed_and_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    for name, pid in (("killed", gone.pid), ("going-on", os.getpid())):
        state = tmp_path / f"idp-tests-{name}" / "sandbox"
        state.mkdir(parents=True)
        (state.parent / "owner").write_text(str(pid))
    env = {name: value for name, value in os.environ.items() if name not in ("IDP_TEST_SANDBOX", "PYTEST_XDIST_WORKER")} | {
        "TMPDIR": str(tmp_path)
    }
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "tests/unit/sandbox/test_daemon.py"]
    subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=True)
    assert [path.name for path in tmp_path.glob("idp-tests-*")] == ["idp-tests-going-on"]
