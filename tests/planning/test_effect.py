"""The share of each target with the plan: what was there, and whom the plan serves."""

import pandas as pd

from infraplan import tables
from infraplan.config import Coverage, Study, StudyInfo, Target
from infraplan.planning.effect import count_effect

PREMISES = pd.DataFrame(
    {"households": [1, 2, 3, 0], "workplaces": [0, 1, 0, 4]}, index=pd.Index(list("abcd"), name="premises_id")
)
SERVICE = pd.DataFrame(
    {
        "premises_id": ["a", "b"],
        "down_mbps": [1000.0, 30.0],
        "status": ["connected", "orderable"],
        "decided": True,
    }
)


def make_study(**coverage) -> Study:
    return Study(
        study=StudyInfo(name="test", year=2026),
        coverage=Coverage(**coverage),
        targets=(
            Target(name="100", down_mbps=100, share=0.9),
            Target(name="30 homes", down_mbps=30, share=0.5, of="households"),
        ),
    )


def test_served_premises_count_once_on_top_of_what_was_there():
    served = PREMISES.loc[["a", "c"]]
    found = count_effect(served, PREMISES, SERVICE, make_study())
    tables.check(found, tables.EFFECT)
    # of 11 units one has 100 Mbit/s, and three more with the plan: 4/11 of nine tenths; homes: 3 of 6, then 6
    assert found[["base", "before", "after", "met"]].to_numpy().tolist() == [
        [11, 1, 4, False],
        [6, 3, 6, True],
    ]
    assert found["share_after"].tolist() == [4 / 11, 1.0]


def test_what_is_built_is_too_slow_for_a_faster_target():
    found = count_effect(PREMISES, PREMISES, SERVICE, make_study(passed_mbps=50))
    assert found["after"].tolist() == [1, 6]


def test_without_targets_or_people_nothing_is_said():
    bare = Study(study=StudyInfo(name="test", year=2026))
    tables.check(count_effect(PREMISES, PREMISES, SERVICE, bare), tables.EFFECT)
    nobody = count_effect(PREMISES[:0], PREMISES[:0], SERVICE[:0], make_study())
    assert nobody["share_before"].isna().all()
    assert not nobody["met"].any()
