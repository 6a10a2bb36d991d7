"""The pages about specializations: for the learner who chooses, and for staff who set one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from cohorts.models import Enrollment, TrackChoice
from cohorts.path import path_of
from cohorts.tracks import choose_track
from curriculum.models import Track
from organizations.scope import scope
from tests.cohorts.given import published_version
from tests.cohorts.studying import TODAY, active, finish, running_cohort, topics_of
from tests.conftest import Cast

SignIn = Callable[[Membership | None], Client]
TRACKS = "/o/lantaarn/path/tracks/"
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 11, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("without_apps_above")


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


@pytest.fixture
def amira(cast: Cast) -> Enrollment:
    """In three levels, of which the third offers two tracks; she is in the first."""
    with scope(cast.organization.pk):
        version = published_version(levels=3, tracks=("Research", "Operations"))
        return active(running_cohort(version=version, last_level=3), cast.amira)


@pytest.fixture
def tracks(cast: Cast, amira: Enrollment) -> list[Track]:
    with scope(cast.organization.pk):
        return list(Track.objects.order_by("number").select_related("level"))


@pytest.fixture
def near(cast: Cast, amira: Enrollment) -> None:
    """She has begun with level 2, so that she may choose."""
    with scope(cast.organization.pk):
        finish(amira, topics_of(amira.cohort)[4:5])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def chosen(cast: Cast) -> list[tuple[str, str, str]]:
    with scope(cast.organization.pk):
        choices = TrackChoice.objects.order_by("recorded_at", "pk").select_related("track", "recorded_by")
        return [
            (choice.track.title, choice.recorded_by.name if choice.recorded_by else "", choice.reason)
            for choice in choices
        ]


def test_the_tracks_stand_side_by_side_before_one_may_choose(
    cast: Cast, amira: Enrollment, tracks: list[Track], sign_in: SignIn
) -> None:
    client = sign_in(cast.amira)
    page = text(client.get(TRACKS))
    for words in ("Do research", "Do operations", "50 hours", "at least 20 papers", "You choose from level 2 on"):
        assert words in page
    assert "Choose this one" not in page
    response = client.post(f"{TRACKS}{tracks[0].pk}/")
    assert response.status_code == 422
    assert "You choose a specialization from level 2 on." in text(response)
    assert chosen(cast) == []


@pytest.mark.usefixtures("near")
def test_a_learner_chooses_after_a_confirmation(
    cast: Cast, amira: Enrollment, tracks: list[Track], sign_in: SignIn
) -> None:
    client = sign_in(cast.amira)
    assert f'href="{TRACKS}{tracks[1].pk}/"' in text(client.get(TRACKS))
    page = text(client.get(f"{TRACKS}{tracks[1].pk}/"))
    assert "Choose Operations?" in page
    assert chosen(cast) == []
    assert client.post(f"{TRACKS}{tracks[1].pk}/")["Location"] == TRACKS
    assert chosen(cast) == [("Operations", "Amira Haddad", "")]
    assert "Your specialization is <b>Operations</b>" in text(client.get(TRACKS))
    path = text(client.get("/o/lantaarn/path/?level=3"))
    assert "Operations work" in path
    assert "Research work" not in path


def test_a_path_without_tracks_says_so(cast: Cast, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        active(running_cohort(), cast.amira)
    assert "Your path has no specializations" in text(sign_in(cast.amira).get(TRACKS))


def test_tracks_of_others_are_not_found(cast: Cast, amira: Enrollment, tracks: list[Track], sign_in: SignIn) -> None:
    with scope(cast.elsewhere.pk):
        published_version(tracks=("Elsewhere",))
        theirs = Track.objects.get(title="Elsewhere")
    assert sign_in(cast.amira).post(f"{TRACKS}{theirs.pk}/").status_code == 404
    assert sign_in(cast.daan).get(TRACKS).status_code == 404
    assert sign_in(cast.daan).post(f"{TRACKS}{tracks[0].pk}/").status_code == 404
    assert chosen(cast) == []


def test_staff_set_a_track_for_a_learner(cast: Cast, amira: Enrollment, tracks: list[Track], sign_in: SignIn) -> None:
    client, url = sign_in(cast.ilse), f"/o/lantaarn/learners/{amira.pk}/track/"
    sent = {"track": tracks[0].pk, "on": TODAY.isoformat(), "reason": ""}
    assert client.post(url, sent)["Location"] == f"/o/lantaarn/learners/{amira.pk}/"
    assert chosen(cast) == [("Research", "Ilse Brouwer", "")]
    page = text(client.get(f"/o/lantaarn/learners/{amira.pk}/"))
    assert "<dt>Specialization</dt><dd>Research" in page
    assert "Research" in text(client.get(url))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"track": ""}, "Choose “Specialization”."),
        ({"track": "6f1c2a52-0000-7000-8000-000000000000"}, "Select a valid choice"),
        ({"on": "2026-11-24"}, "Choose today or an earlier day."),
        ({"on": "1900-01-01"}, "1900-01-01 is not a date for a program."),
        ({"on": "2026-11-22"}, "The last choice took effect on 23 November 2026."),
    ],
)
def test_a_wrong_setting_is_refused_with_the_fix(
    cast: Cast, amira: Enrollment, tracks: list[Track], sign_in: SignIn, change: dict[str, str], message: str
) -> None:
    with scope(cast.organization.pk):
        path = path_of(amira, on=TODAY)
        choose_track(enrollment=amira, track=tracks[1], path=path, by=cast.ilse, on=TODAY, at=NOON)
    sent = {"track": tracks[0].pk, "on": TODAY.isoformat(), "reason": "Because", **change}
    response = sign_in(cast.ilse).post(f"/o/lantaarn/learners/{amira.pk}/track/", sent)
    assert response.status_code == 422
    assert message in text(response)
    assert "Because" in text(response)
    assert len(chosen(cast)) == 1


def test_pages_cost_the_same_for_one_track_and_three(cast: Cast, sign_in: SignIn) -> None:
    counts = []
    for person, titles in ((cast.amira, ("Research",)), (cast.daan, ("Research", "Operations", "Agents"))):
        with scope(cast.organization.pk):
            cohort = running_cohort(name=f"Of {person.name}", version=published_version(tracks=titles))
            active(cohort, person)
        client = sign_in(person)
        client.get(TRACKS)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(TRACKS).status_code == 200
        counts.append(sum(query["sql"].lstrip().startswith(("SELECT", "WITH")) for query in captured))
    assert counts[0] == counts[1]
