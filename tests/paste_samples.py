# SPDX-License-Identifier: Apache-2.0
"""Paste files to edit: the shipped one, ours, and each of them in the ways a file can be stored."""

from __future__ import annotations

import random
import sys
from pathlib import Path

FILES = Path(__file__).parent / "unit/paste_files"
SHIPPED = Path(sys.prefix) / "etc" / "glance" / "glance-api-paste.ini"

WAYS = {
    "as-it-is": lambda text: text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "cr": lambda text: text.replace("\n", "\r"),
    "no-last-newline": lambda text: text.rstrip("\n"),
    "crlf-no-last-newline": lambda text: text.rstrip("\n").replace("\n", "\r\n"),
    "blank-end": lambda text: text + "\n \n\n",
    "mixed-ends": lambda text: text.replace("\n", "\r\n", 7),
}

FACTORIES = {
    "context": "glance.api.middleware.context:ContextMiddleware.factory",
    "unauthenticated-context": (
        "glance.api.middleware.context:UnauthenticatedContextMiddleware.factory"
    ),
    "cache": "glance.api.middleware.cache:CacheFilter.factory",
    "cachemanage": "glance.api.middleware.cache_manage:CacheManageFilter.factory",
    "authtoken": "keystonemiddleware.auth_token:filter_factory",
    "audit": "keystonemiddleware.audit:filter_factory",
}

EQUALS = [" = ", "=", ": ", "\t:\t"]


def written() -> dict[str, str]:
    """Return every sample in every way, by name."""
    files = [*sorted(FILES.glob("*.ini")), SHIPPED]
    texts = {path.stem: path.read_bytes().decode() for path in files}
    return {f"{name}-{way}": WAYS[way](text) for name, text in texts.items() for way in WAYS}


def grown(seed: int) -> str:
    """Return a paste file put together by chance, always the same for a seed."""
    chance = random.Random(seed)
    sections = [_filter(name, chance) for name in FACTORIES]
    sections += [_pipeline(f"p{number}", chance) for number in range(chance.randint(1, 3))]
    sections.append("[app:rootapp]\npaste.app_factory = glance.api.versions:create_resource\n")
    chance.shuffle(sections)
    gaps = ["", "\n", "\n\n", "# about the next\n", "\n; alone\n\n"]
    text = "".join(section + chance.choice(gaps) for section in sections)
    return WAYS[chance.choice(sorted(WAYS))](text)


def _filter(name: str, chance: random.Random) -> str:
    more = chance.choice(["", "", "#x = 1\n", "\n# y = 2\n", "z : 3\n", "z = 4\n\n   5\n"])
    loads = chance.choice(["paste.filter_factory{0}{1}", "use{0}call:{1}"])
    return f"[filter:{name}]\n{loads.format(chance.choice(EQUALS), FACTORIES[name])}\n{more}"


def _pipeline(name: str, chance: random.Random) -> str:
    words = [chance.choice(["context", "unauthenticated-context"]), "rootapp"]
    if chance.random() < 0.5:
        words.insert(0, "authtoken")
    for more in ("audit", "cache", "cachemanage"):
        if chance.random() < 0.5:
            words.insert(-1, more)
    blanks = [" ", "  ", "\t", "\n  ", "\n\t# why\n\n\t"]
    value = words[0] + "".join(chance.choice(blanks) + word for word in words[1:])
    if chance.random() < 0.5:
        return f"[pipeline:{name}]\npipeline{_equals(chance)}{value}\n"
    head = chance.choice(["paste.composite_factory = ", "use = call:"])
    head += "glance.api:pipeline_factory\n"
    return f"[composite:{name}]\n{head}{name}{_equals(chance)}{value}\n"


def _equals(chance: random.Random) -> str:
    return chance.choice([*EQUALS, " =\n   "])
