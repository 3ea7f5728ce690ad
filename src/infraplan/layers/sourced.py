"""What dated rule files tell: a sentence, its source and year, and whether it is a guess."""

from infraplan.frozen import Frozen, Said
from infraplan.words import Language


class Told(Frozen):
    """What the reader is told, with where it is from."""

    sv: Said
    en: Said
    source: Said
    guess: bool = True
    """Not found, or found for something else: a reading of ours, to be replaced by what the source says."""

    def say(self, language: Language) -> str:
        """Return the sentence in a language."""
        return self.sv if language == "sv" else self.en


class Rule(Told):
    """A rule, and the year of its source."""

    year: int
