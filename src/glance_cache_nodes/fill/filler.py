# SPDX-License-Identifier: Apache-2.0
"""Fill an image into the cache, from one source after the other."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from typing import TYPE_CHECKING, Protocol

from oslo_log import log
from oslo_utils import timeutils

from glance_cache_nodes.cache import layout
from glance_cache_nodes.exception import (
    FillError,
    FillSourceError,
    NotPublishedError,
    WrongBytesError,
)
from glance_cache_nodes.fill import back_off
from glance_cache_nodes.fill.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glance_cache_nodes.fill.back_off import PeerBackOff
    from glance_cache_nodes.fill.caller import Caller
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.ledger import Claim
    from glance_cache_nodes.fill.publish import Publisher

LOG = log.getLogger(__name__)


class Source(Protocol):
    """A peer, or the backend."""

    name: str
    is_peer: bool

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the bytes from an offset on; a peer gives all or nothing, so from 0 on.

        Raises:
            FillSourceError: it does not give them.
        """


@dataclasses.dataclass(frozen=True)
class Filler:
    """One fill.

    Attributes:
        image: what is filled in.
        caller: whoever asked for it.
        sources: where it may come from, in this order; they are looked up when needed.
        publisher: Glance's cache.
        back_off: the peers that are not asked for a while.
    """

    image: ImageToFill
    caller: Caller
    sources: Iterable[Source]
    publisher: Publisher
    back_off: PeerBackOff

    def run(self, claim: Claim) -> str | None:
        """Fill the image and release the claim.

        Returns:
            None when it is cached, else why it is not; ``fill/ID.failed`` has the same.
        """
        self.caller.is_logged()
        reason = self._attempt(claim)
        try:
            self.tell(reason)
        finally:
            claim.release()
        if reason is not None:
            LOG.warning("Image %s was not filled in: %s", self.image.id, reason)
        return reason

    def _attempt(self, claim: Claim) -> str | None:
        begin = time.monotonic()
        try:
            name = self._fill(claim)
        except (FillError, NotPublishedError, OSError) as error:
            return str(error)
        except Exception as error:
            LOG.exception("The fill of image %s failed", self.image.id)
            return f"{type(error).__name__}: {error}"
        seconds = time.monotonic() - begin
        LOG.info("Image %s was filled in from %s in %.1f s", self.image.id, name, seconds)
        return None

    def _fill(self, claim: Claim) -> str:
        """Return where the last bytes came from."""
        part = Part(layout.part_file(self.publisher.directory, self.image.id), self.image)
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
                    self.publisher.publish(self.image, claim)
                    return source.name
            except FillSourceError as error:
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
            raise FillSourceError(f"it ended after {part.offset} of {self.image.size} bytes")
        part.finish()
        return True

    def _blame(self, source: Source, error: FillSourceError) -> None:
        LOG.info("Image %s: %s: %s", self.image.id, source.name, error)
        if source.is_peer and not error.asks_again:
            self.back_off.add(source.name, back_off.NO_ANSWER)

    def _blame_all(self, asked: Iterable[Source]) -> None:
        for source in asked:
            LOG.warning("Image %s: wrong bytes, from %s", self.image.id, source.name)
            if source.is_peer:
                self.back_off.add(source.name, back_off.WRONG_BYTES)

    def _has_gone(self) -> bool:
        with contextlib.suppress(Exception):  # the database is away
            return self.publisher.has_gone(self.image)
        return False

    def tell(self, reason: str | None) -> None:
        """Write the reason of a failed fill, or remove it: nobody asks about a deleted image."""
        path = layout.failed_file(self.publisher.directory, self.image.id)
        with contextlib.suppress(OSError):
            if reason is None or self._has_gone():
                path.unlink(missing_ok=True)
            else:
                at = timeutils.utcnow().isoformat(timespec="seconds") + "Z"
                path.write_text(json.dumps({"reason": reason, "at": at}) + "\n")
