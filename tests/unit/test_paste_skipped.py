# SPDX-License-Identifier: Apache-2.0
"""The pipelines that get no filter: each is named, with the reason, and the exit status tells."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from paste_command import paste

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import Pipeline, insert, pipelines, remove
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
        "cache_nodes may be put in by hand",
    ),
    "no filter": (f"{HEAD}{GOOD}m = app\n", "[composite:api] m", "(it has no filter)"),
    "put in by hand": (
        f"{HEAD}{GOOD}m = authtoken site cache_nodes cache app\n{SECTION}",
        "[composite:api] m",
        "cache_nodes stands in it and is left",
    ),
    "empty": (f"{HEAD}{GOOD}m =\n", "[composite:api] m", "it is empty"),
    "no application": (
        f"{HEAD}{GOOD}m = context missing\n",
        "[composite:api] m",
        "PasteDeploy cannot load it: No section 'missing'",
    ),
    "a pipeline of its own": (
        f"{HEAD}{GOOD}[pipeline:m]\npipeline = site app\n",
        "[pipeline:m] pipeline",
        "no filter in it is known",
    ),
    "no option": (
        f"{HEAD}{GOOD}[pipeline:m]\nPipeline = context app\n",
        "[pipeline:m] pipeline",
        "is missing a 'pipeline' setting",
    ),
    "the place filled in": (
        f"[DEFAULT]\nback = audit cache app\n{HEAD}{GOOD}m = context %(back)s\n",
        "[composite:api] m",
        "its place is directly before cache",
    ),
    "all filled in": (
        f"[DEFAULT]\nall = context app\n{HEAD}{GOOD}m = %(all)s\n",
        "[composite:api] m",
        "its place is directly before app",
    ),
    "the place in a filter-app": (
        f"{HEAD}{GOOD}m = context audited\n[filter-app:audited]\nuse = audit\nnext = app\n",
        "[composite:api] m",
        "its place is directly before app",
    ),
    "filter-apps alone": (
        f"{HEAD}{GOOD}[filter-app:m]\nuse = context\nnext = app\n",
        "[filter-app:m]",
        "its place is directly before app",
    ),
    "a composite of another factory": (
        f"{HEAD}{GOOD}[composite:m]\nuse = call:site.api:flavors\nn = context app\n",
        "[composite:m] n",
        "it is made by site.api:flavors, not by glance.api:pipeline_factory",
    ),
    "in another file": (
        f"{HEAD}{GOOD}[composite:m]\nuse = config:other.ini#api\n",
        "[composite:m]",
        "it goes on in other.ini#api; give that file",
    ),
    "by get": (
        f"[DEFAULT]\nall = context app\n{HEAD}{GOOD}get m = all\n",
        "[composite:api] m",
        "its place is directly before app",
    ),
    "leads back": (
        f"{HEAD}{GOOD}[pipeline:m]\npipeline = context m\n",
        "[pipeline:m] pipeline",
        "it leads back to itself",
    ),
}


def skipped(text: str) -> list[Pipeline]:
    """Return the pipelines without the filter in its place."""
    return [each for each in pipelines(text) if each.fault]


@pytest.mark.parametrize(("lines", "name", "reason"), SKIPPED.values(), ids=SKIPPED.keys())
def test_a_pipeline_without_a_place_is_named(lines: str, name: str, reason: str) -> None:
    text = f"{lines}{REST}"
    edited = insert(text)
    assert "k = context cache_nodes app" in edited
    (found,) = skipped(edited)
    assert found.label == name
    assert reason in found.fault
    assert found.fault in [each.fault for each in pipelines(text)]
    assert insert(edited) == edited
    if "cache_nodes" not in text:
        assert remove(edited) == text


def test_the_shipped_file_has_none() -> None:
    assert skipped(insert(SHIPPED.read_text())) == []


def test_an_application_with_a_filter_is_no_pipeline() -> None:
    apps = "[app:alive]\npaste.app_factory = x:y\nfilter-with = audit\n"
    apps += "[filter-app:audited]\nuse = audit\nnext = app\n"
    assert [each.label for each in pipelines(f"{HEAD}{GOOD}{apps}{REST}")] == ["[composite:api] k"]


FLAVORS = {
    "[pipeline:glance-api]\npipeline = context app\n": "default",
    "[pipeline:glance-api-keystone]\npipeline = context app\n": "keystone",
    "[pipeline:glance-apis]\npipeline = context app\n": "",
    "[pipeline:other]\npipeline = context app\n": "",
    f"{HEAD}keystone+caching = context app\n": "keystone+caching",
}


@pytest.mark.parametrize(("lines", "flavor"), FLAVORS.items())
def test_a_pipeline_has_its_flavor(lines: str, flavor: str) -> None:
    (found,) = pipelines(f"{lines}{REST}")
    assert found.flavor == flavor


UNSEEN = {
    "context cache cachemanage audit app": ("audit",),
    "context cache audit cachemanage authtoken app": ("audit", "authtoken"),
    "context cachemanage audit app": ("audit",),
    "context cache_nodes cache cache_fill cachemanage app": (),
    "context audit cache app": (),
    "context audit app": (),
    "audit app": (),
}


@pytest.mark.parametrize(("words", "names"), UNSEEN.items())
def test_filters_behind_the_cache_that_never_see_our_requests_are_named(
    words: str, names: tuple[str, ...]
) -> None:
    fill = "[filter:cache_fill]\nuse = egg:glance-cache-nodes#cache_fill\n"
    (found,) = pipelines(f"{HEAD}k = {words}\n{REST}{SECTION}{fill}")
    assert found.unseen == names


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with a pipeline that gets the filter and one that is skipped."""
    path = tmp_path / "paste.ini"
    path.write_text(f"{HEAD}{GOOD}m = authtoken site app\n{REST}")
    return path


