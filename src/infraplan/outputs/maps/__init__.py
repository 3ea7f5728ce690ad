"""The map page: one offline HTML file, made with folium."""

from infraplan.outputs.maps.page import build_map

__all__ = ["build_map"]
