# SPDX-License-Identifier: Apache-2.0
"""Each line of ``check``, with what makes it good and bad."""

from __future__ import annotations

import os
import socket
import time
import uuid

import pytest
from node_site import NODE, OTHER, Site, long_ago, settings

from glance_cache_nodes.db import nodes
from glance_cache_nodes.paste_config import insert
from glance_cache_nodes.reconcile import check
from glance_cache_nodes.reconcile.check import identity, mounts
from paste_samples import SHIPPED


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.cached()
    (tmp_path / "glance-api-paste.ini").write_text(insert(SHIPPED.read_text()))
    return made


def line(site, name, **changes):
    """Return the line of one check."""
    lines = check.run(settings(site, **changes))
    found = {each.check: each for each in lines}[name]
    assert found.detail
    assert "None" not in found.detail
    assert (found.remedy is None) == (found.result == "success")
    return found


def test_a_node_that_is_set_up_well_is_all_success(site):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        site.row(site.image(), node=url)
        lines = check.run(settings(site, worker_self_reference_url=url, image_cache_max_size=9))
    results = {each.check: each.result for each in lines}
    assert results.pop("node identity") == results.pop("other nodes") == "unknown"
    assert set(results.values()) == {"success"}
    assert check.status(lines) == 0


def remove_queue(site):
    (site.directory / "queue").rmdir()


def remove_filter(site):
    (site.directory.parent / "glance-api-paste.ini").write_text(SHIPPED.read_text())


def misplace_filter(site):
    path = site.directory.parent / "glance-api-paste.ini"
    words = "authtoken context cache_nodes cache cachemanage rootapp"
    moved = "authtoken context cache cachemanage cache_nodes rootapp"
    path.write_text(path.read_text().replace(words, moved))


def serve_without_cache(site):
    with site.file.open("a") as file:
        file.write("[paste_deploy]\nflavor = keystone\n")


def serve_no_pipeline(site):
    with site.file.open("a") as file:
        file.write("[paste_deploy]\nflavor = keystone+typo\n")


def hide_requests(site):
    path = site.directory.parent / "glance-api-paste.ini"
    path.write_text(path.read_text().replace("cachemanage rootapp", "cachemanage gzip rootapp"))


def break_paste(site):
    (site.directory.parent / "glance-api-paste.ini").write_text("[x\n")


def remove_tables(site):
    (site.directory.parent / "glance.sqlite").write_bytes(b"")


def lie_in_queue(site):
    path = site.directory / "queue" / str(uuid.uuid4())
    path.touch()
    old = time.time() - 1000
    os.utime(path, (old, old))


def nothing(_site):
    pass


@pytest.mark.parametrize(
    ("name", "result", "accident", "changes"),
    [
        ("cache driver", "error", nothing, {"image_cache_driver": "sqlite"}),
        ("cache directory", "error", nothing, {"image_cache_dir": "/nowhere"}),
        ("cache directory", "error", nothing, {"image_cache_dir": None}),
        ("cache directory", "warning", remove_queue, {}),
        ("disk space", "warning", nothing, {"image_cache_max_size": 2**60}),
        ("disk space", "unknown", nothing, {"image_cache_dir": "/nowhere"}),
        ("pruner", "warning", nothing, {"image_cache_max_size": 3}),
        ("node URL", "error", nothing, {"worker_self_reference_url": None}),
        ("node URL", "error", nothing, {"worker_self_reference_url": "node1:9292"}),
        ("node URL", "error", nothing, {"worker_self_reference_url": "http://[bad"}),
        ("node URL", "error", nothing, {"worker_self_reference_url": "http://node1:99999"}),
        ("node answers", "error", nothing, {"worker_self_reference_url": "http://127.0.0.1:1"}),
        ("filter", "error", remove_filter, {}),
        ("filter", "warning", misplace_filter, {}),
        ("filter", "warning", serve_without_cache, {}),
        ("filter", "warning", hide_requests, {}),
        ("filter", "error", serve_no_pipeline, {}),
        ("filter", "error", break_paste, {}),
        ("database", "error", remove_tables, {}),
        ("record", "warning", nothing, {"worker_self_reference_url": "http://node9:9292"}),
        ("record", "warning", nothing, {"worker_self_reference_url": None}),
        ("node identity", "unknown", nothing, {}),
    ],
)
def test_what_is_wrong_has_its_result_and_a_remedy(site, name, result, accident, changes):
    accident(site)
    found = line(site, name, **changes)
    assert found.result == result, found


