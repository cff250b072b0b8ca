"""Builder and rules, without an engine: the cost per service, and how it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.measure import Row, paired
from idp_components import ServiceSpec
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.rules import findings, stack_findings
from idp_components.rules.model import Resource
from idp_components.service import manifests

SPEC = ServiceSpec(image="registry.example.com/bench/api:v1.0.0", port=8080)

RUNS = 9


def measure() -> Iterator[Row]:
    """Rows of this file."""
    context = Context.of("bench-dev", {"domain": "bench.localhost"})

    def build(count: int) -> Iterator[Manifest]:
        for number in range(count):
            yield from manifests.service(f"service-{number}", SPEC, context)

    def exhaust(count: int) -> int:
        return sum(1 for _ in build(count))

    def often(action: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(100):
                action()

        return run

    small, large = ([Resource.from_manifest(manifest) for manifest in build(count)] for count in (10, 1000))
    building = paired(lambda: exhaust(1000), often(lambda: exhaust(10)), RUNS)
    judging = paired(lambda: findings(large), often(lambda: findings(small)), RUNS)
    together = paired(lambda: stack_findings(large), often(lambda: stack_findings(small)), RUNS)
    yield Row("build 1,000 services", building[0], "100 × 10 services", building[1], 1.15)
    yield Row("judge 1,000 services by all rules", judging[0], "100 × 10 services", judging[1], 1.15)
    yield Row("judge a stack of 1,000 services as a whole", together[0], "100 × one of 10", together[1], 1.15)
    yield Row("judge one service", judging[1] / 1000, "build it", building[1] / 1000)
