# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes queue`` and ``delete``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import canned_glance as canned
import pytest
from osc_shell import openstack

from glance_cache_nodes.client import waiting
from glance_cache_nodes.osc import progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

A, B = "http://edge1-a:9292", "http://edge1-b:9292"
IMAGE, OTHER = canned.IMAGE_ID, "99999999-2222-4333-8444-555555555555"
DETAIL_PATH = f"{canned.NODES_PATH}/detail"


@pytest.fixture
def glance(monkeypatch: pytest.MonkeyPatch) -> Iterator[canned.CannedGlance]:
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(waiting, "_LONGEST_PAUSE", 0.01)
    with canned.serve() as running:
        running.answers["PUT", canned.NODES_PATH] = canned.results(
            (A, "queued"), (B, "already_cached")
        )
        running.answers["DELETE", canned.NODES_PATH] = canned.results((A, "evicted"), (B, "absent"))
        size = {"id": IMAGE, "status": "active", "size": 100_000_000}
        running.answers["GET", f"/v2/images/{IMAGE}"] = canned.body(size)
        yield running


def row(node: str, result: str, reason: str | None = None) -> dict[str, str | None]:
    return {"Image ID": IMAGE, "Node Reference URL": node, "Result": result, "Reason": reason}


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["--node", A, "--node", B], {"nodes": [A, B]}),
        (["--site", "edge1", "--site", "edge2"], {"sites": ["edge1", "edge2"]}),
        (["--site", "edge1", "--per-site", "2"], {"sites": ["edge1"], "per_site": 2}),
        (["--all"], {"all": True}),
        (["--count", "3"], {"count": 3}),
    ],
)
def test_queue(
    glance: canned.CannedGlance, tmp_path: Path, arguments: list[str], sent: dict[str, object]
) -> None:
    done = openstack(tmp_path, glance.url, "queue", IMAGE, *arguments, "-f", "json")
    assert (done.status, done.stderr) == (0, "")
    assert done.json == [row(A, "queued"), row(B, "already_cached")]
    assert [json.loads(asked.body) for asked in glance.asked] == [sent]


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["--node", A, "--site", "edge1"], {"node": [A], "site": ["edge1"]}),
        (["--all"], {"all": ["true"]}),
    ],
)
def test_delete(
    glance: canned.CannedGlance, tmp_path: Path, arguments: list[str], sent: dict[str, object]
) -> None:
    done = openstack(tmp_path, glance.url, "delete", IMAGE, *arguments, "-f", "json")
    assert (done.status, done.stderr) == (0, "")
    assert done.json == [row(A, "evicted"), row(B, "absent")]
    assert [asked.query for asked in glance.asked] == [sent]


