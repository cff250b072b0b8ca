"""The table of kinds with tags says what pulumi_aws says."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pulumi_aws
import pytest

from idp_components.rules.aws.taggable import FREE, LISTED, TAGGABLE, kinds
from idp_components.rules.model import aws_kind

TOKEN = re.compile(r"@pulumi\.type_token\(\"(.+)\"\)")


def with_tags() -> set[str]:
    """Kinds whose tags are AWS' own: the provider adds its default ones to them. To those of LISTED it can't."""
    classes = [path.read_text(encoding="utf-8") for path in Path(pulumi_aws.__file__).parent.glob("*/*.py")]
    tokens = {token[1] for text in classes if "def tags_all(self)" in text and (token := TOKEN.search(text))}
    return {*map(aws_kind, tokens), *LISTED}


def test_the_table_has_each_kind_with_tags_and_no_other() -> None:
    assert set(kinds()) == with_tags()


@pytest.mark.parametrize("pattern", FREE)
def test_each_exception_is_one_of_something(pattern: str) -> None:
    assert any(fnmatchcase(kind, pattern) for kind in kinds())


@pytest.mark.parametrize("kind", ["ec2/Instance", "emr/Cluster", "iam/Role", "kinesis/Stream", "lb/LoadBalancer", "sagemaker/Endpoint"])
def test_what_costs_is_no_exception(kind: str) -> None:
    assert kind in TAGGABLE
