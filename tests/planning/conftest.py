"""The village that most plans are tested on."""

import pytest
from trees import percent
from villages import make_setting, make_study, make_village, plain_book


@pytest.fixture(scope="session")
def book():
    """Return a book without anything on top: what is built adds up in one's head."""
    return plain_book()


@pytest.fixture(scope="session")
def dear_book():
    """Return a book with ten per cent for design, and ten for what nobody knows: 21 in all."""
    return plain_book(overheads={"design": percent(5, 10, 20), "margin": percent(0, 10, 30)})


@pytest.fixture
def village(book):
    """Return the village of ``villages.make_village``: attachment, and premises with households."""
    return make_village(book)


@pytest.fixture
def setting(village, book):
    return make_setting(village[1], book, make_study())
