"""Folders of hundreds of files: several processes read them, and nothing of what is found depends on how many."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from idp_components.rules.sources.document import SourceError
from idp_components.rules.sources.text import parse

MANIFEST = """# a comment moves the lines
apiVersion: v1
kind: Secret
metadata:
  name: web-{number}
---
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: Pod, metadata: {{name: {name}, creationTimestamp: 2026-01-02T03:04:05Z}}}}
"""
READ = """
import json, os, sys
from pathlib import Path
from idp_components.rules.sources import folder
from idp_components.rules.sources.document import Document, SourceError
from idp_components.rules.model import Resource

os.sched_getaffinity = lambda _: set(range(int(sys.argv[2])))
forked, fork = [], os.fork
os.fork = lambda: forked.append(1) or fork()
try:
    found = [
        (path, repr(entry.data), Document(path, Resource("", "", entry.data), entry.locate).line(["metadata", "name"]))
        for path, entry in folder.entries_of(Path(sys.argv[1]))
    ]
except SourceError as error:
    found = str(error)
try:
    left = os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    left = None
print(json.dumps({"forked": len(forked), "left": left, "found": found}))
"""


def read(folder: Path, processors: int, before: str = "") -> dict:
    done = subprocess.run([sys.executable, "-c", before + READ, folder, str(processors)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    for number in range(330):
        path = tmp_path / f"team-{number % 7}" / f"{number}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(MANIFEST.format(number=number, name=f"pod-{number}"))
    (tmp_path / "team-6" / "list.json").write_text(json.dumps([{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "last"}}] * 2))
    return tmp_path


@pytest.mark.parametrize(("processors", "helpers"), [(2, 1), (64, 2)])
def test_as_many_processes_read_as_there_are_processors_and_work_for(estate, processors, helpers):
    alone, together = read(estate, 1), read(estate, processors)
    assert (alone["forked"], together["forked"]) == (0, helpers)
    assert together["found"] == alone["found"]
    assert (alone["left"], together["left"]) == (None, None)
    assert len(alone["found"]) == 330 * 2 + 2
    assert {line for path, _, line in alone["found"] if path.endswith(".yaml")} == {5, 7}


@pytest.mark.parametrize("at", ["team-0/0.yaml", "team-6/329.yaml"])
def test_a_file_that_cannot_be_read_is_named_whichever_process_it_falls_to(estate, at):
    (estate / at).write_text("kind: Pod\nmetadata: {")
    for processors in (1, 3):
        found = read(estate, processors)
        assert found["found"].startswith(f"{estate / at}:3: is not YAML: ")
        assert found["left"] is None


def test_what_a_helper_cannot_hand_over_is_read_by_who_asked(estate):
    alone, together = read(estate, 1), read(estate, 3, "import pickle\npickle.dumps = None\n")
    assert together["forked"] == 2
    assert together["found"] == alone["found"]


def test_a_program_with_threads_is_not_forked(estate):
    threads = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    assert read(estate, 3, threads)["forked"] == 0


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, '{"a":\n' * 6_000])
def test_what_is_nested_without_end_is_refused_before_it_takes_the_process_with_it(text: str) -> None:
    with pytest.raises(SourceError, match=r"^deep\.yaml: has more than 5000 levels; write plain manifests$"):
        list(parse(text.encode(), "deep.yaml"))
