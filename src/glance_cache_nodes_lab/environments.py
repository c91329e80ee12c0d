# SPDX-License-Identifier: Apache-2.0
"""An environment for Glance of a named release, made once from the release's pinned list.

:func:`python_of` does the same for any other pinned list.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from glance_cache_nodes.exception import UserError
from glance_cache_nodes_lab import interpreters, launch, transfer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glance_cache_nodes_lab.interpreters import Interpreter

    Progress = Callable[[str], None]

LISTS = Path(__file__).with_name("releases")
SYSTEM_CERTIFICATES = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
"""Lets uv, of any version, trust what the system trusts: a company's own authority, for one."""

STAMP = ".glance-cache-nodes"
"""The file that marks an environment of this module; empty until all is installed."""


def known() -> list[str]:
    """Return the releases with a pinned list, oldest first."""
    return sorted(path.stem for path in LISTS.glob("*.txt"))


def python_for(
    release: str,
    directory: Path,
    progress: Progress,
    interpreter: Interpreter = interpreters.OWN,
) -> Path:
    """Return the Python of the environment of this release; make the environment if necessary.

    This package is copied into it each time.

    Args:
        release: such as ``2024.1``.
        directory: the parent of the environments, each named by its release and, if it is not
            the Python that runs this, by its Python: ``2024.1-python3.9``; made if missing.
        progress: called with a line for each long step.
        interpreter: the Python that makes the environment.

    Raises:
        UserError: no such release, or the environment cannot be made.
    """
    if release not in known():
        raise UserError(f"unknown release {release!r}; known are {', '.join(known())}")
    return python_of(
        f"Glance {release}", LISTS / f"{release}.txt", directory, progress, interpreter
    )


def python_of(
    what: str,
    pinned: Path,
    directory: Path,
    progress: Progress,
    interpreter: Interpreter = interpreters.OWN,
) -> Path:
    """Return the Python of the environment with these packages; make it if need be.

    Args:
        what: how the environment is called in messages.
        pinned: the list, complete; the environment is named as it is.
        directory: as for :func:`python_for`.
        progress: as for :func:`python_for`.
        interpreter: as for :func:`python_for`.

    Raises:
        UserError: the environment cannot be made; the line says why.
    """
    own = interpreter.version == interpreters.OWN_VERSION
    name = pinned.stem if own else f"{pinned.stem}-python{interpreter.version}"
    environment = directory.resolve() / name
    try:
        with _alone(environment, progress):
            _make_once(what, environment, pinned, interpreter, progress)
            transfer.this_package(environment)
    except OSError as error:
        raise UserError(f"cannot use {environment} for {what}: {error}") from error
    return _python(environment)


@contextlib.contextmanager
def _alone(environment: Path, progress: Progress) -> Iterator[None]:
    environment.parent.mkdir(parents=True, exist_ok=True)
    with environment.with_name(f".{environment.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another `lab up` to be done with {environment}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_once(
    what: str, environment: Path, pinned: Path, interpreter: Interpreter, progress: Progress
) -> None:
    stamp, identity = environment / STAMP, _identity(pinned, interpreter)
    if stamp.is_file() and stamp.read_text(encoding="ascii") == identity:
        return
    begin = time.monotonic()
    progress(f"installing {what} into {environment}, which takes a while")
    _clear(environment)
    _install(what, environment, pinned, interpreter)
    stamp.write_text(identity, encoding="ascii")
    progress(f"installed in {time.monotonic() - begin:.1f} s")


def _identity(pinned: Path, interpreter: Interpreter) -> str:
    """Return a text that changes when the environment must be made again."""
    python = str(interpreter.path.resolve()) + sys.version
    return hashlib.sha256(pinned.read_bytes() + python.encode()).hexdigest()


def _clear(environment: Path) -> None:
    """Empty the directory but for the stamp, which marks it as one that may be emptied.

    Raises:
        UserError: it is not an environment that this module made.
    """
    if environment.exists():
        if not (environment / STAMP).is_file():
            raise UserError(
                f"{environment} is not an environment of the lab; name another --environments"
            )
        shutil.rmtree(environment)
    environment.mkdir()
    (environment / STAMP).touch()


def _install(what: str, environment: Path, pinned: Path, interpreter: Interpreter) -> None:
    log = environment.with_name(f"{environment.name}.log")
    log.unlink(missing_ok=True)
    ways = _ways(environment, pinned, interpreter)
    if not any(all(_run(command, log) for command in way) for way in ways):
        reason = launch.last_words(log)
        raise UserError(f"installing {what} failed: {reason}; see {log}")


def _ways(environment: Path, pinned: Path, interpreter: Interpreter) -> list[list[list[str]]]:
    """Return the ways to make an environment, each as commands, in the order to try them."""
    base, directory, python = str(interpreter.path), str(environment), str(_python(environment))
    # The list is complete, and has replaced what needs a compiler.
    wanted = ["--no-deps", "-r", str(pinned)]
    quiet = ["--disable-pip-version-check", "--progress-bar=off"]
    pip = [[base, "-m", "venv", directory], [python, "-m", "pip", "install", *quiet, *wanted]]
    if not importlib.util.find_spec("uv"):
        return [pip]
    uv = [sys.executable, "-m", "uv"]
    create = [*uv, "venv", "--allow-existing", "--no-project", "--python", base, directory]
    install = [*uv, "pip", "install", *_compiled(interpreter), "--python", python, *wanted]
    # uv is several times faster; where it cannot reach the packages, pip may.
    return [[create, install], pip]


def _compiled(interpreter: Interpreter) -> list[str]:
    # A lab starts three times faster then. Environments of another Python are for a few runs,
    # and compiling all of OpenStack costs more than compiling what those import.
    return ["--compile-bytecode"] if interpreter == interpreters.OWN else []


def _run(argv: Sequence[str], log: Path) -> bool:
    with log.open("ab") as output:
        ended = subprocess.run(  # noqa: S603
            argv,
            env={**SYSTEM_CERTIFICATES, **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    return ended.returncode == 0


def _python(environment: Path) -> Path:
    return environment / "bin/python"
