"""What a study decides about its plan: goal, reuse, projects, phases, design, uncertainty, technology."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from infraplan.frozen import Frozen, Metres, Number, Positive, Share

Crowns = Annotated[int, Field(gt=0)]


class Costs(Frozen):
    """``[costs]``: a bundled cost book by name, or the path of one's own."""

    book: str = "norrland-2026"
    year: int | None = None
    """In whose money: prices are moved there by the book's index. None: the book's own year."""


class Follow(Frozen):
    """When a stretch of road counts as following a line: it runs along it, it does not merely pass near."""

    corridor_m: Annotated[float, Field(gt=0.0, le=200.0)]
    """How far apart the two may lie: roads are drawn in their middle, ducts lie in the verge."""
    min_share: Annotated[float, Field(gt=0.0, le=1.0)] = 0.8
    """Of the stretch that must lie in the corridor, and run the same way."""
    min_run_m: Metres = 50.0
    """Shortest stretch, but for whole short streets."""
    turn_degrees: Annotated[float, Field(gt=0.0, lt=90.0)] = 30.0
    """How much the directions may differ."""


class Ducts(Follow):
    """``[ducts]``: when a route reuses a duct that is there. The corridor and shares are assumptions."""

    corridor_m: Annotated[float, Field(gt=0.0, le=200.0)] = 12.0
    unknown_room: Annotated[int, Field(ge=0)] = 0
    """Cables that fit in a duct whose free capacity the layer does not say."""


class Poles(Follow):
    """``[poles]``: when a route can hang on the poles of a power line."""

    corridor_m: Annotated[float, Field(gt=0.0, le=200.0)] = 30.0
    use: bool = False
    """Whether their owners let others hang cables there; the method is then up to the book's rules."""


class Works(Follow):
    """``[works]``: planned works with which trenches can be dug together."""

    corridor_m: Annotated[float, Field(gt=0.0, le=200.0)] = 15.0
    share: Share = 0.6
    """Of the trench's price that is left to pay, where the layer does not say: a planning guess."""
    from_year: int | None = None
    """Works that end before this year come too early; None: the study's year."""
    to_year: int | None = None
    """Works that begin after this year come too late; None: five years on."""

    @model_validator(mode="after")
    def _years_follow(self) -> Self:
        if self.from_year is not None and self.to_year is not None and self.from_year > self.to_year:
            msg = "from_year {first} is after to_year {last}"
            values = {"first": str(self.from_year), "last": str(self.to_year)}
            raise PydanticCustomError("years_turned", msg, values)
        return self


class PlanGoal(Frozen):
    """``[plan]``: all white spots, the cheapest way to a target, or the most households for a budget.

    The search for a better plan ends when the best so far is proven to be within ``gap`` of the best
    possible, after a fixed amount of work, or after ``time_limit_s``: with a time limit another machine may
    find another plan.
    """

    goal: Literal["all", "target", "budget"] = "all"
    target: str | None = None
    budget_sek: Crowns | None = None
    gap: Share = 0.0001
    time_limit_s: Positive | None = None
    force: tuple[str, ...] = ()
    """What must be built: ids of premises, white-spot areas, localities or municipalities."""
    exclude: tuple[str, ...] = ()
    """What must not be built, named alike."""

    @model_validator(mode="after")
    def _goal_has_its_number(self) -> Self:
        if self.goal == "target" and self.target is None:
            msg = "goal = 'target' needs target = the name of one of the study's targets"
            raise PydanticCustomError("goal_needs_target", msg)
        if self.goal == "budget" and self.budget_sek is None:
            msg = "goal = 'budget' needs budget_sek = the crowns that there are"
            raise PydanticCustomError("goal_needs_budget", msg)
        both = sorted(set(self.force) & set(self.exclude))
        if both:
            msg = "'{name}' stands both in force and in exclude"
            raise PydanticCustomError("forced_and_excluded", msg, {"name": both[0]})
        return self


class Projects(Frozen):
    """``[projects]``: of what size projects can be procured. The limits are the study's choice."""

    max_premises: Annotated[int, Field(ge=1)] = 300
    max_sek: Crowns = 20_000_000
    min_premises: Annotated[int, Field(ge=0)] = 10
    """Smaller ones are joined with others of their municipality, where the limits allow it."""


class Phases(Frozen):
    """``[phases]``: what is built when."""

    budget_sek_per_year: Crowns | None = None
    """What a phase, one a year, may cost; None: all is one phase."""
    first_year: int | None = None
    """None: the year after the study's."""


