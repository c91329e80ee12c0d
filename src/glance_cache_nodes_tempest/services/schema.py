# SPDX-License-Identifier: Apache-2.0
"""JSON schemas of the responses."""

from __future__ import annotations

from typing import Any

URLS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "uniqueItems": True,
}

OBJECT: dict[str, Any] = {
    "type": "object",
    "properties": {"cached_nodes": URLS},
    "required": ["cached_nodes"],
    "additionalProperties": False,
}

EITHER_SHAPE = {"status_code": [200], "response_body": {"anyOf": [OBJECT, URLS]}}
"""The object of the add-on, or the bare list of Glance 33 and of two released clients."""
