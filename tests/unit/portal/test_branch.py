"""Branches by git's plumbing: nothing of anybody's checkout changes, wherever the project is in its repository."""

import pytest
from portals import git

from idp_components.portal.branch import BranchError, Repository

AUTHOR = "Alice <x>\nB"


def state(root):
    return (
        git(root, "status", "--porcelain"),
        git(root, "rev-parse", "HEAD"),
        git(root, "ls-files", "--stage"),
        git(root, "symbolic-ref", "HEAD"),
    )


def test_a_worktree_and_the_checkout_beside_it_stay_as_they_are(project, tmp_path):
    beside = tmp_path / "beside"
    git(project, "worktree", "add", "--quiet", "-b", "feature", str(beside))
    (beside / "stacks" / "teams" / "catalog.py").write_text("unfinished")
    git(beside, "add", "--all")
    before = state(project), state(beside)
    repository = Repository(beside)
    made = repository.commit(repository.start(), {"stacks/teams/new.py": "NEW = 1\n"}, "idp/new", "New", AUTHOR)
    assert (state(project), state(beside)) == before
    assert git(project, "show", f"{made}:stacks/teams/new.py") == "NEW = 1\n"
    assert git(project, "diff", "--name-only", "main", "idp/new").split() == ["stacks/teams/new.py"]
    assert git(project, "log", "-1", "--format=%an|%cn", "idp/new").strip() == "Alice xB|idp portal"


def test_the_project_may_be_a_folder_of_its_repository_and_start_at_another_branch(project, tmp_path, monkeypatch):
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "--quiet", "--initial-branch", "main")
    (outer / "platform").mkdir()
    (outer / "platform" / "Pulumi.yaml").write_text("name: idp\n")
    (outer / "readme").write_text("outer\n")
    git(outer, "add", "--all")
    git(outer, "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "One")
    git(outer, "branch", "release")
    monkeypatch.setenv("GIT_DIR", str(project / ".git"))  # as in a hook of another repository
    repository = Repository(outer / "platform", "release")
    start = repository.start()
    assert repository.text(start, "Pulumi.yaml") == "name: idp\n"
    assert repository.text(start, "readme") is None
    (tmp_path / "copy").mkdir()
    assert (repository.checkout(start, tmp_path / "copy") / "Pulumi.yaml").read_text() == "name: idp\n"
    made = repository.commit(start, {"a.py": "A = 1\n"}, "idp/a", "A", AUTHOR)
    monkeypatch.delenv("GIT_DIR")
    assert git(outer, "diff", "--name-only", "release", made).split() == ["platform/a.py"]


def test_a_branch_that_is_there_stays_as_it_is(project):
    repository = Repository(project)
    first = repository.commit(repository.start(), {"a.py": "A = 1\n"}, "idp/a", "A", AUTHOR)
    with pytest.raises(BranchError, match="branch 'idp/a' is there already: merge it, or delete it with: git branch -D idp/a"):
        repository.commit(repository.start(), {"a.py": "A = 2\n"}, "idp/a", "A", AUTHOR)
    assert git(project, "rev-parse", "idp/a").strip() == first


@pytest.mark.parametrize("name", ["--force", "a..b", "a b", "", "refs/../x"])
def test_no_name_of_a_branch_is_an_option_or_leads_elsewhere(project, name):
    repository = Repository(project)
    before = git(project, "for-each-ref")
    with pytest.raises(BranchError):
        repository.commit(repository.start(), {"a.py": ""}, name, "A", AUTHOR)
    with pytest.raises(BranchError):
        Repository(project, name or "nothing").start()
    assert git(project, "for-each-ref") == before


def test_text_that_is_no_utf_8_is_refused_and_never_rewritten(project):
    (project / "latin.py").write_bytes("# é\n".encode("latin-1"))
    git(project, "add", "--all")
    git(project, "-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "--quiet", "--message", "Latin")
    repository = Repository(project)
    with pytest.raises(BranchError, match=r"latin\.py: byte 2 is no UTF-8"):
        repository.text(repository.start(), "latin.py")
