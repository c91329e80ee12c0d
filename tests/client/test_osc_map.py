# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes map``: images by site."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import canned_glance as canned
import pytest
from osc_shell import openstack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

OTHER = "99999999-2222-4333-8444-555555555555"
PER_SITE = 10
URLS = {
    f"http://{site}-{n}.example.org:9292": site
    for site in ("central", "edge1", "edge2", "edge3", "the-site-with-a-rather-long-name")
    for n in range(PER_SITE)
}
SITE_OF_EDGE1 = [url for url, site in URLS.items() if site == "edge1"]


@pytest.fixture
def glance() -> Iterator[canned.CannedGlance]:
    with canned.serve() as running:
        sites = [{"url": url, "site": site} for url, site in URLS.items()]
        running.answers["GET", "/v2/cache/nodes"] = canned.body({"nodes": sites})
        yield running


def row(image_id: str, name: str | None, nodes: Sequence[str]) -> dict[str, object]:
    status = "active" if name else None
    return {
        "image_id": image_id,
        "name": name,
        "status": status,
        "size": 20,
        "cached_nodes": list(nodes),
    }


def say(glance: canned.CannedGlance, *rows: dict[str, object]) -> None:
    glance.answers["GET", "/v2/cache/images"] = canned.body({"images": rows})


