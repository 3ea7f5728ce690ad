"""Colours of the map, by numbers: for those who see less of them, and in grey."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from infraplan.outputs import styles

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear light.
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
LAND = styles.STYLES["land"].fill
WHITE, BLACK = "#ffffff", "#000000"


def light(colour: str, sight: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return np.clip(SIGHT[sight] @ linear, 0, 1)


def contrast(one: str, other: str, sight: str) -> float:
    high, low = sorted((light(c, sight) @ [0.2126, 0.7152, 0.0722] for c in (one, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(colour: str, sight: str) -> np.ndarray:
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = matrix @ light(colour, sight) / [0.9505, 1.0, 1.089]
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def difference(one: str, other: str, sight: str) -> float:
    """Return how far colours are apart (CIE 1976); 2.3 is just seen."""
    return float(np.linalg.norm(lab(one, sight) - lab(other, sight)))


def test_the_simulation_keeps_grey_grey_and_confuses_red_with_green():
    for sight in SIGHT:
        assert difference("#777777", "#777777", sight) == 0
        assert np.ptp(light("#777777", sight)) < 0.01
    assert difference("#d7191c", "#5a7d00", "deuteranopia") < 0.5 * difference("#d7191c", "#5a7d00", "full")


@pytest.mark.parametrize("sight", SIGHT)
def test_neighbours_of_the_ramp_are_told_apart_and_get_darker(sight):
    for one, other in pairwise(styles.SHARE_COLOURS):
        assert lab(one, sight)[0] - lab(other, sight)[0] > 4
        assert difference(one, other, sight) > 4


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(
    "name",
    [
        "white_spots",
        "routes",
        "fibre_lines",
        "mobile_gaps",
        "mobile_white_spots",
        "public",
        "cabinets",
        "masts",
        "digital",
    ],
)
def test_signs_and_lines_stand_out_from_every_ground(name, sight):
    # WCAG 2.2, success criterion 1.4.11: at least 3 to 1, with the sign itself or with its edge.
    style = styles.STYLES[name]
    marks = [colour for colour in (style.fill, style.stroke) if colour]
    for ground in (LAND, *styles.SHARE_COLOURS[:-1], styles.NO_SHARE):
        assert max(contrast(mark, ground, sight) for mark in marks) >= 3, ground


@pytest.mark.parametrize("sight", SIGHT)
def test_routes_stand_out_on_the_darkest_ground_by_their_casing(sight):
    routes = styles.STYLES["routes"]
    assert contrast(routes.stroke, routes.casing, sight) >= 7
    assert contrast(routes.stroke, styles.SHARE_COLOURS[-1], sight) >= 3


def test_signs_of_one_page_differ_by_shape_or_much_by_lightness():
    pages = [
        ("white_spots", "cabinets"),
        ("mobile_white_spots", "masts", "disagreements"),
        ("public", "service_points", "siting", "digital"),
    ]
    for page in pages:
        for one, other in combinations((styles.STYLES[name] for name in page), 2):
            apart = abs(lab(one.fill, "grey")[0] - lab(other.fill, "grey")[0])
            assert one.symbol != other.symbol or apart > 20


@pytest.mark.parametrize("sight", SIGHT)
def test_met_and_not_met_can_be_read(sight):
    for colour in (styles.MET, styles.NOT_MET):
        assert contrast(colour, WHITE, sight) >= 4.5


def test_contrast_is_as_the_guidelines_say():
    assert contrast(WHITE, BLACK, "full") == pytest.approx(21)
    assert contrast("#777777", WHITE, "full") == pytest.approx(4.48, abs=0.01)
