# SPDX-License-Identifier: Apache-2.0
"""Images and cache records by the million, and the plan by which a database finds one's nodes."""

from __future__ import annotations

import random
from typing import Any

import bare
import sqlalchemy as sa

SAMPLE = 500  # images that are asked for
FIRST_NODE = 1001  # Glance itself has written one, with a low number
WHEN = "'2026-01-01 00:00:00'"

# From 0 up to, but not including, a number; the names are those of SQLAlchemy's dialects.
NUMBERS = {
    "sqlite": "(WITH RECURSIVE s(n) AS "
    "(SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < {count}) SELECT n FROM s) AS s",
    "mysql": "(SELECT seq AS n FROM seq_0_to_{last}) AS s",
    "postgresql": "(SELECT n FROM generate_series(0, {last}) AS g(n)) AS s",
}
# The id of the image of a number: all over the range of ids, in the order of the numbers.
IDS = {
    "sqlite": "printf('%08x-0000-4000-8000-000000000000', {n} * {step})",
    "mysql": "concat(lpad(lower(hex({n} * {step})), 8, '0'), '-0000-4000-8000-000000000000')",
    "postgresql": "lpad(to_hex({n}::bigint * {step}), 8, '0') || '-0000-4000-8000-000000000000'",
}


def fill(url: str, rows: int, nodes_per_image: int, nodes: int) -> list[str]:
    """Write images and their cache records; return ids of some images, in no order.

    Args:
        url: of a database with Glance's tables, empty.
        rows: how many records, at least one for each of ``nodes_per_image``.
        nodes_per_image: how many nodes hold each image.
        nodes: how many nodes there are.
    """
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    name = engine.dialect.name
    images = max(1, rows // nodes_per_image)
    step = 0xFFFFFFFF // images
    with engine.begin() as connection:
        for statement in _statements(name, images, step, nodes_per_image, nodes):
            # The drivers but SQLite's take % for a parameter.
            connection.exec_driver_sql(
                statement if name == "sqlite" else statement.replace("%", "%%")
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in _statistics(name):
            connection.exec_driver_sql(statement)
    chosen = random.Random(1).sample(range(images), min(SAMPLE, images))
    return [f"{number * step:08x}-0000-4000-8000-000000000000" for number in chosen]


def _statements(
    name: str, images: int, step: int, nodes_per_image: int, nodes: int
) -> tuple[str, ...]:
    false = "0" if name == "sqlite" else "false"
    url = "concat('http://edge', n, ':9292')" if name == "mysql" else "'http://edge'||n||':9292'"
    records = _numbers(name, images * nodes_per_image)
    number = {"sqlite": "n / {}", "mysql": "n DIV {}", "postgresql": "n / {}"}[name]
    image = number.format(nodes_per_image)
    place = f"n % {nodes_per_image}"
    # Images next to each other lie on other nodes.
    node = f"{FIRST_NODE} + ({image} + ({place}) * {max(1, nodes // nodes_per_image)}) % {nodes}"
    return (
        f"INSERT INTO node_reference (node_reference_id, node_reference_url) "
        f"SELECT n + {FIRST_NODE}, {url} FROM {_numbers(name, nodes)}",
        f"INSERT INTO images (id, name, status, visibility, owner, min_disk, min_ram, protected, "
        f"os_hidden, deleted, created_at, updated_at) SELECT {IDS[name].format(n='n', step=step)}, "
        f"'image', 'active', 'private', 'lab', 0, 0, {false}, {false}, {false}, {WHEN}, {WHEN} "
        f"FROM {_numbers(name, images)}",
        f"INSERT INTO cached_images (image_id, node_reference_id, last_accessed, last_modified, "
        f"size, hits) SELECT {IDS[name].format(n=f'({image})', step=step)}, {node}, "
        f"{WHEN}, {WHEN}, 42, 1 FROM {records}",
    )


def _numbers(name: str, count: int) -> str:
    return NUMBERS[name].format(count=count, last=count - 1)


def _statistics(name: str) -> tuple[str, ...]:
    if name == "mysql":
        return ("ANALYZE TABLE images", "ANALYZE TABLE cached_images")
    return ("ANALYZE",)


def explain(url: str, image_id: str) -> list[str]:
    """Return the database's plan for the question, a line each."""
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    question = bare.QUESTION.format(place=f"'{image_id}'", false="false")
    word = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with engine.connect() as connection:
        found: Any = connection.exec_driver_sql(f"{word} {question}")
        return [" ".join(str(value) for value in row) for row in found]
