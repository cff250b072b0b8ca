"""The ledger: what a stack has declared so far. It refuses what only the whole stack can show to be wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from idp_components.core.connection import Connection
from idp_components.core.manifest import Manifest
from idp_components.core.spec import SpecError, check_name

RESERVED = {
    "default": "the service account that Kubernetes makes in every namespace",
    "default-deny": "the policy that closes the team's namespace",
    "idp-vault": "the service account that signs the team's namespace in to Vault",
}
"""Names that no component may have, and what has them."""


@dataclass(frozen=True)
class Entry:
    """One declared component."""

    kind: str
    name: str
    port: int | None
    """Port that others may connect to; none where nothing listens."""
    uses: tuple[Connection, ...]
    allow_from: tuple[str, ...] = ()
    """Other teams that it lets in."""


@dataclass
class Ledger:
    """Everything declared in one stack, by name."""

    team: str
    teams: frozenset[str] = frozenset()
    """Teams that exist; empty where the project doesn't list them."""
    entries: dict[str, Entry] = field(default_factory=dict)
    objects: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """Who makes which object, by its kind, namespace and name."""
    rooms: list[str] = field(default_factory=list)
    """Namespaces of the teams whose rooms are declared, of whichever team of the stack."""
    seeds: set[str] = field(default_factory=set)
    """Names of the data that its databases can begin with."""
    urls: dict[str, str] = field(default_factory=dict)
    """URLs from outside, by the component that answers there."""

    def add(self, entry: Entry) -> None:
        """Record a component. Raises SpecError for an unusable or taken name and for connections that can't be made."""
        place = f"{self.team}.{entry.name}"
        check_name(entry.name, place)
        if reserved := RESERVED.get(entry.name):
            raise SpecError(f"{place}: the name is that of {reserved}; choose another, for example '{entry.name}-2'")
        if taken := self.entries.get(entry.name):
            raise SpecError(
                f"{place}: the name is taken by another {taken.kind} of this stack; names are unique, for example '{entry.name}-2'"
            )
        self._check_uses(entry, place)
        for index, team in enumerate(entry.allow_from):
            self._check_team(f"{place}.allow_from[{index}]", team)
        self.entries[entry.name] = entry

    def claim(self, place: str, manifests: Iterable[Manifest]) -> None:
        """Record the objects that a component makes. Raises SpecError for one that another component makes too."""
        for manifest in manifests:
            kind, name = manifest["kind"], manifest["metadata"]["name"]
            owner = self.objects.setdefault((kind, manifest["metadata"].get("namespace", ""), name), place)
            if owner != place:
                raise SpecError(
                    f"{place}: its {kind} {name!r} is one of {owner} too; choose another name, such as '{place.split('.')[1]}-2'"
                )

    def close(self) -> None:
        """Check what only the complete stack can show: references inside the team, and cycles. Raises SpecError."""
        for entry in self.entries.values():
            for index, connection in enumerate(entry.uses):
                if connection.team == self.team:
                    self._check_declared(f"{self.team}.{entry.name}.uses[{index}]", connection)
        self._check_cycles()

    def _check_declared(self, place: str, connection: Connection) -> None:
        if problem := self.objection(connection):
            raise SpecError(f"{place}: {problem}")

    def objection(self, connection: Connection) -> str | None:
        """Why a connection to something of this stack can't be made; none where it can."""
        target = self.entries.get(connection.name)
        if target is not None and connection.port is None:
            return None
        if target is None or target.port is None:
            offered = ", ".join(f"{e.name}:{e.port}" for e in self.entries.values() if e.port) or "nothing"
            return f"{connection} is not declared in its team's stack; it offers {offered}"
        if target.port != connection.port:
            return f"{connection} does not listen there; use {self.team}/{target.name}:{target.port}"
        return None

    def _check_uses(self, entry: Entry, place: str) -> None:
        seen: dict[str, Connection] = {}
        for index, connection in enumerate(entry.uses):
            where = f"{place}.uses[{index}]"
            if not isinstance(connection, Connection):
                raise SpecError(
                    f"{where}: {type(connection).__name__} is not a connection; "
                    "use for example cart.connection('CART_ADDR') or reference('checkout/cart:7070', 'CART_ADDR')"
                )
            self._check_team(where, connection.team)
            for variable in connection.variables:
                if other := seen.get(variable):
                    raise SpecError(f"{where}: variable {variable!r} is set by {other} already; name another, for example '{variable}_2'")
                seen[variable] = connection

    def _check_team(self, place: str, team: str) -> None:
        if self.teams and team not in self.teams:
            raise SpecError(f"{place}: team {team!r} does not exist; teams: {', '.join(sorted(self.teams))}")

    def _check_cycles(self) -> None:
        done: set[str] = set()
        for start in self.entries:
            path: list[str] = []
            self._walk(start, path, done)

    def _walk(self, name: str, path: list[str], done: set[str]) -> None:
        if name in path:
            loop = " → ".join([*path[path.index(name) :], name])
            raise SpecError(
                f"{self.team}.{name}.uses: the connections go in a circle: {loop}; let one side call back by a queue or an event"
            )
        if name in done:
            return
        path.append(name)
        for connection in self.entries[name].uses:
            if connection.team == self.team:
                self._walk(connection.name, path, done)
        path.pop()
        done.add(name)
