"""What `idp up` says after an update, and which locks it may release."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from rich.console import Console

from idp_components.core.spec import SpecError
from idp_components.deploy.locks import release_abandoned, remove_partials
from idp_components.deploy.outcome import Component, Outcome, changes, components
from idp_components.deploy.readiness import Ready
from idp_components.deploy.report import document, show
from idp_components.deploy.up import in_order, saved_before
from idp_components.project import find_root

SERVICE = "urn:pulumi:shop-dev::idp::idp:index:Service::cart"
DEPLOYMENT = "urn:pulumi:shop-dev::idp::idp:index:Service$kubernetes:apps/v1:Deployment::cart"
ROLE = "urn:pulumi:shop-dev::idp::idp:index:Service$aws:iam/role:Role::cart-role"
ROLE_ARN = "arn:aws:iam::123456789012:role/shop-dev-cart"
STATE = {
    "deployment": {
        "resources": [
            {
                "urn": SERVICE,
                "type": "idp:index:Service",
                "inputs": {"team": "shop", "environment": "dev", "uses": ["shop/orders:send", "catalog/products:3550"]},
                "outputs": {"address": "cart.shop-dev.svc.cluster.local:80"},
            },
            {"urn": DEPLOYMENT, "type": "kubernetes:apps/v1:Deployment", "custom": True, "parent": SERVICE},
            {"urn": ROLE, "type": "aws:iam/role:Role", "parent": SERVICE, "outputs": {"arn": ROLE_ARN}},
        ]
    }
}
CART = Component(
    "Service",
    "cart",
    "shop-dev",
    "cart.shop-dev.svc.cluster.local:80",
    "",
    {"create": 1},
    "shop",
    ("shop/orders:send", "catalog/products:3550"),
    (ROLE_ARN,),
)


def printed(outcomes, ready):
    text = io.StringIO()
    show(outcomes, ready, Console(file=text, width=100), [("idp render shop-dev", "the manifests")])
    return text.getvalue()


def test_changes_are_counted_at_the_component_that_they_hang_below():
    assert components(STATE, {DEPLOYMENT: "create"}) == [CART]
    assert components(STATE, {})[0].changes == {"same": 1}
    assert components({"deployment": {}}, {}) == []


def test_a_replacement_counts_once():
    assert changes(["create-replacement", "replace", "delete-replaced", "same"]) == {"replace": 2, "same": 1}


def test_the_table_says_what_runs_where_and_what_changed():
    text = printed([Outcome("shop-dev", 3.2, components=[CART])], {("shop-dev", "cart"): Ready(1, 2)})
    for part in ("shop-dev", "cart", "1/2", "cart.shop-dev:80", "iam role/shop-dev-cart", "1 created", "idp render shop-dev"):
        assert part in text


def test_the_table_ends_with_who_uses_what():
    text = printed([Outcome("shop-dev", 1, components=[CART])], {})
    assert "who uses what  (as a flowchart: idp graph)\n  shop/cart → catalog/products :3550\n  shop/cart → shop/orders (send)\n" in text
    assert "who uses what" not in printed([Outcome("shop-dev", 1)], {})


ROOMS = {"shop-dev", "shop-production"}


@pytest.mark.parametrize(
    ("stacks", "order"),
    {
        ("checkout-dev", "platform-dev"): (["platform-dev"], ["checkout-dev"]),
        ("shop-dev",): ([], ["shop-dev"]),
        ("checkout-dev", "shop-dev"): (["platform-dev"], ["checkout-dev", "shop-dev"]),
        ("checkout-staging", "checkout-dev"): (["platform-staging", "platform-dev"], ["checkout-staging", "checkout-dev"]),
        ("checkout-pr-42", "checkout-preview", "nonsense"): ([], ["checkout-pr-42", "checkout-preview", "nonsense"]),
    }.items(),
    ids=str,
)
def test_the_platform_comes_first_and_is_brought_along_where_its_namespace_is_missing(stacks, order):
    assert in_order(stacks, ROOMS) == order


def test_a_failed_stack_is_named_with_its_errors_and_no_next_steps():
    text = printed([Outcome("shop-dev", 1, errors=["no [markup] here"])], {})
    assert "1 of 1 stacks failed" in text
    assert "no [markup] here" in text
    assert "idp render" not in text


def test_machines_get_the_same_as_plain_data():
    found = document([Outcome("shop-dev", 1.23, components=[CART])], {("shop-dev", "cart"): Ready(2, 2)})
    (stack,) = json.loads(json.dumps(found))["stacks"]
    assert stack["succeeded"] is True
    assert (stack["components"][0]["ready"], stack["components"][0]["aws"]) == (2, [ROLE_ARN])
    assert {"from": "shop/cart", "to": "catalog/products", "by": "3550"} in found["graph"]["edges"]


def lock(folder, name, **owner):
    path = folder / ".pulumi" / "locks" / "organization" / "idp" / "shop-dev" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(owner))
    return path


def test_only_locks_of_processes_that_are_gone_from_this_host_are_released(tmp_path):
    host = socket.gethostname()
    dead = lock(tmp_path, "dead.json", pid=2**22 + 1, hostname=host)
    alive = lock(tmp_path, "alive.json", pid=os.getpid(), hostname=host)
    elsewhere = lock(tmp_path, "elsewhere.json", pid=2**22 + 1, hostname="another")
    broken = lock(tmp_path, "broken.json")
    assert release_abandoned(f"file://{tmp_path}", "shop-dev", host) == 1
    assert [path.exists() for path in (dead, alive, elsewhere, broken)] == [False, True, True, True]
    assert release_abandoned("s3://bucket", "shop-dev", host) == 0


def test_the_project_is_found_from_below_and_missed_with_a_hint(tmp_path):
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find_root(tmp_path / "a" / "b") == tmp_path.resolve()
    (tmp_path / "Pulumi.yaml").unlink()
    with pytest.raises(SpecError, match=r"no Pulumi\.yaml here or above"):
        find_root(tmp_path / "a")


def test_the_lock_of_a_process_that_was_killed_but_not_yet_collected_is_released(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        lock(tmp_path, "lock.json", pid=child.pid, hostname="here")
        assert release_abandoned(f"file://{tmp_path}", "shop-dev", "here") == 0
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert release_abandoned(f"file://{tmp_path}", "shop-dev", "here") == 1
    finally:
        child.wait()


def test_a_stack_looks_again_if_it_has_resources_of_aws_from_before_the_endpoint_started():
    saved = "2026-11-24T21:21:38.183860333Z"
    with_role = {"deployment": {**STATE["deployment"], "manifest": {"time": saved}}}
    without = {"deployment": {"manifest": {"time": saved}, "resources": STATE["deployment"]["resources"][:2]}}
    later, earlier = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (22, 21))
    assert saved_before(later, with_role)
    assert not saved_before(earlier, with_role)
    assert not saved_before(later, without)
    assert not saved_before(later, {})


def test_files_that_a_kill_left_half_written_go_with_their_stack_alone(tmp_path):
    mine = ["stacks/shop/shop-pr-1.json.bak.18eb.tmp", "stacks/shop/shop-pr-1.pulumi-tags.1.tmp", "history/shop/shop-pr-1/a.json.2.tmp"]
    others = ["stacks/shop/shop-pr-1.json", "stacks/shop/shop-pr-10.json.1.tmp", "stacks/else/shop-pr-1.json.1.tmp"]
    for name in (*mine, *others):
        path = tmp_path / ".pulumi" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    remove_partials(f"file://{tmp_path}?metadata=skip", "shop", "shop-pr-1")
    assert sorted(path.relative_to(tmp_path / ".pulumi").as_posix() for path in tmp_path.rglob("*") if path.is_file()) == sorted(others)
    remove_partials("s3://bucket", "shop", "shop-pr-1")
