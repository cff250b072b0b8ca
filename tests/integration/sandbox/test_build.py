"""Tools are really built with Go: here a tiny module stands for the big ones."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from idp_sandbox import ToolError
from idp_sandbox.toolchain import bundles, cache
from idp_sandbox.toolchain.build import build
from idp_sandbox.toolchain.bundles import Bundle

MAIN = 'package main\n\nimport "fmt"\n\nvar version = "unset"\n\nfunc main() { fmt.Println(version) }\n'


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setenv("IDP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(bundles, "MODULES", tmp_path / "modules")
    module = tmp_path / "modules" / "tiny"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module tiny.example\n\ngo 1.26\n")
    (module / "main.go").write_text(MAIN)
    return Bundle(name="tiny", title="tiny 1.0", programs=("tiny",), variables=("main.version=1.0",), main="tiny", links=("small",))


def test_a_module_is_built_with_its_version_and_under_all_its_names(tiny: Bundle) -> None:
    said: list[str] = []
    built = cache.ensure(tiny, build, said.append)
    for name in ("tiny", "small"):
        assert subprocess.run([built / "bin" / name], capture_output=True, text=True, check=True).stdout == "1.0\n"
    assert said[0].startswith("building tiny 1.0")
    assert said[-1].startswith("built tiny 1.0 in ")


def test_a_changed_pin_is_built_into_a_folder_of_its_own(tiny: Bundle) -> None:
    first = cache.ensure(tiny, build, print)
    second = cache.ensure(replace(tiny, variables=("main.version=2.0",)), build, print)
    assert first != second
    assert subprocess.run([first / "bin" / "tiny"], capture_output=True, text=True, check=True).stdout == "1.0\n"
    assert subprocess.run([second / "bin" / "tiny"], capture_output=True, text=True, check=True).stdout == "2.0\n"


def test_a_module_that_does_not_compile_is_one_error_with_its_reason_and_works_once_it_is_mended(tiny: Bundle) -> None:
    (tiny.folder / "main.go").write_text("package main\n\nfunc main() { undefined() }\n")
    with pytest.raises(ToolError, match=r"tiny 1\.0 can't be built .*undefined: undefined.*run again"):
        cache.ensure(tiny, build, print)
    (tiny.folder / "main.go").write_text(MAIN)
    assert cache.is_whole(tiny, cache.ensure(tiny, build, print))


def test_a_module_that_cannot_be_downloaded_is_one_error_with_the_way_out(tiny: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "off")
    bundle = replace(tiny, programs=(), main="", links=(), files=(("missing.example/module@v1.0.0", "*.yaml"),))
    with pytest.raises(ToolError, match=r"tiny 1\.0 can't be downloaded: missing\.example/module@v1\.0\.0.*proxy reachable"):
        cache.ensure(bundle, build, print)
