# SPDX-License-Identifier: Apache-2.0
"""Insert our filters into the text of a glance-api-paste.ini, move them, and remove them.

    keystone = authtoken context audit cache_nodes cache rootapp    in front of a word

    [filter:cache_nodes]                                            the section, at the end
    use = egg:glance-cache-nodes#cache_nodes

The name is tried in front of each word of a pipeline until PasteDeploy finds the filter in its
place. A change counts only if each application then has the same filters as before, with ours in
their places. ``remove(insert(text)) == text`` for a text without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glance_cache_nodes.exception import ByHandError, UserError
from glance_cache_nodes.paste_config import read, report
from glance_cache_nodes.paste_config import text as texts
from glance_cache_nodes.paste_config.filters import FILTERS, WITH_FILL, without

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from glance_cache_nodes.paste_config.chains import Chain
    from glance_cache_nodes.paste_config.filters import Filter

    Chains = Mapping[str, Chain]


def insert(text: str, filters: Sequence[Filter] = FILTERS) -> str:
    """Return the text with the filters in their places; a filter in another place is moved.

    A pipeline that cannot have them stays as it is. A text that has all is returned unchanged.

    Raises:
        ByHandError: no pipeline can have a filter; it has the lines to add.
        UserError: not a file that paste can read, or a filter's name is taken.
    """
    new = text
    for wanted in filters:
        new = _inserted(new, wanted)
    wrong = _wrong(read.chains(text), read.chains(new), filters)
    if wrong:
        raise ByHandError(
            f"after the change, {wrong} would have other filters than it should",
            _to_add(text, filters),
        )
    return new


def remove(text: str, filters: Sequence[Filter] = WITH_FILL) -> str:
    """Return the text without the filters: the words, the section, and the blank line before it.

    A text that has none of it is returned unchanged.

    Raises:
        ByHandError: something that this command did not write names a filter; it has these lines.
        UserError: not a file that paste can read, or the section has other options as well.
    """
    new = text
    for wanted in reversed(filters):
        new = _removed(new, wanted)
    wrong = _wrong(read.chains(text), read.chains(new), filters, is_cut=True)
    if wrong:
        named = [line for each in filters for line in texts.naming(text, each)]
        raise ByHandError(
            f"after the change, {wrong} would have other filters than it should", named
        )
    return new


def _inserted(text: str, wanted: Filter) -> str:
    new = text if _section(text, wanted) else texts.add_section(text, wanted)
    for label in read.chains(new):
        new = _placed(new, label, wanted)
    steps = [each.steps for each in read.chains(new).values() if wanted.is_in(each.steps)]
    if not any(map(wanted.is_right, steps)):
        message = f"no pipeline has a place for {wanted.name}; a glance-api-paste.ini is expected"
        raise ByHandError(message, _to_add(text, [wanted]))
    return new


def _placed(text: str, label: str, wanted: Filter) -> str:
    """Return the text with the filter in its place in one chain, or as it is."""
    before = read.chains(text)
    chain = before[label]
    following = wanted.before(chain.steps)
    if chain.fault or not following or wanted.is_right(chain.steps):
        return text
    bare = _without_words(text, wanted, {label}) if wanted.is_in(chain.steps) else text
    for place in texts.places(bare, chain, following):
        new = texts.put(bare, place, wanted.name)
        found = _tried(new, chain.title).get(label, chain)
        if wanted.is_right(found.steps) and not _wrong(before, read.chains(new), [wanted]):
            return new
    return text


def _removed(text: str, wanted: Filter) -> str:
    own = _section(text, wanted)
    if own and own["whole"] is None:
        title = f"[filter:{wanted.name}]"
        raise UserError(f"{title} holds more than this command puts in; take it out by hand")
    bare = _without_words(text, wanted, read.chains(text).keys())
    left = texts.naming(bare, wanted)
    if left:
        raise ByHandError(f"{wanted.name} is named where this command does not put it", left)
    return texts.cut_section(bare, wanted)


def _without_words(text: str, wanted: Filter, labels: AbstractSet[str]) -> str:
    """Return the text without the filter in some chains, where no other has the same word."""
    before: Chains = read.chains(text)
    for span in texts.spans(text, wanted.name):
        after = _tried(texts.cut(text, span))
        changed = {each for each in before if after.get(each) != before[each]}
        if changed and changed <= labels and not _wrong(before, after, [wanted], is_cut=True):
            text, before = texts.cut(text, span), after
    return text


def _tried(text: str, title: str = "") -> Chains:
    try:
        return read.chains(text, title)
    except UserError:  # a word more or less in a comment or a title
        return {}


def _section(text: str, wanted: Filter) -> re.Match[str] | None:
    """Return where the filter's section is.

    Raises:
        UserError: another filter has its name, or it is there under another name.
    """
    steps = [(label, step) for label, each in read.chains(text).items() for step in each.steps]
    for label, step in steps:
        if wanted.is_in([step]) and step.name != wanted.name:
            other = f"{step.name} is this filter under another name"
            raise UserError(f"{label}: {other}; call it {wanted.name}")
    own = texts.section(text, wanted)
    if own and not wanted.is_loaded_by((own["loads"] or "").strip()):
        title = f"[filter:{wanted.name}]"
        raise UserError(f"{title} is not {wanted.egg}; give that filter another name")
    return own


def _wrong(
    before: Chains, after: Chains, filters: Sequence[Filter], *, is_cut: bool = False
) -> str:
    """Return the label of an application that would not be right; "" for none.

    It has the same filters as before, besides ours; each of these is unchanged or in its place.
    """
    for label in {**before, **after}:
        was, now = (each[label].steps if label in each else () for each in (before, after))
        is_same = without(was, filters) == without(now, filters) or not (was or is_cut)
        for each in () if is_cut else filters:
            others = [other for other in filters if other is not each]
            is_same &= each.is_right(now) or without(was, others) == without(now, others)
        if not is_same:
            return label
    return ""


def _to_add(text: str, filters: Sequence[Filter]) -> list[str]:
    """Return the lines that a person is to add, each with its place."""
    found = [each for each in report.pipelines(text, filters) if each.fault]
    sections = [each.section for each in filters if not texts.section(text, each)]
    return [
        *(f"{each.label}: {each.fault}" for each in found),
        *(f"at the end: {line}" for each in sections for line in each.splitlines()),
    ]
