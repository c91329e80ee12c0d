# SPDX-License-Identifier: Apache-2.0
"""``make storm``: users and faults on real nodes; afterwards reconcile, and record equals disk.

``python tests/storm/run.py SECONDS SEED [--database NAME] [--fill]``. The exit status is 1 when a
row is wrong, a right copy was removed, or a download gave wrong bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import random
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "truth"))
sys.path.insert(0, str(Path(__file__).parents[1] / "databases"))

import actors
import kinds
import servers
import storm_faults
import world as worlds

import ended_early
import waiting

NODES = 3
DATABASES = {"mariadb": kinds.MARIADB, "postgresql": kinds.POSTGRESQL}


def copies(world: worlds.World, images: dict[str, bytes]) -> set[tuple[int, str]]:
    """Return the node and the image of each whole, right copy on the disks."""
    return {
        (number, image_id)
        for number in range(1, NODES + 1)
        for image_id, digest in images.items()
        if _digest(world.file(number, image_id)) == digest
    }


def wrong_rows(world: worlds.World, images: dict[str, bytes]) -> set[tuple[str, str]]:
    """Return what the record has and no disk, or a disk and not the record."""
    right = {(world.url(number), image_id) for number, image_id in copies(world, images)}
    return right ^ world.record()


def foreign_files(world: worlds.World, images: dict[str, bytes]) -> list[Path]:
    """Return the files on the disks that are no right copy."""
    right = {world.file(number, image_id) for number, image_id in copies(world, images)}
    directories = [world.cache_dir(number) for number in range(1, NODES + 1)]
    whole = [path for each in directories for path in each.iterdir()]
    partial = [path for each in directories for path in (each / "incomplete").iterdir()]
    filled = [path for each in directories for path in each.glob("cache_nodes/*.part")]
    found = (*whole, *partial, *filled)
    return [path for path in found if path.is_file() and path not in right]


def _digest(path: Path) -> bytes | None:
    return hashlib.sha512(path.read_bytes()).digest() if path.is_file() else None


def wait_for_quiet(world: worlds.World) -> None:
    """Return when no node caches anything any more."""
    seen: list[object] = [None]

    def is_quiet() -> bool:
        directories = [world.cache_dir(number) for number in range(1, NODES + 1)]
        paths = [path for each in directories for path in each.rglob("*")]
        now = sorted((str(path), path.stat().st_size) for path in paths if path.is_file())
        before, seen[0] = seen[0], now
        return before == now

    waiting.until(is_quiet, every=3.0)


def wreak(world: worlds.World, server: object, seconds: float, seed: int, small: bool) -> bool:
    """Return whether all was right in the end."""
    users = actors.Actors(world, seed)
    chance = random.Random(seed)
    for _ in range(actors.FEWEST + 2):
        users.upload(chance)
    storm = storm_faults.Faults(world, server, has_small_disk=small)
    users.start()
    storm.happen(seconds, chance, users.counts)
    users.stop()
    storm.start_all()
    wait_for_quiet(world)
    images = world.images()  # also those whose upload or deletion was answered by an error
    errors = sum(images.get(image_id) != digest for image_id, digest in users.images.items())
    lies, before = wrong_rows(world, images), copies(world, images)
    statuses = [
        world.ours(number, "reconcile", "--fix", "--force", "--verify-checksums")[0]
        for number in range(1, NODES + 1)
    ]
    left = [*wrong_rows(world, images), *foreign_files(world, images)]
    lost = len(before - copies(world, images))
    wrong = users.counts.pop("downloads with wrong bytes", 0) + sum(_bad_downloads(world, images))
    print("".join(f"  wrong: {each}\n" for each in left), end="")
    if left:
        print(f"  images that are not active: {world.others()}")
    print(f"operations: {_told(users.counts)}")
    print(f"faults: {_told(storm.counts)}")
    print(f"reconcile: exit statuses {statuses}, {len(before)} right copies before")
    print(
        f"wrong before reconcile {len(lies)}, wrong left {len(left)}, right copies lost {lost}, "
        f"downloads with wrong bytes {wrong}, images lost {errors}"
    )
    return not (left or lost or wrong or errors)


def _bad_downloads(world: worlds.World, images: dict[str, bytes]) -> list[bool]:
    """Return for each node and image whether the node serves other bytes; an error is none."""
    found = [
        (world.download(number, image_id), digest)
        for number in range(1, NODES + 1)
        for image_id, digest in images.items()
    ]
    return [data is not None and hashlib.sha512(data).digest() != digest for data, digest in found]


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))


def main(seconds: float, seed: int, kind: str | None, *, with_fill: bool) -> int:
    """Return the exit status."""
    ended_early.clean_up()
    usable = [name for name, each in DATABASES.items() if not each.missing()]
    kind = kind or next(iter(usable), "sqlite")
    with contextlib.ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="storm-"))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        server = None if kind == "sqlite" else stack.enter_context(getattr(servers, kind)())
        url = server.url("storm") if server else None
        disk = directory / "disk"
        small = stack.enter_context(storm_faults.small_disk(disk))
        options = {storm_faults.SMALL: {"DEFAULT": {"image_cache_dir": str(disk)}}} if small else {}
        fill = ", with the fill" if with_fill else ""
        print(f"seed {seed}, {seconds:g} s, {NODES} nodes, {kind}{fill}", flush=True)
        if not small:
            print("no disk is filled: that takes root, to mount a small file system", flush=True)
        nodes = None if with_fill else NODES
        words = {"database": url, "node_options": options, "with_fill": with_fill}
        words["in_sites"] = {"edge": NODES} if with_fill else None
        running = worlds.running(directory / "lab", nodes, **words)
        world = stack.enter_context(running)
        good = wreak(world, server, seconds, seed, small)
    print("passed" if good else "failed")
    return 0 if good else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed", type=int)
    parser.add_argument("--database", choices=[*DATABASES, "sqlite"])
    parser.add_argument("--fill", action="store_true")
    given = parser.parse_args()
    sys.exit(main(given.seconds, given.seed, given.database, with_fill=given.fill))
