# SPDX-License-Identifier: Apache-2.0
"""Small file systems for a cache directory, which root can make full or read-only."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

MEGABYTES = 48
SPARE = 16  # what ext4 keeps for itself, in megabytes


def missing() -> str:
    """Return why there are none here, or nothing."""
    if os.geteuid():
        return "only root may mount a small file system"
    return (
        "" if shutil.which("mkfs.ext4", path=_PATH) else "no mkfs.ext4: apt-get install e2fsprogs"
    )


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


@contextlib.contextmanager
def mounted(kind: str, directory: Path) -> Iterator[None]:
    """Mount a tmpfs or an ext4 in a file at a directory, for the block."""
    directory.mkdir(parents=True)
    if kind == "tmpfs":
        _run("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "none", str(directory))
    else:
        image = directory.with_suffix(".ext4")
        with image.open("wb") as file:
            file.truncate((MEGABYTES + SPARE) << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(image))
        _run("mount", "-o", "loop", str(image), str(directory))
    try:
        yield
    finally:
        _run("umount", "-l", str(directory))


def make_read_only(directory: Path) -> None:
    """Do what the kernel does to an ext4 that has an error, also while files are written."""
    _run("mount", "-o", "remount,abort", str(directory))


@contextlib.contextmanager
def full(directory: Path) -> Iterator[None]:
    """Leave no byte free for the block."""
    ballast = directory / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (1 << 20, 1 << 12, 1):
                _write_until_full(file, bytes(size))
        yield
    finally:
        ballast.unlink()


def _write_until_full(file, block: bytes) -> None:
    with contextlib.suppress(OSError):
        while file.write(block) == len(block):
            pass


def delete_tree(root: Path) -> None:
    """Delete a directory, unless something is mounted below it."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    below = [mount for mount in mounts if Path(mount).is_relative_to(root)]
    if below:
        print(f"{root} stays: {', '.join(below)} is mounted there", flush=True)
    else:
        shutil.rmtree(root, ignore_errors=True)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, env={**os.environ, "PATH": _PATH})
