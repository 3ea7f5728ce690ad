from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from PIL import Image

from infraplan.outputs.report import charts
from infraplan.outputs.report.charts import (
    Band,
    Goal,
    Point,
    Swing,
    draw_bars,
    draw_cost_curve,
    draw_finance,
    draw_tornado,
    draw_years,
)
from infraplan.outputs.report.drawing import drawable
from infraplan.words import load

SV, EN = load("sv"), load("en")
NAN = float("nan")
STEPS = [(0.53, 0.0), (0.60, 1.2), (0.75, 8.4), (0.95, 63.0)]
YEARS = [Point(2018, 0.30), Point(2019, 0.40), Point(2021, 0.52, after_break=True), Point(2026, 0.72)]
HOSTILE = "$\\frac{1}{0}$ <b> {{7*7}} \u65e5"


def draw_all(words, name="Överkalix"):
    return [
        draw_cost_curve(STEPS, words=words, target=0.95, chosen=0.90),
        draw_years(
            YEARS, words=words, goals=[Goal(2030, 1.0)], bands=[Band(2026, 0.7, 0.7), Band(2030, 0.8, 0.9)]
        ),
        draw_finance([(name, 63.0), ("b", 17.3), ("c", 9.2)], rest="Rest", words=words),
        draw_tornado([Swing(name, 52.1, 78.2), Swing("b", 60.0, 66.1)], base=63.0, words=words),
        draw_bars([(name, 0.523), ("b", 0.97)], words=words, target=0.95),
    ]


@pytest.fixture
def bars(monkeypatch):
    """All bars that are drawn: where they begin, how long they are."""
    found = []
    barh = Axes.barh

    def note(axes, y, width, *args, left=0.0, **options):
        found.append((left, width))
        return barh(axes, y, width, *args, left=left, **options)

    monkeypatch.setattr(Axes, "barh", note)
    return found


@pytest.fixture(scope="module")
def swedish():
    return draw_all(SV)


def test_equal_numbers_give_equal_charts(swedish):
    assert [drawn.picture for drawn in draw_all(SV)] == [drawn.picture for drawn in swedish]


def test_each_chart_is_as_wide_as_the_text(swedish):
    for drawn in swedish:
        image = Image.open(BytesIO(drawn.picture))
        assert image.width == round(166 / 25.4 * 200)


def test_charts_of_one_language_differ_from_those_of_the_other(swedish):
    pairs = zip(swedish, draw_all(EN), strict=True)
    assert all(one.picture != two.picture for one, two in pairs)


def test_charts_read_in_grey(swedish):
    for drawn in swedish:
        grey = np.asarray(Image.open(BytesIO(drawn.picture)).convert("L"))
        # The darkest of what is drawn stands out from the ground at 3:1 at least.
        assert (grey < 130).sum() > 2_000


def test_the_curve_gives_its_steps_back_in_order():
    drawn = draw_cost_curve([*reversed(STEPS), (NAN, 3.0), (0.5, NAN)], words=EN)
    assert drawn.numbers == (("53.0%", (0.0,)), ("60.0%", (1.2,)), ("75.0%", (8.4,)), ("95.0%", (63.0,)))


def test_years_are_parted_at_breaks_and_keep_their_order(monkeypatch):
    lines = []
    plot = Axes.plot

    def note(axes, x, y, *args, **options):
        lines.append((list(x), [round(value, 6) for value in y]))
        return plot(axes, x, y, *args, **options)

    monkeypatch.setattr(Axes, "plot", note)
    drawn = draw_years([*reversed(YEARS), Point(2017, NAN)], words=SV, goals=[Goal(2030, 1.0)])
    assert lines == [([2018, 2019], [30.0, 40.0]), ([2021, 2026], [52.0, 72.0]), ([2030], [100.0])]
    assert [year for year, _ in drawn.numbers] == ["2018", "2019", "2021", "2026", "2030"]


