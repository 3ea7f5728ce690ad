"""Seconds and peak memory of a whole command."""

import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Measured(NamedTuple):
    """What a command took and said."""

    seconds: float
    memory_mb: float
    out: str


def measure(*command: str) -> Measured:
    """Run a command in a process of its own."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return Measured(time.perf_counter() - begin, peak_mb(used), out)


def peak_mb(used: resource.struct_rusage) -> float:
    """Return the peak resident memory of a process in MB (macOS counts bytes, Linux kB)."""
    return used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def infraplan() -> str:
    """Return the command that is measured."""
    return str(Path(sys.executable).with_name("infraplan"))
