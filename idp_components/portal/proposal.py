"""A proposal: a component for a team's file, tried out on a copy of the project, and made a branch if everything still composes."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import idp_components
from idp_components.backstage.templates import class_name
from idp_components.comment.hosts import PullRequest
from idp_components.comment.http import HostError
from idp_components.comment.text import code
from idp_components.core.connection import VARIABLE_PATTERN, reference
from idp_components.core.naming import PLATFORM, namespace
from idp_components.core.profiles import PROFILES
from idp_components.core.spec import Spec, SpecError, check_name
from idp_components.deploy.outcome import COMPONENT_PREFIX
from idp_components.portal.branch import BranchError, Repository
from idp_components.portal.policy import Remark
from idp_components.portal.program import Call, team_file, with_call
from idp_components.schema import SPECS

TEAMS = "stacks/teams"
"""Folder of the teams' files in the project."""
BY_PLATFORM = frozenset({"team", "pipeline-issuer", "pipeline-role"})
"""Golden paths that only the platform declares, in its own file."""
WITHOUT_FILE = frozenset({"ephemeral-environment"})
"""Golden paths that no file declares: an environment is a stack of its own."""
WITH_USES = frozenset({"service", "worker", "scheduled-job"})
"""Golden paths that take connections."""
PATHS = tuple(path for path in SPECS if path not in WITHOUT_FILE)
"""Golden paths that have a form."""
ENVIRONMENTS = tuple(name for name, profile in PROFILES.items() if not profile.guest_of)
"""Environments that a proposal may be looked at in."""
SECONDS = 120
"""Time that a trial may take."""
_SIDE_BY_SIDE = threading.BoundedSemaphore(2)
"""Trials at a time: each keeps a processor busy for seconds."""


@dataclass(frozen=True)
class Asked:
    """What somebody asks for."""

    path: str
    """Golden path: one of `PATHS`."""
    team: str
    """Whom it is for."""
    name: str
    environment: str
    spec: Spec
    uses: tuple[tuple[str, str], ...] = ()

    @property
    def owner(self) -> str:
        """The team whose file changes, and who may ask."""
        return PLATFORM if self.path in BY_PLATFORM else self.team

    @property
    def stack(self) -> str:
        """The stack that shows what would be made."""
        return namespace(self.owner, self.environment)

    @property
    def branch(self) -> str:
        """The branch that the proposal becomes."""
        return f"idp/{self.team}-{self.name}"


@dataclass(frozen=True)
class Resource:
    """Something that a proposal makes or changes."""

    type: str
    """Pulumi's token."""
    name: str

    @property
    def kind(self) -> str:
        """The last part of the type: `Deployment`, `Service`."""
        return self.type.rpartition(":")[2]

    @property
    def home(self) -> str:
        """Whose kind it is: `golden path`, `kubernetes`, `aws`…"""
        package = self.type.partition(":")[0]
        return "golden path" if package == "idp" else package


