"""Where a host of repositories is named, a proposal becomes a pull request there; where that fails, the branch stays and the page says why."""

import pytest
from click.testing import CliRunner
from hosts import TOKEN, remote
from portals import git, parsed

from idp_components.cli.portal import portal as command
from idp_components.comment.hosts import host
from idp_components.comment.http import Api
from idp_components.portal.branch import BranchError, Repository, Review

__all__ = ["remote"]
BRANCH = "idp/checkout-extra"


@pytest.fixture
def there(remote, tmp_path):
    """A host, and the repository that it shows."""
    bare = tmp_path / "there.git"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    found = host(remote.kind, "shop/platform", 0, remote.environ)
    found.api = Api(found.api.base, found.api.headers, lambda _seconds: None)
    return Review(found, str(bare))


def test_a_proposal_is_pushed_and_opened_and_the_page_and_the_log_say_where(portal_of, remote, there):
    portal = portal_of(review=there)
    portal.sign_in()
    answer = portal.submit("queue", {}, propose=True)
    url = f"https://{remote.kind}.example.com/shop/platform/1"
    assert parsed(answer.text).find(".//p[@id='pull-request']/a").get("href") == url
    assert portal.audit()[-1]["pull_request"] == url
    assert git(portal.root, "--git-dir", there.remote, "rev-parse", BRANCH).strip() == portal.audit()[-1]["commit"]
    (asked,) = remote.opened
    said = str(asked)
    assert all(text in said for text in (BRANCH, "main", "Queue extra of team checkout", "`olga`", "`checkout-dev`"))
    assert TOKEN not in answer.text + str(portal.audit()) + said


@pytest.mark.parametrize("remote", ["github"], indirect=True)
def test_a_host_that_refuses_leaves_the_branch_and_a_reason(portal_of, remote, there):
    portal = portal_of(review=there)
    portal.sign_in()
    remote.failures = [("POST", 403, {}, False)]
    page = parsed(portal.submit("queue", {}, propose=True).text)
    assert "the host answers 403" in page.find(".//p[@id='not-sent']").text
    entry = portal.audit()[-1]
    assert (entry["outcome"], entry["branch"], "pull_request" in entry) == ("done", BRANCH, False)
    assert "the host answers 403" in entry["reason"]


def test_a_branch_of_the_remote_is_never_moved_and_no_password_is_in_the_reason(project, tmp_path):
    bare = tmp_path / "there.git"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    repository = Repository(project)
    first = repository.commit(repository.start(), {"a.py": "A = 1\n"}, BRANCH, "A", "a")
    repository.push(BRANCH, str(bare))
    git(project, "update-ref", "-d", f"refs/heads/{BRANCH}")
    repository.commit(repository.start(), {"a.py": "A = 2\n"}, BRANCH, "A", "a")
    with pytest.raises(BranchError, match="git push: "):
        repository.push(BRANCH, str(bare))
    assert git(project, "--git-dir", str(bare), "rev-parse", BRANCH).strip() == first
    with pytest.raises(BranchError, match="git push: ") as error:
        repository.push(BRANCH, "http://user:hunter2@127.0.0.1:1/a.git")
    assert "hunter2" not in str(error.value)


def test_the_target_is_the_branch_that_proposals_start_at(project):
    assert Repository(project).name() == "main"
    with pytest.raises(BranchError, match="is no branch, so nothing can be merged into it; name one, for example: --base main"):
        Repository(project, Repository(project).start()).name()


def test_without_a_token_or_a_repository_the_portal_does_not_start(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    assert "--repository: '' is no repository of github" in CliRunner().invoke(command, ["--pull-requests", "github"]).output
    options = ["--pull-requests", "github", "--repository", "shop/platform"]
    assert "GITHUB_TOKEN is not set" in CliRunner().invoke(command, options).output
