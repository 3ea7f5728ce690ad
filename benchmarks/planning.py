"""Measure planning at the size of a county: seconds, peak memory and gaps of a whole ``infraplan run``.

``python benchmarks/planning.py`` plans 60 000 white spots along 300 000 stretches of road to a target;
``--size tiny`` shows that the measurement works, ``--keep FOLDER`` leaves the study and its results there.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from county import COUNTY, TINY, write_county
from measure import Measured, infraplan, measure

SIZES = {"county": COUNTY, "tiny": TINY}
LIMIT = "300 s, 3 000 MB, gap stated"


def plan_county(folder: Path, size: str = "county") -> Measured:
    """Write a county and run its study."""
    study = write_county(folder / size, SIZES[size])
    return measure(infraplan(), "run", str(study), "-o", str(folder / f"{size}-result"), "--json")


def tell_stages(said: dict[str, Any]) -> str:
    """Return the seconds of each stage."""
    return ", ".join(f"{stage} {value:.1f}" for stage, value in said.get("seconds", {}).items())


def tell_plan(said: dict[str, Any]) -> str:
    """Return what a plan costs and how far it is proven to be from the best at most."""
    plan = said["plan"]
    millions = [
        plan[name] / 1e6 for name in ("cost_sek", "lower_bound_sek", "network_sek", "network_bound_sek")
    ]
    cost, bound, network, network_bound = millions
    return (
        f"{said['white_spots']['premises']} white spots, {plan['served']['premises']} served; whole"
        f" {cost:.1f} MSEK ≥ {bound:.1f}, gap {plan['gap']:.2%}; network {network:.1f} ≥ {network_bound:.1f},"
        f" gap {plan['network_gap']:.2%}"
    )


def render(name: str, target: str, measured: Measured) -> str:
    """Return a row of the table."""
    said = json.loads(measured.out)
    notes = f"{tell_stages(said)}; {tell_plan(said)}"
    return f"| {name} | {target} | {measured.seconds:.2f} | {measured.memory_mb:.0f} | {notes} |"


def main() -> None:
    """Print one row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="county")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = plan_county(options.keep or Path(folder), options.size)
    print(render(f"`infraplan run`, a made {options.size}", LIMIT, measured))


if __name__ == "__main__":
    main()
