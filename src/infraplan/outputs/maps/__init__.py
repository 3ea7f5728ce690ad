"""The map page: one offline HTML file, made with folium."""

from infraplan.outputs.maps.page import build_map
from infraplan.outputs.maps.tiles import Tiles

__all__ = ["Tiles", "build_map"]
