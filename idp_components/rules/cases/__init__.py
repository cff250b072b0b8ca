"""Cases: for each rule what is good, what is bad and why. They are the rules' tests, and the examples of the reference page.

`<rule's id>.yaml` is a list. Each case is either one resource or a whole stack:

    - bad: a sidecar mounts the node's root       # or good:, or unknown: (can't be judged before the update)
      in: Deployment                              # a good resource of base.yaml …
      set:                                        # … and what is changed in it
        spec.template.spec.volumes[0].hostPath: {path: /}
      says: 'volumes[0] "scratch" hostPath mounts …'   # the message behind the resource's label; for the first bad case a must
    - good: a policy of one statement
      type: aws:iam/policy:Policy                 # a resource of its own, in full
      props: {policy: '{"Statement": {…}}'}
    - bad: a budget that selects nothing
      stack: [{in: Deployment}, {in: PodDisruptionBudget, set: {…}}]

`options` configures the rule; `urn`, `name`, `namespace` and `protected` belong to the resource, and `type` beside `in` makes a
patch of it (`kubernetes:apps/v1:DeploymentPatch`). `!unknown` is a value that a preview can't know, `!secret text` one that no
message may show.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from idp_components.rules.field import UNKNOWN, SecretText
from idp_components.rules.model import Options, Resource, token_of
from idp_components.rules.pod import TEMPLATES
from idp_components.rules.regex import regex

FOLDER = Path(__file__).parent
VERDICTS = ("bad", "good", "unknown")
_STEP = regex(r'\["(?P<quoted>[^"]+)"\]|\[(?P<index>\d+)\]|\.?(?P<name>[^.\[]+)')
_POD_KINDS = {
    "batch/v1": ("Job", "CronJob"),
    "apps/v1": ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"),
    "argoproj.io/v1alpha1": ("Rollout",),
}


@dataclass(frozen=True)
class Case:
    """One case of a rule."""

    verdict: str
    title: str
    resources: list[Resource]
    whole: bool
    """Whether it is a stack, judged as a whole."""
    base: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """For one resource of `base.yaml`: what was changed in it, by path."""
    options: Options = field(default_factory=dict)
    says: str = ""


def cases(rule_id: str) -> list[Case]:
    """The cases of a rule; none where it has no file. Raises ValueError for a file that isn't written as this page says."""
    path = FOLDER / f"{rule_id}.yaml"
    return [_case(entry, path) for entry in _read(path)] if path.exists() else []


@cache
def bases() -> Mapping[str, Mapping[str, Any]]:
    """A good resource of each kind, by its name in `base.yaml`; a pod there is put into every kind that carries one."""
    found: dict[str, Any] = dict(_read(FOLDER / "base.yaml"))
    pod = found.pop("pod")
    for api_version, kinds in _POD_KINDS.items():
        for kind in kinds:
            *above, last = (*TEMPLATES[(api_version.partition("/")[0], kind)],)
            manifest: dict[str, Any] = found.setdefault(kind, {})
            manifest |= {"apiVersion": api_version, "kind": kind, "metadata": copy.deepcopy(pod["metadata"])}
            target = manifest
            for key in above:
                target = target.setdefault(key, {})
            target[last] = {"metadata": {"labels": dict(pod["metadata"]["labels"])}, "spec": copy.deepcopy(pod["spec"])}
    found["Pod"] = {"apiVersion": "v1", "kind": "Pod"} | copy.deepcopy(pod)
    return found


def base(name: str, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A good resource, changed at some paths (`spec.volumes[0].hostPath`). `null` takes a field away. Raises ValueError."""
    if name not in bases():
        raise ValueError(f"base.yaml has no {name}; it has {', '.join(sorted(bases()))}")
    found = copy.deepcopy(dict(bases()[name]))
    for path, value in (changes or {}).items():
        put(found, path, value)
    return found


def put(target: Any, path: str, value: Any) -> None:
    """Set a value inside nested objects and lists, and make what is missing on the way."""
    way = steps(path)
    for step, following in pairwise(way):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            target.extend([{}] * (step + 1 - len(target)))
            target[step] = target[step] or empty
            target = target[step]
        else:
            target = target.setdefault(step, empty)
    if isinstance(way[-1], int) and way[-1] == len(target):
        target.append(copy.deepcopy(value))
    elif value is None and isinstance(target, dict):
        target.pop(way[-1], None)
    else:
        target[way[-1]] = copy.deepcopy(value)


def steps(path: str) -> list[str | int]:
    """The keys and indices of a path: `spec.volumes[0]` → `["spec", "volumes", 0]`; a key with dots stands in `["…"]`."""
    return [int(m["index"]) if m["index"] else m["quoted"] or m["name"] for m in _STEP.finditer(path)]


def _case(entry: Mapping[str, Any], path: Path) -> Case:
    try:
        verdict = next(key for key in VERDICTS if key in entry)
        if not isinstance(entry[verdict], str):
            raise ValueError(f"the title {entry[verdict]!r} is no text; write it so that YAML reads text")
        return Case(
            verdict=verdict,
            title=entry[verdict],
            resources=list(_resources(entry)),
            whole="stack" in entry,
            base=entry.get("in", ""),
            changes=entry.get("set", {}),
            options=entry.get("options", {}),
            says=entry.get("says", ""),
        )
    except (StopIteration, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: {entry!r}: {error!r}") from error


def _resources(entry: Mapping[str, Any]) -> Iterator[Resource]:
    for each in entry.get("stack", [entry]):
        props = base(each["in"], each.get("set")) if "in" in each else dict(each.get("props", each.get("object", {})))
        token = each.get("type")  # also of a base, to make a patch of it
        if not token:
            token = token_of(props["apiVersion"], props["kind"]) if "apiVersion" in props else props.pop("type", "")
        yield Resource(
            token, each.get("name", ""), props, each.get("urn", ""), each.get("namespace", ""), protected=each.get("protected", False)
        )


class _Loader(yaml.SafeLoader):
    """YAML with the two tags of cases."""


_Loader.add_constructor("!unknown", lambda _loader, _node: UNKNOWN)
_Loader.add_constructor("!secret", lambda loader, node: SecretText(loader.construct_scalar(node)))  # type: ignore[arg-type]


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  a safe loader
