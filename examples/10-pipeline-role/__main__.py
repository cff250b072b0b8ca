"""Two roles for the pipeline of a team: `pulumi up` in this folder, on a stack named `<team>-<environment>`, such as `web-dev`."""

from idp_components import Context, GitLab, PipelineIssuer, PipelineIssuerSpec, PipelineRole, PipelineRoleSpec

context = Context.from_stack()
PipelineIssuer("gitlab", PipelineIssuerSpec(issuer={"provider": "gitlab"}), context=context)
deploys = GitLab(project="shop/web", branches=["main"])
PipelineRole("web-deploy", PipelineRoleSpec(source=deploys, access="deploy"), context=context)
previews = GitLab(project="shop/web", pull_requests=True)
PipelineRole("web-preview", PipelineRoleSpec(source=previews, access="preview"), context=context)
