"""Rules for areas: what may be crossed, at what cost, by whose leave; bundled by name, one's own by path."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from infraplan.frozen import Frozen, Said
from infraplan.layers.tomlfile import build, find_file, read_toml

OTHER = "other"
"""The rule for kinds that have none of their own."""


class AreaRule(Frozen):
    """``[kinds.KIND]``: what a trench meets in areas of a kind, unless a row of the layer says otherwise."""

    hard: bool
    """Nothing may be laid there."""
    factor: Annotated[float, Field(ge=1.0, allow_inf_nan=False)] = 1.0
    """What care there makes a trench dearer by, where it may be laid."""
    permit_sv: Said
    permit_en: Said
    authority: str = ""
    """Who decides, as it is called in its own language."""
    lead_time_weeks: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
    source: Said
    year: int
    guess: bool = True
    """A planning guess, to be replaced by what the authority says."""


class AreaRules(Frozen):
    """A rule file: a rule a kind, and one for all others."""

    name: Said
    year: int
    about: str = ""
    kinds: dict[str, AreaRule]

    @model_validator(mode="after")
    def _others_have_a_rule(self) -> Self:
        if OTHER not in self.kinds:
            msg = "kinds that are not named have no rule"
            raise PydanticCustomError("no_rule_for_others", msg)
        return self


def read_area_rules(name_or_path: str | Path, *, relative_to: Path | None = None) -> AreaRules:
    """Read rules for areas: the path of a TOML file, or the name of a bundled one.

    Parameters
    ----------
    name_or_path
        ``"areas-2026"``, or a path, told from a name by its suffix ``.toml``.
    relative_to
        The folder that a relative path starts from; the working folder where it is not given.

    Raises
    ------
    StudyError
        There is no such file, or it cannot be used.

    Examples
    --------
    >>> rule = read_area_rules("areas-2026").kinds["wetland"]
    >>> rule.hard, rule.permit_en
    (False, 'Consultation under chapter 12 section 6 of the Environmental Code')
    """
    path = find_file(name_or_path, "rules", key="[areas] rules", like="areas-*", relative_to=relative_to)
    return build(AreaRules, read_toml(path), path)
