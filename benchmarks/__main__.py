"""`make bench`: measure everything and write `benchmarks/README.md`; `python -m benchmarks GROUP …` measures only these groups anew."""

from __future__ import annotations

import datetime
import os
import platform
import re
import signal
import sys
from pathlib import Path

from benchmarks import catalogue, engine, environments, in_process, rules
from benchmarks.measure import Row

README = Path(__file__).parent / "README.md"
GROUPS = {"in-process": in_process, "rules": rules, "catalogue": catalogue, "engine": engine, "environments": environments}
HEADER = """# Benchmarks

What the platform costs. The two sides of each row are measured in one run, in turns; times are medians, and only their ratios carry over to
another machine. `make bench` writes this page.
"""
SECTION = """
## {name}

Measured on {date}, {cpus} cores, Python {python}, {system}.

| what | measured | against | ratio | target |
|---|---|---|---|---|
{rows}
"""


def main(wanted: list[str]) -> int:
    """Run the measurements of some groups, or all; the exit code says whether every target is met."""
    if unknown := set(wanted) - set(GROUPS):
        print(f"error: {', '.join(sorted(unknown))}: no such group; there are: {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # so that a sandbox that was started is stopped
    met = True
    for name in wanted or GROUPS:
        rows: list[Row] = []
        for row in GROUPS[name].measure():
            print(row.line(), flush=True)
            rows.append(row)
        _write(name, rows)
        met = met and all(row.met for row in rows)
    return 0 if met else 1


def _write(name: str, rows: list[Row]) -> None:
    """Put a group's rows in the place of its old ones."""
    known = dict(re.findall(r"(?ms)^## (\S+)\n(.*?)(?=^## |\Z)", README.read_text()))
    written = SECTION.format(
        name=name,
        date=datetime.date.today().isoformat(),
        cpus=os.cpu_count(),
        python=platform.python_version(),
        system=platform.system(),
        rows="\n".join(row.line() for row in rows),
    )
    known[name] = written.partition(f"## {name}\n")[2]
    README.write_text(HEADER + "".join(f"\n## {each}\n{known[each].rstrip()}\n" for each in GROUPS if each in known))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
