"""What may be published: an edition at a level of secrecy, without a trace of what the level may not see."""

from dataclasses import replace

from infraplan.config import Level
from infraplan.outputs.edition import Edition


def redact(edition: Edition, level: Level) -> Edition:
    """Return an edition as a level may see it."""
    return replace(edition, level=level)
