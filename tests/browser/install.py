"""Make a Chromium available for the browser tests, and say what was done."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first is the same browser without windows: tests take less than half the time in it."""


def find_browser() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> str:
    """Install Chromium the way that this machine allows; return a sentence about it.

    Raises
    ------
    subprocess.CalledProcessError
        The installer failed.
    """
    if path := find_browser():
        return f"browser tests use {path}"
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
        if subprocess.run([*install, NAMES[0]], check=False, env=quiet).returncode:
            # Older systems have it with windows alone.
            subprocess.run([*install, "chromium"], check=True, env=quiet)
        return f"installed with apt-get: browser tests use {find_browser()}"
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)
    return "installed Playwright's own chromium: browser tests use it"


if __name__ == "__main__":
    sys.stdout.write(install() + "\n")
