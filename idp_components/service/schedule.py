"""Schedules: which cron expressions a CronJob takes."""

import re

SHORT_FORMS = ("@hourly", "@daily", "@weekly", "@monthly", "@yearly")
PATTERN = rf"^({'|'.join(SHORT_FORMS)}|\S+( \S+){{4}})$"
"""Shape of a schedule, for editors; `problem` knows the rest."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of week", 0, 6, DAYS),
)
"""Name, least, greatest and words of each field, as the parser of the API server knows them (robfig/cron v3, `ParseStandard`)."""
PART = re.compile(r"(?P<first>[*?]|\w+)(-(?P<last>\w+))?(/(?P<step>\d+))?", re.ASCII)


def problem(schedule: str) -> str | None:
    """What is wrong with a schedule, in words; none where a CronJob takes it."""
    if schedule in SHORT_FORMS:
        return None
    fields = schedule.split(" ")
    if len(fields) != len(FIELDS):
        return f"a schedule has five fields (minute, hour, day of month, month, day of week) or is one of {', '.join(SHORT_FORMS)}"
    for text, (name, least, greatest, words) in zip(fields, FIELDS, strict=True):
        if not all(_fits(part, least, greatest, words) for part in text.split(",")):
            named = f" or {words[0]} to {words[-1]}" if words else ""
            return f"{text!r} is no {name}; use {least} to {greatest}{named}, '*', a range like 1-5, a step like */2, or a list of these"
    return None


def _fits(part: str, least: int, greatest: int, words: tuple[str, ...]) -> bool:
    """Whether one member of a field's list can be read: `*`, a number, a range, each perhaps with a step."""
    match = PART.fullmatch(part)
    if not match or (match["step"] is not None and int(match["step"]) == 0):
        return False
    if match["first"] in ("*", "?"):
        return match["last"] is None
    first = _number(match["first"], least, words)
    last = first if match["last"] is None else _number(match["last"], least, words)
    return first is not None and last is not None and least <= first <= last <= greatest


def _number(text: str, least: int, words: tuple[str, ...]) -> int | None:
    return int(text) if text.isdecimal() else words.index(text.lower()) + least if text.lower() in words else None
