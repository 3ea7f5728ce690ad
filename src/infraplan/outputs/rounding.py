"""What is shown is rounded here, once: map, report, workbook and command line then say the same.

Halves go away from nought, as a workbook's ROUND and a browser's number formats take them (``round_half``).
All take cells of tables: what is missing, infinite or no number gives None, which each output writes as it
writes what is not known.
"""

from math import ceil, floor, isfinite, nan
from typing import Any

from infraplan.words import round_half

SEK_A_MNKR = 1_000_000.0

_WHOLE_FROM = 10.0
"""Millions from which running text tells whole ones."""
_STEP = 0.001
"""Shares are told to a tenth of a per cent."""


def shown_share(share: Any, target_share: Any = nan, met: Any = True) -> float | None:  # noqa: FBT002  (a cell of a row)
    """Round a share to a tenth of a per cent, but never up to a target that is not met.

    >>> shown_share(0.7966, 0.95, False), shown_share(0.94996, 0.95, False), shown_share(0.94996)
    (0.797, 0.949, 0.95)
    """
    known, target = _number(share), _number(target_share)
    if known is None:
        return None
    rounded = _to(known, 3)
    if target is not None and not met and rounded >= target:
        return _to(rounded - _STEP, 3)
    return rounded


def shown_points(share: Any) -> float | None:
    """Round a difference of shares to a tenth of a percentage point.

    >>> shown_points(0.0421)
    4.2
    """
    known = _number(share)
    return None if known is None else _to(known, 1, power=2)


def shown_count(count: Any) -> int | None:
    """Round a count to a whole number; expected values of models may have fractions.

    >>> shown_count(412.5), shown_count(float("nan"))
    (413, None)
    """
    known = _number(count)
    return None if known is None else int(round_half(known))


def shown_sek(sek: Any) -> int | None:
    """Round money to whole kronor.

    >>> shown_sek(22_499.6)
    22500
    """
    return shown_count(sek)


def shown_tkr(sek: Any) -> int | None:
    """Return kronor in whole thousands, as tables tell single projects and items.

    >>> shown_tkr(3_104_600)
    3105
    """
    known = _number(sek)
    return None if known is None else int(round_half(known, power=-3))


def shown_mnkr(sek: Any) -> float | None:
    """Return kronor in millions to a tenth, as tables tell totals.

    >>> shown_mnkr(63_249_000)
    63.2
    """
    known = _number(sek)
    return None if known is None else _to(known, 1, power=-6)


def said_mnkr(sek: Any) -> float | None:
    """Return kronor in millions as running text says them: to a tenth below ten, whole from there.

    >>> said_mnkr(3_149_000), said_mnkr(63_249_000)
    (3.1, 63.0)
    """
    known = _number(sek)
    if known is None:
        return None
    rounded = _to(known, 1, power=-6)
    return rounded if abs(rounded) < _WHOLE_FROM else _to(known, 0, power=-6)


def said_mnkr_range(low_sek: Any, high_sek: Any) -> tuple[float, float] | None:
    """Return a range in millions as text says it, the low end rounded down and the high end up.

    The true range then always lies within the told one. Both ends have as many decimals.

    >>> said_mnkr_range(38_400_000, 51_200_000), said_mnkr_range(8_440_000, 12_010_000)
    ((38.0, 52.0), (8.4, 12.1))
    """
    low, high = _number(low_sek), _number(high_sek)
    if low is None or high is None:
        return None
    factor = 10.0 if abs(low) / SEK_A_MNKR < _WHOLE_FROM else 1.0
    return outward(low / SEK_A_MNKR, high / SEK_A_MNKR, factor)


def shown_share_range(low: Any, high: Any) -> tuple[float, float] | None:
    """Return a range of shares to a tenth of a per cent, rounded outwards and never beyond 0 and 1.

    >>> shown_share_range(0.97812, 0.98249)
    (0.978, 0.983)
    """
    ends = _number(low), _number(high)
    if ends[0] is None or ends[1] is None:
        return None
    return outward(ends[0], ends[1], 1 / _STEP)


def shown_km(metres: Any) -> float | None:
    """Return metres in kilometres to a tenth.

    >>> shown_km(412_345.0)
    412.3
    """
    known = _number(metres)
    return None if known is None else _to(known, 1, power=-3)


def shown_m(metres: Any) -> int | None:
    """Round metres to whole ones."""
    return shown_count(metres)


def outward(low: float, high: float, factor: float) -> tuple[float, float]:
    """Round the ends of a range away from each other, to multiples of 1 / ``factor``.

    Ends that are such multiples but for the noise of floating point stay where they are.
    """
    return floor(round(low * factor, 6)) / factor, ceil(round(high * factor, 6)) / factor


def shown_number(value: Any, decimals: int) -> float | None:
    """Round any other number, such as a quantity or a price."""
    known = _number(value)
    return None if known is None else _to(known, decimals)


def _to(value: float, decimals: int, *, power: int = 0) -> float:
    return float(round_half(value, decimals, power=power))


def _number(value: Any) -> float | None:
    """Return a cell as a finite number, None where it holds none."""
    try:
        known = float(value)
    except (TypeError, ValueError):  # pd.NA, None and text
        return None
    return known if isfinite(known) else None
