"""Tags of every page: what they show, in both languages, and what they refuse."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from lucide import IconDoesNotExist

from design.templatetags.design import STATUSES, hours, icon, initials, percent


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def test_icon_is_inline_sized_by_css_and_hidden_from_assistive_technology() -> None:
    drawn = render('{% icon "x" "lg" %}')
    assert drawn == (
        '<svg class="icon lg" viewBox="0 0 24 24" aria-hidden="true"><path d="M18 6 6 18"/><path d="m6 6 12 12"/></svg>'
    )


def test_an_unknown_icon_is_a_mistake_we_hear_of() -> None:
    with pytest.raises(IconDoesNotExist):
        icon("no-such-icon")


def test_tag_escapes_its_label() -> None:
    assert render("{% tag name 'ok' %}", name="<b>") == '<span class="tag ok">&lt;b&gt;</span>'


@pytest.mark.parametrize("key", STATUSES)
def test_every_status_has_words_and_an_icon(key: str) -> None:
    shown = render("{% status key %}", key=key)
    assert shown.endswith(f"</svg>{STATUSES[key][2]}</span>")


def test_status_takes_other_words_and_knows_when_it_has_none() -> None:
    assert ">Paused</span>" in render("{% status 'on_leave' label='Paused' %}")
    assert ">Odd</span>" in render("{% status 'unheard_of' label='Odd' %}")
    with pytest.raises(KeyError, match="unheard_of"):
        render("{% status 'unheard_of' %}")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Amira Haddad", "AH"),
        ("Nadia el Idrissi", "NI"),
        ("Mei-Lin Tan", "MT"),
        ("Élodie", "É"),
        ("ilse@lantaarn.example", "I"),
        ("  ", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_an_avatar_keeps_its_tint_and_escapes() -> None:
    assert render("{% avatar '<Bobby>' 'lg' %}") == '<span class="avatar av5 lg" aria-hidden="true">&lt;</span>'


@pytest.mark.parametrize(
    ("value", "english", "dutch"),
    [
        (3640, "3,640", "3.640"),
        (Decimal("12.50"), "12.5", "12,5"),
        (12.04, "12", "12"),
        (12.96, "13", "13"),
        (12.25, "12.3", "12,3"),
        (0, "0", "0"),
        (None, "–", "–"),
    ],
)
def test_hours_are_written_in_the_viewers_language(value: Decimal | None, english: str, dutch: str) -> None:
    with translation.override("en"):
        assert hours(value) == english
    with translation.override("nl"):
        assert hours(value) == dutch


def test_percent_shows_a_share() -> None:
    assert [percent(0.746), percent(Decimal("0.746"), 1), percent(None)] == ["75%", "74.6%", "–"]


def test_local_time_is_on_the_viewers_clock_and_names_the_zone() -> None:
    moment = datetime(timezone.now().year, 7, 9, 8, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("America/New_York")), translation.override("en"):
        shown = render("{% local_time moment %}", moment=moment)
    day = f"{moment:%a}"
    assert shown == f'<time datetime="{moment.year}-07-09T04:30-04:00">{day} 9 Jul, 04:30 (New York)</time>'


def test_local_time_of_another_year_says_which_in_dutch_too() -> None:
    moment = datetime(2001, 12, 9, 9, 30, tzinfo=UTC)
    with timezone.override(ZoneInfo("Europe/Amsterdam")), translation.override("nl"):
        assert ">zo 9 dec 2001, 10:30 (Amsterdam)<" in render("{% local_time moment %}", moment=moment)
        assert ">zondag 9 december 2001, 10:30 (Amsterdam)<" in render(
            "{% local_time moment style='long' %}", moment=moment
        )
        assert ">10:30 (Amsterdam)<" in render("{% local_time moment style='time' %}", moment=moment)


def test_local_time_shows_somebody_elses_clock_when_asked() -> None:
    moment = datetime(2001, 12, 9, 9, 30, tzinfo=UTC)
    zone = ZoneInfo("Asia/Tokyo")
    assert ">Sun 9 Dec 2001, 18:30 (Tokyo)<" in render("{% local_time moment zone=zone %}", moment=moment, zone=zone)


def test_level_says_its_number_or_its_name_with_its_color() -> None:
    assert render("{% level 2 %}") == '<span class="lvl l2">Level 2</span>'
    assert render("{% level 2 levels=2 name=name %}", name="Lead <3") == '<span class="lvl l5">Lead &lt;3</span>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        ("Real Python", "Real Python"),
        ("See https://a.example/x?b=1&c=2.", "See {https://a.example/x?b=1&amp;c=2}."),
        ("(https://a.example/)", "({https://a.example/})"),
        ("https://a.example/wiki/Go_(game), then", "{https://a.example/wiki/Go_(game)}, then"),
        ("<script>http://a.example</script>", "&lt;script&gt;{http://a.example}&lt;/script&gt;"),
        ("javascript:alert(1) ftp://a.example a.example", "javascript:alert(1) ftp://a.example a.example"),
        ('https://a.example/"onclick="x', "{https://a.example/}&quot;onclick=&quot;x"),
    ],
)
def test_addresses_in_a_text_become_links_and_nothing_else_does(text: str | None, shown: str) -> None:
    address = re.compile(r"\{(.+?)\}")
    link = r'<a href="\1" rel="noopener noreferrer">\1</a>'
    assert render("{{ text|linked }}", text=text) == address.sub(link, shown)
