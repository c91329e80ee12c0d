# SPDX-License-Identifier: Apache-2.0
"""Whether a command printed what the page shows, apart from what differs from time to time.

``...`` stands for anything in a line, and for any lines where it is alone in one. An ID stands for
any ID, the same one all through a page. A time stands for any time. The columns of a table may be
of another width: the lab's URLs are longer than those in the pages.
"""

from __future__ import annotations

import re

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?"
_VARIES = re.compile(
    rf"^(?P<lines>\.\.\.\n)|(?P<any>\.\.\.(?!\.))|(?P<id>{UUID})|(?P<time>{TIME})", re.M
)


def fits(expected: str, actual: str, known: dict[str, str]) -> bool:
    """Return whether the real output is as the page shows it, but for empty lines at the end.

    Args:
        expected: what stands in the page.
        actual: what was printed.
        known: the real ID by the ID in the page; new ones are added to it.
    """
    learnt: dict[str, str] = {}
    pattern = _pattern(_narrow(expected).rstrip("\n") + "\n", known, learnt)
    match = re.fullmatch(pattern, _narrow(actual).rstrip("\n") + "\n")
    if match:
        known.update({shown: match[group] for shown, group in learnt.items()})
    return match is not None


def _narrow(text: str) -> str:
    """Return the text with the borders and cells of its tables as narrow as can be."""
    text = re.sub(r"^[+|].*", lambda line: re.sub(r" +(?=\||$)", " ", line[0]), text, flags=re.M)
    return re.sub(r"-{3,}(?=\+)", "--", text)


def _pattern(expected: str, known: dict[str, str], learnt: dict[str, str]) -> str:
    parts, end = [], 0
    for found in _VARIES.finditer(expected):
        parts += [re.escape(expected[end : found.start()]), _one(found, known, learnt)]
        end = found.end()
    return "".join([*parts, re.escape(expected[end:])])


def _one(found: re.Match[str], known: dict[str, str], learnt: dict[str, str]) -> str:
    if found["lines"]:
        return r"(?:.*\n)*?"
    if found["any"]:
        return ".*?"
    if found["time"]:
        return TIME
    shown = found["id"]
    if shown in known:
        return re.escape(known[shown])
    if shown in learnt:
        return f"(?P={learnt[shown]})"
    learnt[shown] = f"id{len(learnt)}"
    return f"(?P<{learnt[shown]}>{UUID})"
