# SPDX-License-Identifier: Apache-2.0
"""The subcommand ``paste``, run as the program runs it."""

from __future__ import annotations

import argparse

from glance_cache_nodes.cmd import paste as command


def paste(*words: object) -> int:
    """Run the subcommand in this process and return its exit status."""
    parser = argparse.ArgumentParser()
    command.add_to(parser.add_subparsers())
    arguments = parser.parse_args(["paste", *map(str, words)])
    return int(arguments.run(arguments))
