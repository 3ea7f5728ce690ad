"""Rules that a study writes: what they say, what they cannot, and that nothing of them is run."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan.coverage.rules import LONGEST, RuleProblemError, ask

TABLE = pd.DataFrame(
    {
        "km": [3.0, 10.0, 30.0, np.nan],
        "mbps": [100.0, np.nan, 0.0, 1000.0],
        "kind": pd.Series(["single", "multi", "holiday", ""], dtype="str"),
        "white_spot": [False, True, True, False],
        "households": [1, 12, 0, 2],
        "colour": pd.Categorical(["white", "grey", "black", "white"]),
    }
)


def told(rule, table=TABLE):
    """Write yes as Y, no as n, unknown as a question mark."""
    found = ask(rule, table)
    return "".join("?" if not k else "Y" if y else "n" for y, k in zip(found.yes, found.known, strict=True))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("km <= 10", "YYn?"),
        ("10 > km", "Ynn?"),
        ("3 <= km < 30", "YYn?"),
        ("not km <= 10", "nnY?"),
        ("km <= 10 and mbps >= 100", "Y?n?"),
        ("km > 10 and mbps >= 100", "nnn?"),
        ("km > 10 or mbps >= 100", "Y?YY"),
        ("white_spot", "nYYn"),
        ("not white_spot", "YnnY"),
        ("white_spot == true", "nYYn"),
        ("white_spot == no", "YnnY"),
        ("kind == 'single'", "Ynnn"),
        ('kind != "single"', "nYYY"),
        ("kind in ['single', 'multi']", "YYnn"),
        ("kind not in ('single', 'multi')", "nnYY"),
        ("km in [3, 30]", "YnY?"),
        ("colour == 'white'", "YnnY"),
        ("km * 2 + households < 20", "Ynn?"),
        ("mbps / households >= 100", "Y??Y"),
        ("-km < -5", "nYY?"),
        ("  km <= 10  ", "YYn?"),
    ],
)
def test_what_rules_say(rule, expected):
    assert told(rule) == expected


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("", "rule_unreadable"),
        ("km <=", "rule_unreadable"),
        ("km <= 10; kind", "rule_unreadable"),
        ("km = 10", "rule_unreadable"),
        ("\x00", "rule_unreadable"),
        ("(" * 400 + "km" + ")" * 400, "rule_unreadable"),
        ("km " * LONGEST, "rule_too_long"),
        ("grocery_km <= 10", "rule_no_column"),
        ("km.__class__ == 1", "rule_no_column"),
        ("__import__('os').system('true')", "rule_part"),
        ("open('/etc/passwd')", "rule_part"),
        ("[x for x in kind]", "rule_part"),
        ("lambda: km", "rule_part"),
        ("km if white_spot else mbps", "rule_part"),
        ("km is 3", "rule_part"),
        ("f'{km}' == 'a'", "rule_part"),
        ("km ** 9 ** 9 ** 9 > 1", "rule_part"),
        ("km % 2 == 0", "rule_part"),
        ("(km := 3) > 1", "rule_part"),
        ("kind in km", "rule_part"),
        ("None == km", "rule_part"),
        ("km", "rule_no_flag"),
        ("kind", "rule_no_flag"),
        ("kind < 'x'", "rule_words_in_order"),
        ("kind == 1", "rule_words_and_numbers"),
        ("km == 'far'", "rule_words_and_numbers"),
        ("km in ['a']", "rule_words_and_numbers"),
        ("kind + 1 > 2", "rule_not_a_number"),
        ("-kind > 2", "rule_not_a_number"),
        ("10 <= 20 <= 'a'", "rule_words_and_numbers"),
        ("3", "rule_part"),
    ],
)
def test_what_is_no_rule(rule, key):
    with pytest.raises(RuleProblemError) as caught:
        ask(rule, TABLE)
    assert caught.value.key == key


def test_a_rule_without_columns_is_the_same_for_all():
    assert told("1 < 2") == "YYYY"


def test_no_rows_give_no_answers():
    assert told("km <= 10 and kind == 'x'", TABLE.iloc[:0]) == ""


@given(st.text(max_size=60))
def test_any_text_is_an_answer_or_a_problem(text):
    try:
        found = ask(text, TABLE)
    except RuleProblemError:
        return
    assert found.yes.shape == found.known.shape == (4,)


numbers = st.one_of(st.floats(-100, 100), st.just(math.nan))


def kleene(rule, row):
    """Answer by three-valued logic, a row at a time: None is unknown."""
    a, b = row
    p = None if math.isnan(a) else a <= 10
    q = None if math.isnan(b) else b > 3
    if rule == "and":
        return False if p is False or q is False else None if None in (p, q) else True
    if rule == "or":
        return True if p or q else None if None in (p, q) else False
    return None if p is None else not p


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8), st.sampled_from(["and", "or", "not"]))
def test_unknown_numbers_follow_three_valued_logic(rows, rule):
    table = pd.DataFrame(rows, columns=["a", "b"])
    found = ask({"and": "a <= 10 and b > 3", "or": "a <= 10 or b > 3", "not": "not a <= 10"}[rule], table)
    for yes, known, row in zip(found.yes, found.known, rows, strict=True):
        expected = kleene(rule, row)
        assert bool(known) == (expected is not None)
        assert bool(yes) == (expected is True)
