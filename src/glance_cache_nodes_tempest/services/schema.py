# SPDX-License-Identifier: Apache-2.0
"""JSON schemas of the responses; the contract lets keys be added, except to the first call."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string", "minLength": 1}
TEXT_OR_NULL = {"type": ["string", "null"]}
NUMBER = {"type": "integer", "minimum": 0}
NUMBER_OR_NULL = {"type": ["integer", "null"], "minimum": 0}
BOOLEAN = {"type": "boolean"}
TIME_OR_NULL = {
    "type": ["string", "null"],
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$",
}
URLS = {"type": "array", "items": TEXT, "uniqueItems": True}

INCOMPLETE = ("unsupported", "refused", "unreachable", "unverified")
"""Outcomes of asking a node that leave open what it holds."""

OUTCOMES = ("confirmed", "damaged", "queued", "caching", "failed", "absent", *INCOMPLETE)
STATES = ("cached", "queued", "caching", "failed", "damaged", "absent")
RESULTS = (
    "queued",
    "already_cached",
    "evicted",
    "absent",
    "unreachable",
    "refused",
    "failed",
)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": _object(**properties)}


def _response(body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    return {"status_code": [status], "response_body": body}


OBJECT = {**_object(cached_nodes=URLS), "additionalProperties": False}

EITHER_SHAPE = _response({"anyOf": [OBJECT, URLS]})
"""The object of the add-on, or the bare list of Glance 33 and of two released clients."""

VERIFIED = _response(_object(cached_nodes=URLS, checked_at=TIME_OR_NULL, complete=BOOLEAN))

DETAIL = _response(
    _object(
        image_id=TEXT,
        checked_at=TIME_OR_NULL,
        complete=BOOLEAN,
        nodes=_list(
            node=TEXT,
            site=TEXT_OR_NULL,
            on_record=BOOLEAN,
            state={"enum": list(OUTCOMES)},
            size=NUMBER_OR_NULL,
            hits=NUMBER_OR_NULL,
            last_accessed=TIME_OR_NULL,
            last_modified=TIME_OR_NULL,
            reason=TEXT_OR_NULL,
        ),
    )
)

NODES = _response(
    _object(
        nodes=_list(
            url=TEXT,
            site=TEXT_OR_NULL,
            images=NUMBER_OR_NULL,
            bytes=NUMBER_OR_NULL,
            last_accessed=TIME_OR_NULL,
            status={"enum": ["up", "down", None]},
            latency_ms={"type": ["number", "null"], "minimum": 0},
        )
    )
)

IMAGES = _response(
    {
        **_object(
            images=_list(
                image_id=TEXT,
                name=TEXT_OR_NULL,
                status=TEXT_OR_NULL,
                size=NUMBER_OR_NULL,
                cached_nodes=URLS,
            ),
            first=TEXT,
        ),
    }
)

LOCAL_IMAGE = _response(
    _object(
        node=TEXT,
        image_id=TEXT,
        state={"enum": list(STATES)},
        size=NUMBER_OR_NULL,
        expected_size=NUMBER_OR_NULL,
        last_modified=TIME_OR_NULL,
        reason=TEXT_OR_NULL,
    )
)

DONE = _response(
    _object(
        image_id=TEXT,
        results=_list(node=TEXT, result={"enum": list(RESULTS)}, reason=TEXT_OR_NULL),
    ),
    202,
)
