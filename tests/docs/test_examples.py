# SPDX-License-Identifier: Apache-2.0
"""Every example of the pages is followed, in its order, on a cloud of real services."""

from __future__ import annotations

import pages
import pytest
from expected import fits

pytestmark = pytest.mark.slow
PAGES = [page for page in pages.pages() if any(each.is_run for each in pages.examples(page))]


@pytest.mark.parametrize("page", PAGES, ids=pages.name)
def test_the_examples_of_a_page_do_what_it_says(page, ground) -> None:
    for example in pages.examples(page):
        if example.mark == "file":
            path = ground.directory / ground.here(example.said)
            path.write_text(ground.here(example.text))
        elif example.is_run:
            FOLLOW[example.language](example, ground)


def follow_console(example, ground) -> None:
    """Type each command; it has to print what stands below it, and to succeed.

    It may fail where the page shows what it says then, or asks for its status next.
    """
    steps = pages.steps(example.text)
    after = [command for command, _ in steps[1:]] + [""]
    for (command, shown), following in zip(steps, after):
        printed, status = ground.session.run(ground.here(command))
        printed = ground.there(printed)
        what = f"{example.where}: $ {command}\n{printed}"
        assert fits(shown, printed, ground.ids), f"{what}--- but the page has\n{shown}"
        meant = shown.replace("...", "").strip() or following == "echo $?"
        assert status == 0 or meant, f"{what}--- status {status}"


def follow_script(example, ground) -> None:
    printed, status = ground.session.run(ground.here(example.text))
    assert status == 0, f"{example.where}: status {status}\n{printed}"


def follow_python(example, ground) -> None:
    path = ground.directory / "example.txt"
    path.write_text(ground.here(example.text))
    words = f"python -m doctest -o ELLIPSIS -o NORMALIZE_WHITESPACE {path}"
    printed, status = ground.session.run(words)
    assert status == 0, f"{example.where}:\n{printed}"


FOLLOW = {"console": follow_console, "bash": follow_script, "pycon": follow_python}
