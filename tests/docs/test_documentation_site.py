# SPDX-License-Identifier: Apache-2.0
"""The documentation as it is built: no warning, no dead link, nothing that points elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

import documentation
from glance_cache_nodes import conf
from glance_cache_nodes.policies import rules

FOREIGN = re.compile(r"(https?:)?//")
# What a page may name for further reading.
SITES = ("https://docs.openstack.org/", "https://www.apache.org/licenses/")


class Page(HTMLParser):
    """What of an HTML page matters here: its links, its anchors and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.parts: list[str] = []
        self.anchors: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        found = [given[name] for name in ("href", "src", "action") if given.get(name)]
        self.links += found
        self.parts += [] if tag == "a" else found
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Build the documentation of a tree without git, as a released one is."""
    built = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    done = subprocess.run(
        [*command, "-d", built / "doctrees", documentation.DOCS, built / "html"],
        env={"GIT_DIR": str(built / "no-git"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return built / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path.read_text()) for path in site.rglob("*.html")}


def test_every_link_leads_to_a_page_or_a_file_of_the_site(pages: dict[Path, Page]) -> None:
    assert dead(pages) == []


def test_a_page_is_whole_without_network(pages: dict[Path, Page]) -> None:
    assert {part for page in pages.values() for part in page.parts if FOREIGN.match(part)} == set()


def test_no_page_points_to_a_site_that_is_not_known(pages: dict[Path, Page]) -> None:
    """The project has no public address, so there is none to point to."""
    foreign = {link for page in pages.values() for link in page.links if FOREIGN.match(link)}
    assert {link for link in foreign if not link.startswith(SITES)} == set()


def test_the_options_are_shown_with_their_defaults(pages: dict[Path, Page], site: Path) -> None:
    text = pages[site / "configuration.html"].text
    for option in conf.OPTIONS:
        assert re.search(
            rf"\b{option.name}\b.*?Default.*?{re.escape(str(option.default))}", text, re.S
        )


def test_the_rules_are_shown_with_their_defaults(pages: dict[Path, Page], site: Path) -> None:
    text = pages[site / "configuration.html"].text
    for rule in rules.RULES:
        assert re.search(rf"\b{rule.name}\b.*?Default.*?{re.escape(rule.check_str)}", text, re.S)


def dead(pages: dict[Path, Page]) -> list[str]:
    """Return the links that lead nowhere, each with the page that it stands in."""
    return [
        f"{path.name}: {link}"
        for path, page in pages.items()
        for link in page.links
        if not FOREIGN.match(link) and not _leads_somewhere(pages, path, link)
    ]


def _leads_somewhere(pages: dict[Path, Page], path: Path, link: str) -> bool:
    address, anchor = urldefrag(link.partition("?")[0] if "?v=" in link else link)
    target = (path.parent / unquote(address)).resolve() if address else path
    if not anchor:
        return target.is_file()
    return target in pages and anchor in pages[target].anchors
