import io
import os
import signal
from contextlib import contextmanager, redirect_stderr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infraplan import words
from infraplan.progress import closed, show
from infraplan.routing.result import measure_gap


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def on_terminal(language="en"):
    """Show on a screen of text; return both."""
    screen = Terminal()
    with redirect_stderr(screen), show(words.load(language), quiet=False) as shown:
        yield shown, screen


@pytest.mark.parametrize(
    ("best", "bound", "gap"),
    [(110, 100, 0.1), (90, 100, 0.1), (5, 5, 0.0), (0, 0, 0.0), (7, 0, float("inf"))],
)
def test_the_distance_is_a_share_of_the_bound(best, bound, gap):
    assert measure_gap(best, bound) == pytest.approx(gap)


@given(st.floats(0, 10), st.floats(0, 10))
def test_the_bar_fills_as_the_gap_closes_and_never_beyond(one, other):
    near, far = sorted((one, other))
    assert 0.0 <= closed(far) <= closed(near) <= 1.0


@pytest.mark.parametrize(("gap", "share"), [(1.0, 0.0), (0.1, 0.25), (0.01, 0.5), (0.0001, 1.0), (0.0, 1.0)])
def test_each_tenth_of_the_gap_fills_as_much(gap, share):
    assert closed(gap) == pytest.approx(share)


def test_the_gap_is_shown_as_it_closes():
    with on_terminal() as (shown, screen):
        shown.stage("read")
        shown.stage("plan")
        assert not shown.search(200.0, 0.0, 0.1)
        assert not shown.search(101.0, 100.0, 0.2)
        shown.stage("write")
    for text in ("Reading the layers", "Routing", "at most 1.00% off the best", "Writing"):
        assert text in screen.getvalue()
    assert "inf" not in screen.getvalue()
    assert "Ctrl-C" not in screen.getvalue()


def test_a_search_that_lasts_says_how_to_end_it_once():
    with on_terminal("sv") as (shown, screen):
        shown.stage("plan")
        for second in range(20):
            shown.search(2.0, 1.0, float(second))
    assert screen.getvalue().count("Ctrl-C") == 1


def test_the_first_interrupt_of_the_search_takes_the_best_so_far_and_the_next_one_ends_the_run():
    usual = signal.getsignal(signal.SIGINT)
    seen = []

    def search():
        with on_terminal() as (shown, _):
            shown.stage("plan")
            seen.append(shown.search(2.0, 1.0, 0.0))
            os.kill(os.getpid(), signal.SIGINT)
            seen.append(shown.search(2.0, 1.0, 0.0))
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        search()
    assert seen == [False, True]
    assert signal.getsignal(signal.SIGINT) is usual


def test_an_interrupt_after_the_search_ends_the_run():
    def write():
        with on_terminal() as (shown, _):
            shown.stage("plan")
            shown.stage("write")
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        write()


@pytest.mark.parametrize("quiet", [True, False])
def test_a_pipe_is_told_nothing(capsys, quiet):
    with show(words.load("en"), quiet=quiet) as shown:
        shown.stage("plan")
        assert not shown.search(2.0, 1.0, 0.0)
    assert capsys.readouterr().err == ""
