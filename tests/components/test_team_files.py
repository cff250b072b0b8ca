"""What a person reads who wrote something wrong into a team's file, or named a stack that can't be."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from idp_components import SpecError
from idp_components.render import render

HEAD = "from idp_components import Service, ServiceSpec, reference\n\n\ndef compose(context):\n"
SPEC = "ServiceSpec(image='registry.example.com/a:v1', port=80{more})"
CART = f"    Service('cart', {SPEC}, context=context)\n"
IDP = str(Path(sys.executable).with_name("idp"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes a project of two teams: `shop` with the given file, and `catalog` with a `cart` that lets `allowed` in."""

    def write(shop, allowed=("shop",)):
        (tmp_path / "Pulumi.yaml").write_text(
            json.dumps({"name": "idp", "runtime": "python", "main": "stacks", "config": {"idp:domain": "a.example"}})
        )
        folder = tmp_path / "stacks" / "teams"
        folder.mkdir(parents=True)
        (folder / "shop.py").write_text(shop)
        (folder / "catalog.py").write_text(HEAD + CART.format(more=f", allow_from={allowed!r}"))
        return tmp_path

    monkeypatch.chdir(tmp_path)
    return write


def use(target):
    return HEAD + f"    Service('web', {SPEC.format(more='')}, uses=[reference('{target}', 'CART')], context=context)\n"


CASES = {
    "nothing of that name": (
        use("catalog/basket:80"),
        "shop.web.uses[0]: catalog/basket:80 is not declared in its team's stack; it offers cart:80",
    ),
    "another port": (use("catalog/cart:81"), "shop.web.uses[0]: catalog/cart:81 does not listen there; use catalog/cart:80"),
    "unknown team that is let in": (
        HEAD + CART.format(more=", allow_from=('nobody',)"),
        "shop.cart.allow_from[0]: team 'nobody' does not exist; teams: catalog, shop",
    ),
    "connections that are no list": (
        HEAD + f"    Service('web', {SPEC.format(more='')}, uses=reference('catalog/cart:80', 'CART'), context=context)\n",
        "shop.web.uses: Connection is refused: use a list, for example uses=[cart.connection('CART_ADDR')]",
    ),
    "no function": ("COMPOSE = 1\n", "shop.py: has no function 'compose'; begin it with: def compose(context: Context) -> None:"),
    "no Python": ("def compose(context)\n", "stacks/teams/shop.py:1: SyntaxError: expected ':'"),
    "an error of its own": (HEAD + "    1 / 0\n", "stacks/teams/shop.py:5: ZeroDivisionError: division by zero"),
}


@pytest.mark.parametrize(("shop", "said"), CASES.values(), ids=CASES)
def test_it_is_one_sentence_with_its_place(project, shop, said):
    project(shop)
    with pytest.raises(SpecError) as caught:
        render("shop-dev")
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_reference_that_its_owner_does_not_let_in_says_what_the_owner_has_to_write(project):
    project(use("catalog/cart:80"), allowed=())
    with pytest.raises(SpecError, match=r"catalog/cart:80 does not let team shop in; there, say for example allow_from=\('shop',\)"):
        render("shop-dev")


def test_references_that_are_answered_are_rendered_and_a_broken_file_of_another_team_is_that_teams_matter(project):
    root = project(use("catalog/cart:80"))
    assert render("shop-dev")
    (root / "stacks" / "teams" / "catalog.py").write_text("1 / 0\n")
    assert render("shop-dev")


@pytest.mark.parametrize(
    ("stack", "said"),
    [
        ("nobody-dev", "stack 'nobody-dev': team 'nobody' does not exist; teams: catalog, shop"),
        ("shop-qa", "stack 'shop-qa': name it <team>-<environment>; environments: preview, dev"),
    ],
)
def test_a_stack_that_cannot_be_is_refused_before_anything_starts(project, stack, said):
    root = project(HEAD + "    pass\n")
    done = subprocess.run([IDP, "up", "shop-dev", stack], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"error: {said}" in done.stderr
    assert not (root / ".idp").exists()


def test_a_tool_that_cannot_be_had_is_one_sentence(project, monkeypatch):
    root = project(HEAD + "    pass\n")
    monkeypatch.setenv("IDP_TOOLS", "/nowhere")
    done = subprocess.run([IDP, "up"], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: IDP_TOOLS=/nowhere: has no pulumi, etcd")
    assert "Traceback" not in done.stderr
