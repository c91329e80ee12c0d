# SPDX-License-Identifier: Apache-2.0
"""What Glance's log says when the filter is loaded, and options that cannot be used."""

from __future__ import annotations

import pytest
import webob

import glance_cache_nodes
import glance_site
import images
from glance_cache_nodes import conf, service
from glance_cache_nodes.fill import service as fill_service

CONF = glance_site.CONF
FACTORY = "glance_cache_nodes.api.filter:filter_factory"


def load() -> tuple[object, list[str]]:
    """Return a fresh Glance with the filter, and our lines of the log while it was loaded."""
    glance_site.application()
    before = len(glance_site.log_text())
    application = glance_site.application_with_filter(FACTORY)
    lines = glance_site.log_text()[before:].splitlines()
    # By the name of the logger: the context of an earlier request may have our name in it.
    return application, [line for line in lines if " glance_cache_nodes." in line]


def status(application, path: str) -> int:
    request = webob.Request.blank(path, headers={"X-Auth-Token": "admin"})
    return request.get_response(application).status_int


@pytest.fixture
def write_option():
    """Write options into Glance's file, and read it again as Glance does; undone in the end."""
    glance_site.application()
    path = glance_site.root() / "glance-api.conf"
    text = path.read_text()

    def write(lines: str) -> None:
        path.write_text(f"{text}[{conf.GROUP}]\n{lines}\n")
        CONF.reload_config_files()

    yield write
    path.write_text(text)
    for option in conf.OPTIONS:
        CONF.clear_override(option.name, group=conf.GROUP)
    CONF.reload_config_files()


def test_both_filters_share_one_pool_of_connections_and_all_else() -> None:
    load()
    shared = service.load()
    filling = fill_service.load()
    assert filling is not None
    assert filling.shared is shared


def test_one_line_has_the_version() -> None:
    _, lines = load()
    assert len(lines) == 1
    assert f"glance-cache-nodes {glance_cache_nodes.version()} loaded" in lines[0]
    assert " INFO " in lines[0]


BAD = {
    "database_timeout = abc": "could not convert string to float: 'abc'",
    "database_timeout = 0.1": "Should be greater than or equal to 1",
    "database_timeout = nan": "it must be a finite number",
    "database_timeout = inf": "it must be a finite number",
    "database_timeout = 5 # seconds": "could not convert string to float: '5 # seconds'",
    "database_timeout = ": "a value is missing",
    "database_pool_size = 0": "Should be greater than or equal to 1",
    "database_pool_size = many": "invalid literal for int() with base 10: 'many'",
}


@pytest.mark.parametrize(("line", "words"), BAD.items(), ids=range(len(BAD)))
def test_a_value_that_cannot_be_used_is_one_line_and_glance_serves(
    line: str, words: str, write_option
) -> None:
    write_option(line)
    application, lines = load()
    name, _, value = line.partition(" = ")
    default = next(option.default for option in conf.OPTIONS if option.name == name)
    told, loaded = lines
    assert "ERROR" in told
    assert (
        f"[cache_nodes] {name} = {value} cannot be used: {words}. "
        f"The default {default} is used instead" in told
    )
    assert "loaded" in loaded
    assert CONF.cache_nodes[name] == default
    assert status(application, "/v2/images") == 200


def test_the_call_is_answered_with_the_defaults(write_option) -> None:
    write_option("database_timeout = abc\ndatabase_pool_size = none")
    application, _ = load()
    assert status(application, f"/v2/cache/nodes/{images.of_every_kind()['private']}") == 200


def test_each_wrong_option_has_its_line_and_the_others_their_values(write_option) -> None:
    write_option("database_timeout = $nothing\ndatabase_pool_size = 3\nbare_list_user_agents = a,b")
    _, lines = load()
    assert [("database_timeout = ? cannot be used" in line) for line in lines] == [True, False]
    assert CONF.cache_nodes.database_pool_size == 3
    assert CONF.cache_nodes.bare_list_user_agents == ["a", "b"]


def test_glance_can_still_log_its_options(write_option) -> None:
    """It does so with debug = True, and would not start with a value that it cannot read."""
    write_option("database_timeout = abc")
    load()
    seen = []
    logger = type(
        "Logger", (), {"log": lambda _self, _level, words, *rest: seen.append(words % rest)}
    )
    CONF.log_opt_values(logger(), 10)
    assert any("cache_nodes.database_timeout" in each and "5.0" in each for each in seen)
