# SPDX-License-Identifier: Apache-2.0
"""Glance works on between the steps of reconcile; reconcile is killed at each of its steps."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import threading
import uuid

import pytest
from node_site import Site, local_node, long_ago, names, run, settings

from glance_cache_nodes.cache import locks
from glance_cache_nodes.db import image_copies, write
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile import disk
from glance_cache_nodes.reconcile.apply import Fixer
from glance_cache_nodes.reconcile.case import Case
from glance_cache_nodes.reconcile.run import _alone


@pytest.fixture
def interrupt(monkeypatch):
    """Let something else happen once, before or after a change of the record."""

    def at(step, event):
        when, _, name = step.partition(" ")
        change = getattr(write, name)

        def interrupted(*words):
            monkeypatch.setattr(write, name, change)
            if when == "before":
                event()
            change(*words)
            if when == "after":
                event()

        monkeypatch.setattr(write, name, interrupted)

    return at


def case_of(site, image_id):
    file = disk.look(site.directory / image_id)
    image = image_copies.find_images(settings(site).database, {image_id})[image_id]
    return Case(image_id, file, site.rows().get(image_id), image)


@pytest.mark.parametrize("step", ["before add", "after add"])
def test_glance_evicts_while_the_row_is_added(site, step, interrupt):
    image_id = site.image()
    path = site.write(image_id)

    def evict():
        path.unlink()
        write.remove(settings(site).database, site.node, image_id)

    interrupt(step, evict)
    Fixer(local_node(site)).add_row(case_of(site, image_id))
    assert image_id not in site.rows()


@pytest.mark.parametrize("step", ["before remove", "after remove"])
def test_glance_caches_while_the_row_is_removed(site, step, interrupt):
    image_id = site.image()
    site.row(image_id)
    case = case_of(site, image_id)

    def cache():
        site.write(image_id)
        site.row(image_id)

    interrupt(step, cache)
    Fixer(local_node(site)).remove_row(case)
    assert site.rows()[image_id] == 4


def test_a_right_copy_that_takes_the_place_of_a_wrong_one_stays(site):
    image_id = site.cached()
    site.write(image_id, b"da")
    case = case_of(site, image_id)
    (site.directory / image_id).unlink()
    site.write(image_id)
    assert not Fixer(local_node(site)).remove_both(case)
    assert (site.directory / image_id).read_bytes() == b"data"
    assert image_id in site.rows()
    assert not list((site.directory / "invalid").iterdir())


def test_glance_commits_while_reconcile_waits(site):
    """The file is renamed into place; its row comes a moment later."""
    image_id = site.image()
    site.write(image_id)
    timer = threading.Timer(0.1, site.row, [image_id])
    timer.start()
    report = run(site, grace=1.0, fix=True)
    timer.join()
    assert not report.findings
    assert image_id in site.rows()


def partial(site, name="incomplete"):
    path = site.directory / name / str(uuid.uuid4())
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"half")
    return path


@pytest.mark.parametrize("name", ["incomplete", "invalid"])
def test_a_partial_file_goes_only_when_nobody_writes_it(site, name):
    path = partial(site, name)
    with path.open("ab") as writer:
        assert not run(site, fix=True).findings
        writer.write(b"more")
    assert names(run(site)) == {path.name: "stale_partial"}
    assert all(each.fixed for each in run(site, fix=True).findings)
    assert not path.exists()


def test_who_opens_a_partial_file_at_the_last_moment_keeps_it(site):
    path = partial(site)
    case = Case(path.name, partial=disk.look(path))
    with path.open("r+b") as writer:
        assert not Fixer(local_node(site)).remove_partial(case)
        writer.write(b"more")
    assert path.read_bytes() == b"more"
    assert not list((site.directory / "invalid").iterdir())


def test_without_leases_the_stall_time_decides(site, monkeypatch):
    monkeypatch.setattr(locks, "has_writer", lambda _: None)
    path = partial(site)
    long_ago(path)
    assert disk.is_written(disk.look(path), 3600.0)  # its ctime is of now
    assert not disk.is_written(disk.look(path), -1.0)


def test_a_part_of_the_fill_goes_only_when_nobody_holds_its_lock(site):
    image_id = str(uuid.uuid4())
    fill = site.directory / "cache_nodes"
    fill.mkdir()
    for ending in ("part", "lock", "failed"):
        (fill / f"{image_id}.{ending}").write_text("x")
    descriptor = os.open(fill / f"{image_id}.lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert not run(site, fix=True).findings
    os.close(descriptor)
    with (fill / "ledger").open("w") as ledger:
        fcntl.flock(ledger, fcntl.LOCK_EX)
        assert not run(site, fix=True).findings
    assert names(run(site, fix=True)) == {image_id: "stale_partial"}
    assert {each.suffix for each in fill.iterdir()} == {".lock", ".failed", ""}


def test_another_run_is_waited_for(site, monkeypatch):
    monkeypatch.setattr("glance_cache_nodes.reconcile.run._WAIT_FOR_ANOTHER_RUN", 0.2)
    with _alone(site.directory), pytest.raises(UserError, match="another reconcile"):
        run(site, fix=True)
    assert not run(site, fix=True).findings


def every_finding(site):
    """Make one of each finding but those that exclude each other."""
    site.row(site.image())  # missing_file
    site.write(site.image())  # missing_row
    site.cached(deleted=True, status="deleted")
    site.write(site.cached(), b"da")
    site.write(site.image(), b"DATA")
    partial(site)
    image_id = site.image()
    site.write(image_id)
    site.row(image_id, 5)


def die_at(number):
    """Kill this process at its so-manieth change or look at the database."""
    seen = [0]

    def hook(event, _arguments):
        if event in {"os.rename", "os.remove", "os.link", "sqlite3.connect"}:
            seen[0] += 1
            if seen[0] == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def killed_at(site, number):
    """Run reconcile in a child that dies there; return whether it died."""
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            die_at(number)
            run(site, fix=True, verify=True)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_step_is_made_good_by_the_next(tmp_path):
    for number in range(1, 200):
        site = Site(tmp_path / str(number))
        good = {site.cached(b"good") for _ in range(8)}
        every_finding(site)
        died = killed_at(site, number)
        assert good <= site.files()
        run(site, fix=True, verify=True)
        assert not run(site, verify=True).findings
        assert good <= site.files() == set(site.rows())
        if not died:
            break
    assert number > 20
