"""Rules of public support: whom it is for, what it pays and how much; bundled by name, one's own by path."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from infraplan.frozen import Frozen, Said, Share
from infraplan.layers.sourced import Rule
from infraplan.layers.tomlfile import build, find_file, read_toml

Sum = Annotated[int, Field(ge=0)]


class Eligible(Rule):
    """``[eligible]``: for which white spots support is sought."""

    counts: Annotated[tuple[Literal["yes", "unsure"], ...], Field(min_length=1)] = ("yes",)
    """By the column ``eligible`` of the white spots."""


class PaysFor(Rule):
    """``[pays_for]``: which part of a project's cost is eligible."""

    edges: tuple[Literal["road", "link", "drop"], ...]
    """Kinds of edges whose whole cost counts; a drop's has its connection in it."""
    items: tuple[Literal["cabinet", "chamber", "splice", "design", "margin"], ...] = ()
    """What counts beside the edges; design and margin in the proportion of what else counts."""


class Fee(Rule):
    """``[fee]``: what a building that is connected pays of its own."""

    least_sek: Sum
    taken_sek: Sum
    """What is reckoned with."""
    most_sek: Sum | None = None
    """None: not known."""

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        most = self.taken_sek if self.most_sek is None else self.most_sek
        if not self.least_sek <= self.taken_sek <= most:
            msg = "the fee taken, {fee}, is not between the least and the most"
            raise PydanticCustomError("fee_out_of_bounds", msg, {"fee": str(self.taken_sek)})
        return self


class MostShare(Rule):
    """``[share]``: how much of the eligible cost support may be."""

    most: Share


class Ceiling(Rule):
    """``[ceiling]``: how much an eligible building may get, where there is such a limit."""

    most_sek: Sum | None = None


class Priority(Rule):
    """``[priority]``: buildings that a region flags make an application look cheaper than others."""

    rebate: Annotated[float, Field(gt=0.0, le=1.0)]
    """A building."""
    most_rebate: Share
    """A project."""
    most_listed: Share
    """Of those on the list."""

    @property
    def most_buildings(self) -> int:
        """Buildings of one project beyond which more add nothing."""
        return int(self.most_rebate / self.rebate + 1e-9)


class SupportRules(Frozen):
    """The rules of one call, by the part of the calculation that each decides."""

    name: Said
    year: int
    about: str = ""
    eligible: Eligible
    pays_for: PaysFor
    apportioned: Rule
    """Between eligible and other buildings of a project: evenly."""
    fee: Fee
    share: MostShare
    ceiling: Ceiling
    need: Rule
    """Support ends where nothing is left to finance."""
    priority: Priority


def read_support_rules(name_or_path: str | Path, *, relative_to: Path | None = None) -> SupportRules:
    """Read rules of support: the path of a TOML file, or the name of a bundled one.

    Parameters
    ----------
    name_or_path
        ``"pts-2023"``, or a path, told from a name by its suffix ``.toml``.
    relative_to
        The folder that a relative path starts from; the working folder where it is not given.

    Raises
    ------
    StudyError
        There is no such file, or it cannot be used.

    Examples
    --------
    >>> rules = read_support_rules("pts-2023")
    >>> rules.fee.least_sek, rules.share.most, rules.share.guess, rules.priority.most_buildings
    (10000, 0.7, True, 25)
    """
    path = find_file(name_or_path, "rules", key="[support] rules", prefix="support-", relative_to=relative_to)
    return build(SupportRules, read_toml(path), path)
