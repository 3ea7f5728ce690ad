"""Whom a goal asks about, and what is forced or excluded by any name."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point
from villages import CRS, make_study

from infraplan.errors import StudyError
from infraplan.planning import Goal, find_candidates, find_others

TARGET = {"name": "T", "down_mbps": 100, "share": 1.0, "counts": "access", "of": "households"}
NAMES = pd.Index(list("abcdef"), name="premises_id", dtype="str")


@pytest.fixture
def premises():
    """Six premises in two municipalities, a and b in a locality; d to f are white spots of two areas."""
    text = {"municipality": ["1"] * 3 + ["2"] * 3, "locality": ["L", "L", "", "", "", ""]}
    return gpd.GeoDataFrame(
        {
            "households": [1, 2, 3, 4, 5, 0],
            "workplaces": [0, 0, 0, 0, 1, 1],
            **{name: pd.Series(values, index=NAMES, dtype="str") for name, values in text.items()},
        },
        index=NAMES,
        geometry=[Point(0, 0)] * 6,
        crs=CRS,
    )


@pytest.fixture
def white_spots(premises):
    spots = premises.loc[["d", "e", "f"]]
    return spots.assign(white_spot_id=pd.Series(["V1", "V1", "V2"], index=spots.index, dtype="str"))


@pytest.fixture
def service():
    """Only a has fibre; b and c are no white spots for another reason."""
    row = {"operator": "", "technology": "fibre", "down_mbps": 1000.0, "status": "connected", "decided": True}
    return pd.DataFrame([{"premises_id": "a"} | row])


@pytest.fixture
def ask(premises, service, white_spots):
    def go(goal="all", **plan) -> tuple[list[str], Goal]:
        study = make_study(plan | {"goal": goal}, [TARGET])
        found, asked = find_candidates(study, premises, service, white_spots)
        assert found.equals(pd.DataFrame(premises.loc[found.index, ["households", "workplaces"]]))
        return list(found.index), asked

    return go


def test_all_and_budget_ask_about_the_white_spots(ask):
    assert ask() == (list("def"), Goal("all"))
    assert ask("budget", budget_sek=7) == (list("def"), Goal("budget", budget_sek=7))


def test_a_target_asks_about_all_that_its_rule_does_not_count(ask):
    # f has no household to count.
    assert ask("target", target="T") == (list("bcde"), Goal("target", needed=14))


@pytest.mark.parametrize(
    ("name", "forced", "excluded"),
    [("c", "c", "c"), ("V1", "de", "de"), ("V2", "f", "f"), ("2", "def", "def"), ("L", "", "ab")],
)
def test_premises_are_named_by_themselves_their_area_locality_or_municipality(ask, name, forced, excluded):
    asked, goal = ask(force=[name])
    assert goal.forced == set(forced)
    assert set(asked) == set("def") | set(forced)
    assert ask(exclude=[name])[1].excluded == set(excluded)


def test_who_is_forced_beside_a_target_brings_it_no_further(ask):
    asked, goal = ask("target", target="T", force=["a", "b", "f"])
    assert sorted(asked) == list("abcdef")
    assert (goal.needed, goal.counted) == (14, {"a", "f"})
    assert ask(force=["a"])[1].counted == set()


def test_a_contradiction_by_name_is_told_with_both_keys():
    with pytest.raises(ValueError, match="'V1' stands both in force and in exclude"):
        make_study({"force": ["V1"], "exclude": ["V1"]})


def test_a_contradiction_by_premises_names_file_keys_premises_and_remedy(ask):
    with pytest.raises(StudyError) as told:
        ask(force=["V1"], exclude=["2"])
    assert str(told.value) == (
        "test: [plan] force and exclude contradict each other: 2 premises are in both (the first: d). Take "
        "what holds them out of one of the two."
    )


@pytest.mark.parametrize("key", ["force", "exclude"])
@pytest.mark.parametrize("name", ["V9", ""])
def test_a_name_that_nothing_has_is_told_with_its_key(ask, key, name):
    with pytest.raises(StudyError) as told:
        ask(**{key: [name]})
    assert str(told.value) == (
        f"test: [plan] {key} = '{name}': no premises, white-spot area, locality or municipality has that id. "
        "Write an id as plan.gpkg shows it."
    )


def test_others_are_all_that_any_target_misses(premises, service, white_spots):
    study = make_study(targets=[TARGET])
    assert sorted(find_others(study, premises, service, white_spots)) == list("bcdef")
    assert sorted(find_others(make_study(), premises, service, white_spots)) == list("def")
