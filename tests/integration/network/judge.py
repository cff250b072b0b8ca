"""The judge of traffic: the matcher of cyclonus, with which Kubernetes' SIG Network tested implementations of NetworkPolicies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idp_sandbox.toolchain import cache
from idp_sandbox.toolchain.build import build
from idp_sandbox.toolchain.bundles import Bundle


class Tested(Bundle):
    """A bundle that only tests need."""

    @property
    def folder(self) -> Path:
        """Beside this file."""
        return Path(__file__).with_name(self.name)


REACHABILITY = Tested(name="reachability", title="the judge of network policies", programs=("reachability",), main="reachability")


@dataclass(frozen=True)
class Peer:
    """An end of traffic: a pod, or an address outside of the cluster."""

    name: str
    namespace: str = ""
    """None for an address outside."""
    labels: Mapping[str, str] = field(default_factory=dict, compare=False)
    namespace_labels: Mapping[str, str] = field(default_factory=dict, compare=False)
    ports: Mapping[tuple[int, str], str] = field(default_factory=dict, compare=False)
    """Names of the ports that its containers declare, by number and protocol."""
    ip: str = "10.244.1.1"

    def plain(self) -> dict[str, Any]:
        """For the program."""
        inside = {"PodLabels": dict(self.labels), "NamespaceLabels": dict(self.namespace_labels), "Namespace": self.namespace}
        return {"IP": self.ip, **({"Internal": inside} if self.namespace else {})}


@dataclass(frozen=True)
class Traffic:
    """A way from one end to the other."""

    source: Peer
    target: Peer
    port: int
    protocol: str = "TCP"

    def __str__(self) -> str:
        return f"{self.source.name} → {self.target.name}:{self.port}/{self.protocol}"


def reached(policies: Iterable[Mapping[str, Any]], ways: Sequence[Traffic]) -> set[Traffic]:
    """The ways that are open."""
    program = cache.ensure(REACHABILITY, build, lambda line: print(line, file=sys.stderr)) / "bin" / "reachability"
    traffic = [
        {
            "Source": way.source.plain(),
            "Destination": way.target.plain(),
            "ResolvedPort": way.port,
            "ResolvedPortName": way.target.ports.get((way.port, way.protocol), ""),
            "Protocol": way.protocol,
        }
        for way in ways
    ]
    question = json.dumps({"policies": list(policies), "traffic": traffic})
    answer = subprocess.run([str(program)], input=question, capture_output=True, text=True, check=True).stdout
    return {way for way, allowed in zip(ways, json.loads(answer), strict=True) if allowed}
