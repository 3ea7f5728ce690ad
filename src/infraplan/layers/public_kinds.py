"""What people write for kinds of public buildings: the bundled words, and what each stands for."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache

import pandas as pd
from pydantic import Field

from infraplan.bundled import bundled
from infraplan.frozen import Frozen
from infraplan.layers.tomlfile import build, read_toml
from infraplan.tables import PUBLIC_KINDS

_FILE = "public-kinds-2026.toml"
_PROTECTED = "protected_housing"
_BETWEEN = re.compile(r"[\s_/-]+")
_ALIKE = 0.8
"""A word that shares so much with one for protected housing, by ``difflib``, may be it, misspelt."""


class Ambiguous(Frozen):
    """``[ambiguous]``: words that mean two different things."""

    words: tuple[str, ...]


class PublicKinds(Frozen):
    """The words of each kind of public building."""

    name: str
    year: int
    source: str
    guess: bool = True
    words: Mapping[str, tuple[str, ...]] = Field(repr=False)
    ambiguous: Ambiguous

    @property
    def known(self) -> dict[str, str]:
        """Return word -> kind, words as ``fold`` writes them; the kinds' own names among them."""
        found = {fold(kind): kind for kind in PUBLIC_KINDS}
        return found | {fold(word): kind for kind, words in self.words.items() for word in words}

    @property
    def doubtful(self) -> frozenset[str]:
        """Return the words that mean two things, as ``fold`` writes them."""
        return frozenset(map(fold, self.ambiguous.words))


def fold(text: str) -> str:
    """Return a kind as it is compared: without case, and with one space between words.

    >>> fold("  Multi-Dwelling_building ")
    'multi dwelling building'
    """
    return _BETWEEN.sub(" ", text.casefold()).strip()


@cache
def read_public_kinds() -> PublicKinds:
    """Read the bundled words.

    Examples
    --------
    >>> kinds = read_public_kinds().known
    >>> kinds[fold("Hälsocentral")], kinds[fold("särskilt boende")], kinds[fold("HVB-hem")]
    ('health_centre', 'care_home', 'youth_home')
    """
    path = bundled("rules", _FILE)
    return build(PublicKinds, read_toml(path), path)


def is_protected(table: pd.DataFrame) -> pd.Series:
    """Return which rows are protected buildings: by flag, or by a kind that may mean it.

    Whoever writes a kind that nobody knows, and that is nearly a word for protected housing or has one in it,
    is taken to have meant it: hidden in vain is a smaller harm than shown.

    >>> is_protected(pd.DataFrame({"kind": ["Skyddat boende", "kvinojour", "school"]})).tolist()
    [True, True, False]
    """
    found = pd.Series(data=False, index=table.index)
    if "protected" in table.columns:
        found |= table["protected"].astype(bool)
    if "kind" in table.columns:
        words = [kind for kind in table["kind"].unique() if _may_be_protected(fold(str(kind)))]
        found |= table["kind"].isin(words)
    return found


@cache
def _may_be_protected(word: str) -> bool:
    known = read_public_kinds().known
    if word in known:
        return known[word] == _PROTECTED
    words = [name for name, kind in known.items() if kind == _PROTECTED]
    inside = any(re.search(rf"\b{re.escape(name)}\b", word) for name in words)
    return inside or bool(get_close_matches(word, words, n=1, cutoff=_ALIKE))
