"""Rules that a study writes itself, over the columns of a table: read as an expression, never run as code.

``grocery_km <= 10 and reliable_mbps >= 100``: columns, numbers, quoted words and yes or no; ``and``, ``or``,
``not``; comparisons, also in a row; ``in ["a", "b"]``; sums, products and quotients of numbers. Nothing else
of Python's grammar is taken, so that a study file from elsewhere can do no harm.

An unknown number makes what is asked of it unknown (Kleene 1952): unknown ``and`` no is no, unknown ``or``
yes is yes, all else with it stays unknown. So nobody is counted as reached or as missed unseen.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types as pdt

Bools = NDArray[np.bool_]
Values = NDArray[np.float64] | NDArray[np.object_] | float | str

LONGEST = 2_000
"""Signs of a rule: a longer one is no rule that anybody could read."""

_COMPARE: Mapping[type[ast.cmpop], Callable[..., Bools]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_COMPUTE: Mapping[type[ast.operator], Callable[..., NDArray[np.float64]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: np.divide,
}
_YES = {"true": True, "false": False, "yes": True, "no": False}


class RuleProblemError(ValueError):
    """What a rule cannot mean: ``key`` of its sentence, and the ``values`` in it."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True)
class Answer:
    """What a rule says of each row: ``yes``, and ``known`` where it can be said; shapes (n,)."""

    yes: Bools
    known: Bools


def ask(rule: str, table: pd.DataFrame) -> Answer:
    """Return what a rule says of each row of a table.

    Raises
    ------
    RuleProblemError
        The rule is no such expression, names a column that the table lacks, or compares words with numbers.

    Examples
    --------
    >>> table = pd.DataFrame({"km": [3.0, 30.0, np.nan], "kind": ["single", "multi", "multi"]})
    >>> found = ask("km <= 10 or kind == 'single'", table)
    >>> found.yes.tolist(), found.known.tolist()
    ([True, False, False], [True, True, False])
    """
    if len(rule) > LONGEST:
        raise RuleProblemError("rule_too_long", most=str(LONGEST))
    try:
        tree = ast.parse(rule.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RuleProblemError("rule_unreadable") from error
    try:
        return _Asker(table).ask(tree.body)
    except RecursionError as error:
        raise RuleProblemError("rule_unreadable") from error


class _Asker:
    """Walks an expression over the columns of one table."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def ask(self, node: ast.expr) -> Answer:
        """Return the answer of a part that is yes or no."""
        if isinstance(node, ast.BoolOp):
            every = isinstance(node.op, ast.And)
            return self._join([self.ask(part) for part in node.values], every=every)  # noqa: PD011
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.ask(node.operand)
            return Answer(~inner.yes & inner.known, inner.known)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._flag(node)
        raise RuleProblemError("rule_part", part=ast.unparse(node))

    @staticmethod
    def _join(parts: list[Answer], *, every: bool) -> Answer:
        yes = np.logical_and.reduce([part.yes for part in parts])
        if not every:
            some = np.logical_or.reduce([part.yes for part in parts])
            return Answer(some, some | np.logical_and.reduce([part.known for part in parts]))
        no = np.logical_or.reduce([part.known & ~part.yes for part in parts])
        return Answer(yes, no | np.logical_and.reduce([part.known for part in parts]))

    def _flag(self, node: ast.Name | ast.Attribute) -> Answer:
        name, values = self._column(node)
        if not pdt.is_bool_dtype(values.dtype):
            raise RuleProblemError("rule_no_flag", column=name)
        return Answer(values.to_numpy(dtype=bool), np.ones(len(values), dtype=bool))

    def _compare(self, node: ast.Compare) -> Answer:
        sides = [node.left, *node.comparators]
        parts = [
            self._compare_two(one, sign, other)
            for one, sign, other in zip(sides, node.ops, sides[1:], strict=False)
        ]
        return self._join(parts, every=True)

    def _compare_two(self, one: ast.expr, sign: ast.cmpop, other: ast.expr) -> Answer:
        if isinstance(sign, ast.In | ast.NotIn):
            return self._find_in(one, other, wanted=isinstance(sign, ast.In))
        if type(sign) not in _COMPARE:
            raise RuleProblemError("rule_part", part=ast.unparse(one))
        left, right = self._value(one), self._value(other)
        self._check_alike(left, right, ast.unparse(one), ast.unparse(other))
        if _is_text(left) and not isinstance(sign, ast.Eq | ast.NotEq):
            raise RuleProblemError("rule_words_in_order", part=f"{ast.unparse(one)} … {ast.unparse(other)}")
        known = self._known(left) & self._known(right)
        with np.errstate(invalid="ignore"):
            yes = np.broadcast_to(_COMPARE[type(sign)](left, right), known.shape)
        return Answer(np.asarray(yes, dtype=bool) & known, known)

    def _find_in(self, one: ast.expr, other: ast.expr, *, wanted: bool) -> Answer:
        if not isinstance(other, ast.List | ast.Tuple | ast.Set):
            raise RuleProblemError("rule_part", part=ast.unparse(other))
        left, choices = self._value(one), [self._value(choice) for choice in other.elts]
        known, found = self._known(left), np.zeros(len(self.table), dtype=bool)
        for choice, part in zip(choices, other.elts, strict=True):
            self._check_alike(left, choice, ast.unparse(one), ast.unparse(part))
            found |= np.asarray(left == choice)
        return Answer((found if wanted else ~found) & known, known)

    def _value(self, node: ast.expr) -> Values:
        """Return the numbers or words of a part, a row each or one for all."""
        if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str):
            return node.value if isinstance(node.value, str) else float(node.value)
        if isinstance(node, ast.Name | ast.Attribute):
            if isinstance(node, ast.Name) and node.id.lower() in _YES and node.id not in self.table.columns:
                return float(_YES[node.id.lower()])
            _, values = self._column(node)
            if pdt.is_numeric_dtype(values.dtype) or pdt.is_bool_dtype(values.dtype):
                return values.to_numpy(dtype="float64", na_value=np.nan)
            return values.astype("str").to_numpy(dtype=object)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._number(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in _COMPUTE:
            left, right = self._number(node.left), self._number(node.right)
            with np.errstate(all="ignore"):
                return _COMPUTE[type(node.op)](left, right)
        raise RuleProblemError("rule_part", part=ast.unparse(node))

    def _number(self, node: ast.expr) -> NDArray[np.float64]:
        value = self._value(node)
        if _is_text(value):
            raise RuleProblemError("rule_not_a_number", part=ast.unparse(node))
        return np.asarray(value, dtype=np.float64)

    def _column(self, node: ast.Name | ast.Attribute) -> tuple[str, pd.Series]:
        name = ast.unparse(node)
        if name not in self.table.columns:
            raise RuleProblemError("rule_no_column", column=name)
        return name, self.table[name]

    def _known(self, value: Values) -> Bools:
        if isinstance(value, str):
            return np.ones(len(self.table), dtype=bool)
        if _is_text(value):
            return ~np.asarray(pd.isna(value), dtype=bool)
        return np.broadcast_to(np.isfinite(np.asarray(value, dtype=np.float64)), (len(self.table),)).copy()

    @staticmethod
    def _check_alike(left: Values, right: Values, one: str, other: str) -> None:
        if _is_text(left) != _is_text(right):
            raise RuleProblemError("rule_words_and_numbers", one=one, other=other)


def _is_text(value: Values) -> bool:
    return isinstance(value, str) or (isinstance(value, np.ndarray) and value.dtype == object)
