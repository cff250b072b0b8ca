"""The pages say which actions each level of access grants, and the library grants no others."""

import re
from pathlib import Path

import pytest

from idp_components.bucket import resources as bucket
from idp_components.queue import resources as queue
from idp_components.topic import resources as topic

LIBRARY = Path(__file__).parents[3] / "idp_components"
LEVELS = {
    "queue": queue.LEVELS,
    "topic": topic.LEVELS,
    "bucket": {level: (*bucket.ON_BUCKET, *actions) for level, actions in bucket.LEVELS.items()},
}


@pytest.mark.parametrize("path", LEVELS)
def test_the_page_names_every_action_of_a_level(path):
    page = (LIBRARY / path / "README.md").read_text()
    promised = {
        level: set(re.findall(r"[A-Z]\w+", actions)) for level, actions in re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", page, re.MULTILINE)
    }
    if path == "bucket":  # "both"
        promised["read-write"] = promised["read"] | promised["write"]
    assert promised == {level: {action.partition(":")[2] for action in actions} for level, actions in LEVELS[path].items()}