@dataclass(frozen=True)
class Preview:
    """What a proposal would do."""

    start: str
    """The commit that it begins at."""
    files: dict[str, str]
    """What the files would hold, by their path in the project."""
    diff: str
    made: tuple[Resource, ...] = ()
    changed: tuple[Resource, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """What the rules find in it that they didn't find before."""
    usd_more: float | None = None
    """US dollars a month that it adds; none where nobody knows."""
    refused: tuple[str, ...] = ()
    """Why it can't be proposed as it is."""


def uses_of(text: str) -> tuple[tuple[str, str], ...]:
    """Connections as a form has them: a line each, `team/name:port VARIABLE`. Raises SpecError."""
    found = []
    for line in (line.strip() for line in text.splitlines() if line.strip()):
        target, _, variable = line.partition(" ")
        variable = variable.strip()
        if not re.fullmatch(VARIABLE_PATTERN, variable):
            raise SpecError(
                f"uses: {line!r} is refused: write 'team/name:port VARIABLE', for example 'checkout/cartservice:7070 CART_ADDR'"
            )
        reference(target, variable)
        found.append((target, variable))
    return tuple(found)


def preview(asked: Asked, repository: Repository) -> Preview:
    """What the proposal would make. Raises SpecError, BranchError."""
    check_name(asked.team, "team")
    check_name(asked.name, "name")
    start = repository.start()
    path, new, old = _path(asked.owner), {}, {}
    source = repository.text(start, path)
    if source is None:
        raise SpecError(f"team {asked.owner!r} has no file {path} in {repository.base}; the platform makes it with the form of a team")
    call = Call(class_name(asked.path), asked.name, asked.spec, asked.uses, _on_behalf(asked))
    new[path], old[path] = with_call(source, call, path), source
    if asked.path == "team" and repository.text(start, own := _path(asked.name)) is None:
        new[own], old[own] = team_file(asked.name), ""
    stacks = [asked.stack, *(stack for other in ENVIRONMENTS if (stack := namespace(asked.owner, other)) != asked.stack)]
    diff = "".join(_diff(each, old[each], new[each]) for each in new)
    return _judged(asked, Preview(start, new, diff), _trial(repository, start, new, stacks))


def propose(asked: Asked, shown: Preview, repository: Repository, author: str) -> str:
    """The commit on the new branch. Raises SpecError where the preview says that it is refused, BranchError."""
    if shown.refused:
        raise SpecError(*shown.refused)
    message = f"{class_name(asked.path)} {asked.name} of team {asked.team}\n\nProposed in the portal by {' '.join(author.split())}.\n"
    return repository.commit(shown.start, shown.files, asked.branch, message, author)


@dataclass(frozen=True)
class Sent:
    """What became of a branch."""

    url: str = ""
    """Of its pull request; empty where there is none."""
    problem: str = ""
    """Why there is none though there should be; the branch is there all the same."""


def send(asked: Asked, shown: Preview, repository: Repository, author: str) -> Sent:
    """Pushes the branch of a proposal and opens its pull request, where the repository has a place for that."""
    if repository.review is None:
        return Sent()
    made = [f"- {code(each.kind)} {code(each.name)}" for each in shown.made]
    cost = [] if shown.usd_more is None else ["", f"It adds about {shown.usd_more:,.2f} US dollars a month."]
    text = "\n".join([f"Proposed in the portal by {code(author)}. In {code(asked.stack)} it makes:", "", *made, *cost, ""])
    try:
        wanted = PullRequest(asked.branch, repository.name(), f"{class_name(asked.path)} {asked.name} of team {asked.team}", text)
        repository.push(asked.branch, repository.review.remote)
        return Sent(repository.review.host.open(wanted))
    except (BranchError, HostError) as error:
        return Sent(problem=str(error))


def _on_behalf(asked: Asked) -> str:
    if asked.path == "team":
        return asked.name  # its own room
    return asked.team if asked.owner != asked.team else ""


def _path(team: str) -> str:
    return f"{TEAMS}/{team.replace('-', '_')}.py"


def _diff(path: str, old: str, new: str) -> str:
    before = f"a/{path}" if old else "/dev/null"
    return "".join(difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), before, f"b/{path}"))


def _trial(repository: Repository, start: str, files: dict[str, str], stacks: list[str]) -> dict[str, Any]:
    """How the stacks compose before and after. Raises BranchError, SpecError."""
    library = str(Path(idp_components.__file__).parents[1])
    # The teams' files run in it: it gets nothing of this process but what programs need to start.
    env = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LANG", "TMPDIR")}
    env |= {"PYTHONPATH": library, "PYTHONDONTWRITEBYTECODE": "1"}  # a file changes faster than its bytecode's time stamp
    with tempfile.TemporaryDirectory(prefix="idp-portal-") as folder:
        root = repository.checkout(start, Path(folder))
        question = json.dumps({"root": str(root), "files": files, "stacks": stacks})
        command = [sys.executable, "-P", "-m", "idp_components.portal.trial"]
        try:
            with _SIDE_BY_SIDE:
                done = subprocess.run(
                    command, cwd=root, env=env, input=question, capture_output=True, text=True, check=False, timeout=SECONDS
                )
        except subprocess.TimeoutExpired:
            raise SpecError(f"the change can't be tried out: its stacks don't compose within {SECONDS} s") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1]
        raise SpecError(f"the change can't be tried out: {last}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _judged(asked: Asked, shown: Preview, trial: dict[str, Any]) -> Preview:
    """The preview with what the trial said."""
    refused = list(trial[asked.stack]["after"]["problems"])
    for stack, each in trial.items():
        if stack != asked.stack and each["after"]["problems"] and not each["before"]["problems"]:
            refused += [f"{stack} would not compose any more: {problem}" for problem in each["after"]["problems"]]
    before, after = trial[asked.stack]["before"], trial[asked.stack]["after"]
    made = tuple(_resource(each) for urn, each in after["resources"].items() if urn not in before["resources"])
    if not refused and Resource(f"{COMPONENT_PREFIX}{class_name(asked.path)}", asked.name) not in made:
        refused.append(f"the change makes no {class_name(asked.path)} {asked.name!r}: see whether compose() in the team's file ends early")
    known = [each["message"] for each in before["findings"]]
    remarks = tuple(Remark(**each) for each in after["findings"] if each["message"] not in known)
    refused += [f"rule {each.rule}: {each.message}" for each in remarks if each.blocks]
    changed = (each for urn, each in after["resources"].items() if before["resources"].get(urn, each) != each)
    return Preview(
        start=shown.start,
        files=shown.files,
        diff=shown.diff,
        made=tuple(sorted(made, key=lambda each: (each.home != "golden path", each.home, each.kind, each.name))),
        changed=tuple(_resource(each) for each in changed),
        remarks=remarks,
        usd_more=after["usd"] - before["usd"] if after["usd"] is not None and before["usd"] is not None else None,
        refused=tuple(refused),
    )


def _resource(each: dict[str, Any]) -> Resource:
    return Resource(each["type"], each["name"])
