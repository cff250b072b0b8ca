"""Publishing a pack, by the real command, to a local server that answers as Pulumi Cloud does."""

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from idp_components.rules.packs import ALL_IN_ONE

ROOT = Path(__file__).parents[3]
ANSWERS: dict[str, Any] = {
    "/api/user": {"githubLogin": "ci", "name": "ci", "organizations": [{"githubLogin": "acme", "name": "acme"}]},
    "/api/orgs/acme/policypacks": {"version": 1, "uploadURI": "/upload", "requiredHeaders": {}},
}


@contextmanager
def cloud() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Its address, and what it was sent, by path."""
    sent: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Nothing: the test reads what was sent."""

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            sent[self.path] = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            answer = dict(ANSWERS.get(self.path, {}))
            if "uploadURI" in answer:
                answer["uploadURI"] = f"http://127.0.0.1:{self.server.server_address[1]}/upload"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST = do_PUT = answer  # noqa: N815 the names of http.server

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", sent
    finally:
        server.shutdown()
        server.server_close()


def test_a_pack_is_published_with_its_rules_and_waivers_and_nothing_else(sandbox, tmp_path):
    pack = tmp_path / "all"
    shutil.copytree(ROOT / "policies" / "all", pack, symlinks=True)
    (pack / ".venv").unlink()
    (pack / ".venv").symlink_to(ROOT / ".venv")
    (pack / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    shutil.copyfile(ROOT / "policies" / "waivers.yaml", pack / "waivers.yaml")
    with cloud() as (address, sent):
        env = {**os.environ, **sandbox.env(), "PULUMI_BACKEND_URL": address, "PULUMI_ACCESS_TOKEN": "a-token", "PULUMI_HOME": str(tmp_path)}
        command = ["pulumi", "policy", "publish", "acme", "--non-interactive", "--color", "never"]
        done = subprocess.run(command, cwd=pack, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    published = json.loads(sent["/api/orgs/acme/policypacks"])
    assert published["name"] == ALL_IN_ONE.name
    assert {policy["name"] for policy in published["policies"]} == {rule.id for rule in ALL_IN_ONE.rules}
    with tarfile.open(fileobj=io.BytesIO(sent["/upload"])) as archive:
        assert set(archive.getnames()) >= {"package/__main__.py", "package/PulumiPolicy.yaml", "package/requirements.txt"}
        assert "package/waivers.yaml" in archive.getnames()
        assert [name for name in archive.getnames() if ".venv" in name] == []
    assert "/api/orgs/acme/policypacks/idp-all/versions/0.1.0/complete" in sent
