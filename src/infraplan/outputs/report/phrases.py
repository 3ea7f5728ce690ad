"""How running text says numbers: shares with what they are of, ranges, money, days, small numbers in letters.

Rounded by ``outputs.rounding`` alone. What is not known gives a dash; tables have their own, shorter ways
(``Words.number``, ``Words.share``).
"""

import re
from datetime import date
from math import nan
from typing import Any

from babel.dates import format_date

from infraplan.outputs.rounding import (
    SEK_A_MNKR,
    said_mnkr,
    said_mnkr_range,
    shown_count,
    shown_points,
    shown_sek,
    shown_share,
    shown_share_range,
)
from infraplan.words import Words, round_half

DASH = "–"
LARGEST_IN_LETTERS = 12
_LOCALE = {"sv": "sv_SE", "en": "en_GB"}
_WHOLE_SEK = 100_000
"""From here text says whole thousands of kronor."""
_LEADING = re.compile(r"(\d[\d.,\s]*)")


def percent(share: Any, words: Words, *, target: Any = nan, met: Any = True) -> str:
    r"""Say a share (0–1): "21,3 procent", never rounded up to a target that is not met.

    >>> from infraplan.words import load
    >>> percent(0.2134, load("sv")), percent(0.94996, load("en"), target=0.95, met=False)
    ('21,3\xa0procent', '94.9 per cent')
    """
    shown = shown_share(share, target, met)
    return (
        DASH if shown is None else words.text("document.phrase.percent", number=_tenths(100.0 * shown, words))
    )


def percent_range(low: Any, high: Any, words: Words) -> str:
    """Say a range of shares: "97,8–98,3 procent", rounded outwards; one number where both ends are equal."""
    ends = shown_share_range(low, high)
    if ends is None:
        return DASH
    told = dict.fromkeys(_tenths(100.0 * end, words) for end in ends)
    return words.text("document.phrase.percent", number=DASH.join(told))


def points(difference: Any, words: Words) -> str:
    """Say a difference of shares: "4,2 procentenheter"."""
    shown = shown_points(difference)
    return DASH if shown is None else words.text("document.phrase.points", number=_tenths(shown, words))


def part_of(part: Any, base: Any, unit: str, words: Words) -> str:
    r"""Say how many of how many: "412 av 1 930 hushåll (21,3 procent)"; no share where there is nobody.

    >>> from infraplan.words import load
    >>> part_of(412, 1930, "households", load("en"))
    '412 of 1,930 households (21.3 per cent)'
    """
    known, whole = shown_count(part), shown_count(base)
    if known is None or whole is None:
        return DASH
    said = words.text("document.phrase.part", part=known, base=whole, unit=unit)
    return f"{said} ({percent(known / whole, words)})" if whole else said


def money(sek: Any, words: Words, *, year: int | None = None) -> str:
    """Say an amount: "drygt 63 miljoner kronor (2026 års priser)", "22 500 kronor"."""
    known = shown_sek(sek)
    if known is None:
        return DASH
    if abs(known) < SEK_A_MNKR:
        exact = known if abs(known) < _WHOLE_SEK else int(round_half(known, -3))
        return _of_year(words.text("document.phrase.sek", number=words.number(exact)), year, words)
    millions = said_mnkr(known) or 0.0
    said = words.text("document.phrase.mnkr", number=_millions(millions, words))
    off = abs(known) - round(abs(millions) * SEK_A_MNKR)
    if off:
        said = words.text(f"document.phrase.{'over' if off > 0 else 'under'}", amount=said)
    return _of_year(said, year, words)


def money_range(low_sek: Any, high_sek: Any, words: Words, *, year: int | None = None) -> str:
    """Say a range of money: "38–52 miljoner kronor", rounded outwards."""
    ends = said_mnkr_range(low_sek, high_sek)
    if ends is None:
        return DASH
    if max(map(abs, ends)) < 1.0:
        told = dict.fromkeys(words.number(round(end * SEK_A_MNKR)) for end in ends)
        return _of_year(words.text("document.phrase.sek", number=DASH.join(told)), year, words)
    told = dict.fromkeys(_millions(end, words) for end in ends)
    return _of_year(words.text("document.phrase.mnkr", number=DASH.join(told)), year, words)


def letters(count: int, words: Words, *, neuter: bool = False) -> str:
    """Say a number, those up to twelve in letters; ``neuter`` for "ett hushåll", which is not "en by"."""
    if not 1 <= count <= LARGEST_IN_LETTERS:
        return words.number(count)
    key = "neuter" if count == 1 and neuter else str(count)
    return words.text(f"document.letters.{key}")


def day(told: date, words: Words) -> str:
    """Say a day: "21 november 2026"."""
    return str(format_date(told, "d MMMM y", locale=_LOCALE[words.language]))


def open_sentence(text: str, words: Words) -> str:
    """Return a sentence that begins with no digit: its number in letters, or a word before it.

    >>> from infraplan.words import load
    >>> open_sentence("7 byar saknar fiber.", load("sv")), open_sentence("412 byar saknar fiber.", load("sv"))
    ('Sju byar saknar fiber.', 'Totalt 412 byar saknar fiber.')
    """
    stripped = text.lstrip()
    if not stripped[:1].isdigit():
        return text
    found = _LEADING.match(stripped)
    number = found.group(1).strip() if found else ""
    if number.isascii() and number.isdigit() and 1 <= int(number) <= LARGEST_IN_LETTERS and number[0] != "0":
        said = letters(int(number), words)
        return f"{said[:1].upper()}{said[1:]}{stripped[len(number) :]}"
    return words.text("document.phrase.in_all", text=stripped)


def _tenths(value: float, words: Words) -> str:
    return words.number(value, 1)


def _millions(value: float, words: Words) -> str:
    """Write millions with as few decimals as they have."""
    return words.number(value, 0 if value == int(value) else 1)


def _of_year(said: str, year: int | None, words: Words) -> str:
    """Add in which year's money an amount is; years are never grouped."""
    return said if year is None else words.text("document.phrase.prices", amount=said, year=str(year))
