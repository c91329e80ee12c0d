# SPDX-License-Identifier: Apache-2.0
"""DevStack's directory, as far as a ``local.sh`` sees it: what its two files define, and where."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from glance_cache_nodes import paste_config
from paste_samples import SHIPPED

# `functions` knows the virtual environment and the constraints only once `stackrc` was read.
_FUNCTIONS = """
function get_python_exec_prefix { [ "$GLOBAL_VENV" = True ] && echo "$DEVSTACK_VENV/bin"; }
function pip_install { "$DEVSTACK_VENV/bin/pip" -c "$REQUIREMENTS_DIR/constraints.txt" "$@"; }
"""
_STACKRC = 'DEVSTACK_VENV="$PWD/venv" GLOBAL_VENV=True REQUIREMENTS_DIR="$PWD/requirements"\n'
_PIP = '#!/bin/sh\n[ -f "$2" ] && ln -s {command} "$(dirname "$0")"\n'
_SUDO = '#!/bin/sh\necho "$@" >sudo.log\n'


def local_sh(path: Path) -> None:
    """See that the script installs the add-on, puts the filter into the file, restarts Glance."""
    stack = path.parent
    for name in ("venv/bin", "requirements", "bin", "etc"):
        (stack / name).mkdir(parents=True)
    (stack / "functions").write_text(_FUNCTIONS)
    (stack / "stackrc").write_text(_STACKRC)
    (stack / "requirements/constraints.txt").touch()
    command = Path(sys.executable).with_name("glance-cache-nodes")
    for name, text in (("venv/bin/pip", _PIP.format(command=command)), ("bin/sudo", _SUDO)):
        (stack / name).write_text(text)
        (stack / name).chmod(0o755)
    paste = stack / "etc" / SHIPPED.name
    shutil.copy(SHIPPED, paste)
    path.write_text(path.read_text().replace("/etc/glance", str(paste.parent)))
    path.chmod(0o755)
    # DevStack runs it from another directory, and with no virtual environment in PATH.
    environment = {"PATH": f"{stack}/bin:{os.defpath}"}
    done = subprocess.run(
        [path], cwd="/", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert paste.read_text() == paste_config.insert(SHIPPED.read_text())
    assert (stack / "sudo.log").read_text() == "systemctl restart devstack@g-api\n"
