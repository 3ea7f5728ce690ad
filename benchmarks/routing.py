"""Measure the router: CPU seconds on one core, kernels compiled before, every answer checked by other code.

``python benchmarks/routing.py`` prints the table in about twenty minutes, compared with the one that was
committed last. ``--only fibre,roads`` measures some groups, ``--seconds 2`` gives each search so many seconds
in place of its own (a trial: its rows have names of their own and are not held to targets that are not
theirs). ``--write`` puts the table of a whole run into ``benchmarks/RESULTS.md``.

Seconds are a limit by the clock, as for any caller, and are reported as CPU seconds: on a busy machine a
search gets less than its share. Each row has a process of its own, whose memory it is.
"""

import argparse
import os
import platform
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from router.process import choose_cache, count_kernels, run_apart
from router.rows import GROUPS, KINDS, UNLIMITED
from router.solve import warm_up
from router.table import Figures, read_table, render, render_head, replace_table

RESULTS = Path(__file__).with_name("RESULTS.md")
LIBRARIES = ("numpy", "scipy", "numba", "networkx")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", type=read_groups, default=list(GROUPS), metavar=",".join(GROUPS))
    parser.add_argument("--seconds", type=float, help="for each search, in place of its own")
    parser.add_argument("--write", action="store_true", help=f"put the table into {RESULTS.name}")
    options = parser.parse_args()
    if options.write and (options.seconds or options.only != list(GROUPS)):
        parser.error("only a whole run can be written: leave out --only and --seconds")
    return options


def read_groups(text: str) -> list[str]:
    """Return the groups that are asked for, in the table's order."""
    asked = set(text.split(","))
    if unknown := asked - set(GROUPS):
        msg = f"{', '.join(sorted(unknown))}: the groups are {', '.join(GROUPS)}"
        raise argparse.ArgumentTypeError(msg)
    return [group for group in GROUPS if group in asked]


def read_committed() -> dict[str, Figures]:
    """Return the table of the last commit, or of the file where there is none."""
    command = ["git", "show", f"HEAD:./{RESULTS.name}"]
    shown = subprocess.run(command, cwd=RESULTS.parent, capture_output=True, check=False)
    return read_table(RESULTS.read_text("utf-8") if shown.returncode else shown.stdout.decode("utf-8"))


def describe_machine() -> str:
    """Return when and where this is measured, and with what."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return (
        f"The router, {datetime.now(UTC):%Y-%m-%d}: {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {libraries}."
    )


def measure(groups: list[str], seconds: float | None) -> list[str]:
    """Print the table row by row, and return its lines."""
    kernels = choose_cache()
    if "compile" not in groups and not count_kernels(kernels):
        run_apart(warm_up, KINDS, None)
    before = read_committed()
    lines = [describe_machine(), "", *render_head().splitlines()]
    print("\n".join(lines))
    for group in groups:
        for row in GROUPS[group](seconds):
            held = row if not seconds or group in UNLIMITED else replace(row, targets=())
            lines.append(render(held, before))
            print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Print the table, and keep it where that is asked for."""
    options = read_options()
    lines = measure(options.only, options.seconds)
    if options.write:
        RESULTS.write_text(replace_table(RESULTS.read_text("utf-8"), "\n".join(lines)), "utf-8")


if __name__ == "__main__":
    main()
