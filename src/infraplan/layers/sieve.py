"""Rows on their way in: what was found about each, and which are still used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from infraplan.layers.faults import faults
from infraplan.layers.source import Shapes

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """What becomes of a row that breaks a rule: kept (as it is, or repaired), or set aside."""

    severity: str
    sets_aside: bool = False


_ASIDE = Rule("error", sets_aside=True)
_REPAIRED = Rule("repaired")
_WARNING = Rule("warning")

RULES: Mapping[str, Rule] = {
    # cells
    "ragged_row": _ASIDE,
    "missing_value": _ASIDE,
    "negative_count": _ASIDE,
    "absurd_count": _ASIDE,
    "unknown_value": _REPAIRED,
    "unknown_value_emptied": _REPAIRED,
    "not_a_number": _REPAIRED,
    "not_whole": _REPAIRED,
    "not_yes_or_no": _REPAIRED,
    "not_a_date": _REPAIRED,
    "beyond_limit": _REPAIRED,
    "leading_zero": _REPAIRED,
    "works_end_first": _ASIDE,
    "duct_room_unknown": _WARNING,
    # shapes
    "no_such_square": _ASIDE,
    "missing_geometry": _ASIDE,
    "empty_geometry": _ASIDE,
    "zero_coordinates": _ASIDE,
    "non_finite": _ASIDE,
    "wrong_shape": _ASIDE,
    "invalid_geometry": _ASIDE,
    "zero_length": _ASIDE,
    "mended_geometry": _REPAIRED,
    "some_parts": _REPAIRED,
    "one_point": _REPAIRED,
    "point_of_area": _REPAIRED,
    # places
    "other_crs": _ASIDE,
    "out_of_area": Rule("info", sets_aside=True),
    # identity
    "duplicate_feature": Rule("warning", sets_aside=True),
    "duplicate_geometry": Rule("warning", sets_aside=True),
    "copy_of_earlier_file": Rule("warning", sets_aside=True),
    "duplicate_id": _WARNING,
    "piece_of_building": Rule("info"),
}


@dataclass(frozen=True)
class Finding:
    """Rows that break a rule, by position, with what its sentence names: one value for all, or one a row."""

    rule: str
    rows: NDArray[np.intp]
    values: Mapping[str, Any]


@dataclass
class Sieve:
    """The rows of one layer: ``used`` tells which are still in, shape (n,)."""

    used: Mask
    findings: list[Finding] = field(default_factory=list)

    def find(self, rule: str, broken: Mask, **values: Any) -> None:
        """Note the rows still used that break a rule, and set them aside where the rule says so.

        ``values`` are arrays of shape (n,), or one value for all rows.
        """
        rows = np.flatnonzero(broken & self.used)
        if len(rows):
            self.findings.append(Finding(rule, rows, values))
            if RULES[rule].sets_aside:
                self.used[rows] = False

    @property
    def repaired(self) -> Mask:
        """The rows that are used after a repair, shape (n,)."""
        mask = np.zeros(len(self.used), dtype=bool)
        for finding in self.findings:
            if RULES[finding.rule] is _REPAIRED:
                mask[finding.rows] = True
        return mask & self.used

    def faults(
        self,
        layer: str,
        ids: NDArray[np.object_],
        shapes: Shapes,
        crs: Any,
        hidden: Mask | None = None,
    ) -> list[gpd.GeoDataFrame]:
        """Return the findings as fault tables; ids and shapes are those of all rows.

        Of ``hidden`` rows, shape (n,), it is told how many have faults and are set aside, and no more.
        """
        told = [finding if hidden is None else _without(finding, hidden) for finding in self.findings]
        found = [
            faults(
                finding.rule,
                layer,
                severity=RULES[finding.rule].severity,
                feature_ids=ids[finding.rows].tolist(),
                shapes=shapes[finding.rows].tolist(),
                crs=crs,
                values=_each(finding),
            )
            for finding in told
            if len(finding.rows)
        ]
        return found if hidden is None else [*found, *self._count_hidden(layer, hidden)]

    def _count_hidden(self, layer: str, hidden: Mask) -> Iterator[gpd.GeoDataFrame]:
        rows = [finding.rows[hidden[finding.rows]] for finding in self.findings]
        faulty = np.unique(np.concatenate([*rows, np.empty(0, np.intp)]).astype(np.intp))
        if len(faulty):
            values = {"count": len(faulty), "aside": int((~self.used[faulty]).sum())}
            yield faults("protected_faulty", layer, severity="warning", values=values)


def _without(finding: Finding, hidden: Mask) -> Finding:
    return replace(finding, rows=finding.rows[~hidden[finding.rows]])


def _each(finding: Finding) -> list[dict[str, Any]] | dict[str, Any]:
    arrays = {
        name: value[finding.rows].tolist()
        for name, value in finding.values.items()
        if isinstance(value, np.ndarray)
    }
    if not arrays:
        return dict(finding.values)
    rest = {name: value for name, value in finding.values.items() if name not in arrays}
    return [rest | dict(zip(arrays, cells, strict=True)) for cells in zip(*arrays.values(), strict=True)]
