# SPDX-License-Identifier: Apache-2.0
"""The sites file: which nodes are near each other, and which nodes may be called at all.

edge1: {nodes: ["http://edge1-*:9292"], near: [central], no_place: ["http://edge1-c:9292"]}
central: {nodes: ["http://central:9292"]}
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from oslo_log import log

from glance_cache_nodes.exception import SitesError, UnknownSiteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOG = log.getLogger(__name__)

_KEYS = ("nodes", "near", "no_place")
# A label of a host name, or of an address; `*` only here. A port and a path have none.
_URL = re.compile(
    r"(?P<host>https?://(?:[A-Za-z0-9*-]+(?:\.[A-Za-z0-9*-]+)*\.?|\[[0-9A-Fa-f:.]+\]))"
    r"(?P<rest>(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%/-]*)?)\Z",
    re.IGNORECASE,
)
_REMEMBERED = 4096  # nodes
_STAR = "[a-z0-9-]*"


@dataclasses.dataclass(frozen=True)
class _Site:
    nodes: tuple[str, ...]
    near: tuple[str, ...]
    pattern: re.Pattern[str]
    no_place: re.Pattern[str]


class Sites:
    """The sites of a file. They do not change; :meth:`parse` makes them.

    Args:
        sites: by name, in the order of the file.

    Attributes:
        names: of all sites, in the order of the file.
    """

    def __init__(self, sites: Mapping[str, _Site]) -> None:
        self._sites = dict(sites)
        self.names = tuple(self._sites)
        # A list of a thousand nodes would else try every pattern for each of them, on every call.
        self._found = functools.lru_cache(maxsize=_REMEMBERED)(self._look_up)

    @classmethod
    def parse(cls, text: str) -> Sites:
        """Return the sites that a YAML text describes.

        Raises:
            SitesError: what is wrong in the text, and what would be right.
        """
        described = _read(text)
        sites = {name: _site(name, described) for name in described}
        return cls(sites)

    def site_of(self, url: str) -> str:
        """Return the name of the first site that names a node; the URL itself if none does."""
        return self._found(url) or url

    def has(self, url: str) -> bool:
        """Return whether a site names a node."""
        return self._found(url) is not None

    def may_place(self, url: str) -> bool:
        """Return whether images may be placed on a node: no ``no_place`` names it."""
        plain = _plain(url)
        return not any(site.no_place.match(plain) for site in self._sites.values())

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

    def _known(self, name: str) -> _Site:
        if name not in self._sites:
            raise UnknownSiteError(name, self.names)
        return self._sites[name]

    def _look_up(self, url: str) -> str | None:
        plain = _plain(url)
        return next((name for name, site in self._sites.items() if site.pattern.match(plain)), None)


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

    def site_of(self, url: str) -> str:
        """Return the site of a node: by the file, else its URL."""
        sites = self.current()
        return sites.site_of(url) if sites else url

    def may_call(self, url: str) -> bool:
        """Return whether a token may be sent to a node, if it is a registered one.

        With a file it must name the node. While none could be read yet, no node may be called.
        """
        if self._path is None:
            return True
        sites = self.current()
        return sites is not None and sites.has(url)

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


def _read(text: str) -> dict[str, Mapping[str, Any]]:
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        described = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" in line {mark.line + 1}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", error)).split())
        raise SitesError(f"it is no YAML{place}: {problem}") from None
    if not isinstance(described, dict) or not described:
        raise SitesError("it needs a mapping of site names, each with its nodes")
    repeated = _repeated(tree)
    if repeated is not None:
        raise SitesError(f"{repeated} stands there twice")
    for name, site in described.items():
        _check_name(name)
        _check_keys(name, site)
    return described


def _repeated(tree: Any) -> str | None:
    """Return a key that stands twice in one mapping; YAML would take the last one."""
    seen = set()
    for key, value in tree.value:
        if key.value in seen:
            return f"site {key.value!r}"
        seen.add(key.value)
        if isinstance(value, yaml.MappingNode):
            inner = [each.value for each, _ in value.value]
            twice = [each for each in inner if inner.count(each) > 1]
            if twice:
                return f"site {key.value!r}: {twice[0]!r}"
    return None


def _check_name(name: object) -> None:
    if not isinstance(name, str):
        raise SitesError(f"site {name!r}: a name must be a string; write it in quotes")
    if not name.isprintable() or not name.strip() or name != name.strip() or "://" in name:
        raise SitesError(
            f"site {name!r}: a name needs printable characters, no space around it and no '://'"
        )


def _check_keys(name: str, site: object) -> None:
    if not isinstance(site, dict):
        raise SitesError(f"site {name!r} needs a mapping with the keys {', '.join(_KEYS)}")
    unknown = [key for key in site if key not in _KEYS]
    if unknown:
        raise SitesError(f"site {name!r}: there is no key {unknown[0]!r}, only {', '.join(_KEYS)}")
    for key in _KEYS:
        values = site.get(key, [])
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise SitesError(f"site {name!r}: {key} needs a list of strings")
    if not site.get("nodes"):
        raise SitesError(f"site {name!r} needs the key nodes with at least one URL")


def _site(name: str, described: Mapping[str, Mapping[str, Any]]) -> _Site:
    site = described[name]
    near = tuple(dict.fromkeys(each for each in site.get("near", []) if each != name))
    for each in near:
        if each not in described:
            raise SitesError(f"site {name!r}: near names {each!r}, and there is no such site")
    pattern = _pattern(name, "nodes", site["nodes"])
    no_place = site.get("no_place", [])
    for url in no_place:
        if "*" not in url and not pattern.match(_plain(url)):
            raise SitesError(f"site {name!r}: no_place names {url}, which its nodes do not")
    nodes = tuple(url.rstrip("/") for url in site["nodes"])
    return _Site(nodes, near, pattern, _pattern(name, "no_place", no_place))


def _pattern(name: str, key: str, urls: Iterable[str]) -> re.Pattern[str]:
    alternatives = []
    for url in urls:
        if not _URL.match(url):
            raise SitesError(
                f"site {name!r}: {key} has {url!r}, which is no URL of a node such as "
                "http://node1:9292; '*' may only stand in its host"
            )
        alternatives.append(re.escape(_plain(url)).replace(r"\*", _STAR))
    return re.compile(f"(?:{'|'.join(alternatives)})\\Z" if alternatives else r"(?!)")


def _plain(url: str) -> str:
    """Return a URL for comparison: scheme and host in lower case, no slash at the end."""
    found = _URL.match(url)
    return found["host"].lower() + found["rest"].rstrip("/") if found else url
