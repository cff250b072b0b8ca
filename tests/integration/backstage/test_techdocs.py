"""TechDocs of all golden paths, built as Backstage builds them: by MkDocs with the plugin `techdocs-core`, warnings being errors."""

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

from idp_components.backstage import files
from idp_components.backstage.entities import COMPONENTS, RESOURCES
from idp_components.catalog import Catalog
from idp_sandbox.toolchain import cache
from idp_sandbox.toolchain.bundles import Bundle

BUILD = """
import sys
from mkdocs.__main__ import cli
for folder in sys.argv[1:]:
    cli(["build", "--strict", "--config-file", f"{folder}/mkdocs.yml", "--site-dir", f"{folder}/site"], standalone_mode=False)
"""
"""Many sites in one process: most of the time goes into starting. Not `--quiet`: a warning that isn't logged isn't counted either."""


@dataclass(frozen=True)
class Packages(Bundle):
    """Packages of Python, by their lock: an environment of their own, since they want other versions than ours."""

    @property
    def folder(self) -> Path:
        return Path(__file__).with_name("techdocs")


PACKAGES = Packages(name="techdocs", title="MkDocs with techdocs-core", programs=("python",))


def install(bundle: Bundle, folder: Path, progress: cache.Progress) -> None:
    progress(f"installing {bundle.title}")
    venv.create(folder, with_pip=True)
    command = ["-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", str(bundle.folder / "requirements.lock")]
    done = subprocess.run([folder / "bin" / "python", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def built(folders: list[Path]) -> subprocess.CompletedProcess[str]:
    python = cache.ensure(PACKAGES, install, lambda line: print(line, file=sys.stderr)) / "bin" / "python"
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    environment.pop("PYTHONPATH", None)
    return subprocess.run([python, "-c", BUILD, *folders], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("techdocs")
    files.write(folder, files.files(Catalog(at="2026-11-24T12:00:00+00:00"), "shop"))
    return folder / "entities" / "docs"


def test_the_docs_of_every_golden_path_build_without_a_warning(emitted: Path) -> None:
    kinds = sorted(kind.lower() for kind in (*COMPONENTS, *RESOURCES))
    assert sorted(each.name for each in emitted.iterdir()) == kinds
    done = built([emitted / kind for kind in kinds])
    assert done.returncode == 0, done.stderr
    for kind in kinds:
        site = emitted / kind / "site"
        assert "<h1" in (site / "index.html").read_text()
        assert (site / "techdocs_metadata.json").is_file(), "what Backstage reads a site's name from"
        assert list(site.glob("*.json")) != [site / "techdocs_metadata.json"], "the schema"


def test_a_link_that_leads_nowhere_would_be_found(emitted: Path) -> None:
    page = emitted / "queue" / "docs" / "index.md"
    good = page.read_text()
    page.write_text(good + "\n[elsewhere](../../nowhere.md)\n")
    done = built([emitted / "queue"])
    page.write_text(good)
    assert done.returncode != 0
    assert "nowhere.md" in done.stderr
