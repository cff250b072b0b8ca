"""CloudWatch alarms that golden paths bring along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp_components.core.aws import Aws, physical_name, tags
from idp_components.core.context import Context

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
MAX_ALARM_NAME = 255
PERIOD_SECONDS = 60
PERIODS = 5
"""Periods in a row: one bad minute wakes nobody."""


def alarm(
    name: str,
    context: Context,
    *,
    metric: tuple[str, str],
    dimensions: Mapping[str, Any],
    above: float | None = None,
    below: float | None = None,
    meaning: str,
    statistic: str = "Maximum",
    periods: int = PERIODS,
) -> Aws:
    """An alarm on a metric (namespace, name) that stays above or below a number for so many minutes. It goes to `idp:alarmTopic`."""
    actions = [context.cluster.alarm_topic] if context.cluster.alarm_topic else []
    return Aws(
        ALARM,
        name,
        {
            "name": physical_name(context, name, MAX_ALARM_NAME),
            "alarmDescription": f"{context.team} in {context.environment}: {meaning}",
            "namespace": metric[0],
            "metricName": metric[1],
            "dimensions": dict(dimensions),
            "statistic": statistic,
            "period": PERIOD_SECONDS,
            "evaluationPeriods": periods,
            "comparisonOperator": "GreaterThanThreshold" if below is None else "LessThanThreshold",
            "threshold": above if below is None else below,
            "treatMissingData": "notBreaching",
            "alarmActions": actions,
            "okActions": actions,
            "tags": tags(name, context),
        },
    )
