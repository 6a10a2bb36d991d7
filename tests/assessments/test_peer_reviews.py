"""Peer review from the round that staff open to what a learner reads, and that nobody learns who wrote it."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts.models import Role
from assessments.errors import AssessmentError, ReviewIncomplete
from assessments.models import PeerReview, PeerRound
from assessments.peer_mails import queue_due
from assessments.peer_reviewing import hand_in_peer_review, save_peer_review
from assessments.peer_rounds import close_round, open_by_rule, open_round, set_rule, settle_round
from assessments.peer_shown import peer_view, to_write
from assessments.reviewing import Mark
from assessments.submissions import withdraw
from cohorts.history import enroll
from cohorts.models import Enrollment
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from tests.assessments.conftest import PROFICIENT, SUBMITTED, School, hand_in
from tests.conftest import member
from tests.test_role_matrix import address, parameters, routes
from tests.world import World

LATER = SUBMITTED + timedelta(days=1)
DUE = date(2026, 12, 1)
SignIn = Callable[..., Client]


def others(school: School, count: int) -> list[Enrollment]:
    """So many more learners of the cohort."""
    return [
        enroll(
            cohort=school.cohort,
            learner=member(f"Learner {number}", f"learner{number}@lantaarn.example", Role.LEARNER),
            by=None,
            effective_on=school.cohort.starts_on,
            status=Enrollment.Status.ACTIVE,
        )
        for number in range(count)
    ]


def a_round(school: School, *, least: int = 2) -> PeerRound:
    return open_round(
        cohort=school.cohort, project=school.capstone, due_on=DUE, by=school.cast.ilse, at=LATER, least=least
    )


def write(review: PeerReview, at: datetime = LATER, summary: str = "Clear. Test the empty folder.") -> PeerReview:
    writer = review.giver.learner
    return hand_in_peer_review(review=review, marks=PROFICIENT, summary=summary, by=writer, at=at)


def edges(opened: PeerRound) -> Counter[str]:
    """How many each gives, by name, with what staff write."""
    rows = PeerReview.objects.filter(round=opened).select_related("giver__learner")
    return Counter(row.giver.learner.name if row.giver else "staff" for row in rows)


def test_everybody_is_asked_for_two_and_told_so(school: School) -> None:
    for enrollment in [school.amira, school.daan, *others(school, 1)]:
        hand_in(school, enrollment=enrollment)
    opened = a_round(school)
    assert edges(opened) == {"Amira Haddad": 2, "Daan Kuiper": 2, "Learner 0": 2}
    assert Message.objects.filter(kind="peer_review_assigned").count() == 3
    assert len(to_write(school.cast.amira)) == 2
    with pytest.raises(AssessmentError) as refused:
        a_round(school)
    assert refused.value.code == "round_open"


def test_who_submits_late_joins_and_who_leaves_strands_nobody(school: School) -> None:
    hand_in(school)
    opened = a_round(school)
    assert edges(opened) == {}
    more = others(school, 2)
    late = [hand_in(school, enrollment=enrollment, at=LATER) for enrollment in [school.daan, *more]]
    settle_round(opened=opened, at=LATER)
    assert edges(opened) == {"Amira Haddad": 2, "Daan Kuiper": 2, "Learner 0": 2, "Learner 1": 2}
    written = write(PeerReview.objects.filter(giver=school.daan).first())
    withdraw(submission=late[2], by=more[1].learner, at=LATER)
    Enrollment.objects.filter(pk=school.amira.pk).update(status=Enrollment.Status.WITHDRAWN)
    settle_round(opened=opened, at=LATER)
    left = set(PeerReview.objects.exclude(pk=written.pk).values_list("giver", "receiver"))
    both = {(school.daan.pk, more[0].pk), (more[0].pk, school.daan.pk)}
    assert both <= left | {(school.daan.pk, written.receiver_id)}


def test_what_peers_leave_goes_to_staff_when_the_round_is_due(school: School) -> None:
    for enrollment in (school.amira, school.daan):
        hand_in(school, enrollment=enrollment)
    opened = a_round(school, least=1)
    write(PeerReview.objects.get(receiver=school.amira))
    assert not peer_view(school.capstone, school.amira).told  # all at once, so that no moment tells who it was
    at = opened.due_at
    settle_round(opened=opened, at=at)
    assert list(PeerReview.objects.unwritten_by_staff().values_list("receiver", flat=True)) == [school.daan.pk]
    with pytest.raises(AssessmentError) as refused:
        write(PeerReview.objects.get(giver=school.amira), at=at)
    assert refused.value.code == "closed"
    by_staff = PeerReview.objects.for_staff().get()
    hand_in_peer_review(review=by_staff, marks=PROFICIENT, summary="Runs.", by=school.cast.ilse, at=at)
    assert [told.label for told in peer_view(school.capstone, school.daan).told] == ["Program staff"]
    assert [told.label for told in peer_view(school.capstone, school.amira).told] == ["Peer 1"]
    ready = Message.objects.filter(kind="peer_reviews_ready")
    assert {message.recipient_id for message in ready} == {school.cast.amira.user_id, school.cast.daan.user_id}
    assert all(KINDS[message.kind].reason_untrue(message, at) == "" for message in ready)


def test_a_round_ends_early_when_all_is_written_and_a_review_is_handed_in_whole(school: School) -> None:
    for enrollment in (school.amira, school.daan):
        hand_in(school, enrollment=enrollment)
    opened = a_round(school, least=1)
    first, second = PeerReview.objects.order_by("pk")
    save_peer_review(review=first, marks={"quality": Mark(2, "Why?")}, summary="", by=first.giver.learner, at=LATER)
    with pytest.raises(ReviewIncomplete) as incomplete:
        hand_in_peer_review(review=first, marks={}, summary="", by=first.giver.learner, at=LATER)
    assert [gap.field for gap in incomplete.value.gaps] == [
        "score_quality", "score_testing", "score_documentation", "summary",
    ]  # fmt: skip
    for review in (first, second):
        write(review)
    settle_round(opened=opened, at=LATER)
    opened.refresh_from_db()
    assert opened.closed_at == LATER
    assert not PeerReview.objects.for_staff().exists()
    with pytest.raises(AssessmentError) as refused:
        close_round(opened=opened, at=LATER)
    assert refused.value.code == "closed"


def test_reminder_comes_once_before_the_round_is_due_while_something_is_to_be_written(school: School) -> None:
    for enrollment in (school.amira, school.daan):
        hand_in(school, enrollment=enrollment)
    opened = a_round(school)
    write(PeerReview.objects.get(giver=school.amira))
    assert queue_due(opened.due_at - timedelta(days=3)) == 0
    soon = opened.due_at - timedelta(days=2)
    assert (queue_due(soon), queue_due(soon)) == (1, 0)
    message = Message.objects.get(kind="peer_review_due")
    assert message.recipient_id == school.cast.daan.user_id
    assert KINDS[message.kind].reason_untrue(message, soon) == ""
    assert KINDS[message.kind].context(message)["due_on"] == DUE
    write(PeerReview.objects.get(giver=school.daan))
    assert KINDS[message.kind].reason_untrue(message, soon) == "There is no review to write any more."


def test_a_rule_opens_rounds_when_three_wait(school: School) -> None:
    set_rule(project=school.capstone, days=7, is_on=True, by=school.cast.ilse, at=LATER)
    for enrollment in (school.amira, school.daan):
        hand_in(school, enrollment=enrollment)
    assert open_by_rule(at=LATER) == []
    hand_in(school, enrollment=others(school, 1)[0])
    [opened] = open_by_rule(at=LATER)
    assert (opened.opened_by, opened.due_at - LATER > timedelta(days=7)) == (None, True)
    assert open_by_rule(at=LATER) == []


def test_nothing_the_learner_can_open_names_who_reviewed_them(shared_world: World, sign_in: SignIn) -> None:
    """Daan reviews Amira. Whatever she opens says nothing of him that it did not say before he did."""
    world = deepcopy(shared_world)
    amira, daan = world.cast.amira, world.cast.daan
    review = world.peer_review
    traces = [daan.name, "Daan", str(daan.pk), str(daan.user_id), daan.user.email, str(review.giver_id), str(review.pk)]
    names = [name for name in routes(get_resolver().url_patterns) if "organization" in parameters(name)]
    # A certificate was issued before, and is compressed.
    paths = {address(name, world) for name in names if not name.endswith("_pdf")}
    client = sign_in(amira)
    paths = {path for path in paths if client.get(path).status_code == 200}
    paths |= {f"/o/lantaarn/search/?q={word}" for word in ("Daan", "File", "Sharp")}

    def seen() -> dict[str, list[int]]:
        answers = {path: client.get(path) for path in sorted(paths)}
        texts = {
            path: b"".join(answer.streaming_content if answer.streaming else [answer.content]).decode(errors="replace")
            for path, answer in answers.items()
        }
        return {path: [text.count(trace) for trace in traces] for path, text in texts.items()}

    before = seen()
    now = timezone.now()
    with scope(world.cast.organization.pk):
        hand_in_peer_review(review=review, marks=PROFICIENT, summary="Sharp charts; label the axes.", by=daan, at=now)
        close_round(opened=review.round, at=now)
    assert seen() == before
    page = sign_in(amira).get(f"/o/lantaarn/projects/{world.project.pk}/")
    assert "Sharp charts; label the axes." in page.content.decode()
    with scope(world.cast.organization.pk):
        for message in Message.objects.filter(recipient=amira.user, kind__startswith="peer"):
            told = str(KINDS[message.kind].context(message)) + str(message.payload) + message.key
            assert not any(trace in told for trace in traces)


def test_staff_see_who_reviews_whom_and_nobody_else_does(
    cohort_of_two: School, sign_in: SignIn, django_assert_max_num_queries: Callable[..., object]
) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        for enrollment in (school.amira, school.daan):
            hand_in(school, enrollment=enrollment)
    client = sign_in(school.cast.ilse)
    work = f"{school.cohort.pk}:{school.capstone.pk}"
    due = timezone.localdate() + timedelta(days=7)
    wrong = client.post("/o/lantaarn/peer-rounds/open/", {"work": work, "due_on": "2020-01-01", "least": "2"})
    assert (wrong.status_code, wrong.context["form"].errors["due_on"]) == (
        422, ["Choose today or a later day to be done by."],
    )  # fmt: skip
    made = client.post("/o/lantaarn/peer-rounds/open/", {"work": work, "due_on": due.isoformat(), "least": "2"})
    page = client.get(made.url).content.decode()
    assert "Only program staff see who reviews whom." in page
    assert page.count("Daan Kuiper") >= 2
    assert sign_in(school.cast.joris).get(made.url).status_code == 403
    assert sign_in(school.cast.amira).get(made.url).status_code == 403
    with scope(school.cast.organization.pk):
        mine, theirs = PeerReview.objects.get(giver=school.amira), PeerReview.objects.get(giver=school.daan)
    client = sign_in(school.cast.amira)
    assert client.get(f"/o/lantaarn/peer-reviews/{theirs.pk}/").status_code == 404
    answer = client.post(
        f"/o/lantaarn/peer-reviews/{mine.pk}/hand-in/", {"score_quality": "3", "summary": "<script>x</script> Good"}
    )
    assert answer.status_code == 422
    assert "&lt;script&gt;x&lt;/script&gt; Good" in answer.content.decode()
