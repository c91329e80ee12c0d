# SPDX-License-Identifier: Apache-2.0
"""What users and Glance's operators do during a storm, each in threads of its own."""

from __future__ import annotations

import collections
import contextlib
import hashlib
import random
import threading
from collections.abc import Callable

import requests
from world import World

KILOBYTE = 1000
SIZES = (50 * KILOBYTE, 400 * KILOBYTE, 2000 * KILOBYTE, 5000 * KILOBYTE)
FEWEST, MOST = 8, 14


class Actors:
    """Users of a world.

    Args:
        world: real nodes.
        seed: what they do follows from it, as far as threads let it.

    Attributes:
        counts: how often each thing was done, and how it ended.
        images: the SHA-512 of each image that Glance has, by ID.
    """

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._seed = world, seed
        self._nodes = range(1, len(world.lab.nodes) + 1)
        self.counts: collections.Counter[str] = collections.Counter()
        self.images: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def upload(self, chance: random.Random) -> None:
        """Upload an image through any node."""
        data = chance.randbytes(chance.choice(SIZES))
        image_id = self._world.upload(data, chance.choice(self._nodes))
        with self._lock:
            self.images[image_id] = hashlib.sha512(data).digest()

    def delete(self, chance: random.Random) -> None:
        """Delete an image through any node; those that cache it keep their files."""
        image_id = self._any(chance)
        with self._lock:
            self.images.pop(image_id, None)
        self._world.delete(image_id, chance.choice(self._nodes))

    def change(self, chance: random.Random) -> None:
        """Upload or delete."""
        few, many = len(self.images) < FEWEST, len(self.images) > MOST
        (self.upload if few or (not many and chance.random() < 0.5) else self.delete)(chance)

    def download(self, chance: random.Random) -> None:
        """Download an image through any node, and compare the bytes."""
        image_id = self._any(chance)
        expected = self.images.get(image_id)
        path = f"/v2/images/{image_id}/file"
        answer = self._world.call("GET", chance.choice(self._nodes), path, timeout=60)
        answer.raise_for_status()
        if answer.status_code != 200:  # 204 while Glance deletes the image
            self.counts["download that got no content"] += 1
            return
        if expected is not None and hashlib.sha512(answer.content).digest() != expected:
            self.counts["downloads with wrong bytes"] += 1
            print(f"  wrong bytes: {image_id}, {len(answer.content)} bytes", flush=True)

    def cache(self, chance: random.Random) -> None:
        """Have a node cache an image."""
        path = f"/v2/cache/{self._any(chance)}"
        self._world.call("PUT", chance.choice(self._nodes), path, timeout=60).raise_for_status()

    def evict(self, chance: random.Random) -> None:
        """Evict an image from a node."""
        path = f"/v2/cache/{self._any(chance)}"
        self._world.call("DELETE", chance.choice(self._nodes), path, timeout=60).raise_for_status()

    def place(self, chance: random.Random) -> None:
        """Have all nodes cache an image."""
        path, everywhere = f"/v2/cache/nodes/{self._any(chance)}", {"all": True}
        number = chance.choice(self._nodes)
        self._world.call("PUT", number, path, json=everywhere, timeout=60).raise_for_status()

    def evict_everywhere(self, chance: random.Random) -> None:
        """Evict an image from all nodes."""
        path = f"/v2/cache/nodes/{self._any(chance)}?all=true"
        self._world.call("DELETE", chance.choice(self._nodes), path, timeout=60).raise_for_status()

    def deactivate(self, chance: random.Random) -> None:
        """Deactivate an image, and activate it again."""
        path = f"/v2/images/{self._any(chance)}/actions"
        for action in ("deactivate", "reactivate"):
            number = chance.choice(self._nodes)
            self._world.call("POST", number, f"{path}/{action}", timeout=60).raise_for_status()
            self._stop.wait(chance.uniform(0.0, 1.0))

    def start(self) -> None:
        """Begin."""
        actions = [self.download] * 4 + [self.cache, self.cache, self.evict, self.change]
        actions += [self.place, self.evict_everywhere, self.deactivate]
        for number, action in enumerate(actions):
            chance = random.Random(f"{self._seed} {number}")
            thread = threading.Thread(target=self._repeat, args=(action, chance), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End; return when nothing is under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _any(self, chance: random.Random) -> str:
        with self._lock:
            return chance.choice(sorted(self.images))

    def _repeat(self, action: Callable[[random.Random], None], chance: random.Random) -> None:
        while not self._stop.is_set():
            self.counts[action.__name__] += 1
            try:
                action(chance)
            except requests.RequestException:
                self.counts[f"{action.__name__} that got an error"] += 1
            with contextlib.suppress(TimeoutError):
                self._stop.wait(chance.uniform(0.0, 0.3))
