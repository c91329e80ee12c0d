# SPDX-License-Identifier: Apache-2.0
"""``openstack cache nodes save``: an image from the nearest node that has it."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from osc_lib.command import command

from glance_cache_nodes import client
from glance_cache_nodes.osc import progress, transfers
from glance_cache_nodes.osc.adapter import image_adapter
from glance_cache_nodes.osc.columns import bytes_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Callable


class SaveCacheNodes(command.Command):
    """The command; the shell prints a failure as one line."""

    _description = "Save an image from the nearest node that has it, and check its hash"

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        """Return the parser of the command's arguments."""
        parser = super().get_parser(prog_name)
        parser.add_argument("image", metavar="<image>", help="Image to save (name or ID)")
        parser.add_argument(
            "--file",
            metavar="<file>",
            required=True,
            help="Where to save it; an existing file is replaced",
        )
        parser.add_argument(
            "--near", metavar="<site>", help="Try the nodes nearest to this site first"
        )
        parser.add_argument("--progress", action="store_true", help="Show the progress")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        """Save the image.

        Raises:
            CallError: there is no such image, the file cannot be written, or nobody sends the
                right bytes.
        """
        adapter = image_adapter(self.app.client_manager)
        image_id = client.image_id(adapter, parsed_args.image)
        try:
            with self._shown(is_wanted=parsed_args.progress) as show:
                saved = client.save(
                    adapter,
                    image_id,
                    parsed_args.file,
                    parsed_args.near,
                    progress=show,
                    notice=_say,
                )
        except KeyboardInterrupt:
            _say("Interrupted: nothing is saved.")
            raise
        if parsed_args.progress:
            _say(_summary(saved))

    @contextlib.contextmanager
    def _shown(
        self, *, is_wanted: bool
    ) -> Iterator[Callable[[client.DownloadProgress], None] | None]:
        if not is_wanted:
            yield None
            return
        with progress.shown_on(self.app.stderr) as show:
            yield lambda each: show([transfers.of_download(each)])


def _say(line: str) -> None:
    # Not the shell's own stream: a live display takes what is written here above itself.
    sys.stderr.write(f"{line}\n")


def _summary(saved: client.SavedImage) -> str:
    checked = f"{saved.algorithm} is right" if saved.algorithm else "not checked"
    senders = ", then ".join(saved.sources)
    return f"Saved {saved.file}: {bytes_text(saved.size)} from {senders}, {checked}."
