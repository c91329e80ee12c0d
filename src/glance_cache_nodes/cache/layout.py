# SPDX-License-Identifier: Apache-2.0
"""Where Glance and the add-on put what belongs to an image in a cache directory.

An image ID becomes a file name here, so it must be a UUID: the callers see to it.
"""

from __future__ import annotations

import re
from pathlib import Path

IMAGE_ID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""A regular expression for the only form of an image ID that Glance accepts: a UUID."""

# \Z, because $ lets a newline pass.
_IS_IMAGE_ID = re.compile(IMAGE_ID + r"\Z")


def is_image_id(text: str) -> bool:
    """Return whether a text has the form of an image ID."""
    return _IS_IMAGE_ID.match(text) is not None


def cached_file(directory: str | Path, image_id: str) -> Path:
    """Return the file with the whole image."""
    return Path(directory, image_id)


def queue_dir(directory: str | Path) -> Path:
    """Return where Glance keeps what its worker has yet to cache."""
    return Path(directory, "queue")


def queued_file(directory: str | Path, image_id: str) -> Path:
    """Return the empty file that asks Glance's worker to cache the image."""
    return queue_dir(directory) / image_id


def incomplete_dir(directory: str | Path) -> Path:
    """Return where Glance keeps what it writes now."""
    return Path(directory, "incomplete")


def incomplete_file(directory: str | Path, image_id: str) -> Path:
    """Return the file into which Glance writes the image."""
    return incomplete_dir(directory) / image_id


def invalid_dir(directory: str | Path) -> Path:
    """Return where Glance moves what it could not write in full."""
    return Path(directory, "invalid")


def state_dir(directory: str | Path) -> Path:
    """Return where the add-on keeps its files."""
    return Path(directory, "cache_nodes")


def old_fill_dir(directory: str | Path) -> Path:
    """Return where version 0.1 kept them."""
    return Path(directory, "fill")


def ledger_file(directory: str | Path) -> Path:
    """Return the file whose lock a process holds while it looks which fills run."""
    return state_dir(directory) / "ledger"


def part_file(directory: str | Path, image_id: str) -> Path:
    """Return the file into which the fill writes the image."""
    return state_dir(directory) / f"{image_id}.part"


def lock_file(directory: str | Path, image_id: str) -> Path:
    """Return the file whose lock a process holds while it fills the image."""
    return state_dir(directory) / f"{image_id}.lock"


def failed_file(directory: str | Path, image_id: str) -> Path:
    """Return the file that tells why the last fill failed: JSON with ``reason`` and ``at``."""
    return state_dir(directory) / f"{image_id}.failed"


def wrong_file(directory: str | Path, image_id: str) -> Path:
    """Return the file that has the hash which the store's bytes of the image do not have."""
    return state_dir(directory) / f"{image_id}.wrong"
