# SPDX-License-Identifier: Apache-2.0
"""The ten ways in which the record was seen to be wrong: made, looked at natively, found, ended.

A case is a generator: it makes the record wrong, then yields three booleans in turn: whether Glance
goes on with it by itself, whether our commands find it, whether they end it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from world import SIZE, World, next_second, prunes_for_ever

GONE = "http://127.0.0.1:1"
OPTIONS = {
    3: {"DEFAULT": {"worker_self_reference_url": GONE}},  # case d changes it later
}


def deleted_elsewhere(world: World) -> Iterator[bool]:
    """a. An image is deleted through one node while others have it cached."""
    image_id = world.cached(2)
    orphan = world.cached(2)
    world.delete(image_id)
    world.delete(orphan)
    world.execute("DELETE FROM cached_images WHERE image_id = :id", id=orphan)
    loops = prunes_for_ever(world, 2)  # it evicts what has a row, and then the orphan is left
    world.cache(2, world.upload(os.urandom(SIZE)))
    again = world.cached(2)
    world.delete(again)
    yield loops and world.told(again) == 404 and world.file(2, again).exists()
    found = world.findings(2)
    yield {found.get(again), found.get(orphan)} == {"deleted_image"}
    world.ours(2, "reconcile", "--fix")
    left = [each for each in (again, orphan) if world.file(2, each).exists()]
    yield not left and not world.on_record(2, again) and not prunes_for_ever(world, 2)


def wiped_directory(world: World) -> Iterator[bool]:
    """b. A cache directory is wiped."""
    ids = [world.cached(4) for _ in range(2)]
    for image_id in ids:
        world.file(4, image_id).unlink()
    yield all(world.url(4) in world.told(each) for each in ids)
    yield world.findings(4) == dict.fromkeys(ids, "missing_file")
    status, _ = world.ours(4, "reconcile", "--fix")
    refused = status == 2 and all(world.on_record(4, each) for each in ids)
    world.ours(4, "reconcile", "--fix", "--force")
    yield refused and not any(world.on_record(4, each) for each in ids)


def killed_while_caching(world: World) -> Iterator[bool]:
    """c. A node is killed while it caches."""
    data = os.urandom(SIZE * 150)
    image_id = world.upload(data)
    got = world.call("GET", 2, f"/v2/images/{image_id}/file", stream=True)
    next(got.iter_content(65536))
    world.kill(2)
    got.close()
    world.start()
    world.download(2, image_id)
    yield world.file(2, image_id, "incomplete").exists() and not world.on_record(2, image_id)
    yield world.findings(2).get(image_id) == "stale_partial"
    world.ours(2, "reconcile", "--fix")
    right = world.download(2, image_id) == data
    yield right and world.is_true(2, image_id, data) and world.on_record(2, image_id)


def changed_url(world: World) -> Iterator[bool]:
    """d. ``worker_self_reference_url`` is changed."""
    data = os.urandom(SIZE)
    image_id = world.cached(3, data=data)
    world.rename(3, world.node(3).url)
    yield world.told(image_id) == [GONE] and world.download(3, image_id) == data
    yield world.findings(3) == {image_id: "missing_row"}
    status, _ = world.ours(3, "forget", GONE, "--now-called", world.url(3))
    yield status == 0 and world.told(image_id) == [world.url(3)]


def lost_row(world: World) -> Iterator[bool]:
    """e. A file has no row: the database failed when caching ended."""
    data = os.urandom(SIZE)
    image_id = world.cached(2, data=data)
    world.execute("DELETE FROM cached_images WHERE image_id = :id", id=image_id)
    yield world.download(2, image_id) == data and world.told(image_id) == []
    yield world.findings(2).get(image_id) == "missing_row"
    world.ours(2, "reconcile", "--fix")
    yield world.told(image_id) == [world.url(2)]


def flipped_bytes(world: World) -> Iterator[bool]:
    """f. Bytes of a file are flipped."""
    data = os.urandom(SIZE)
    image_id = world.cached(2, data=data)
    with world.file(2, image_id).open("r+b") as file:
        file.write(bytes(byte ^ 255 for byte in data[:16]))
    got = world.download(2, image_id)
    yield got is not None and got != data and world.on_record(2, image_id)
    yield world.findings(2, "--verify-checksums").get(image_id) == "wrong_checksum"
    world.ours(2, "reconcile", "--verify-checksums", "--fix")
    yield not world.on_record(2, image_id) and world.download(2, image_id) == data


def shared_url(world: World) -> Iterator[bool]:
    """g. Two nodes have one URL."""
    _let_glance_list(world)
    own = world.url(5)
    data = os.urandom(SIZE)
    image_id = world.cached(1, data=data)
    world.rename(5, world.url(1))
    world.download(5, image_id)
    world.call("DELETE", 5, f"/v2/cache/{image_id}").raise_for_status()
    yield world.file(1, image_id).exists() and world.told(image_id) == []
    yield _identity(world, 5) == "error" and _identity(world, 1) == "success"
    world.rename(5, own)
    for number in (1, 5):
        world.ours(number, "reconcile", "--fix")
    yield _identity(world, 5) == "success" and world.told(image_id) == [world.url(1)]


def _identity(world: World, number: int) -> str:
    return _line(world, number, "node identity")["result"]


def _line(world: World, number: int, name: str) -> dict[str, str]:
    _, report = world.ours(number, "check")
    return next(each for each in report["checks"] if each["check"] == name)


def _let_glance_list(world: World) -> None:
    """Let Glance's own user list the cache; it is no admin in the lab."""
    for number in (1, 5):
        policy = world.node(number).directory / "policy.yaml"
        policy.write_text('cache_list: "role:admin or role:service"\n')


