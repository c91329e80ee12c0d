# SPDX-License-Identifier: Apache-2.0
"""The documentation leaves nothing out: routes, statuses, commands, options, extras, targets."""

from __future__ import annotations

import importlib.metadata
import re

import pytest

import command_reference
import documentation
import made_parts
import openapi_description
import reference_tables
from glance_cache_nodes import client, conf
from glance_cache_nodes.api.filter import ROUTES
from glance_cache_nodes.policies import rules

CALLS = {
    (path.replace(":uuid", ""), method) for path, handlers in ROUTES.items() for method in handlers
}
CLI = documentation.DOCS / "cli.md"
MAKEFILE = (documentation.ROOT / "Makefile").read_text()
COMMANDS = documentation.ROOT / "src/glance_cache_nodes/cmd"
PAGES = {name: text for name, text in documentation.pages().items() if made_parts.present(text)}
RENEW = "`python tests/made_parts.py` writes it anew"


def test_the_api_reference_has_every_route_and_no_other() -> None:
    assert set(documentation.reference()) == CALLS


@pytest.mark.parametrize(("path", "method"), sorted(CALLS))
def test_the_api_reference_and_openapi_have_the_same_statuses(path: str, method: str) -> None:
    expected = openapi_description.statuses(path, method)
    assert documentation.reference()[path, method] == expected


def test_every_status_of_the_contract_is_described_and_no_other() -> None:
    described = set().union(*documentation.reference().values())
    assert described == documentation.contract_statuses()


def test_every_rule_stands_in_the_api_reference() -> None:
    reference = [text for name, text in documentation.pages().items() if name.endswith(".inc")]
    assert documentation.unnamed([rule.name for rule in rules.RULES], reference) == []


def test_every_option_stands_in_a_page_beside_the_made_one() -> None:
    names = [option.name for option in conf.OPTIONS]
    assert documentation.unnamed(names, documentation.pages().values()) == []


def test_every_part_that_is_made_stands_in_a_page_and_no_other() -> None:
    present = {name for text in PAGES.values() for name in made_parts.present(text)}
    assert present == set(made_parts.parts())


@pytest.mark.parametrize("page", PAGES)
def test_a_part_that_is_made_is_as_the_code_says(page: str) -> None:
    assert made_parts.renewed(PAGES[page]) == PAGES[page], RENEW


def test_openapi_says_of_a_status_what_the_table_says() -> None:
    text = openapi_description.FILE.read_text()
    assert reference_tables.described(text) == text, RENEW


def test_the_file_of_statuses_is_made_from_the_code() -> None:
    assert reference_tables.STATUSES.read_text() == reference_tables.status_file()


def test_every_exit_status_is_told() -> None:
    sources = [path.read_text() for path in COMMANDS.glob("*.py")]
    returned = set().union(*map(documentation.exit_statuses, sources))
    # 2 is argparse's for a command line that is not understood.
    table = CLI.read_text().partition("## Exit statuses")[2]
    assert {int(row) for row in re.findall(r"^\| (\d+) ", table, re.M)} == returned | {2}


def test_every_extra_is_told() -> None:
    extras = importlib.metadata.metadata("glance-cache-nodes").get_all("Provides-Extra")
    names = [f"glance-cache-nodes[{extra}]" for extra in extras]
    assert documentation.unnamed(names, documentation.pages().values()) == []


def test_every_target_of_make_stands_in_its_help() -> None:
    names = [f"make {target}" for target in documentation.make_targets(MAKEFILE)]
    assert "make test" in names
    assert documentation.unnamed(names, [command_reference.parts()["make help"]]) == []


def test_everything_public_of_the_client_has_its_page() -> None:
    names = [f"glance_cache_nodes.client.{name}" for name in client.__all__]
    assert documentation.unnamed(names, [(documentation.DOCS / "client.rst").read_text()]) == []
