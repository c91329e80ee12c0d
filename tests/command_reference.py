# SPDX-License-Identifier: Apache-2.0
"""The parts of ``docs/cli.md`` that are made from the commands' own parsers and the Makefile."""

from __future__ import annotations

import argparse
import importlib.metadata
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from osc_lib.command import command

from glance_cache_nodes import cmd
from glance_cache_nodes.cmd.paste import unified_diff
from glance_cache_nodes.paste_config import insert
from paste_samples import SHIPPED

ROOT = Path(__file__).parent.parent
COMMANDS = "openstack.image.v2"
INSTALLED = "/etc/glance/glance-api-paste.ini"


class _AnyList(command.Lister):
    """A list without arguments of its own."""

    _description = "None"

    def take_action(self, parsed_args):
        raise NotImplementedError


def parts() -> dict[str, str]:
    """Return what is to stand in the page, by the name of the part."""
    found = {name: _reference(name, parser) for name, parser in commands().items()}
    return {"make help": _make_help(), "Glance's own file": _change_of_paste(), **found}


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of every command that the distribution brings, by its words."""
    return dict([*_leaves("glance-cache-nodes", cmd.build_parser()), *_openstack_commands()])


def _leaves(
    words: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    groups = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not groups:
        yield words, parser
    for group in groups:
        for word, child in group.choices.items():
            yield from _leaves(f"{words} {word}", child)


def _openstack_commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    distribution = importlib.metadata.distribution("glance-cache-nodes")
    for point in distribution.entry_points.select(group=COMMANDS):
        words = "openstack " + point.name.replace("_", " ")
        yield words, point.load()(None, None).get_parser(words)


def _make_help() -> str:
    lines = re.findall(r'^\t@echo "(make .*)"$', (ROOT / "Makefile").read_text(), re.MULTILINE)
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _change_of_paste() -> str:
    shipped = SHIPPED.read_text()
    return "```diff\n" + unified_diff(INSTALLED, shipped, insert(shipped)).rstrip("\n") + "\n```\n"


def _reference(words: str, parser: argparse.ArgumentParser) -> str:
    actions = [action for action in parser._actions if _is_own(action, words)]
    # A line may end between arguments, and not within one.
    pieces = [words, *(_in_usage(action).replace(" ", "\xa0") for action in actions)]
    lines = textwrap.wrap(" ".join(pieces), 94, break_on_hyphens=False)
    usage = "\n      ".join(lines).replace("\xa0", " ")
    rows = "".join(f"| `{_written(each)}` | {_about(each, parser)} |\n" for each in actions)
    # OpenStackClient writes an epilog of its own.
    epilog = None if words.startswith("openstack ") else parser.epilog
    about = _sentence(_marked(" ".join(filter(None, [parser.description, epilog]))))
    return f"{about}\n\n```text\n{usage}\n```\n\n| argument | what |\n| --- | --- |\n{rows}"


def _is_own(action: argparse.Action, words: str) -> bool:
    if not words.startswith("openstack "):
        return action.dest != "help"
    # What every list of OpenStackClient takes is not ours to tell.
    return action.dest not in {each.dest for each in _AnyList(None, None).get_parser("")._actions}


def _written(action: argparse.Action) -> str:
    value = action.metavar or action.dest.upper()
    if not action.option_strings:
        return str(value)
    name = ", ".join(action.option_strings)
    return name if action.nargs == 0 else f"{name} {value}"


def _in_usage(action: argparse.Action) -> str:
    if action.nargs == "*":
        return f"[{_written(action)} ...]"
    if action.nargs == "+":
        return f"{_written(action)} [{_written(action)} ...]"
    is_optional = action.option_strings or action.nargs == "?"
    return f"[{_written(action)}]" if is_optional else _written(action)


def _about(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    text = (action.help or "") % {**vars(action), "prog": parser.prog}
    return _marked(text.replace("|", "\\|"))


def _marked(text: str) -> str:
    """Mark the options in a text as code."""
    return re.sub(r"(?<![\w-])(--[a-z][a-z-]*)", r"`\1`", text)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].removesuffix(".") + "."
