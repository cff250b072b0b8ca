"""What policy packs said in a preview, as the engine prints it."""

import re
from itertools import pairwise

FINDING = re.compile(r"\s*- \[(mandatory|advisory|remediate|disabled)\]")
NOT_YET = re.compile(r"can't (be judged|judge) yet")
"""What depends on a value of the update is said, and is no objection."""


def packs(output: str) -> list[str]:
    """Names of the packs that judged."""
    return re.findall(r"(?:✅|⚠️|❌) (idp-[a-z]+)@", output)


def objections(output: str) -> list[str]:
    """All findings but those that only the update can decide."""
    lines = [line.strip() for line in output.splitlines()]
    return [f"{line} {after}" for line, after in pairwise(lines) if FINDING.match(line) and not NOT_YET.search(after)]
