"""What an update that was killed left behind under names that nobody knows."""

from idp_components.deploy.abandoned import begun


def operation(name, *, drawn=True, kind="creating"):
    annotations = {"pulumi.com/autonamed": "true"} if drawn else {}
    metadata = {"name": name, "namespace": "shop-dev", "annotations": annotations}
    return {"type": kind, "resource": {"inputs": {"kind": "Secret", "metadata": metadata}}}


def test_only_what_was_begun_under_a_drawn_name_and_never_recorded_is_left_behind():
    operations = [
        operation("api-secrets-1a2b3c4d"),
        operation("recorded-1a2b3c4d"),
        operation("fixed", drawn=False),
        operation("changed-1a2b3c4d", kind="updating"),
        {"type": "creating", "resource": {"inputs": {"name": "orders"}}},
    ]
    resources = [{"id": "shop-dev/recorded-1a2b3c4d"}, {}]
    state = {"deployment": {"resources": resources, "pending_operations": operations}}
    assert list(begun(state)) == [("secret", "api-secrets-1a2b3c4d", "shop-dev")]
    assert list(begun({})) == []
