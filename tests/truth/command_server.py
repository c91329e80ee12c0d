# SPDX-License-Identifier: Apache-2.0
"""Run ``glance-cache-nodes`` again and again without importing Glance each time.

This runs in the environment of a lab's Glance. Each line on standard input is a JSON list of the
command's words; each line on standard output is its exit status and its two outputs. The command
itself runs in a child of its own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback

from glance import image_cache  # noqa: F401 - what takes long
from glance.common import config  # noqa: F401

from glance_cache_nodes import cmd
from glance_cache_nodes.reconcile import check, forget, run  # noqa: F401


def answer(words: list[str]) -> list[object]:
    """Return how the command ended."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if not child:
            status = 99
            try:
                os.dup2(output.fileno(), 1)
                os.dup2(errors.fileno(), 2)
                status = cmd.main(words)
            except SystemExit as ended:
                status = int(ended.code or 0)
            except BaseException:  # noqa: BLE001 - as Python itself would tell it
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = []
        for each in (output, errors):
            each.seek(0)
            said.append(each.read())
        return [status, *said]


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
