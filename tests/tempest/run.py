# SPDX-License-Identifier: Apache-2.0
"""``make tempest``: OpenStack's own tests, with the filter and without it, and ours.

The same tests of tempest must pass on nodes with the filter as on nodes as Glance ships them. The
exit status is 1 when a test failed or the two differ. ``build/tempest`` has the table, what was
skipped and why, and tempest's logs.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import cloud
import comparison
import outcome
import results
import web
import workspace

import ended_early
from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import launch

BUILD = Path(__file__).parents[2] / "build" / "tempest"
SELECT = rf"({comparison.THEIRS}|{comparison.OURS})\."
EVERY = 20  # tests between two lines of progress


def main() -> int:
    """Run all; return the exit status."""
    ended_early.clean_up()
    begin = time.monotonic()
    with web.serving(BUILD / "web") as site:
        done = {
            with_filter: _run(comparison.TITLES[with_filter], with_filter, site)
            for with_filter in (True, False)
        }
    found = comparison.Comparison(done)
    found.write(BUILD)
    print(f"\n{found.table()}\n", flush=True)
    for line in found.complaints():
        print(line)
    _clean(keep=bool(found.complaints()))
    print(f"{time.monotonic() - begin:.0f} s; build/tempest has the details")
    return 1 if found.complaints() else 0


def _run(title: str, with_filter: bool, site: web.Site) -> list[outcome.Outcome]:
    directory = _directory(title)
    shutil.rmtree(directory / "work", ignore_errors=True)
    print(f"{title}:", flush=True)
    with cloud.running(directory / "lab", with_filter, _say) as lab:
        workspace.make(directory / "work", lab, site, with_filter)
        _say("       running tempest")
        outcomes = results.of_run(directory / "work", SELECT, _progress())
    _say(f"       {comparison.summary(outcomes)}")
    if not outcomes:
        _say(f"       tempest said: {launch.last_words(directory / 'work' / results.ERRORS)}")
    return outcomes


def _progress():
    begin, seen = time.monotonic(), []

    def each(latest: outcome.Outcome) -> None:
        seen.append(latest)
        if latest.status == "failed":
            _say(f"       FAILED {latest.test}")
        if len(seen) % EVERY == 0:
            _say(f"{time.monotonic() - begin:5.1f} s  {comparison.summary(seen)}")

    return each


def _clean(keep: bool) -> None:
    """Remove the data of the labs, unless somebody will want to read their logs."""
    if not keep:
        for title in comparison.TITLES.values():
            cloud.remove(_directory(title) / "lab")
            # It has the password of a cloud that is no more.
            with contextlib.suppress(FileNotFoundError):
                (_directory(title) / "work" / workspace.CONFIGURATION).unlink()


def _directory(title: str) -> Path:
    return BUILD / title.replace(" ", "-")


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        sys.exit(str(error))
