"""Rules of mobile coverage: its classes by speed and signal, and what a map for one use says of others."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from infraplan.coverconfig import Use
from infraplan.frozen import Frozen, Number, Said
from infraplan.layers.sourced import Rule
from infraplan.layers.tomlfile import build, find_file, read_toml

Ranks = NDArray[np.int8]
"""0 for no coverage, 1 for the first class, and so on: a class implies those before it."""
Dbm = Annotated[float, Field(ge=-200.0, lt=0.0)]

_WEAKEST = -200.0
"""What is weaker, or is no loss at all (0 and above), is no signal in dBm but a code for none."""


class Level(Rule):
    """``[[levels]]``: a class of coverage; the first is a call."""

    id: Said
    down_mbps: Number


class AtLevel(Rule):
    """A rule that is about one class."""

    level: Said


class UseRule(Rule):
    """``[uses]``: for which other uses a map of one may stand."""

    implies: dict[Use, tuple[Use, ...]]


class TechnologyRule(Rule):
    """``[technologies.NAME]``: what else it is called, and the least signal of each class."""

    also: tuple[Said, ...] = ()
    dbm: dict[str, Dbm] = Field(default_factory=dict)
    """A class that is not named is not told from the signal."""


class MobileRules(Frozen):
    """The rules of one file."""

    name: Said
    year: int
    about: str = ""
    declared: Rule
    """What readers are told of all coverage."""
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    undeclared: AtLevel
    """What an area means that states neither speed nor signal."""
    emergency: AtLevel
    """What an emergency call asks for, over any network."""
    uses: UseRule
    technologies: dict[Said, TechnologyRule]

    @model_validator(mode="after")
    def _levels_agree(self) -> Self:
        speeds = [level.down_mbps for level in self.levels]
        if speeds[0] != 0 or speeds != sorted(set(speeds)) or len(set(self.level_ids)) < len(speeds):
            msg = "classes do not grow from 0 Mbit/s, each with a name of its own"
            raise PydanticCustomError("levels_not_growing", msg)
        named = {self.undeclared.level, self.emergency.level}
        named |= {level for technology in self.technologies.values() for level in technology.dbm}
        if strange := sorted(named - set(self.level_ids)):
            msg = "'{level}' is no class"
            values = {"level": strange[0], "found": ", ".join(self.level_ids)}
            raise PydanticCustomError("no_such_mobile_level", msg, values)
        for name, technology in self.technologies.items():
            limits = [technology.dbm[level] for level in self.level_ids if level in technology.dbm]
            if limits != sorted(limits):
                msg = "the limits of {technology} do not grow with the classes"
                raise PydanticCustomError("signal_not_growing", msg, {"technology": name})
        return self

    @property
    def level_ids(self) -> tuple[str, ...]:
        """The classes, the least first."""
        return tuple(level.id for level in self.levels)

    def rank(self, level: str) -> int:
        """Return the rank of a class, 1 for the first."""
        return self.level_ids.index(level) + 1

    @cached_property
    def speeds(self) -> NDArray[np.float64]:
        """Mbit/s that is sure at each rank, 0 for none."""
        return np.array([0.0, *(level.down_mbps for level in self.levels)])

    def rank_speed(self, down_mbps: NDArray[np.float64]) -> Ranks:
        """Return the rank of each speed; unknown and 0 Mbit/s have none, the least speed is good for a call.

        >>> read_mobile_rules("2026").rank_speed(np.array([np.nan, 0, 2, 10, 99, 100])).tolist()
        [0, 0, 1, 2, 3, 4]
        """
        found = np.searchsorted(self.speeds[1:], down_mbps, side="right")
        return np.where(down_mbps > 0, found, 0).astype(np.int8)

    def has_limits(self, technology: str) -> bool:
        """Tell whether a signal of the technology says anything."""
        return technology in self.technologies and bool(self.technologies[technology].dbm)

    def rank_signal(self, dbm: NDArray[np.float64], technology: str) -> Ranks:
        """Return the rank of each signal; unknown, impossible, and without limits have none.

        >>> read_mobile_rules("2026").rank_signal(np.array([np.nan, -130, -116, -100, 0]), "4g").tolist()
        [0, 0, 1, 3, 0]
        """
        limits = self.technologies[technology].dbm if self.has_limits(technology) else {}
        named = [level for level in self.level_ids if level in limits]
        ranks = np.array([0, *map(self.rank, named)], dtype=np.int8)
        with np.errstate(invalid="ignore"):
            found = np.searchsorted([limits[level] for level in named], dbm, side="right")
            return np.where((dbm >= _WEAKEST) & (dbm < 0), ranks[found], 0).astype(np.int8)

    def name_technology(self, text: str) -> str:
        """Return the name of a technology as the rules write it; another as it is, in lower case.

        >>> read_mobile_rules("2026").name_technology(" LTE ")
        '4g'
        """
        asked = text.strip().casefold()
        return next((name for name, rule in self.technologies.items() if asked in rule.also), asked)

    def find_stand_ins(self, use: Use) -> Sequence[Use]:
        """Return the uses whose maps count for a use, itself first.

        >>> read_mobile_rules("2026").find_stand_ins("roof")
        ['roof', 'hand', 'car']
        """
        found = [use]
        for wanted in found:  # grows as it goes
            for other, implied in self.uses.implies.items():
                if wanted in implied and other not in found:
                    found.append(other)
        return found


def read_mobile_rules(name_or_path: str | Path, *, relative_to: Path | None = None) -> MobileRules:
    """Read rules of mobile coverage: the path of a TOML file, or the name of a bundled one.

    Parameters
    ----------
    name_or_path
        ``"2026"``, or a path, told from a name by its suffix ``.toml``.
    relative_to
        The folder that a relative path starts from; the working folder where it is not given.

    Raises
    ------
    StudyError
        There is no such file, or it cannot be used.

    Examples
    --------
    >>> rules = read_mobile_rules("2026")
    >>> rules.level_ids, rules.rank("data_10"), rules.declared.guess
    (('call', 'data_10', 'data_30', 'data_100'), 2, False)
    """
    path = find_file(name_or_path, "rules", key="[mobile] rules", prefix="mobile-", relative_to=relative_to)
    return build(MobileRules, read_toml(path), path)
