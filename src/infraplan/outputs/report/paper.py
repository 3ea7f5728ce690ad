"""What a paper is written from: an edition, the words of its language, and how numbers are told.

Any table or column may be missing in an edition that others may see: ``rows`` gives none of a table that
lacks what is asked of it, and chapters name what they then cannot tell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import isfinite
from typing import Any

import pandas as pd

from infraplan import words
from infraplan.outputs import rounding
from infraplan.outputs.edition import Edition
from infraplan.outputs.report import phrases
from infraplan.outputs.report.document import Block, Column, Table, clean
from infraplan.words import Language, Words

STUDY = "study"
DASH = phrases.DASH
"""Of what is not known or not shown."""
MOST_ROWS = 20
"""Of a table of places or projects: what a reader goes through."""
_FEW_NAMES = 3


@dataclass(frozen=True)
class Missing:
    """Something that the paper does not tell: keys of ``reportmissing``, in place of blocks."""

    what: str
    why: str


Told = Block | Missing
"""What a chapter yields."""
Row = Mapping[Any, Any]
"""A row of a table, by column."""


@dataclass(frozen=True)
class Paper:
    """An edition and the language that it is told in."""

    edition: Edition
    words: Words

    @property
    def name(self) -> str:
        """The study's name."""
        return self.plain(self.edition.study["name"])

    @property
    def place(self) -> str:
        """What sentences are about: the municipalities by name where they are few, else the study."""
        zones = self.edition.zones
        kinds = zones["kind"].astype(str)
        names = [self.plain(name) for name in zones.loc[kinds == "municipality", "name"]]
        return self.listed(names) if 1 <= len(names) <= _FEW_NAMES else self.name

    @property
    def year(self) -> int:
        """The study's year."""
        return int(self.edition.study["year"])

    @property
    def dated(self) -> date:
        """The day of the run."""
        return date.fromisoformat(str(self.edition.about["started"])[:10])

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What the study file says, with all defaults."""
        found: Mapping[str, Any] = self.edition.about["parameters"]
        return found

    @property
    def publication(self) -> Mapping[str, str]:
        """Who publishes, by ``[publication]``; empty where the study does not say."""
        return self.parameters.get("publication") or {}

    @property
    def plan(self) -> Mapping[str, Any]:
        """What the run says of its plan in all; empty where it has none."""
        found: Mapping[str, Any] = self.edition.about["totals"].get("plan") or {}
        return found

    @property
    def inputs(self) -> Sequence[Row]:
        """Where each input layer is from: ``layer``, ``source``, ``date``, ``licence``, ``modelled``."""
        told = self.edition.about.get("inputs")
        if told:
            return list(told)
        sources = self.rows("sources", "source")
        names = map(str, sources.index)
        return [{"layer": name, **row} for name, row in zip(names, records(sources), strict=True)]

    @property
    def price_year(self) -> int:
        """The year in whose money costs are: that of the study's prices, or of the cost book."""
        asked = self.parameters.get("costs", {}).get("year")
        book = self.edition.about.get("cost_book") or {}
        return int(asked or book.get("year") or self.year)

    @property
    def least(self) -> int:
        """The count below which the public is not shown one."""
        return int(self.parameters.get("zones", {}).get("least", 5))

    def say(self, key: str, /, **values: object) -> str:
        """Return a sentence of the report's words."""
        return self.words.text(key, **values)

    def rows(self, name: str, *columns: str) -> pd.DataFrame:
        """Return the rows of a table that has all these columns; else none, with these columns."""
        if name not in self._flat:
            self._flat[name] = pd.DataFrame(
                self.edition.table(name).drop(columns="geometry", errors="ignore")
            )
        table = self._flat[name]
        if table.empty or not set(columns) <= set(table.columns):
            return pd.DataFrame(columns=list(dict.fromkeys(columns)))
        return table

    @cached_property
    def _flat(self) -> dict[str, pd.DataFrame]:
        """Tables without their shapes, as they are asked for: whoever gets one never changes it."""
        return {}

    def of_study(self, name: str, *columns: str) -> pd.DataFrame:
        """Return the rows of a table that are about the whole study."""
        rows = self.rows(name, "zone_kind", *columns)
        return rows[rows["zone_kind"] == STUDY]

    def plain(self, text: object, *, otherwise: str = "") -> str:
        """Return a name from data on one line, or what stands for one that is empty."""
        known = " ".join(clean(str(text)).split()) if isinstance(text, str) else ""
        return known or otherwise or self.say("report.unnamed")

    # Cells of tables: a dash is what is not known or not shown.

    def count(self, value: Any) -> str:
        """Write a whole number."""
        return self._cell(rounding.shown_count(value), 0)

    def tkr(self, sek: Any) -> str:
        """Write kronor in whole thousands."""
        return self._cell(rounding.shown_tkr(sek), 0)

    def mnkr(self, sek: Any) -> str:
        """Write kronor in millions, to a tenth."""
        return self._cell(rounding.shown_mnkr(sek), 1)

    def sek(self, sek: Any) -> str:
        """Write whole kronor."""
        return self._cell(rounding.shown_sek(sek), 0)

    def km(self, metres: Any) -> str:
        """Write metres in kilometres, to a tenth."""
        return self._cell(rounding.shown_km(metres), 1)

    def share(self, value: Any, target: Any = float("nan"), met: Any = True) -> str:  # noqa: FBT002  (cells of a row)
        """Write a share in per cent, never rounded up to a target that is not met."""
        shown = rounding.shown_share(value, target, met)
        return DASH if shown is None else self.words.share(shown)

    def decimal(self, value: Any, decimals: int = 1) -> str:
        """Write a number with decimals."""
        known = number(value)
        return DASH if known is None else self.words.number(known, decimals)

    def _cell(self, shown: float | None, decimals: int) -> str:
        return DASH if shown is None else self.words.number(shown, decimals)

    # Running text.

    def of_all(self, part: Any, base: Any, unit: str) -> str:
        """Write "412 of 1,930 households (21.3 per cent)"."""
        return phrases.part_of(part, base, self.unit(unit), self.words)

    def percent(self, value: Any, target: Any = float("nan"), met: Any = True) -> str:  # noqa: FBT002  (cells of a row)
        """Write a share as prose does: "21.3 per cent"."""
        return phrases.percent(value, self.words, target=target, met=met)

    def money(self, sek: Any) -> str:
        """Write an amount as prose does: "just under SEK 63 million"."""
        return phrases.money(sek, self.words)

    def money_range(self, low: Any, high: Any) -> str:
        """Write a range of money as prose does: "SEK 39–106 million"."""
        return phrases.money_range(low, high, self.words)

    def unit(self, unit: str) -> str:
        """Name what is counted: households, workplaces, or both."""
        return self.say(f"report.unit_{unit.replace('+', '_and_')}")

    def letters(self, count: int) -> str:
        """Write a small number in letters, as prose does where the number is not the point."""
        return phrases.letters(count, self.words, neuter=True)

    def listed(self, names: Sequence[str]) -> str:
        """Write names in a row, with "and" before the last."""
        if len(names) <= 1:
            return "".join(names)
        return self.say("report.and", first=", ".join(names[:-1]), last=names[-1])

    def day(self, day: date) -> str:
        """Write a day as prose does: "30 November 2026"."""
        return phrases.day(day, self.words)

    def layer(self, name: str) -> str:
        """Name an input layer; "service points" means two things in Swedish papers, and is not used."""
        if name == "service_points":
            return self.say("report.service_points")
        return self.kind(f"map.input.{name}", name)

    def kind(self, key: str, name: str) -> str:
        """Return the words of a kind in data, or its name where the study has a kind of its own."""
        return self.words.entries.get(key, self.plain(name))


