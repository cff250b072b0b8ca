"""`make bench`: measure everything in one run and write `benchmarks/README.md`."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from pathlib import Path

from benchmarks import catalogue, engine, environments, in_process, rules
from benchmarks.measure import Row

HERE = Path(__file__).parent
HEADER = """# Benchmarks

What the platform costs, measured in one run of `make bench`. Times are medians; only their ratios carry over to another machine.

Measured on {date}, {cpus} cores, Python {python}, {system}.

| what | measured | against | ratio | target |
|---|---|---|---|---|
"""


def main() -> int:
    """Run all measurements; the exit code says whether every target is met."""
    rows: list[Row] = []
    for measured in (in_process.measure, catalogue.measure, rules.measure, engine.measure, environments.measure):
        for row in measured():
            print(row.line(), flush=True)
            rows.append(row)
    header = HEADER.format(
        date=datetime.date.today().isoformat(), cpus=os.cpu_count(), python=platform.python_version(), system=platform.system()
    )
    (HERE / "README.md").write_text(header + "\n".join(row.line() for row in rows) + "\n")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
