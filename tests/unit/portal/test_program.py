"""A component in a team's file: the rest of the file stays as it was, byte by byte."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp_components import QueueSpec, ServiceSpec
from idp_components.core.spec import SpecError
from idp_components.portal.program import Call, with_call

QUEUE = Call("Queue", "orders", QueueSpec())
HEAD = '"""Team shop."""\n\nfrom idp_components import Context\n\n\n'


def test_the_component_comes_last_and_what_it_needs_is_imported():
    source = f"{HEAD}def compose(context: Context) -> None:\n    print(context)\n\n\nAFTER = 1\n"
    assert with_call(source, QUEUE, "shop.py") == (
        '"""Team shop."""\n\nfrom idp_components import Context, Queue\n\n\n'
        'def compose(context: Context) -> None:\n    print(context)\n    Queue("orders", context=context)\n\n\nAFTER = 1\n'
    )


@pytest.mark.parametrize(
    "source",
    [
        f"{HEAD}def compose(ctx: Context) -> None:\n  print(ctx)  # two spaces, another name\n",
        f"{HEAD}def compose(context: Context) -> None:\n\tprint(context)\n",
        f"{HEAD}def compose(context: Context) -> None:\n    text = 'a\u2028b\x0cc\x1d'\n    print(text)\n",
        "import idp_components as idp\n\ndef compose(context):\n    idp.Queue('a', context=context)",
        "from idp_components import Queue as Q\n\ndef compose(context):\n    Q('a', context=context)\n",
        "from idp_components import (\n    Context,\n    Queue,\n)\n\ndef compose(context: Context) -> None:\n    'é'; print(context)\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_may_be_written_as_one_likes(source, newline):
    source = source.replace("\n", newline)
    changed = with_call(source, QUEUE, "shop.py")
    ast.parse(changed)
    left = [line for line in source.split(newline) if not line.startswith(("from idp_components", "import"))]
    assert [line for line in left if line not in changed.split(newline)] == []
    assert "\r" not in changed.replace("\r\n", "") or newline == "\n"
    assert 'Queue("orders", context=' in changed


@pytest.mark.parametrize("source", ["", "def compose(): pass\n", "def compose(context): pass\n", "def compose(", "x = '\0'\n"])
def test_what_cannot_be_changed_is_refused_with_the_file_and_the_reason(source):
    with pytest.raises(SpecError, match=r"^shop\.py: "):
        with_call(source, QUEUE, "shop.py")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_of_a_form_stays_one_string_of_the_program(text):
    spec = ServiceSpec.model_validate({"image": "ghcr.io/shop/a:v1", "port": 80, "env": {"TEXT": text}})
    changed = with_call(f"{HEAD}def compose(context: Context) -> None:\n    print(context)\n", Call("Service", "a", spec), "shop.py")
    call = ast.parse(changed).body[-1].body[-1].value
    assert ast.unparse(call.func) == "Service"
    (env,) = [each.value for each in call.args[1].keywords if each.arg == "env"]
    assert ast.literal_eval(env) == {"TEXT": text}
    assert len(ast.parse(changed).body[-1].body) == 2