def number(value: Any) -> float | None:
    """Return a cell as a finite number, None where it holds none."""
    try:
        known = float(value)
    except (TypeError, ValueError):  # pd.NA, None and text
        return None
    return known if isfinite(known) else None


def is_flag(value: Any) -> bool:
    """Return a flag of a row as such, however the file that it was read from wrote it."""
    return str(value).strip().lower() in ("true", "1", "1.0")


def is_true(values: pd.Series) -> pd.Series:
    """Return a column of flags as such, however the file that it was read from wrote them."""
    return values.map(is_flag)


def is_modelled(row: Row) -> bool:
    """Whether an input layer is modelled rather than real, however its flag was read."""
    return is_flag(row.get("modelled"))


def records(table: pd.DataFrame) -> Iterator[Row]:
    """Yield the rows of a table by column."""
    yield from table.to_dict("records")


def make_paper(edition: Edition, language: Language | None) -> Paper:
    """Return what a paper of an edition is written from; in the study's language where none is asked for."""
    return Paper(edition, words.load(language or edition.language))


def make_table(  # noqa: PLR0913  (a table's parts)
    paper: Paper,
    key: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    note: str = "",
    source: str = "",
    text: Sequence[str] = (),
    totals: int = 0,
) -> Table:
    """Return a table whose title and heads are words of ``key`` ("reportplan.projects").

    ``text`` are the heads of columns that hold words; the first column always does. Where a cell is a dash,
    the note says what that means.
    """
    cells = tuple(tuple(cell if cell.strip() else DASH for cell in row) for row in rows)
    columns = tuple(
        Column(paper.say(f"{key}.{head}"), "text" if number == 0 or head in text else "number")
        for number, head in enumerate(heads)
    )
    dashed = any(cell == DASH for row in cells for cell in row)
    notes = (note, paper.say("report.dash") if dashed else "")
    return Table(
        id=key.replace(".", "-").replace("_", "-"),
        title=title or paper.say(f"{key}.title"),
        columns=columns,
        rows=cells,
        unit_note=" ".join(filter(None, notes)),
        source=source,
        totals=totals,
    )
