# SPDX-License-Identifier: Apache-2.0
"""The sites file: which nodes are near each other, and which nodes may be called at all.

edge1: {nodes: ["http://edge1-*:9292"], near: [central], no_place: ["http://edge1-c:9292"]}
central: {nodes: ["http://central:9292"]}
"""

from __future__ import annotations

import functools
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from oslo_log import log

from glance_cache_nodes import node_url, sites_yaml
from glance_cache_nodes.exception import SitesError, UnknownSiteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from glance_cache_nodes.sites_yaml import Site

LOG = log.getLogger(__name__)

_REMEMBERED = 4096  # nodes


class Sites:
    """The sites of a file. They do not change; :meth:`parse` makes them.

    Args:
        sites: by name, in the order of the file.

    Attributes:
        names: of all sites, in the order of the file.
    """

    def __init__(self, sites: Mapping[str, Site]) -> None:
        self._sites = dict(sites)
        self._order = {name: number for number, name in enumerate(self._sites)}
        self._exact = _exact(self._sites)
        self._with_pattern = [name for name, site in sites.items() if _has_pattern(site.nodes)]
        self.names = tuple(self._sites)
        # A list of a thousand nodes would else try every pattern for each of them, on every call.
        self._found = functools.lru_cache(maxsize=_REMEMBERED)(self._look_up)
        self._is_no_place = functools.lru_cache(maxsize=_REMEMBERED)(self._look_up_no_place)

    @classmethod
    def parse(cls, text: str) -> Sites:
        """Return the sites that a YAML text describes.

        Raises:
            SitesError: what is wrong in the text, and what would be right.
        """
        return cls(sites_yaml.read(text))

    def site_of(self, url: str) -> str:
        """Return the name of the first site that names a node; the URL itself if none does."""
        return self._found(url) or url

    def has(self, url: str) -> bool:
        """Return whether a site names a node."""
        return self._found(url) is not None

    def may_place(self, url: str) -> bool:
        """Return whether images may be placed on a node: no ``no_place`` names it."""
        return not self._is_no_place(url)

    def nodes_named(self) -> tuple[str, ...]:
        """Return the URLs that stand in the file in full, without ``*``, each once."""
        named = (url for site in self._sites.values() for url in site.nodes if "*" not in url)
        return tuple(dict.fromkeys(named))

    def near(self, site: str) -> tuple[str, ...]:
        """Return the names of the sites that are near a site, nearest first.

        Raises:
            UnknownSiteError: no site has this name.
        """
        return self._known(site).near

    def nearest_first(self, site: str, urls: Iterable[str]) -> list[str]:
        """Return nodes sorted by how near they are to a site, and among equals by URL.

        First come the nodes of the site, then those of the sites near it, then all others.

        Raises:
            UnknownSiteError: no site has this name.
        """
        order = dict.fromkeys((site, *self._known(site).near))
        place = {name: number for number, name in enumerate(order)}
        return sorted(urls, key=lambda url: (place.get(self.site_of(url), len(place)), url))

    def require(self, site: str) -> None:
        """Check that a site has this name.

        Raises:
            UnknownSiteError: none has; the message names those that there are.
        """
        self._known(site)

    def _known(self, name: str) -> Site:
        if name not in self._sites:
            raise UnknownSiteError(name, self.names)
        return self._sites[name]

    def _look_up(self, url: str) -> str | None:
        normal = node_url.normal(url)
        matching = (name for name in self._with_pattern if self._sites[name].pattern.match(normal))
        found = [name for name in (self._exact.get(normal), next(matching, None)) if name]
        return min(found, key=self._order.__getitem__, default=None)

    def _look_up_no_place(self, url: str) -> bool:
        normal = node_url.normal(url)
        return any(site.no_place.match(normal) for site in self._sites.values())


def _has_pattern(urls: Iterable[str]) -> bool:
    return any("*" in url for url in urls)


def _exact(sites: Mapping[str, Site]) -> dict[str, str]:
    """Return the first site of each node that is named without ``*``."""
    found: dict[str, str] = {}
    for name, site in sites.items():
        for url in site.nodes:
            if "*" not in url:
                found.setdefault(node_url.normal(url), name)
    return found


class SitesFile:
    """The file that the option ``sites_file`` names, read again when it has changed.

    Args:
        path: of the file; None where the option is not set.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] | str | None = None
        self._last: Sites | None = None

    def current(self) -> Sites | None:
        """Return the sites of the file as it is now, or as it was when it could be read last.

        A file that cannot be read is one line in the log each time that it has changed.

        Returns:
            None where no file is configured, or none could be read yet.
        """
        if self._path is None:
            return None
        state = self._state(self._path)
        if state != self._seen:
            with self._lock:
                if state != self._seen:
                    self._read(self._path)
                    self._seen = state
        return self._last

    def sites_of(self, urls: Iterable[str]) -> dict[str, str]:
        """Return the site of each node: by the file, which is looked at once, else its URL."""
        sites = self.current()
        return {url: sites.site_of(url) if sites else url for url in urls}

    def permission(self) -> Callable[[str], bool]:
        """Return what tells whether a token may be sent to a registered node, as the file is now.

        With a file it must name the node. While none could be read yet, no node may be called.
        """
        if self._path is None:
            return lambda _: True
        sites = self.current()
        return sites.has if sites else lambda _: False

    def _state(self, path: str) -> tuple[int, ...] | str:
        try:
            found = os.stat(path)  # noqa: PTH116 - a tenth of Path's cost, and it is on each call
        except OSError as error:
            return str(error.strerror)
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self, path: str) -> None:
        try:
            self._last = Sites.parse(Path(path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, SitesError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            now = "the last one that could be read applies" if self._last else "there are no sites"
            # No traceback: what is wrong stands in the file.
            LOG.error("The sites file %s cannot be used: %s; %s", path, reason, now)  # noqa: TRY400
