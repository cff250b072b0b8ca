"""A change as a branch: git's plumbing alone, so that nobody's checkout, index or current branch is touched."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from idp_components.comment.hosts import Host

SECONDS = 60
NOTHING = "0" * 40
"""What a new branch points to before it exists."""
MODE = "100644"
IN_ADDRESS = re.compile(r"://[^/\s@]+@")
"""User and password in a remote's address, which git may quote."""


class BranchError(Exception):
    """The repository can't be read, or doesn't take the change."""


@dataclass(frozen=True)
class Review:
    """Where branches become pull requests."""

    host: Host
    remote: str
    """Git's name or address of the repository there."""


class Repository:
    """The git repository that a Pulumi project is in."""

    def __init__(self, root: Path, base: str = "HEAD", review: Review | None = None) -> None:
        self.root = root
        """Folder of the project."""
        self.base = base
        """Where changes start: a branch, a tag or a commit."""
        self.review = review
        """Where changes are proposed; none where a person pushes the branch."""

    def start(self) -> str:
        """The commit that `base` names now. Raises BranchError."""
        return self._git("rev-parse", "--verify", "--end-of-options", f"{self.base}^{{commit}}").strip()

    def text(self, commit: str, path: str) -> str | None:
        """A file of the project at a commit; none where it has none. Raises BranchError."""
        where = f"{self._prefix()}{path}"
        if not self._git("ls-tree", "--full-tree", "--name-only", commit, "--", where).strip():
            return None
        try:
            return self._bytes("cat-file", "blob", f"{commit}:{where}").decode()
        except UnicodeDecodeError as error:
            raise BranchError(f"{path}: byte {error.start} is no UTF-8; save the file as UTF-8 text") from error

    def checkout(self, commit: str, folder: Path) -> Path:
        """Writes the files of a commit into an empty folder; where the project is in there. Raises BranchError."""
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._git("read-tree", commit, env=index)
            self._git("checkout-index", "--all", "--force", f"--prefix={folder}/", cwd=self._top(), env=index)
        return folder / self._prefix()

    def commit(self, start: str, files: Mapping[str, str], branch: str, message: str, author: str) -> str:
        """A commit on a new branch, with these files of the project over those of `start`; its id. Raises BranchError."""
        self._git("check-ref-format", "--branch", branch)
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
            self._git("read-tree", start, env=index)
            for path, content in files.items():
                blob = self._git("hash-object", "-w", "--stdin", given=content).strip()
                self._git("update-index", "--add", "--cacheinfo", f"{MODE},{blob},{self._prefix()}{path}", env=index)
            tree = self._git("write-tree", env=index).strip()
        made = self._git("commit-tree", tree, "-p", start, "-F", "-", given=message, env=_people(author)).strip()
        try:
            self._git("update-ref", "-m", "idp portal: proposed", f"refs/heads/{branch}", made, NOTHING[: len(made)].ljust(len(made), "0"))
        except BranchError as error:
            if self._git("for-each-ref", "--format=%(refname)", f"refs/heads/{branch}").strip():
                raise BranchError(f"branch '{branch}' is there already: merge it, or delete it with: git branch -D {branch}") from error
            raise
        return made

    def name(self) -> str:
        """The branch that `base` is, as its remote has it too. Raises BranchError where it is none."""
        found = self._git("rev-parse", "--abbrev-ref", "--verify", "--end-of-options", self.base).strip().splitlines()[-1:]
        if found in ([], ["HEAD"]):
            raise BranchError(f"{self.base} is no branch, so nothing can be merged into it; name one, for example: --base main")
        return found[0]

    def push(self, branch: str, remote: str) -> None:
        """Sends a branch to a remote, with git's own credentials; one that is there is never moved. Raises BranchError."""
        self._git("push", "--quiet", f"--force-with-lease=refs/heads/{branch}:", "--end-of-options", remote, f"refs/heads/{branch}")

    def _top(self) -> Path:
        return Path(self._git("rev-parse", "--show-toplevel").rstrip("\n"))

    def _prefix(self) -> str:
        """The project's folder in the repository, with a slash at the end; nothing where they are the same."""
        return self._git("rev-parse", "--show-prefix").rstrip("\n")

    def _git(self, *arguments: str, given: str = "", env: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
        return self._bytes(*arguments, given=given, env=env, cwd=cwd).decode(errors="replace")

    def _bytes(self, *arguments: str, given: str = "", env: Mapping[str, str] | None = None, cwd: Path | None = None) -> bytes:
        # Variables such as GIT_DIR, which git sets for its hooks, would lead elsewhere.
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        command = ["git", *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=cwd or self.root,
                env={**inherited, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", **(env or {})},
                input=given.encode(),
                capture_output=True,
                check=False,
                timeout=SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BranchError(f"git {arguments[0]}: {error}") from error
        if done.returncode:
            said = IN_ADDRESS.sub("://…@", done.stderr.decode(errors="replace").strip())
            raise BranchError(f"git {arguments[0]}: {said or 'it ended without a word'}")
        return done.stdout


def _people(author: str) -> dict[str, str]:
    """Whom the commit names: who asked for it, and the portal, which made it."""
    name = re.sub(r"[<>\n\r\0]", "", author).strip() or "unknown"
    email = name if re.fullmatch(r"[^@\s]+@[^@\s]+", name) else "portal@localhost"
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": "idp portal",
        "GIT_COMMITTER_EMAIL": "portal@localhost",
    }
