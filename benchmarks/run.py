"""Measure the main job: seconds and peak memory of whole commands, one process each, nothing else running.

``make bench`` prints the table; keep it in ``benchmarks/RESULTS.md`` with the machine and the versions.
"""

import json
import os
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path

from measure import infraplan, measure

from planning import LIMIT, plan_county, render, tell_stages

LIBRARIES = ("geopandas", "shapely", "numpy", "scipy", "pandas", "pyogrio")
ANDORRA = Path(__file__).parents[2] / "shared" / "data" / "andorra"


def andorra_study(folder: Path) -> Path:
    """Write the study of the test on Andorra."""
    tests = Path(__file__).parents[1] / "tests"
    source = (tests / "andorra.toml").read_text("utf-8")
    file = folder / "study.toml"
    text = source.replace("{data}", ANDORRA.as_posix()).replace("{tests}", tests.as_posix())
    file.write_text(text, "utf-8")
    return file


def main() -> None:
    """Print the table."""
    command = infraplan()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(", ".join(f"{name} {version(name)}" for name in LIBRARIES))
    print()
    print("| work | target | wall s | peak MB | stages |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        jobs = [
            ("`infraplan --help`", "0.5 s", (command, "--help")),
            ("`infraplan demo`, a municipality", "20 s", (command, "demo", str(root / "one"), "--json")),
            (
                "`infraplan demo --county`",
                "180 s, 2 000 MB",
                (command, "demo", str(root / "all"), "--county", "--json"),
            ),
        ]
        if ANDORRA.is_dir():
            study = andorra_study(root)
            jobs.append(
                (
                    "`infraplan run` on Andorra",
                    "60 s",
                    (command, "run", str(study), "-o", str(root / "out"), "--json"),
                )
            )
        for name, target, words in jobs:
            seconds, memory, out = measure(*words)
            spent = tell_stages(json.loads(out)) if out.startswith("{") else ""
            print(f"| {name} | {target} | {seconds:.2f} | {memory:.0f} | {spent} |", flush=True)
        print(render("`infraplan run`, a made county", LIMIT, plan_county(root)))


if __name__ == "__main__":
    main()
