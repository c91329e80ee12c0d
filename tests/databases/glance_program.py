# SPDX-License-Identifier: Apache-2.0
"""Glance in a process of its own, on the database that TEST_DATABASE_URL names.

It says the id of an image, then answers each line "CALLS THREADS" on its standard input with a
line of JSON: how each of so many calls at once ended, and what Glance has logged meanwhile.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import webob

import glance_site
import images


def answer(image_id: str) -> dict[str, object]:
    """Ask once; return how it ended."""
    headers = {"X-Auth-Token": "admin", "Accept": "application/json"}
    request = webob.Request.blank(f"/v2/cache/nodes/{image_id}", headers=headers)
    started = time.monotonic()
    response = request.get_response(glance_site.call)
    return {
        "seconds": time.monotonic() - started,
        "status": response.status_int,
        "retry_after": response.headers.get("Retry-After"),
        "body": response.json,
    }


def say(line: str) -> None:
    """Write a line for the process that started this one."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Obey the lines of standard input."""
    glance_site.application()
    image_id = images.create({"visibility": "private"})
    say(image_id)
    for line in sys.stdin:
        calls, threads = map(int, line.split())
        before = len(glance_site.log_text())
        with ThreadPoolExecutor(threads) as pool:
            answers = list(pool.map(answer, [image_id] * calls))
        log = glance_site.log_text()[before:]
        say(json.dumps({"answers": answers, "log": log}))


if __name__ == "__main__":
    main()
