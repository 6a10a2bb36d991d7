import io

import pytest
from PIL import Image

from design.drawing import Column, Mark, Tick, band_chart, column_chart, interval_chart
from design.pictures import LOW_PLOT, png_of

WORDS = {"title": "How far", "summary": "Most get far", "source": "Lantaarn Academy", "brand": "#005870"}
BRAND, TARGET = (0, 88, 112), (200, 82, 97)


def band(**options: object) -> str:
    values = {
        "uid": "a", "title": "t", "summary": "s", "xs": [0, 2], "middle": [100, 50], "low": [100, 40],
        "high": [100, 60], "x_max": 2, "y_min": 0, "y_max": 100, "x_ticks": [Tick(0, "Start", "9")],
        "y_ticks": (0, 50, 100), "marks": [Mark(2, 50, "50%")],
        "targets": [Mark(1, 25, "25%")], **options,
    }  # fmt: skip
    return band_chart(**values)  # type: ignore[arg-type]


def pixels(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB")


def test_curve_mark_and_target_stand_where_their_numbers_are() -> None:
    picture = pixels(png_of(band(), **WORDS))
    # The plot begins 68 from the left, ends 40 from the right, and is 320 high above 84 of labels; two pixels a unit.
    left, right, bottom = 2 * 68, picture.width - 2 * 40, picture.height - 2 * 84
    middle, top = (left + right) // 2, bottom - 2 * 320

    assert picture.getpixel((right, (top + bottom) // 2)) == BRAND
    assert picture.getpixel((middle, top + round(0.25 * (bottom - top)))) == BRAND
    assert picture.getpixel((middle + 8, top + round(0.75 * (bottom - top)) - 4)) == TARGET
    assert picture.getpixel((middle, bottom - 20)) == (255, 255, 255)


def test_columns_are_as_high_as_their_numbers() -> None:
    svg = column_chart(
        uid="q",
        title="t",
        summary="s",
        columns=[Column("1", 0, "0"), Column("2", 50, "5")],
        y_max=100,
        y_ticks=(0, 100),
    )
    picture = pixels(png_of(svg, **WORDS))
    place = picture.width * 7 // 10
    column = [picture.getpixel((place, y)) for y in range(picture.height)]
    lightened = max(set(column) - {(255, 255, 255)}, key=column.count)

    assert column.count(lightened) == pytest.approx(320, abs=4)


@pytest.mark.parametrize(("value", "target", "at"), [(3, 4, (0.5, 0.75)), (0, 9, (0, 1))])
def test_value_and_target_stand_on_their_scale(value: float, target: float, at: tuple[float, float]) -> None:
    """From 1 to 5; what is beyond stops at the end."""
    svg = interval_chart(
        uid="v", title="t", summary="s", value=Mark(value, 0, "3"), low=2, high=4, target=Mark(target, 0, "4"),
        ticks=[Tick(1, "1"), Tick(5, "5")], minimum=1, maximum=5,
    )  # fmt: skip
    picture = pixels(png_of(svg, **WORDS, height=LOW_PLOT))
    left, wide = 2 * 68, picture.width - 2 * (68 + 40)
    bottom = picture.height - 2 * 84
    top = bottom - 2 * LOW_PLOT

    assert picture.getpixel((left + round(at[0] * wide), top + round(0.57 * (bottom - top)))) == BRAND
    assert picture.getpixel((left + round(at[1] * wide) - 12 + 1, top)) == TARGET


def test_long_words_make_the_picture_higher_and_markup_in_them_is_text() -> None:
    short = pixels(png_of(band(), **WORDS))
    long = pixels(png_of(band(), **{**WORDS, "title": "<b>How</b> & why " * 12, "summary": "Москва, Αθήνα " * 30}))

    assert (long.width, long.height > short.height) == (short.width, True)


def test_what_is_no_chart_is_refused() -> None:
    with pytest.raises(ValueError, match="no chart"):
        png_of("<p>Nothing</p>", **WORDS)
