"""What is no question is refused by a ``ValueError`` that names the argument and the place."""

import numpy as np
import pytest

from infraplan.routing import budget_tree, prize_collecting_tree, quota_tree, steiner_tree

GOOD = {"tails": [0, 1], "heads": [1, 2], "costs": [1, 1], "prizes": [0, 1, 1]}
SOLVERS = {
    "prizes": prize_collecting_tree,
    "quota": lambda **given: quota_tree(**({"quota": 1} | given)),
    "budget": lambda **given: budget_tree(**({"budget": 1} | given)),
}
BAD_AMOUNTS = [
    ([1, -1.0], r"\[1\] is -1"),
    ([1, np.nan], r"\[1\] is nan"),
    ([np.inf, 1], r"\[0\] is inf"),
    ([1, None], r"\[1\] is None"),
    ([1, "2"], r"\[1\] is '2'"),
    ([True, False], r"\[0\] is True"),
    (np.array([True, False]), r"\[0\] is True"),
    (np.array([1, {}], object), r"\[1\] is \{\}"),
    ([1j, 1], r"\[0\] is 1j"),
    ([[1, 1]], r" has shape \(1, 2\)"),
    ([[1], [1, 2]], " is no row of numbers"),
    (None, r" has shape \(\)"),
    (3, r" has shape \(\)"),
    ("12", r" has shape \(\)"),
]
BAD_NODES = [
    ([1, -1], r"\[1\] is -1"),
    ([1, 3], r"\[1\] is 3: nodes are numbered from 0 to 2"),
    ([1.0, 2.0], " is float64"),
    ([0, 2**70], r"\[0\] is 0|\[1\] is 1180591620717411303424"),
    ([0, None], r"\[1\] is None"),
    (["0", 1], r"\[0\] is '0'"),
    ([False, True], r"\[0\] is False"),
    ([[0, 1]], r" has shape \(1, 2\)"),
    (None, r" has shape \(\)"),
]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["costs", "prizes"])
@pytest.mark.parametrize(("values", "message"), BAD_AMOUNTS)
def test_amounts(solver, name, values, message):
    with pytest.raises(ValueError, match=name + message):
        SOLVERS[solver](**(GOOD | {name: values}))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("name", ["tails", "heads", "roots", "ends"])
@pytest.mark.parametrize(("values", "message"), BAD_NODES)
def test_nodes(solver, name, values, message):
    with pytest.raises(ValueError, match=f"{name}({message})"):
        SOLVERS[solver](**(GOOD | {name: values}))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"heads": [1]}, "heads has 1 values, tails 2"),
        ({"costs": [1, 1, 1]}, "costs has 3 values, tails 2"),
        ({"prizes": [0, 1]}, r"heads\[1\] is 2: nodes are numbered from 0 to 1"),
        ({"gap": -1}, "gap is -1"),
        ({"gap": "1"}, "gap is 1"),
        ({"gap": None}, "gap is None"),
        ({"time_limit_s": np.nan}, "time_limit_s is nan"),
        ({"time_limit_s": [1]}, r"time_limit_s is \[1\]"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 0.5}, r"seed is 0\.5"),
        ({"seed": True}, "seed is True"),
    ],
)
def test_lengths_and_options(solver, change, message):
    with pytest.raises(ValueError, match=message):
        SOLVERS[solver](**(GOOD | change))


@pytest.mark.parametrize("value", [-1, np.nan, None, "1"])
def test_work_is_a_number_from_nought(value):
    for ask in (
        lambda: steiner_tree([0], [1], [1], [0, 1], work=value),
        lambda: quota_tree([0], [1], [1], [0, 1], 1, work=value),
        lambda: budget_tree([0], [1], [1], [0, 1], 1, work=value),
    ):
        with pytest.raises(ValueError, match="work is"):
            ask()


@pytest.mark.parametrize("value", [-1, np.nan, None, "1", True, [1], 1j])
def test_quota_and_budget_are_numbers_from_nought(value):
    with pytest.raises(ValueError, match="quota is"):
        quota_tree(**GOOD, quota=value)
    with pytest.raises(ValueError, match="budget is"):
        budget_tree(**GOOD, budget=value)


def test_rows_of_any_kind_of_number_will_do():
    for kind in (np.int8, np.uint64, np.float32):
        tree = quota_tree(
            [0, 1], np.array([1, 2], np.uint8), np.array([1, 2], kind), (0, 1, 1), np.float32(2)
        )
        assert tree.cost == 2
