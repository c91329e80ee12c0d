# SPDX-License-Identifier: Apache-2.0
"""What runs the examples: it sees an example that does not hold."""

from __future__ import annotations

import os

import pages
import pytest
from bash_session import Session
from expected import fits

ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\nb", "a\nb\n"),
        ("a ... c", "a b c\n"),
        ("The end....", "The end. And on"),
        ("a\n...\nd", "a\nb\nc\nd\n"),
        ("...\nd", "d\n"),
        (f"id {ONE}", f"id {OTHER}\n"),
        ("at 2026-01-01T00:00:00.1", "at 2027-12-31 23:59:59\n"),
        ("", ""),
        ("(1+1)*2", "(1+1)*2"),
    ],
)
def test_what_fits(shown, printed) -> None:
    assert fits(shown, printed, {})


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a", "b"),
        ("a", "a\nb"),
        ("", "a"),
        ("a", ""),
        ("a ... c", "a\nc"),
        ("The end....", "The end"),
        (f"id {ONE}", "id none"),
        (f"{ONE} {ONE}", f"{ONE} {OTHER}"),
        ("a.c", "abc"),
    ],
)
def test_what_does_not_fit(shown, printed) -> None:
    assert not fits(shown, printed, {})


def test_an_id_stands_for_the_same_one_all_through_a_page() -> None:
    known = {}
    assert fits(f"first {ONE}", f"first {OTHER}", known)
    assert fits(f"again {ONE}", f"again {OTHER}", known)
    assert not fits(f"again {ONE}", f"again {ONE}", known)


PAGE = """# A page

```console
$ echo one \\
> two
one two
$ false
```

<!-- not run: there is no such
     thing here -->
```bash
reboot
```

Text between.

<!-- file: policy.yaml -->

```yaml
a: b
```
"""


def test_a_page_is_read_block_by_block() -> None:
    first, second, third = pages.parse(PAGE, "page.md")
    assert (first.where, first.language, first.is_run) == ("page.md:3", "console", True)
    assert pages.steps(first.text) == [("echo one \\\ntwo", "one two\n"), ("false", "")]
    assert (second.mark, second.said) == ("not run", "there is no such thing here")
    assert not second.is_run
    assert (third.mark, third.said, third.text) == ("file", "policy.yaml", "a: b\n")


def test_output_without_a_command_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="before any command: oops"):
        pages.steps("oops\n$ true\n")


@pytest.fixture
def session(tmp_path):
    one = Session(tmp_path, dict(os.environ))
    yield one
    one.close()


def test_a_session_remembers(session) -> None:
    assert session.run("a=1; cd /; echo to stdout; echo to stderr >&2") == (
        "to stdout\nto stderr\n",
        0,
    )
    assert session.run("echo $a $PWD") == ("1 /\n", 0)
    assert session.run("(exit 3)") == ("", 3)
    assert session.run("echo $?") == ("3\n", 0)


def test_a_session_lives_through_a_wrong_command(session) -> None:
    assert session.run("echo 'unfinished")[1] != 0
    assert session.run("printf 'no newline'") == ("no newline", 0)
    assert session.run("cat") == ("", 0)


def test_a_command_that_does_not_end_is_given_up(session) -> None:
    with pytest.raises(TimeoutError, match="so far: 'begun"):
        session.run("echo begun; sleep 60", bound=0.5)
