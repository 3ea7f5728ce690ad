"""A modelled study of Norrbotten: real borders, inhabitants and larger places; all else is modelled."""

from infraplan.demo.folder import write
from infraplan.demo.model import build

__all__ = ["build", "write"]
