"""Which zone a row of a published table is about: its code as it should be written, checked by its name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from infraplan.layers.published_layouts import read_published_rules
from infraplan.layers.tabular import fold

Problem = Literal["", "published_zone_unknown", "published_code_and_name"]

_NATION = "00"
_COUNTY_DIGITS, _CODE_DIGITS = 2, 4


@dataclass(frozen=True)
class Zone:
    """A zone as a published table names it; ``problem`` is the rule that it breaks."""

    kind: str
    code: str
    name: str
    problem: Problem = ""
    expected: str = ""
    """Code and name as the study has them, where the file says otherwise."""


@dataclass(frozen=True)
class Register:
    """The study's municipalities, code -> name, against which codes and names are held."""

    names: Mapping[str, str] = field(default_factory=dict)
    swedish: bool = True
    plain: bool = False
    """The table writes no å, ä and ö: its names are found without them. Else Habo is not taken for Håbo."""

    def find(self, code: str, name: str) -> Zone:
        """Return the zone of a row, by its code, else by its name.

        In Sweden a code that has lost its leading zero gets it back, 00 is the nation, two digits are a
        county, and so are Kolada's 0001 to 0025.
        """
        kind, code = self._mend(code)
        said = _plain(name)
        if not code:
            return self._by_name(name, said)
        if kind != "municipality" or not said:
            return Zone(kind, code, name)
        right = code if code in self.names else self._find_name(said)
        if not right or (right == code and self._is(code, said)):
            return Zone(kind, code, name)
        return Zone(kind, code, name, "published_code_and_name", f"{right} {self.names[right]}")

    def _mend(self, code: str) -> tuple[str, str]:
        """Return kind and code of a zone, the code as it should be written."""
        code = re.sub(r"\.0+$", "", code)
        if not self.swedish or not code.isdecimal() or len(code) > _CODE_DIGITS:
            return _kind_of(code) if self.swedish else "municipality", code
        number = int(code)
        if number == 0:
            return "nation", _NATION
        if number < 10**_COUNTY_DIGITS:
            return "county", str(number).zfill(_COUNTY_DIGITS)
        return "municipality", str(number).zfill(_CODE_DIGITS)

    def _by_name(self, name: str, said: str) -> Zone:
        if not said:
            return Zone("", "", name, "published_zone_unknown")
        if said in read_published_rules().words.nation:
            return Zone("nation", _NATION, name)
        if said.endswith(" län"):
            return Zone("county", "", name)
        return Zone("municipality", self._find_name(said), name)

    def _is(self, code: str, said: str) -> bool:
        """Tell whether a municipality is called so: å, ä and ö may be missing, and an s added."""
        return fold(_bare(_plain(self.names[code]))) == fold(_bare(said))

    def _find_name(self, said: str) -> str:
        """Return the code of a municipality by its name, "" for none, or for more than one."""
        codes = self._codes.get(self._written(said), [])
        return codes[0] if len(codes) == 1 else ""

    def _written(self, name: str) -> str:
        bare = _bare(_plain(name))
        return fold(bare) if self.plain else bare

    @cached_property
    def _codes(self) -> dict[str, list[str]]:
        """Name -> the codes of the municipalities that are called so."""
        codes: dict[str, list[str]] = {}
        for code, name in self.names.items():
            if name:
                codes.setdefault(self._written(name), []).append(code)
        return codes


def _kind_of(code: str) -> str:
    """Return the kind of a Swedish zone by how its code is built; an area where it is none that we know.

    >>> _kind_of("2513A0010"), _kind_of("2513TB101"), _kind_of("G35891")
    ('deso', 'locality', 'area')
    """
    if re.fullmatch(r"\d{4}[A-C]\d{4}", code):
        return "deso"
    return "locality" if re.fullmatch(r"\d{4}[TS][A-Z]?\d+", code) else "area"


def _plain(name: str) -> str:
    """Return a zone's name in small letters, without what it is.

    >>> _plain("Luleå kommun"), _plain("Haparanda stad")
    ('luleå', 'haparanda')
    """
    small = " ".join(name.casefold().split())
    for ending in read_published_rules().words.endings:
        small = small.removesuffix(ending)
    return small


def _bare(name: str) -> str:
    """Return a name without the s of a genitive: Stockholms stad is Stockholm."""
    return name.removesuffix("s")
