# SPDX-License-Identifier: Apache-2.0
"""Real Glance nodes whose record can be made wrong, and asked natively and by our commands."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import requests
import sqlalchemy as sa
from keystoneauth1 import session
from keystoneauth1.identity import v3

import glance_cache_nodes_lab as labs
import waiting
from glance_cache_nodes_lab import users

HERE = Path(__file__).parent
COMMAND = "import sys; from glance_cache_nodes.cmd import main; sys.exit(main())"
GLANCE = "import sys; from glance.cmd.cache_{name} import main; sys.exit(main())"
SIZE = 200_000
WITH_BYTES = "('active', 'deactivated')"
ROWS = sa.text(
    "SELECT node_reference_url, image_id FROM cached_images c JOIN node_reference n "
    "ON n.node_reference_id = c.node_reference_id"
)


class World:
    """A lab; its nodes are counted from 1."""

    def __init__(self, lab: labs.LabState) -> None:
        self.lab, self.errors = lab, ""
        self.engine = sa.create_engine(lab.database, poolclass=sa.pool.NullPool)
        self._thread = threading.local()
        login = users.login(users.ADMIN, lab.passwords[users.ADMIN.name])
        auth = v3.Password(auth_url=lab.keystone_url, **login)
        self._keystone = session.Session(auth, session=_direct())

    @property
    def http(self) -> requests.Session:
        """The connections of this thread."""
        if not hasattr(self._thread, "http"):
            self._thread.http = _direct()
        return self._thread.http

    def node(self, number: int) -> labs.Service:
        """Return a node."""
        return self.lab.nodes[number - 1]

    def file(self, number: int, image_id: str, below: str = "") -> Path:
        """Return where a node has an image's file."""
        return self.cache_dir(number) / below / image_id

    def cache_dir(self, number: int) -> Path:
        """Return a node's cache directory."""
        return Path(self.option(number, "image_cache_dir"))

    def call(self, method: str, number: int, path: str, **words: object) -> requests.Response:
        """Call a node as an admin."""
        headers = {"X-Auth-Token": self._keystone.get_token(), **words.pop("headers", {})}
        url = f"{self.node(number).url}{path}"
        words.setdefault("timeout", waiting.GIVE_UP)
        return self.http.request(method, url, headers=headers, **words)

    def upload(self, data: bytes, number: int = 1, image_id: str | None = None) -> str:
        """Upload an image through a node; return its ID."""
        body = {"name": "image", "disk_format": "raw", "container_format": "bare"}
        body |= {"id": image_id} if image_id else {}
        made = self.call("POST", number, "/v2/images", json=body)
        made.raise_for_status()
        kind = {"Content-Type": "application/octet-stream"}
        path = f"/v2/images/{made.json()['id']}/file"
        self.call("PUT", number, path, data=data, headers=kind).raise_for_status()
        return made.json()["id"]

    def delete(self, image_id: str, number: int = 1) -> None:
        """Delete an image through a node."""
        self.call("DELETE", number, f"/v2/images/{image_id}").raise_for_status()

    def cache(self, number: int, image_id: str) -> None:
        """Have a node cache an image; return when the record has it."""
        self.call("PUT", number, f"/v2/cache/{image_id}").raise_for_status()
        assert waiting.until(lambda: self.on_record(number, image_id)), "it was not cached"

    def cached(self, *numbers: int, data: bytes | None = None) -> str:
        """Upload an image and have nodes cache it; return its ID."""
        image_id = self.upload(data or os.urandom(SIZE))
        for number in numbers:
            self.cache(number, image_id)
        return image_id

    def download(self, number: int, image_id: str) -> bytes | None:
        """Return the bytes that a node serves; None for an error, or when they broke off."""
        with contextlib.suppress(requests.RequestException):
            got = self.call("GET", number, f"/v2/images/{image_id}/file")
            return got.content if got.status_code == 200 else None
        return None

    def record(self) -> set[tuple[str, str]]:
        """Return the URL and the image of each row."""
        with self.engine.connect() as connection:
            return {(row[0], row[1]) for row in connection.execute(ROWS)}

    def images(self) -> dict[str, bytes]:
        """Return the SHA-512 of each image that Glance has bytes of, by ID."""
        query = sa.text(f"SELECT id, os_hash_value FROM images WHERE status IN {WITH_BYTES}")
        with self.engine.connect() as connection:
            return {row[0]: bytes.fromhex(row[1]) for row in connection.execute(query)}

    def others(self) -> list[tuple[object, ...]]:
        """Return ID, status and mark of the images that have no bytes and are not deleted."""
        query = sa.text(
            f"SELECT id, status, deleted FROM images WHERE status NOT IN {WITH_BYTES} "
            "AND NOT (status = 'deleted' AND deleted)"
        )
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def on_record(self, number: int, image_id: str) -> bool:
        """Return whether the record names the node for the image."""
        return (self.url(number), image_id) in self.record()

    def told(self, image_id: str) -> list[str] | int:
        """Return what the call says of an image, or its status."""
        got = self.call("GET", 1, f"/v2/cache/nodes/{image_id}")
        return got.json()["cached_nodes"] if got.status_code == 200 else got.status_code

    def url(self, number: int) -> str:
        """Return the node reference URL that a node is configured with."""
        return self.option(number, "worker_self_reference_url")

    def option(self, number: int, name: str) -> str:
        """Return an option of a node's configuration."""
        lines = self.configuration(number).read_text().splitlines()
        return next(line for line in lines if line.startswith(f"{name} =")).partition("= ")[2]

    def rename(self, number: int, url: str) -> None:
        """Give a node another URL, and restart it."""
        path, old = self.configuration(number), self.url(number)
        key = "worker_self_reference_url = "
        path.write_text(path.read_text().replace(key + old, key + url))
        self.stop(number)
        self.start()

    def configuration(self, number: int) -> Path:
        """Return a node's glance-api.conf."""
        return self.node(number).directory / "glance-api.conf"

    def execute(self, statement: str, **values: object) -> None:
        """Change the database as an accident would."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def purge(self, image_id: str) -> None:
        """Remove what the database has of a deleted image, as ``glance-manage db purge`` does."""
        for table in ("image_locations", "image_properties", "image_tags", "image_members"):
            self.execute(f"DELETE FROM {table} WHERE image_id = :id", id=image_id)
        self.execute("DELETE FROM images WHERE id = :id", id=image_id)

    def stop(self, number: int) -> None:
        """End a node."""
        labs.down(self.lab.directory, [self.node(number).name])

    def kill(self, number: int) -> None:
        """Kill a node with -9."""
        process = self.node(number).process
        os.kill(process.pid, signal.SIGKILL)
        assert waiting.until(lambda: not self.node(number).running)

    def freeze(self, number: int) -> None:
        """Stop a node's process, which then neither answers nor ends a connection."""
        os.kill(self.node(number).process.pid, signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        """Let it go on."""
        os.kill(self.node(number).process.pid, signal.SIGCONT)

    def start(self) -> None:
        """Start what does not run."""
        self.lab = labs.up(self.lab.directory, progress=lambda _: None)

    def ours(self, number: int, *words: str) -> tuple[int, dict]:
        """Run one of our commands on a node; return its exit status and its JSON."""
        argv = [*words, "--config-file", str(self.configuration(number)), "--json"]
        self.commands.stdin.write(json.dumps(argv) + "\n")
        self.commands.stdin.flush()
        status, output, errors = json.loads(self.commands.stdout.readline())
        self.errors += errors
        return status, json.loads(output or "{}")

    def ours_killed(self, number: int, seconds: float, *words: str) -> None:
        """Run one of our commands on a node, and kill it with -9 after so many seconds."""
        self._killed(seconds, COMMAND, *words, "--config-file", str(self.configuration(number)))

    def glances_killed(self, number: int, seconds: float, name: str, options: str = "") -> None:
        """Do the same with one of Glance's own, such as ``pruner``, with further options."""
        self._killed(seconds, *self.glances(number, name, options))

    def glances(self, number: int, name: str, options: str) -> tuple[str, ...]:
        """Return the program of one of Glance's commands and its words, with further options."""
        extra = self.node(number).directory / f"{name}.conf"
        extra.write_text(f"[DEFAULT]\n{options}\n")
        files = ("--config-file", str(self.configuration(number)), "--config-file", str(extra))
        return (GLANCE.format(name=name), *files)

    def _killed(self, seconds: float, code: str, *argv: str) -> None:
        process = subprocess.Popen(
            [self.lab.glance_python, "-W", "ignore", "-c", code, *argv],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        process.wait()

    @functools.cached_property
    def commands(self) -> subprocess.Popen[str]:
        """The process that runs our commands in the environment of the lab's Glance."""
        return subprocess.Popen(
            [self.lab.glance_python, "-W", "ignore", str(HERE / "command_server.py")],
            env={**os.environ, "OS_CLIENT_CONFIG_FILE": str(self.lab.clouds_file)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End what was started here."""
        self.commands.communicate()

    def findings(self, number: int, *words: str) -> dict[str, str]:
        """Return what reconcile finds on a node, by image ID."""
        _, report = self.ours(number, "reconcile", *words)
        return {each["image_id"]: each["finding"] for each in report["findings"]}

    def is_true(self, number: int, image_id: str, data: bytes) -> bool:
        """Return whether record and disk agree, and a file is the image."""
        file = self.file(number, image_id)
        if not file.exists():
            return not self.on_record(number, image_id)
        same = hashlib.sha512(file.read_bytes()).digest() == hashlib.sha512(data).digest()
        return same and self.on_record(number, image_id)


def _direct() -> requests.Session:
    made = requests.Session()
    made.trust_env = False  # no proxy reaches loopback
    return made


def prunes_for_ever(world: World, number: int) -> bool:
    """Return whether Glance's pruner removes the same nothing again and again."""
    options = "image_cache_max_size = 1\ndebug = true\nlog_file =\nlog_dir ="
    process = subprocess.Popen(
        [world.lab.glance_python, "-W", "ignore", "-c", *world.glances(number, "pruner", options)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        pruned = 0
        for line in process.stderr:
            pruned += "Pruning 'None'" in line
            if pruned > 20:
                return True
        assert process.wait() == 0
        return False
    finally:
        process.kill()
        process.communicate()


def next_second() -> None:
    """Wait until the clock shows another second: some databases keep no parts of one."""
    now = int(time.time())
    assert waiting.until(lambda: int(time.time()) > now)


@contextlib.contextmanager
def running(directory: Path, nodes: int | None, **words: object) -> Iterator[World]:
    """Run a lab of so many nodes for the block; the other words are those of ``up``."""
    try:
        lab = labs.up(directory, nodes, progress=lambda _: None, **words)
        world = World(lab)
        try:
            yield world
        finally:
            world.close()
    finally:
        with contextlib.suppress(Exception):
            labs.down(directory, delete=True)
