"""Where pages have their data from: the catalogue, asked again in the background while somebody looks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from idp_components.catalog import Catalog, Item, Problem, build
from idp_components.catalog.build import Answer
from idp_components.portal import policy
from idp_components.portal.view import without_passwords
from idp_components.rules.waivers import NOTHING, Waivers

LOG = logging.getLogger(__name__)
STATE_SECONDS = 60
"""How old the stacks' states may be: each is a process of Pulumi's."""
CLUSTER_SECONDS = 4
"""How old what the cluster says may be: it is one request."""
IDLE_SECONDS = 120
"""After so long without a request nothing is asked any more."""
FIRST_SECONDS = 20
"""How long the first page waits for the first answers; then it says that they are missing."""


Ending = Mapping[str, Any]
UNSAID = dict.fromkeys(("broken", "owner", "source", "ends_at", "kept_until", "kept_because", "asleep_since", "isolation"))
"""What may be left out of what is said of an environment that ends: a broken record has no owner and no end."""


class Unavailable(Exception):
    """What is asked doesn't answer at all."""


@dataclass(frozen=True)
class Snapshot:
    """Everything that pages show, as of one moment."""

    catalog: Catalog
    ending: Mapping[str, Ending] = field(default_factory=dict)
    """Environments that end, by name, as `environments.people.described` says it."""

    @cached_property
    def remarks(self) -> list[policy.Remark]:
        """What the rules say about what runs."""
        return policy.of_catalog(self.catalog)

    @cached_property
    def usd(self) -> dict[str, float | None]:
        """US dollars a month by stack; none where nobody knows."""
        return {each.stack: each.cost.usd_per_month if each.cost else None for each in self.catalog.environments}

    @cached_property
    def used_by(self) -> dict[tuple[str, str], list[Item]]:
        """Who uses each item, by environment and `team/name`."""
        return self.catalog.used_by()


class Source:
    """The newest snapshot. `stacks` and `ending`, which says which environments end and how they are, raise Unavailable."""

    def __init__(
        self,
        stacks: Callable[[], Sequence[Answer]],
        cluster: Callable[[], tuple[Any, list[Problem]]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        ending: Callable[[], Sequence[Ending]] = lambda: (),
        waivers: Callable[[], Waivers] = lambda: NOTHING,
    ) -> None:
        self._stacks, self._cluster, self._now, self._ending, self._waivers = stacks, cluster, now, ending, waivers
        self._refreshing = threading.Lock()
        self._answers: Sequence[Answer] = ()
        self._missing: tuple[Problem, ...] = ()
        self._known_ending: dict[str, Ending] = {}
        self._asked, self._read = 0.0, float("-inf")
        self._first, self._wanted, self._stopped = threading.Event(), threading.Event(), threading.Event()
        waiting = Problem("catalogue", "is being read for the first time; reload the page in a moment")
        self._snapshot = Snapshot(Catalog(at=now().isoformat(timespec="seconds"), problems=(waiting,)))

    def snapshot(self) -> Snapshot:
        """What is known; the first one is waited for."""
        self._asked = time.monotonic()
        self._wanted.set()
        self._first.wait(FIRST_SECONDS)
        return self._snapshot

    def start(self) -> None:
        """Keep it new in the background."""
        threading.Thread(target=self._run, name="catalogue", daemon=True).start()

    def stop(self) -> None:
        """End what `start` began."""
        self._stopped.set()
        self._wanted.set()

    def refresh(self, *, anew: bool = False) -> None:
        """Ask now: the cluster, and the stacks where their answers are old, or `anew`."""
        with self._refreshing:
            if anew or time.monotonic() - self._read >= STATE_SECONDS:
                self._missing = (*self._read_stacks(), *self._read_ending())
                self._read = time.monotonic()
            cluster, problems = self._cluster()
            found = build(self._answers, cluster, self._now(), (*self._missing, *problems))
            shown = tuple(replace(each, what=without_passwords(each.what)) for each in found.problems)
            self._snapshot = Snapshot(replace(found, problems=shown), self._known_ending)
            self._first.set()

    def _read_stacks(self) -> list[Problem]:
        waivers = self._waivers()
        try:
            self._answers = [replace(answer, waivers=waivers) for answer in self._stacks()]
        except Unavailable as error:
            before = f"; what is shown of them is of {self._snapshot.catalog.at}" if self._answers else ""
            return [Problem("stacks", f"can't be read: {error}{before}")]
        return [Problem(waivers.source, f"can't be read, so nothing is waived: {waivers.error}")] if waivers.error else []

    def _read_ending(self) -> list[Problem]:
        try:
            self._known_ending = {each["name"]: {**UNSAID, **each} for each in self._ending()}
        except Unavailable as error:
            return [Problem("environments", f"can't be asked how they are: {error}")]
        return []

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wanted.wait()
            if time.monotonic() - self._asked > IDLE_SECONDS:
                self._wanted.clear()
                continue
            try:
                self.refresh()
            except Exception:  # a fault of ours must not leave old pages that look new
                LOG.exception("the catalogue can't be read anew")
                self._fail()
            self._stopped.wait(CLUSTER_SECONDS)

    def _fail(self) -> None:
        old = self._snapshot.catalog
        problem = Problem("catalogue", f"can't be read anew, so this is of {old.at}; the portal's log says why")
        kept = [each for each in old.problems if each.place != problem.place]
        self._snapshot = replace(self._snapshot, catalog=replace(old, problems=(*kept, problem)))
        self._first.set()
