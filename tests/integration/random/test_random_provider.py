"""The random provider through the real engine: create, no change, replace, import, delete, and secrets that stay secret."""

import json
from collections.abc import Callable
from typing import Any

PROGRAM = """
import pulumi, pulumi_random as random
keepers = {"version": pulumi.Config().require("version")}
password = random.RandomPassword("password", length=24, min_special=2, override_special="!?", keepers=keepers)
text = random.RandomString("text", length=12, upper=False, special=False, keepers=keepers)
identity = random.RandomId("identity", byte_length=6, prefix="x-", keepers=keepers)
pet = random.RandomPet("pet", length=3, prefix="my", separator="_", keepers=keepers)
number = random.RandomInteger("number", min=5, max=9, keepers=keepers)
unique = random.RandomUuid("unique", keepers=keepers)
order = random.RandomShuffle("order", inputs=["a", "b", "c"], result_count=5, seed="s", keepers=keepers)
raw = random.RandomBytes("raw", length=8, keepers=keepers)
fourth = random.RandomUuid4("fourth", keepers=keepers)
seventh = random.RandomUuid7("seventh", keepers=keepers)
for name, value in dict(password=password.result, hash=password.bcrypt_hash, text=text.result, hex=identity.hex, dec=identity.dec,
    b64=identity.b64_url, pet=pet.id, number=number.result, unique=unique.result, order=order.results, raw=raw.hex,
    fourth=fourth.result, seventh=seventh.result).items():
    pulumi.export(name, value)
"""


def test_every_kind_is_made_kept_replaced_by_its_keepers_and_deleted(project: Callable[..., Any]) -> None:
    found = project(PROGRAM)
    found.pulumi("config", "set", "version", "1")
    found.up()
    first = found.outputs()
    assert len(first["password"]) == 24
    assert sum(character in "!?" for character in first["password"]) >= 2
    assert first["hash"].startswith("$2b$")
    assert len(first["text"]) == 12
    assert first["text"] == first["text"].lower()
    assert first["hex"].startswith("x-")
    assert int(first["dec"].removeprefix("x-")) == int(first["hex"].removeprefix("x-"), 16)
    assert first["pet"].startswith("my_")
    assert 5 <= first["number"] <= 9
    assert sorted(set(first["order"])) == ["a", "b", "c"]
    assert len(first["order"]) == 5
    found.pulumi("refresh", "--yes", "--expect-no-changes")
    found.pulumi("up", "--yes", "--expect-no-changes")
    state = found.pulumi("stack", "export").stdout
    assert first["password"] not in state
    assert first["raw"] not in state
    found.pulumi("config", "set", "version", "2")
    assert "10 replaced" in found.up()
    second = found.outputs()
    assert [name for name in ("password", "text", "hex", "unique", "raw", "fourth", "seventh") if second[name] == first[name]] == []
    assert second["order"] == first["order"]  # the seed is the same


def test_a_changed_length_replaces_only_what_has_it(project: Callable[..., Any]) -> None:
    program = (
        "import pulumi, pulumi_random as r\nfor n in 'ab':\n    pulumi.export(n, r.RandomString(n, length={'a': 8, 'b': %d}[n]).result)\n"
    )
    found = project(program % 8)
    found.up()
    first = found.outputs()
    found.write(program % 9)
    assert "+-1 to replace" in found.preview()
    found.up()
    second = found.outputs()
    assert second["a"] == first["a"]
    assert len(second["b"]) == 9


def test_bad_input_is_refused_in_the_preview_with_place_and_allowed_values(project: Callable[..., Any]) -> None:
    said = project("import pulumi_random as r\nr.RandomPassword('p', length=3, min_upper=4)\n").preview(check=False)
    assert "length: 3 is less than the minima together (4): use at least 4" in said
    said = project("import pulumi_random as r\nr.RandomInteger('p', min=3, max=1)\n").preview(check=False)
    assert "max: 1 is below min=3: use at least 3" in said


IMPORTED = {
    "RandomString": ("abc123", "length=6", {"result": "abc123"}),
    "RandomInteger": ("7,1,10", "min=1, max=10", {"result": 7}),
    "RandomId": ("web-,p-9hUg", "byte_length=4, prefix='web-'", {"hex": "web-a7ef6152", "dec": "web-2817483090"}),
    "RandomUuid": ("7e4436da-7c71-486e-a57c-830b25fff7bd", "", {"result": "7e4436da-7c71-486e-a57c-830b25fff7bd"}),
    "RandomPassword": ("known-before", "length=12", {"result": "known-before"}),
    "RandomBytes": ("8/fu3q+2DcgSJ19i0jZ5Cw==", "length=16", {"hex": "f3f7eedeafb60dc812275f62d236790b"}),
}


def test_imported_values_are_kept_by_the_program_that_declares_them(project: Callable[..., Any]) -> None:
    declared = [f"pulumi.export('{name}', r.{name}('kept', {arguments}))" for name, (_, arguments, _) in IMPORTED.items()]
    found = project("\n".join(["import pulumi, pulumi_random as r", *declared]))
    wanted = [{"type": f"random:index/r{name[1:]}:{name}", "name": "kept", "id": identity} for name, (identity, _, _) in IMPORTED.items()]
    (found.folder / "import.json").write_text(json.dumps({"resources": wanted}))
    said = found.pulumi("import", "--yes", "--generate-code=false", "--protect=false", "--file", "import.json")
    found.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    kept = found.outputs()
    for name, (_, _, outputs) in IMPORTED.items():
        assert {key: kept[name][key] for key in outputs} == outputs
    assert "known-before" not in said.stdout + said.stderr + found.pulumi("stack", "export").stdout


def test_an_id_that_cannot_be_imported_is_refused_with_an_example(project: Callable[..., Any]) -> None:
    found = project("")
    done = found.pulumi("import", "--yes", "--generate-code=false", "random:index/randomInteger:RandomInteger", "n", "7", check=False)
    said = done.stdout + done.stderr
    assert "n: this id can't be imported: it has to be RESULT,MIN,MAX or RESULT,MIN,MAX,SEED; use one like 15390,1,50000" in said
    done = found.pulumi("import", "--yes", "--generate-code=false", "random:index/randomPet:RandomPet", "p", "a-b", check=False)
    assert "this kind of resource can't be imported; declare it" in done.stdout + done.stderr
