# SPDX-License-Identifier: Apache-2.0
"""Error bodies (JSON, HTML or text of webob) as one sentence."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

# In webob's HTML these repeat the status; in a proxy's page they are not for reading.
_NOT_TEXT = re.compile(r"<(head|h1|script|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_LONGEST = 300  # characters; what is longer is a proxy's page and no explanation


def explanation(response: requests.Response) -> str:
    """Return what the server says about an error, as one sentence without markup."""
    text = one_line(_message(response))
    # webob's plain text repeats the status, too.
    text = text.removeprefix(f"{response.status_code} {response.reason}").strip()
    text = text or one_line(response.reason or "") or "no explanation"
    return text if text[-1] in ".!?" else f"{text}."


def one_line(text: str) -> str:
    """Return a server's text without markup, line ends and control characters, cut to length."""
    plain = html.unescape(_TAG.sub(" ", _NOT_TEXT.sub(" ", text)))
    printable = "".join(c if c.isprintable() else " " for c in plain)
    return " ".join(printable.split())[:_LONGEST]


def _message(response: requests.Response) -> str:
    try:
        body = response.json()
    except ValueError:
        return response.text
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else ""
