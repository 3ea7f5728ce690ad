"""The cost book: what a region's trenches, crossings, cables and connections cost, as ranges with sources.

Reading one from a file, and moving its prices to another year's money, is the business of ``layers.books``.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from infraplan.frozen import Frozen, Number, Positive, Share

Over = Literal["road", "railway", "water", "power_line"]
RoadClass = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "unknown"]
Surface = Literal["asphalt", "gravel", "unknown"]
Ground = Literal["rock", "till", "coarse", "fine", "clay", "peat", "fill", "water", "ice", "unknown"]
Any = Literal["any"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Range(Frozen):
    """Low, base and high, with where they are from."""

    low: Number
    base: Number
    high: Number
    source: Text
    year: int
    """Of the source."""
    guess: bool = True
    """A planning guess, to be replaced by one's own tender prices."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low <= self.base <= self.high:
            msg = "low {low}, base {base}, high {high} must not fall"
            raise PydanticCustomError("price_falls", msg, self.model_dump(include={"low", "base", "high"}))
        return self


class Percent(Range):
    """A surcharge in per cent."""

    unit: Literal["%"] = "%"


class Price(Range):
    """A price of a metre or of a piece."""

    unit: Literal["SEK/m", "SEK each"]
    material: Share = 0.3
    """Material's share of it, the rest is labour: 27–33 % in a survey of 2023 (Cartesian, USA)."""
    money: int | None = None
    """In which year's money it is, where that is not the source's year: reading a book sets it."""

    @property
    def money_year(self) -> int:
        """In which year's money it is."""
        return self.year if self.money is None else self.money

    @property
    def origin(self) -> str:
        """Where it is from, with the source's year and, where it was moved, the year of the money.

        >>> tender = MetrePrice(low=1, base=2, high=3, source="Tender", year=2012)
        >>> tender.origin, tender.model_copy(update={"money": 2026}).origin
        ('Tender (2012)', 'Tender (2012 → 2026)')
        """
        years = str(self.year) if self.money_year == self.year else f"{self.year} → {self.money_year}"
        return f"{self.source} ({years})"


class MetrePrice(Price):
    """A price of a metre."""

    unit: Literal["SEK/m"] = "SEK/m"


class PiecePrice(Price):
    """A price of a piece."""

    unit: Literal["SEK each"] = "SEK each"


class Method(MetrePrice):
    """A laying method: the civil works of a metre, without what is laid."""

    duct: bool = True
    """Whether a duct is laid in it: not on poles, nor on the bed of a lake."""


class Crossing(PiecePrice):
    """What crossing something costs beside the metres: the first that fits; free where none fits."""

    over: Over
    road_class: tuple[RoadClass, ...] | Any = "any"
    """Of the road that is crossed."""

    @model_validator(mode="after")
    def _class_is_a_roads(self) -> Self:
        if self.road_class != "any" and self.over != "road":
            msg = "only roads have a road_class, not over = '{over}'"
            raise PydanticCustomError("no_class_of_that", msg, {"over": self.over})
        return self


class Cable(MetrePrice):
    """A cable, blown in or hung up."""

    fibres: Annotated[int, Field(gt=0)]


class MethodRule(Frozen):
    """Which laying method a stretch gets: the first rule that fits in all that it names."""

    kind: tuple[Literal["road", "drop", "link"], ...] | Any = "any"
    road_class: tuple[RoadClass, ...] | Any = "any"
    surface: tuple[Surface, ...] | Any = "any"
    ground: tuple[Ground, ...] | Any = "any"
    slope_percent: Number = 0.0
    """Fits from this slope upwards; a slope that is not known is none."""
    poles: bool | None = None
    """True: only where the stretch follows a line on poles."""
    method: str

    @property
    def is_open(self) -> bool:
        """Whether it fits everything."""
        named = (self.kind, self.road_class, self.surface, self.ground)
        return all(name == "any" for name in named) and not self.slope_percent and self.poles is None


class PriceIndex(Frozen):
    """By which prices are moved between years."""

    name: Text
    source: Text
    guess: bool = True
    """Whether any of it is an estimate: a price moved by it is a guess then."""
    values: dict[int, Positive]
    """By year."""


