"""Official targets of each year, and which way of counting each of them means; bundled, or one's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from infraplan.coverconfig import Counts, Unit, Use
from infraplan.errors import StudyError
from infraplan.frozen import Frozen, Said
from infraplan.layers.sourced import Told
from infraplan.layers.tomlfile import build, find_file, read_toml
from infraplan.tables import SPEEDS_MBPS
from infraplan.words import Language

Place = Literal["homes", "workplaces", "holiday_homes", "public_buildings"]


class OfficialTarget(Told):
    """What all targets say: by when, how much, in whose words, and why it is counted as it is."""

    id: Said
    year: int
    """By when."""
    share: Annotated[float, Field(gt=0.0, le=1.0)]
    why_sv: Said
    why_en: Said
    """Why this way of counting is what it means."""
    source_year: int

    def explain(self, language: Language) -> str:
        """Return in a language why it is counted as it is."""
        return self.why_sv if language == "sv" else self.why_en


class FixedTarget(OfficialTarget):
    """``[[fixed]]``: a target that one combination of the definition switchboard measures."""

    counts: Counts
    unit: Unit
    holiday_homes: bool
    down_mbps: float
    technologies: Literal["wired", "all"]

    @field_validator("down_mbps")
    @classmethod
    def _is_computed(cls, speed: float) -> float:
        if speed not in SPEEDS_MBPS:
            raise _not_computed(f"{speed:g}", [f"{speed:g}" for speed in SPEEDS_MBPS])
        return speed

    @model_validator(mode="after")
    def _has_homes(self) -> Self:
        if self.holiday_homes and self.unit == "workplaces":
            raise _not_computed('unit = "workplaces", holiday_homes = true', ["holiday_homes = false"])
        return self


class MobileTarget(OfficialTarget):
    """``[[mobile]]``: a target that coverage by any operator measures."""

    measure: Literal["mobile_places", "mobile_roads", "mobile_railways"]
    of: tuple[Place, ...] = ()
    """Which places are counted; of roads and railways it is their length."""
    road_classes: tuple[str, ...] = ()
    """Functional classes of the roads that count; none means all."""
    level: Said
    use: Annotated[tuple[Use, ...], Field(min_length=1)]
    """The first of these that the study's maps tell of counts."""
    technology: str = ""
    """4g, 5g, …; none means any."""

    @model_validator(mode="after")
    def _says_what_counts(self) -> Self:
        for key, measure in (("of", "mobile_places"), ("road_classes", "mobile_roads")):
            if getattr(self, key) and self.measure != measure:
                msg = "{key} belongs to another measure"
                values = {"name": key, "measure": measure, "found": self.measure}
                raise PydanticCustomError("not_of_this_measure", msg, values)
        if self.measure == "mobile_places" and not self.of:
            msg = "nothing says which places count"
            raise PydanticCustomError("no_places", msg)
        return self

    @property
    def things(self) -> tuple[str, ...]:
        """What is covered, as in the table of mobile coverage."""
        return self.of or (self.measure.removeprefix("mobile_"),)


class OfficialTargets(Frozen):
    """The targets of one file."""

    name: Said
    year: int
    about: str = ""
    fixed: tuple[FixedTarget, ...] = ()
    mobile: tuple[MobileTarget, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        seen: set[str] = set()
        for target in (*self.fixed, *self.mobile):
            if target.id in seen:
                msg = "two targets have the same id"
                raise PydanticCustomError("same_target_name", msg, {"target": target.id})
            seen.add(target.id)
        return self

    @property
    def in_order(self) -> tuple[FixedTarget | MobileTarget, ...]:
        """The targets by year, of the same year those of fixed networks first."""
        return tuple(sorted((*self.fixed, *self.mobile), key=lambda target: target.year))


def read_official_targets(
    name_or_path: str | Path, *, relative_to: Path | None = None, levels: Sequence[str] = ()
) -> OfficialTargets:
    """Read official targets: the path of a TOML file, or the name of a bundled one.

    Parameters
    ----------
    name_or_path
        ``"sweden"``, or a path, told from a name by its suffix ``.toml``.
    relative_to
        The folder that a relative path starts from; the working folder where it is not given.
    levels
        Classes of mobile coverage that there are, of the rules of mobile coverage; none: not checked.

    Raises
    ------
    StudyError
        There is no such file, it cannot be used, or it asks for what is not computed.

    Examples
    --------
    >>> targets = read_official_targets("sweden")
    >>> [(target.id, target.counts, target.share) for target in targets.fixed[:2]]
    [('2020-100', 'orderable', 0.95), ('2025-1000', 'passed', 0.98)]
    """
    path = find_file(
        name_or_path, "rules", key="[coverage] official", prefix="targets-", relative_to=relative_to
    )
    found = build(OfficialTargets, read_toml(path), path)
    for number, target in enumerate(found.mobile, 1):
        if levels and target.level not in levels:
            key, found_levels = f"[[mobile]] {number} level", ", ".join(levels)
            raise StudyError(
                "no_such_mobile_level", file=path, key=key, level=target.level, found=found_levels
            )
    return found


def _not_computed(asked: str, found: Sequence[str]) -> PydanticCustomError:
    msg = "no figures are computed for {asked}"
    return PydanticCustomError("not_computed", msg, {"asked": asked, "found": ", ".join(found)})