def truncated_file(world: World) -> Iterator[bool]:
    """h. A file is truncated."""
    data = os.urandom(SIZE)
    image_id = world.cached(2, data=data)
    os.truncate(world.file(2, image_id), 1000)
    yield world.download(2, image_id) != data and world.on_record(2, image_id)
    yield world.findings(2).get(image_id) == "wrong_length"
    world.ours(2, "reconcile", "--fix")
    yield not world.on_record(2, image_id) and world.download(2, image_id) == data


def node_gone(world: World) -> Iterator[bool]:
    """i. A node is gone for good."""
    image_id = world.cached(6)
    url = world.url(6)
    refused, _ = world.ours(1, "forget", url)
    world.stop(6)
    yield world.told(image_id) == [url]
    yield url in _line(world, 1, "other nodes")["detail"]
    status, _ = world.ours(1, "forget", url)
    yield (refused, status) == (1, 0) and world.told(image_id) == []


def reused_id(world: World) -> Iterator[bool]:
    """j. The ID of a purged image is used again."""
    old, new = os.urandom(SIZE), os.urandom(SIZE)
    image_id = world.cached(2, data=old)
    world.delete(image_id)
    world.purge(image_id)
    next_second()
    world.upload(new, image_id=image_id)
    yield world.download(2, image_id) == old and world.on_record(2, image_id)
    yield world.findings(2).get(image_id) == "reused_id"
    world.ours(2, "reconcile", "--fix")
    yield not world.on_record(2, image_id) and world.download(2, image_id) == new


CASES = {
    "a": deleted_elsewhere,
    "b": wiped_directory,
    "c": killed_while_caching,
    "d": changed_url,
    "e": lost_row,
    "f": flipped_bytes,
    "g": shared_url,
    "h": truncated_file,
    "i": node_gone,
    "j": reused_id,
}
NODES = {"a": 2, "b": 4, "c": 2, "d": 3, "e": 2, "f": 2, "g": 5, "h": 2, "i": 6, "j": 2}
"""How many nodes each case needs."""
