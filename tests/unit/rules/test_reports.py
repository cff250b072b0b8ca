"""Every report says the same findings in its reader's language."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from click import unstyle
from click.testing import CliRunner, Result

from idp_components.cli.check import check
from idp_components.rules.judging import Report, Settings, judge
from idp_components.rules.levels import Level
from idp_components.rules.model import Resource
from idp_components.rules.reports import FORMATS, markdown, sarif
from idp_components.rules.sources import Document, Target
from idp_components.rules.waivers.file import parse

SCHEMA = json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WAIVERS = parse("""
- id: EX-1
  rules: [kubernetes-host-path]
  match: {type: kubernetes:core/v1:Pod, name: web}
  owner: team-shop
  reason: reads the node's logs
  created: 2026-10-01
  expires: 2026-11-10
""")
# The attributes that Jenkins' schema for JUnit allows, by element.
JUNIT = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"classname", "name", "time"},
    "failure": {"type", "message"},
    "skipped": {"message"},
}


def bad_pod(name: str = "web", **spec: Any) -> dict[str, Any]:
    spec = {"hostNetwork": True, "serviceAccountName": "web", "volumes": [{"name": "v", "hostPath": {"path": "/"}}]} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop-dev"}, "spec": spec}


def reported(*manifests: dict[str, Any], file: str = "deploy/web.yaml", **settings: Any) -> Report:
    target = Target("deploy", [Document(file, Resource.from_manifest(manifest)) for manifest in manifests])
    return judge([target], Settings(**settings), NOW)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(check, arguments, input=stdin)

    return invoke


def test_people_read_first_what_to_do_first() -> None:
    text = unstyle(FORMATS["text"](reported(bad_pod()), Level.MANDATORY))
    headings = [line for line in text.splitlines() if line.startswith(("mandatory", "advisory"))]
    assert [heading.split()[:3] for heading in headings] == [
        ["mandatory", "critical", "kubernetes-host-namespaces"],
        ["mandatory", "high", "kubernetes-host-path"],
        ["advisory", "medium", "kubernetes-service-account-token"],
    ]


def test_one_fix_stands_above_all_places_and_many_places_are_cut() -> None:
    text = FORMATS["text"](reported(*(bad_pod(f"web-{number}") for number in range(25))), Level.MANDATORY)
    assert text.count("Fix: Remove hostNetwork") == 1
    assert text.count("hostNetwork is true") == 20
    assert "  and 5 more places; --format json lists all" in text


def test_waived_findings_do_not_count_and_every_report_names_the_waiver() -> None:
    report = reported(bad_pod(), waivers=WAIVERS)
    assert "kubernetes-host-path" not in [judgement.finding.rule.id for judgement in report.judgements]
    text = FORMATS["text"](report, Level.MANDATORY)
    assert "kubernetes-host-path  Pod shop-dev/web  by EX-1 of team-shop until 2026-11-10: reads the node's logs" in text
    assert "Waiver EX-1 of team-shop ends on 2026-11-10: reads the node's logs" in text
    assert "(1 waived)" in text
    for form in ("json", "sarif", "junit", "markdown"):
        assert "EX-1" in FORMATS[form](report, Level.MANDATORY)


def valid_sarif(report: Report) -> dict[str, Any]:
    log = json.loads(sarif.report(report, Level.MANDATORY))
    jsonschema.Draft7Validator(SCHEMA).validate(log)
    return dict(log["runs"][0])


def test_sarif_is_valid_and_has_what_code_scanning_shows() -> None:
    run = valid_sarif(reported(bad_pod(), waivers=WAIVERS))
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    rule = rules["kubernetes-host-namespaces"]
    assert rule["properties"]["security-severity"] == "9.5"
    assert rule["properties"]["tags"][0] == "security"
    assert "**Fix:** Remove hostNetwork" in rule["help"]["markdown"]
    result = next(result for result in run["results"] if result["ruleId"] == rule["id"])
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["level"] == "error"
    physical = result["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "deploy/web.yaml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 1}}
    assert re.fullmatch("[0-9a-f]{16}", result["partialFingerprints"]["idpRuleResourcePlace/v1"])
    waived = next(result for result in run["results"] if result["ruleId"] == "kubernetes-host-path")
    assert waived["suppressions"][0]["justification"].startswith("EX-1 of team-shop")


def test_sarif_without_findings_is_valid() -> None:
    assert valid_sarif(reported())["results"] == []


def test_sarif_names_files_by_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file, uri in {"a b/ü.yaml": "a%20b/%C3%BC.yaml", str(tmp_path / "x.yaml"): "x.yaml"}.items():
        result = valid_sarif(reported(bad_pod(), file=file))["results"][0]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    outside = valid_sarif(reported(bad_pod(), file="../x.yaml"))["results"][0]["locations"][0]["physicalLocation"]
    assert outside["artifactLocation"] == {"uri": (tmp_path.parent / "x.yaml").as_uri()}


def test_junit_has_a_case_for_each_resource_and_rule_and_counts_them() -> None:
    report = reported(bad_pod("web\x00\x1b"), bad_pod("other", hostPID=True), waivers=WAIVERS)
    root = ElementTree.fromstring(FORMATS["junit"](report, Level.MANDATORY))
    for element in root.iter():
        assert set(element.attrib) == JUNIT[element.tag]
    cases = {(case.get("classname"), case.get("name")): case for case in root.iter("testcase")}
    failure = cases["Pod shop-dev/other", "kubernetes-host-namespaces"].find("failure")
    assert failure is not None
    assert (failure.text or "").count("is true; remove it") == 2
    assert cases["Pod shop-dev/other", "kubernetes-service-account-token"].find("skipped") is not None
    suite = root[0]
    assert int(suite.get("tests", 0)) == len(cases)
    assert int(suite.get("failures", 0)) == len(list(suite.iter("failure"))) > 0


def test_junit_fails_at_the_level_that_fails_and_is_never_empty() -> None:
    root = ElementTree.fromstring(FORMATS["junit"](reported(bad_pod()), Level.ADVISORY))
    assert root.get("skipped") == "0"
    empty = ElementTree.fromstring(FORMATS["junit"](reported(), Level.MANDATORY))
    assert (empty.get("tests"), empty.get("failures")) == ("1", "0")


def test_markdown_says_all_in_its_first_line_and_folds_the_rest() -> None:
    text = FORMATS["markdown"](reported(bad_pod()), Level.MANDATORY)
    assert text.splitlines()[0] == "❌ **1 resource judged: 2 mandatory findings, 1 advisory finding in 1 resource.**"
    assert text.count("<details>") == text.count("</details>") == 3


def test_markdown_lets_nothing_of_the_input_be_markup() -> None:
    report = reported(bad_pod(), file="<img src=x>`|@everyone](http://x)\n# x")
    text = FORMATS["markdown"](report, Level.MANDATORY)
    assert "<img" not in text
    assert "@everyone" not in text
    assert "\\`" in text
    assert "\n# x" not in text


@pytest.mark.parametrize("places", [400, 5000])
def test_markdown_fits_into_a_comment_and_says_how_much_does_not(places: int) -> None:
    text = FORMATS["markdown"](reported(*(bad_pod(f"web-{number}", hostIPC=True) for number in range(places))), Level.MANDATORY)
    assert len(text) <= markdown.LIMIT
    shown = text.count("\n- <code>")
    (more,) = re.findall(r"… and (\d+) more", text)
    assert shown + int(more) == 4 * places
    assert text.count("<details>") == text.count("</details>")


def test_a_fingerprint_survives_lines_and_neighbours_that_move(run: Any) -> None:
    container = {"name": "web", "image": "nginx"}
    first = bad_pod(containers=[container])
    moved = bad_pod(containers=[{"name": "proxy", "image": "ghcr.io/acme/proxy:v1"}, container])
    prints = []
    for pod in (first, moved):
        text = "# more lines\n" * len(prints) + yaml.safe_dump(pod)
        found = json.loads(run("-", "--json", stdin=text).stdout)["findings"]
        prints.append({entry["fingerprint"] for entry in found if entry["rule"] == "kubernetes-image-tag"})
    assert prints[0] == prints[1] != set()


def test_against_a_base_only_what_is_new_counts(run: Any) -> None:
    old, new = bad_pod(), bad_pod("other")
    Path("base.json").write_text(run("-", "--json", stdin=yaml.safe_dump(old)).stdout, encoding="utf-8")
    unchanged = run("-", "--base", "base.json", stdin=yaml.safe_dump(old))
    assert (unchanged.exit_code, unchanged.output) == (0, "1 resource judged: nothing new found (3 known before).\n")
    more = run("-", "--base", "base.json", stdin=yaml.safe_dump_all([old, new]))
    assert more.exit_code == 1
    assert more.output.endswith("2 new mandatory findings, 1 new advisory finding in 1 resource (3 known before).\n")
    fixed = run("-", "--base", "base.json", stdin=yaml.safe_dump(bad_pod(hostNetwork=False)))
    assert fixed.exit_code == 0
    assert "fixed\n  kubernetes-host-namespaces  Pod shop-dev/web\n" in fixed.output
    states = json.loads(run("-", "--base", "base.json", "--format", "sarif", stdin=yaml.safe_dump_all([old, new])).stdout)
    assert sorted(result["baselineState"] for result in states["runs"][0]["results"]) == ["new"] * 3 + ["unchanged"] * 3


def test_the_same_finding_twice_is_two(run: Any) -> None:
    Path("base.json").write_text(run("-", "--json", stdin=yaml.safe_dump(bad_pod())).stdout, encoding="utf-8")
    assert run("-", "--base", "base.json", stdin=yaml.safe_dump_all([bad_pod(), bad_pod()])).exit_code == 1


def test_a_baseline_quiets_an_old_estate_and_only_shrinks(run: Any) -> None:
    old, new = yaml.safe_dump(bad_pod()), yaml.safe_dump_all([bad_pod(), bad_pod("other")])
    options = ("-", "--baseline", "baseline.json")
    written = run(*options, "--write-baseline", stdin=old)
    assert (written.exit_code, written.stderr) == (0, "baseline.json: 3 findings added, 0 taken out\n")
    assert run(*options, stdin=old).exit_code == 0
    assert run(*options, stdin=new).exit_code == 1

    refused = run(*options, "--write-baseline", stdin=new)
    assert refused.exit_code == 1
    assert "3 findings not added, for a baseline only shrinks" in refused.stderr

    mended = yaml.safe_dump(bad_pod(hostNetwork=False))
    assert "The baseline lists 1 finding no longer found; take it out with --write-baseline." in run(*options, stdin=mended).output
    assert "0 findings added, 1 taken out" in run(*options, "--write-baseline", stdin=mended).stderr
    assert run(*options, stdin=old).exit_code == 1

    assert run(*options, "--write-baseline", "--yes", stdin=new).exit_code == 0
    assert len(json.loads(Path("baseline.json").read_text(encoding="utf-8"))["findings"]) == 6


def test_a_baseline_that_cannot_be_read_is_an_error(run: Any) -> None:
    Path("baseline.json").write_text("[]", encoding="utf-8")
    for content in ("[]", "{", '{"findings": [{}]}'):
        Path("baseline.json").write_text(content, encoding="utf-8")
        result = run("-", "--baseline", "baseline.json", stdin=yaml.safe_dump(bad_pod()))
        assert (result.exit_code, result.stderr.startswith("Error: baseline.json: is neither")) == (2, True)
    assert run("-", "--baseline", "missing.json", stdin=yaml.safe_dump(bad_pod())).exit_code == 2
    assert run("-", "--write-baseline", stdin=yaml.safe_dump(bad_pod())).stderr == "Error: --write-baseline needs --baseline FILE\n"
