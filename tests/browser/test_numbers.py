"""The page writes numbers as papers and workbook do: by one rule, halves away from nought."""

from importlib.resources import files

import pytest

from infraplan.words import LANGUAGES, load

pytestmark = pytest.mark.browser

VALUES = (0.5, -0.5, 1.5, 2.5, -2.5, 0.0625, 6.25, 1.005, 1234.5, -0.04, 0.0, 0.285, 1_234_500.0)
WRITE = """([source, language, values]) => {
  const [number, percent] = new Function("state", `${source}; return [number, percent];`)({ language });
  const digits = [0, 1, 2];
  return values.map((value) => [...digits.map((d) => number(value, d)), percent(value), percent(value, 0)]);
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_are_written_as_in_the_papers(browser, language):
    script = files("infraplan.outputs.maps").joinpath("words.js").read_text("utf-8")
    source = script.partition("/* ---- words and numbers ---- */")[2].partition("/* ---- building blocks")[0]
    page, words = browser.new_page(), load(language)
    told = page.evaluate(WRITE, [source, language, VALUES])
    page.close()
    assert told == [
        [*(words.number(value, digits) for digits in range(3)), words.share(value), words.share(value, 0)]
        for value in VALUES
    ]
