"""Turning a function over the resources of AWS in a stack into a rule."""

from functools import partial

from idp_components.rules.aws.aws_rule import FSBP
from idp_components.rules.stack_rule import stack_rule

aws_stack_rule = partial(stack_rule, framework=FSBP)
"""A rule of AWS' own practices, unless it says otherwise."""
