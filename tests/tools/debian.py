"""Installs the real data that a test reads, where this is root on Debian: `python -m tests.tools.debian`."""

import os
import shutil
import subprocess
from pathlib import Path

from idcore.data.known import DEBIAN


def install() -> None:
    """All of Fashion-MNIST, 30 MB. Elsewhere its test is skipped, with the reason."""
    if Path(DEBIAN).exists() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("Installing dataset-fashion-mnist for the tests.")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "dataset-fashion-mnist"], env=quiet)


if __name__ == "__main__":
    install()
