"""The pipelines that are emitted, read by the providers' schemas and by real parsers, and what each job of them may do."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from pipelines import values

from idp_components.ci.pipelines import PROVIDERS, pipeline
from idp_components.cli.emit import emit
from idp_components.core.spec import SpecError

SCHEMAS = {"github": "github-workflows", "gitlab": "gitlab-ci", "bitbucket": "bitbucket-pipelines", "circleci": "circle-ci"}
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")


@pytest.fixture
def emitted(tmp_path):
    """Writes a provider's pipeline where the provider looks for it."""

    def write(provider, **fields):
        path = tmp_path / PROVIDERS[provider].path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pipeline(provider, values(**fields)))
        return path

    return write


def loaded(provider):
    return yaml.safe_load(pipeline(provider, values()))


def check_jsonschema(schema, path):
    transform = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *transform, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("provider", SCHEMAS)
def test_the_providers_schema_takes_it(provider, emitted):
    done = check_jsonschema(SCHEMAS[provider], emitted(provider))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("provider", SCHEMAS)
def test_the_providers_schema_refuses_it_with_a_mistake_in_it(provider, emitted):
    path = emitted(provider)
    good, bad = {
        "github": ("runs-on:", "runs-at:"),
        "gitlab": ("interruptible: true", "interruptible: perhaps"),
        "bitbucket": ("max-time: 10", "max-time: soon"),
        "circleci": ("executor: idp", "executor: [idp]"),
    }[provider]
    path.write_text(path.read_text().replace(good, bad))
    assert check_jsonschema(SCHEMAS[provider], path).returncode == 1


def test_actionlint_finds_nothing_and_finds_a_mistake(emitted, actionlint):
    path = emitted("github")
    clean = subprocess.run([actionlint, "-shellcheck=", "-pyflakes=", path], capture_output=True, text=True, check=False)
    assert (clean.returncode, clean.stdout) == (0, "")
    path.write_text(path.read_text().replace("needs.open.outputs.facts", "needs.open.outputs.fact"))
    assert subprocess.run([actionlint, path], capture_output=True, check=False).returncode == 1


def test_an_auditor_of_workflows_finds_nothing(emitted):
    path = emitted("github")
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--persona=pedantic", "--format=json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [finding["ident"] for finding in json.loads(done.stdout)] == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_placeholder_is_left_and_no_key_is_asked_for(provider):
    text = pipeline(provider, values())
    assert "@@" not in text
    assert re.findall(r"AWS_(?:SECRET|ACCESS)\w*|PULUMI_ACCESS_TOKEN|secrets\.", text) == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_image_is_named_by_its_digest(provider):
    text = pipeline(provider, values())
    named = re.findall(r"image:? +['\"]?([^\s'\"]+)", text)
    assert set(named) == {values().image}


def jobs():
    return loaded("github")["jobs"]


def test_actions_are_pinned_by_commit_with_the_version_beside_it():
    uses = re.findall(r"uses: (\S+)(.*)", pipeline("github", values()))
    assert uses
    assert all(PINNED.fullmatch(name) and re.fullmatch(r" # v\d+\.\d+\.\d+", comment) for name, comment in uses)


def test_a_workflow_starts_with_no_permission_and_no_job_has_both_a_role_and_the_right_to_write():
    workflow = loaded("github")
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "id-token" not in job["permissions"] or set(job["permissions"]) <= {"id-token", "contents"}
        assert job["permissions"].get("contents", "read") == "read"
        assert job["timeout-minutes"] <= 60


def test_no_job_of_a_fork_may_ask_for_a_token():
    same = "github.event.pull_request.head.repo.full_name == github.repository"

    def refuses_forks(name):
        job = jobs()[name]
        said = job.get("if", "")
        needed = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        return same in said or "github.event_name != 'pull_request'" in said or any(map(refuses_forks, needed))

    assert [
        name for name, job in jobs().items() if {"id-token", "pull-requests"} & set(job["permissions"]) and not refuses_forks(name)
    ] == []


def test_nothing_that_an_author_writes_is_part_of_a_script():
    scripts = [step["run"] for job in jobs().values() for step in job["steps"] if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


def test_runs_for_one_environment_wait_for_each_other():
    groups = {name: (job["concurrency"]["group"], job["concurrency"]["cancel-in-progress"]) for name, job in jobs().items()}
    assert groups["open"] == groups["close"] == ("environment-${{ github.event.number }}", False)
    gitlab = loaded("gitlab")
    assert gitlab["open"]["resource_group"] == gitlab["close"]["resource_group"] == "$IDP_STACK"


def test_gitlab_gives_tokens_only_to_jobs_that_take_a_role_and_runs_nothing_for_forks():
    gitlab = loaded("gitlab")
    assert all("$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID" in rule["if"] for rule in gitlab["workflow"]["rules"][:1])
    roles = {name for name, job in gitlab.items() if "AWS_ROLE_ARN" in (job.get("variables") or {} if isinstance(job, dict) else {})}
    tokens = {name for name, job in gitlab.items() if isinstance(job, dict) and ".aws" in (job.get("extends") or [])}
    assert roles == tokens == {"preview", "open", "close", "reap"}
    assert gitlab["open"]["environment"]["on_stop"] == "close"


def test_bitbucket_gives_tokens_only_to_steps_that_take_a_role():
    pipelines = loaded("bitbucket")["pipelines"]
    steps = [each["step"] for steps in (*pipelines["pull-requests"].values(), *pipelines["custom"].values()) for each in steps]
    with_role = {step["name"] for step in steps if any("AWS_ROLE_ARN" in line for line in step["script"])}
    assert with_role == {step["name"] for step in steps if step.get("oidc")}
    assert "Tell the pull request" not in with_role
    assert set(loaded("bitbucket")["triggers"]) == {"pullrequest-fulfilled", "pullrequest-rejected"}


def test_circleci_stops_before_a_role_where_the_pull_request_is_a_forks():
    for name in ("preview", "open"):
        steps = loaded("circleci")["jobs"][name]["steps"]
        assert steps[0] == "only-pull-requests"
        assert any("take-role" in step for step in steps[1:] if isinstance(step, dict))
    (guard,) = loaded("circleci")["commands"]["only-pull-requests"]["steps"]
    script = guard["run"]["command"].replace("circleci-agent step halt", "echo halted")
    for fork, url, expected in (("7", "https://x/pull/7", "halted"), ("", "", "halted"), ("", "https://x/pull/7", "")):
        env = {"CIRCLE_PR_NUMBER": fork, "CIRCLE_PULL_REQUEST": url, "BASH_ENV": "/dev/null", "PATH": "/usr/bin:/bin"}
        assert subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=True).stdout.strip() == expected


