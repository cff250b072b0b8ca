"""Object events: of which buckets CloudTrail writes down every read and write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.model import Resource, Stack
from idp_components.rules.regex import regex
from idp_components.rules.selectors import some
from idp_components.rules.values import is_false, is_true

RECORDERS = ("cloudtrail/Trail", "cloudtrail/EventDataStore")
OBJECT = "AWS::S3::Object"
CATEGORY, KIND, ARN = "eventCategory", "resources.type", "resources.ARN"
"""What an advanced selector may ask for and still select reads and writes (CloudTrail, "AdvancedFieldSelector")."""
NARROWING = ("equals", "endsWiths", "notEndsWiths", "notEquals", "notStartsWiths")
"""Operators that select single objects, or leave some out."""
EVERY_OBJECT = "arn:aws:s3"
_OF_BUCKET = regex(r"arn:[^:]*:s3(?::::?(?P<begins>.*))?")


def recorded(stack: Stack) -> list[Field]:
    """How the ARNs of the objects begin whose events are recorded (`arn:aws:s3:::orders/`), and unknown ones."""
    found: list[Field] = []
    for recorder in stack.of(*RECORDERS):
        logs, rests = recorder.root.get("enableLogging"), recorder.root.get("suspend")
        if not (is_false(logs.value) or is_true(rests.value)):
            beginnings = [*_simple(recorder), *_advanced(recorder)]
            found += [Field(UNKNOWN)] if beginnings and UNKNOWN in (logs.value, rests.value) else beginnings
    return found


def covers(beginnings: Iterable[Field], bucket: Resource) -> bool | None:
    """Whether all objects of the bucket begin so; none where its name, or a beginning, isn't known yet."""
    return some(_covers(each.value, bucket) for each in beginnings)


def _covers(beginning: Any, bucket: Resource) -> bool | None:
    match = _OF_BUCKET.fullmatch(beginning) if isinstance(beginning, str) else None
    if match is None:
        return None if beginning is UNKNOWN else False
    begins, prefix = match["begins"] or "", bucket.root.get("bucketPrefix").value
    if name := next((name for key in ("bucket", "id") if isinstance(name := bucket.root.get(key).value, str)), None):
        return f"{name}/".startswith(begins)
    known = prefix if isinstance(prefix, str) else ""
    if known.startswith(begins):
        return True
    return None if begins.startswith(known) else False


def _simple(recorder: Resource) -> Iterator[Field]:
    for selector in recorder.root.get("eventSelectors").items():
        access = selector.get("readWriteType").value
        for data in selector.get("dataResources").items():
            kind = data.get("type").value
            if access in (None, "All", UNKNOWN) and kind in (OBJECT, UNKNOWN):
                yield from [Field(UNKNOWN)] if UNKNOWN in (access, kind) else data.get("values").items()


def _advanced(recorder: Resource) -> Iterator[Field]:
    for selector in recorder.root.get("advancedEventSelectors").items():
        asked = [(each.get("field").value, each) for each in selector.get("fieldSelectors").items()]
        names = [name for name, _ in asked]
        kinds = [kind.value for name, each in asked if name == KIND for kind in each.get("equals").items()]
        if UNKNOWN in (*names, *kinds):
            yield Field(UNKNOWN)
        elif OBJECT in kinds and all(name in (CATEGORY, KIND) for name in names):
            yield Field(EVERY_OBJECT)
        elif OBJECT in kinds and all(name in (CATEGORY, KIND, ARN) for name in names) and names.count(ARN) == 1:
            (arn,) = (each for name, each in asked if name == ARN)
            narrowed = [arn.get(operator).value for operator in NARROWING]
            if all(value in (None, [], UNKNOWN) for value in narrowed):
                yield from [Field(UNKNOWN)] if UNKNOWN in narrowed else arn.get("startsWiths").items()
