"""Cost books: bundled ones by name, one's own by path, their prices in one year's money."""

from math import floor
from pathlib import Path
from typing import TypeVar

from infraplan.costbook import SINGLE_PRICES, CostBook, Price
from infraplan.errors import StudyError
from infraplan.layers.tomlfile import build, find_file, read_toml

Priced = TypeVar("Priced", bound=Price)


def read_cost_book(
    name_or_path: str | Path, *, relative_to: Path | None = None, year: int | None = None
) -> CostBook:
    """Read a cost book: the path of a TOML file, or the name of a bundled one.

    All prices of the book that is returned are in one year's money: a price of another year is multiplied by
    the book's index of the year that is wanted over that of its own, and rounded to the öre. ``Price.year``
    stays the source's, ``Price.money`` and ``CostBook.year`` say whose money it is.

    Parameters
    ----------
    name_or_path
        ``"norrland-2026"``, or a path, told from a name by its suffix ``.toml``.
    relative_to
        The folder that a relative path starts from; the working folder where it is not given.
    year
        In whose money; the book's own year where it is not given.

    Raises
    ------
    StudyError
        There is no such book, it cannot be used, or a price is of a year that the book's index lacks.

    Examples
    --------
    >>> book = read_cost_book("norrland-2026")
    >>> book.duct.year, book.duct.money_year, book.duct.base
    (2010, 2026, 5.56)
    """
    path = find_file(name_or_path, "costs", key="[costs] book", relative_to=relative_to)
    book = build(CostBook, read_toml(path), path)
    return _move_prices(book, book.year if year is None else year, path)


def _move_prices(book: CostBook, year: int, file: Path) -> CostBook:
    """Return the book in a year's money."""

    def move(price: Priced, place: str) -> Priced:
        return _move(price, place, book, year, file)

    moved = {
        "methods": {name: move(price, f"[methods.{name}]") for name, price in book.methods.items()},
        "crossings": tuple(move(one, f"[[crossings]] {n}") for n, one in enumerate(book.crossings, 1)),
        "cables": tuple(move(one, f"[[cables]] {n}") for n, one in enumerate(book.cables, 1)),
        **{name: move(getattr(book, name), f"[{name}]") for name in SINGLE_PRICES},
    }
    return book.model_copy(update=moved | {"year": year})


def _move(price: Priced, place: str, book: CostBook, year: int, file: Path) -> Priced:
    """Return a price in a year's money; ``place`` is where it stands in the file."""
    old, index = price.money_year, book.index
    if old == year:
        return price
    told = {"file": file, "key": f"{place} {'year' if price.money is None else 'money'} = {old}"}
    if index is None:
        raise StudyError("no_price_index", **told, wanted=str(year))
    lacking = [str(one) for one in (old, year) if one not in index.values]
    if lacking:
        raise StudyError("no_index_year", **told, wanted=str(year), lacking=lacking[0])
    times = index.values[year] / index.values[old]
    amounts = {name: _to_ore(getattr(price, name) * times) for name in ("low", "base", "high")}
    guess = price.guess or index.guess
    return price.model_copy(update={**amounts, "money": year, "guess": guess})


def _to_ore(amount: float) -> float:
    """Round to hundredths of a crown, half of one up."""
    return floor(round(100 * amount, 6) + 0.5) / 100
