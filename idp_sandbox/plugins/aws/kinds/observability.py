"""CloudWatch: alarms and log groups."""

from __future__ import annotations

from idp_sandbox.plugins.aws.kind import Call, Kind, Tagging

KINDS = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        "cloudwatch",
        Call("PutMetricAlarm"),
        (Call("DescribeAlarms", answer="MetricAlarms[0]"),),
        Call("DeleteAlarms"),
        update=(Call("PutMetricAlarm"),),
        members={"name": "AlarmName", "alarmActions": "AlarmActions"},
        keys={"AlarmNames": "name", "ResourceARN": "arn"},
        outputs={"arn": "AlarmArn"},
        defaults={"actionsEnabled": True, "treatMissingData": "missing"},
        maps=frozenset({"dimensions"}),
        named="name",
        tags=Tagging(Call("TagResource"), Call("UntagResource"), Call("ListTagsForResource", answer="Tags")),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        "logs",
        Call("CreateLogGroup"),
        (Call("DescribeLogGroups", answer="logGroups", where={"logGroupName": "name"}),),
        Call("DeleteLogGroup"),
        update=(Call("PutRetentionPolicy"),),
        members={"name": "logGroupName"},
        keys={"logGroupNamePrefix": "name", "resourceArn": "arn"},
        outputs={"arn": "logGroupArn"},
        named="name",
        tags=Tagging(Call("TagResource"), Call("UntagResource"), Call("ListTagsForResource", answer="tags")),
    ),
}
