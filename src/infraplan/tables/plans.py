"""Contracts of the network, of a plan, and of all that a council and a builder ask of it."""

from infraplan.tables.contract import LINE, LINES, POINT, Column, Contract
from infraplan.tables.coverage import HOUSEHOLDS, MUNICIPALITY, UNITS, WORKPLACES

EXISTING = ("own_duct", "leased_duct", "new")
EDGE_KINDS = ("road", "drop", "link")
CROSSED = ("cross_road", "cross_railway", "cross_water", "cross_power_line")
MONEY = ("cost_low_sek", "cost_sek", "cost_high_sek")
ITEMS = (
    "trench",
    "soft_area",
    "duct",
    "own_duct",
    "leased_duct",
    "cable",
    "crossing",
    "connection",
    "splice",
    "cabinet",
    "chamber",
    "design",
    "margin",
)
TECHNOLOGIES_PLANNED = ("fibre", "radio", "satellite", "none")

_COSTS = (
    Column("cost_low_sek", "int", "low estimate", "SEK"),
    Column("cost_sek", "int", "base estimate", "SEK"),
    Column("cost_high_sek", "int", "high estimate", "SEK"),
)
_PREMISES = Column("premises", "int", "premises served")
_PROJECT = Column("project_id", "text", "the project")
_PHASE = Column("phase", "int", "1 is first")

NODES = Contract(
    "nodes",
    "node_id",
    (
        Column("kind", "text", "road, or premises for the end of a drop", choices=("road", "premises")),
        Column("component", "int", "number of the connected part, 0 the longest"),
        Column("access", "bool", "whether the existing network can be joined there"),
    ),
    POINT,
)

TRENCH = (
    Column("tail", "int", "node_id"),
    Column("head", "int", "node_id"),
    Column("kind", "text", "along a road, a drop to premises, or a bridge link", choices=EDGE_KINDS),
    Column("length_m", "float", "geodesic", "m"),
    Column("road_class", "text", "functional class 0–9 of the road, empty off road"),
    Column("surface", "text", "asphalt, gravel or unknown; empty off road"),
    Column("ground", "text", "rock, till, coarse, fine, clay, peat, fill, water, ice or unknown"),
    Column("slope", "float", "steepest mean along it", "%"),
    Column("poles", "bool", "whether it follows a line on poles that may be used"),
    Column("method", "text", "laying method of the cost book, empty where a duct is reused"),
    Column("reason", "text", "what decided the method, as name=value"),
    Column("existing", "text", "what is there already", choices=EXISTING),
    Column("duct_id", "text", "the duct that is reused"),
    Column("rent_sek_m", "float", "its price, NaN for the book's", "SEK/m"),
    Column("room", "int", "cables that fit into it"),
    Column("works_id", "text", "planned works that dig along it"),
    Column("works_share", "float", "share of the trench that is left to pay"),
    Column("areas", "text", "areas that it lies in, by id, parted by spaces"),
    Column("factor", "float", "what their care makes the trench dearer by, 1 for nothing"),
    *(Column(name, "int", "how often it crosses one") for name in CROSSED),
    Column("crossed_class", "text", "functional class of the roads that it crosses, empty for none"),
    *_COSTS,
)

EDGES = Contract(
    "edges",
    "edge_id",
    (
        *TRENCH,
        Column("road_id", "text", "the road that it follows, empty off road"),
        Column("level", "int", "0 on the ground, above it on bridges, below it in tunnels"),
        Column("access", "bool", "whether the existing network can be joined all along it"),
    ),
    LINE,
)

ROUTES = Contract(
    "routes",
    "edge_id",
    (
        *TRENCH,
        Column("project_id", "text", "the project that the edge belongs to"),
        _PHASE,
        Column("premises", "int", "premises that it leads to"),
        Column("fibres", "int", "fibres in it, spare ones with them"),
        Column("cables", "text", "cables in it by number of fibres, as 96+12"),
        Column("cabinet_id", "text", "the cabinet of the premises at its lower end, empty for none there"),
        Column("joints", "int", "splices of its fibres where one cable ends and the next begins"),
    ),
    LINE,
)

SERVED = Contract(
    "served",
    "premises_id",
    (
        Column("node", "int", "node_id of the premises in the graph"),
        HOUSEHOLDS,
        WORKPLACES,
        Column("project_id", "text", "the project that serves it"),
    ),
)

UNSERVED = Contract(
    "unserved",
    "premises_id",
    (
        HOUSEHOLDS,
        WORKPLACES,
        Column(
            "reason",
            "text",
            "too_far, island, no_go, excluded, not_chosen, over_budget or not_counted (nothing that counts)",
        ),
        Column("distance_m", "float", "to the nearest road, where known", "m"),
    ),
)

