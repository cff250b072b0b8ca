"""What became of the Jobs that fill databases, as the API server shows them and their pods."""

from idp_components.environments.seeds import seeds


def job(name, *conditions):
    return {"kind": "Job", "metadata": {"name": name}, "status": {"conditions": list(conditions)}}


def condition(kind, status="True", **more):
    return {"type": kind, "status": status, **more}


def pod(job, code, message=""):
    ended = {"terminated": {"exitCode": code, "message": message}}
    labels = {"batch.kubernetes.io/job-name": job}
    return {"kind": "Pod", "metadata": {"name": f"{job}-x", "labels": labels}, "status": {"containerStatuses": [{"state": ended}]}}


def test_each_is_done_failed_or_running():
    late = condition("Failed", reason="DeadlineExceeded", message="Job was active longer than specified deadline")
    found = seeds(
        [
            job("orders-seed-1", condition("Complete")),
            job("users-seed-2", late),
            job("mails-seed-3", condition("Failed", "False")),
            {"kind": "Job", "metadata": {"name": "new"}},
        ]
    )
    assert [(each["job"], each["state"]) for each in found] == [
        ("mails-seed-3", "running"),
        ("new", "running"),
        ("orders-seed-1", "done"),
        ("users-seed-2", "failed"),
    ]
    assert [each["message"] for each in found] == ["", "", "", "DeadlineExceeded: Job was active longer than specified deadline"]


def test_of_what_failed_its_last_words_count_more_than_what_the_controller_says():
    failed = condition("Failed", reason="BackoffLimitExceeded", message="Job has reached the specified backoff limit")
    one, two = seeds([job("a", failed), job("b", failed), pod("a", 1, "no table orders\n"), pod("b", 0, "all is well")])
    assert one["message"] == "no table orders"
    assert two["message"] == "BackoffLimitExceeded: Job has reached the specified backoff limit"
