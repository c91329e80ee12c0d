# SPDX-License-Identifier: Apache-2.0
"""Insert a filter into the text of a glance-api-paste.ini, move it, and remove it.

    keystone = authtoken context audit cache_nodes cache rootapp    the word, where plan says

    [filter:cache_nodes]                                   the section, after the last filter
    use = egg:glance-cache-nodes#cache_nodes

Every other byte stays as it was, and ``remove(insert(text)) == text`` for a text without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import section, words
from glance_cache_nodes.paste_config.checks import check_order, own_section, refuse_what_stays
from glance_cache_nodes.paste_config.filters import CACHE_NODES, FILTERS, WITH_FILL
from glance_cache_nodes.paste_config.names import names
from glance_cache_nodes.paste_config.plan import from_elsewhere, plan
from glance_cache_nodes.paste_config.reader import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glance_cache_nodes.paste_config.filters import Filter
    from glance_cache_nodes.paste_config.model import Word
    from glance_cache_nodes.paste_config.pipelines import Skipped
    from glance_cache_nodes.paste_config.plan import Plan


def insert(text: str, filters: Sequence[Filter] = FILTERS) -> str:
    """Return the text with the filters in their places; a filter in another place is moved.

    A text that has all of it is returned unchanged.

    Raises:
        UserError: not a paste file of Glance, or one without a right place for a filter.
    """
    for wanted in filters:
        text = _insert(text, wanted)
    return text


def remove(text: str, filters: Sequence[Filter] = WITH_FILL) -> str:
    """Return the text without the filters: the words, the section, and the blank line before it.

    A text that has none of it is returned unchanged.

    Raises:
        UserError: not a file that paste can read, or the section has other options as well.
    """
    for wanted in reversed(filters):
        text = _remove(text, wanted)
    return text


def filtered(text: str) -> list[str]:
    """Return the pipelines with a place for the filter, such as ``[composite:api] keystone``.

    Raises:
        UserError: not a file that paste can read.
    """
    return [each.chain.label for each in plan(names(read(text)), CACHE_NODES).placements]


def skipped(text: str, filters: Sequence[Filter] = FILTERS) -> list[Skipped]:
    """Return the pipelines that get no filter, and why.

    A filter that a site may do without is missed only where a pipeline has what it stands behind.

    Raises:
        UserError: not a file that paste can read.
    """
    known = names(read(text))
    found = plan(known, CACHE_NODES).skipped
    for wanted in filters[1:]:
        others = plan(known, wanted)
        able = {each.label for each in others.chains if wanted.lower(each) >= 0}
        found += [each for each in others.skipped if each.pipeline in able]
    return found


def _insert(text: str, wanted: Filter) -> str:
    document = read(text)
    known = names(document)
    own = own_section(known, wanted)
    found = plan(known, wanted)
    check_order(known, found.chains, wanted)
    if not found.placements:
        raise UserError(
            f"no pipeline with Glance's {wanted.behind_words} filter; "
            "a glance-api-paste.ini is expected"
        )
    lines = list(document.lines)
    words.change(lines, wanted.name, *_changes(found, wanted))
    if own is None:
        section.add(lines, document, wanted)
    return "".join(lines)


def _changes(found: Plan, wanted: Filter) -> tuple[set[Word], set[Word]]:
    """Return the words to put the filter in front of, and those to cut."""
    wrong = [each for each in found.placements if not each.is_right]
    put = {each.before.word for each in wrong if each.before.word}
    cut = set()
    for each in found.placements:
        # Where pipelines share their rest, a filter in the rest serves each of them.
        if each.now is None or (each.is_right and each.before.word not in put):
            continue
        if each.now.word is None or not each.now.is_word:
            raise UserError(f"{each.chain.where}: {from_elsewhere(wanted.name)}")
        cut.add(each.now.word)
    return put, cut


def _remove(text: str, wanted: Filter) -> str:
    document = read(text)
    known = names(document)
    own = own_section(known, wanted)
    refuse_what_stays(known, wanted)
    lines = list(document.lines)
    words.change(lines, wanted.name, put=set(), cut=words.of(known, wanted.name))
    if own is not None:
        section.cut(lines, own)
    kept = "".join(lines)
    # A last line without a newline got one when the section was put behind it.
    return kept if section.ending(text) else kept[: len(kept) - len(section.ending(kept))]
