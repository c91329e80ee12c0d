# SPDX-License-Identifier: Apache-2.0
"""The command ``paste``: what it prints, what it writes, and what it leaves alone."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from paste_command import paste

from glance_cache_nodes.exception import UserError
from glance_cache_nodes.paste_config import insert
from glance_cache_nodes.paste_config.filters import WITH_FILL
from paste_samples import SHIPPED

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a copy of the shipped file, in a directory of its own."""
    copy = tmp_path / "etc" / "glance-api-paste.ini"
    copy.parent.mkdir()
    copy.write_bytes(SHIPPED.read_bytes())
    copy.chmod(0o640)
    return copy


def names(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_without_in_place_it_only_shows(file: Path, capsys) -> None:
    assert paste(file) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith(f"--- {file}\n+++ {file}\n@@ ")
    assert shown.err == f"{file}: nothing written; --in-place writes it\n"
    assert file.read_bytes() == SHIPPED.read_bytes()
    assert names(file) == [file.name]


@pytest.mark.skipif(not shutil.which("patch"), reason="no patch here: apt-get install patch")
@pytest.mark.parametrize("ending", ["", "\n", "\n\n"])
def test_patch_takes_what_is_shown(file: Path, capsys, ending: str) -> None:
    text = file.read_text().rstrip("\n") + ending
    file.write_text(text)
    paste(file)
    patch = [shutil.which("patch"), "--quiet", str(file)]
    subprocess.run(patch, input=capsys.readouterr().out.encode(), check=True)
    assert file.read_text() == insert(text)


def test_in_place_writes_and_keeps_the_old_one(file: Path, capsys) -> None:
    assert paste(file, "--in-place") == 0
    (backup,) = file.parent.glob("*.bak-*")
    assert file.read_text() == insert(SHIPPED.read_text())
    assert backup.read_bytes() == SHIPPED.read_bytes()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, backup)] == [0o640, 0o640]
    assert str(backup) in capsys.readouterr().err


def test_the_second_time_changes_nothing_and_says_so(file: Path, capsys) -> None:
    paste(file, "--in-place")
    before = names(file)
    capsys.readouterr()
    assert paste(file, "--in-place") == 0
    assert capsys.readouterr() == ("", f"{file}: nothing to change\n")
    assert names(file) == before


def test_remove_brings_the_old_file_back(file: Path) -> None:
    paste(file, "--in-place")
    paste(file, "--in-place", "--remove")
    assert file.read_bytes() == SHIPPED.read_bytes()
    assert len(names(file)) == 3  # two backups, though both may be of one second


def test_fill_puts_the_second_filter_in_and_takes_it_out(file: Path) -> None:
    paste(file, "--in-place")
    without = file.read_text()
    assert paste(file, "--in-place", "--fill") == 0
    assert file.read_text() == insert(SHIPPED.read_text(), WITH_FILL)
    assert paste(file, "--in-place", "--fill", "--remove") == 0
    assert file.read_text() == without
    paste(file, "--in-place", "--fill")
    paste(file, "--in-place", "--remove")
    assert file.read_bytes() == SHIPPED.read_bytes()


def test_line_ends_of_windows_stay(file: Path) -> None:
    file.write_bytes(SHIPPED.read_bytes().replace(b"\n", b"\r\n"))
    paste(file, "--in-place")
    assert file.read_bytes() == insert(SHIPPED.read_text()).replace("\n", "\r\n").encode()


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "paste.ini"
    link.symlink_to(file)
    paste(link, "--in-place")
    assert link.is_symlink()
    assert "cache_nodes" in file.read_text()
    assert len(names(file)) == 2


def test_a_file_in_the_working_directory(file: Path, monkeypatch) -> None:
    monkeypatch.chdir(file.parent)
    assert paste(file.name, "--in-place") == 0
    assert len(names(file)) == 2


@as_root
def test_root_keeps_the_owner(file: Path) -> None:
    os.chown(file, 1234, 2345)
    paste(file, "--in-place")
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in file.parent.iterdir()}
    assert owners == {(1234, 2345)}


def test_json_tells_what_was_done(file: Path, capsys) -> None:
    paste(file, "--in-place", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["file"], told["changed"], told["written"]) == (str(file), True, True)
    assert Path(told["backup"]).read_bytes() == SHIPPED.read_bytes()
    assert "[composite:api] keystone" in told["pipelines"]
    assert told["diff"].startswith("--- ")


def test_json_tells_that_nothing_was_done(file: Path, capsys) -> None:
    paste(file, "--remove", "--json")
    told = json.loads(capsys.readouterr().out)
    assert not any(told[key] for key in ("changed", "written", "backup", "diff"))


def test_refuses_what_is_no_file_to_edit(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"missing\.ini: cannot be read: No such file"):
        paste(tmp_path / "missing.ini")
    with pytest.raises(UserError, match=r"not a file; name the glance-api-paste\.ini itself"):
        paste(tmp_path)
    file.write_bytes(b"[DEFAULT]\nname = Gr\xf6\xdfe\n")
    with pytest.raises(UserError, match="line 2: not UTF-8; save the file as UTF-8"):
        paste(file)
    file.write_text("")
    with pytest.raises(UserError, match=r"glance-api-paste\.ini: it has no application"):
        paste(file)


@contextlib.contextmanager
def plain_user(directory: Path) -> Iterator[None]:
    """Give the directory to a user who may not write everywhere, and be that user."""
    if os.geteuid() != 0:
        yield
        return
    for path in (directory, *directory.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_refuses_what_may_not_be_written_and_leaves_nothing() -> None:
    # Not under tmp_path: no other user may enter that.
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "glance-api-paste.ini")
        file.write_bytes(SHIPPED.read_bytes())
        with plain_user(file.parent):
            file.chmod(0o440)
            with pytest.raises(UserError, match="not writable"):
                paste(file, "--in-place")
            file.chmod(0o640)
            file.parent.chmod(0o550)
            with pytest.raises(UserError, match="cannot be replaced: Permission denied; nothing"):
                paste(file, "--in-place")
            file.parent.chmod(0o750)
        assert names(file) == [file.name]
