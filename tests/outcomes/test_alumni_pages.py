"""Alumni: where graduates went, the directory that each puts themselves in, and their way back as mentors."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from cohorts.models import Enrollment
from mentoring.models import Mentor
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from outcomes.alumni_network.directory import (
    directory,
    list_alumnus,
    pathways_as_of,
    pathways_of,
    record_pathway,
    unlist_alumnus,
)
from outcomes.alumni_network.mentor_offer_mails import KIND
from outcomes.alumni_network.mentor_offers import answer_offer, offer_to_mentor, waiting_offers, withdraw_offer
from outcomes.alumni_network.records import AlumniEntry, MentorOffer, PathwayRecord
from outcomes.collecting.placement_records import Salary
from outcomes.errors import OutcomeError
from outcomes.measuring.cases import Counts
from outcomes.measuring.metrics import AsOf
from outcomes.models import TargetKey
from tests.conftest import Cast
from tests.outcomes.given import a_cohort, a_member, day, enrolled, graduate, placed, record
from tests.outcomes.test_alumni import meeting

SignIn = Callable[[Membership | None], Client]
ALUMNI, OWN = "/o/lantaarn/alumni/", "/o/lantaarn/alumni/me/"
GRADUATED, TODAY = 600, day(1000)


def a_graduate(learner: Membership | None = None, **values: Any) -> Enrollment:
    """Whose status is kept too, as `refresh_statuses` would."""
    found = graduate(values.pop("cohort", None) or a_cohort(), GRADUATED, learner=learner)
    Enrollment.objects.filter(pk=found.pk).update(status="graduated", status_since=day(GRADUATED))
    return Enrollment.objects.select_related("learner__user", "cohort").get(pk=found.pk)


@pytest.fixture
def amira(cast: Cast) -> Enrollment:
    with scope(cast.organization.pk):
        return a_graduate(cast.amira)


def listed(member: Membership, **shown: Any) -> AlumniEntry:
    return list_alumnus(member=member, at=timezone.now(), **{"name": member.name, **shown})


# -- where they went ---------------------------------------------------------------------------------------------------


def test_pathways_are_dated_and_the_latest_counts(lantaarn: Cast) -> None:
    first, second = a_graduate(lantaarn.amira).learner, a_graduate().learner
    for pathway, on, by in (("industry", 700, first), ("research", 650, lantaarn.ilse), ("own_company", 900, first)):
        record_pathway(member=first, pathway=pathway, effective_on=day(on), on=TODAY, by=by)
    record_pathway(member=second, pathway="research", effective_on=day(700), on=TODAY, by=second)

    assert [(row.pathway, row.recorded_by) for row in pathways_of(first)] == [
        ("own_company", first), ("industry", first), ("research", lantaarn.ilse),
    ]  # fmt: skip
    assert pathways_as_of(day(899)) == [("Research", 1), ("Industry", 1)]
    assert pathways_as_of(day(900)) == [("Research", 1), ("Own company", 1)]
    assert pathways_as_of(day(600)) == []


@pytest.mark.parametrize(
    ("effective_on", "code"),
    [(TODAY + timedelta(days=1), "pathway_in_the_future"), (date(1999, 12, 31), "pathway_too_early")],
)
def test_days_of_a_pathway(lantaarn: Cast, effective_on: date, code: str) -> None:
    member = a_graduate().learner
    with pytest.raises(OutcomeError) as refused:
        record_pathway(member=member, pathway="other", effective_on=effective_on, on=TODAY, by=member)

    assert (refused.value.code, PathwayRecord.objects.count()) == (code, 0)


def test_only_graduates_are_alumni(lantaarn: Cast) -> None:
    learner = enrolled(a_cohort()).learner
    acts: list[Callable[[], object]] = [
        lambda: record_pathway(member=learner, pathway="other", effective_on=TODAY, on=TODAY, by=learner),
        lambda: listed(learner),
        lambda: offer_to_mentor(member=learner, at=timezone.now()),
    ]
    for act in acts:
        with pytest.raises(OutcomeError) as refused:
            act()
        assert refused.value.code == "not_a_graduate"


def test_graduate_and_staff_record_it_on_their_pages(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    staff = f"/o/lantaarn/learners/{amira.pk}/pathway/"
    wrong = sign_in(cast.amira).post(f"{OWN}pathway/", {"pathway": "industry", "effective_on": "2999-01-01"})
    own = sign_in(cast.amira).post(f"{OWN}pathway/", {"pathway": "industry", "effective_on": "2025-10-01"})
    late = sign_in(cast.ilse).post(staff, {"pathway": "research", "effective_on": "1990-01-01"})
    theirs = sign_in(cast.ilse).post(staff, {"pathway": "research", "effective_on": "2026-01-01"})
    page = sign_in(cast.ilse).get(f"/o/lantaarn/learners/{amira.pk}/").content.decode()

    assert [each.status_code for each in (wrong, own, late, theirs)] == [422, 302, 422, 302]
    assert "Enter a day that is not in the future." in wrong.content.decode()
    assert "Enter a day from 2000 on." in late.content.decode()
    assert "since 1 Jan 2026" in page
    with scope(cast.organization.pk):
        assert [row.recorded_by for row in pathways_of(amira.learner)] == [cast.ilse, cast.amira]


# -- the directory -----------------------------------------------------------------------------------------------------


def test_who_is_in_it_chose_so_and_shows_what_they_chose(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    with scope(cast.organization.pk):
        placed(amira, "1A", 650, employer="Secret Works")
        record_pathway(member=amira.learner, pathway="industry", effective_on=day(700), on=TODAY, by=amira.learner)
    before = sign_in(cast.daan).get(ALUMNI).content.decode()
    shown = {"entry-name": "Amira H.", "entry-link": "amira.example", "entry-contact": "amira@example.org"}
    joined = sign_in(cast.amira).post(f"{OWN}directory/", shown)
    member = {who: sign_in(getattr(cast, who)).get(ALUMNI) for who in ("daan", "joris", "ilse", "ada", "otto")}
    page = member["daan"].content.decode()
    sign_in(cast.amira).post(f"{OWN}directory/", {**shown, "entry-shows_pathway": "on", "entry-link": ""})
    more = sign_in(cast.daan).get(ALUMNI, {"q": "amira", "pathway": "industry"}).content.decode()
    nobody = sign_in(cast.daan).get(ALUMNI, {"q": "amira secret"}).content.decode()
    left = sign_in(cast.amira).post(f"{OWN}directory/leave/")
    after = sign_in(cast.daan).get(ALUMNI).content.decode()

    assert "Amira H" not in before + after
    assert (joined.status_code, left.status_code) == (302, 302)
    assert [response.status_code for response in member.values()] == [200, 200, 200, 200, 404]
    for words in ("Amira H.", "https://amira.example", "amira@example.org"):
        assert words in page
    assert "Secret Works" not in page
    assert "amira.example" not in more
    assert "Amira H." in more
    assert "Nobody in the directory fits" in nobody
    with scope(cast.organization.pk):
        assert not AlumniEntry.objects.exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"entry-name": ""}, "name"),
        ({"entry-link": "javascript:alert(1)"}, "link"),
        ({"entry-contact": "x" * 201}, "contact"),
    ],
)
def test_bad_entry_is_kept_on_the_page(
    cast: Cast, amira: Enrollment, sign_in: SignIn, data: dict[str, str], field: str
) -> None:
    refused = sign_in(cast.amira).post(f"{OWN}directory/", {"entry-name": "Amira", "entry-employer": "Bol", **data})

    assert refused.status_code == 422
    assert list(refused.context["entry_form"].errors) == [field]
    assert 'value="Bol"' in refused.content.decode()
    with scope(cast.organization.pk):
        assert not AlumniEntry.objects.exists()


def test_nobody_stays_in_it_whose_graduation_or_access_is_gone(lantaarn: Cast) -> None:
    kept, back, closed = (a_graduate() for _ in range(3))
    for one in (kept, back, closed):
        listed(one.learner, employer="Bol")
    record(back, "active", 700)
    Enrollment.objects.filter(pk=back.pk).update(status="active")
    Membership.objects.filter(pk=closed.learner_id).update(joined_at=None)

    assert [entry.member for entry in directory(words="bol")] == [kept.learner]
    unlist_alumnus(member=kept.learner)
    unlist_alumnus(member=kept.learner)
    assert not directory().exists()


def test_own_page_is_for_graduates_and_shows_their_salary_to_them(
    cast: Cast, amira: Enrollment, sign_in: SignIn
) -> None:
    with scope(cast.organization.pk):
        placed(amira, "1A", 650, employer="Bol", note="Staff say: ask again in May.")
        Salary.objects.create(enrollment=amira, amount=54_321, currency="EUR", effective_on=day(650))
    page = sign_in(cast.amira).get(OWN).content.decode()
    others = [sign_in(each).get(OWN).status_code for each in (cast.daan, cast.joris, cast.ilse, cast.otto)]
    removed = sign_in(cast.amira).post(f"{OWN}salary/forget/")

    assert "EUR 54,321" in page
    assert "ask again in May" not in page
    assert (others, removed.status_code) == ([404] * 4, 302)
    assert "54,321" not in sign_in(cast.amira).get(OWN).content.decode()


def test_queries_of_the_directory_do_not_grow(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.ilse), []
    for more in (1, 2):
        with scope(cast.organization.pk):
            for _ in range(more):
                member = a_graduate().learner
                listed(member, shows_pathway=True)
                record_pathway(member=member, pathway="other", effective_on=day(700), on=TODAY, by=member)
                offer_to_mentor(member=member, at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            page = client.get(ALUMNI)
        counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
    assert (len(page.context["page"]), len(page.context["offers"])) == (3, 3)
    assert counts[0] == counts[1] <= 12


# -- back as a mentor --------------------------------------------------------------------------------------------------


def test_graduate_mentors_again_in_two_clicks_and_one_of_staff_and_counts(
    cast: Cast, amira: Enrollment, sign_in: SignIn
) -> None:
    with scope(cast.organization.pk):
        later = enrolled(a_cohort(amira.cohort.version, starts_on=day(700)), ("active", 700))
    home = sign_in(cast.amira).get("/o/lantaarn/home/").content.decode()
    first_click = sign_in(cast.amira).get(f"{OWN}mentor/")
    second_click = sign_in(cast.amira).post(f"{OWN}mentor/", {"note": "Evenings, please."})
    twice = sign_in(cast.amira).post(f"{OWN}mentor/")
    today = sign_in(cast.ilse).get("/o/lantaarn/today/").content.decode()
    with scope(cast.organization.pk):
        offer = waiting_offers().get()
    accepted = sign_in(cast.ilse).post(f"{ALUMNI}offers/{offer.pk}/", {"answer": "accepted", "back": "today"})
    again = sign_in(cast.ilse).post(f"{ALUMNI}offers/{offer.pk}/", {"answer": "declined"})

    assert f"{OWN}mentor/" in home
    assert (first_click.status_code, second_click.status_code, twice.status_code) == (200, 302, 422)
    assert "Evenings, please." in today
    assert f"{ALUMNI}offers/{offer.pk}/" in today
    assert (accepted.status_code, accepted.headers["Location"], again.status_code) == (302, "/o/lantaarn/today/", 422)
    with scope(cast.organization.pk):
        member = Membership.objects.select_related("user").get(pk=cast.amira.pk)
        assert member.roles == ["mentor", "learner"]
        assert Mentor.objects.get(membership=member).time_zone == "Europe/Amsterdam"
        message = Message.objects.get(kind=KIND)
        told = KINDS[KIND].context(message)
        assert (told["accepted"], told["action_url"]) == (True, "/o/lantaarn/availability/")
        meeting(member, later, 800)
        assert AsOf(TODAY).measure(TargetKey.ALUMNI_MENTORING).counts == Counts(1, 1, 1, 0, 0)
    assert sign_in(cast.amira).get("/o/lantaarn/availability/").status_code == 200
    assert "You are a mentor here." in sign_in(cast.amira).get(f"{OWN}mentor/").content.decode()


def test_staff_decline_with_a_word_and_graduates_take_back(cast: Cast, amira: Enrollment, sign_in: SignIn) -> None:
    sign_in(cast.amira).post(f"{OWN}mentor/")
    sign_in(cast.amira).post(f"{OWN}mentor/withdraw/")
    sign_in(cast.amira).post(f"{OWN}mentor/")
    with scope(cast.organization.pk):
        offer = waiting_offers().get()
    nothing = sign_in(cast.ilse).post(f"{ALUMNI}offers/{offer.pk}/", {"answer": "perhaps"})
    sign_in(cast.ilse).post(f"{ALUMNI}offers/{offer.pk}/", {"answer": "declined", "reason": "In spring, gladly."})
    page = sign_in(cast.amira).get(OWN).content.decode()

    assert nothing.status_code == 422
    assert "In spring, gladly." in page
    with scope(cast.organization.pk):
        answers = MentorOffer.objects.order_by("offered_at").values_list("answer", "answered_by__name")
        assert list(answers) == [("withdrawn", "Amira Haddad"), ("declined", "Ilse Brouwer")]
        assert Membership.objects.get(pk=cast.amira.pk).roles == ["learner"]
        assert KINDS[KIND].context(Message.objects.get(kind=KIND))["action_url"] == OWN


def test_offers_that_cannot_be(lantaarn: Cast) -> None:
    now, graduates = timezone.now(), [a_graduate() for _ in range(2)]
    mentor = graduates[0].learner
    mentor.roles = ["mentor", "learner"]
    with pytest.raises(OutcomeError) as already:
        offer_to_mentor(member=mentor, at=now)
    offer = offer_to_mentor(member=graduates[1].learner, at=now)
    Enrollment.objects.filter(pk=graduates[1].pk).update(status="active")
    with pytest.raises(OutcomeError) as taken_back:
        answer_offer(offer=offer, accepts=True, by=lantaarn.ilse, at=now)
    withdraw_offer(member=offer.member, at=now)
    with pytest.raises(OutcomeError) as answered:
        answer_offer(offer=offer, accepts=False, by=lantaarn.ilse, at=now)

    codes = [refused.value.code for refused in (already, taken_back, answered)]
    assert codes == ["mentors_already", "not_a_graduate", "offer_answered"]
    assert a_member().is_mentor is False
