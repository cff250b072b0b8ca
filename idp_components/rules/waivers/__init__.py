"""Waivers: exceptions from rules, each for a few resources, with an owner, a reason and an end.

    waivers = read(path)                                    # policies/waivers.yaml; never raises
    verdict = waived(findings, waivers, now, place)         # the one evaluation, on every path
    verdict.standing                                        # findings that count; they say which waiver of theirs has expired
    verdict.waived                                          # what an active waiver covers: Waived(finding, waiver)
    register(waivers, now, place, resources, verdict)       # the file as one more resource, for the rules about waivers
    waivers.active(now), waivers.expiring(now)              # for reports

`place` says project and stack of resources without a URN, such as those of a manifest file. `now` is an aware datetime.
"""

from idp_components.rules.waivers.evaluate import NOTHING, Verdict, Waived, waived
from idp_components.rules.waivers.file import find, of_project, read
from idp_components.rules.waivers.model import MAX_DAYS, SOON_DAYS, Match, Place, Waiver, Waivers
from idp_components.rules.waivers.never import NEVER
from idp_components.rules.waivers.register import REFERENCE, TYPE, register

__all__ = [
    "MAX_DAYS",
    "NEVER",
    "NOTHING",
    "REFERENCE",
    "SOON_DAYS",
    "TYPE",
    "Match",
    "Place",
    "Verdict",
    "Waived",
    "Waiver",
    "Waivers",
    "find",
    "of_project",
    "read",
    "register",
    "waived",
]
