"""The table: rows, what they should come to, and what became worse since the one that is kept."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Figures = dict[str, float]

HEADINGS = {
    "cost": ("cost", 0),
    "gap": ("gap %", 4),
    "certificate": ("certificate %", 4),
    "seconds": ("CPU s", 2),
    "tree": ("first tree s", 3),
    "bound": ("first bound s", 3),
    "memory": ("peak MB", 0),
    "value": ("value", 3),
}
"""What is measured: its column, and decimals."""
COLUMNS = (
    "name",
    "work",
    "target",
    *(heading for heading, _ in HEADINGS.values()),
    "verdict",
    "change",
    "note",
)
NOISE = {
    "gap": (1.1, 0.001),
    "certificate": (1.1, 0.001),
    "value": (1.1, 0.02),
    "seconds": (1.3, 0.05),
    "tree": (1.3, 0.005),
    "bound": (1.3, 0.005),
}
"""What a figure may change by before it counts: to so many times its value, and by so much.

What should be at least something is how many times sooner: it has the noise of seconds.
"""
LATE = 1.1
"""Times the seconds allowed that an answer may take."""
BEGIN, END = "<!-- router: written by benchmarks/routing.py -->", "<!-- router: end -->"


class Target(NamedTuple):
    """What a figure should be, at most or at least."""

    figure: str
    sign: Literal["≤", "≥"]
    limit: float

    def __str__(self) -> str:
        return f"{HEADINGS[self.figure][0]} {self.sign} {self.limit:g}"

    def holds(self, value: float) -> bool:
        """Tell whether a value will do."""
        return value <= self.limit if self.sign == "≤" else value >= self.limit


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    name, work
        What was measured; the name is its only one.
    targets
        What its figures should be.
    figures
        What was measured, by the keys of ``HEADINGS``.
    limit_s
        CPU seconds that it may take.
    note
        What else there is to say.
    """

    name: str
    work: str
    targets: tuple[Target, ...] = ()
    figures: Figures = field(default_factory=dict)
    limit_s: float = float("inf")
    note: str = ""


def judge(row: Row) -> str:
    """Return ``met``, or what was missed; ``open`` where a gap is not known and the certificate too weak."""
    verdicts = {target.figure: _judge_one(row.figures, target) for target in row.targets}
    missed = [HEADINGS[figure][0] for figure, met in verdicts.items() if met is False]
    missed += ["late"] if row.figures.get("seconds", 0) > LATE * row.limit_s else []
    if missed:
        return f"**missed** ({', '.join(missed)})"
    unknown = [HEADINGS[figure][0] for figure, met in verdicts.items() if met is None]
    if unknown:
        return f"open ({', '.join(unknown)})"
    return "met" if row.targets else ""


def _judge_one(figures: Figures, target: Target) -> bool | None:
    if target.figure in figures:
        return target.holds(figures[target.figure])
    # A gap is never more than the certificate.
    small = target.figure == "gap" and figures.get("certificate", float("inf")) <= target.limit
    return True if small else None


def compare(row: Row, before: Figures | None) -> str:
    """Return which figures changed by more than noise since, worse ones marked."""
    if before is None:
        return "new"
    better_up = {target.figure for target in row.targets if target.sign == "≥"}
    changes = []
    for figure in [one for one in NOISE if one in before and one in row.figures]:
        times, by = NOISE["seconds" if figure in better_up else figure]
        old, new = before[figure], round(row.figures[figure], HEADINGS[figure][1])
        low, high = sorted((old, new))
        if high > times * low and high > low + by:
            worse = (new < old) if figure in better_up else (new > old)
            change = f"{HEADINGS[figure][0]} {old:g} → {new:g}"
            changes.append(f"**worse**: {change}" if worse else change)
    return "; ".join(changes) or "same"


def read_table(text: str) -> dict[str, Figures]:
    """Return the figures of each row of a printed table, by its name; none where there is no such table."""
    lines = text.partition(BEGIN)[2].partition(END)[0].splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    columns = {heading: figure for figure, (heading, _) in HEADINGS.items()}
    rows = {}
    for line in cells[2:]:
        values = {columns[name]: cell for name, cell in zip(cells[0], line, strict=True) if name in columns}
        rows[line[0]] = {figure: float(cell) for figure, cell in values.items() if cell}
    return rows


def render_head() -> str:
    return f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|"


def render(row: Row, before: dict[str, Figures]) -> str:
    """Return a row as a line, compared with the one of its name."""
    figures = [
        f"{row.figures[figure]:.{decimals}f}" if figure in row.figures else ""
        for figure, (_, decimals) in HEADINGS.items()
    ]
    target = ", ".join(str(one) for one in row.targets)
    change = compare(row, before.get(row.name))
    return "| " + " | ".join([row.name, row.work, target, *figures, judge(row), change, row.note]) + " |"


def replace_table(text: str, table: str) -> str:
    """Return a text with the part between the markers replaced, or added at its end."""
    head, begin, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2] if begin else "\n"
    return f"{head if begin else head.rstrip() + chr(10) * 2}{BEGIN}\n\n{table}\n\n{END}{tail}"
