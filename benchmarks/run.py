"""Measure the main job: seconds and peak memory of whole commands, one process each, nothing else running.

``make bench`` prints the table; keep it in ``benchmarks/RESULTS.md`` with the machine and the versions.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("geopandas", "shapely", "numpy", "scipy", "pandas", "pyogrio")
ANDORRA = Path(__file__).parents[2] / "shared" / "data" / "andorra"


def measure(*command: str) -> tuple[float, float, str]:
    """Run a command and return its seconds, its peak memory in MB and what it printed."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return time.perf_counter() - begin, peak_mb(used), out


def peak_mb(used: resource.struct_rusage) -> float:
    """Return the peak resident memory of a process in MB (macOS counts bytes, Linux kB)."""
    return used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def andorra_study(folder: Path) -> Path:
    """Write the study of the test on Andorra."""
    source = (Path(__file__).parents[1] / "tests" / "andorra.toml").read_text("utf-8")
    file = folder / "study.toml"
    file.write_text(source.replace("{data}", ANDORRA.as_posix()), "utf-8")
    return file


def main() -> None:
    """Print the table."""
    infraplan = str(Path(sys.executable).with_name("infraplan"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    print()
    print("| work | target | wall s | peak MB | stages |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        jobs = [
            ("`infraplan --help`", "0.5 s", (infraplan, "--help")),
            ("`infraplan demo`, a municipality", "20 s", (infraplan, "demo", str(root / "one"), "--json")),
            (
                "`infraplan demo --county`",
                "180 s, 2 000 MB",
                (infraplan, "demo", str(root / "all"), "--county", "--json"),
            ),
        ]
        if ANDORRA.is_dir():
            study = andorra_study(root)
            jobs.append(
                (
                    "`infraplan run` on Andorra",
                    "60 s",
                    (infraplan, "run", str(study), "-o", str(root / "out"), "--json"),
                )
            )
        for name, target, command in jobs:
            seconds, memory, out = measure(*command)
            stages = json.loads(out).get("seconds", {}) if out.startswith("{") else {}
            spent = ", ".join(f"{stage} {value:.1f}" for stage, value in stages.items())
            print(f"| {name} | {target} | {seconds:.2f} | {memory:.0f} | {spent} |", flush=True)


if __name__ == "__main__":
    main()
