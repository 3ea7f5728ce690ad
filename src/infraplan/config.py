"""The study: frozen values that check themselves once, unknown keys are errors.

Reading it from a file is the business of ``layers.study``. What it decides about the plan is in
``planconfig``, about its figures in ``coverconfig``.
"""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from infraplan.coverconfig import (
    Breakdown,
    Coverage,
    Fairness,
    Gaps,
    Indicator,
    Mobile,
    Progress,
    Published,
    Services,
    Siting,
    Unit,
    Zones,
)
from infraplan.frozen import Frozen, Metres, Said
from infraplan.planconfig import (
    Alternatives,
    Costs,
    Design,
    Ducts,
    Optics,
    Phases,
    PlanGoal,
    Poles,
    Projects,
    Rings,
    Risk,
    Support,
    Technology,
    Works,
)
from infraplan.words import Language

LayerName = Literal[
    "premises",
    "buildings",
    "addresses",
    "population",
    "municipalities",
    "localities",
    "deso",
    "districts",
    "areas",
    "roads",
    "connected",
    "fibre_lines",
    "fibre_nodes",
    "footprints",
    "exchanges",
    "mobile_coverage",
    "measurements",
    "masts",
    "power_lines",
    "railways",
    "water",
    "public_buildings",
    "service_points",
    "ducts",
    "planned_works",
    "no_go",
    "protected",
    "heritage",
    "reindeer",
    "ground",
    "elevation",
    "observations",
]
Level = Literal["public", "restricted", "internal"]
Scalar = str | int | float | bool


class StudyInfo(Frozen):
    """``[study]``: what and where."""

    name: Said
    crs: str = "EPSG:3006"
    language: Language = "sv"
    year: Annotated[int, Field(ge=1990, le=2100)]
    municipalities: tuple[str, ...] = ()
    """Codes of the municipalities that the study is about; none means all in the layer."""
    margin_m: Metres = 20_000.0
    """How far outside the municipalities roads and lines are read; premises and people are not."""


