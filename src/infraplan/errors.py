"""What can go wrong by a user's doing, each with what, where and the remedy.

::

    InfraplanError
    ├── StudyError (ValueError)        the study file: a key, a value, a name that is not there
    ├── LayerError (ValueError)        an input file as a whole: unreadable, no such column, unknown CRS
    ├── MissingFileError (FileNotFoundError)
    ├── TableError (ValueError)        a table between two stages breaks its contract: a mistake of ours
    ├── PlanError (ValueError)         no plan is possible: no roads, no network to start from
    └── OutputError (OSError)          the results cannot be written

Faults of single features are no exceptions: they are collected in the fault table (``layers.faults``).
"""

from infraplan import words


class InfraplanError(Exception):
    """Root of all errors that a user can mend.

    Its sentence stands in ``data/words/*/errors.toml`` under ``key``, so that the command line can say it
    in the user's language; ``str()`` is English.

    >>> str(StudyError("no_such_target", file="a.toml", target="X", found="Y"))
    "a.toml: [plan] target = 'X' is none of the study's targets (Y). Name one of them, or add [[targets]]."
    """

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        return self.say("en")

    def say(self, language: words.Language) -> str:
        """Return the error's sentence in a language."""
        return words.load(language).text(f"errors.{self.key}", **self.values)


class StudyError(InfraplanError, ValueError):
    """The study file cannot be used."""


class LayerError(InfraplanError, ValueError):
    """An input file cannot be used as a whole."""


class MissingFileError(InfraplanError, FileNotFoundError):
    """A file that the study names is not there."""


class TableError(InfraplanError, ValueError):
    """A table does not keep its contract."""


class PlanError(InfraplanError, ValueError):
    """No plan can be made from what is there."""


class OutputError(InfraplanError, OSError):
    """Results cannot be written."""