def cells(stdout: str) -> list[list[str]]:
    lines = [line for line in stdout.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_50_nodes_read_well_at_80_columns(glance: canned.CannedGlance, tmp_path: Path) -> None:
    some = [url for n, url in enumerate(URLS) if n % 3 == 0]
    most = [url for n, url in enumerate(URLS) if n % 9]
    say(
        glance,
        row(canned.IMAGE_ID, "cirros", URLS),
        row(OTHER, None, some),
        row("c", "x" * 60, most),
    )
    done = openstack(tmp_path, glance.url, "map")
    assert (done.status, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert ["central", "cirros", "all 10"] in cells(done.stdout)
    # By site: what is of one site stands together.
    sites = [
        cell[0] for cell in cells(done.stdout) if cell[2].startswith(("all", "3", "4", "8", "9"))
    ]
    assert len(sites) == 15
    assert sites == sorted(sites)
    # A node's name is not broken where it fits.
    assert {"edge2-1,", "edge2-4,", "edge2-7"} <= set(done.stdout.split())


def test_the_nodes_that_are_fewer_are_named(glance: canned.CannedGlance, tmp_path: Path) -> None:
    say(
        glance,
        row(canned.IMAGE_ID, "few", SITE_OF_EDGE1[:2]),
        row(OTHER, "many", SITE_OF_EDGE1[:-1]),
    )
    done = openstack(tmp_path, glance.url, "map", columns=200)
    assert cells(done.stdout) == [
        ["edge1", "few", "2 of 10: edge1-0, edge1-1"],
        ["edge1", "many", "9 of 10, not edge1-9"],
    ]


def test_a_name_of_two_images_is_told_by_the_ids(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    say(glance, *(row(each, "twin", SITE_OF_EDGE1) for each in (canned.IMAGE_ID, OTHER)))
    done = openstack(tmp_path, glance.url, "map")
    assert [cell[1] for cell in cells(done.stdout)] == [canned.IMAGE_ID, OTHER]


def test_programs_get_ids_and_urls(glance: canned.CannedGlance, tmp_path: Path) -> None:
    say(glance, row(canned.IMAGE_ID, "cirros", SITE_OF_EDGE1[:2]))
    done = openstack(tmp_path, glance.url, "map", "-f", "json")
    assert done.json == [
        {
            "Site": "edge1",
            "Image ID": canned.IMAGE_ID,
            "Name": "cirros",
            "Status": "active",
            "Size": 20,
            "Nodes": SITE_OF_EDGE1[:2],
            "Nodes of Site": PER_SITE,
        }
    ]
    columns = openstack(tmp_path, glance.url, "map", "-c", "Image ID", "-f", "value")
    assert columns.stdout.split() == [canned.IMAGE_ID]
    assert canned.IMAGE_ID in openstack(tmp_path, glance.url, "map", "--long").stdout


def test_only_a_site_or_a_node(glance: canned.CannedGlance, tmp_path: Path) -> None:
    say(glance, row(canned.IMAGE_ID, "cirros", URLS))
    one = openstack(tmp_path, glance.url, "map", "--site", "edge1", "-f", "json").json
    assert [(each["Site"], len(each["Nodes"])) for each in one] == [("edge1", PER_SITE)]
    node = SITE_OF_EDGE1[3]
    held = openstack(tmp_path, glance.url, "map", "--node", node, "-f", "json").json
    assert [each["Nodes"] for each in held] == [[node]]
    queries = [each.query for each in glance.asked if each.path.startswith("/v2/cache/images")]
    assert [query.get("site", query.get("node")) for query in queries] == [["edge1"], [node]]


def test_without_a_sites_file_each_node_is_its_site(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    urls = [f"http://127.0.0.1:{port}" for port in range(45000, 45050)]
    glance.answers["GET", "/v2/cache/nodes"] = canned.body(
        {"nodes": [{"url": url, "site": url} for url in urls]}
    )
    say(glance, row(canned.IMAGE_ID, None, urls))
    done = openstack(tmp_path, glance.url, "map")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert cells(done.stdout)[0] == ["http://127.0.0.1", canned.IMAGE_ID, "1 of 1"]


def test_a_node_whose_url_is_none_is_listed(glance: canned.CannedGlance, tmp_path: Path) -> None:
    urls = ["http://[bad", "http://edge1:9292"]
    sites = [{"url": url, "site": "edge1"} for url in urls]
    glance.answers["GET", "/v2/cache/nodes"] = canned.body({"nodes": sites})
    say(glance, row(canned.IMAGE_ID, "cirros", urls[:1]))
    done = openstack(tmp_path, glance.url, "map")
    assert cells(done.stdout) == [["edge1", "cirros", "1 of 2: http://[bad"]]


def test_leftovers(glance: canned.CannedGlance, tmp_path: Path) -> None:
    say(glance, row(OTHER, None, SITE_OF_EDGE1[:1]))
    done = openstack(tmp_path, glance.url, "map", "--leftover")
    assert cells(done.stdout)[0][1] == OTHER
    assert glance.asked[0].query["leftover"] == ["true"]


def test_two_hundred_images_by_id_are_two_requests_and_the_absent_are_named(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    ids = [str(uuid.uuid4()) for _ in range(200)]

    def answer(asked: canned.Asked) -> canned.Answer:
        wanted = asked.query["image_id"][0].removeprefix("in:").split(",")
        rows = [row(each, None, SITE_OF_EDGE1) for each in wanted if each != ids[7]]
        return canned.body({"images": rows})

    glance.answers["GET", "/v2/cache/images"] = answer
    done = openstack(tmp_path, glance.url, "map", *ids, "-f", "value", "-c", "Image ID")
    assert sorted(done.stdout.split()) == sorted(set(ids) - {ids[7]})
    assert done.stderr == f"On no node, by the record: {ids[7]}\n"
    assert len(glance.asked) == 3  # with the nodes and their sites


def test_nothing_is_cached(glance: canned.CannedGlance, tmp_path: Path) -> None:
    say(glance)
    done = openstack(tmp_path, glance.url, "map")
    assert (done.status, done.stdout.strip(), done.stderr) == (0, "", "")


def test_a_name_with_control_characters_does_nothing_to_the_terminal(
    glance: canned.CannedGlance, tmp_path: Path
) -> None:
    say(glance, row(canned.IMAGE_ID, "\x1b[31mred\n", SITE_OF_EDGE1))
    done = openstack(tmp_path, glance.url, "map")
    assert "\x1b" not in done.stdout
    assert cells(done.stdout)[0][1] == canned.IMAGE_ID
