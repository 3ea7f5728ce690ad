"""From open geodata to a broadband decision.

White spots by building, the cheapest way to a target, and a package that a council can decide on.

    >>> import infraplan
    >>> sorted(infraplan.__all__)[:3]
    ['InfraplanError', 'Study', '__version__']

The names below are loaded when first used: ``import infraplan`` alone costs next to nothing.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

__version__ = version("infraplan")

if TYPE_CHECKING:
    from infraplan.config import Study
    from infraplan.errors import InfraplanError
    from infraplan.layers import read_layers, read_study
    from infraplan.pipeline import run

__all__ = ["InfraplanError", "Study", "__version__", "read_layers", "read_study", "run"]

_HOME = {
    "InfraplanError": "infraplan.errors",
    "Study": "infraplan.config",
    "read_layers": "infraplan.layers",
    "read_study": "infraplan.layers",
    "run": "infraplan.pipeline",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562), so that the command line answers at once."""
    if name not in _HOME:
        msg = f"module 'infraplan' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(_HOME[name]), name)
