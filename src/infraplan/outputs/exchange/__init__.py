"""An edition's layers in the formats that others use: files to hand on, one geometry type each."""

from infraplan.outputs.exchange.formats import FORMATS, write_layers

__all__ = ["FORMATS", "write_layers"]
