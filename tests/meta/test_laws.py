"""The laws of the house: what keeps the code as it was meant without a reviewer's eye."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import idp_components
from idp_components.render import declared, find_root
from idp_components.schema import SPECS, text
from idp_components.stack import teams

ROOT = find_root(Path(__file__))
LIBRARY = ROOT / "idp_components"
GOLDEN_PATHS = sorted(path.parent for path in LIBRARY.glob("*/spec.py") if path.parent.name != "core")
PURE = [
    *LIBRARY.glob("*/spec.py"),
    *LIBRARY.glob("*/manifests.py"),
    *LIBRARY.glob("*/resources.py"),
    *(path for folder in ("service", "database") for path in LIBRARY.glob(f"{folder}/*.py") if path.name != "component.py"),
    *(path for path in LIBRARY.glob("cost/*.py") if path.name not in ("creation.py", "stacks.py")),
    *(path for folder in ("ci", "ephemeral") for path in LIBRARY.glob(f"{folder}/*.py") if path.name != "component.py"),
    *(
        LIBRARY / "core" / f"{name}.py"
        for name in (
            "profiles",
            "naming",
            "labels",
            "connection",
            "ledger",
            "manifest",
            "spec",
            "context",
            "aws",
            "iam",
            "alarms",
            "quantity",
        )
    ),
    LIBRARY / "core" / "stack_name.py",
    *(path for path in LIBRARY.glob("rules/**/*.py") if path.parent.name != "crossguard"),
    *(path for path in LIBRARY.glob("survey/*.py") if path.name not in ("measuring.py", "commits.py")),
]
CREATORS = {LIBRARY / "core" / f"{name}.py" for name in ("apply", "apply_aws", "apply_random")}
listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
tracked = [ROOT / name for name in listed if not (ROOT / name).is_symlink()]
SOURCES = [
    path
    for path in tracked
    if path.suffix == ".py" and path.parts[len(ROOT.parts)] in ("idp_components", "idp_sandbox", "policies", "stacks")
]


def relative(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PURE, ids=relative)
def test_specs_builders_and_rules_never_import_pulumi(path):
    tree = ast.parse(path.read_text())
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert not {name for name in imported if name.split(".")[0].startswith("pulumi")}
    assert not {name for name in imported if name.endswith((".component", "core.apply"))}


@pytest.mark.parametrize("path", [path for path in SOURCES if path.is_relative_to(LIBRARY) and path.name != "component.py"], ids=relative)
def test_only_components_and_apply_create_resources(path):
    created = re.findall(r"pulumi(?:_kubernetes|_aws)?\.(?:\w+\.)*(?:CustomResource|ComponentResource)\(", path.read_text())
    assert created == [] or path in CREATORS


def test_the_schemas_need_no_engine():
    program = "import sys, idp_components.schema as s; s.text('service'); print('pulumi' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("path", GOLDEN_PATHS, ids=relative)
def test_every_golden_path_is_complete(path):
    assert {name for name in ("spec.py", "component.py", "README.md") if not (path / name).is_file()} == set()
    assert (path / "manifests.py").is_file() or (path / "resources.py").is_file(), "the builder's file"
    assert list((ROOT / "examples").glob("*/README.md"))
    assert "```python" in (path / "README.md").read_text()[:200]


@pytest.mark.parametrize("name", SPECS)
def test_every_field_stands_in_its_golden_paths_page(name):
    spec = SPECS[name]
    page = (LIBRARY / spec.__module__.split(".")[1] / "README.md").read_text()
    assert [field for field in spec.model_fields if f"`{field}`" not in page] == []


@pytest.mark.parametrize("name", SPECS)
def test_committed_schemas_are_current(name):
    path = ROOT / "schemas" / f"{name}.json"
    assert path.read_text() == text(name), "an interface changed: run `idp schema --output schemas` and look at the difference"
    properties = json.loads(text(name))["properties"].values()
    assert [field for field in properties if "description" not in field and "$ref" not in field] == []


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_is_one_room_and_says_which(path):
    source = path.read_text()
    assert source.count("\n") <= 300, "would two rooms be clearer than one?"
    assert not source.strip() or ast.get_docstring(ast.parse(source))


def test_public_names_are_documented():
    assert [name for name in idp_components.__all__ if not getattr(idp_components, name).__doc__] == []


def test_renaming_a_resource_is_a_decision():
    urns = [resource.urn for team in teams(ROOT / "stacks" / "teams") for resource in declared(f"{team}-dev", ROOT)[0].resources]
    kept = (ROOT / "tests" / "meta" / "urns.txt").read_text().split()
    lost = sorted(set(kept) - set(urns))
    assert lost == [], "these would be deleted and made anew: ship an alias in the component, then take them out of tests/meta/urns.txt"
    assert sorted(set(urns) - set(kept)) == [], "new resources: add them to tests/meta/urns.txt"


# In pieces, so that this file passes too.
REGISTRY = re.compile("|".join([r'"resolved":\s*"' "https?://", r"--(?:extra-)?index.url", "GOPROXY" r"=\S*http"]))
MACHINE = re.compile(r"(?<![\w.$}-])/(?:work|root|home/\w+)/")


@pytest.mark.parametrize("path", [path for path in tracked if path != Path(__file__) and path.name not in ("go.sum",)], ids=relative)
def test_no_file_names_a_registry_or_a_path_of_a_machine(path):
    source = path.read_bytes().decode(errors="replace")  # pictures too: programs write their paths into them
    assert REGISTRY.search(source) is None
    assert MACHINE.search(source) is None
