"""The timeline of a learner: everything each app knows, in one list, for those who may read it."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from assessments.models import AutomatedTest, LinkCheck, Submission, SubmissionLink
from assessments.repositories import key_of
from cohorts.chronicle import Chronicle, chronicle_of
from cohorts.history import record_status
from cohorts.learner_notes import write_note
from cohorts.progress import complete_topic, log_study
from cohorts.transferring import transfer
from curriculum.models import Topic
from mentoring.settling import settle
from organizations.scope import scope
from tests.cohorts.given import a_cohort
from tests.conftest import Cast
from tests.world import World

SignIn = Callable[[Membership | None], Client]


@pytest.fixture
def world(db: None, shared_world: World) -> World:
    return deepcopy(shared_world)


@pytest.fixture
def cast(world: World) -> Cast:
    return world.cast


def titles(chronicle: Chronicle) -> list[str]:
    return [happening.title for _day, happenings in chronicle.days for happening in happenings]


def told(world: World, viewer: Membership, **options: object) -> list[str]:
    with scope(world.cast.organization.pk):
        return titles(chronicle_of(world.enrollment, viewer=viewer, at=timezone.now(), **options))  # type: ignore[arg-type]


def test_everything_stands_in_one_list_the_latest_first(world: World) -> None:
    now, today = timezone.now(), timezone.localdate()
    with scope(world.cast.organization.pk):
        settle(one_on_one=world.one_on_one, outcome="held", by=world.cast.joris, now=now)
        for topic in Topic.objects.filter(module__level__version=world.version).order_by("module__code", "position")[
            :2
        ]:
            complete_topic(enrollment=world.enrollment, topic=topic, by=world.cast.amira, on=today - timedelta(days=2))
        log_study(enrollment=world.enrollment, week=today, hours=Decimal(6), by=world.cast.amira, on=today)
        record_status(
            enrollment=world.enrollment, to="on_leave", effective_on=today - timedelta(days=5), by=world.cast.ilse,
            returns_on=today + timedelta(days=5), note="Moving house",
        )  # fmt: skip
    lines = told(world, world.cast.ilse)
    expected = [
        "Logged 6 hours", "Note, for:", "Message: The first week", "Message: Times for a 1-on-1", "Passed level 1",
        "Asked for an exception at the gate of level 2", "Asked for credit: ", "Basics capstone: a result on",
        "A presentation of Basics capstone was planned", "Handed in Basics capstone, attempt 1",
        "Finished 2 parts: Basics 1, Basics 2",
        "1-on-1 with Joris", "On leave until", "Active", "Mentor is Joris Hoekema: named on enrollment",
    ]  # fmt: skip
    found = [next(start for start in expected if line.startswith(start)) for line in lines]
    assert sorted(found, key=expected.index) == sorted(expected, key=expected.index)
    assert found[8:] == expected[8:]


def test_tests_and_links_are_told_when_they_come_to_stand_otherwise(world: World) -> None:
    now = timezone.now()
    with scope(world.cast.organization.pk):
        Submission.objects.filter(pk=world.submission.pk).update(commit="1" * 40)
        link = SubmissionLink.objects.get(submission=world.submission)
        for hours, name, state in ((5, "lint", "failed"), (4, "tests", "failed"), (3, "tests", "failed"),
                                   (2, "tests", "passed")):  # fmt: skip
            AutomatedTest.objects.create(
                repository=key_of(link.normalized_url), commit="1" * 40, state=state, source="webhook", name=name,
                delivery=f"d-{hours}", reported_at=now - timedelta(hours=hours),
            )  # fmt: skip
        for hours, outcome in ((9, "reachable"), (8, "unreachable"), (7, "unknown"), (6, "refused"), (1, "reachable")):
            LinkCheck.objects.create(link=link, outcome=outcome, checked_at=now - timedelta(hours=hours))
    assert told(world, world.cast.joris, kinds=["tests", "links"]) == [
        "Basics capstone: a link opens again",
        "Tests of Basics capstone passed, attempt 1",
        "Tests of Basics capstone failed, attempt 1",
        "Basics capstone: a link does not open",
    ]


def test_one_kind_on_request_and_nonsense_is_all_of_them(world: World) -> None:
    assert told(world, world.cast.ilse, kinds=["submissions"]) == ["Handed in Basics capstone, attempt 1"]
    assert told(world, world.cast.ilse, kinds=["nonsense"]) == told(world, world.cast.ilse)


def test_mentors_do_not_read_what_is_for_staff(world: World) -> None:
    with scope(world.cast.organization.pk):
        write_note(enrollment=world.enrollment, text="Debts", audience="staff", by=world.cast.ilse)
    assert len(told(world, world.cast.ilse, kinds=["notes"])) == 2
    assert len(told(world, world.cast.joris, kinds=["notes"])) == 1


def test_history_goes_on_after_a_transfer(world: World) -> None:
    with scope(world.cast.organization.pk):
        there = transfer(
            enrollment=world.enrollment,
            cohort=a_cohort(name="Utrecht 2026", version=world.version, status="running"),
            effective_on=timezone.localdate(),
            by=world.cast.ilse,
        )
        lines = titles(chronicle_of(there, viewer=world.cast.ilse, at=timezone.now()))
    assert "Handed in Basics capstone, attempt 1" in lines
    assert "Transferred" in lines


def test_pages_hold_everything_once(world: World) -> None:
    with scope(world.cast.organization.pk):
        for number in range(7):
            write_note(enrollment=world.enrollment, text=f"Note {number}", audience="staff", by=world.cast.ilse)
        pages = [
            chronicle_of(
                world.enrollment, viewer=world.cast.ilse, at=timezone.now(), kinds=["notes"], page=page, size=3
            )
            for page in (1, 2, 3, 4)
        ]
        notes = [happening.text for page in pages for _day, rows in page.days for happening in rows]
    assert [page.has_more for page in pages] == [True, True, False, False]
    assert len(notes) == len(set(notes)) == 8


def test_page_takes_the_same_number_of_queries_for_one_line_and_for_many(world: World, sign_in: SignIn) -> None:
    client, url = sign_in(world.cast.ilse), f"/o/lantaarn/learners/{world.enrollment.pk}/timeline/"
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert client.get(url).status_code == 200
    with scope(world.cast.organization.pk):
        for number in range(3):
            write_note(enrollment=world.enrollment, text=f"Note {number}", audience="staff", by=world.cast.ilse)
        for topic in Topic.objects.filter(module__level__version=world.version)[:3]:
            complete_topic(enrollment=world.enrollment, topic=topic, by=world.cast.amira, on=timezone.localdate())
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few)


@pytest.mark.parametrize("query", ["page=-1", "page=x", "page=99999999999", "page=²", "kind=%00", "kind[]=1"])
def test_nonsense_in_the_address_shows_a_page(world: World, sign_in: SignIn, query: str) -> None:
    url = f"/o/lantaarn/learners/{world.enrollment.pk}/timeline/?{query}"
    assert sign_in(world.cast.ilse).get(url).status_code == 200


def test_what_a_person_wrote_is_text(world: World, sign_in: SignIn) -> None:
    with scope(world.cast.organization.pk):
        write_note(enrollment=world.enrollment, text="<script>alert(1)</script>", audience="staff", by=world.cast.ilse)
    page = sign_in(world.cast.ilse).get(f"/o/lantaarn/learners/{world.enrollment.pk}/timeline/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
