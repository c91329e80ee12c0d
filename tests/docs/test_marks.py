# SPDX-License-Identifier: Apache-2.0
"""No example goes unchecked unless its page says so, and why; and no link of a page is dead."""

from __future__ import annotations

import collections
import re
from pathlib import Path

import pages
import pytest
import settings
from markdown_it import MarkdownIt

ALL = [example for page in pages.pages() for example in pages.examples(page)]
MOST_NOT_RUN = {
    "CONTRIBUTING.md": 2,
    "README.md": 2,
    "docs/developers/guide.md": 1,
    "docs/guide/deployment-tools.md": 2,
    "docs/guide/fill.md": 2,
    "docs/guide/install.md": 2,
    "docs/guide/nova.md": 1,
    "docs/guide/packages.md": 2,
}


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.where.replace(":", " line "))
def test_an_example_is_run_or_held_against_something_or_says_why_not(example) -> None:
    if example.mark == "not run":
        assert len(example.said.split()) > 3, f"{example.where}: say why it is not run"
    elif example.mark:
        assert settings.check(example.said), f"{example.where}: nothing reads this"
    else:
        assert example.language in pages.RUN | pages.SHOWN, f"{example.where}: nothing checks it"


def test_no_more_examples_go_unrun_than_these() -> None:
    unrun = collections.Counter(
        example.where.partition(":")[0] for example in ALL if example.mark == "not run"
    )
    assert unrun - collections.Counter(MOST_NOT_RUN) == collections.Counter()
    assert sum(example.is_run for example in ALL) > 2 * sum(unrun.values())


CONFIGURATION = [example for example in ALL if example.mark in ("file", "part of")]


@pytest.mark.parametrize(
    "example", CONFIGURATION, ids=lambda example: example.where.replace(":", " line ")
)
def test_a_configuration_is_one_that_its_reader_takes(example, tmp_path) -> None:
    name = Path(example.said).name
    (tmp_path / name).write_text(example.text)
    settings.check(example.said)(tmp_path / name)


@pytest.mark.parametrize("page", pages.pages(), ids=pages.name)
def test_the_links_of_a_page_lead_somewhere(page) -> None:
    missing = [link for link in links(page) if not leads_somewhere(page, link)]
    assert missing == []


def links(page: Path) -> list[str]:
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text())
    inline = [child for token in tokens for child in token.children or []]
    return [child.attrs["href"] for child in inline if child.type == "link_open"]


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if "//" in link or not anchor:
        return "//" in link or target.exists()
    headings = re.findall(r"^#+ +(.*)$", target.read_text(), re.MULTILINE)
    return anchor in {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}
