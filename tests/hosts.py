"""Hosts of repositories on loopback: they hold a request to the published schema, keep comments and pull requests, and fail when told to."""

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest

from idp_components.comment.hosts import HOSTS

API = json.loads(Path(__file__).with_name("hosts.json").read_text())
BASES = {"github": "GITHUB_API_URL", "gitlab": "CI_API_V4_URL", "bitbucket": "BITBUCKET_API_URL"}
TOKEN = "t0ken-of-nobody"


@dataclass
class Remote:
    """A host with the comments of one pull request."""

    kind: str
    url: str = ""
    page_size: int = 100
    comments: dict[int, str] = field(default_factory=dict)
    opened: list[dict] = field(default_factory=list)
    """Pull requests, as they were asked for."""
    requests: list[str] = field(default_factory=list)
    failures: list[tuple[str, int, dict[str, str], bool]] = field(default_factory=list)
    """What goes wrong next: for which method, with what status and headers, and whether it is done all the same."""
    complaints: list[str] = field(default_factory=list)

    def add(self, *bodies):
        for body in bodies:
            self.comments[len(self.comments) + 1] = body

    @property
    def environ(self):
        return {BASES[self.kind]: self.url, HOSTS[self.kind].token_variable: TOKEN}

    def page(self, path, query):
        size, number = int(query.get("per_page") or query.get("pagelen")), int(query.get("page", 1))
        size = min(size, self.page_size)
        ids = sorted(self.comments)
        chosen, more = ids[size * (number - 1) : size * number], len(ids) > size * number
        following = f"{self.url}{path}?{'pagelen' if self.kind == 'bitbucket' else 'per_page'}=100&page={number + 1}"
        if self.kind == "bitbucket":
            values = [{"id": each, "content": {"raw": self.comments[each]}, "deleted": False} for each in chosen]
            return {"values": values, **({"next": following} if more else {})}, {}
        found = [{"id": each, "body": self.comments[each], "system": False} for each in chosen]
        if self.kind == "gitlab":
            return found, {"X-Next-Page": str(number + 1) if more else ""}
        return found, {"Link": f'<{self.url}{path}?page=1>; rel="prev", <{following}>; rel="next"'} if more else {}

    def answer(self, method, address, headers, body):
        """Status, body and headers."""
        path, query = urlsplit(address).path, dict(parse_qsl(urlsplit(address).query))
        self.requests.append(method)
        wanted = next(
            (
                (each, found)
                for each in API[self.kind]["operations"]
                if each["method"] == method and (found := re.match(each["path"], path))
            ),
            None,
        )
        if wanted is None:
            self.complaints.append(f"{method} {path}")
            return 404, {"message": "Not Found"}, {}
        operation, found = wanted
        checks = ((headers, API[self.kind]["headers"]), (query, operation.get("query", {"maxProperties": 0})))
        for value, schema in (*checks, *([(body, operation["body"])] if "body" in operation else [])):
            try:
                jsonschema.validate(value, schema)
            except jsonschema.ValidationError as error:
                self.complaints.append(f"{method} {path}: {error.message}")
                return 422, {"message": error.message}, {}
        failure = self.failures.pop(0) if self.failures and self.failures[0][0] == method else None
        if failure is None or failure[3]:
            status, answer, more = self.act(method, path, query, body, found)
        if failure is not None:
            return failure[1], {"message": "later, perhaps"}, failure[2]
        return status, answer, more

    def pull_requests(self, method, query, body):
        """What lists or opens one answers."""

        def shown(number):
            url = f"https://{self.kind}.example.com/shop/platform/{number}"
            return {"github": {"html_url": url}, "gitlab": {"web_url": url}, "bitbucket": {"links": {"html": {"href": url}}}}[self.kind]

        def branches(asked):
            if self.kind == "bitbucket":
                names = asked["source"]["branch"]["name"], asked["destination"]["branch"]["name"]
                return {"q": 'state="OPEN" AND source.branch.name="{}" AND destination.branch.name="{}"'.format(*names)}
            if self.kind == "gitlab":
                return {"state": "opened", "source_branch": asked["source_branch"], "target_branch": asked["target_branch"]}
            return {"state": "open", "head": f"shop:{asked['head']}", "base": asked["base"]}

        if method == "POST":
            self.opened.append(body)
            return 201, shown(len(self.opened)), {}
        there = [shown(number) for number, asked in enumerate(self.opened, 1) if branches(asked) == query]
        return 200, {"values": there} if self.kind == "bitbucket" else there, {}

    def act(self, method, path, query, body, found):
        if path.endswith(("/pulls", "/merge_requests", "/pullrequests")):
            return self.pull_requests(method, query, body)
        if method == "GET":
            answer, headers = self.page(path, query)
            return 200, answer, headers
        text = body["content"]["raw"] if self.kind == "bitbucket" else body["body"]
        if method == "POST":
            self.add(text)
            return 201, {"id": len(self.comments)}, {}
        self.comments[int(found["id"])] = text
        return 200, {"id": int(found["id"])}, {}


@pytest.fixture(params=list(API))
def remote(request):
    kept = Remote(request.param)

    class Handler(BaseHTTPRequestHandler):
        def respond(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {key.lower(): value for key, value in self.headers.items()}
            status, answer, more = kept.answer(self.command, self.path, headers, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            for key, value in {**more, "Content-Length": str(len(data))}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = respond  # noqa: N815  the names are those of the standard library

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        assert kept.complaints == []
