"""JSON that every reader of YAML takes as well, helm among them."""

from __future__ import annotations

import json
import re
from typing import Any

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""What YAML takes only as an escape (YAML 1.2.2, 5.1), and what ended lines in YAML 1.1."""


def json_as_yaml(value: Any) -> str:
    """Plain data as JSON. A sign beyond U+FFFF stands for itself: YAML knows no pair of escapes (`\\ud83d\\ude80`) for one."""
    return _UNPRINTABLE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(value, ensure_ascii=False))
