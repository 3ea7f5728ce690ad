"""Access technologies: which are wired, which are reliable and on what condition; bundled, or one's own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from infraplan.frozen import Frozen, Positive, Said
from infraplan.layers.sourced import Rule
from infraplan.layers.tomlfile import build, find_file, read_toml


class Technology(Rule):
    """``[fibre]``, ``[vdsl]``, …: one technology of ``catalog.TECHNOLOGIES``."""

    wired: bool
    """Whether a wire leads to the building."""
    reliable: bool
    """Whether it gives the speed that is stated, everywhere and always, as the source judges."""
    within_m: Positive | None = None
    """Reliable only within this distance of its exchange; None: wherever it is."""
    most_mbps: Positive | None = None
    """What it can give by its standard; None: not known, or no matter."""

    @model_validator(mode="after")
    def _conditions_fit(self) -> Self:
        if self.within_m is not None and not self.reliable:
            msg = "within_m is a condition of what is reliable"
            raise PydanticCustomError("condition_of_nothing", msg)
        return self


class TechnologyRules(Frozen):
    """One rule a technology of the catalogue; none may be left out, and there are no others."""

    name: Said
    year: int
    about: str = ""
    fibre: Technology
    cable: Technology
    vdsl: Technology
    adsl: Technology
    fwa: Technology
    mobile: Technology
    satellite: Technology
    unknown: Technology

    @property
    def wired(self) -> frozenset[str]:
        """Names of the technologies that come by wire."""
        return frozenset(name for name, rule in self._each() if rule.wired)

    @property
    def reliable(self) -> frozenset[str]:
        """Names of those that are reliable wherever they are."""
        return frozenset(name for name, rule in self._each() if rule.reliable and rule.within_m is None)

    @property
    def within_m(self) -> Mapping[str, float]:
        """Names of those that are reliable near their exchange -> the distance."""
        return {name: rule.within_m for name, rule in self._each() if rule.within_m is not None}

    @property
    def most_mbps(self) -> Mapping[str, float]:
        """Names of those whose highest speed is known -> that speed."""
        return {name: rule.most_mbps for name, rule in self._each() if rule.most_mbps is not None}

    def _each(self) -> Iterator[tuple[str, Technology]]:
        return ((name, rule) for name, rule in self if isinstance(rule, Technology))


def read_technology_rules(name_or_path: str | Path, *, relative_to: Path | None = None) -> TechnologyRules:
    """Read the rules of technologies: the path of a TOML file, or the name of a bundled one.

    Parameters
    ----------
    name_or_path
        ``"2026"``, or a path, told from a name by its suffix ``.toml``.
    relative_to
        The folder that a relative path starts from; the working folder where it is not given.

    Raises
    ------
    StudyError
        There is no such file, or it cannot be used; a technology that is not known is named with the nearest.

    Examples
    --------
    >>> rules = read_technology_rules("2026")
    >>> sorted(rules.wired), sorted(rules.reliable), rules.within_m
    (['adsl', 'cable', 'fibre', 'vdsl'], ['cable', 'fibre', 'fwa'], {'vdsl': 500.0})
    """
    path = find_file(
        name_or_path, "rules", key="[coverage] technologies", prefix="technologies-", relative_to=relative_to
    )
    return build(TechnologyRules, read_toml(path), path)
