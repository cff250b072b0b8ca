"""A preview for each pull request that asks: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, PreviewApplicationSet, PreviewApplicationSetSpec, PullRequests, Team, Token

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
asked = PullRequests(provider="github", project="shop/checkout", labels=("preview",), token=Token(secret="github-previews"))
PreviewApplicationSet(
    "checkout",
    PreviewApplicationSetSpec(pull_requests=asked, repository="https://github.com/shop/checkout.git", path="deploy/preview"),
    context=context,
)