@pytest.mark.parametrize("command", ["queue", "delete"])
@pytest.mark.parametrize("result", ["failed", "refused", "unreachable"])
def test_one_that_fails_makes_the_command_fail_and_the_table_is_printed(
    glance: canned.CannedGlance, tmp_path: Path, command: str, result: str
) -> None:
    for method in ("PUT", "DELETE"):
        glance.answers[method, canned.NODES_PATH] = canned.results((A, result), reason="why")
    done = openstack(tmp_path, glance.url, command, IMAGE, "--all", "-f", "json")
    assert (done.status, done.json, done.stderr) == (1, [row(A, result, "why")], "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["queue", IMAGE], "one of the arguments --node --site --all --count is required"),
        (["queue", IMAGE, "--all", "--count", "1"], "--count: not allowed with argument --all"),
        (["queue", IMAGE, "--count", "0"], "--count: '0' is no whole number above 0"),
        (["queue", IMAGE, "--all", "--per-site", "1"], "--per-site needs --site"),
        (["queue", IMAGE, "--all", "--timeout", "9"], "--timeout needs --wait"),
        (["queue", IMAGE, "--all", "--wait", "--timeout", "nan"], "'nan' is no number of seconds"),
        (["queue", "--all"], "the following arguments are required: <image>"),
        (["delete", IMAGE], "one of --node, --site and --all is required"),
        (["delete", IMAGE, "--all", "--site", "edge1"], "--all excludes --node"),
    ],
)
def test_wrong_arguments_send_nothing(
    glance: canned.CannedGlance, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = openstack(tmp_path, glance.url, *arguments)
    assert (done.status, done.stdout, glance.asked) == (2, "", [])
    assert words in done.stderr.splitlines()[-1]


def test_an_image_that_is_refused_does_not_keep_the_others_from_being_done(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    glance.answers["PUT", f"/v2/cache/nodes/{OTHER}"] = canned.fault(409, "Image is not active.")
    done = openstack(tmp_path, glance.url, "queue", OTHER, IMAGE, "--all", "-f", "json")
    assert (done.status, len(done.json)) == (1, 2)
    assert done.stderr == f"{OTHER}: Glance does not do this: Image is not active.\n"


def test_a_glance_that_is_down_is_not_asked_for_each_image(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    glance.answers["PUT", canned.NODES_PATH] = canned.DATABASE_DOWN
    done = openstack(tmp_path, glance.url, "queue", IMAGE, OTHER, "--all", "-f", "json")
    assert (done.status, done.json, len(glance.asked)) == (1, [], 1)
    assert done.stderr.splitlines()[-1] == f"Not asked for: {OTHER}"


def test_a_failure_of_the_only_image_is_one_line(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    glance.answers["PUT", canned.NODES_PATH] = canned.OURS_NO_IMAGE
    done = openstack(tmp_path, glance.url, "queue", IMAGE, "--all")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.startswith(f"No image {IMAGE}")
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_name_stops_before_anything_is_done(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    glance.name()
    done = openstack(tmp_path, glance.url, "queue", IMAGE, "nobody", "--all")
    assert (done.status, done.stderr.startswith("No image nobody")) == (1, True)
    assert all(asked.method == "GET" for asked in glance.asked)


def test_names_are_found_and_an_image_is_queued_once(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    glance.name("cirros")
    done = openstack(tmp_path, glance.url, "queue", "cirros", IMAGE, "--all", "-f", "json")
    assert (done.status, len(done.json)) == (0, 2)


def test_wait_prints_what_became_of_each_and_keeps_standard_output_clean(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    answers = [
        canned.detail((A, "caching"), size=40_000_000),
        canned.detail((A, "confirmed"), size=100_000_000),
    ]
    glance.answers["GET", DETAIL_PATH] = lambda _: answers.pop(0)
    done = openstack(tmp_path, glance.url, "queue", IMAGE, "--all", "--wait", "-f", "json")
    assert (done.status, done.json) == (0, [row(A, "cached"), row(B, "already_cached")])
    assert done.stderr.splitlines() == ["1 of 2 done", f"{A}: cached"]


def test_a_wait_that_ends_short_names_the_node_and_prints_the_table(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    glance.answers["GET", DETAIL_PATH] = canned.detail((A, "queued"))
    arguments = ["queue", IMAGE, "--all", "--wait", "--timeout", "0.05", "-f", "json"]
    done = openstack(tmp_path, glance.url, *arguments)
    assert (done.status, done.json) == (1, [row(A, "queued"), row(B, "already_cached")])
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"Accepted, and not cached after 0.05 s: {A} (queued). A Glance whose ")


def test_a_fill_that_fails_is_told_with_its_reason(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    glance.answers["GET", DETAIL_PATH] = canned.detail((A, "failed"), reason="disk full")
    done = openstack(tmp_path, glance.url, "queue", IMAGE, "--all", "--wait", "-f", "json")
    assert (done.status, done.json[0]) == (1, row(A, "failed", "disk full"))


def test_lines_come_while_nothing_happens(
    glance: canned.CannedGlance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SILENCE", 0.01)
    looks: list[int] = []

    def answer(_: canned.Asked) -> canned.Answer:
        looks.append(1)
        state = "confirmed" if len(looks) > 30 else "caching"
        return canned.detail((A, state), size=len(looks) * 1_000_000)

    glance.answers["GET", DETAIL_PATH] = answer
    done = openstack(tmp_path, glance.url, "queue", IMAGE, "--all", "--wait", "-f", "json")
    told = [line for line in done.stderr.splitlines() if line.startswith(f"{A}: caching, ")]
    assert len(told) > 1
    assert told[-1].endswith("/s")
    assert " MB of 100.0 MB, " in told[-1]