def test_a_dead_worker_is_found_by_what_waits(site, monkeypatch):
    lie_in_queue(site)
    assert line(site, "cache worker").result == "success"  # it may only have been copied here
    monkeypatch.setattr("glance_cache_nodes.reconcile.check.directory._QUEUED_TOO_LONG", -1.0)
    assert line(site, "cache worker").result == "warning"
    growing = site.directory / "incomplete" / str(uuid.uuid4())
    growing.write_bytes(b"da")
    assert line(site, "cache worker").result == "success"


def test_a_cleaner_that_does_not_run_is_found_by_what_stays(site):
    path = site.directory / "incomplete" / str(uuid.uuid4())
    path.write_bytes(b"da")
    assert line(site, "cleaner").result == "success"
    long_ago(path)
    assert line(site, "cleaner", image_cache_stall_time=0).result == "warning"


@pytest.mark.parametrize(
    ("text", "result", "words"),
    [
        (f'a: {{nodes: ["{NODE}", "{OTHER}"]}}', "success", "2 nodes"),
        (f'a: {{nodes: ["{NODE}"]}}', "warning", OTHER),
        ("a: [", "error", "cannot be used"),
        (f'a: {{nodes: ["{NODE}", "{OTHER}", "http://typo:9292"]}}', "warning", "typo"),
    ],
)
def test_the_sites_file_names_each_node(site, text, result, words):
    site.row(site.image(), node=OTHER)
    path = site.directory.parent / "sites.yaml"
    path.write_text(text)
    with site.file.open("a") as file:
        file.write(f"[cache_nodes]\nsites_file = {path}\n")
    found = line(site, "sites file")
    assert (found.result, words in found.detail) == (result, True), found


def test_a_file_system_that_is_not_mounted_is_found(site, monkeypatch):
    table = site.directory.parent / "fstab"
    table.write_text(f"# comment\n/dev/sdb1 {site.directory} xfs defaults 0 0\n/dev/sda1 / ext4\n")
    monkeypatch.setattr(mounts, "WANTED", table)
    assert "nothing is mounted there" in line(site, "file system").detail
    monkeypatch.setattr(mounts, "MOUNTED", table)
    assert line(site, "file system").result == "success"


def test_markers_of_a_killed_check_go_and_are_no_queue(site, monkeypatch):
    monkeypatch.setattr("glance_cache_nodes.reconcile.check.directory._QUEUED_TOO_LONG", -1.0)
    marker = site.directory / "queue" / (identity._MARKER + str(uuid.uuid4())[9:])
    marker.touch()
    assert line(site, "cache worker").result == "success"
    long_ago(marker)
    with identity._marked(site.directory) as queued:
        assert [each.name for each in marker.parent.iterdir()] == [queued]
    assert not list(marker.parent.iterdir())


def test_nodes_that_take_no_connection_are_told(site):
    site.row(site.image(), node="http://127.0.0.1:1")
    found = line(site, "other nodes")
    assert (found.result, "http://127.0.0.1:1" in found.detail) == ("unknown", True)


def test_a_check_changes_nothing(site):
    before = site.rows(), site.files(), nodes.find_urls(settings(site).database)
    check.run(settings(site))
    assert (site.rows(), site.files(), nodes.find_urls(settings(site).database)) == before