PROJECTS = Contract(
    "projects",
    "project_id",
    (
        Column("name", "text", "the nearest named place"),
        MUNICIPALITY,
        Column(
            "above",
            "text",
            "the project through which, or through whose cabinet, it is fed; empty at the existing network",
        ),
        _PHASE,
        _PREMISES,
        HOUSEHOLDS,
        WORKPLACES,
        Column("public_buildings", "int", "premises of the kind public among those served"),
        Column("road_m", "float", "trench along roads", "m"),
        Column("drop_m", "float", "trench of drops", "m"),
        Column("link_m", "float", "trench across country", "m"),
        Column("reused_m", "float", "in ducts that are there", "m"),
        Column("permit_m", "float", "dug in areas that ask for care", "m"),
        Column("permits", "int", "different permits that it needs"),
        *_COSTS,
        Column("cost_per_household_sek", "float", "base, NaN without households", "SEK"),
        Column("upkeep_sek", "int", "a year", "SEK"),
        Column("over_limit", "bool", "whether it is larger than the study allows and cannot be cut"),
    ),
    LINES,
)

PHASES = Contract(
    "phases",
    "phase",
    (
        Column("year", "int", "in which it is built"),
        Column("projects", "int", "projects in it"),
        _PREMISES,
        HOUSEHOLDS,
        WORKPLACES,
        *_COSTS,
        Column("budget_sek", "float", "what it may cost, NaN without limit", "SEK"),
        Column("left_sek", "float", "of the budget, base; below 0 where one project alone is dearer", "SEK"),
        Column("trench_m", "float", "opened in it, each once", "m"),
    ),
)

BILL = Contract(
    "bill",
    "row",
    (
        _PROJECT,
        _PHASE,
        Column("item", "text", "what", choices=ITEMS),
        Column("detail", "text", "laying method, number of fibres, what is crossed, …"),
        Column("unit", "text", "of the quantity", choices=("m", "each", "%")),
        Column("quantity", "float", "how much"),
        Column("price", "float", "base price of one unit, NaN where it differs within the row", "SEK"),
        *_COSTS,
        Column("material_sek", "int", "of the base estimate", "SEK"),
        Column("labour_sek", "int", "of the base estimate", "SEK"),
        Column("source", "text", "where the price is from (its year → the year whose money it is in)"),
        Column("guess", "bool", "whether it is a planning guess"),
    ),
)

CABINETS = Contract(
    "cabinets",
    "cabinet_id",
    (
        Column("kind", "text", "what stands there", choices=("cabinet", "chamber")),
        Column("node", "int", "node_id on the route"),
        _PROJECT,
        _PHASE,
        _PREMISES,
        Column("fibres_in", "int", "towards the existing network, spare ones with them"),
        Column("longest_m", "float", "longest way to its premises along the route", "m"),
        Column("too_far", "bool", "whether that is longer than the study allows"),
    ),
    POINT,
)

OPTICS = Contract(
    "optics",
    "premises_id",
    (
        Column("cabinet_id", "text", "the cabinet that serves it"),
        Column("distance_m", "float", "along the route to the existing network", "m"),
        Column("splices", "int", "on the way"),
        Column("loss_db", "float", "in all", "dB"),
        Column("left_db", "float", "of the budget, after the margin", "dB"),
        Column("ok", "bool", "whether the budget holds"),
        Column("breaks", "text", "the largest part of the loss where it does not: fibre, splices, …"),
    ),
)

PERMITS = Contract(
    "permits",
    "row",
    (
        _PROJECT,
        _PHASE,
        Column("area_id", "text", "the area"),
        Column("kind", "text", "kind of area"),
        Column("name", "text", "its name"),
        Column("metres", "float", "of trench in it", "m"),
        Column("extra_sek", "int", "what care there costs, base", "SEK"),
        Column("permit", "text", "what is needed, in the study's language"),
        Column("authority", "text", "who decides"),
        Column("lead_time_weeks", "float", "usual, NaN where not known", "weeks"),
        Column("source", "text", "of the rule"),
    ),
)

CODIGGING = Contract(
    "codigging",
    "row",
    (
        _PROJECT,
        _PHASE,
        Column("works_id", "text", "the planned works"),
        Column("name", "text", "their name or kind"),
        Column("contact", "text", "whom to call"),
        Column("start", "text", "ISO 8601"),
        Column("end", "text", "ISO 8601"),
        Column("metres", "float", "dug together", "m"),
        Column(
            "saved_sek",
            "int",
            "against digging alone, base; where not in time, what there would be to save",
            "SEK",
        ),
        Column(
            "in_time", "bool", "whether the phase's year lies within the works' time: only then it is counted"
        ),
    ),
)

EFFECT = Contract(
    "effect",
    "row",
    (
        Column("target", "text", "name of the target"),
        Column("unit", "text", "what it counts", choices=UNITS),
        Column("base", "int", "all in the study"),
        Column("before", "int", "that the target's rule counts before the plan"),
        Column("after", "int", "the same, and whom the plan serves"),
        Column("share_before", "float", "before / base, NaN where base is 0"),
        Column("share_after", "float", "after / base"),
        Column("target_share", "float", "share asked for"),
        Column("met", "bool", "whether the target is met with the plan"),
    ),
)

