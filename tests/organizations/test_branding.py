"""The one hue of an organization as mail programs need it, against values that a browser computed."""

import pytest

from organizations.branding import dark_text_color, fill_color


@pytest.mark.parametrize(
    ("hue", "fill", "dark_text"),
    [(0, "#783d51", "#eca7bb"), (145, "#325f34", "#9ccd9c"), (218, "#005d72", "#7bcbe2"), (300, "#5a477a", "#c6b2ed")],
)
def test_hue_has_the_colors_that_a_browser_gives_it(hue: int, fill: str, dark_text: str) -> None:
    assert (fill_color(hue), dark_text_color(hue)) == (fill, dark_text)
