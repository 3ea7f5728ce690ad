"""What a metre costs: laying methods by road, drops and links, from a cost book."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from infraplan.config import CostBook, MethodRule

MONEY = ("cost_low_sek", "cost_sek", "cost_high_sek")


def price(length_m: ArrayLike, road_class: ArrayLike, surface: ArrayLike, book: CostBook) -> pd.DataFrame:
    """Price trenches along roads.

    The first rule of the book that fits the road's class and surface names the method. Crowns are whole for
    each edge, half a crown rounded up, so that the sum over any edges is the sum of what is printed for them.

    Parameters
    ----------
    length_m
        Geodesic lengths in metres, shape (n,).
    road_class, surface
        Of the roads, as the catalog writes them, shape (n,).

    Returns
    -------
    DataFrame
        Columns method, cost_low_sek, cost_sek, cost_high_sek, one row a length.
    """
    lengths = np.asarray(length_m, np.float64)
    roads = pd.MultiIndex.from_arrays([np.asarray(road_class, object), np.asarray(surface, object)])
    codes, kinds = pd.factorize(roads)
    methods = np.array([_find_method(kind[0], kind[1], book.rules) for kind in kinds], dtype=object)
    return price_stretches(np.zeros(len(lengths)), lengths, methods[codes], book)


def price_stretches(from_m: ArrayLike, to_m: ArrayLike, methods: ArrayLike, book: CostBook) -> pd.DataFrame:
    """Price stretches of a trench from one place along it to another; columns as in ``price``.

    What the trench costs up to each place is rounded, not what each stretch costs: stretches that follow each
    other add up to the crown to what the whole costs, and each is less than a crown off its own length times
    the price.
    """
    codes, names = pd.factorize(np.asarray(methods, dtype=object))
    prices = [book.methods[name] for name in names]
    per_metre = np.array([(p.low, p.base, p.high) for p in prices], np.float64).reshape(-1, 3)[codes]
    start, stop = np.asarray(from_m, np.float64)[:, None], np.asarray(to_m, np.float64)[:, None]
    crowns = _whole(stop * per_metre) - _whole(start * per_metre)
    columns = dict(zip(MONEY, crowns.T, strict=True))
    return pd.DataFrame({"method": pd.Series(names[codes], dtype="str"), **columns})


def price_drops(length_m: ArrayLike, book: CostBook) -> pd.DataFrame:
    """Price drops: each its trench from road to house, and one connection; columns as in ``price``."""
    priced = _price_one(length_m, book.drop_method, book)
    each = _whole(np.array([book.connection.low, book.connection.base, book.connection.high]))
    return priced.assign(**{name: priced[name] + amount for name, amount in zip(MONEY, each, strict=True)})


def price_links(length_m: ArrayLike, book: CostBook) -> pd.DataFrame:
    """Price links across country; columns as in ``price``."""
    return _price_one(length_m, book.link_method, book)


def _price_one(length_m: ArrayLike, method: str, book: CostBook) -> pd.DataFrame:
    lengths = np.asarray(length_m, np.float64)
    return price_stretches(np.zeros(len(lengths)), lengths, np.full(len(lengths), method, dtype=object), book)


def _find_method(road_class: str, surface: str, rules: tuple[MethodRule, ...]) -> str:
    def fits(rule: MethodRule) -> bool:
        return (rule.road_class == "any" or road_class in rule.road_class) and (
            rule.surface == "any" or surface in rule.surface
        )

    return next(rule.method for rule in rules if fits(rule))


def _whole(crowns: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round to whole crowns, half a crown up."""
    return np.floor(crowns + 0.5).astype(np.int64)
