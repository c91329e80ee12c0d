# SPDX-License-Identifier: Apache-2.0
"""A Glance with the filter, under cheroot on loopback, whose record is rewritten at will.

``python asking_program.py OPTIONS``, options of ``[cache_nodes]`` as JSON, prints a line of JSON
with its ``port`` and the ``image_id`` that is in its database. Each line of JSON on its standard
input has the URLs of the nodes that hold the image from then on; it says so.
"""

from __future__ import annotations

import json
import sys
import threading

import content
import sqlalchemy as sa
from cheroot import wsgi

import glance_site

THREADS = 16
BACKLOG = 128


def main() -> None:
    """Serve until standard input ends."""
    options = json.loads(sys.argv[1])
    del sys.argv[1:]  # Glance would take them for its own
    application = glance_site.application_with_options(**options)
    for name, value in options.items():  # those that each call reads
        glance_site.CONF.set_override(name, value, group="cache_nodes")
    url = glance_site.CONF.database.connection
    image_id = content.fill(url, rows=1, nodes_per_image=1, nodes=1)[0]
    server = wsgi.Server(
        ("127.0.0.1", 0), application, numthreads=THREADS, request_queue_size=BACKLOG
    )
    server.shutdown_timeout = 1
    server.prepare()
    serving = threading.Thread(target=server.serve)
    serving.start()
    try:
        _say({"port": server.bind_addr[1], "image_id": image_id})
        for line in sys.stdin:
            nodes = json.loads(line)
            _register(url, image_id, nodes)
            _say({"nodes": len(nodes)})
    finally:
        server.stop()
        serving.join()


def _register(url: str, image_id: str, nodes: list[str]) -> None:
    """Let the record have these nodes alone, each with the image."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    numbers = range(content.FIRST_NODE, content.FIRST_NODE + len(nodes))
    held = {"image_id": image_id, "size": 1, "hits": 0, "when": "2026-01-01 00:00:00"}
    with engine.begin() as connection:
        for statement in ("DELETE FROM cached_images", "DELETE FROM node_reference"):
            connection.execute(sa.text(statement))
        connection.execute(
            sa.text(
                "INSERT INTO node_reference (node_reference_id, node_reference_url) "
                "VALUES (:number, :url)"
            ),
            [{"number": number, "url": node} for number, node in zip(numbers, nodes, strict=True)],
        )
        connection.execute(
            sa.text(
                "INSERT INTO cached_images (image_id, node_reference_id, last_accessed, "
                "last_modified, size, hits) VALUES (:image_id, :number, :when, :when, :size, :hits)"
            ),
            [{**held, "number": number} for number in numbers],
        )


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
