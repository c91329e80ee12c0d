# SPDX-License-Identifier: Apache-2.0
"""The checks on the documentation find what is missing: each is shown something that is."""

from __future__ import annotations

import argparse

import pytest

import command_reference
import documentation
import made_parts


@pytest.mark.parametrize(
    "text", ["", "database_timeout_2", "no-database_timeout", "Database_timeout"]
)
def test_a_name_that_is_not_there_is_told(text: str) -> None:
    assert documentation.unnamed(["database_timeout"], ["a", text]) == ["database_timeout"]


@pytest.mark.parametrize("text", ["`database_timeout`", "x\ndatabase_timeout = 5"])
def test_a_name_that_is_there_is_found(text: str) -> None:
    assert documentation.unnamed(["database_timeout"], ["a", text]) == []


def test_a_call_without_its_section_is_missed(monkeypatch, tmp_path) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api/a.inc").write_text(
        ".. rest_method:: GET /v2/a\n\n.. rest_status_code:: error http-status.yaml\n\n   - 400\n"
        "   - 404\n\n.. rest_method:: PUT /v2/b\n"
    )
    monkeypatch.setattr(documentation, "DOCS", tmp_path)
    assert documentation.reference() == {("/v2/a", "GET"): {400, 404}, ("/v2/b", "PUT"): set()}


def test_a_target_is_read() -> None:
    assert documentation.make_targets("V := 1\nv:=2\n.PHONY: c\nhelp:\na: b\n\tc:\nlab-up:\n") == {
        "a",
        "lab-up",
    }


def test_an_exit_status_is_read() -> None:
    source = "def f(x):\n    if x:\n        sys.exit(7)\n    return 0 if g(x) else 3\n"
    assert documentation.exit_statuses(source) == {7, 0, 3}


def test_an_argument_that_the_page_lacks_is_told(monkeypatch) -> None:
    parser = argparse.ArgumentParser(description="do it")
    parser.add_argument("file", nargs="*", metavar="FILE", help="what | which")
    parser.add_argument("--made-up", default=3, type=int, help="see --other (%(default)s)")
    monkeypatch.setattr(command_reference, "commands", lambda: {"a b": parser})
    page = "x\n<!-- made from a b -->\nold\n<!-- end -->\ny\n"
    renewed = made_parts.renewed(page)
    assert made_parts.present(renewed) == ["a b"]
    assert "a b [FILE ...] [--made-up MADE_UP]\n" in renewed
    assert "| `FILE` | what \\| which |\n| `--made-up MADE_UP` | see `--other` (3) |\n" in renewed


def test_a_part_that_nothing_makes_is_told() -> None:
    page = "<!-- made from a made-up command -->\nold\n<!-- end -->\n"
    assert made_parts.renewed(page) != page
    assert made_parts.present(page) == ["a made-up command"]
