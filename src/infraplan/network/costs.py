"""What trenches cost: the laying method of each stretch and why, and every item of its price.

An edge costs the sum of its items, each in whole kronor: what a bill adds up by item is the plan's cost to
the crown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from infraplan.costbook import CostBook, MethodRule, Price
from infraplan.errors import TableError
from infraplan.network.lines import Floats, Ints
from infraplan.planconfig import Design
from infraplan.tables import MONEY

Mask = NDArray[np.bool_]

_RULED = ("kind", "road_class", "surface", "ground")
_ENDS = 2
"""Of each fibre to a premises: one splice where it leaves the cable, one in the house."""


@dataclass(frozen=True)
class Item:
    """One item of what edges cost: a line of a bill before it is added up.

    Attributes
    ----------
    name, detail, unit
        As in the contract BILL.
    edge
        Positions of the edges that have it, shape (k,).
    quantity
        How much of it each has, shape (k,).
    price
        Low, base and high price of one unit, shape (3,).
    crowns
        What it costs, whole kronor, shape (k, 3).
    material
        Material's share of it.
    source
        Where the price is from, with its year and that of its money.
    guess
        Whether the price is a planning guess.
    """

    name: str
    detail: str
    unit: str
    edge: Ints
    quantity: Floats
    price: Floats
    crowns: Ints
    material: float
    source: str
    guess: bool


def price_edges(edges: gpd.GeoDataFrame, book: CostBook, design: Design) -> gpd.GeoDataFrame:
    """Return surveyed edges (contract EDGES) with ``method``, ``reason``, ``existing`` and their cost.

    A duct that could be reused is left alone where digging is cheaper at base prices: the edge is new then,
    and names no duct. What hangs on poles or lies on a lake's bed is dug with nobody: it names no works.
    """
    rent = edges[(edges["existing"] != "new").to_numpy()]
    if len(rent):
        dug = _put_price(_leave_works(choose_methods(rent.assign(existing="new"), book), book), book, design)
        reused = _put_price(choose_methods(rent, book), book, design)
        edges = _leave_ducts(edges, rent.index[(dug["cost_sek"] < reused["cost_sek"]).to_numpy()])
    return _put_price(_leave_works(choose_methods(edges, book), book), book, design)


def choose_methods(edges: gpd.GeoDataFrame, book: CostBook) -> gpd.GeoDataFrame:
    """Return the edges with the method of the first rule that fits each, and what of the edge it named."""
    steps = np.unique([rule.slope_percent for rule in book.rules])
    slope = np.fmax(edges["slope"].to_numpy(np.float64), 0.0)
    step = steps[np.searchsorted(steps, slope, side="right") - 1]
    looks = pd.MultiIndex.from_arrays([*(edges[name] for name in _RULED), step, edges["poles"]])
    codes, kinds = pd.factorize(looks)
    chosen = [
        _choose(dict(zip((*_RULED, "slope_percent", "poles"), kind, strict=True)), book) for kind in kinds
    ]
    methods = np.array([method for method, _ in chosen], dtype=object)[codes]
    reasons = np.array([reason for _, reason in chosen], dtype=object)[codes]
    reused = (edges["existing"] != "new").to_numpy()
    return edges.assign(
        method=pd.Series(np.where(reused, "", methods), index=edges.index, dtype="str"),
        reason=pd.Series(
            np.where(reused, "duct_id=" + edges["duct_id"].to_numpy(object), reasons),
            index=edges.index,
            dtype="str",
        ),
    )


def itemise(edges: pd.DataFrame, book: CostBook, design: Design) -> list[Item]:
    """Return all items of what priced edges cost, or routes, whose cables and fibres are known.

    Edges (contract EDGES) carry the smallest cable; routes (contract ROUTES) those that they name.

    Raises
    ------
    TableError
        Routes name a cable that the book does not have.
    """
    length = edges["length_m"].to_numpy(np.float64)
    found = [
        *_civil_works(edges, length, book),
        *_ducts(edges, length, book),
        *_cables(edges, length, book),
        *_crossings(edges, book),
        *_ends(edges, book, design),
    ]
    return [item for item in found if len(item.edge)]


def add_up(items: Sequence[Item], count: int) -> Ints:
    """Return the cost of each edge, low, base and high, shape (count, 3)."""
    crowns = np.zeros((count, 3), np.int64)
    for item in items:
        np.add.at(crowns, item.edge, item.crowns)
    return crowns


def to_crowns(amounts: ArrayLike) -> Ints:
    """Round to whole crowns, half a crown up.

    >>> to_crowns([0.5, 1.4, 100 * 0.285]).tolist()
    [1, 1, 29]
    """
    # 100 × 0.285 is 28.499999999999996 in binary: what is half a crown on paper is rounded as on paper.
    return np.asarray(np.floor(np.round(np.asarray(amounts, np.float64), 6) + 0.5), np.int64)


def three(price: Price) -> Floats:
    """Return low, base and high of a price, shape (3,)."""
    return np.array([price.low, price.base, price.high])


def _leave_ducts(edges: gpd.GeoDataFrame, dear: pd.Index) -> gpd.GeoDataFrame:
    """Return the edges with a new trench instead of a duct that is there, for some of them."""
    kept = ~edges.index.isin(dear)
    return edges.assign(
        existing=edges["existing"].where(kept, "new").astype("str"),
        duct_id=edges["duct_id"].where(kept, "").astype("str"),
        rent_sek_m=edges["rent_sek_m"].where(kept, np.nan),
        room=edges["room"].where(kept, 0),
    )


def _leave_works(edges: gpd.GeoDataFrame, book: CostBook) -> gpd.GeoDataFrame:
    """Return the edges without planned works where no trench is dug that they could share."""
    laid = (edges["existing"] == "new") & ~_is_dug(edges, book)
    return edges.assign(
        works_id=edges["works_id"].mask(laid, "").astype("str"),
        works_share=edges["works_share"].mask(laid, 1.0),
    )


def _put_price(edges: gpd.GeoDataFrame, book: CostBook, design: Design) -> gpd.GeoDataFrame:
    crowns = add_up(itemise(edges, book, design), len(edges))
    return edges.assign(**dict(zip(MONEY, crowns.T, strict=True)))


def _choose(look: dict[str, object], book: CostBook) -> tuple[str, str]:
    """Return the method of a kind of stretch, and what of it the rule named."""
    rule = next(rule for rule in book.rules if _fits(rule, look))
    named = [name for name in _RULED if getattr(rule, name) != "any"]
    named += ["slope_percent"] if rule.slope_percent else []
    named += ["poles"] if rule.poles is not None else []
    said = [f"slope_percent>={look[n]:g}" if n == "slope_percent" else f"{n}={look[n]}" for n in named]
    return rule.method, " ".join(said) or "default"


def _fits(rule: MethodRule, look: dict[str, object]) -> bool:
    named = all(getattr(rule, name) == "any" or look[name] in getattr(rule, name) for name in _RULED)
    steep = float(str(look["slope_percent"])) >= rule.slope_percent
    return named and steep and (rule.poles is None or rule.poles == look["poles"])


def _item(name: str, detail: str, which: Ints, quantity: Floats, price: Price, times: float = 1.0) -> Item:
    """Return an item of some edges at a price, or at a share or multiple of it."""
    unit = three(price) * times
    return Item(
        name,
        detail,
        "m" if price.unit == "SEK/m" else "each",
        which,
        quantity,
        unit,
        to_crowns(quantity[:, None] * unit),
        price.material,
        price.origin,
        price.guess,
    )


def _civil_works(edges: pd.DataFrame, length: Floats, book: CostBook) -> Iterator[Item]:
    """Yield trenches by method and by what is left to pay of them, and what care in areas adds."""
    columns = [edges["method"], edges["works_share"]]
    for which, (method, share) in _groups(columns):
        if method:
            yield _item("trench", _left(method, share), which, length[which], book.methods[method], share)
        care = share * (edges["factor"].to_numpy(np.float64)[which] - 1.0)
        soft, care = which[care > 0.0], care[care > 0.0]
        if method and len(soft):
            # Drops that lie in an area with a part have a factor of their own: no one price holds for all.
            whole = _item("soft_area", _left(method, share), soft, length[soft], book.methods[method])
            unit = whole.price * care[:, None]
            price = unit[0] if (care == care[0]).all() else np.full(3, np.nan)
            yield replace(whole, price=price, crowns=to_crowns(length[soft][:, None] * unit))


def _groups(columns: Sequence[pd.Series]) -> Iterator[tuple[Ints, tuple[Any, ...]]]:
    """Yield the positions of rows that are alike in some columns, and what they have in them."""
    codes, kinds = pd.factorize(pd.MultiIndex.from_arrays(columns))
    for code, kind in enumerate(kinds):
        yield np.flatnonzero(codes == code), kind


def _left(method: str, share: float) -> str:
    """Name a method and, where others dig too, what is left to pay of it."""
    return method if share == 1.0 else f"{method} {100 * share:g} %"


def _ducts(edges: pd.DataFrame, length: Floats, book: CostBook) -> Iterator[Item]:
    for name, mask in (("duct", _is_dug(edges, book)), ("own_duct", edges["existing"] == "own_duct")):
        which = np.flatnonzero(mask)
        yield _item(name, "", which, length[which], getattr(book, name))
    leased = np.flatnonzero(edges["existing"] == "leased_duct")
    rents = edges["rent_sek_m"].to_numpy(np.float64)[leased]
    yield _rented(leased[np.isnan(rents)], length, book.leased_duct, "")
    for rent in np.unique(rents[~np.isnan(rents)]):
        known = {"low": rent, "base": rent, "high": rent, "source": "ducts: price_sek_m", "guess": False}
        told = book.leased_duct.model_copy(update={**known, "year": book.year, "money": None})
        yield _rented(leased[rents == rent], length, told, f"{rent:g}")


def _is_dug(edges: pd.DataFrame, book: CostBook) -> pd.Series:
    """Return where a trench is opened for a duct: not in a duct that is there, on poles, or in a lake."""
    dug = [name for name, method in book.methods.items() if method.duct]
    return (edges["existing"] == "new") & edges["method"].isin(dug)


def _rented(which: Ints, length: Floats, price: Price, detail: str) -> Item:
    return _item("leased_duct", detail, which, length[which], price)


def _cables(edges: pd.DataFrame, length: Floats, book: CostBook) -> Iterator[Item]:
    smallest = str(book.cables[0].fibres)
    known = edges["cables"] if "cables" in edges else pd.Series(smallest, index=edges.index, dtype="str")
    codes, names = pd.factorize(known)
    sizes = {"", *(str(cable.fibres) for cable in book.cables)}
    if foreign := sorted({size for name in names for size in name.split("+")} - sizes):
        raise TableError("table_contract", table="routes", problem=f"the book has no cable '{foreign[0]}'")
    counts = np.array([[name.split("+").count(str(c.fibres)) for c in book.cables] for name in names])
    for number, cable in enumerate(book.cables):
        pieces = counts.reshape(-1, len(book.cables))[codes, number]
        which = np.flatnonzero(pieces)
        yield _item("cable", str(cable.fibres), which, length[which] * pieces[which], cable)


def _crossings(edges: pd.DataFrame, book: CostBook) -> Iterator[Item]:
    """Yield crossings of what is dug: the first of the book's that fits what is crossed has its price.

    Ducts and poles that are there lead over it already, and a lake cable lies in what it crosses.
    """
    dug = _is_dug(edges, book).to_numpy()
    left = {crossing.over: dug.copy() for crossing in book.crossings}
    for crossing in book.crossings:
        over, detail = crossing.over, str(crossing.over)
        count = edges[f"cross_{over}"].to_numpy(np.float64)
        fits = (count > 0) & left[over]
        if crossing.road_class != "any":
            fits &= edges["crossed_class"].isin(crossing.road_class).to_numpy()
            detail = f"{over} {_name_classes(crossing.road_class)}"
        left[over] &= ~fits
        yield _item("crossing", detail, np.flatnonzero(fits), count[fits], crossing)


def _name_classes(classes: Sequence[str]) -> str:
    """Name functional classes: 0-5 where they follow each other, else one by one."""
    ranks = [int(name) if name.isdigit() else -1 for name in classes]
    run = len(ranks) > 1 and ranks == list(range(ranks[0], ranks[0] + len(ranks)))
    return f"{classes[0]}-{classes[-1]}" if run else ",".join(classes)


def _ends(edges: pd.DataFrame, book: CostBook, design: Design) -> Iterator[Item]:
    """Yield a connection a drop, and the splices of its fibres."""
    which = np.flatnonzero(edges["kind"] == "drop")
    yield _item("connection", "", which, np.ones(len(which)), book.connection)
    usual = pd.Series(design.fibres_per_premises, index=edges.index)
    fibres = np.asarray(edges.get("fibres", usual), np.float64)[which]
    yield _item("splice", "drop", which, _ENDS * fibres, book.splice)
