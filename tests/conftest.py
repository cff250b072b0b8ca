"""One sandbox for all tests that need the real engine and API server, whichever worker runs them."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from idp_sandbox import Sandbox

# A busy machine is slow: that is no finding.
settings.register_profile("no-clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no-clock")

VARIABLE = "IDP_TEST_SANDBOX"


def pytest_configure(config: pytest.Config) -> None:
    if VARIABLE not in os.environ:  # workers inherit it from the process that started them
        sweep()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        (folder / OWNER).write_text(str(os.getpid()))
        os.environ[VARIABLE] = str(folder)
        config.stash[OWNED] = folder


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := config.stash.get(OWNED, None):
        Sandbox(folder / "sandbox").down()
        shutil.rmtree(folder, ignore_errors=True)
        del os.environ[VARIABLE]


def sweep() -> None:
    """Stop and remove what runs of this user that were killed have left."""
    for record in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{OWNER}"):
        if record.stat().st_uid == os.getuid() and not Path("/proc", record.read_text()).exists():
            Sandbox(record.parent / "sandbox").down()
            shutil.rmtree(record.parent, ignore_errors=True)


PREFIX, OWNER = "idp-tests-", "owner"
OWNED = pytest.StashKey[Path]()
