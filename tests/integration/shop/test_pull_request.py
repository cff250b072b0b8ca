"""The preview of a pull request of the shop: a stack of a few lines with all its services, databases and roles."""


def test_it_comes_up_under_the_pack_and_leaves_nothing(shop, kubectl):
    stack = "checkout-pr-42"
    shop.pulumi(stack, "stack init")
    shop.up(stack)
    room = kubectl("get", "namespace", stack)
    assert room["metadata"]["annotations"]["idp/owner"] == "alice@example.com"
    checkout = kubectl("get", "deployment", "checkoutservice", "-n", stack)["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "PRODUCT_CATALOG_SERVICE_ADDR", "value": "productcatalogservice.catalog-dev.svc.cluster.local:3550"} in checkout
    shop.up(stack, "--expect-no-changes")
    shop.pulumi(stack, "destroy", "--yes", "--skip-preview")
    assert "NotFound" in kubectl("get", "namespace", stack, check=False)
