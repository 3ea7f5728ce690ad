"""A whole small plan, from files to every table, as it was when somebody last looked at it.

Two lines and more of ``golden/bill.csv``, by hand (a metre in the plane is 1 / 0.9996 m on the ground):

- P0001, trench, plough: the north road from 1000,0 to 1000,600 and drops of 30, 40, 20 and 30 m, 720 m in
  the plane, 720.288 m at 100: 72 029. With duct 7 202 (10 a metre, each edge rounded), leased duct 24 272,
  cables 1 200 and 62 844, crossings 2 000 and 8 000, four connections 20 000, splices 800 and 1 600 and a
  cabinet 30 000 that is 229 947; design a tenth, rounded up, 22 995; margin a tenth of 252 942, rounded up,
  25 295.
- P0002, trench, verge 50 %: the main road from 2000 to 2800, along which a water main is laid, 800.32 m at
  200, of which half is left to pay: 80 032.
- P0002, soft_area: 400 m of road through the mire and a drop of 30 m there, 430.172 m at half of 100: 21 509.
"""

import difflib
from io import StringIO

import pandas as pd
import pytest
from golden.refresh import HERE, plan_village


@pytest.fixture(scope="module")
def village(tmp_path_factory):
    return plan_village(tmp_path_factory.mktemp("golden"))


def test_every_table_has_its_golden_file(village):
    assert sorted(village) == sorted(path.stem for path in HERE.glob("*.csv"))


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("*.csv")))
def test_a_table_is_as_it_was(village, name):
    before = (HERE / f"{name}.csv").read_text(encoding="utf-8")
    lines = difflib.unified_diff(
        before.splitlines(), village[name].splitlines(), "golden", "now", lineterm="", n=0
    )
    said = "\n".join(lines)
    assert not said, f"{name} differs; if it should, run tests/planning/golden/refresh.py:\n{said}"


def test_the_plan_costs_among_its_alternatives_what_its_network_does(village):
    plan, others = (pd.read_csv(StringIO(village[name]), index_col=0) for name in ("plan", "alternatives"))
    network_sek = int(plan["value"]["network_sek"])
    # Design and margin, a tenth each, rounded up: works that come too late are not shared in either.
    assert others["cost_sek"]["plan"] == -(-network_sek * 121 // 100)
