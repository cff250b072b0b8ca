"""Object events: of which buckets CloudTrail writes down every read and write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idp_components.rules.field import UNKNOWN, Field
from idp_components.rules.links import refers
from idp_components.rules.model import Resource, Stack

RECORDERS = ("cloudtrail/Trail", "cloudtrail/EventDataStore")
OBJECT = "AWS::S3::Object"
EVERY_BUCKET = ("arn:aws:s3", "arn:aws:s3:::")
KIND, ARN = "resources.type", "resources.ARN"
HARMLESS = frozenset({"eventCategory", KIND})
"""What an advanced selector may ask for and still select all reads and writes (CloudTrail, "AdvancedFieldSelector")."""


def recorded(stack: Stack) -> list[Field]:
    """ARNs whose objects are recorded; also of all buckets, and unknown ones."""
    return [arn for recorder in stack.of(*RECORDERS) for arn in (*_simple(recorder), *_advanced(recorder))]


def covers(arns: Iterable[Field], bucket: Resource) -> bool:
    """Whether one of the ARNs is the bucket's, or every bucket's."""
    texts = [arn.value for arn in arns if isinstance(arn.value, str)]
    return any(text in EVERY_BUCKET or refers(Field(text.rstrip("/")), bucket) for text in texts)


def _simple(recorder: Resource) -> Iterator[Field]:
    for selector in recorder.root.get("eventSelectors").items():
        if selector.get("readWriteType").value in (None, "All", UNKNOWN):
            for data in selector.get("dataResources").items():
                if data.get("type").value in (OBJECT, UNKNOWN):
                    yield from data.get("values").items()


def _advanced(recorder: Resource) -> Iterator[Field]:
    for selector in recorder.root.get("advancedEventSelectors").items():
        asked = {each.get("field").value: each for each in selector.get("fieldSelectors").items()}
        kinds = [kind.value for kind in asked.get(KIND, Field(None)).get("equals").items()]
        if UNKNOWN in asked or kinds == [UNKNOWN]:
            yield Field(UNKNOWN)
        elif kinds == [OBJECT] and ARN not in asked and set(asked) <= HARMLESS:
            yield Field(EVERY_BUCKET[0])
        elif kinds == [OBJECT] and set(asked) <= {*HARMLESS, ARN}:
            yield from (arn for key in ("equals", "startsWith") for arn in asked[ARN].get(key).items())
