"""The pages where staff grant credit for prior learning and take it back, and where the learner reads about it."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from cohorts.models import Enrollment, ProgressEvent
from curriculum.models import Project, Topic
from organizations.scope import scope
from tests.cohorts.given import published_version
from tests.cohorts.studying import TODAY, active, finish, projects_of, running_cohort, topics_of, uneven_cohort
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


@pytest.fixture
def amira(cast: Cast) -> Enrollment:
    """Active, with her first topic done."""
    with scope(cast.organization.pk):
        enrollment = active(running_cohort(), cast.amira, mentor=cast.joris)
        finish(enrollment, topics_of(enrollment.cohort)[:1])
    return enrollment


@pytest.fixture
def topics(cast: Cast, amira: Enrollment) -> list[Topic]:
    with scope(cast.organization.pk):
        return topics_of(amira.cohort)


def text(response: Any) -> str:
    return unescape(" ".join(response.content.decode().split()))


def credited(cast: Cast) -> list[str]:
    with scope(cast.organization.pk):
        facts = ProgressEvent.objects.filter(kind="credited").select_related("topic", "project")
        return sorted(str(fact.topic or fact.project) for fact in facts)


def asked(*parts: Topic | Project, **values: Any) -> dict[str, Any]:
    return {
        "parts": [str(part.pk) for part in parts],
        "evidence": "Diploma",
        "link": "",
        "on": TODAY.isoformat(),
        **values,
    }


def address(enrollment: Enrollment) -> str:
    return f"/o/lantaarn/learners/{enrollment.pk}/credit/"


def test_credit_is_shown_before_it_is_granted(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    client, url = sign_in(cast.ilse), address(amira)
    assert "done 23 Nov 2026" in text(client.get(url))
    with scope(cast.organization.pk):
        capstone = projects_of(amira.cohort)[0]
    sent = asked(capstone, modules=[str(topics[0].module_id)], link="https://example.org/diploma")

    shown = client.post(url, sent)
    assert shown.status_code == 200
    for words in ("2 parts, 60 hours", "Level 1: 100 of 200 hours then", "Grant this credit", "checked"):
        assert words in text(shown)
    assert credited(cast) == []

    granted = client.post(url, {**sent, "shown": shown.context["signature"]})
    assert granted["Location"] == f"/o/lantaarn/learners/{amira.pk}/"
    assert credited(cast) == ["Basics 2", "Basics capstone"]
    for reader, page in ((cast.ilse, f"/o/lantaarn/learners/{amira.pk}/"), (cast.amira, "/o/lantaarn/path/")):
        told = text(sign_in(reader).get(page))
        for words in ("Diploma", "Ilse Brouwer, ", "23 November 2026", "2 parts, 60 h"):
            assert words in told
        assert '<a href="https://example.org/diploma" rel="noopener noreferrer">' in told


def test_another_choice_than_was_shown_is_shown_first(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    client, url = sign_in(cast.ilse), address(amira)
    signature = client.post(url, asked(topics[1])).context["signature"]
    for other in (asked(topics[2]), asked(topics[1], evidence="Test"), asked(topics[1], on="2026-11-01")):
        response = client.post(url, {**other, "shown": signature})
        assert response.status_code == 200
        assert "Grant this credit" in text(response)
    assert credited(cast) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"evidence": "  "}, "Fill in “Evidence”."),
        ({"parts": []}, "Choose at least one module, topic or project."),
        ({"parts": ["first"]}, "All of that is done already."),
        ({"parts": ["6f1c2a52-0000-7000-8000-000000000000"]}, "Choose from what is on this path."),
        ({"parts": ["x"]}, "Choose from what is on this path."),
        ({"modules": ["x"]}, "Choose from what is on this path."),
        ({"on": "2026-11-24"}, "Choose today or an earlier day."),
        ({"on": "1900-01-01"}, "1900-01-01 is not a date for a program."),
        ({"on": "9999-12-31"}, "9999-12-31 is not a date for a program."),
        ({"on": "soon"}, "Enter a valid date."),
        ({"link": "javascript:alert(1)"}, "Enter a link that starts with https://"),
        ({"link": "ftp://example.org/x"}, "Enter a link that starts with https://"),
    ],
)
def test_wrong_credit_is_refused_and_nothing_is_lost(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn, change: dict[str, Any], message: str
) -> None:
    sent = {**asked(topics[1], evidence="Diploma of 2024"), **change}
    if sent["parts"] == ["first"]:
        sent["parts"] = [str(topics[0].pk)]
    response = sign_in(cast.ilse).post(address(amira), sent)
    assert response.status_code == 422
    assert message in text(response)
    assert sent["evidence"].strip() in text(response)
    assert credited(cast) == []


def test_topics_of_others_cannot_be_credited(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    """Of another version, of another organization, or with sub-topics of its own."""
    with scope(cast.elsewhere.pk):
        theirs = topics_of(running_cohort())[0]
    with scope(cast.organization.pk):
        other = topics_of(running_cohort(name="Other", version=published_version()))[0]
        uneven = active(uneven_cohort(), cast.daan)
        algebra = topics_of(uneven.cohort)[0]
    client = sign_in(cast.ilse)
    for enrollment, topic in ((amira, theirs), (amira, other), (uneven, algebra)):
        response = client.post(address(enrollment), asked(topic))
        assert response.status_code == 422
        assert "Choose from what is on this path." in text(response)
    assert client.post(address(amira).replace(str(amira.pk), str(theirs.pk)), asked(topics[1])).status_code == 404
    assert credited(cast) == []


def test_credit_is_taken_back_with_a_reason(
    cast: Cast, amira: Enrollment, topics: list[Topic], sign_in: SignIn
) -> None:
    client, url = sign_in(cast.ilse), address(amira)
    sent = asked(topics[1], topics[2])
    client.post(url, {**sent, "shown": client.post(url, sent).context["signature"]})
    back = {"parts": [str(topics[1].pk)], "on": TODAY.isoformat(), "reason": ""}
    refused = client.post(f"{url}take-back/", back)
    assert (refused.status_code, "Fill in “Reason”." in text(refused)) == (422, True)
    stranger = client.post(f"{url}take-back/", {**back, "parts": [str(topics[3].pk)], "reason": "By mistake"})
    assert "This is not credited any more." in text(stranger)
    assert client.post(f"{url}take-back/", {**back, "reason": "By mistake"}).status_code == 302
    page = text(client.get(f"{url}take-back/"))
    assert (topics[1].title in page, topics[2].title in page) == (False, True)
    assert "By mistake" in text(client.get(f"/o/lantaarn/learners/{amira.pk}/timeline/"))


def test_the_page_costs_the_same_for_a_large_program(cast: Cast, sign_in: SignIn) -> None:
    counts = []
    for person, hours in ((cast.amira, (10,)), (cast.daan, (2,) * 30)):
        with scope(cast.organization.pk):
            version = published_version(modules=(("Basics", hours), ("Practice", hours)))
            enrollment = active(running_cohort(name=f"Of {person.name}", version=version), person)
            topics = topics_of(enrollment.cohort)
        client = sign_in(cast.ilse)
        client.get(address(enrollment))
        with CaptureQueriesContext(connection) as captured:
            assert client.post(address(enrollment), asked(*topics)).status_code == 200
        counts.append(sum(query["sql"].lstrip().startswith(("SELECT", "WITH")) for query in captured))
    assert counts[0] == counts[1]
