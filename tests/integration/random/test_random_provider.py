"""The random provider through the real engine: create, no change, replace, import, delete, and secrets that stay secret."""

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
for name, value in dict(password=password.result, hash=password.bcrypt_hash, text=text.result, hex=identity.hex, dec=identity.dec,
    b64=identity.b64_url, pet=pet.id, number=number.result, unique=unique.result, order=order.results, raw=raw.hex).items():
    pulumi.export(name, value)
"""


def test_every_kind_is_made_kept_replaced_by_its_keepers_and_deleted(project):
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
    assert "8 replaced" in found.up()
    second = found.outputs()
    assert [name for name in ("password", "text", "hex", "unique", "raw") if second[name] == first[name]] == []
    assert second["order"] == first["order"]  # the seed is the same


def test_bad_input_is_refused_in_the_preview_with_place_and_allowed_values(project):
    said = project("import pulumi_random as r\nr.RandomPassword('p', length=3, min_upper=4)\n").preview(check=False)
    assert "length: 3 is less than the minima together (4): use at least 4" in said
    said = project("import pulumi_random as r\nr.RandomInteger('p', min=3, max=1)\n").preview(check=False)
    assert "max: 1 is below min=3: use at least 3" in said


def test_a_value_can_be_imported_by_its_id(project):
    found = project("")
    found.pulumi("import", "--yes", "--generate-code=false", "--protect=false", "random:index/randomString:RandomString", "kept", "abc123")
    found.pulumi("import", "--yes", "--generate-code=false", "--protect=false", "random:index/randomInteger:RandomInteger", "n", "7,1,10")
    resources = found.resources()
    assert resources["RandomString kept"]["outputs"]["result"] == "abc123"
    assert resources["RandomInteger n"]["outputs"]["result"] == 7
