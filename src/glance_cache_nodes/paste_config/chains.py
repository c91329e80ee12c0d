# SPDX-License-Identifier: Apache-2.0
"""What a request goes through in each pipeline and application of a paste file."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """A filter of a chain, or, last, the application.

    Attributes:
        name: the name in the file.
        loads: what it loads, in one spelling: ``egg:project#name`` or ``module:factory``.
        options: its other options and their values.
    """

    name: str
    loads: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Chain:
    """The filters in their order and the application, wherever they are written.

    Attributes:
        title: the section that it begins in, such as ``composite:api``.
        option: the option with its words; "" where the section has none.
        steps: empty where PasteDeploy cannot load it.
        fault: why no filter can be put into it; "" where one may be.
    """

    title: str
    option: str
    steps: tuple[Step, ...] = ()
    fault: str = ""

    @property
    def label(self) -> str:
        """A name for people, such as ``[composite:api] keystone``."""
        return f"[{self.title}] {self.option}".strip()


def same(spelling: str) -> str:
    """Return one spelling for all by which paste loads the same."""
    scheme, _, rest = spelling.partition(":")
    if scheme.lower() == "egg":
        project, _, name = rest.partition("#")
        return f"egg:{re.sub('[-_.]+', '-', project.strip()).lower()}#{name or 'main'}"
    text = rest if scheme.lower() == "call" else spelling
    return "".join(text.partition("[")[0].split())