class Layer(Frozen):
    """``[layers.NAME]``: one file as one layer, with where it is from and who may see it.

    Of several files each has a table ``[[layers.NAME]]``.
    """

    path: Path
    layer: str | None = None
    """Layer, table or sheet in the file; needed where it has several."""
    theme: str | None = None
    """For OSM files: roads, buildings, addresses, amenities, public_buildings, service_points, places, admin,
    masts, power_lines, railways or water."""
    columns: dict[str, str] = Field(default_factory=dict)
    """Ours = theirs. ``x`` and ``y``, or ``lon`` and ``lat``, name the coordinate columns of a table."""
    values: dict[str, dict[str, Scalar]] = Field(default_factory=dict)
    """Our column -> their value -> our value; ``"*"`` stands for every other value, and for none."""
    where: dict[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    """Their column -> the values that are kept; other rows are counted as left out."""
    crs: str | None = None
    """Of a file that does not say, or says wrong; stated by the study's author, never guessed."""
    swap: bool = False
    """The file writes north before east, or latitude before longitude."""
    encoding: str | None = None
    source: str = ""
    licence: str = ""
    date: dt.date | None = None
    level: Level = "internal"
    modelled: bool = False
    assumption: str = ""
    """What is assumed rather than known; printed beside every figure that leans on the layer."""


def _listed(given: Any) -> Any:
    """Return what stands under a layer's name as a list: one table is a list of one."""
    return given if isinstance(given, list | tuple) else (given,)


Files = Annotated[tuple[Layer, ...], BeforeValidator(_listed), Field(min_length=1)]
"""The files of one layer, in the order of the study."""


class Target(Frozen):
    """``[[targets]]``: a share of the units at a speed, and what counts as reached."""

    name: Said
    down_mbps: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    share: Annotated[float, Field(gt=0.0, le=1.0)]
    counts: Literal["access", "proximity", "planned"] = "access"
    """access: connected or orderable; proximity: or estimated as passed; planned: or planned."""
    of: Unit = "households+workplaces"
    year: int | None = None
    source: str = ""


class KindDemand(Frozen):
    """``[demand.kinds.KIND]``: who is taken to be in premises of a kind that do not say."""

    lived_in: bool
    """Whether people are registered there; other kinds share a zone's people only where nobody else can."""
    dwelling_m2: Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
    """Floor area of one household: premises weigh footprint x levels / this."""
    levels: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1.0
    """Storeys where the layer does not say."""
    households: Annotated[int, Field(ge=0)]
    """Households an address, where neither the premises nor a population layer says."""
    workplaces: Annotated[int, Field(ge=0)]
    """Workplaces, where the layer does not say."""


class Kinds(Frozen):
    """``[demand.kinds]``: one a kind of premises.

    Floor areas: SCB's mean dwelling, 122 m² in small houses and 68 m² in blocks of flats (about 2019).
    Eight households an entrance, storeys and workplaces are assumptions.
    """

    single: KindDemand = KindDemand(lived_in=True, dwelling_m2=122.0, households=1, workplaces=0)
    multi: KindDemand = KindDemand(lived_in=True, dwelling_m2=68.0, levels=3.0, households=8, workplaces=0)
    holiday: KindDemand = KindDemand(lived_in=False, dwelling_m2=122.0, households=0, workplaces=0)
    workplace: KindDemand = KindDemand(lived_in=False, dwelling_m2=122.0, households=0, workplaces=1)
    public: KindDemand = KindDemand(lived_in=False, dwelling_m2=122.0, households=0, workplaces=1)

    @model_validator(mode="before")
    @classmethod
    def _keep_what_is_not_said(cls, given: Any) -> Any:
        """Let a study change one number of a kind without writing the others anew."""
        if not isinstance(given, dict):
            return given
        usual = {name: field.default.model_dump() for name, field in cls.model_fields.items()}
        return {
            name: usual[name] | value if name in usual and isinstance(value, dict) else value
            for name, value in given.items()
        }


class Demand(Frozen):
    """``[demand]``: where premises lie, and who is taken to be in those that do not say."""

    persons_per_household: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1.95
    """Norrbotten: 248 927 inhabitants (2025) over about 128 000 households (2019, derived): an assumption."""
    point_reach_m: Metres = 5_000.0
    """How far from a populated place, known only as a point, its people are taken to live."""
    kinds: Kinds = Kinds()
    address_m: Metres = 5.0
    """An address this close to a building belongs to it, for entrances lie at walls: an assumption."""
    border_m: Metres = 200.0
    """Premises outside every municipality by no more belong to the nearest one: borders are generalised."""
    locality_persons: Annotated[int, Field(ge=1)] = 200
    """Inhabitants from which a place is a locality (SCB: tätort)."""
    small_locality_persons: Annotated[int, Field(ge=1)] = 50
    """Inhabitants from which a place is a small locality (SCB: småort)."""
    locality_area_ha: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 1.963
    """A locality known only as a point is a circle of this x inhabitants ** locality_area_power hectares.

    Least squares of the logarithms, the 89 localities of Norrbotten (SCB 2020); one standard deviation is a
    factor 1.4.
    """
    locality_area_power: Annotated[float, Field(gt=0.0, le=2.0)] = 0.654
    """See locality_area_ha."""
    locality_doubt: Annotated[float, Field(ge=1.0, allow_inf_nan=False)] = 2.0
    """Premises between radius / this and radius x this of it may lie on either side: an assumption."""
    seed: int = 0
    """Breaks ties between equal premises when a zone's total is shared out."""


class Network(Frozen):
    """``[network]``: from road lines to a graph, and how premises meet it."""

    snap_m: Metres = 0.05
    """Line ends closer than this are one node: numerical noise, not a judgement."""
    dangle_m: Metres = 2.0
    """Ends that miss another road by less than this are reported by the network doctor, and joined."""
    attach_m: Metres = 500.0
    """Premises further than this from any road are reported, not served."""
    candidates: Annotated[int, Field(ge=1, le=16)] = 3
    """Places on different road edges where the drop of one premises may begin."""
    access_m: Metres = 30.0
    """Roads within this distance of existing fibre can be spliced onto it: an assumption."""
    bridge_m: Metres = 0.0
    """Longest link that may bridge a road island, priced as off-road digging; 0 allows none."""


class Areas(Frozen):
    """``[areas]``: the rules for areas that trenches avoid or need a permit in, bundled or a path."""

    rules: str = "areas-2026"


class Publication(Frozen):
    """``[publication]``: who publishes what is exported, for the metadata beside each file."""

    publisher: str = ""
    publisher_uri: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    contact: str = ""
    """Name of the function that answers questions."""
    email: Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""
    licence: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Address of the licence under which the results are published."""
    base_url: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Folder on the web in which the files will lie."""
    case: str = ""
    """Registry number (diarienummer) of the matter, for the report."""
    body: str = ""
    """Who decides (beslutsinstans), for the report."""
    author: str = ""
    """Who answers for the report (ansvarig)."""


class Study(Frozen):
    """A whole study file, with paths made absolute and ``file`` saying where it was read."""

    study: StudyInfo
    layers: dict[LayerName, Files] = Field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    demand: Demand = Demand()
    coverage: Coverage = Coverage()
    gaps: Gaps = Gaps()
    zones: Zones = Zones()
    mobile: Mobile = Mobile()
    published: tuple[Published, ...] = ()
    progress: Progress = Progress()
    services: Services = Services()
    siting: tuple[Siting, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    fairness: Fairness = Fairness()
    network: Network = Network()
    areas: Areas = Areas()
    costs: Costs = Costs()
    ducts: Ducts = Ducts()
    poles: Poles = Poles()
    works: Works = Works()
    plan: PlanGoal = PlanGoal()
    projects: Projects = Projects()
    phases: Phases = Phases()
    design: Design = Design()
    optics: Optics = Optics()
    risk: Risk = Risk()
    alternatives: Alternatives = Alternatives()
    rings: Rings = Rings()
    technology: Technology = Technology()
    support: Support = Support()
    publication: Publication = Publication()
    file: Path | None = None

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        names = [target.name for target in self.targets]
        if twice := _said_twice(names):
            msg = "two targets are called '{target}'; give each its own name"
            raise PydanticCustomError("same_target_name", msg, {"target": twice})
        for section in ("published", "siting", "indicators", "breakdowns"):
            if twice := _said_twice([part.name for part in getattr(self, section)]):
                msg = "two of [[{section}]] are called '{name}'; give each its own name"
                raise PydanticCustomError("same_name", msg, {"section": section, "name": twice})
        if self.plan.goal == "target" and self.plan.target not in names:
            msg = "plan.target = '{target}' is none of the study's targets ({found})"
            values = {"target": str(self.plan.target), "found": ", ".join(names) or "–"}
            raise PydanticCustomError("no_such_target", msg, values)
        return self

    @property
    def first_build_year(self) -> int:
        """The year in which the first phase is built."""
        year = self.phases.first_year
        return self.study.year + 1 if year is None else year

    @property
    def plan_target(self) -> Target | None:
        """The target that the plan aims at, where its goal is one."""
        return (
            next((t for t in self.targets if t.name == self.plan.target), None)
            if self.plan.goal == "target"
            else None
        )


def _said_twice(names: list[str]) -> str | None:
    """Return the first name that occurs twice, None where all differ."""
    return next((name for name in names if names.count(name) > 1), None)
