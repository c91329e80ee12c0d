# SPDX-License-Identifier: Apache-2.0
"""The client: save an image from the nearest node that has it, and check its hash."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.client.image_record import ImageRecord, image_record
from glance_cache_nodes.client.part_file import PartFile, replacing
from glance_cache_nodes.client.sources import Source, sources
from glance_cache_nodes.client.streams import opened
from glance_cache_nodes.exception import CallError, NoAnswerError, SourceError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from keystoneauth1.adapter import Adapter

_NO_DATA = "Image {} has no data to save: its status is {}."
_NO_HASH = "Glance keeps no hash of the image, so its bytes are not checked."
_WRONG = "sent wrong bytes: their hash is not the image's"
_SHOW_EVERY = 0.1  # seconds
# Nodes in a row without an answer after which none is asked: from here there is no way to them.
_MOST_UNANSWERED = 3
_NOBODY = "Image {} cannot be saved: {}"


@dataclass(frozen=True)
class DownloadProgress:
    """The progress of a download.

    Attributes:
        source: the URL of the node, or of Glance, that sends the bytes.
        size: bytes so far.
        expected_size: bytes of the image.
    """

    source: str
    size: int
    expected_size: int


@dataclass(frozen=True)
class SavedImage:
    """A saved image.

    Attributes:
        file: where.
        size: its bytes.
        sources: the servers that sent them, in order.
        algorithm: the hash that was checked; None if Glance keeps none.
    """

    file: Path
    size: int
    sources: tuple[str, ...]
    algorithm: str | None


def save(  # noqa: PLR0913 - two of them are for what is shown meanwhile
    adapter: Adapter,
    image_id: str,
    file: str | os.PathLike[str],
    near: str | None = None,
    *,
    progress: Callable[[DownloadProgress], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> SavedImage:
    """Save an image to a file, from the nearest node that has it.

    Where a node breaks off, the next one goes on from the byte that was reached. What has another
    hash than Glance's record of the image is thrown away, and the next node begins again; the
    last one is Glance's own endpoint. The file takes its place when it is whole and right.

    Args:
        adapter: openstacksdk's ``conn.image``, or any keystoneauth adapter for the image service;
            its token goes to the nodes that Glance's record names.
        image_id: the image's UUID.
        file: where to save it; a file that is there is replaced in the end.
        near: a site; the nodes nearest to it are tried first.
        progress: called as bytes come, at most ten times a second, and with the last ones.
        notice: called with a line for a person, such as why a node is left.

    Raises:
        CallError: no such image, the file cannot be written, or nobody sends the right bytes.
    """
    tell = notice or _silent
    image = image_record(adapter, image_id)
    if image.size is None:
        raise CallError(_NO_DATA.format(image_id, image.status))
    if image.algorithm is None:
        tell(_NO_HASH)
    with replacing(Path(file), image.algorithm) as part:
        download = _Download(adapter, image, part, progress or _silent)
        problems = []
        for source in sources(adapter, image_id, near, tell):
            if download.unanswered >= _MOST_UNANSWERED and not source.is_glance:
                continue
            problem = download.take(source)
            if problem is None:
                break
            problems.append(f"{source.name} {problem}")
            tell(f"{problems[-1]}.")
        else:
            raise CallError(_NOBODY.format(image_id, "; ".join(problems)) + ".")
    return SavedImage(Path(file), part.size, tuple(download.senders), image.algorithm)


def _silent(_: object) -> None:
    pass


class _Download:
    """The bytes of an image, from one source after the other."""

    def __init__(
        self,
        adapter: Adapter,
        image: ImageRecord,
        part: PartFile,
        progress: Callable[[DownloadProgress], None],
    ) -> None:
        self._adapter, self._image, self._part, self._progress = adapter, image, part, progress
        self._size = image.size or 0
        self.senders: list[str] = []  # of the bytes that are kept
        self.unanswered = 0  # nodes without an answer since the last one with one
        self._shown = 0.0  # when the progress was told

    def take(self, source: Source) -> str | None:
        """Return None for a whole, right image, else what is wrong with the source."""
        problem = self._fetch(source)
        if problem == _WRONG and len(self.senders) > 1:
            # The bytes of those before may be the wrong ones: this one sends all.
            self._restart()
            problem = self._fetch(source)
        if problem == _WRONG:
            self._restart()
        return problem

    def _fetch(self, source: Source) -> str | None:
        try:
            with opened(self._adapter, source, self._part.size) as stream:
                self.unanswered = 0
                if not stream.start:
                    self._restart()
                self._write(source, stream.chunks)
        except NoAnswerError as failure:
            self.unanswered += 1
            return str(failure)
        except SourceError as failure:
            # Whoever breaks off behind the last byte has sent it all.
            if not (self._part.size and self._is_whole()):
                return str(failure)
        if not self._is_whole():
            return f"ended at {self._part.size} of {self._size} bytes"
        return None if self._part.digest() == self._image.digest else _WRONG

    def _write(self, source: Source, chunks: Iterator[bytes]) -> None:
        for chunk in chunks:
            if self._part.size + len(chunk) > self._size:
                self._restart()
                raise SourceError(f"sent more than the {self._size} bytes of the image")
            if source.name not in self.senders:
                self.senders.append(source.name)
            self._part.write(chunk)
            self._show(source)

    def _show(self, source: Source) -> None:
        now = time.monotonic()
        if now - self._shown >= _SHOW_EVERY or self._is_whole():
            self._shown = now
            self._progress(DownloadProgress(source.name, self._part.size, self._size))

    def _is_whole(self) -> bool:
        return self._part.size == self._size

    def _restart(self) -> None:
        self.senders.clear()
        self._part.restart()