def test_a_forecast_is_a_band_and_never_a_line(monkeypatch):
    bands = []
    fill = Axes.fill_between

    def note(axes, x, low, high, **options):
        bands.append((x, low, high))
        return fill(axes, x, low, high, **options)

    monkeypatch.setattr(Axes, "fill_between", note)
    told = [Band(2030, 0.8, 0.9), Band(2026, 0.7, 0.7), Band(2028, NAN, 0.8)]
    drawn = draw_years(YEARS, words=SV, bands=told)
    years, low, high = bands[0]
    assert years == [2026, 2030]
    assert (low, high) == (pytest.approx([70.0, 80.0]), pytest.approx([70.0, 90.0]))
    assert drawn.numbers[-1] == ("2030", (0.8, 0.9))


def test_the_steps_of_the_finance_add_up(bars):
    drawn = draw_finance(
        [("Investering", 63.0), ("Stöd", 17.3), ("Avgifter", 9.2)], rest="Återstår", words=SV
    )
    assert bars == [(0.0, 63.0), (pytest.approx(45.7), 17.3), (pytest.approx(36.5), 9.2), (0.0, 36.5)]
    assert drawn.numbers[-1] == ("Återstår", (36.5,))
    assert sum(number for _, (number,) in drawn.numbers[:-1]) == pytest.approx(36.5)


def test_support_beyond_the_cost_leaves_less_than_nothing(bars):
    drawn = draw_finance([("Investering", 10.0), ("Stöd", 12.0)], rest="Återstår", words=SV)
    assert bars[-1] == (-2.0, 2.0)
    assert drawn.numbers[-1] == ("Återstår", (-2.0,))


def test_what_costs_hang_on_most_comes_first_and_both_sides_meet_at_the_base(bars):
    drawn = draw_tornado([Swing("a", 60.0, 66.0), Swing("b", 50.0, 80.0)], base=63.0, words=SV)
    assert [name for name, _ in drawn.numbers] == ["b", "a"]
    assert bars == [(50.0, 13.0), (63.0, 17.0), (60.0, 3.0), (63.0, 3.0)]


def test_bars_below_the_target_are_hatched(monkeypatch):
    looks = []
    barh = Axes.barh

    def note(axes, y, width, *args, **options):
        looks.append(options.get("hatch", ""))
        return barh(axes, y, width, *args, **options)

    monkeypatch.setattr(Axes, "barh", note)
    draw_bars([("a", 0.949), ("b", 0.95), ("c", 1.0), ("d", NAN)], words=SV, target=0.95)
    assert looks == ["///", "", ""]


def test_more_bars_than_can_be_read_are_left_to_the_table():
    drawn = draw_bars([(f"Kommun {i}", i / 100) for i in range(60)], words=SV)
    assert len(drawn.numbers) == charts.MOST_BARS


def test_hostile_names_are_written_as_they_are(monkeypatch):
    rows = []
    monkeypatch.setattr(charts, "drawable", lambda text: rows.append(text) or drawable(text))
    assert all(drawn.picture for drawn in draw_all(EN, HOSTILE))
    assert rows.count(HOSTILE) == 3


@settings(deadline=None, max_examples=8)
@given(
    shares=st.lists(st.floats(0.0, 1.0) | st.just(NAN), max_size=6),
    costs=st.lists(st.floats(0.0, 1e5) | st.just(NAN), min_size=6, max_size=6),
)
def test_any_numbers_can_be_drawn(shares, costs):
    steps = list(zip(shares, costs, strict=False))
    assert draw_cost_curve(steps, words=SV).picture
    assert draw_bars([("a", share) for share in shares], words=SV).picture
    assert draw_years([Point(2000 + i, share) for i, share in enumerate(shares)], words=SV).picture
    known = [cost for cost in costs if cost == cost]  # noqa: PLR0124  (drops those not known)
    assert draw_finance([("a", cost) for cost in known] or [("a", 0.0)], rest="b", words=SV).picture
    assert draw_tornado([Swing("a", cost / 2, cost) for cost in known], base=1.0, words=SV).picture
