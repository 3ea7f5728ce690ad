"""Which offers are reliable: by technology alone, or near enough to their exchange."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from infraplan import spatial
from infraplan.demand.dasymetric import Floats
from infraplan.demand.places import Ints
from infraplan.layers import Layers
from infraplan.layers.technology_rules import TechnologyRules

Bools = NDArray[np.bool_]
Smalls = NDArray[np.int32]


def code_networks(operators: pd.Series, networks: Mapping[str, str]) -> tuple[Ints, pd.Index]:
    """Return the network that each operator uses, by number, and the networks' names.

    An operator that ``coverage.networks`` does not name has a network of its own, called the same.

    >>> code_networks(pd.Series(["A", "B", "Net", "C"]), {"A": "Net", "B": "Net"})
    (array([0, 0, 0, 1]), Index(['Net', 'C'], dtype='str'))
    """
    operator, met = pd.factorize(operators)
    network, names = pd.factorize(pd.Series([networks.get(name, name) for name in met], dtype="str"))
    return network[operator].astype(np.int64), pd.Index(names, dtype="str")


@dataclass(frozen=True)
class Exchanges:
    """Where copper lines end.

    Attributes
    ----------
    xy
        Shape (exchanges, 2), metres.
    network
        Whose each is, "" for anybody's; shape (exchanges,).
    """

    xy: Floats
    network: NDArray[np.object_]
    networks: Mapping[str, str]
    """Operator -> network, from the study."""

    @classmethod
    def find(cls, layers: Layers, networks: Mapping[str, str]) -> Self:
        """Return the study's exchanges: none, where it has no such layer."""
        table = layers.get("exchanges")
        if table is None:
            return cls(np.empty((0, 2)), np.array([], dtype=object), networks)
        network, names = code_networks(table["operator"], networks)
        places = shapely.get_coordinates(table.geometry.to_numpy())
        return cls(places, names.to_numpy(dtype=object)[network], networks)

    def of(self, network: str) -> Floats:
        """Return the places of those that a network may use: its own and anybody's; of no network, all."""
        return self.xy if network == "" else self.xy[np.isin(self.network, ["", network])]


def find_reliable(
    offers: pd.DataFrame, offer: Ints | Smalls, xy: Floats, rules: TechnologyRules, exchanges: Exchanges
) -> tuple[Bools, int]:
    """Return whether each pair of an offer and a place is reliable, and how many cannot be told.

    Where a technology is reliable only near its exchange, the stated ``exchange_m`` counts; without it the
    straight line to the nearest exchange that the operator's network may use. That is shorter than any
    copper, so it errs towards reliable. Where neither is known, the offer is not reliable.

    Parameters
    ----------
    offers
        With ``technology``, ``operator`` and ``exchange_m``.
    offer
        Position of each pair's offer, shape (pairs,).
    xy
        Where each pair is, shape (pairs, 2), metres.
    """
    reliable: Bools = offers["technology"].isin(rules.reliable).to_numpy(dtype=bool)[offer]
    unknown = 0
    stated = offers["exchange_m"].to_numpy()
    for technology, within_m in rules.within_m.items():
        is_it = (offers["technology"] == technology).to_numpy(dtype=bool)
        reliable |= (is_it & (stated <= within_m))[offer]
        for network, pairs in _by_network(offers, offer, is_it & np.isnan(stated), exchanges.networks):
            sites = exchanges.of(network)
            if len(sites):
                reliable[pairs] = spatial.find_within(xy[pairs], sites, within_m)
            else:
                unknown += len(pairs)
    return reliable, unknown


def _by_network(
    offers: pd.DataFrame, offer: Ints | Smalls, asked: Bools, networks: Mapping[str, str]
) -> Iterator[tuple[str, Ints]]:
    """Yield the pairs whose offer is asked about, network by network."""
    code = np.full(len(offers), -1, dtype=np.int64)
    code[asked], names = code_networks(offers["operator"][asked], networks)
    of_pair = code[offer]
    for number, network in enumerate(names):
        yield network, np.flatnonzero(of_pair == number)
