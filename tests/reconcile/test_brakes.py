# SPDX-License-Identifier: Apache-2.0
"""Runs that a mistake would turn into damage are refused."""

from __future__ import annotations

import shutil

import pytest
from node_site import NODE, Site, names, run


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    for _ in range(2):
        made.cached()
    return made


def empty(site):
    for name in site.files():
        (site.directory / name).unlink()


def missing(site):
    shutil.rmtree(site.directory)


def other(site):
    empty(site)
    site.write(site.image())


@pytest.mark.parametrize("accident", [empty, missing, other])
def test_another_directory_does_not_empty_the_record(site, accident):
    accident(site)
    before = site.rows()
    report = run(site, fix=True)
    assert "is it mounted?" in report.refused
    assert not any(each.fixed for each in report.findings)
    assert site.rows() == before
    report = run(site, fix=True, force=True)
    assert (report.refused, all(each.fixed for each in report.findings)) == (None, True)
    assert set(site.rows()) == (site.files() if site.directory.exists() else set())


def test_a_dry_run_says_what_a_fix_would_meet(site):
    empty(site)
    report = run(site)
    assert set(names(report).values()) == {"missing_file"}
    assert report.refused


def test_another_database_does_not_empty_the_disk(site):
    fresh = Site(site.directory.parent / "fresh")
    shutil.copytree(site.directory, fresh.directory, dirs_exist_ok=True)
    report = run(fresh, fix=True)
    assert "is it the right one?" in report.refused
    assert fresh.files() == site.files()


def lose(site, count, whole):
    ids = [site.cached() for _ in range(whole)]
    for image_id in ids[:count]:
        (site.directory / image_id).unlink()


@pytest.mark.parametrize(
    ("count", "whole", "most", "is_refused"),
    [
        (10, 10, 10, False),  # more than half, but not more than 10
        (11, 20, 10, False),  # more than 10, but not more than half of the 22
        (12, 20, 10, True),
        (12, 20, 12, False),
        (2, 0, 10, False),
    ],
)
def test_more_than_ten_and_more_than_half_are_refused(site, count, whole, most, is_refused):
    lose(site, min(count, whole), whole)
    before = site.rows()
    report = run(site, fix=True, max_removals=most)
    assert bool(report.refused) == is_refused
    assert (site.rows() == before) == (is_refused or not whole)


def test_files_count_apart_from_rows(site):
    for _ in range(11):
        site.write(site.image(deleted=True, status="deleted"))
    assert "of 13 files" in run(site, fix=True).refused
    assert len(site.files()) == 13
    assert site.node == NODE
