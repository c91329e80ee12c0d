# SPDX-License-Identifier: Apache-2.0
"""Each finding on SQLite: found, named, corrected, and then found no more."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from node_site import FAR_PAST, OTHER, PAST, names, run, settings

from glance_cache_nodes.db import image_copies
from glance_cache_nodes.exception import UserError
from glance_cache_nodes.reconcile import checksums, disk


def missing_file(site):
    image_id = site.cached()
    (site.directory / image_id).unlink()
    return image_id


def missing_row(site):
    image_id = site.image()
    site.write(image_id)
    return image_id


def missing_row_by_md5(site):
    image_id = site.image(os_hash_algo=None, os_hash_value=None)
    site.write(image_id)
    return image_id


def missing_row_by_length(site):
    image_id = site.image(os_hash_algo=None, os_hash_value=None, checksum=None)
    site.write(image_id)
    return image_id


def file_of_deleted(site):
    return site.cached(deleted=True, status="deleted")


def file_of_half_deleted(site):
    """The node was killed between the two statements by which it deletes an image."""
    return site.cached(deleted=False, status="deleted")


def row_of_purged(site):
    image_id = "11111111-2222-4333-8444-555555555555"
    site.row(image_id)
    return image_id


def file_of_purged(site):
    image_id = "21111111-2222-4333-8444-555555555555"
    site.write(image_id)
    return image_id


def truncated(site):
    image_id = site.cached()
    site.write(image_id, b"da")
    return image_id


def empty_without_row(site):
    image_id = site.image()
    site.write(image_id, b"")
    return image_id


def other_bytes_without_row(site):
    image_id = site.image()
    site.write(image_id, b"DATA")
    return image_id


def other_bytes_by_md5(site):
    image_id = site.image(os_hash_algo=None, os_hash_value=None)
    site.write(image_id, b"DATA")
    return image_id


def reused_with_other_length(site):
    image_id = site.cached()
    site.write(image_id, b"longer data", FAR_PAST)
    return image_id


def reused_with_same_length(site):
    image_id = site.cached()
    site.write(image_id, b"DATA", FAR_PAST)
    return image_id


def wrong_size_in_row(site):
    image_id = site.image()
    site.write(image_id)
    site.row(image_id, 5)
    return image_id


CASES = [
    (missing_file, "missing_file", "none"),
    (missing_row, "missing_row", "both"),
    (missing_row_by_md5, "missing_row", "both"),
    (missing_row_by_length, "missing_row", "both"),
    (file_of_deleted, "deleted_image", "none"),
    (file_of_half_deleted, "deleted_image", "none"),
    (row_of_purged, "deleted_image", "none"),
    (file_of_purged, "deleted_image", "none"),
    (truncated, "wrong_length", "none"),
    (empty_without_row, "wrong_length", "none"),
    (other_bytes_without_row, "wrong_checksum", "none"),
    (other_bytes_by_md5, "wrong_checksum", "none"),
    (reused_with_other_length, "reused_id", "none"),
    (reused_with_same_length, "reused_id", "none"),
    (wrong_size_in_row, "wrong_size_in_row", "both"),
]


@pytest.mark.parametrize(("make", "finding", "after"), CASES, ids=[m.__name__ for m, _, _ in CASES])
def test_a_difference_is_named_and_corrected(site, make, finding, after):
    image_id = make(site)
    before = site.rows(), site.files()
    assert names(run(site)) == {image_id: finding}
    assert (site.rows(), site.files()) == before
    report = run(site, fix=True)
    assert [(each.kind.name, each.fixed) for each in report.findings] == [(finding, True)]
    assert (image_id in site.rows(), image_id in site.files()) == (after == "both",) * 2
    assert len(site.rows()) == len(site.files()) == (2 if after == "both" else 1)
    assert not run(site).findings


def test_the_row_that_comes_is_as_glance_writes_it(site):
    image_id = missing_row(site)
    run(site, fix=True)
    assert site.rows()[image_id] == 4


def test_a_length_alone_is_said_to_be_so(site):
    missing_row_by_length(site)
    assert "only the length" in run(site).findings[0].detail


def test_other_bytes_on_record_are_found_only_when_asked(site):
    image_id = site.cached()
    site.write(image_id, b"DATA")
    assert not run(site).findings
    assert names(run(site, verify=True)) == {image_id: "wrong_checksum"}
    run(site, verify=True, fix=True)
    assert image_id not in site.rows().keys() | site.files()


@pytest.mark.parametrize("fraction", [0, 1, 999999])
def test_a_copy_of_the_second_of_the_creation_is_no_reused_id(site, fraction):
    """MariaDB keeps created_at in whole seconds; a copy is written after the creation."""
    image_id = site.image(created_at=PAST.replace(microsecond=999999))
    site.write(image_id, b"DATA", PAST + datetime.timedelta(microseconds=fraction))
    assert names(run(site)) == {image_id: "wrong_checksum"}
    site.write(image_id, b"longer", PAST + datetime.timedelta(microseconds=fraction))
    assert names(run(site)) == {image_id: "wrong_length"}
    site.write(image_id, b"longer", PAST - datetime.timedelta(microseconds=1))
    assert names(run(site)) == {image_id: "reused_id"}


def test_an_old_right_file_is_no_finding(site):
    image_id = site.cached()
    os.utime(site.directory / image_id, (0, 0))
    assert not run(site).findings


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "deactivated"},
        {"status": "pending_delete", "deleted": True},
        {"status": "queued", "size": None},
        {"status": "saving", "size": 0},
    ],
    ids=lambda changes: changes["status"],
)
def test_what_is_not_deleted_or_has_no_size_yet_stays(site, changes):
    site.cached(**changes)
    assert not run(site, fix=True, verify=True).findings
    assert len(site.files()) == 2


def test_the_rows_of_other_nodes_stay(site):
    image_id = missing_file(site)
    site.row(image_id, node=OTHER)
    site.row(site.image(), node=OTHER)
    run(site, fix=True)
    assert len(site.rows(OTHER)) == 2


def test_what_is_not_glances_is_left_alone(site):
    (site.directory / "lost+found").mkdir()
    for name in ("cache.db", "notes", "11111111-2222-4333-8444-55555555555", "incomplete/readme"):
        (site.directory / name).write_text("mine")
    target = site.directory.parent / "elsewhere"
    target.write_text("mine")
    (site.directory / site.image()).symlink_to(target)
    before = site.files()
    assert not run(site, fix=True).findings
    assert site.files() == before


def test_a_directory_in_the_place_of_a_file_is_no_file(site):
    image_id = missing_file(site)
    (site.directory / image_id).mkdir()
    assert names(run(site, fix=True)) == {image_id: "missing_file"}
    assert image_id not in site.rows()
    assert (site.directory / image_id).is_dir()


def test_a_link_to_nothing_is_no_file(site):
    image_id = missing_file(site)
    link = site.directory / image_id
    link.symlink_to(site.directory.parent / "nowhere")
    assert names(run(site, fix=True)) == {image_id: "missing_file"}
    assert image_id not in site.rows()
    assert link.is_symlink()


def test_a_hash_of_any_length_is_none_to_compare_with(site):
    changes = {"os_hash_algo": "shake_128", "os_hash_value": "ab" * 16}
    site.cached(**changes)
    image_id = site.image(**changes)
    site.write(image_id, b"DATA")
    report = run(site, verify=True)
    assert names(report) == {image_id: "wrong_checksum"}
    assert "md5" in report.findings[0].detail


def test_a_row_with_another_name_than_an_id_takes_no_file_along(site):
    for name in ("notes", "../glance-api.conf"):
        (site.directory / "notes").write_text("mine")
        site.row(name)
    report = run(site, fix=True)
    assert {each.kind.name for each in report.findings} == {"deleted_image"}
    assert (site.directory / "notes").exists()
    assert site.file.exists()
    assert len(site.rows()) == 1


def test_a_file_that_cannot_be_read_makes_the_run_incomplete(site, monkeypatch):
    image_id = missing_row(site)

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        report = run(site)
    assert not report.complete
    assert report.unreadable == {str(site.directory / image_id): "Permission denied"}
    assert run(site).complete


@pytest.mark.parametrize(
    ("owner", "call"), [(os, "open"), (os, "scandir"), (Path, "exists"), (Path, "lstat")]
)
def test_a_directory_that_may_not_be_read_is_named(site, monkeypatch, owner, call):
    of_python = getattr(owner, call)

    def refuse(path, *words, **named):
        if Path(path).is_relative_to(site.directory):
            raise PermissionError(13, "Permission denied")
        return of_python(path, *words, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, call, refuse)
        with pytest.raises(UserError, match="Permission denied"):
            run(site, fix=True)
    assert not run(site).findings


def test_a_file_that_somebody_writes_into_stays(site):
    image_id = truncated(site)
    with (site.directory / image_id).open("ab"):
        assert [each.fixed for each in run(site, fix=True).findings] == [False]
    assert (site.directory / image_id).exists()
    assert [each.fixed for each in run(site, fix=True).findings] == [True]


def test_what_cannot_be_removed_is_told(site):
    truncated(site)
    (site.directory / "invalid").rmdir()
    (site.directory / "invalid").write_text("no directory")
    finding = run(site, fix=True).findings[0]
    assert not finding.fixed
    assert "not corrected: " in finding.detail


def test_a_long_run_tells_how_far_it_is(site):
    lines, seconds = [], iter(range(0, 1000, 3))
    image_id = site.image(b"x" * 3_000_000)
    site.write(image_id, b"x" * 3_000_000)
    compare = checksums.Checksums(lines.append, clock=lambda: next(seconds))
    image = image_copies.find_images(settings(site).database, {image_id})[image_id]
    assert compare.are_right(disk.cached(site.directory, image_id), image)
    assert lines == [f"checksums: 2 MB read, now {image_id}"]
    assert compare.are_right(disk.cached(site.directory, image_id), image)
    assert len(lines) == 1  # it is remembered
