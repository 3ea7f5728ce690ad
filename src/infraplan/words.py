"""All words that a user reads, in Swedish and English, and the way numbers are written.

One folder a language under ``data/words``, one TOML file an area: the key
``faults.missing_geometry.remedy`` is ``remedy`` in the table ``missing_geometry`` of ``faults.toml``.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from math import isfinite
from typing import Any, Literal, get_args

from infraplan.bundled import bundled

Language = Literal["sv", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
"""Digits enough for any float."""
_LOCALE = {"sv": "sv_SE", "en": "en_GB"}


class _Filled(str):
    """A value in a sentence, which can choose between one and many: ``{count:# row is|# rows are}``."""

    __slots__ = ()

    def __format__(self, choice: str) -> str:
        if "|" not in choice:
            return super().__format__(choice)
        one, many = choice.split("|")
        return (one if self == "1" else many).replace("#", self)


@dataclass(frozen=True)
class Words:
    """The words of one language.

    >>> Words("en", {"map.title": "White spots in {place}"}).text("map.title", place="Pajala")
    'White spots in Pajala'
    """

    language: Language
    entries: Mapping[str, str]

    def text(self, key: str, /, **values: object) -> str:
        """Return the sentence of a key, its ``{names}`` filled in.

        Values are put in as they are: whoever writes the result to HTML escapes it there. A name with two
        ways, parted by ``|``, gives the first where its value is 1; ``#`` in them is the value.

        Raises
        ------
        KeyError
            The key or one of its values is missing: a mistake of ours, never of a user.
        """
        filled = {name: _Filled(self.number(value)) for name, value in values.items()}
        return self.entries[key].format_map(filled)

    def number(self, value: object, decimals: int = 0) -> str:
        """Write a number as the language does (1 234,5 or 1,234.5); anything else as ``str`` does.

        Halves are rounded away from nought (``round_half``).
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        from babel.numbers import format_decimal  # noqa: PLC0415  (0.1 s that --help need not pay)

        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        rounded = round_half(value, decimals) if isfinite(value) else value
        text = format_decimal(rounded, format=pattern, locale=_LOCALE[self.language])
        # Swedish has a minus sign of its own, which a pattern of ours keeps babel from writing.
        return text.replace("-", "\u2212") if self.language == "sv" else text

    def share(self, value: float, decimals: int = 1) -> str:
        """Write a share (0–1) in per cent, with the language's space before the sign."""
        space = "\u00a0" if self.language == "sv" else ""
        percent = round_half(value, decimals, power=2) if isfinite(value) else value
        return f"{self.number(float(percent), decimals)}{space}%"


def round_half(value: float, decimals: int = 0, *, power: int = 0) -> Decimal:
    """Round ``value`` · 10 ** ``power`` to ``decimals``, halves away from nought.

    Taken is the shortest decimal number that reads back as the value, as spreadsheets and browsers take it:
    a half of what is written is then a half here, whatever binary number stands for it. Nought has no sign.

    >>> [str(round_half(value)) for value in (0.5, 2.5, -0.5, -0.4)]
    ['1', '3', '-1', '0']
    >>> str(round_half(1.005, 2)), str(round_half(0.0625, 1, power=2)), str(round_half(1_234_500, power=-3))
    ('1.01', '6.3', '1235')
    """
    exact = Decimal(value) if isinstance(value, int) else Decimal(repr(float(value)))
    rounded = exact.scaleb(power, _EXACT).quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
    return abs(rounded) if rounded.is_zero() else rounded


@cache
def load(language: Language) -> Words:
    r"""Load the words of a language.

    >>> load("sv").number(1234.5, 1)
    '1\xa0234,5'
    """
    entries: dict[str, str] = {}
    for path in sorted(bundled("words", language).glob("*.toml")):
        entries |= dict(_flatten(path.stem, tomllib.loads(path.read_text("utf-8"))))
    return Words(language, entries)


def _flatten(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping):
            yield from _flatten(key, value)
        else:
            yield key, str(value)