class Design(Frozen):
    """``[design]``: how cables and cabinets are dimensioned. All of it is the builder's choice."""

    architecture: Literal["p2p", "gpon"] = "p2p"
    """p2p: a fibre of one's own all the way, as city networks build; gpon: one for ``split`` premises."""
    split: Annotated[int, Field(ge=2)] = 32
    fibres_per_premises: Annotated[int, Field(ge=1)] = 2
    """In the drop: one lit, one spare. Premises with more households or workplaces get one each at least."""
    spare: Number = 0.25
    """Fibres beyond those that are needed, as a share of them."""
    cabinet_premises: Annotated[int, Field(ge=1)] = 96
    cabinet_least: Annotated[int, Field(ge=0)] = 8
    """Fewer premises than this share a chamber in the ground instead."""
    cabinet_m: Positive = 5_000.0
    """Longest way along the route from a cabinet to its premises."""
    cable_m: Positive = 2_000.0
    """Longest cable in one piece: a splice of all its fibres after each."""


class Optics(Frozen):
    """``[optics]``: the loss that each premises' light may suffer, and what it suffers on its way."""

    budget_db: Positive | None = None
    """Of the equipment class; None: that of the architecture (``settle``)."""
    equipment: str = ""
    """Its name; empty: that of the architecture."""
    fibre_db_km: Positive = 0.4
    """ITU-T G.652.D allows 0.4 dB/km from 1310 to 1625 nm."""
    splice_db: Number = 0.1
    connector_db: Number = 0.5
    connectors: Annotated[int, Field(ge=0)] = 4
    """On the way: both ends, cabinet in and out."""
    splitter_db: Number = 17.5
    """Of the splitter, where the architecture has one (1:32)."""
    margin_db: Number = 1.0
    """Kept for ageing and repairs."""
    node_m: Metres = 0.0
    """From where routes begin to the equipment: the existing network's own length is seldom known."""

    def settle(self, architecture: Literal["p2p", "gpon"]) -> Self:
        """Return the same with the equipment that an architecture takes, where the study names none.

        1000BASE-BX10 (IEEE 802.3) allows 11 dB, GPON of class B+ (ITU-T G.984.2) 28.
        """
        name, budget_db = {"p2p": ("1000BASE-BX10", 11.0), "gpon": ("GPON B+", 28.0)}[architecture]
        return self.model_copy(
            update={"equipment": self.equipment or name, "budget_db": self.budget_db or budget_db}
        )


class Risk(Frozen):
    """``[risk]``: how far prices may be off, together and apart."""

    draws: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    correlation: Share = 0.6
    """Between any two prices: dear years are dear for all methods. A planning guess."""
    seed: int = 2026


class Alternatives(Frozen):
    """``[alternatives]``: other plans that a council can choose."""

    count: Annotated[int, Field(ge=0, le=9)] = 3
    within: Share = 0.1
    """How much dearer than the plan they may be."""
    differs: Annotated[float, Field(gt=0.0, le=1.0)] = 0.1
    """Share of trench metres that at least must be elsewhere."""


class Rings(Frozen):
    """``[rings]``: for whom a second way is priced."""

    kinds: tuple[str, ...] = (
        "hospital",
        "health_centre",
        "fire_station",
        "town_hall",
        "water_works",
        "police",
    )
    """Public buildings that are vital."""
    premises_m: Metres = 50.0
    """A public building is in the nearest premises within this distance: an assumption."""
    cabinet_premises: Annotated[int, Field(ge=1)] = 200
    """Cabinets with at least so many premises behind them, those of further cabinets with their own."""
    nodes: bool = True
    """Fibre nodes of the existing network from which the plan starts."""


class Technology(Frozen):
    """``[technology]``: when fibre is too dear, and what there is instead."""

    fibre_max_sek: Crowns | None = None
    """Investment a household or workplace above which fibre yields; None: fibre never yields by its price."""
    radio_mbps: Positive = 100.0
    """What dedicated fixed wireless gives in the busy hour: a planning guess."""
    radio_range_m: Positive = 10_000.0
    radio_per_sector: Annotated[int, Field(ge=1)] = 30
    """Premises that one sector serves at that speed: a planning guess."""
    mast_m: Positive = 36.0
    """Height of the antenna on the mast, where the layer does not say."""
    premises_m: Positive = 5.0
    """Height of the antenna at the premises."""
    frequency_ghz: Positive = 3.5
    satellite_mbps: Positive = 100.0
    """What satellite gives outdoors in the busy hour: a planning guess."""
    satellite_counts: bool = False
    """Whether satellite counts as reliable for the target: PTS and the FCC do not count it."""


class Support(Frozen):
    """``[support]``: the dated rules of public support that are applied."""

    rules: str = "pts-2023"
    """A bundled rule file, or a path; "": no support."""
