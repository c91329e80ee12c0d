# SPDX-License-Identifier: Apache-2.0
"""The pipelines that get no filter: each is named, with the reason, and the exit status tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from paste_command import paste

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import filtered, insert, remove, skipped
from paste_samples import FACTORIES, SHIPPED

HEAD = "[composite:api]\npaste.composite_factory = glance.api:pipeline_factory\n"
GOOD = "k = context app\n"
FILTERS = "".join(
    f"[filter:{name}]\npaste.filter_factory = {target}\n" for name, target in FACTORIES.items()
)
SITE = "[filter:site]\npaste.filter_factory = site.middleware:Context.factory\n"
REST = f"[app:app]\npaste.app_factory = glance.api.versions:create_resource\n{FILTERS}{SITE}"
SECTION = "[filter:cache_nodes]\nuse = egg:glance-cache-nodes#cache_nodes\n"

# The lines beside a pipeline that is right; what is skipped; words of the reason.
SKIPPED = {
    "a class that nobody knows": (
        f"{HEAD}{GOOD}m = authtoken site cache app\n",
        "[composite:api] m",
        "no filter in it is known as Glance's context (authtoken, site, cache)",
    ),
    "no context": (
        f"{HEAD}{GOOD}m = audit app\n",
        "[composite:api] m",
        "put cache_nodes in by hand",
    ),
    "no filter": (f"{HEAD}{GOOD}m = app\n", "[composite:api] m", "(it has no filter)"),
    "put in by hand": (
        f"{HEAD}{GOOD}m = authtoken site cache_nodes cache app\n{SECTION}",
        "[composite:api] m",
        "cache_nodes stands in it and is left where it is",
    ),
    "empty": (f"{HEAD}{GOOD}m =\n", "[composite:api] m", "it is empty"),
    "a pipeline of its own": (
        f"{HEAD}{GOOD}[pipeline:m]\npipeline = site app\n",
        "[pipeline:m] pipeline",
        "no filter in it is known",
    ),
    "no option": (
        f"{HEAD}{GOOD}[pipeline:m]\nPipeline = context app\n",
        "[pipeline:m]",
        "no option pipeline",
    ),
    "the place filled in": (
        f"[DEFAULT]\nback = audit cache app\n{HEAD}{GOOD}m = context %(back)s\n",
        "[composite:api] m",
        "directly before cache, is inside a %(name)s",
    ),
    "all filled in": (
        f"[DEFAULT]\nall = context app\n{HEAD}{GOOD}m = %(all)s\n",
        "[composite:api] m",
        "directly before app, is inside a %(name)s",
    ),
    "the filter filled in, at the old place": (
        f"[DEFAULT]\nf = context cache_nodes\n{HEAD}{GOOD}m = %(f)s audit app\n{SECTION}",
        "[composite:api] m",
        "cache_nodes comes out of a %(name)s; write the word itself",
    ),
    "the place in a filter-app": (
        f"{HEAD}{GOOD}m = context audited\n[filter-app:audited]\nuse = audit\nnext = app\n",
        "[composite:api] m",
        "a filter-with or a [filter-app:...]",
    ),
    "filter-apps alone": (
        f"{HEAD}{GOOD}[filter-app:m]\nuse = context\nnext = app\n",
        "[filter-app:m]",
        "a filter-with or a [filter-app:...]",
    ),
    "used behind a cache too": (
        f"{HEAD}{GOOD}m = context rest\nn = context cache rest\n"
        "[pipeline:rest]\npipeline = audit app\n",
        "[composite:api] m",
        "that [composite:api] n leads through too",
    ),
    "a composite of another factory": (
        f"{HEAD}{GOOD}[composite:m]\nuse = call:site.api:flavors\nn = context app\n",
        "[composite:m] n",
        "it is made by site.api:flavors, not by glance.api:pipeline_factory",
    ),
    "in another file": (
        f"{HEAD}{GOOD}[composite:m]\nuse = config:other.ini#api\n",
        "[composite:m]",
        "it is in other.ini#api; give that file",
    ),
    "by get": (
        f"[DEFAULT]\nall = context app\n{HEAD}{GOOD}get m = all\n",
        "[composite:api] get m",
        "write them here",
    ),
    "also in DEFAULT": (
        f"[DEFAULT]\nm = context app\n{HEAD}{GOOD}m = context app\n",
        "[composite:api] m",
        "[DEFAULT] has m too, and paste then ignores the one here",
    ),
}


@pytest.mark.parametrize(("lines", "name", "reason"), SKIPPED.values(), ids=SKIPPED.keys())
def test_a_pipeline_without_a_place_is_named(lines: str, name: str, reason: str) -> None:
    text = f"{lines}{REST}"
    (found,) = skipped(text)
    assert found.pipeline == name
    assert reason in found.reason
    assert "[composite:api] k" in filtered(text)
    edited = insert(text)
    assert "k = context cache_nodes app" in edited
    assert skipped(edited) == [found]
    assert insert(edited) == edited
    if "cache_nodes" not in text:
        assert remove(edited) == text


def test_the_shipped_file_has_none() -> None:
    assert skipped(SHIPPED.read_text()) == []


def test_an_application_with_a_filter_is_no_pipeline() -> None:
    apps = "[app:alive]\npaste.app_factory = x:y\nfilter-with = audit\n"
    apps += "[filter-app:audited]\nuse = audit\nnext = app\n"
    assert skipped(f"{HEAD}{GOOD}{apps}{REST}") == []


def test_a_pipeline_behind_a_urlmap_behind_a_context_is_no_other_one() -> None:
    text = (
        f"{HEAD}k = context map\n[composite:map]\nuse = egg:Paste#urlmap\n/ = app\n/v2 = v2\n"
        f"[pipeline:v2]\npipeline = audit app\n{REST}"
    )
    assert skipped(text) == []
    assert "k = context cache_nodes map" in insert(text)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with a pipeline that gets the filter and one that is skipped."""
    path = tmp_path / "paste.ini"
    path.write_text(f"{HEAD}{GOOD}m = authtoken site app\n{REST}")
    return path


