# SPDX-License-Identifier: Apache-2.0
"""One flight and peers under the servers that operators use.

``FILL_PYTHON`` names the Python of an environment with another release of Glance.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import file_opens
import glance_nodes
import node_settings
import waiting

pytestmark = pytest.mark.slow

SIZE = 4 * 1024 * 1024 + 3


def is_missing(server: str) -> bool:
    if server == "glance-api":  # Glance 33 has it no more
        return Path(sys.executable) == node_settings.PYTHON
    return server == "uwsgi" and not node_settings.PYTHON.with_name("uwsgi").exists()


@pytest.mark.parametrize("server", ["cheroot", "gunicorn", "uwsgi", "glance-api"])
def test_one_read_for_all_processes_and_nodes(server: str, tmp_path: Path) -> None:
    if is_missing(server):
        pytest.skip(f"{server} is not in this environment")
    data = glance_nodes.content(SIZE)
    with glance_nodes.running(tmp_path, [2], rate=8e6, server=server) as nodes:
        image_id, placed = (glance_nodes.upload(nodes.all[0], data) for _ in range(2))
        with file_opens.counted(nodes.store) as opens, ThreadPoolExecutor(12) as callers:
            answers = list(callers.map(lambda n: nodes.all[n % 2].download(image_id), range(12)))
            assert [answer.status for answer in answers] == [200] * 12
            assert all(answer.body == data for answer in answers)
            for node in nodes.all:
                assert node.call("PUT", f"/v2/cache/{placed}").status == 202
            assert waiting.until(lambda: all(node.has(placed) for node in nodes.all))
            assert waiting.until(lambda: all(node.is_idle() for node in nodes.all))
            assert (opens.of(image_id), opens.of(placed)) == (1, 1)
        every = sorted(node.url for node in nodes.all)
        assert nodes.rows(image_id) == nodes.rows(placed) == every
