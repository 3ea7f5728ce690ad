"""What a study decides about its figures: definitions, zones, mobile, years, services, own measures."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from infraplan.frozen import Frozen, Metres, Number, Positive, Said, Share

Counts = Literal["connected", "orderable", "passed", "planned"]
Unit = Literal["households", "workplaces", "households+workplaces"]
Grid = Literal["sweref_1km", "sweref_250m", "laea_1km", "laea_100m", "h3"]
Use = Literal["hand", "car", "roof"]

TOWN = "town"
"""The way to a town is told as that to a service is; no town closes, or is replaced by a web page."""
SERVICES = (
    "grocery",
    "fuel",
    "pharmacy",
    "cash",
    "payment",
    "parcel",
    "health_centre",
    "school",
    "library",
    TOWN,
)
"""Kinds of service points that distances are given for, in this order; a study may add its own."""

RoadClass = Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "unknown"]
_SPEEDS_KMH: dict[RoadClass, float] = {
    "0": 100.0,
    "1": 90.0,
    "2": 80.0,
    "3": 80.0,
    "4": 70.0,
    "5": 70.0,
    "6": 60.0,
    "7": 50.0,
    "8": 40.0,
    "9": 20.0,
    "unknown": 50.0,
}


def _keep_usual(given: Any) -> Any:
    """Let a study change the speed of one class without writing the others anew."""
    return {**_SPEEDS_KMH, **given} if isinstance(given, dict) else given


class Coverage(Frozen):
    """``[coverage]``: the definitions that decide who is counted as what."""

    passed_m: Metres = 50.0
    """PTS's own distance for absolute proximity is not published: an assumption, printed with each result."""
    passed_mbps: Positive = 1_000.0
    """What a premises passed by fibre could have."""
    match_m: Metres = 25.0
    """A connected point belongs to the nearest premises within this distance: an assumption."""
    order_max_sek: Number = 40_000.0
    """An offer at a higher price is not counted as orderable (PTS 2020, second hand)."""
    technologies: str = "2026"
    """Which technologies are reliable at which speed, bundled or a path."""
    official: str = "sweden"
    """The official targets of each year, bundled or a path."""
    state_aid: str = "eu-2023"
    """The speeds and horizon of state-aid colours, bundled or a path."""
    networks: dict[str, str] = Field(default_factory=dict)
    """Operator -> the network that it uses: two operators on one network are one for state aid."""
    observed_m: Metres = 50.0
    """An observation without a premises_id is about the premises within this distance: an assumption."""


class Gaps(Frozen):
    """``[gaps]``: what a white spot is (PTS building list 2022) and how spots are gathered."""

    down_mbps: Positive = 100.0
    plan_years: Annotated[int, Field(ge=0)] = 3
    passed_is_served: bool = True
    """Whether premises estimated as passed are no white spots; their eligibility is then not asked."""
    holiday_homes: bool = False
    """Whether holiday homes are listed too: PTS asks about households and workplaces only."""
    chain_m: Annotated[float, Field(ge=1.0, allow_inf_nan=False)] = 500.0
    """White spots closer than this belong to one area, which reaches half of it around them."""


class Zones(Frozen):
    """``[zones]``: in which areas and squares figures are given beside municipalities and localities."""

    grids: tuple[Grid, ...] = ("sweref_1km",)
    h3_resolution: Annotated[int, Field(ge=0, le=15)] = 8
    least: Annotated[int, Field(ge=1)] = 5
    """Fewer households and workplaces than this are not shown in what is published."""


class Mobile(Frozen):
    """``[mobile]``: what counts as mobile coverage, and where people normally are."""

    rules: str = "2026"
    """Classes of coverage by speed and signal, bundled or a path."""
    level: str = "data_10"
    """The class that white spots, stretches without and joins with services are about."""
    use: Use = "hand"
    """And the use."""
    road_classes: tuple[str, ...] = ("0", "1", "2", "3", "4", "5", "6", "7")
    """Functional classes of the roads on which people normally are."""
    step_m: Annotated[float, Field(ge=1.0, le=1_000.0)] = 50.0
    """How often coverage is looked up along a road where it comes as a raster."""
    least_gap_m: Metres = 200.0
    """Shorter stretches without coverage are counted, not listed."""
    measured_years: Annotated[int, Field(ge=0)] = 3
    """Older measurements are left out; 0 keeps all."""


class Published(Frozen):
    """``[[published]]``: a published table of shares, to hold against what is computed and over the years."""

    name: Said
    path: Path
    layout: Literal["pts_technology", "pts_mobile", "table"] = "table"
    """Of PTS's workbooks, or a table with a row a zone and year."""
    sheet: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    """Ours = theirs: zone_code, zone_name, year, base, share (or measures, below)."""
    measures: dict[str, "Measure"] = Field(default_factory=dict)
    """Their column -> the definition that it holds shares of."""
    percent: bool | None = None
    """Whether shares are in per cent; None: told from the numbers."""
    source: str = ""
    licence: str = ""


