# SPDX-License-Identifier: Apache-2.0
"""The same nodes twice: plain Glance, and Glance with our filters."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bad_holders
import disks
from bad_holders import BadHolders
from server_kinds import Kind
from timed_download import Begun, Client, Image

import glance_nodes
import slow_link
import waiting
from glance_nodes import Node, Nodes

MIB = 1024 * 1024
FAST, SLOW = 1e12, 4e6  # bytes a second over the link to the store
QUIET = 0.4  # seconds without a change of the caches after which nothing is under way
PATIENCE = 8.0  # seconds to wait for that
NATIVE, OURS = "natively", "with it"


@dataclass(frozen=True)
class Setup:
    """What the nodes of a case are.

    Attributes:
        nodes: how many, in one site.
        options: further options under ``[cache_nodes]``; a section may follow.
        disk: the kind of a small file system for the first node's cache; empty for none.
        has_link: whether the store is behind a link, which can be slow.
        others: further words of :class:`node_settings.Setting`.
    """

    nodes: int = 1
    options: str = ""
    disk: str = ""
    has_link: bool = True
    others: tuple[tuple[str, Any], ...] = ()


@dataclass
class Side:
    """Nodes, natively or with our filters.

    Attributes:
        name: NATIVE or OURS.
        bad: the addresses that the sites file names beside the nodes.
        images: those of the turn.
        directions: images by the node that reads them for the site, which outlive the turn.
    """

    name: str
    nodes: Nodes
    bad: BadHolders
    images: list[Image] = field(default_factory=list)
    directions: dict[str, list[Image]] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        return self.name == OURS

    @property
    def node(self) -> Node:
        """The node that is looked at."""
        return self.nodes.all[0]

    @property
    def other(self) -> Node:
        """The second node of its site."""
        return self.nodes.all[1]

    def image(self, label: str = "image", size: int = MIB, **attributes: object) -> Image:
        """Upload an image of this turn."""
        made = self.lasting_image(label, size, **attributes)
        self.images.append(made)
        return made

    def lasting_image(self, label: str, size: int, **attributes: object) -> Image:
        """Upload an image that stays."""
        data = glance_nodes.content(size, time.monotonic_ns())
        image_id = glance_nodes.upload(self.node, data, **attributes)
        return Image(image_id, label, size, hashlib.sha256(data).hexdigest())

    def link(self, rate: float) -> None:
        """Let the link to the store have another rate; 0 stops it."""
        slow_link.create(self.nodes.link, rate)

    @contextlib.contextmanager
    def begun(self, image: Image) -> Iterator[Begun]:
        """Let a download stand still in its middle for the block; then it goes on."""
        self.link(SLOW)
        begun = Begun(Client(self.node, image))
        waiting.until(lambda: begun.client.received >= image.size / 4 or begun.has_ended(), 0.01)
        self.link(0)
        try:
            yield begun
        finally:
            self.link(FAST)

    def settle(self) -> None:
        """Return when nothing changes in the caches, or has not come to rest in time."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not all(node.is_idle() for node in self.nodes.all):
            time.sleep(0.05)  # a fill writes its row last
        seen, since = self._files(), time.monotonic()
        while time.monotonic() < min(since + QUIET, deadline):
            time.sleep(0.05)
            now = self._files()
            if now != seen:
                seen, since = now, time.monotonic()

    def cached(self, *held: tuple[Node, Image]) -> frozenset[str]:
        """Return the labels of those images that their node holds, whole and right."""
        self.settle()
        return frozenset(image.label for node, image in held if holds(node, image))

    def evict(self, images: Iterable[Image]) -> None:
        """Take images out of all caches."""
        for image in images:
            for node in self.nodes.all:
                with contextlib.suppress(OSError):
                    node.call("DELETE", f"/v2/cache/{image.id}")

    def end_turn(self, *, is_stuck: bool) -> None:
        """Delete the images of the turn, and start stuck nodes anew."""
        if self.nodes.link.exists():
            self.link(FAST)
        if is_stuck:
            restart(self)
        self.evict(self.images)
        for image in self.images:
            self.node.call("DELETE", f"/v2/images/{image.id}")
        self.images.clear()

    def _files(self) -> set[tuple[str, int]]:
        found = set()
        for node in self.nodes.all:
            for path in node.cache.rglob("*"):
                with contextlib.suppress(OSError):
                    found.add((str(path), path.lstat().st_size))
        return found


def holds(node: Node, image: Image) -> bool:
    """Return whether a node's cache has an image, whole and right."""
    try:
        return hashlib.sha256((node.cache / image.id).read_bytes()).hexdigest() == image.digest
    except OSError:
        return False


def will_hold(node: Node, image: Image) -> bool:
    """Wait for a node to hold an image, not for long; return whether it does."""
    deadline = time.monotonic() + PATIENCE
    return waiting.until(lambda: holds(node, image) or time.monotonic() > deadline) and holds(
        node, image
    )


def restart(*several: Side) -> None:
    """Start the nodes anew, with nothing in their caches."""
    every = [side.nodes for side in several]
    glance_nodes.stop(*every)
    for nodes in every:
        for node in nodes.all:
            for path in node.cache.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        nodes.execute("DELETE FROM cached_images")
    glance_nodes.start(*every)


@contextlib.contextmanager
def running(root: Path, kind: Kind, setup: Setup) -> Iterator[tuple[Side, Side]]:
    """Run both for the block; what the directory has already is left alone."""
    with contextlib.ExitStack() as stack:
        bad = stack.enter_context(bad_holders.listening())
        native, ours = (
            Side(name, stack.enter_context(_nodes(root, name, kind, setup, bad)), bad)
            for name in (NATIVE, OURS)
        )
        stack.enter_context(glance_nodes.served(native.nodes, ours.nodes))
        yield native, ours


@contextlib.contextmanager
def _nodes(root: Path, name: str, kind: Kind, setup: Setup, bad: BadHolders) -> Iterator[Nodes]:
    own = Path(tempfile.mkdtemp(dir=root))
    own.chmod(0o755)
    disk = contextlib.nullcontext()
    if setup.disk and not disks.missing():
        disk = disks.mounted(setup.disk, own / "site0-0/cache")
    words = {
        "is_native": name == NATIVE,
        "rate": FAST if setup.has_link else 0.0,
        "processes": kind.processes,
        "threads": kind.threads,
        "stall_timeout": 10.0,  # the option's default
        "options": setup.options,
        "server": kind.server,
        "strangers": bad.all,
        "python": kind.python(),
        "tables": root / f"{kind.release}.sqlite",
        **dict(setup.others),
    }
    with disk:
        yield glance_nodes.made(own, [setup.nodes], **words)
