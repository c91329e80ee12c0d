# SPDX-License-Identifier: Apache-2.0
"""Print commands and requests, with their output."""

from __future__ import annotations

import http.client
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from glance_cache_nodes.exception import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOUND = 60  # seconds
COMMANDS = Path(sys.executable).parent


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n=== {text}", flush=True)


def command(
    words: Sequence[str], *, secrets: Mapping[str, str] | None = None, status: int = 0
) -> None:
    """Print a command of this environment and run it.

    Args:
        words: the command; ``$NAME`` in them stands for a secret.
        secrets: by name; a secret is shown by its name only.
        status: the expected exit status.

    Raises:
        UserError: it ended with another status, or not within ``BOUND``.
    """
    shown = " ".join(word if word.startswith("$") else shlex.quote(word) for word in words)
    print(f"\n$ {shown}", flush=True)
    values = {f"${name}": value for name, value in (secrets or {}).items()}
    program, *rest = (values.get(word, word) for word in words)
    try:
        ended = subprocess.run([COMMANDS / program, *rest], timeout=BOUND, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise UserError(f"`{shown}` did not end within {BOUND} s") from error
    if ended.returncode != status:
        raise UserError(f"`{shown}` ended with {ended.returncode}, not {status}")


def request(url: str, token: str, *, status: int) -> None:
    """Print a GET request, send it, and print the response.

    Args:
        url: its URL.
        token: the value of ``X-Auth-Token``; it is not printed.
        status: the expected HTTP status.

    Raises:
        UserError: the response had another status.
    """
    print(f"\nGET {url}", flush=True)
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=BOUND)
    connection.request(
        "GET", parts.path, headers={"X-Auth-Token": token, "Accept": "application/json"}
    )
    answer = connection.getresponse()
    print(f"HTTP/1.1 {answer.status} {answer.reason}")
    print("".join(f"{name}: {value}\n" for name, value in answer.getheaders()))
    print(answer.read().decode(), flush=True)
    connection.close()
    if answer.status != status:
        raise UserError(f"GET {url} was answered with {answer.status}, not {status}")
