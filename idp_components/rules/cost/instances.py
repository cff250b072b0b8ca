"""Rules about instances that are older, larger or more than is needed."""

from __future__ import annotations

from collections.abc import Iterator

from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.field import UNKNOWN, Field, Problem
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.options import texts
from idp_components.rules.organisation.places import CLASSES, classes
from idp_components.rules.regex import regex

PREVIOUS = regex(r"t[12]|m[1-4]|c[134]|cc2|r[34]|i[23]|d2|g[23]|p[23]|h1|hs1|cr1|x1|f1|d[cs][12]")
"""Families that have successors (EC2, "Previous generation instances"; Redshift's ds and dc)."""
SIZES = ("nano", "micro", "small", "medium", "large", "xlarge", "xlplus", "2xlarge")
"""What an environment below production may have."""
_CLASS = regex(
    r"(?:(?:cache|db|dms|kafka|ml|search)\.)?(?P<family>[a-z]+[0-9]+[a-z-]*)(?:\.(?P<size>[a-z0-9-]+?)(?:\.(?:search|elasticsearch))?)?"
)
"""A class of any service; Batch also takes a family alone."""


def _part(field: Field, name: str) -> str:
    match = _CLASS.fullmatch(field.value) if isinstance(field.value, str) else None
    return match[name] or "" if match else ""


@aws_rule(
    "cost-previous-generation",
    *CLASSES,
    title="Instances are of a current generation.",
    severity=Severity.LOW,
    rationale="Newer generations do more for less money, and older ones run out.",
    fix="Leave the class to the profile; otherwise use a newer family, such as t4g, m7g or r7g.",
    source="https://aws.amazon.com/ec2/previous-generation/",
    framework=None,
)
def previous_generation(resource: Resource, _options: Options) -> Iterator[Problem]:
    for chosen in classes(resource):
        if chosen.value is UNKNOWN or PREVIOUS.fullmatch(_part(chosen, "family")):
            yield chosen.problem("is of a previous generation; use a newer one, such as t4g, m7g or r7g")


@aws_rule(
    "cost-instance-size",
    *CLASSES,
    title="Outside of production instances are small.",
    severity=Severity.LOW,
    rationale="An environment for trying things out is idle for most of the day, at the full price.",
    fix="Leave the class to the profile; otherwise use a smaller one.",
    source="https://docs.aws.amazon.com/wellarchitected/latest/cost-optimization-pillar/cost_type_size_number_resources_data.html",
    framework=None,
    options={"sizes": texts(SIZES, "Sizes that are small enough.")},
)
def instance_size(resource: Resource, options: Options) -> Iterator[Problem]:
    allowed = options.get("sizes", SIZES)
    for chosen in classes(resource):
        size = _part(chosen, "size")
        if chosen.value is UNKNOWN or (size and size not in allowed):
            yield chosen.problem(f"is larger than needed outside of production; use {allowed[-1] if allowed else 'less'} at most")


RULES = (previous_generation, instance_size)
