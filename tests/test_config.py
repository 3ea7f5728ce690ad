from pathlib import Path

import pytest
from pydantic import ValidationError

from infraplan.config import Layer, Study

TARGET = {"name": "100", "down_mbps": 100, "share": 0.95}


def study(**changes) -> Study:
    return Study.model_validate({"study": {"name": "A", "year": 2026}} | changes)


def test_defaults_are_printed_values():
    value = study()
    assert value.study.crs == "EPSG:3006"
    assert (value.coverage.passed_m, value.gaps.chain_m, value.gaps.plan_years) == (50.0, 500.0, 3)
    assert value.areas.rules == "areas-2026"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"study": {"name": "A", "year": 2026, "colour": 1}}, "study.colour"),
        ({"study": {"name": "", "year": 2026}}, "study.name"),
        ({"layers": {"rods": {"path": "a.gpkg"}}}, "rods"),
        ({"targets": [TARGET | {"share": 95}]}, "share"),
        ({"targets": [TARGET | {"share": 0}]}, "share"),
        ({"targets": [TARGET | {"down_mbps": float("inf")}]}, "down_mbps"),
        ({"targets": [TARGET, TARGET]}, "two targets"),
        ({"plan": {"goal": "target", "target": "no"}}, "none of the study's targets"),
        ({"plan": {"goal": "target"}}, "needs target"),
        ({"plan": {"goal": "budget"}}, "needs budget_sek"),
        ({"plan": {"gap": -0.1}}, "plan.gap"),
        ({"plan": {"gap": 1.5}}, "plan.gap"),
        ({"plan": {"gap": float("nan")}}, "plan.gap"),
        ({"plan": {"time_limit_s": 0}}, "time_limit_s"),
        ({"plan": {"time_limit_s": float("inf")}}, "time_limit_s"),
        ({"plan": {"goal": "budget", "budget_sek": -1}}, "budget_sek"),
        ({"network": {"candidates": 0}}, "candidates"),
        ({"works": {"from_year": 2030, "to_year": 2028}}, "from_year 2030 is after to_year 2028"),
        ({"plan": {"force": ["a"], "exclude": ["a"]}}, "stands both in force and in exclude"),
        ({"projects": {"max_sek": 0}}, "max_sek"),
        ({"risk": {"correlation": 1.5}}, "correlation"),
        ({"ducts": {"corridor_m": -1}}, "corridor_m"),
    ],
)
def test_what_cannot_be_is_refused_by_name(changes, said):
    with pytest.raises(ValidationError) as error:
        study(**changes)
    assert said in str(error.value)


def test_a_study_cannot_change():
    with pytest.raises(ValidationError):
        study().file = Path("b.toml")


def test_the_plans_target_is_found_by_name():
    value = study(targets=[TARGET], plan={"goal": "target", "target": "100"})
    assert value.plan_target is value.targets[0]
    assert study(targets=[TARGET]).plan_target is None


def test_a_layer_is_internal_until_somebody_says_otherwise():
    assert Layer(path=Path("a.gpkg")).level == "internal"