def test_some_skipped_is_3_also_when_only_shown_and_the_second_time(file: Path, capsys) -> None:
    old = file.read_text()
    assert paste(file) == 3
    assert file.read_text() == old
    assert paste(file, "--in-place") == 3
    assert file.read_text() == insert(old)
    capsys.readouterr()
    assert paste(file, "--in-place") == 3
    out, err = capsys.readouterr()
    assert out == ""
    name, last = err.splitlines()
    assert name.startswith(f"{file}: skipped [composite:api] m: no filter in it is known as")
    assert last == f"{file}: nothing to change"


def test_json_names_the_skipped(file: Path, capsys) -> None:
    assert paste(file, "--json") == 3
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert err == ""
    assert told["pipelines"] == ["[composite:api] k"]
    (skip,) = told["skipped"]
    assert skip.keys() == {"pipeline", "reason"}
    assert skip["pipeline"] == "[composite:api] m"


def test_remove_skips_none(file: Path, capsys) -> None:
    old = file.read_text()
    paste(file, "--in-place")
    capsys.readouterr()
    assert paste(file, "--in-place", "--remove", "--json") == 0
    assert json.loads(capsys.readouterr().out)["skipped"] == []
    assert file.read_text() == old


def test_a_file_of_skipped_ones_alone_is_an_error_that_names_them(file: Path, capsys) -> None:
    file.write_text(file.read_text().replace(GOOD, ""))
    with pytest.raises(UserError, match="no pipeline with Glance's context"):
        paste(file, "--in-place")
    assert "skipped [composite:api] m: " in capsys.readouterr().err
    with pytest.raises(UserError):
        paste(file, "--in-place", "--json")
    told = json.loads(capsys.readouterr().out)
    assert not told["written"]
    assert [each["pipeline"] for each in told["skipped"]] == ["[composite:api] m"]
    assert [path.name for path in file.parent.iterdir()] == [file.name]
