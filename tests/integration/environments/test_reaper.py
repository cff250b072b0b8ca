"""The reaper on the real engine, API server and account, with a clock of the test's: all that is due goes, and leaves nothing."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from integration.environments.conftest import Previews

LATER = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
"""Past the longest life of an environment."""


def became(outcomes):
    return {outcome["name"]: outcome["became"] for outcome in outcomes}


def test_two_at_once_go_without_their_source_and_two_reapers_do_not_meet(previews: Previews) -> None:
    before = previews.everything()
    names = [f"small-pr-{number}" for number in range(1, 3)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: previews.idp("create", name, "--owner", "alice", "--ttl-hours", "5"), names))
    assert became(previews.json("reap", "--yes")) == dict.fromkeys(names, "left")
    source = {path: path.read_text() for path in previews.folder.rglob("*") if path.is_file() and path.suffix in (".py", ".yaml")}
    for path in source:
        path.unlink()  # the branch is gone, and its checkout
    assert became(previews.json("reap", "--now", LATER, "--dry-run")) == dict.fromkeys(names, "planned")
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(lambda _: became(previews.json("reap", "--now", LATER, "--yes")), range(2))
    for name in names:
        assert {one.get(name), two.get(name)} <= {"done", "gone", "busy", None}
        assert "done" in (one.get(name), two.get(name))
    for path, text in source.items():
        path.write_text(text)
    assert previews.json("reap", "--now", LATER, "--yes") == []
    assert previews.everything() == before


def test_a_destroy_that_fails_keeps_its_record_and_the_next_run_finishes_it(previews: Previews) -> None:
    before = previews.everything()
    name = "small-pr-6"
    previews.idp("create", name, "--owner", "alice", "--ttl-hours", "5")
    was = previews.json("show", name)
    unreachable = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    (failed,) = previews.json("reap", "--now", LATER, "--yes", code=1, **unreachable)
    assert failed["became"] == "failed"
    assert failed["error"]
    (kept,) = previews.json("list")
    assert {key: kept[key] for key in ("owner", "created_at", "ends_at")} == {key: was[key] for key in ("owner", "created_at", "ends_at")}
    assert became(previews.json("reap", "--now", LATER, "--yes")) == {name: "done"}
    assert previews.everything() == before


def test_what_is_protected_is_refused_until_somebody_lets_it_go(previews: Previews) -> None:
    before = previews.everything()
    name = "small-pr-7"
    previews.idp("create", name, "--owner", "alice")
    pulumi(previews, "state", "protect", "--all", "--yes", "--stack", f"organization/previews/{name}")
    everything = previews.everything()
    (refused,) = previews.json("reap", "--now", LATER, "--yes", code=1)
    assert refused["became"] == "refused"
    assert "holds protected data" in refused["error"]
    assert "pulumi state unprotect" in refused["error"]
    assert previews.everything() == everything
    pulumi(previews, "state", "unprotect", "--all", "--yes", "--stack", f"organization/previews/{name}")
    assert became(previews.json("reap", "--now", LATER, "--yes")) == {name: "done"}
    assert previews.everything() == before


def test_an_orphan_goes_when_it_is_over_and_what_is_not_understood_is_only_reported(previews: Previews) -> None:
    before = previews.everything()
    labels = "idp/ephemeral=namespace,idp/team=small,idp/environment"
    for name, environment, record in (
        ("small-pr-8", "pr-8", {"idp/owner": "alice", "idp/expires-after-hours": "5"}),
        ("small-pr-9", "pr-9", {"idp/owner": "alice", "idp/expires-at": "tomorrow"}),
        ("innocent", "pr-8", {"idp/owner": "alice", "idp/expires-after-hours": "5"}),
    ):
        previews.kubectl("create", "namespace", name)
        previews.kubectl("label", "namespace", name, *f"{labels}={environment}".split(","))
        previews.kubectl("annotate", "namespace", name, *(f"{key}={value}" for key, value in record.items()))
    previews.kubectl("create", "configmap", "something", "--namespace", "small-pr-8")
    assert {each["name"]: each["state"] for each in previews.json("list", code=1)} == {
        "small-pr-8": "orphan",
        "small-pr-9": "broken",
        "innocent": "broken",
    }
    outcomes = previews.json("reap", "--now", LATER, "--yes", code=1)
    assert became(outcomes) == {"small-pr-8": "done", "small-pr-9": "reported", "innocent": "reported"}
    assert "'tomorrow' is no moment" in str(outcomes)
    for name in ("small-pr-9", "innocent"):
        assert previews.json("destroy", name, "--yes")[0]["became"] == "done", "a person may"
    assert previews.everything() == before


def test_what_aws_has_of_a_stack_that_is_gone_is_seen_and_goes_roles_too(previews: Previews) -> None:
    before = previews.everything()
    name = "small-pr-13"
    previews.idp("create", name, "--owner", "alice", "--ttl-hours", "5")
    pulumi(previews, "stack", "rm", "--yes", "--force", "--remove-backups", "--stack", f"organization/previews/{name}")
    previews.kubectl("delete", "namespace", name)
    (left,) = previews.json("list")
    assert (left["name"], left["state"], left["stack"]) == (name, "orphan", None)
    arns = previews.json("show", name)["aws"]
    assert {"sqs", "iam"} <= {arn.split(":")[2] for arn in arns}
    assert left["left_at_aws"] == len(arns)
    assert "only resources of AWS are left of it" in previews.idp("extend", name, "--hours", "1", code=2)
    soon = (datetime.now(UTC) + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert became(previews.json("reap", "--now", soon, "--yes")) == {name: "left"}, "somebody may have extended it"
    assert became(previews.json("reap", "--now", LATER, "--yes")) == {name: "done"}
    assert previews.everything() == before


def test_sleep_and_waking_by_the_clock(previews: Previews) -> None:
    before = previews.everything()
    name = "small-pr-12"
    previews.idp("create", name, "--owner", "alice", "--ttl-hours", "300", "--sleep-after-hours", "8")
    night = (datetime.now(UTC) + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [outcome["action"] for outcome in previews.json("reap", "--now", night, "--dry-run")] == ["sleep"]
    (slept,) = previews.json("reap", "--now", night, "--yes")
    assert (slept["action"], slept["became"], slept["reason"]) == ("sleep", "done", "nobody uses it")
    assert previews.json("list")[0]["state"] == "asleep"
    assert previews.kubectl("get", "deployment", "web", "-n", name)["spec"]["replicas"] == 0
    previews.idp("destroy", name, "--yes")
    assert previews.everything() == before


def pulumi(previews: Previews, *arguments: str) -> None:
    """Plain pulumi in the project's folder."""
    done = subprocess.run(["pulumi", *arguments], cwd=previews.folder, env=previews.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
