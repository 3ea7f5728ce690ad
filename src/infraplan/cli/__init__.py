"""The command line: parse, call, print. Results go to standard output, everything else to standard error."""

import logging
import os

import typer

from infraplan.cli import finished, studies
from infraplan.cli.terminal import find_language, say
from infraplan.errors import InfraplanError

app = typer.Typer(
    name="infraplan",
    help=say("help.infraplan"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(studies.app)
app.add_typer(finished.app)


class Told(logging.Handler):
    """Warnings on standard error: what a user asked for and gets otherwise, or not at all."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a warning's sentence."""
        typer.secho(record.getMessage(), fg="yellow", err=True)


def main() -> None:
    """Run the command line; a user's error is one red line and exit code 1."""
    if level := os.environ.get("INFRAPLAN_LOG"):
        logging.basicConfig(level=level, format="%(name)s: %(message)s")
    else:
        logging.basicConfig(level=logging.ERROR, handlers=[Told()])
        logging.getLogger("infraplan").setLevel(logging.WARNING)
    try:
        app()
    except InfraplanError as error:
        _fail(error.say(find_language()))
    except KeyboardInterrupt:
        _fail(say("interrupted"))


def _fail(sentence: str) -> None:
    typer.secho(" ".join(sentence.split()), fg="red", err=True)
    raise SystemExit(1)
