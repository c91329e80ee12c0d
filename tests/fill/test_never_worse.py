# SPDX-License-Identifier: Apache-2.0
"""What a user gets with cache_fill is never less than without it; seconds are in `make compare`."""

from __future__ import annotations

import hashlib
import os
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "fleet"))

import pytest
from peer_servers import closed_port

import bad_peer
import glance_nodes
import node_servers
import slow_link
import waiting
from glance_nodes import Node

pytestmark = pytest.mark.slow

SIZE = 3 * 1024 * 1024 + 7


@pytest.fixture
def silent() -> Iterator[list[str]]:
    """Ten nodes that take connections and never answer."""
    with bad_peer.many_silent(10) as urls:
        yield urls


def image(node: Node, seed: int, **attributes: object) -> tuple[str, bytes]:
    data = glance_nodes.content(SIZE, seed)
    return glance_nodes.upload(node, data, **attributes), data


def marked(node: Node) -> list[Path]:
    return list((node.cache / "cache_nodes").glob("*.failed-before"))


def test_silent_nodes_on_record_are_asked_within_one_budget_and_then_left(
    tmp_path: Path, silent: list[str]
) -> None:
    with glance_nodes.running(tmp_path, [1], strangers=silent) as nodes:
        node = nodes.all[0]
        for number in range(3):
            image_id, data = image(node, number)
            for url in silent:
                nodes.record(url, image_id, len(data))
            assert node.download(image_id).body == data
            assert waiting.until(node.is_idle)
            assert node.has(image_id)
        # Each search asked a few of them, none of them twice.
        assert 3 <= len(marked(node)) <= len(silent)


def test_a_disk_that_refuses_a_write_in_the_middle_breaks_no_download(tmp_path: Path) -> None:
    with glance_nodes.running(tmp_path, [1]) as nodes:
        node = nodes.all[0]
        images = [image(node, number) for number in range(5)]
        limit = resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(node.process.pid, resource.RLIMIT_FSIZE, (1_000_000, limit[1]))
        for image_id, data in images:
            answer = node.download(image_id)
            assert (answer.status, answer.is_broken, answer.body == data) == (200, False, True)
            assert waiting.until(node.is_idle)
            assert not node.has(image_id)
        assert node.log().count("No image is filled in for 60 s") == 1


def test_a_read_of_the_store_that_hangs_holds_up_nobody_else(tmp_path: Path) -> None:
    with glance_nodes.running(tmp_path, [1], rate=1e9) as nodes:
        node = nodes.all[0]
        image_id, data = image(node, 1)
        hang = slow_link.Hang(nodes.link, image_id)
        hang.begin()
        with ThreadPoolExecutor(1) as first:
            hung = first.submit(node.download, image_id)
            assert waiting.until(hang.has_begun)
            with ThreadPoolExecutor(20) as others:
                answers = list(others.map(lambda _: node.download(image_id), range(20)))
            assert {(each.status, each.body == data) for each in answers} == {(200, True)}
            assert not hung.done()
            hang.end()
            assert hung.result().body == data


def test_a_fill_that_nobody_reads_is_thrown_away_and_one_that_was_placed_is_not(
    tmp_path: Path,
) -> None:
    with glance_nodes.running(tmp_path, [1], rate=1e6, options="fill_linger = 0.5") as nodes:
        node = nodes.all[0]
        left, placed = image(node, 1)[0], image(node, 2)[0]
        node.call("PUT", f"/v2/cache/{placed}")
        glance_nodes.leave_after(node, left, 1)
        assert waiting.until(lambda: node.has(placed))
        assert waiting.until(node.is_idle)
        assert not node.has(left)
        assert f"The fill of image {left} is ended: nobody reads it" in node.log()


def test_a_client_that_reads_slowly_is_a_reader(tmp_path: Path) -> None:
    with glance_nodes.running(tmp_path, [1], rate=1e6, options="fill_linger = 0") as nodes:
        node = nodes.all[0]
        image_id, data = image(node, 1)
        assert node.download(image_id).body == data
        assert waiting.until(node.is_idle)
        assert node.has(image_id)


def test_a_store_with_other_bytes_is_served_as_natively_and_blames_no_node(tmp_path: Path) -> None:
    with glance_nodes.running(tmp_path, [2]) as nodes:
        node = nodes.all[0]
        image_id, data = image(node, 1)
        path = next(path for path in nodes.store.rglob(image_id) if path.is_file())
        wrong = bytes([data[0] ^ 1]) + data[1:]
        path.write_bytes(wrong)
        for each in (*nodes.all, *nodes.all):
            answer = each.download(image_id)
            # Glance itself breaks off at the end, where its cache filter copies wrong bytes.
            assert (answer.status, answer.body == wrong) == (200, True)
            assert waiting.until(each.is_idle)
        assert not any(each.has(image_id) or marked(each) for each in nodes.all)
        logs = "".join(each.log() for each in nodes.all)
        assert 1 <= logs.count(f"Image {image_id}: the store has other bytes") <= 2
        good_id, good = image(node, 2)
        assert node.download(good_id).body == good
        assert waiting.until(lambda: node.has(good_id))


