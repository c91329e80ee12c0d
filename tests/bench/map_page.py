# SPDX-License-Identifier: Apache-2.0
"""A page of the map at a million records, held against its bare SQL on the same database."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import bare
import rounds
import sqlalchemy as sa
import workers
from growth import Size

PAGE = 1000  # images
SIZE = Size(10**6, 10, 100)
CALLS = 5
# What a page needs, and no more: no visibility, no leftovers, no filters.
SQL = """
SELECT page.id, images.name, images.status, images.size, node_reference.node_reference_url
FROM (SELECT DISTINCT image_id AS id FROM cached_images WHERE image_id > {place}
      ORDER BY image_id LIMIT 1000) AS page
JOIN images ON images.id = page.id
JOIN cached_images ON cached_images.image_id = page.id
JOIN node_reference ON node_reference.node_reference_id = cached_images.node_reference_id
ORDER BY page.id
"""


def paths() -> Iterator[str]:
    """Yield the paths of pages all over the map, again and again."""
    markers = [f"{number:x}0000000-0000-4000-8000-000000000000" for number in range(15)]
    return itertools.cycle(f"/v2/cache/images?limit={PAGE}&marker={each}" for each in markers)


def bare_page(url: str) -> Callable[[str], Any]:
    """Return a function that takes a page's path and reads its rows over a bare connection."""
    connection, place = bare.connect(sa.engine.make_url(url))
    sql = SQL.format(place=place)

    def read(path: str) -> Any:
        cursor = connection.cursor()
        cursor.execute(sql, (path.rpartition("=")[2],))
        return cursor.fetchall()

    return read


def measure(new_url: Callable[[], str]) -> dict[str, list[rounds.Cost]]:
    """Return the cost of a page by HTTP, in process (``map``), and of its SQL (``map-sql``)."""
    wanted = (SIZE.rows, SIZE.nodes_per_image, SIZE.nodes)
    with workers.running(new_url(), *wanted) as worker:
        return rounds.alternate(
            {what: partial(worker.measure, what, CALLS) for what in ("map", "map-sql")}
        )
