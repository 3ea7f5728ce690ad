"""The bill: what a plan's projects cost, item by item, and what comes on top.

Its rows are sums of what single edges cost in whole kronor, so that they agree to the crown with the routes.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infraplan.config import Study
from infraplan.costbook import CostBook, Percent, PiecePrice
from infraplan.network.costs import Item, itemise, three, to_crowns
from infraplan.tables import BILL, ITEMS, MONEY, empty

Ints = NDArray[np.int64]
Texts = NDArray[np.object_]

_KEY = ["project_id", "item", "detail", "unit", "source", "guess"]


def build_bill(routes: pd.DataFrame, cabinets: pd.DataFrame, book: CostBook, study: Study) -> pd.DataFrame:
    """Add up what a dimensioned network costs.

    Parameters
    ----------
    routes, cabinets
        As ``design_network`` returns them, or later with their projects and phases.

    Returns
    -------
    DataFrame
        Contract BILL, by project, item and detail. The items of edges in it sum to the routes' costs, to the
        crown; then come cabinets and chambers, the splices in them and between cables, and for each project
        ``design`` as a share of all that is built and ``margin`` as a share of what is built and designed.
        Those two are rounded up, so that what bounds the built costs bounds all costs; they are labour alone.
    """
    edges, boxes = (table["project_id"].to_numpy(object) for table in (routes, cabinets))
    rows = [
        *_by_project([*itemise(routes, book, study.design), *_list_joints(routes, book)], edges),
        *_by_project(_list_cabinet_items(cabinets, book), boxes),
    ]
    if not rows:
        return pd.DataFrame(empty(BILL))
    built = _merge(pd.concat(rows))
    bill = pd.concat([built, *_add_overheads(built, book)])
    phases = pd.concat([table[["project_id", "phase"]] for table in (routes, cabinets)])
    phase = phases.drop_duplicates("project_id").set_index("project_id")["phase"]
    bill = bill.assign(phase=bill["project_id"].map(phase).astype("int64"))
    return _sort(bill[[*BILL.names]])


def _list_joints(routes: pd.DataFrame, book: CostBook) -> Iterator[Item]:
    """Yield the splices of fibres where one cable ends and the next begins."""
    joints = routes["joints"].to_numpy(np.float64)
    which = np.flatnonzero(joints)
    yield _pieces("splice", "joint", which, joints[which], book.splice)


def _list_cabinet_items(cabinets: pd.DataFrame, book: CostBook) -> Iterator[Item]:
    """Yield cabinets and chambers, and the splices of the fibres that lead into them."""
    for name, price in (("cabinet", book.cabinet), ("chamber", book.chamber)):
        which = np.flatnonzero(cabinets["kind"] == name)
        yield _pieces(name, "", which, np.ones(len(which)), price)
        fibres = cabinets["fibres_in"].to_numpy(np.float64)[which]
        yield _pieces("splice", name, which, fibres, book.splice)


def _pieces(name: str, detail: str, which: Ints, quantity: NDArray[np.float64], price: PiecePrice) -> Item:
    return Item(
        name,
        detail,
        "each",
        which,
        quantity,
        three(price),
        to_crowns(quantity[:, None] * three(price)),
        price.material,
        price.origin,
        price.guess,
    )


def _by_project(items: list[Item] | Iterator[Item], project: Texts) -> Iterator[pd.DataFrame]:
    """Yield the rows of each item: one a project that has it.

    Parameters
    ----------
    project
        Of each edge or cabinet that the items are of, shape (m,).
    """
    codes, names = pd.factorize(project)
    for item in items:
        code, position = np.unique(codes[item.edge], return_inverse=True)
        crowns = np.zeros((len(code), 3), np.int64)
        np.add.at(crowns, position, item.crowns)
        if not len(code):
            continue
        yield pd.DataFrame(
            {
                "project_id": names[code],
                "item": item.name,
                "detail": item.detail,
                "unit": item.unit,
                "quantity": np.bincount(position, weights=item.quantity),
                "price": item.price[1],
                **dict(zip(MONEY, crowns.T, strict=True)),
                "material": item.material * crowns[:, 1],
                "source": item.source,
                "guess": item.guess,
            }
        )


def _merge(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row for what has the same name and source: rents that are written alike may differ."""
    groups = rows.groupby(_KEY, sort=False)
    sums = groups[["quantity", *MONEY, "material"]].sum()
    lowest, highest = groups["price"].min(), groups["price"].max()
    material = to_crowns(sums["material"])
    return sums.assign(
        price=lowest.where(lowest == highest),
        material_sek=material,
        labour_sek=sums["cost_sek"] - material,
    ).reset_index()


def _add_overheads(built: pd.DataFrame, book: CostBook) -> Iterator[pd.DataFrame]:
    """Yield design and margin of each project."""
    sums = built.groupby("project_id")[list(MONEY)].sum()
    for name, share in (("design", book.overheads.design), ("margin", book.overheads.margin)):
        crowns = _share_up(sums, share)
        yield pd.DataFrame(
            {
                "project_id": sums.index,
                "item": name,
                "detail": "",
                "unit": "%",
                "quantity": share.base,
                "price": np.nan,
                **dict(zip(MONEY, crowns.T, strict=True)),
                "material_sek": 0,
                "labour_sek": crowns[:, 1],
                "source": f"{share.source} ({share.year})",
                "guess": share.guess,
            }
        )
        sums = sums + crowns


def _share_up(amounts: pd.DataFrame, share: Percent) -> Ints:
    """Return a share of amounts, low of low and so on, each rounded up to the crown, shape (n, 3).

    In whole numbers: 8 % of 100 kronor are 8 kronor, and not a hair more that would make them 9.
    """
    shares = [Fraction(str(value)) / 100 for value in (share.low, share.base, share.high)]
    rows = amounts.to_numpy(np.int64).tolist()
    crowns = [[ceil(part * value) for part, value in zip(shares, row, strict=True)] for row in rows]
    return np.array(crowns, np.int64).reshape(-1, 3)


def _sort(bill: pd.DataFrame) -> pd.DataFrame:
    """Return rows by project, item and detail, of which numbers by their size."""
    size = pd.to_numeric(bill["detail"].where(bill["detail"].str.isdecimal()), errors="coerce")
    order = pd.DataFrame(
        {
            "project_id": bill["project_id"],
            "item": bill["item"].map({name: place for place, name in enumerate(ITEMS)}),
            "size": size.fillna(-1.0),
            "detail": bill["detail"],
        }
    ).reset_index(drop=True)
    rows = bill.iloc[order.sort_values(list(order.columns)).index].reset_index(drop=True)
    text = dict.fromkeys(["project_id", "item", "detail", "unit", "source"], "str")
    return rows.astype(text).rename_axis("row")
