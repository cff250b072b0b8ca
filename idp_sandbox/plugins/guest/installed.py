"""Print what the interpreter that runs this file is and has, as JSON."""

import json
import re
import sys
from importlib import metadata


def normal(name: str) -> str:
    """One spelling of a distribution's name (PyPA: names and normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def describe() -> dict[str, object]:
    """Version of Python, all distributions with their versions, and the names of those that no other one requires."""
    found = {normal(package.metadata["Name"]): package for package in metadata.distributions()}
    requirements = [requirement for package in found.values() for requirement in package.requires or ()]
    required = {normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]) for requirement in requirements if "extra ==" not in requirement}
    return {
        "python": sys.version.split()[0],
        "packages": {name: found[name].version for name in sorted(found)},
        "direct": sorted(found.keys() - required),
    }


if __name__ == "__main__":
    print(json.dumps(describe()))
