"""What each rule of a dated rule file tells: its sentence, its source and year, and whether it is a guess."""

from infraplan.frozen import Frozen, Said
from infraplan.words import Language


class Rule(Frozen):
    """A rule as the reader is told it, with where it is from."""

    sv: Said
    en: Said
    source: Said
    year: int
    guess: bool = True
    """Not found, or found for something else: to be replaced by what the call says."""

    def say(self, language: Language) -> str:
        """Return the rule's sentence in a language."""
        return self.sv if language == "sv" else self.en
