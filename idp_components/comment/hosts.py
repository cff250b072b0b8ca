"""The hosts of repositories: how each opens a pull request, and lists, writes and changes its comments."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from idp_components.comment.http import Answer, Api, HostError
from idp_components.core.spec import SpecError

NEXT = re.compile(r'<([^>]+)>;[^,]*\brel="next"')
MOST_PAGES = 100
"""Pages of a hundred comments that are looked through."""


@dataclass(frozen=True)
class Comment:
    """A comment that is there."""

    id: int
    body: str


@dataclass(frozen=True)
class PullRequest:
    """A branch that asks to be merged."""

    source: str
    """The branch."""
    target: str
    """The branch that it is for."""
    title: str
    text: str
    """What it says, as Markdown."""


class Host(ABC):
    """Where a repository and its pull requests are. `number` is that of the one whose comments are meant; 0 for none."""

    token_variable: str
    """Variable with the token."""
    repository_variable: str
    """Variable by which the host's own pipelines name the repository."""

    def __init__(self, repository: str, number: int, token: str, environ: Mapping[str, str]) -> None:
        self.repository = repository
        self.number = number
        self.api = self.api_of(token, environ)

    @abstractmethod
    def api_of(self, token: str, environ: Mapping[str, str]) -> Api:
        """The API, with the token."""

    @abstractmethod
    def page(self, answer: Answer) -> tuple[list[Comment], str | None]:
        """The comments in an answer, and where the next ones are."""

    @property
    @abstractmethod
    def comments_path(self) -> str:
        """Path of the comments."""

    @property
    def first_page(self) -> str:
        """Path of the first comments."""
        return f"{self.comments_path}?per_page=100"

    def body(self, text: str) -> Any:
        """A comment as the API takes it."""
        return {"body": text}

    def comments(self) -> Iterator[Comment]:
        """The comments, page after page. Raises HostError."""
        path: str | None = self.first_page
        for _ in range(MOST_PAGES):
            if path is None:
                return
            found, path = self.page(self.api.send("GET", path))
            yield from found

    def write(self, text: str) -> None:
        """A new comment. Raises HostError."""
        self.api.send("POST", self.comments_path, self.body(text))

    @abstractmethod
    def change(self, comment: Comment, text: str) -> None:
        """Another text for a comment. Raises HostError."""

    @property
    @abstractmethod
    def requests_path(self) -> str:
        """Path of the pull requests."""

    @abstractmethod
    def alike(self, wanted: PullRequest) -> dict[str, str]:
        """The query that lists the open pull requests between the same branches."""

    @abstractmethod
    def request_body(self, wanted: PullRequest) -> Any:
        """A pull request as the API takes it."""

    @abstractmethod
    def address(self, request: Any) -> str:
        """Where people find a pull request."""

    def listed(self, answer: Answer) -> list[Any]:
        """The pull requests in an answer."""
        return list(answer.body)

    def open(self, wanted: PullRequest) -> str:
        """Open a pull request, or find the one that is open between these branches; its address. Raises HostError."""

        def once() -> str:
            """What failed may have been done all the same: each try looks first."""
            there = self.listed(self.api.send("GET", f"{self.requests_path}?{urlencode(self.alike(wanted))}"))
            made = there[0] if there else self.api.send("POST", self.requests_path, self.request_body(wanted)).body
            return self.address(made)

        try:
            return self.api.patiently(once)
        except (LookupError, TypeError) as error:
            raise HostError(f"{self.requests_path}: the host answers something else than its API says: {error!r}") from error


class GitHub(Host):
    """GitHub, or GitHub Enterprise (GitHub, "REST API endpoints for issue comments" and "for pull requests")."""

    token_variable = "GITHUB_TOKEN"  # noqa: S105  a variable's name
    repository_variable = "GITHUB_REPOSITORY"

    def api_of(self, token: str, environ: Mapping[str, str]) -> Api:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        return Api(environ.get("GITHUB_API_URL", "https://api.github.com"), headers)

    @property
    def comments_path(self) -> str:
        return f"/repos/{self.repository}/issues/{self.number}/comments"

    def page(self, answer: Answer) -> tuple[list[Comment], str | None]:
        following = NEXT.search(answer.headers.get("Link") or "")
        return [Comment(each["id"], each.get("body") or "") for each in answer.body], following[1] if following else None

    def change(self, comment: Comment, text: str) -> None:
        path = f"/repos/{self.repository}/issues/comments/{comment.id}"
        self.api.send("PATCH", path, self.body(text))

    @property
    def requests_path(self) -> str:
        return f"/repos/{self.repository}/pulls"

    def alike(self, wanted: PullRequest) -> dict[str, str]:
        return {"state": "open", "head": f"{self.repository.partition('/')[0]}:{wanted.source}", "base": wanted.target}

    def request_body(self, wanted: PullRequest) -> Any:
        return {"title": wanted.title, "body": wanted.text, "head": wanted.source, "base": wanted.target}

    def address(self, request: Any) -> str:
        return str(request["html_url"])