def test_some_skipped_is_1_also_when_only_shown_and_the_second_time(file: Path, capsys) -> None:
    old = file.read_text()
    assert paste(file) == 1
    assert file.read_text() == old
    assert paste(file, "--in-place") == 1
    assert file.read_text() == insert(old)
    capsys.readouterr()
    assert paste(file, "--in-place") == 1
    out, err = capsys.readouterr()
    assert out == ""
    name, last = err.splitlines()
    assert name.startswith(f"{file}: not in place in [composite:api] m: no filter in it is known")
    assert last == f"{file}: nothing to change"


def test_json_names_the_skipped(file: Path, capsys) -> None:
    assert paste(file, "--json") == 1
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


def test_a_file_of_skipped_ones_alone_is_an_error_that_tells_what_to_add(
    file: Path, capsys
) -> None:
    file.write_text(file.read_text().replace(GOOD, ""))
    with pytest.raises(UserError, match="no pipeline has a place for cache_nodes"):
        paste(file, "--in-place")
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith(f"{file}: [composite:api] m: no filter in it is known as Glance's")
    assert told[1:] == [
        f"{file}: at the end: [filter:cache_nodes]",
        f"{file}: at the end: use = egg:glance-cache-nodes#cache_nodes",
    ]
    with pytest.raises(UserError):
        paste(file, "--in-place", "--json")
    shown = json.loads(capsys.readouterr().out)
    assert not shown["written"]
    assert [each["pipeline"] for each in shown["skipped"]] == ["[composite:api] m"]
    assert [f"{file}: {line}" for line in shown["by_hand"]] == told
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_check_tells_what_is_not_in_place_and_changes_nothing(file: Path, capsys) -> None:
    file.write_text(SHIPPED.read_text())
    assert paste(file, "--check") == 1
    out, err = capsys.readouterr()
    assert out == ""
    first, *_, last = err.splitlines()
    assert first.startswith(f"{file}: not in place in [composite:api] default: cache_nodes is miss")
    assert last == f"{file}: in place in 0 of 6 pipelines"
    assert file.read_text() == SHIPPED.read_text()
    file.write_text(insert(SHIPPED.read_text()))
    assert paste(file, "--check") == 0
    assert capsys.readouterr().err == f"{file}: in place in 6 of 6 pipelines\n"
    assert paste(file, "--check", "--fill") == 1
    assert "cache_fill is missing; its place is directly before rootapp" in capsys.readouterr().err


def test_check_as_json(file: Path, capsys) -> None:
    assert paste(file, "--check", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["changed"], told["written"], told["pipelines"]) == (False, False, [])
    assert [each["pipeline"] for each in told["skipped"]] == [
        "[composite:api] k",
        "[composite:api] m",
    ]


@pytest.mark.parametrize("option", ["--in-place", "--remove"])
def test_check_goes_with_nothing_that_writes(file: Path, option: str) -> None:
    with pytest.raises((SystemExit, UserError)) as caught:
        paste(file, "--check", option)
    assert getattr(caught.value, "code", 2) == 2


def test_a_filter_behind_the_cache_is_told_of_in_each_mode(file: Path, capsys) -> None:
    file.write_text(f"{HEAD}k = context cache audit app\n{REST}")
    warning = f"{file}: warning: [composite:api] k: audit behind the cache never sees the add-on's"
    for words, status in ((["--check"], 1), (["--in-place"], 0), (["--check"], 0), ([], 0)):
        assert paste(file, *words) == status
        assert warning in capsys.readouterr().err
    paste(file, "--json")
    (told,) = json.loads(capsys.readouterr().out)["warnings"]
    assert told["pipeline"] == "[composite:api] k"


def test_a_host_without_pastedeploy_gets_one_line(file: Path) -> None:
    hidden = "import sys; sys.modules['paste.deploy'] = None; from glance_cache_nodes import cmd; "
    command = [sys.executable, "-c", f"{hidden}sys.exit(cmd.main())", "paste", str(file), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        f"glance-cache-nodes: {file}: PasteDeploy is not installed here; "
        "run the command of Glance's environment\n"
    )
