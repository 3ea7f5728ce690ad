"""Tables of plain text, as the command line prints them."""

import re
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from infraplan.words import Words

_WIDTH = 130
_NUMBER = re.compile(r"[\d\s.,%–−-]+")


def draw(words: Words, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Draw a table below its title; columns of numbers stand to the right.

    ``heads`` are keys of the words without ``head_``, as ``summary.name`` for ``summary.head_name``.
    """
    body = [list(row) for row in rows]
    drawn = Table(box=SIMPLE_HEAD)
    for place, head in enumerate(heads):
        numeric = bool(body) and all(_NUMBER.fullmatch(row[place]) for row in body)
        area, _, name = head.rpartition(".")
        drawn.add_column(
            words.text(f"{area}.head_{name}"), justify="right" if numeric else "left", overflow="fold"
        )
    for row in body:
        drawn.add_row(*row)
    page = StringIO()
    Console(file=page, width=_WIDTH, no_color=True, markup=False, highlight=False, emoji=False).print(drawn)
    # Rich would break a title at the width of the table.
    return "\n".join(line.rstrip() for line in [title, *page.getvalue().rstrip().splitlines()])
