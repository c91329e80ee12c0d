# SPDX-License-Identifier: Apache-2.0
"""Fill an image into the cache, from one source after the other."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from typing import TYPE_CHECKING

from oslo_log import log
from oslo_utils import timeutils

from glance_cache_nodes.cache import layout
from glance_cache_nodes.fill import avoided
from glance_cache_nodes.fill.part import Part, WrongBytesError
from glance_cache_nodes.fill.publish import NotCachedError
from glance_cache_nodes.fill.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glance_cache_nodes.fill.avoided import Avoided
    from glance_cache_nodes.fill.ledger import Claim
    from glance_cache_nodes.fill.publish import Publisher
    from glance_cache_nodes.fill.source import Source
    from glance_cache_nodes.fill.wanted import Wanted

LOG = log.getLogger(__name__)


class FillError(Exception):
    """An image could not be filled in; the message says why."""


@dataclasses.dataclass(frozen=True)
class Filler:
    """One fill.

    Attributes:
        wanted: the image.
        sources: where it may come from, in this order; they are looked up when needed.
        publisher: Glance's cache.
        avoided: the peers that are not asked for a while.
    """

    wanted: Wanted
    sources: Iterable[Source]
    publisher: Publisher
    avoided: Avoided

    def run(self, claim: Claim) -> str | None:
        """Fill the image and release the claim.

        Returns:
            None when it is cached, else why it is not; ``fill/ID.failed`` has the same.
        """
        reason = self._attempt(claim)
        try:
            self.tell(reason)
        finally:
            claim.release()
        if reason is not None:
            LOG.warning("Image %s was not filled in: %s", self.wanted.id, reason)
        return reason

    def _attempt(self, claim: Claim) -> str | None:
        begin = time.monotonic()
        try:
            name = self._fill(claim)
        except (FillError, NotCachedError, OSError) as error:
            return str(error)
        except Exception as error:
            LOG.exception("The fill of image %s failed", self.wanted.id)
            return f"{type(error).__name__}: {error}"
        seconds = time.monotonic() - begin
        LOG.info("Image %s was filled in from %s in %.1f s", self.wanted.id, name, seconds)
        return None

    def _fill(self, claim: Claim) -> str:
        """Return where the last bytes came from."""
        part = Part(layout.part_file(self.publisher.directory, self.wanted.id), self.wanted)
        try:
            return self._from_sources(part, claim)
        finally:
            part.close()

    def _from_sources(self, part: Part, claim: Claim) -> str:
        reasons = []
        asked: list[Source] = []  # those that have bytes in the part file
        for source in self.sources:
            if part.offset and source.is_peer:
                continue
            try:
                if self._read(part, source, asked):
                    self.publisher.publish(self.wanted, claim)
                    return source.name
            except SourceError as error:
                reasons.append(f"{source.name}: {error}")
                self._blame(source, error)
            except WrongBytesError as error:
                reasons.append(f"{' and '.join(each.name for each in asked)}: {error}")
                self._blame_all(asked)
                if not part.begin_again():
                    break
                asked = []
        raise FillError("; ".join(reasons) or "there is no source")

    def _read(self, part: Part, source: Source, asked: list[Source]) -> bool:
        """Take the bytes of a source; return whether the image is whole and right."""
        is_new = True
        blocks = source.read(part.offset)
        with contextlib.closing(blocks):  # type: ignore[type-var]
            for block in blocks:
                if is_new:
                    asked.append(source)
                    is_new = False
                part.add(block)
                time.sleep(0)  # under eventlet, let those run who read along
        if not part.is_whole:
            raise SourceError(f"it ended after {part.offset} of {self.wanted.size} bytes")
        part.finish()
        return True

    def _blame(self, source: Source, error: SourceError) -> None:
        LOG.info("Image %s: %s: %s", self.wanted.id, source.name, error)
        if source.is_peer and not error.is_polite:
            self.avoided.add(source.name, avoided.NO_ANSWER)

    def _blame_all(self, asked: Iterable[Source]) -> None:
        for source in asked:
            LOG.warning("Image %s: wrong bytes, from %s", self.wanted.id, source.name)
            if source.is_peer:
                self.avoided.add(source.name, avoided.WRONG_BYTES)

    def _has_gone(self) -> bool:
        with contextlib.suppress(Exception):  # the database is away
            return self.publisher.has_gone(self.wanted)
        return False

    def tell(self, reason: str | None) -> None:
        """Write the reason of a failed fill, or remove it: nobody asks about a deleted image."""
        path = layout.failed_file(self.publisher.directory, self.wanted.id)
        with contextlib.suppress(OSError):
            if reason is None or self._has_gone():
                path.unlink(missing_ok=True)
            else:
                at = timeutils.utcnow().isoformat(timespec="seconds") + "Z"
                path.write_text(json.dumps({"reason": reason, "at": at}) + "\n")
