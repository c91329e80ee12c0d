# SPDX-License-Identifier: Apache-2.0
"""The commands that serve Glance for operators, by name: each from a site's directory and a port.

All are asked for several processes; those that have threads get eight in each.
"""

from __future__ import annotations

from pathlib import Path

THREADS = 8
APPLICATION = "glance.common.wsgi_app:init_app()"
# What Glance's guide for operators has in its uWSGI file, less what belongs to a web server in
# front. SIGTERM would let uWSGI start again.
UWSGI = [
    "master",
    "enable-threads",
    "thunder-lock",
    "die-on-term",
    "need-app",
    "http-auto-chunked",
    "http-chunked-input",
    "http-raw-body",
    "buffer-size=65535",
    "socket-timeout=10",
    "disable-logging",
]


def gunicorn(_site: Path, port: int, workers: int) -> list[str]:
    options = [f"--workers={workers}", f"--threads={THREADS}", f"--bind=127.0.0.1:{port}"]
    return ["gunicorn", *options, APPLICATION]


def uwsgi(site: Path, port: int, workers: int) -> list[str]:
    """Each worker loads Glance, as Glance's guide says."""
    return [*uwsgi_forked(site, port, workers), "--lazy-apps"]


def uwsgi_forked(_site: Path, port: int, workers: int) -> list[str]:
    """Glance is loaded once, and the workers are forked from there."""
    options = [f"http-socket=127.0.0.1:{port}", f"processes={workers}", f"threads={THREADS}"]
    return ["uwsgi", *(f"--{each}" for each in [*UWSGI, *options]), f"--module={APPLICATION}"]


def glance_api(site: Path, port: int, workers: int) -> list[str]:
    """Glance's own server, on eventlet, is told by a file of its own."""
    options = f"[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = {port}\nworkers = {workers}\n"
    (site / "server.conf").write_text(options)
    paste = site / "server-paste.ini"
    if not paste.exists():
        paste.symlink_to("glance-api-paste.ini")
    files = (site / "glance-api.conf", site / "server.conf")
    return ["glance-api", *(f"--config-file={file}" for file in files)]


BY_NAME = {
    "gunicorn": gunicorn,
    "uWSGI": uwsgi,
    "uWSGI, forked": uwsgi_forked,
    "glance-api": glance_api,
}
