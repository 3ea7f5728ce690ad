"""State-aid colours: how fast a network must be, what counts as one, how many make which colour."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from infraplan.frozen import Frozen, Positive, Said
from infraplan.layers.sourced import Rule
from infraplan.layers.tomlfile import build, find_file, read_toml


class Speed(Rule):
    """``[speed]``: what makes a network one that counts."""

    down_mbps: Positive


class Counted(Rule):
    """``[counts]``: how sure a network must be."""

    statuses: Annotated[
        tuple[Literal["connected", "orderable", "passed_estimated", "planned"], ...], Field(min_length=1)
    ]
    reliable_only: bool
    """Whether networks of technologies that are not reliable count for nothing."""


class Horizon(Rule):
    """``[horizon]``: until the end of which year a decided plan counts, from the study's year."""

    years: Annotated[int, Field(ge=0, le=50)]


class Colours(Rule):
    """``[colours]``: none is white, fewer than ``black_from`` grey, the others black."""

    black_from: Annotated[int, Field(ge=2)]


class StateAidRules(Frozen):
    """The rules of one set of guidelines."""

    name: Said
    year: int
    about: str = ""
    speed: Speed
    counts: Counted
    horizon: Horizon
    colours: Colours


def read_state_aid_rules(name_or_path: str | Path, *, relative_to: Path | None = None) -> StateAidRules:
    """Read the rules of state-aid colours: the path of a TOML file, or the name of a bundled one.

    Parameters
    ----------
    name_or_path
        ``"eu-2023"``, or a path, told from a name by its suffix ``.toml``.
    relative_to
        The folder that a relative path starts from; the working folder where it is not given.

    Raises
    ------
    StudyError
        There is no such file, or it cannot be used.

    Examples
    --------
    >>> rules = read_state_aid_rules("eu-2023")
    >>> rules.speed.down_mbps, rules.horizon.years, rules.colours.black_from, rules.colours.guess
    (100.0, 3, 2, True)
    """
    path = find_file(
        name_or_path, "rules", key="[coverage] state_aid", prefix="state-aid-", relative_to=relative_to
    )
    return build(StateAidRules, read_toml(path), path)