class GitLab(Host):
    """GitLab (GitLab, "Notes API" and "Merge requests API")."""

    token_variable = "GITLAB_TOKEN"  # noqa: S105  a variable's name
    repository_variable = "CI_PROJECT_PATH"

    def api_of(self, token: str, environ: Mapping[str, str]) -> Api:
        return Api(environ.get("CI_API_V4_URL", "https://gitlab.com/api/v4"), {"PRIVATE-TOKEN": token})

    @property
    def comments_path(self) -> str:
        return f"/projects/{quote(self.repository, safe='')}/merge_requests/{self.number}/notes"

    def page(self, answer: Answer) -> tuple[list[Comment], str | None]:
        following = answer.headers.get("X-Next-Page")
        found = [Comment(each["id"], each.get("body") or "") for each in answer.body if not each.get("system")]
        return found, f"{self.first_page}&page={int(following)}" if following else None

    def change(self, comment: Comment, text: str) -> None:
        self.api.send("PUT", f"{self.comments_path}/{comment.id}", self.body(text))

    @property
    def requests_path(self) -> str:
        return f"/projects/{quote(self.repository, safe='')}/merge_requests"

    def alike(self, wanted: PullRequest) -> dict[str, str]:
        return {"state": "opened", "source_branch": wanted.source, "target_branch": wanted.target}

    def request_body(self, wanted: PullRequest) -> Any:
        branches = {"source_branch": wanted.source, "target_branch": wanted.target}
        return {**branches, "title": wanted.title, "description": wanted.text, "remove_source_branch": True}

    def address(self, request: Any) -> str:
        return str(request["web_url"])


class Bitbucket(Host):
    """Bitbucket Cloud (Atlassian, "The Bitbucket Cloud REST API", pull requests)."""

    token_variable = "BITBUCKET_TOKEN"  # noqa: S105  a variable's name
    repository_variable = "BITBUCKET_REPO_FULL_NAME"

    def api_of(self, token: str, environ: Mapping[str, str]) -> Api:
        return Api(environ.get("BITBUCKET_API_URL", "https://api.bitbucket.org/2.0"), {"Authorization": f"Bearer {token}"})

    @property
    def comments_path(self) -> str:
        return f"/repositories/{self.repository}/pullrequests/{self.number}/comments"

    @property
    def first_page(self) -> str:
        return f"{self.comments_path}?pagelen=100"

    def body(self, text: str) -> Any:
        return {"content": {"raw": text}}

    def page(self, answer: Answer) -> tuple[list[Comment], str | None]:
        found = [Comment(each["id"], each["content"].get("raw") or "") for each in answer.body["values"] if not each.get("deleted")]
        return found, answer.body.get("next")

    def change(self, comment: Comment, text: str) -> None:
        self.api.send("PUT", f"{self.comments_path}/{comment.id}", self.body(text))

    @property
    def requests_path(self) -> str:
        return f"/repositories/{self.repository}/pullrequests"

    def alike(self, wanted: PullRequest) -> dict[str, str]:
        branches = (("source", wanted.source), ("destination", wanted.target))
        return {"q": " AND ".join(['state="OPEN"', *(f"{end}.branch.name={json.dumps(name)}" for end, name in branches)])}

    def request_body(self, wanted: PullRequest) -> Any:
        ends = {"source": {"branch": {"name": wanted.source}}, "destination": {"branch": {"name": wanted.target}}}
        return {**ends, "title": wanted.title, "description": wanted.text, "close_source_branch": True}

    def address(self, request: Any) -> str:
        return str(request["links"]["html"]["href"])

    def listed(self, answer: Answer) -> list[Any]:
        return list(answer.body["values"])


HOSTS: Mapping[str, type[Host]] = {"github": GitHub, "gitlab": GitLab, "bitbucket": Bitbucket}
REPOSITORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){1,20}")


def host(kind: str | None, repository: str | None, number: int, environ: Mapping[str, str]) -> Host:
    """The host that is named, or whose pipeline this is. Raises SpecError."""
    chosen = kind or next((name for name, each in HOSTS.items() if environ.get(each.repository_variable)), None)
    if chosen is None:
        raise SpecError(f"--for: which host is it? Use one of {', '.join(HOSTS)}, for example --for github")
    found = HOSTS[chosen]
    named = repository or environ.get(found.repository_variable, "")
    if not REPOSITORY.fullmatch(named):
        raise SpecError(f"--repository: {named!r} is no repository of {chosen}: use its path, for example --repository shop/checkout")
    if not (token := environ.get(found.token_variable)):
        raise SpecError(f"{found.token_variable} is not set: the token comes from the environment, and nowhere else")
    return found(named, number, token, environ)
