"""Two roles for the pipeline of a team: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, GitHub, PipelineIssuer, PipelineRole, PipelineRoleSpec

context = Context.from_stack()
PipelineIssuer("github", context=context)
deploys = GitHub(repository="shop/web", branches=["main"])
PipelineRole("web-deploy", PipelineRoleSpec(source=deploys, access="deploy"), context=context)
previews = GitHub(repository="shop/web", pull_requests=True)
PipelineRole("web-preview", PipelineRoleSpec(source=previews, access="preview"), context=context)
