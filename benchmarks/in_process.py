"""Builder and rules, without an engine: the cost per service, and how it grows."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measure import Row, median
from idp_components import ServiceSpec
from idp_components.core.context import Context
from idp_components.core.manifest import Manifest
from idp_components.rules import findings
from idp_components.rules.model import Resource
from idp_components.service import manifests

SPEC = ServiceSpec(image="registry.example.com/bench/api:v1.0.0", port=8080)


def measure() -> Iterator[Row]:
    """Rows of this file."""
    context = Context.of("bench-dev", {"domain": "bench.localhost"})

    def build(count: int) -> Iterator[Manifest]:
        for number in range(count):
            yield from manifests.service(f"service-{number}", SPEC, context)

    def exhaust(count: int) -> int:
        return sum(1 for _ in build(count))

    small, large = ([Resource.from_manifest(manifest) for manifest in build(count)] for count in (10, 1000))
    yield Row("build 1,000 services", median(lambda: exhaust(1000), 5), "100 × the time of 10", 100 * median(lambda: exhaust(10), 50), 1.15)
    yield Row(
        "judge 1,000 services by all rules",
        median(lambda: findings(large), 5),
        "100 × the time of 10",
        100 * median(lambda: findings(small), 50),
        1.15,
    )
    yield Row("judge one service", median(lambda: findings(small), 50) / 10, "build it", median(lambda: exhaust(10), 50) / 10)
