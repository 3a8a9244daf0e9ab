"""The locked environment of the peers that are not dependencies of this project: created and removed by each run."""

from __future__ import annotations

import subprocess
import sys
from functools import cached_property
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "requirements" / "peers.txt"


class Environment:
    """A separate environment with dlt and spotipy, created when first needed."""

    def __init__(self, folder: Path, may_install: bool) -> None:
        self._folder = folder
        self._may_install = may_install

    @property
    def python(self) -> str:
        """Return its interpreter, which exists if `absence` is None."""
        return str(self._folder / "bin" / "python")

    @cached_property
    def absence(self) -> str | None:
        """Return why there is none; None if there is one."""
        if not self._may_install:
            return "not measured: --quick installs nothing"
        install = [self.python, "-m", "pip", "install", "-qq", "--require-hashes", "-r", str(LOCK)]
        for command in ([sys.executable, "-m", "venv", str(self._folder)], install):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                said = (done.stderr or done.stdout).strip().splitlines()
                return f"not measured: it can't be installed ({said[-1] if said else command})"
        return None