class Measure(Frozen):
    """One definition of the switchboard, by its parts."""

    counts: Counts = "orderable"
    unit: Unit = "households"
    holiday_homes: bool = False
    down_mbps: Positive = 100.0
    technologies: Literal["wired", "all"] = "all"


class Progress(Frozen):
    """``[progress]``: how years are compared."""

    base_jump: Share = 0.1
    """Relative change of the number counted from one year to the next from which a series breaks."""
    share_fall: Share = 0.01
    """Fall of the share from which a series breaks: networks are hardly ever taken away."""
    horizon: Annotated[int, Field(ge=1, le=100)] = 50
    """Years beyond which a target counts as never reached at today's pace."""
    earlier: tuple[Path, ...] = ()
    """Folders of earlier runs, whose figures join the series; the latest is compared premises by premises."""


class Services(Frozen):
    """``[services]``: road distances to service."""

    kinds: tuple[str, ...] = SERVICES
    """Services asked about: kinds of service_points and of public_buildings, and towns."""
    within_km: tuple[Positive, ...] = (2.0, 5.0, 10.0, 15.0, 25.0)
    far_km: Positive = 10.0
    """From here on a service is far: digital service would replace the journey."""
    digital_mbps: Positive = 30.0
    """Reliable fixed speed with which digital service can."""
    not_digital: tuple[str, ...] = ("fuel", "parcel")
    """Services that take a journey however good the connection is: an assumption. A town never counts."""
    attach_m: Metres = 1_000.0
    """Premises and service points further than this from any road cannot reach or be reached."""
    place_m: Metres = 10.0
    """Points of one service no further apart are one place, such as agents in one shop: an assumption."""
    speed_kmh: Annotated[dict[RoadClass, Positive], BeforeValidator(_keep_usual)] = Field(
        default_factory=lambda: dict(_SPEEDS_KMH)
    )
    """By functional class, where the roads do not say: assumptions."""
    from_squares: bool = False
    """Whether distances start from 250 m squares, as in Pipos, instead of each premises."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if list(self.within_km) != sorted(set(self.within_km)):
            msg = "the distances must grow: {found}"
            raise PydanticCustomError("not_growing", msg, {"found": ", ".join(map(str, self.within_km))})
        return self


class Siting(Frozen):
    """``[[siting]]``: where best to put service points or small data centres."""

    name: Said
    method: Literal["p_median", "coverage", "all"] = "p_median"
    """Shortest ways for all; most households within reach; or the fewest places that reach everybody."""
    places: Annotated[int, Field(ge=1, le=1_000)] = 1
    """How many new ones (``all``: at most)."""
    reach_km: Positive = 10.0
    """Within which a household is reached (coverage, all)."""
    candidates: Literal["localities", "public_buildings", "service_points", "nodes", "roads"] = "localities"
    """Where they can be put: in named places, at buildings, at fibre nodes, or anywhere along the roads."""
    candidate_kinds: tuple[str, ...] = ()
    """Kinds of buildings or points that will do; none means all."""
    existing: tuple[str, ...] = ()
    """Kinds of service points that are there already and stay."""
    weight: Unit = "households"


class Indicator(Frozen):
    """``[[indicators]]``: a measure of the study's own."""

    name: Said
    rule: Said
    """What must hold, over the columns of the table: ``grocery_km <= 10 and reliable_mbps >= 100``."""
    table: Literal["premises", "public", "mobile_gaps", "closures"] = "premises"
    of: str = "households"
    """What is counted: a column of the table, two joined by ``+``, or ``rows``."""
    goal: Share | None = None
    purpose: str = ""


class Breakdown(Frozen):
    """``[[breakdowns]]``: groups in which each measure is shown, beside settlement class and way to town."""

    name: Said
    column: Said
    """A column of the premises' table of facts, or one that a zone layer brings: deso.share_65."""
    limits: tuple[float, ...] = ()
    """Limits between the groups; none for a column of words."""


class Fairness(Frozen):
    """``[fairness]``: how the spread is told."""

    town_persons: Annotated[int, Field(ge=1)] = 5_000
    """Inhabitants from which a locality is a town."""
    town_km: tuple[Positive, ...] = (10.0, 30.0, 60.0)
    """Limits of the groups by road distance to the nearest town."""
    finest: Literal["deso", "district", "area", "locality", "municipality"] = "deso"
    """Zones over which the spread within a group is told, the first of the study's from here on."""
