# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes list`` with what it can tell beside URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import canned_glance as canned
import pytest
from osc_shell import openstack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

A, B, C = "http://edge1-a:9292", "http://edge1-b:9292", "http://central:9292"
DETAIL_PATH = f"{canned.NODES_PATH}/detail"
IMAGE = canned.IMAGE_ID


@pytest.fixture
def glance() -> Iterator[canned.CannedGlance]:
    with canned.serve() as running:
        running.say(canned.body({"cached_nodes": [B, A, C]}))
        running.answers["GET", DETAIL_PATH] = canned.detail(
            (A, "confirmed"), (B, "unreachable"), (C, "absent"), size=20_400_000
        )
        yield running


def queries(glance: canned.CannedGlance) -> list[dict[str, list[str]]]:
    return [asked.query for asked in glance.asked if asked.path.startswith(canned.NODES_PATH)]


def test_near_keeps_the_servers_order(glance: canned.CannedGlance, tmp_path: Path) -> None:
    done = openstack(tmp_path, glance.url, "list", IMAGE, "--near", "edge1", "-f", "value")
    assert (done.stdout.split(), done.stderr) == ([B, A, C], "")
    assert queries(glance) == [{"near": ["edge1"]}]


@pytest.mark.parametrize("option", ["--verify", "--verify-nodes"])
def test_verify_lists_what_is_confirmed_and_names_the_silent(
    glance: canned.CannedGlance, tmp_path: Path, option: str
) -> None:
    # OpenStackClient itself has an option --verify, which it takes from behind the command.
    done = openstack(tmp_path, glance.url, "list", IMAGE, option, "-f", "value")
    assert (done.status, done.stdout.split()) == (0, [A])
    assert done.stderr == (f"Not complete, no answer from: {B} (unreachable)\n")
    assert queries(glance) == [{"verify": ["true"]}]


def test_verify_nodes_goes_with_insecure(glance: canned.CannedGlance, tmp_path: Path) -> None:
    done = openstack(
        tmp_path, glance.url, "list", IMAGE, "--verify-nodes", "--insecure", "-f", "value"
    )
    assert (done.status, done.stdout.split()) == (0, [A])


def test_long_near_has_a_row_for_each_node_in_the_servers_order(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    arguments = ["list", IMAGE, "--long", "--verify", "--near", "edge1", "-f", "json"]
    rows = openstack(tmp_path, glance.url, *arguments).json
    assert [(row["Node Reference URL"], row["State"]) for row in rows] == [
        (A, "confirmed"),
        (B, "unreachable"),
        (C, "absent"),
    ]
    assert rows[1] == {
        "Node Reference URL": B,
        "Site": "edge",
        "State": "unreachable",
        "On Record": True,
        "Size": 20_400_000,
        "Hits": None,
        "Last Accessed": None,
        "Last Modified": None,
        "Reason": None,
    }
    assert queries(glance) == [{"near": ["edge1"], "verify": ["true"]}]


def test_a_person_reads_units_times_and_dashes(glance: canned.CannedGlance, tmp_path: Path) -> None:
    glance.answers["GET", DETAIL_PATH] = canned.detail(
        (A, "confirmed"), size=20_400_000, last_accessed="2026-11-28T12:00:00Z"
    )
    done = openstack(tmp_path, glance.url, "list", IMAGE, "--long")
    row = next(line for line in done.stdout.splitlines() if A in line)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == [
        *(A, "edge", "confirmed", "True", "20.4 MB", "-", "2026-11-28T12:00:00Z", "-", "-")
    ]


def all_nodes(number: int) -> list[dict[str, object]]:
    return [
        {
            "url": f"http://edge{n % 5}-{n}.example.org:9292",
            "site": f"edge{n % 5}",
            "images": 12,
            "bytes": 48_000_000_000,
            "last_accessed": None,
            "status": "up" if n else "down",
            "latency_ms": 1.5 if n else None,
        }
        for n in range(number)
    ]


def test_all_nodes_at_80_columns(glance: canned.CannedGlance, tmp_path: Path) -> None:
    glance.answers["GET", "/v2/cache/nodes"] = canned.body({"nodes": all_nodes(50)})
    done = openstack(tmp_path, glance.url, "list")
    assert done.status == 0
    assert len(done.stdout.splitlines()) == 54
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "| http://edge0-0.example.org:9292  | edge0 | 12     | 48.0 GB |" in done.stdout


def test_all_nodes_with_a_probe(glance: canned.CannedGlance, tmp_path: Path) -> None:
    glance.answers["GET", "/v2/cache/nodes"] = canned.body({"nodes": all_nodes(2)})
    done = openstack(tmp_path, glance.url, "list", "--probe", "--long", "--near", "x", "-f", "json")
    assert done.json[0] == {
        "Node Reference URL": "http://edge0-0.example.org:9292",
        "Site": "edge0",
        "Images": 12,
        "Size": 48_000_000_000,
        "Status": "down",
        "Latency (ms)": None,
        "Last Accessed": None,
    }
    assert glance.asked[0].query == {"near": ["x"], "probe": ["true"]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--verify"], "--verify needs an <image>; --probe asks whether nodes are up"),
        ([IMAGE, "--probe"], "--probe lists all nodes: give no <image>, or --verify"),
    ],
)
def test_options_that_do_not_go_together(
    glance: canned.CannedGlance, tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = openstack(tmp_path, glance.url, "list", *arguments)
    assert (done.status, done.stdout, glance.asked) == (2, "", [])
    assert done.stderr.splitlines()[-1].endswith(words)


def test_an_unknown_site_is_told_in_the_servers_words(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    glance.say(canned.fault(400, "There is no site 'edge9'. The sites are: edge1."))
    done = openstack(tmp_path, glance.url, "list", IMAGE, "--near", "edge9")
    assert (done.status, done.stdout) == (1, "")
    assert "There is no site 'edge9'. The sites are: edge1." in done.stderr
    assert len(done.stderr.splitlines()) == 1
