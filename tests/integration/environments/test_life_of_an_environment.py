"""One environment through its whole life, by the commands that people type, on the real engine and the real API server."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta

from integration.environments.conftest import Previews

from idp_components.environments.record import moment
from idp_sandbox.process import wait_until

NAME = "shop-pr-42"
PULL_REQUEST = "https://github.com/shop/web/pull/42"
WORKLOADS = "deployments,statefulsets,cronjobs,horizontalpodautoscalers,poddisruptionbudgets,persistentvolumeclaims"


def specs(previews):
    return {(each["kind"], each["metadata"]["name"]): each["spec"] for each in previews.kubectl("get", WORKLOADS, "-n", NAME)["items"]}


def pods(previews):
    listed = previews.kubectl("get", "pods", "-n", NAME)["items"]
    return [pod["metadata"]["name"] for pod in listed if pod["status"]["phase"] == "Running"]


def owners(previews):
    """Whose the fields of each workload are, but for those of its status."""
    listed = previews.kubectl("get", "deployments,statefulsets,cronjobs", "-n", NAME, "--show-managed-fields")["items"]
    return {
        (each["kind"], each["metadata"]["name"]): sorted(
            (entry["manager"], entry["operation"], json.dumps(entry["fieldsV1"], sort_keys=True))
            for entry in each["metadata"]["managedFields"]
            if entry.get("subresource") != "status"
        )
        for each in listed
    }


def test_created_shown_extended_asleep_awake_changed_and_gone_without_a_trace(previews: Previews) -> None:
    before = previews.everything()
    said = previews.json("create", NAME, "--owner", "alice", "--source-url", PULL_REQUEST, "--ttl-hours", "24", "--sleep-after-hours", "8")
    assert said["stacks"][0]["succeeded"]
    assert previews.json("list") == [{key: said[key] for key in said if key not in ("stacks", "graph")}]
    shown = previews.json("show", NAME)
    assert shown["urls"] == {"web": f"https://web.{NAME}.example.com/"}
    assert (shown["owner"], shown["source"], shown["sleep_after_hours"], shown["state"]) == ("alice", PULL_REQUEST, 8, "running")
    assert [arn.rpartition(":")[2] for arn in shown["aws"] if ":sqs:" in arn]
    assert {"Database orders", "Queue jobs", "Service web"} <= {f"{part['kind']} {part['name']}" for part in shown["components"]}
    comment = previews.json("comment", NAME, "--dry-run")
    assert {key: comment[key] for key in ("owner", "state", "ends_at", "urls", "components")} == {
        key: shown[key] for key in ("owner", "state", "ends_at", "urls", "components")
    }
    assert comment["usd_so_far"] == shown["usd_so_far"] < comment["usd_per_month"]
    assert moment(shown["ends_at"]) == moment(shown["created_at"]) + timedelta(hours=24)

    its_state_says_which_lines_declared_it_and_nobody_selected_it(previews)
    its_end_moves_only_for_those_who_may(previews, shown)
    sleep_and_waking_restore_what_was(previews)
    an_update_of_what_sleeps_wakes_it(previews)

    assert previews.json("destroy", NAME, "--dry-run")[0]["became"] == "planned"
    assert "Aborted" in previews.idp("destroy", NAME, code=1)
    assert previews.json("list") != []
    assert previews.json("destroy", NAME, "--yes")[0]["became"] == "done"
    assert "there is no environment 'shop-pr-42'; there are: none" in previews.idp("show", NAME, code=2)
    assert previews.everything() == before


def its_state_says_which_lines_declared_it_and_nobody_selected_it(previews):
    """The line of the team's file alone: the SDK's stack of calls would be a third of the state."""

    def pulumi(*arguments):
        command = ["pulumi", "stack", *arguments, "--non-interactive"]
        return json.loads(subprocess.run(command, cwd=previews.folder, env=previews.env, capture_output=True, text=True, check=True).stdout)

    made = [each for each in pulumi("export", "--stack", NAME)["deployment"]["resources"] if each["type"].startswith("kubernetes:")]
    assert {len(each["stackTrace"]) for each in made} == {1}
    assert {each["stackTrace"][0]["sourcePosition"].rpartition("/")[2].partition("#")[0] for each in made} == {"shop.py", "__main__.py"}
    assert not [made for each in made if each["type"].endswith("ServiceAccount") for waits in each["dependencies"] if "rbac" in waits]
    assert [each["name"] for each in pulumi("ls", "--json") if each["current"]] == []


def its_end_moves_only_for_those_who_may(previews, shown):
    extended = previews.json("extend", NAME, "--hours", "12")
    assert moment(extended["ends_at"]) == moment(shown["ends_at"]) + timedelta(hours=12)
    assert "at most 300 more hours" in previews.idp("extend", NAME, "--hours", "500", code=2)
    until = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = previews.json("keep", NAME, "--until", until, "--because", "a demo")
    assert (kept["state"], kept["kept_until"], kept["kept_because"]) == ("kept", until, "a demo")
    assert "say in 1 to 200 characters why" in previews.idp("keep", NAME, "--until", until, "--because", " ", code=2)
    patch = ["patch", "lease", "lifetime", "-n", NAME, "--type", "merge", "-p", '{"spec": {}}']
    previews.kubectl(*patch, "--as", "alice")
    for somebody in (("--as", "mallory"), ("--as", "bob", "--as-group", "idp:shop:developer")):
        refused = subprocess.run(["kubectl", *patch, *somebody], env=previews.env, capture_output=True, text=True, check=False)
        assert "forbidden" in refused.stderr
    previews.kubectl(*patch, "--as", "carol", "--as-group", "idp:shop:on-call")


def sleep_and_waking_restore_what_was(previews):
    assert wait_until(lambda: specs(previews)["Deployment", "web"]["replicas"] == 2 and len(pods(previews)) == 4, 120)  # its autoscaler's
    was, whose, running = specs(previews), owners(previews), pods(previews)
    assert len(running) == 4
    slept = previews.json("sleep", NAME)
    assert set(slept["changed"]) == {"deployment/web", "deployment/mailer", "statefulset/orders", "cronjob/report"}
    asleep = specs(previews)
    assert pods(previews) == []
    assert {f"{kind}/{name}".lower() for kind, name in was if asleep[kind, name] != was[kind, name]} == set(slept["changed"])
    assert ("PersistentVolumeClaim", "data-orders-0") in asleep
    assert owners(previews) == whose
    assert previews.json("list")[0]["asleep_since"]
    assert previews.json("sleep", NAME)["changed"] == []
    still_asleep_after_the_autoscaler_had_time(previews)
    assert set(previews.json("wake", NAME)["changed"]) == set(slept["changed"])
    assert specs(previews) == was
    assert owners(previews) == whose
    assert len(pods(previews)) == 4
    assert previews.json("list")[0]["asleep_since"] is None


def still_asleep_after_the_autoscaler_had_time(previews):
    """The autoscaler looks every 15 seconds; it says itself that it stands aside."""
    subprocess.run(
        ["kubectl", "wait", "hpa/web", "-n", NAME, "--for=condition=ScalingActive=false", "--timeout=60s"],
        env=previews.env,
        capture_output=True,
        check=True,
    )
    assert pods(previews) == []


def an_update_of_what_sleeps_wakes_it(previews):
    """Plain Pulumi meets no conflict, and wakes what it changes; `idp env create` wakes everything."""
    was = specs(previews)
    previews.idp("sleep", NAME)
    previews.idp("create", NAME)
    assert specs(previews) == was
    previews.idp("sleep", NAME)
    program = previews.folder / "stacks" / "teams" / "shop.py"
    program.write_text(program.read_text().replace('"LEVEL": "1"', '"LEVEL": "2"'))
    config = previews.folder / "stacks" / "config" / f"Pulumi.{NAME}.yaml"
    config.parent.mkdir()
    config.write_text('{"config": {"idp:owner": "alice", "idp:ttlHours": "24"}}')
    command = ["pulumi", "up", "--yes", "--skip-preview", "--stack", NAME, "--non-interactive"]
    done = subprocess.run(command, cwd=previews.folder, env=previews.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    config.unlink()
    config.parent.rmdir()
    assert specs(previews)["Deployment", "mailer"]["replicas"] == 1
    assert specs(previews)["Deployment", "web"]["replicas"] == 0
    previews.idp("wake", NAME)
    assert specs(previews)["Deployment", "web"] == was["Deployment", "web"]