class Overheads(Frozen):
    """``[overheads]``: what comes on top of all that is built."""

    design: Percent
    """Of what is built: survey, permits, agreements, as-built drawings."""
    margin: Percent
    """Of what is built and designed: for what nobody knows yet."""


class CostBook(Frozen):
    """Prices of a region in one year's money."""

    name: Text
    region: str
    year: int
    """In which year's money all prices are, once the book is read."""
    currency: Literal["SEK"] = "SEK"
    about: str = ""
    index: PriceIndex | None = None
    methods: dict[str, Method]
    rules: Annotated[tuple[MethodRule, ...], Field(min_length=1)]
    crossings: tuple[Crossing, ...] = ()
    duct: MetrePrice
    """A new duct in a trench."""
    own_duct: MetrePrice
    """Drawing into a duct of one's own, beside the cable."""
    leased_duct: MetrePrice
    """Renting room in somebody's duct over its life, where the layer names no price."""
    cables: Annotated[tuple[Cable, ...], Field(min_length=1)]
    cabinet: PiecePrice
    chamber: PiecePrice
    """Where too few premises meet for a cabinet: a chamber in the ground, with its closure."""
    splice: PiecePrice
    """One fibre spliced."""
    connection: PiecePrice
    """A premises connected, beside its trench, cable and splices: box, entry, outlet."""
    overheads: Overheads
    upkeep: Percent
    """A year, of the investment."""
    radio_sector: PiecePrice
    """Equipment for fixed wireless on a mast that is there."""
    radio_premises: PiecePrice
    """Equipment at a premises served by fixed wireless."""
    satellite_premises: PiecePrice
    """Equipment at a premises served by satellite."""

    @model_validator(mode="after")
    def _rules_and_cables_are_whole(self) -> Self:
        for number, rule in enumerate(self.rules, 1):
            if rule.method not in self.methods:
                msg = "rule {rule}: method '{method}' has no price under methods"
                values = {"rule": str(number), "method": rule.method}
                raise PydanticCustomError("no_such_method", msg, values)
        if not self.rules[-1].is_open:
            msg = "the last rule must fit every stretch: give it a method and nothing else"
            raise PydanticCustomError("last_rule_open", msg)
        sizes = [cable.fibres for cable in self.cables]
        if sizes != sorted(set(sizes)):
            msg = "cables must stand by rising number of fibres, each once"
            raise PydanticCustomError("cables_rise", msg)
        for smaller, larger in pairwise(self.cables):
            if any(getattr(larger, level) < getattr(smaller, level) for level in ("low", "base", "high")):
                msg = "a cable of {more} fibres is cheaper than one of {fewer}"
                values = {"more": str(larger.fibres), "fewer": str(smaller.fibres)}
                raise PydanticCustomError("cable_cheaper", msg, values)
        return self

    @property
    def surcharge(self) -> float:
        """Design and margin together, as a share of what is built, base."""
        return self.surcharge_at("base")

    def surcharge_at(self, level: Literal["low", "base", "high"]) -> float:
        """Return design and margin together, as a share of what is built, at one level of all prices."""
        both = (self.overheads.design, self.overheads.margin)
        design, margin = (getattr(part, level) / 100 for part in both)
        return float((1 + design) * (1 + margin) - 1)

    def prices(self) -> Iterator[tuple[str, Range]]:
        """Yield every price with the key under which it stands in the file."""
        yield from ((f"methods.{name}", price) for name, price in self.methods.items())
        yield from ((f"crossings.{number}", price) for number, price in enumerate(self.crossings, 1))
        yield from ((f"cables.{price.fibres}", price) for price in self.cables)
        for name in SINGLE_PRICES:
            yield name, getattr(self, name)
        yield "overheads.design", self.overheads.design
        yield "overheads.margin", self.overheads.margin
        yield "upkeep", self.upkeep


SINGLE_PRICES = (
    "duct",
    "own_duct",
    "leased_duct",
    "cabinet",
    "chamber",
    "splice",
    "connection",
    "radio_sector",
    "radio_premises",
    "satellite_premises",
)
"""Names of the prices that stand alone."""