TARGET_PLANS = Contract(
    "target_plans",
    "row",
    (
        Column("target", "text", "name of the target"),
        Column("zone_id", "text", "the study, or a municipality"),
        Column("zone_name", "text", "its name"),
        Column("unit", "text", "what is counted", choices=UNITS),
        Column("target_share", "float", "share asked for"),
        Column("base", "int", "all in the zone"),
        Column("reached", "int", "before any plan"),
        Column("needed", "int", "units beyond those"),
        Column("served", "int", "units that the cheapest way found reaches"),
        Column("premises", "int", "premises that it reaches"),
        Column("cost_sek", "int", "of its network, design and margin with it, without cabinets", "SEK"),
        Column("lower_bound_sek", "int", "no way to the target costs less", "SEK"),
        Column("cost_per_unit_sek", "float", "NaN where nothing is needed", "SEK"),
        Column(
            "result",
            "text",
            "met already, can be met, out of reach of any road",
            choices=("met", "can_be_met", "out_of_reach"),
        ),
    ),
)

CURVE = Contract(
    "curve",
    "row",
    (
        Column("target", "text", "name of the target whose share is counted"),
        Column("zone_id", "text", "the study, or a municipality"),
        Column("share", "float", "reached in all, at this step"),
        Column("units", "int", "reached by the plan, at this step"),
        Column("cost_sek", "int", "of all steps so far, as in target_plans", "SEK"),
        Column("step_units", "int", "that this step adds"),
        Column("step_sek", "int", "what it costs", "SEK"),
        Column("per_unit_sek", "float", "of this step", "SEK"),
        Column("instead", "text", "what is cheaper at that price", choices=TECHNOLOGIES_PLANNED),
    ),
)

SUPPORT = Contract(
    "support",
    "project_id",
    (
        Column("buildings", "int", "premises served"),
        Column("eligible", "int", "of these eligible"),
        Column("unsure", "int", "of these perhaps eligible"),
        Column("eligible_sek", "int", "cost that support may be asked for", "SEK"),
        Column("own_sek", "int", "fees of those who are connected", "SEK"),
        Column("support_sek", "int", "the most that the rules give", "SEK"),
        Column("left_sek", "int", "still to be financed", "SEK"),
        Column("per_building_sek", "float", "support an eligible building, NaN without", "SEK"),
        Column("rule", "text", "what limits the support"),
        Column("flagged", "int", "buildings that a region can give priority to with effect"),
    ),
)

ALTERNATIVES = Contract(
    "alternatives",
    "alternative_id",
    (
        # Costs are those of the network with design and margin, without cabinets and larger cables.
        Column("aim", "text", "what it was looked for: fewer permits, fewer crossings, another way, …"),
        *_COSTS,
        Column(
            "dearer",
            "float",
            "than the plan, as a share; costs here are without cabinets and larger cables",
        ),
        Column("elsewhere", "float", "share of its trench that the plan does not have"),
        _PREMISES,
        HOUSEHOLDS,
        WORKPLACES,
        Column("trench_m", "float", "dug in all", "m"),
        Column("permit_m", "float", "dug in areas that ask for care", "m"),
        Column("crossings", "int", "of what is dug, in all"),
        Column("reused_m", "float", "in ducts that are there", "m"),
        Column("shared_m", "float", "dug together with others", "m"),
        Column("gains", "text", "what is better than in the plan, as name=difference"),
    ),
    LINES,
)

RISK = Contract(
    "risk",
    "project_id",
    (
        Column("p10_sek", "int", "one cost in ten is below", "SEK"),
        Column("p50_sek", "int", "every second cost is below", "SEK"),
        Column("p90_sek", "int", "nine costs in ten are below", "SEK"),
        Column("first_phase_share", "float", "how often it is in the first phase"),
        Column("rank", "int", "by cost a unit at base prices, 1 is cheapest; 0 for the whole plan"),
        Column("rank_low", "int", "one rank in ten is before"),
        Column("rank_high", "int", "nine ranks in ten are before or at it"),
    ),
)

RINGS = Contract(
    "rings",
    "ring_id",
    (
        Column("kind", "text", "what is joined a second time"),
        Column("name", "text", "its name"),
        Column("node", "int", "node_id"),
        Column("premises", "int", "premises behind it in the plan"),
        Column("trench_m", "float", "of the second way that the plan does not have", "m"),
        *_COSTS,
        Column("possible", "bool", "whether there is a second way at all"),
    ),
    LINES,
    gaps=True,
)

TECHNOLOGY = Contract(
    "technology",
    "premises_id",
    (
        HOUSEHOLDS,
        WORKPLACES,
        Column("technology", "text", "what it is given", choices=TECHNOLOGIES_PLANNED),
        Column("reason", "text", "why: a key of words"),
        Column("fibre_sek", "float", "what fibre would cost a unit, NaN where no road leads there", "SEK"),
        Column("mast_id", "text", "the mast, for radio"),
        Column("distance_m", "float", "to it", "m"),
        Column("price_sek", "int", "of what it is given, equipment and its share of a sector", "SEK"),
        Column("down_mbps", "float", "that it gets", "Mbit/s"),
        Column("meets", "bool", "whether that meets the target"),
    ),
)