def jenkins(groovy, path, variables, parameters=None, timer=False):
    said = [json.dumps({"WORKSPACE_TMP": "/tmp/w", **variables}), json.dumps({"ACTION": "open", "PULL_REQUEST": "", **(parameters or {})})]
    script = Path(__file__).with_name("jenkins.groovy")
    done = subprocess.run([*groovy, script, path, *said, str(timer).lower()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["stage"]: line for line in lines if line.get("runs")}, lines


def test_a_jenkinsfile_runs_in_the_real_groovy_and_gives_forks_no_credentials(groovy, emitted):
    path = emitted("jenkins", host_of_code="bitbucket")
    own, lines = jenkins(groovy, path, {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7"})
    assert list(own) == ["Judge by the rules", "Say what would change", "Open or update the environment", "Tell the pull request"]
    assert next(line for line in lines if "environment" in line and "stage" not in line)["environment"]["IDP_STACK"] == "checkout-pr-7"
    assert {tuple(step["credentials"]) for step in own["Tell the pull request"]["steps"]} == {("string:idp-comments:BITBUCKET_TOKEN",)}
    assert {tuple(step["credentials"]) for step in own["Open or update the environment"]["steps"]} == {
        ("file:idp-deploy:AWS_WEB_IDENTITY_TOKEN_FILE",)
    }
    forks, _ = jenkins(groovy, path, {"BRANCH_NAME": "PR-8", "CHANGE_ID": "8", "CHANGE_FORK": "mallory"})
    assert [step["credentials"] for stage in forks.values() for step in stage["steps"]] == [[]]


def test_jenkins_reaps_by_the_timer_of_the_main_branch_and_closes_when_asked(groovy, emitted):
    path = emitted("jenkins")
    reaping, lines = jenkins(groovy, path, {"BRANCH_NAME": "main"}, timer=True)
    assert list(reaping) == ["Remove what is over"]
    assert {"cron": "17 * * * *"} in lines
    closing, _ = jenkins(groovy, path, {"BRANCH_NAME": "main"}, {"ACTION": "close", "PULL_REQUEST": "42"})
    assert list(closing) == ["Remove the environment"]
    assert jenkins(groovy, path, {"BRANCH_NAME": "main"}, {"ACTION": "close", "PULL_REQUEST": "42; rm"})[0] == {}
    assert jenkins(groovy, path, {"BRANCH_NAME": "feature"}, timer=True)[0] == {}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"image": "registry.example.com/idp:v1"}, "image: 'registry.example.com/idp:v1' is refused"),
        ({"team": "check out"}, "team: 'check out' is refused: use lower-case letters"),
        ({"deploy_role": "checkout-deploy"}, "deploy_role: 'checkout-deploy' is refused"),
        ({"backend": "s3://bucket$(id)"}, r"backend: 's3://bucket\$\(id\)' is refused"),
        ({"cluster": "a b"}, "cluster: 'a b' is refused"),
        ({"reap_cron": "61 * * * *"}, "reap_cron: '61 \\* \\* \\* \\*' is refused: '61' is no minute"),
        ({"main_branch": "main' ? sh('id') : '"}, "main_branch: .* is refused"),
    ],
)
def test_a_value_that_is_not_what_it_says_never_reaches_a_script(fields, message):
    with pytest.raises(SpecError, match=message):
        values(**fields)


def idp(*arguments):
    said = values().model_dump(exclude_defaults=True)
    options = [part for key, value in said.items() for part in (f"--{key.replace('_', '-')}", value)]
    return CliRunner().invoke(emit, ["ci", *options, *arguments])


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_command_prints_it_or_writes_it_where_the_provider_looks(provider, tmp_path):
    assert idp("--for", provider).stdout == pipeline(provider, values())
    assert idp("--for", provider, "--output", str(tmp_path)).exit_code == 0
    assert (tmp_path / PROVIDERS[provider].path).read_text() == pipeline(provider, values())


def test_a_file_that_is_there_is_only_replaced_by_force(tmp_path):
    path = tmp_path / "Jenkinsfile"
    path.write_text("mine")
    refused = idp("--for", "jenkins", "--output", str(tmp_path))
    assert (refused.exit_code, path.read_text()) == (2, "mine")
    assert "is there already and differs" in refused.stderr
    assert idp("--for", "jenkins", "--output", str(tmp_path), "--force").exit_code == 0
    assert idp("--for", "jenkins", "--output", str(tmp_path)).exit_code == 0  # the same again is no change


def test_the_command_says_which_value_is_wrong():
    result = idp("--for", "github", "--team", "Checkout")
    assert result.exit_code == 2
    assert "idp emit ci.team: 'Checkout' is refused" in result.stderr
