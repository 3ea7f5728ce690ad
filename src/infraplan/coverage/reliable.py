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


def name_networks(operators: pd.Series, networks: Mapping[str, str]) -> pd.Series:
    """Return the network that each operator uses: what ``coverage.networks`` says, else its own."""
    met = operators.unique()
    named = pd.Series([networks.get(operator, operator) for operator in met], index=met, dtype="str")
    return operators.astype("str").map(named).astype("str")


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
        owner = name_networks(table["operator"], networks).to_numpy(dtype=object)
        return cls(shapely.get_coordinates(table.geometry.to_numpy()), owner, networks)

    def of(self, network: str) -> Floats:
        """Return the places of those that a network may use: its own and anybody's; of no network, all."""
        return self.xy if network == "" else self.xy[np.isin(self.network, ["", network])]


def find_reliable(
    offers: pd.DataFrame, offer: Ints, xy: Floats, rules: TechnologyRules, exchanges: Exchanges
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
    offers: pd.DataFrame, offer: Ints, asked: Bools, networks: Mapping[str, str]
) -> Iterator[tuple[str, Ints]]:
    """Yield the pairs whose offer is asked about, network by network."""
    code = np.full(len(offers), -1, dtype=np.int64)
    code[asked], met = pd.factorize(name_networks(offers["operator"][asked], networks))
    of_pair = code[offer]
    for number, network in enumerate(met):
        yield str(network), np.flatnonzero(of_pair == number)
