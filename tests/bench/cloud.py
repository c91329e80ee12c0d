# SPDX-License-Identifier: Apache-2.0
"""A cloud to be measured over HTTP: real Keystone, ten nodes under gunicorn, images on each."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import openstack

import glance_cache_nodes_lab as labs
from glance_cache_nodes import paste_config
from glance_cache_nodes.client import cached_nodes
from glance_cache_nodes_lab import ports
from glance_cache_nodes_lab import process as processes

NODES = 10
IMAGES = 10  # that each node has cached
THREADS = 8
BOUND = 60.0  # seconds for a server to come up, and for an image to be cached


@dataclass(frozen=True)
class Cloud:
    """What is measured.

    Args:
        token: of an administrator.
        image_id: of an image that each node has cached.
        ours: a node with the filter, two processes.
        native: a node without it, two processes.
        nodes: all ten, to be asked one by one.
        pids: the process id of each server, by URL.
    """

    token: str
    image_id: str
    ours: str
    native: str
    nodes: list[str]
    pids: dict[str, int]


@contextlib.contextmanager
def running(
    directory: Path, database: str | None, progress: Callable[[str], None]
) -> Iterator[Cloud]:
    """Run the cloud for the block.

    Args:
        directory: where all of it lies; what an older one left there is removed.
        database: the URL of Glance's; None for SQLite.
        progress: is given a line for each step.
    """
    if directory.exists():
        labs.down(directory)
        shutil.rmtree(directory)
    try:
        lab = labs.up(directory, NODES, database=database, progress=progress)
        token, image_id = _cache_everywhere(lab)
        with contextlib.ExitStack() as stack:
            _without_filter(lab.nodes[1].directory)
            pids = {}
            for number, node in enumerate(lab.nodes):
                processes.stop([node.process])
                words = (node.directory, node.port, 2 if number < 2 else 1)
                pids[node.url] = stack.enter_context(_gunicorn(*words))
            urls = [node.url for node in lab.nodes]
            yield Cloud(token, image_id, urls[0], urls[1], urls, pids)
    finally:
        if directory.exists():
            labs.down(directory)
            shutil.rmtree(directory)


def _cache_everywhere(lab: labs.LabState) -> tuple[str, str]:
    """Make images and let each node cache them; return a token and the id of one."""
    config = openstack.config.OpenStackConfig(
        config_files=[str(lab.clouds_file)], load_envvars=False
    )
    with openstack.connection.Connection(config=config.get_one("lab-admin")) as connection:
        connection.session.session.trust_env = False  # no proxy reaches loopback
        ids = [_cache_an_image(connection, lab, f"bench{number}") for number in range(IMAGES)]
        deadline = time.monotonic() + BOUND
        while any(len(cached_nodes(connection.image, each)) < NODES for each in ids):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the images were not cached on all nodes in {BOUND} s")
            time.sleep(0.2)
        return connection.session.get_token(), ids[0]


def _cache_an_image(
    connection: openstack.connection.Connection, lab: labs.LabState, name: str
) -> str:
    image = connection.image.create_image(
        name, data=b"bench", disk_format="raw", container_format="bare"
    )
    for node in lab.nodes:
        connection.session.put(f"{node.url}/v2/cache/{image.id}").raise_for_status()
    return image.id


def _without_filter(directory: Path) -> None:
    file = directory / "glance-api-paste.ini"
    file.write_text(paste_config.remove(file.read_text()))


@contextlib.contextmanager
def _gunicorn(directory: Path, port: int, workers: int) -> Iterator[int]:
    """Serve a node's Glance for the block; give the process id."""
    words = [f"--workers={workers}", f"--threads={THREADS}", f"--bind={ports.HOST}:{port}"]
    words += ["--keep-alive=60"]  # seconds; the usual 2 end a client's connection between calls
    command = str(Path(sys.executable).with_name("gunicorn"))
    with (directory / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [command, *words, "glance.common.wsgi_app:init_app()"],
            env={**os.environ, "OS_GLANCE_CONFIG_DIR": str(directory)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + BOUND
        while ports.is_free(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"gunicorn did not come up; see {directory}/gunicorn.log")
            time.sleep(0.1)
        yield process.pid
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