def test_the_header_of_nodes_gets_a_stranger_no_more_than_natively(tmp_path: Path) -> None:
    with glance_nodes.running(tmp_path, [1]) as nodes:
        node = nodes.all[0]
        image_id, data = image(node, 1)
        mine = {"X_Cache_Nodes_Fill": "http://stranger:1", "Cache_Control": "only-if-cached"}
        answer = node.download(image_id, **mine)
        assert (answer.status, answer.body == data) == (200, True)


def test_a_rule_that_compares_with_a_protected_property_refuses_as_natively(
    tmp_path: Path,
) -> None:
    protection = "[^secret$]\ncreate = admin\nread = admin\nupdate = admin\ndelete = admin\n[.*]\n"
    protection += "".join(f"{each} = @\n" for each in ("create", "read", "update", "delete"))
    setting = {
        "policy": '{"download_image": "role:admin or \'yes\':%(secret)s"}',
        "options": "[DEFAULT]\nproperty_protection_file = {root}/protection.conf",
        "files": {"protection.conf": protection},
    }
    with glance_nodes.running(tmp_path, [1], **setting) as nodes:
        node = nodes.all[0]
        image_id, _ = image(node, 1, secret="yes")
        assert node.download(image_id, X_Auth_Token="member").status == 403
        assert not node.has(image_id)


def test_odd_entries_in_the_directory_harm_nothing(tmp_path: Path) -> None:
    with glance_nodes.running(tmp_path, [1]) as nodes:
        node = nodes.all[0]
        (node.cache / "loop").symlink_to("loop")
        os.mkfifo(node.cache / "fifo")
        state = node.cache / "cache_nodes"
        (state / "x.lock").mkdir()
        image_id, data = image(node, 1)
        (state / f"{image_id}.failed").mkdir()
        assert node.download(image_id).body == data
        assert waiting.until(lambda: node.has(image_id))


def redirecting(url: str) -> dict[str, object]:
    return {"strangers": [url], "options": "redirect_downloads = true\nfill_concurrency = 0"}


def test_nobody_is_sent_to_a_node_that_takes_no_connection(tmp_path: Path) -> None:
    url = closed_port()
    with glance_nodes.running(tmp_path, [1], **redirecting(url)) as nodes:
        image_id, data = image(nodes.all[0], 1)
        nodes.record(url, image_id, len(data))
        answer = nodes.all[0].download(image_id)
        assert (answer.status, answer.body == data) == (200, True)


def test_who_comes_back_is_served(tmp_path: Path) -> None:
    with (
        bad_peer.running() as peer,
        glance_nodes.running(tmp_path, [1], **redirecting(peer.url)) as nodes,
    ):
        node = nodes.all[0]
        (image_id, data), (other_id, other) = image(node, 1), image(node, 2)
        for each in (image_id, other_id):
            nodes.record(peer.url, each, SIZE)
        encrypted = node.download(other_id, X_Forwarded_Proto="https")
        assert (encrypted.status, encrypted.body == other) == (200, True)
        first = node.download(image_id)
        assert first.status == 307
        assert first.headers["Location"].startswith(peer.url)
        assert node.download(image_id, X_Auth_Token="member").status == 307
        again = node.download(image_id)
        assert (again.status, again.body == data) == (200, True)


def test_a_fill_directory_of_the_version_before_is_removed(tmp_path: Path) -> None:
    with glance_nodes.running(tmp_path, [1]) as nodes:
        node = nodes.all[0]
        node_servers.stop(node)
        old = node.cache / "fill"
        old.mkdir()
        for name in ("ledger", f"{hashlib.md5(b'x').hexdigest()}.avoid", "a.lock", "a.part"):
            (old / name).write_text("1")
        node_servers.start(nodes, node)
        node_servers.wait_for(node)
        assert not old.exists()


def test_responses_that_are_closed_before_their_first_byte_leave_no_descriptor(
    tmp_path: Path,
) -> None:
    with glance_nodes.running(tmp_path, [1], rate=2e5) as nodes:
        node = nodes.all[0]
        image_id, _ = image(node, 1)

        def count() -> int:
            return len(list(Path(f"/proc/{node.process.pid}/fd").iterdir()))

        glance_nodes.leave_after(node, image_id, 1)
        before = count()
        for _ in range(20):
            glance_nodes.leave_after(node, image_id, 1)
        assert waiting.until(lambda: count() <= before + 3)
