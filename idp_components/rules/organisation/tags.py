"""Rules about the tags of what AWS charges for: who owns it, and in which form that is said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from idp_components.core.labels import COST_CENTRE, ENVIRONMENT, EXPIRES_AT, TEAM
from idp_components.core.stack_name import parts_of_urn
from idp_components.rules.aws.aws_rule import aws_rule
from idp_components.rules.aws.taggable import LISTED, TAGGABLE, tags
from idp_components.rules.field import UNKNOWN, Problem
from idp_components.rules.levels import ENVIRONMENTS
from idp_components.rules.lifetime import MOMENT
from idp_components.rules.model import Options, Resource, Severity
from idp_components.rules.options import texts

REQUIRED = (TEAM, ENVIRONMENT)
FORMS = (
    f"{TEAM}=[a-z]([-a-z0-9]*[a-z0-9])?",
    f"{ENVIRONMENT}={'|'.join(ENVIRONMENTS)}|pr-[0-9]+|user-[a-z0-9]+",
    f"{COST_CENTRE}=cc-[0-9]+",
    f"{EXPIRES_AT}={MOMENT.pattern}",
)
TAGGING = "https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html"


def _tagged(resource: Resource, options: Options) -> dict[str, Any] | None:
    """The tags that the stack's name tells, where they are missing; none where others are missing too."""
    match = parts_of_urn(resource.urn)
    own = resource.root.get("tags").value
    if not match or not isinstance(resource.props, dict) or resource.aws in LISTED or not (own is None or isinstance(own, dict)):
        return None
    known = {TEAM: match["team"], ENVIRONMENT: match["environment"]}
    missing = [key for key in options.get("tags", REQUIRED) if key not in tags(resource)]
    if not missing or not known.keys() >= {*missing}:
        return None
    return {**resource.props, "tags": {**(own or {}), **{key: known[key] for key in missing}}}


@aws_rule(
    "organisation-required-tags",
    *TAGGABLE,
    title="What costs or holds something says whose it is.",
    severity=Severity.MEDIUM,
    rationale="Costs without a team are nobody's, and nobody dares to delete what may be somebody's. What is free, such as a listener, "
    "a policy or a certificate, is found by what uses it.",
    fix="Use a golden path, which tags what it makes; otherwise add the tags, or defaultTags to the provider.",
    source=TAGGING,
    framework=None,
    options={"tags": texts(REQUIRED, "Keys of the tags that must be there.")},
    remedy=_tagged,
)
def required_tags(resource: Resource, options: Options) -> Iterator[Problem]:
    found = tags(resource)
    unknown = [found[""]] if "" in found else []
    for key in options.get("tags", REQUIRED):
        tag = found.get(key)
        if tag is None or tag.value is None or (isinstance(tag.value, str) and not tag.value.strip()):
            place = resource.root.get("tags")
            yield place.problem(f"has no {key}; add it", *unknown) if tag is None else tag.problem("is empty; say whose it is")


@aws_rule(
    "organisation-tag-values",
    *TAGGABLE,
    title="A tag's value has the form that reports expect.",
    severity=Severity.LOW,
    rationale="A report that groups by team shows Checkout and checkout as two.",
    fix="Use a golden path; otherwise write the value in the form that the message names.",
    source=TAGGING,
    framework=None,
    options={"forms": texts(FORMS, "Regular expressions by key, for example idp/team=[a-z]+; each matches a whole value.")},
)
def tag_values(resource: Resource, options: Options) -> Iterator[Problem]:
    found = tags(resource)
    for form in options.get("forms", FORMS):
        key, _, pattern = form.partition("=")
        tag = found.get(key, found.get(""))
        if tag is not None and tag.value is not None and (tag.value is UNKNOWN or not _matches(pattern, tag.value)):
            yield tag.problem(f"has another form than {pattern}; correct it")


def _matches(pattern: str, value: Any) -> bool:
    """Whether a value has a form. A form that is no regular expression is none that anything could have."""
    try:
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None
    except re.error:
        return False


RULES = (required_tags, tag_values)
