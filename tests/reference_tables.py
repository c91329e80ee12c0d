# SPDX-License-Identifier: Apache-2.0
"""The tables of statuses, options and rules, from where each is written once."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from oslo_config import cfg

import documentation
from glance_cache_nodes import conf
from glance_cache_nodes.api import responses
from glance_cache_nodes.policies import rules

STATUSES = documentation.DOCS / "api/http-status.yaml"


def parts() -> dict[str, str]:
    """Return the tables in Markdown, by the name of the part."""
    return {"the statuses": _statuses(), "the options": _options(), "the rules": _rules()}


def statuses() -> dict[int, str]:
    """Return when a call answers with which status, by number, in reStructuredText.

    Without 500: it is no part of the contract, but a fault of the add-on.
    """
    known = responses.STATUSES
    return {each.code: each.when for each in known if each is not responses.INTERNAL_ERROR}


def status_file() -> str:
    """Return the text of ``docs/api/http-status.yaml``, which the API reference reads."""
    lines = ["# Made from responses.STATUSES by tests/made_parts.py."]
    for status, when in statuses().items():
        lines += [
            f"{status}:",
            "  default: |",
            *(f"    {line}" for line in textwrap.wrap(when, 90)),
        ]
    return "\n".join([*lines, ""])


def described(openapi: str) -> str:
    """Return an OpenAPI description whose responses say when each status comes."""
    for name, status in _responses(openapi).items():
        place = re.compile(rf"(^    {name}:\n      description:)(?: >-(?:\n {{8}}.*)+| .*)", re.M)
        lines = textwrap.wrap(statuses()[status].replace("``", ""), 90)
        openapi = place.sub(
            lambda found, new=lines: "\n        ".join([f"{found[1]} >-", *new]), openapi
        )
    return openapi


def _responses(openapi: str) -> dict[str, int]:
    reference = r'"(\d{3})":\n +\$ref: "#/components/responses/(\w+)"'
    return {name: int(status) for status, name in re.findall(reference, openapi)}


def _statuses() -> str:
    rows = ((str(status), text) for status, text in statuses().items())
    return _table(("status", "when"), rows)


def _options() -> str:
    known = [*conf.OPTIONS, *conf.TLS_OPTIONS]
    rows = ((f"`{opt.name}`", f"`{_default(opt)}`", _first_line(opt.help)) for opt in known)
    return _table((f"`[{conf.GROUP}]`", "default", "meaning"), rows)


def _rules() -> str:
    rows = (
        (f"`{rule.name}`", f"`{rule.check_str}`", f"`{each['method']} {each['path']}`")
        for rule in rules.RULES
        for each in rule.operations
    )
    return _table(("rule", "default", "call"), rows)


def _default(option: cfg.Opt) -> str:
    value = option.default
    return ",".join(value) if isinstance(value, list) else str(value)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    """Return a text of reStructuredText as a cell of Markdown."""
    return " ".join(text.replace("``", "`").replace("|", "\\|").split())
