"""Folders for a moment: one's own go at the end, those of processes that were killed with the next command."""

import os
import socket
import subprocess

from idp_components.environments import scratch


def test_folders_of_killed_processes_go_and_those_of_running_ones_and_of_others_stay(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with subprocess.Popen(["true"]) as over:
        pass
    here = f"idp-env-{socket.gethostname()}"
    names = (f"{here}-{over.pid}-a", f"{here}-{os.getppid()}-b", f"idp-env-elsewhere-{over.pid}-c", "idp-env-notes")
    left, running, elsewhere, unlike = (tmp_path / name for name in names)
    for folder in (left, running, elsewhere, unlike):
        folder.mkdir()
    (left / "config.yaml").touch()
    with scratch.folder() as own:
        assert own.is_dir()
        assert {path.name for path in tmp_path.iterdir()} == {running.name, elsewhere.name, unlike.name, own.name}
    assert not own.exists()
