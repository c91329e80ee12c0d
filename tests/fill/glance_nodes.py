# SPDX-License-Identifier: Apache-2.0
"""Several real Glance nodes, each in a process of its own, on one database and one store."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import slow_link
import sqlalchemy as sa

import glance_site
import waiting
from glance_cache_nodes import paste_config
from glance_cache_nodes.paste_config.filters import FILTERS, WITH_FILL
from glance_cache_nodes_lab import ports

HERE = Path(__file__).parent
# The Python of an environment with another release of Glance.
PYTHON = Path(os.environ.get("FILL_PYTHON", sys.executable))
FACTORIES = {
    "cache_nodes": "glance_cache_nodes.api.filter:filter_factory",
    "cache_fill": "glance_cache_nodes.fill.filter:filter_factory",
}
STALL_TIMEOUT = 1.0


@dataclass
class Answer:
    """What a node answered; ``body`` is what came of it before it broke off, if it did."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    is_broken: bool = False


@dataclass
class Node:
    """A node."""

    directory: Path
    port: int
    process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def cache(self) -> Path:
        return self.directory / "cache"

    def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Ask it, as admin unless another token is given."""
        return call(self.url, method, path, body, **headers)

    def download(self, image_id: str, **headers: str) -> Answer:
        return self.call("GET", f"/v2/images/{image_id}/file", **headers)

    def log(self) -> str:
        return (self.directory / "glance-api.log").read_text(errors="replace")

    def has(self, image_id: str) -> bool:
        return (self.cache / image_id).exists()

    def part(self, image_id: str) -> int:
        """Return the bytes in the part file of a fill; 0 for none."""
        try:
            return (self.cache / "cache_nodes" / f"{image_id}.part").stat().st_size
        except FileNotFoundError:
            return 0

    def is_idle(self) -> bool:
        """Whether it fills nothing in."""
        return not list((self.cache / "cache_nodes").glob("*.lock"))


@dataclass
class Nodes:
    """All of them."""

    root: Path
    database: str
    sites: list[list[Node]] = field(default_factory=list)

    @property
    def all(self) -> list[Node]:
        return [node for site in self.sites for node in site]

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def link(self) -> Path:
        return self.root / "link"

    def execute(self, statement: str, **values: object) -> None:
        """Change the tables by hand."""
        engine = sa.create_engine(self.database)
        with engine.begin() as connection:
            connection.execute(sa.text(statement), values)
        engine.dispose()

    def record(self, url: str, image_id: str, size: int) -> None:
        """Write that a node holds an image."""
        known = "SELECT node_reference_id FROM node_reference WHERE node_reference_url = :url"
        with contextlib.suppress(sa.exc.IntegrityError):
            self.execute("INSERT INTO node_reference (node_reference_url) VALUES (:url)", url=url)
        self.execute(
            "INSERT INTO cached_images (image_id, last_accessed, last_modified, size, hits, "
            f"node_reference_id) VALUES (:id, :now, :now, :size, 0, ({known}))",
            id=image_id,
            now="2026-01-01 00:00:00",
            size=size,
            url=url,
        )

    def rows(self, image_id: str) -> list[str]:
        """Return the nodes on record."""
        answer = self.all[0].call("GET", f"/v2/cache/nodes/{image_id}")
        return json.loads(answer.body)["cached_nodes"]


def call(url: str, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """Make a request; a body that breaks off is no error here."""
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    kind = "application/octet-stream" if path.endswith("/file") else "application/json"
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=waiting.GIVE_UP)
    try:
        every = {"X-Auth-Token": "admin", "Content-Type": kind, **given}
        connection.request(method, path, body or None, every)
        response = connection.getresponse()
        return _read(response)
    finally:
        connection.close()


def leave_after(node: Node, image_id: str, count: int) -> None:
    """Begin a download, and hang up after so many bytes."""
    connection = http.client.HTTPConnection(urlsplit(node.url).netloc, timeout=waiting.GIVE_UP)
    connection.request("GET", f"/v2/images/{image_id}/file", headers={"X-Auth-Token": "admin"})
    response = connection.getresponse()
    assert response.read(count)
    response.close()
    connection.close()


def _read(response: http.client.HTTPResponse) -> Answer:
    blocks = []
    try:
        while block := response.read1(1 << 20):
            blocks.append(block)
        body = b"".join(blocks)
        length = response.headers.get("Content-Length")
        is_broken = length is not None and len(body) < int(length)
    except (http.client.HTTPException, OSError):
        body, is_broken = b"".join(blocks), True
    return Answer(response.status, response.headers, body, is_broken)


def content(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def upload(node: Node, data: bytes, **attributes: object) -> str:
    """Make an active image with Glance; return its id."""
    wanted = {
        "name": "image",
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": "public",
        **attributes,
    }
    made = node.call("POST", "/v2/images", json.dumps(wanted).encode())
    image_id = json.loads(made.body)["id"]
    done = node.call("PUT", f"/v2/images/{image_id}/file", data)
    assert done.status == 204, done
    return image_id


@contextlib.contextmanager
def running(  # noqa: PLR0913 - each is a way in which sites differ
    root: Path,
    counts: Sequence[int],
    *,
    fill: bool | Sequence[int] = True,
    rate: float = 0.0,
    threads: int = 16,
    options: str = "",
    database: str = "",
    server: str = "cheroot",
    strangers: Sequence[str] = (),
    policy: str = "{}",
) -> Iterator[Nodes]:
    """Run sites of so many nodes each, for the block; strangers are named as of the first site.

    ``fill`` names the sites that have the filter, or tells whether all have.
    """
    nodes = Nodes(root, database=database or f"sqlite:///{root}/glance.sqlite")
    numbers = iter(ports.pick(sum(counts)))
    nodes.sites = [
        [Node(root / f"site{s}-{n}", next(numbers)) for n in range(count)]
        for s, count in enumerate(counts)
    ]
    configure(nodes, fill=fill, options=options, strangers=strangers, policy=policy)
    if rate:
        slow_link.create(nodes.link, rate)
    try:
        for node in nodes.all:
            start(nodes, node, threads=threads, server=server)
        for node in nodes.all:
            wait_for(node)
        yield nodes
    finally:
        for node in nodes.all:
            stop(node)


def configure(
    nodes: Nodes,
    *,
    fill: bool | Sequence[int],
    options: str,
    strangers: Sequence[str],
    policy: str,
) -> None:
    """Write what all the nodes read, and make the tables."""
    root = nodes.root
    for name in ("store", "tasks"):
        (root / name).mkdir(parents=True, exist_ok=True)
    shipped = (PYTHON.parents[1] / "etc/glance/glance-api-paste.ini").read_text()
    numbers = range(len(nodes.sites)) if fill is True else fill or ()
    with_fill = [node for number in numbers for node in nodes.sites[number]]
    lines = []
    for number, site in enumerate(nodes.sites):
        urls = [node.url for node in site] + ([] if number else list(strangers))
        near = [f"site{other}" for other in range(len(nodes.sites)) if other != number]
        lines.append(f"site{number}: {{nodes: {json.dumps(urls)}, near: {json.dumps(near)}}}")
    (root / "sites.yaml").write_text("\n".join(lines) + "\n")
    for node in nodes.all:
        for name in ("cache", "staging", "locks"):
            (node.directory / name).mkdir(parents=True, exist_ok=True)
        text = glance_site.GLANCE_CONF.format(root=node.directory, database=nodes.database)
        text = text.replace(f"{node.directory}/store", str(root / "store"))
        text = text.replace(f"{node.directory}/tasks", str(root / "tasks"))
        text = text.replace("http://node1:9292", node.url)
        own = f"sites_file = {root}/sites.yaml\nfill_stall_timeout = {STALL_TIMEOUT}\n"
        text += f"[cache_nodes]\n{own}{options}\n"
        text += f"[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = {node.port}\nworkers = 2\n"
        (node.directory / "glance-api.conf").write_text(text)
        paste = paste_config.insert(shipped, WITH_FILL if node in with_fill else FILTERS)
        # An environment may have been made before the filter had its name.
        for name, factory in FACTORIES.items():
            egg = f"use = egg:glance-cache-nodes#{name}\n"
            paste = paste.replace(egg, f"paste.filter_factory = {factory}\n")
        (node.directory / "glance-api-paste.ini").write_text(paste)
        (node.directory / "policy.yaml").write_text(f"{policy}\n")
    command = "import sys; from glance.cmd.manage import main; sys.exit(main())"
    arguments = ["--config-file", str(nodes.all[0].directory / "glance-api.conf"), "db", "sync"]
    subprocess.run([str(PYTHON), "-c", command, *arguments], check=True, capture_output=True)


def start(nodes: Nodes, node: Node, *, threads: int = 16, server: str = "cheroot") -> None:
    """Start a node."""
    environment = {**os.environ, "OS_GLANCE_CONFIG_DIR": str(node.directory)}
    if nodes.link.exists():
        environment["TEST_LINK"] = str(nodes.link)
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (HERE, HERE.parents[1] / "src")))
    words = {
        "cheroot": [PYTHON, "node_app.py", str(node.port), str(threads)],
        "gunicorn": [
            *(PYTHON, "-m", "gunicorn.app.wsgiapp", "--workers=3", f"--threads={threads}"),
            *(
                f"--bind=127.0.0.1:{node.port}",
                "--graceful-timeout=1",
                "--timeout=300",
                "node_app:application()",
            ),
        ],
        "uwsgi": [
            *(PYTHON.with_name("uwsgi"), "--master", "--enable-threads", "--thunder-lock"),
            *("--die-on-term", "--need-app", "--http-auto-chunked", "--http-chunked-input"),
            *("--http-raw-body", "--buffer-size=65535", "--socket-timeout=10", "--lazy-apps"),
            *("--processes=2", f"--threads={threads}", f"--http-socket=127.0.0.1:{node.port}"),
            "--module=node_app:application()",
        ],
        "glance-api": [PYTHON, "node_app.py", str(node.directory / "glance-api.conf")],
    }[server]
    with (node.directory / "server.log").open("ab") as log:
        node.process = subprocess.Popen(
            list(map(str, words)),
            cwd=HERE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_for(node: Node) -> None:
    """Return when a node answers."""

    def answers() -> bool:
        assert node.process is not None
        assert node.process.poll() is None, (node.directory / "server.log").read_text()[-2000:]
        with contextlib.suppress(OSError):
            return node.call("GET", "/").status == 300
        return False

    assert waiting.until(answers)


def stop(node: Node) -> None:
    """End a node at once, however it is."""
    if node.process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(node.process.pid, signal.SIGKILL)
        node.process.wait()
