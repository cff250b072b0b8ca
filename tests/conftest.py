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
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="idp-tests-")
        config.stash[OWNED] = Path(os.environ[VARIABLE])


def pytest_unconfigure(config: pytest.Config) -> None:
    if folder := config.stash.get(OWNED, None):
        Sandbox(folder / "sandbox").down()
        shutil.rmtree(folder, ignore_errors=True)
        del os.environ[VARIABLE]


OWNED = pytest.StashKey[Path]()
