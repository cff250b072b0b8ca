"""Every type of the AWS provider's table, against the sandbox's AWS endpoint."""

from __future__ import annotations

import uuid

import pytest
from integration.aws.cases import CASES, World
from integration.aws.engine import Engine, Refused

from idp_sandbox.plugins.aws.api import Api
from idp_sandbox.plugins.aws.kinds import KINDS
from idp_sandbox.plugins.aws.requests import inputs_of
from idp_sandbox.plugins.values import UNKNOWN

UNIMPORTED = {"aws:iam/openIdConnectProvider:OpenIdConnectProvider": {"url"}}
"""Inputs that AWS only tells in part."""


@pytest.fixture
def world(api: Api) -> World:
    """The sandbox's account, with names of the test's own."""
    return World(api)


@pytest.fixture
def engine(request: pytest.FixtureRequest, world: World) -> Engine:
    """A provider for one type, at the account of `world`."""
    assert world.api.region
    return Engine(request.param, f"r{uuid.uuid4().hex[:8]}")


every_type = pytest.mark.parametrize("engine", sorted(KINDS), indirect=True, ids=lambda token: token.split(":")[-1])


def test_each_type_has_a_case() -> None:
    assert CASES.keys() == KINDS.keys()


@every_type
def test_a_resource_lives_through_everything(engine: Engine, world: World) -> None:
    kind, case = KINDS[engine.token], CASES[engine.token]
    inputs, wrong = engine.check(case.inputs(world))
    assert not wrong

    _, planned = engine.create(inputs, preview=True)
    assert inputs.items() <= planned.items()
    assert UNKNOWN in planned.values() or not (kind.outputs or kind.composed)

    identity, state = engine.create(inputs)
    assert identity
    assert inputs.keys() <= state.keys()
    assert engine.read(identity, state, inputs)[2] == inputs, "a refresh right after shows a difference"
    assert not engine.diff(inputs, engine.check(inputs, inputs)[0]).diffs

    changed, wrong = engine.check({**inputs, **case.change}, inputs)
    assert not wrong
    difference = engine.diff(inputs, changed)
    assert set(difference.diffs) == set(case.change)
    assert not difference.replaces
    state = engine.update(identity, state, inputs, changed)
    assert engine.read(identity, state, changed)[2] == changed

    engine.delete(identity, state)
    if kind.delete:
        assert engine.read(identity, state, changed)[0] == ""
        engine.delete(identity, state)  # gone already is fine


@every_type
def test_a_resource_is_imported_by_its_id(engine: Engine, world: World) -> None:
    kind = KINDS[engine.token]
    inputs, _ = engine.check(CASES[engine.token].inputs(world))
    identity, state = engine.create(inputs)
    if kind.id and kind.id not in kind.identity:
        identity = "/".join(state[name] for name in kind.identity)
    _, found, imported = engine.read(identity)
    untold = {*kind.hidden, *kind.local, *UNIMPORTED.get(engine.token, ())}
    told = {name: value for name, value in inputs.items() if name not in untold and name not in kind.secret}
    shown = {name: value for name, value in imported.items() if name in told}
    assert shown.keys() == told.keys()
    assert all(shown[name] == told[name] for name in told if isinstance(told[name], str | int | bool))
    assert imported.keys() <= inputs_of(kind)
    engine.delete(identity, {**state, **found})


@every_type
def test_inputs_that_the_type_does_not_have_are_refused_by_name(engine: Engine, world: World) -> None:
    _, wrong = engine.check({**CASES[engine.token].inputs(world), "noSuchInput": 1})
    assert len(wrong) == 1
    assert wrong[0].startswith(f"{engine.name}.noSuchInput: is no property of {engine.token}")


@pytest.mark.parametrize(
    "engine", sorted(token for token in KINDS if KINDS[token].tags), indirect=True, ids=lambda token: token.split(":")[-1]
)
def test_tags_change_in_place(engine: Engine, world: World) -> None:
    inputs, _ = engine.check({**CASES[engine.token].inputs(world), "tags": {"owner": "shop", "old": "1"}})
    identity, state = engine.create(inputs)
    changed, _ = engine.check({**inputs, "tags": {"owner": "orders", "new": "2"}}, inputs)
    assert not engine.diff(inputs, changed).replaces
    state = engine.update(identity, state, inputs, changed)
    _, state, found = engine.read(identity, state, changed)
    assert found["tags"] == {"owner": "orders", "new": "2"}
    engine.delete(identity, state)


@pytest.mark.parametrize("engine", ["aws:rds/instance:Instance"], indirect=True, ids=["Instance"])
def test_a_copy_is_made_of_its_source(engine: Engine, world: World) -> None:
    source, snapshot = f"{world.name}-source", f"{world.name}-snapshot"
    more = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    secret = {"MasterUsername": "root_user", "MasterUserPassword": f"secret-{world.name}"}
    world.api.call("rds", "CreateDBInstance", DBInstanceIdentifier=source, **more, **secret)
    world.api.call("rds", "CreateDBSnapshot", DBInstanceIdentifier=source, DBSnapshotIdentifier=snapshot)
    common = {"instanceClass": "db.t4g.micro", "skipFinalSnapshot": True, "tags": {"owner": "shop"}}
    for origin in ({"replicateSourceDb": source}, {"snapshotIdentifier": snapshot}):
        inputs, wrong = engine.check({**common, **origin})
        assert not wrong
        identity, state = engine.create(inputs)
        assert state["address"]
        assert engine.read(identity, state, inputs)[2] == inputs, "a refresh right after shows a difference"
        assert engine.diff(inputs, engine.check({**inputs, **dict.fromkeys(origin, "another")}, inputs)[0]).replaces == list(origin)
        engine.delete(identity, state)
    _, wrong = engine.check(common)
    assert [reason for reason in wrong if "is required by rds CreateDBInstance" in reason]


TELL_OF_A_TAKEN_NAME = (
    "LogGroup",
    "ReplicationGroup",
    "Role",
    "rds/instance:Instance",
    "ParameterGroup",
    "Bucket",
    "Secret",
    "ssm/parameter:Parameter",
)
"""Others make the same thing again (queues, topics, alarms), or have no name of the program's."""


@pytest.mark.parametrize(
    "engine", sorted(t for t in KINDS if t.endswith(TELL_OF_A_TAKEN_NAME)), indirect=True, ids=lambda token: token.split(":")[-1]
)
def test_what_a_killed_update_left_behind_is_taken_up_but_nothing_of_somebody_else(engine: Engine, world: World) -> None:
    inputs, _ = engine.check({**CASES[engine.token].inputs(world), "tags": {"owner": "shop"}})
    first, state = engine.create(inputs)
    again, taken = engine.create(inputs)
    assert again == first
    assert taken.keys() == state.keys()
    others, _ = engine.check({**inputs, "tags": {"owner": "somebody"}}, inputs)
    with pytest.raises(Refused):
        engine.create(others)
    engine.delete(again, taken)
