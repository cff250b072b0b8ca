"""What a repository says, kept by Argo CD: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import ArgoApplication, ArgoApplicationSpec, Context, GitSource, Team

context = Context.from_stack()
context = context.waiting_for(Team(context.team, context=context))
ArgoApplication(
    "guestbook",
    ArgoApplicationSpec(
        source=GitSource(repository="https://github.com/argoproj/argocd-example-apps.git", path="guestbook", revision="master")
    ),
    context=context,
)
