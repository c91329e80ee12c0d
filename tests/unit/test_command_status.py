# SPDX-License-Identifier: Apache-2.0
"""How ``glance-cache-nodes`` ends: one rule for all of its commands."""

from __future__ import annotations

import argparse
from collections.abc import Callable

import pytest

from glance_cache_nodes import cmd
from glance_cache_nodes.exception import UserError


class Failing:
    """A subcommand that ends in an error."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def add_to(self, subparsers) -> None:
        subparsers.add_parser("fail").set_defaults(run=self.run)

    def run(self, _: argparse.Namespace) -> int:
        raise self.error


@pytest.fixture
def end(monkeypatch, capsys) -> Callable[..., tuple[int, str]]:
    """Return a function that ends a command in an error: the exit status and what is told."""

    def ended(error: BaseException, *options: str) -> tuple[int, str]:
        monkeypatch.setattr(cmd, "SUBCOMMANDS", (Failing(error),))
        status = cmd.main([*options, "fail"])
        return status, capsys.readouterr().err

    return ended


def test_what_is_refused_is_one_line_and_2(end) -> None:
    expected = (2, "glance-cache-nodes: it is so\n")
    assert end(UserError("it is so")) == end(UserError("it is so"), "--debug") == expected


def test_what_nobody_foresaw_is_one_line_and_2(end) -> None:
    status, told = end(RuntimeError("no such\nthing"))
    assert status == 2
    assert told == (
        "glance-cache-nodes: unforeseen: RuntimeError: no such thing; "
        "--debug before the command shows where\n"
    )


def test_debug_shows_the_traceback_of_what_nobody_foresaw(end) -> None:
    status, told = end(RuntimeError("no such thing"), "--debug")
    assert status == 2
    assert told.startswith("Traceback (most recent call last):\n")
    assert told.splitlines()[-1].startswith("glance-cache-nodes: unforeseen: RuntimeError")


def test_an_interrupt_is_130(end) -> None:
    assert end(KeyboardInterrupt()) == (130, "glance-cache-nodes: interrupted\n")
