# SPDX-License-Identifier: Apache-2.0
"""What happens to a node while it fills its cache: afterwards the next request is right.

And no file is without its row, no row without its file.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import file_opens
import glance_nodes
import node_app
import slow_link
import waiting
from glance_cache_nodes.fill.peer_finder import by_hash
from glance_nodes import Answer, Node, Nodes

pytestmark = pytest.mark.slow

SEEDS = range(int(os.environ.get("FILL_SEEDS", "1")))
SIZE = 3 * 1024 * 1024 + 11
RATE = 20e6


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """One node of three processes, and one that only helps the tests: no site has it."""
    root = tmp_path_factory.mktemp("faults")
    usual = {"rate": RATE, "server": "gunicorn", "threads": 4}
    # A link that stands still while a test acts is no stall, however busy the machine is.
    with glance_nodes.running(root, [1], options="fill_stall_timeout = 60", **usual) as running:
        yield running


@pytest.fixture
def node(nodes: Nodes) -> Iterator[Node]:
    slow_link.create(nodes.link, RATE)
    yield nodes.all[0]
    slow_link.create(nodes.link, RATE)


@contextlib.contextmanager
def begun(
    nodes: Nodes, node: Node, image_id: str, callers: int = 1, **headers: str
) -> Iterator[list[Future]]:
    """Begin downloads that stand still in the middle; they go on when the block ends."""
    with ThreadPoolExecutor(callers) as pool:
        slow_link.create(nodes.link, 2e6)
        futures = [pool.submit(node.download, image_id, **headers) for _ in range(callers)]
        assert waiting.until(lambda: node.part(image_id), every=0.005)
        slow_link.create(nodes.link, 0)
        yield futures
        slow_link.create(nodes.link, RATE)


def check(nodes: Nodes, node: Node, image_id: str, data: bytes) -> None:
    """Check that the record is right and that the next request is, too."""
    assert waiting.until(node.is_idle)
    assert (node.url in nodes.rows(image_id)) == node.has(image_id)
    check_next(nodes, node, image_id, data)


def check_next(nodes: Nodes, node: Node, image_id: str, data: bytes) -> None:
    """Check that the next request is right, and leaves a file and its row."""
    assert node.download(image_id).body == data
    assert waiting.until(node.is_idle)
    assert (node.url in nodes.rows(image_id)) == node.has(image_id) is True
    assert [path.suffix for path in (node.cache / "cache_nodes").glob(f"{image_id}.*")] == []


def is_clean(answer: Answer, data: bytes) -> bool:
    """Whether an answer is the image, or a body that any client sees to be too short."""
    return answer.status == 200 and (answer.is_broken or answer.body == data)


def holder_of_the_lock(node: Node, image_id: str) -> int:
    """Return the process that fills an image in, as the kernel knows it."""
    inode = (node.cache / "cache_nodes" / f"{image_id}.lock").stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        if words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
            return int(words[4])
    raise AssertionError("nobody holds the lock")


@pytest.mark.parametrize("seed", SEEDS)
def test_the_process_that_fills_is_killed(nodes: Nodes, node: Node, seed: int) -> None:
    chance = random.Random(seed)
    data = chance.randbytes(SIZE)
    image_id = glance_nodes.upload(node, data)
    with begun(nodes, node, image_id, callers=6) as futures:
        slow_link.create(nodes.link, 3e6)
        reached = chance.randrange(SIZE // 2)
        assert waiting.until(lambda: node.part(image_id) > reached, every=0.002)
        os.kill(holder_of_the_lock(node, image_id), signal.SIGKILL)
    for future in futures:
        with contextlib.suppress(OSError, EOFError):  # those that the killed process served
            assert is_clean(future.result(), data)
    check(nodes, node, image_id, data)


def test_the_next_process_removes_what_a_killed_one_left(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 1)
    image_id = glance_nodes.upload(node, data)
    with begun(nodes, node, image_id) as futures:  # so no other process reads along
        os.kill(holder_of_the_lock(node, image_id), signal.SIGKILL)
    with contextlib.suppress(OSError, EOFError):
        assert is_clean(futures[0].result(), data)
    assert waiting.until(node.is_idle)
    assert node.part(image_id) == 0
    check(nodes, node, image_id, data)


def test_a_process_is_killed_between_the_file_and_the_row(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 2)
    image_id, other = glance_nodes.upload(node, data), glance_nodes.upload(node, b"x")
    node.download(image_id)
    assert waiting.until(node.is_idle)
    nodes.execute("DELETE FROM cached_images WHERE image_id = :id", id=image_id)
    inode = (node.cache / image_id).stat().st_ino
    (node.cache / "cache_nodes" / f"{image_id}.lock").write_text(f"{SIZE} project {inode}")
    node.download(other)  # whatever fills next corrects it
    assert waiting.until(node.is_idle)
    check(nodes, node, image_id, data)


def test_a_process_is_killed_between_the_row_and_its_lock(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 14)
    image_id, other = glance_nodes.upload(node, data), glance_nodes.upload(node, b"x")
    node.download(image_id)
    assert waiting.until(node.is_idle)
    lock = node.cache / "cache_nodes" / f"{image_id}.lock"
    lock.write_text(f"{SIZE} {(node.cache / image_id).stat().st_ino}")
    node.download(other)
    assert waiting.until(node.is_idle)
    assert "The record cannot be corrected" not in node.log()
    check(nodes, node, image_id, data)


def test_a_file_is_removed_and_its_row_is_not(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 15)
    image_id = glance_nodes.upload(node, data)
    node.download(image_id)
    assert waiting.until(node.is_idle)
    (node.cache / image_id).unlink()
    check_next(nodes, node, image_id, data)


def test_the_image_is_deleted_meanwhile(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 3)
    image_id = glance_nodes.upload(node, data)
    with begun(nodes, node, image_id) as futures:
        # Glance deletes the file of the store, which stays open.
        assert node.call("DELETE", f"/v2/images/{image_id}").status == 204
    assert is_clean(futures[0].result(), data)
    assert waiting.until(node.is_idle)
    assert not node.has(image_id)
    assert not list((node.cache / "cache_nodes").glob(f"{image_id}.*"))
    assert node.download(image_id).status == 404


def test_the_image_is_deactivated_meanwhile(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 4)
    image_id = glance_nodes.upload(node, data)
    path = f"/v2/images/{image_id}/actions"
    with begun(nodes, node, image_id) as futures:
        assert node.call("POST", f"{path}/deactivate").status == 204
    assert is_clean(futures[0].result(), data)
    assert node.download(image_id, X_Auth_Token="member").status == 403
    assert node.call("POST", f"{path}/reactivate").status == 204
    check(nodes, node, image_id, data)


def test_the_record_cannot_be_written(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 5)
    image_id = glance_nodes.upload(node, data)
    with begun(nodes, node, image_id) as futures:
        nodes.execute("ALTER TABLE cached_images RENAME TO away")
    try:
        assert futures[0].result().body == data
        assert waiting.until(node.is_idle)
        assert not node.has(image_id)
    finally:
        nodes.execute("ALTER TABLE away RENAME TO cached_images")
    (node.cache / "cache_nodes" / f"{image_id}.failed").unlink()
    check(nodes, node, image_id, data)


def test_the_disk_is_full(nodes: Nodes, node: Node) -> None:
    """A bound on the size of files stands in for it: the kernel refuses the write likewise."""
    data = glance_nodes.content(SIZE, 6)
    image_id = glance_nodes.upload(node, data)
    with begun(nodes, node, image_id) as futures:
        filler = holder_of_the_lock(node, image_id)
        bound = (node.part(image_id) + 1000, resource.RLIM_INFINITY)
        resource.prlimit(filler, resource.RLIMIT_FSIZE, bound)
    answer = futures[0].result()
    resource.prlimit(filler, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert is_clean(answer, data)
    assert waiting.until(node.is_idle)
    (node.cache / "cache_nodes" / f"{image_id}.failed").unlink()
    check(nodes, node, image_id, data)


def test_the_cache_is_wiped_meanwhile(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 7)
    image_id = glance_nodes.upload(node, data)
    with begun(nodes, node, image_id) as futures:
        for path in (node.cache / "cache_nodes").iterdir():
            path.unlink()
    assert is_clean(futures[0].result(), data)
    (node.cache / "cache_nodes" / f"{image_id}.failed").unlink(missing_ok=True)
    check(nodes, node, image_id, data)


def test_images_are_placed_again_when_the_queue_can_be_written_again(tmp_path: Path) -> None:
    data = glance_nodes.content(SIZE, 12)
    with glance_nodes.running(tmp_path, [1], rate=RATE, options="fill_concurrency = 1") as nodes:
        node = nodes.all[0]
        queue, aside = node.cache / "queue", node.cache / "aside"
        first, second = (glance_nodes.upload(node, data) for _ in range(2))
        slow_link.create(nodes.link, 2e6)
        assert node.call("PUT", f"/v2/cache/{first}").status == 202
        assert waiting.until(lambda: node.part(first), every=0.005)
        queue.rename(aside)
        queue.touch()  # no directory
        slow_link.create(nodes.link, RATE)
        assert waiting.until(node.is_idle)
        check(nodes, node, first, data)
        queue.unlink()
        aside.rename(queue)
        assert node.call("PUT", f"/v2/cache/{second}").status == 202
        assert waiting.until(lambda: node.has(second))
        check(nodes, node, second, data)


def test_no_thread_can_be_started(tmp_path: Path) -> None:
    """A bound on the address space stands in for one on threads, which does not count for root."""
    data = glance_nodes.content(SIZE, 13)
    with glance_nodes.running(tmp_path, [1]) as nodes:
        node = nodes.all[0]
        image_id = glance_nodes.upload(node, data)
        assert node.process is not None
        pages = int(Path(f"/proc/{node.process.pid}/statm").read_text().split()[0])
        bound = (pages * resource.getpagesize() + (6 << 20), resource.RLIM_INFINITY)
        resource.prlimit(node.process.pid, resource.RLIMIT_AS, bound)
        assert node.download(image_id).body == data
        resource.prlimit(node.process.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        assert "can't start new thread" in node.log()
        assert node.is_idle()
        check(nodes, node, image_id, data)


def test_a_put_at_the_same_time_joins(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 8)
    image_id = glance_nodes.upload(node, data)
    with file_opens.counted(nodes.store) as opens:
        with begun(nodes, node, image_id) as futures:
            assert node.call("PUT", f"/v2/cache/{image_id}").status == 202
        assert futures[0].result().body == data
        assert waiting.until(lambda: not (node.cache / "queue" / image_id).exists())
        check(nodes, node, image_id, data)
        assert opens.of(image_id) == 1


def test_a_native_put_at_the_same_time_does_no_harm(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 10)
    image_id = glance_nodes.upload(node, data)
    incomplete = node.cache / "incomplete" / image_id
    with begun(nodes, node, image_id) as futures:
        # What has a query is left to Glance, which reads the backend for itself.
        assert node.call("PUT", f"/v2/cache/{image_id}?native").status == 202
        assert waiting.until(incomplete.exists)
    assert futures[0].result().body == data
    assert waiting.until(lambda: not incomplete.exists())
    assert waiting.until(lambda: not (node.cache / "queue" / image_id).exists())
    check(nodes, node, image_id, data)
    assert (node.cache / image_id).read_bytes() == data
    assert nodes.rows(image_id) == [node.url]


def test_a_token_that_expires_during_a_fill(nodes: Nodes, node: Node) -> None:
    data = glance_nodes.content(SIZE, 11)
    image_id = glance_nodes.upload(node, data)
    expired = node.directory / node_app.EXPIRED
    token = {"X_Auth_Token": "member"}
    with begun(nodes, node, image_id, **token) as futures:
        expired.write_text("member")
        assert node.download(image_id, **token).status == 401
    try:
        assert futures[0].result().body == data
        assert waiting.until(node.is_idle)
        assert node.has(image_id)
        assert node.download(image_id, **token).status == 401
    finally:
        expired.unlink()
    check(nodes, node, image_id, data)


def test_two_nodes_of_one_thread_each_fill_from_each_other(tmp_path: Path) -> None:
    with glance_nodes.running(tmp_path, [2], threads=1) as nodes:
        first, second = nodes.all
        data = glance_nodes.content(SIZE, 9)
        ids = {}
        while len(ids) < 2:  # one image for each of them to read for the other
            image_id = glance_nodes.upload(first, data)
            ids[by_hash(image_id, [first.url, second.url])[0]] = image_id
        with ThreadPoolExecutor(2) as pool:
            asked = [(first, ids[second.url]), (second, ids[first.url])]
            answers = list(pool.map(lambda each: each[0].download(each[1]), asked))
        assert all(answer.body == data for answer in answers)
        for node, image_id in asked:
            check(nodes, node, image_id, data)


def test_a_fill_evicts_nothing_that_is_the_pruners_work(tmp_path: Path) -> None:
    options = "[DEFAULT]\nimage_cache_max_size = 2500000"
    with glance_nodes.running(tmp_path, [1], options=options) as nodes:
        node = nodes.all[0]
        images = [glance_nodes.content(1_000_000, seed) for seed in range(3)]
        ids = [glance_nodes.upload(node, data) for data in images]
        for image_id, data in zip(ids, images, strict=True):
            assert node.download(image_id).body == data
            assert waiting.until(node.is_idle)
        assert all(node.has(image_id) for image_id in ids)
