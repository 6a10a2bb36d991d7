"""What the schedule calls milestones is read in the language of the reader."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from accounts.models import Membership, User
from cohorts.models import Milestone
from cohorts.models.milestone_title import COMPLETE, GATE, INSIDE, UP_TO, hours_kept, read_title, title_of
from organizations.scope import scope
from tests.conftest import Cast
from tests.world import make_world

TITLES = [
    (title_of(GATE, number=3), "Level 3 gate", "Niveautoets 3"),
    (title_of(COMPLETE, module="1.1 Data: tables"), "1.1 Data: tables: complete", "1.1 Data: tables: compleet"),
    (
        title_of(UP_TO, module="1.1 Python", topic="Loops: for"),
        "1.1 Python: up to Loops: for",
        "1.1 Python: tot en met Loops: for",
    ),
    (
        title_of(INSIDE, topic="2.1 Depth", done=hours_kept(1000), hours=hours_kept(2500.5)),
        "2.1 Depth: 1,000 of 2,500.5 hours",
        "2.1 Depth: 1.000 van 2.500,5 uur",
    ),
    ("Variables", "Variables", "Variables"),
    ("", "", ""),
]


@pytest.mark.parametrize(("kept", "english", "dutch"), TITLES)
def test_titles_are_read_in_either_language_whichever_they_were_kept_in(kept: str, english: str, dutch: str) -> None:
    assert kept == english
    for title in (english, dutch):
        assert read_title(title) == english
        with translation.override("nl"):
            assert read_title(title) == dutch


def test_schedule_keeps_one_language_and_pages_speak_the_reader_s(
    cast: Cast, sign_in: Callable[[Membership], Client]
) -> None:
    with translation.override("nl"):
        world = make_world(cast)
    with scope(cast.organization.pk):
        gate = Milestone.objects.filter(cohort=world.cohort, kind="gate").order_by("position")[0]
    assert gate.title == "Level 1 gate"
    User.objects.filter(pk=cast.ilse.user_id).update(language="nl")
    page = sign_in(cast.ilse).get(f"/o/lantaarn/cohorts/{world.cohort.slug}/milestones/").content.decode()
    assert "Niveautoets 1" in page
    assert "Level 1 gate" not in page
