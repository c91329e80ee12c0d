# SPDX-License-Identifier: Apache-2.0
"""Fill an image into the cache, from one source after the other."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import time
from typing import TYPE_CHECKING, Protocol

from oslo_log import log
from oslo_utils import timeutils

from glance_cache_nodes.cache import layout, state
from glance_cache_nodes.exception import (
    FillError,
    FillSourceError,
    NotPublishedError,
    WrongBytesError,
)
from glance_cache_nodes.fill.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from glance_cache_nodes.fill.back_off import BackOffs
    from glance_cache_nodes.fill.caller import Caller
    from glance_cache_nodes.fill.image import ImageToFill
    from glance_cache_nodes.fill.ledger import Claim
    from glance_cache_nodes.fill.publish import Publisher

LOG = log.getLogger(__name__)

_ENDED = "nobody reads it any more, or it stands still"


class Source(Protocol):
    """A node, or the store.

    Attributes:
        name: for the log.
        is_store: whether it is this node's own store.
        is_holder: whether it is a node that sends a copy which it holds.
    """

    name: str
    is_store: bool
    is_holder: bool

    def read(self, offset: int) -> Iterator[bytes]:
        """Yield the bytes from an offset on; a node gives all or nothing, so from 0 on.

        Raises:
            FillSourceError: it does not give them.
        """


@dataclasses.dataclass
class Filler:
    """One fill.

    Attributes:
        image: what is filled in.
        caller: whoever asked for it.
        sources: where it may come from, in this order; they are looked up when needed.
        publisher: Glance's cache.
        back_offs: what is left alone for a while.
        is_placed: whether it goes on although nobody reads along.
        is_at_store: set while the store is read.
        is_ended: set by whoever ends it before its time.
        offset: bytes that have come.
    """

    image: ImageToFill
    caller: Caller
    sources: Iterable[Source]
    publisher: Publisher
    back_offs: BackOffs
    is_placed: bool
    is_at_store: threading.Event = dataclasses.field(default_factory=threading.Event)
    is_ended: threading.Event = dataclasses.field(default_factory=threading.Event)
    offset: int = 0

    def run(self, claim: Claim) -> str | None:
        """Fill the image and release the claim.

        Returns:
            None when it is cached, else why it is not; ``ID.failed`` has the same.
        """
        self.caller.is_logged()
        try:
            reason = self._attempt(claim)
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
        except FillError as error:
            return str(error)
        except (NotPublishedError, OSError) as error:
            self.back_offs.node_failed(str(error))
            return str(error)
        except Exception as error:
            LOG.exception("The fill of image %s failed", self.image.id)
            self.back_offs.node_failed(str(error))
            return f"{type(error).__name__}: {error}"
        self.back_offs.node_succeeded()
        seconds = time.monotonic() - begin
        LOG.info(
            "Image %s was filled in from %s: %d bytes in %.1f s",
            self.image.id,
            name,
            self.image.size,
            seconds,
        )
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
            if part.offset and not source.is_store:
                continue
            if source.is_store:
                self.is_at_store.set()
            try:
                self._read(part, source, asked)
                self.publisher.publish(self.image, claim)
            except FillSourceError as error:
                reasons.append(f"{source.name}: {error}")
                self._leave(source, error)
            except WrongBytesError as error:
                reasons.append(f"{' and '.join(each.name for each in asked)}: {error}")
                self._blame(asked)
                if not self._begin_again(part, asked):
                    break
                asked = []
            else:
                self._is_well(source)
                return source.name
        raise FillError("; ".join(reasons) or "there is no source")

    def _read(self, part: Part, source: Source, asked: list[Source]) -> None:
        """Take the bytes of a source until the image is whole and right."""
        is_new = True
        blocks = source.read(part.offset)
        with contextlib.closing(blocks):  # type: ignore[type-var]
            for block in blocks:
                if self.is_ended.is_set():
                    raise FillError(_ENDED)
                if is_new:
                    asked.append(source)
                    is_new = False
                part.add(block)
                self.offset = part.offset
                time.sleep(0)  # under eventlet, let those run who read along
        if self.is_ended.is_set():
            raise FillError(_ENDED)
        if not part.is_whole:
            raise FillSourceError(f"it ended after {part.offset} of {self.image.size} bytes")
        part.finish()

    def _is_well(self, source: Source) -> None:
        if not source.is_store:
            self.back_offs.peers.succeeded(source.name)

    def _leave(self, source: Source, error: FillSourceError) -> None:
        LOG.info("Image %s: %s: %s", self.image.id, source.name, error)
        if not source.is_store and not error.asks_again:
            self.back_offs.peers.failed(source.name)

    def _blame(self, asked: list[Source]) -> None:
        """Remember whose the wrong bytes are, where one source alone has sent them."""
        source = asked[0]
        if len(asked) > 1:
            names = " and ".join(each.name for each in asked)
            LOG.warning("Image %s: wrong bytes, from %s", self.image.id, names)
        elif source.is_holder:
            seconds = self.back_offs.peers.failed(source.name)
            LOG.warning(
                "Image %s: node %s has a damaged copy, and is not asked for %.0f s",
                self.image.id,
                source.name,
                seconds,
            )
        else:
            LOG.warning(
                "Image %s: the store has other bytes than its hash says; it is not filled in until "
                "it changes",
                self.image.id,
            )
            self.publisher.note_wrong(self.image)

    def _begin_again(self, part: Part, asked: list[Source]) -> bool:
        """Return whether the next source may be tried: nobody can have read a wrong byte."""
        if part.begin_again():
            return True
        if any(source.is_holder for source in asked):
            part.empty()
        return False

    def tell(self, reason: str | None) -> None:
        """Write the reason of a failed fill, or remove it: nobody asks about a deleted image."""
        path = layout.failed_file(self.publisher.directory, self.image.id)
        if reason is None or self._has_gone():
            state.remove(path)
            return
        at = timeutils.utcnow().isoformat(timespec="seconds") + "Z"
        with contextlib.suppress(OSError):
            state.write_small(path, json.dumps({"reason": reason, "at": at}) + "\n")

    def _has_gone(self) -> bool:
        with contextlib.suppress(Exception):  # the database is away
            return self.publisher.has_gone(self.image)
        return False
