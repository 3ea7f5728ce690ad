"""What all commands share: the terminal's language, their arguments and options, and how they print."""

import json
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infraplan import words
from infraplan.errors import InfraplanError, OutputError

if TYPE_CHECKING:
    from infraplan.config import Level
    from infraplan.progress import Show


def find_language() -> words.Language:
    """Return the language of the terminal: INFRAPLAN_LANGUAGE, else the locale, else English."""
    for name in ("INFRAPLAN_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            return "sv" if value.lower().startswith("sv") else "en"
    return "en"


def say(key: str, **values: Any) -> str:
    """Return a sentence of the command line."""
    return words.load(find_language()).text(f"cli.{key}", **values)


StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help=say("help.study"))]
OutOption = Annotated[Path | None, typer.Option("--out", "-o", metavar="OUT", help=say("help.out"))]
JsonOption = Annotated[bool, typer.Option("--json", help=say("help.json"))]
TimeLimitOption = Annotated[
    float | None, typer.Option("--time-limit", metavar="SECONDS", min=0.001, help=say("help.time_limit"))
]
FinishedArgument = Annotated[Path, typer.Argument(metavar="OUT", help=say("help.finished"))]
LanguageOption = Annotated[str | None, typer.Option("--language", help=say("help.language"))]
LevelOption = Annotated[str, typer.Option("--level", help=say("help.level"))]
PackOption = Annotated[bool, typer.Option("--pack/--no-pack", help=say("help.pack"))]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help=say("help.quiet"))]


def choose_language(language: str | None) -> words.Language | None:
    """Return a language that was asked for, None for the study's own."""
    if language is None:
        return None
    if language not in words.LANGUAGES:
        raise misused(
            "--language",
            OutputError("no_such_language", language=language, found=", ".join(words.LANGUAGES)),
        )
    return language


def choose_level(level: str) -> "Level":
    """Return a level that was asked for."""
    from typing import get_args

    from infraplan.config import Level

    found: Level | None = next((one for one in get_args(Level) if one == level), None)
    if found is None:
        raise misused("--level", OutputError("no_such_level", level=level, found=", ".join(get_args(Level))))
    return found


def misused(option: str, error: InfraplanError) -> typer.BadParameter:
    """Return an error of the command line itself: a word that an option does not know."""
    return typer.BadParameter(error.say(find_language()), param_hint=option)


def show_stages(speech: words.Words, *, quiet: bool) -> "AbstractContextManager[Show]":
    """Return what shows the stages of a run while it is open."""
    from infraplan.progress import show

    return show(speech, quiet=quiet)


def print_json(value: dict[str, Any]) -> None:
    """Print totals for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
