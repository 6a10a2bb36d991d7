from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from assessments.for_staff import waiting_for_staff
from assessments.gates import pass_level
from assessments.models import OpenGate
from assessments.open_gates import KIND, cohorts_to_look_at, notice_open_gates, queue_open_gates
from assessments.tasks import notice_organization_open_gates
from cohorts.progress import complete_topic, reopen_topic
from notifications.kinds import KINDS
from notifications.models import Message
from organizations.scope import scope
from tests.assessments.conftest import School, hand_in, judge
from tests.assessments.test_gates import finish_first_level


def test_gate_that_became_met_is_noticed_and_told_once(school: School) -> None:
    now = timezone.now()
    school.cohort.lead = school.cast.ilse
    school.cohort.save()
    assert cohorts_to_look_at() == [school.cohort.pk]
    assert notice_open_gates(cohort_id=school.cohort.pk, at=now) == 0
    finish_first_level(school)
    assert [notice_open_gates(cohort_id=school.cohort.pk, at=now) for _ in range(2)] == [1, 0]
    assert queue_open_gates(now) == 0  # the rule waits an hour, so that a slip can be mended
    later = now + timedelta(hours=1)
    assert [queue_open_gates(later) for _ in range(2)] == [2, 0]
    messages = list(Message.objects.filter(kind=KIND).select_related("recipient"))
    assert {message.recipient for message in messages} == {school.cast.amira.user, school.cast.ilse.user}
    kind = KINDS[KIND]
    assert [kind.reason_untrue(message, later) for message in messages] == ["", ""]
    contexts = {message.recipient_id: kind.context(message) for message in messages}
    assert contexts[school.cast.amira.user_id]["action_url"] == "/o/lantaarn/path/"
    assert contexts[school.cast.ilse.user_id]["action_url"] == f"/o/lantaarn/learners/{school.amira.pk}/gates/"
    waiting = waiting_for_staff(school.cast.ilse, at=later).gates
    assert [(row.learner, row.level, row.override) for row in waiting] == [("Amira Haddad", 1, None)]
    pass_level(enrollment=school.amira, level=school.levels[0], by=school.cast.ilse, on=timezone.localdate(now), at=now)
    assert waiting_for_staff(school.cast.ilse, at=later).gates == []
    assert [kind.reason_untrue(message, later) for message in messages] == ["The level is passed."] * 2


def test_gate_that_closed_again_waits_no_more(school: School) -> None:
    now = timezone.now()
    finish_first_level(school)
    notice_open_gates(cohort_id=school.cohort.pk, at=now)
    queue_open_gates(now + timedelta(hours=1))
    reopen_topic(enrollment=school.amira, topic=school.topics[0], by=school.cast.amira, on=timezone.localdate(now))
    message = Message.objects.get(kind=KIND)
    assert KINDS[KIND].reason_untrue(message, now) == "A criterion is missing again."
    assert notice_open_gates(cohort_id=school.cohort.pk, at=now) == 0
    assert not OpenGate.objects.exists()


def test_look_is_a_task_for_each_organization(cohort_of_two: School, sign_in: Callable[..., Client]) -> None:
    school = cohort_of_two
    with scope(school.cast.organization.pk):
        for topic in school.topics:
            complete_topic(enrollment=school.amira, topic=topic, by=school.cast.amira, on=timezone.localdate())
        judge(hand_in(school), school)
    notice_organization_open_gates(str(school.cast.organization.pk))
    html = sign_in(school.cast.ilse).get("/o/lantaarn/today/").content.decode()
    assert f'<a class="strong" href="/o/lantaarn/learners/{school.amira.pk}/gates/">Amira Haddad</a>' in html
    assert "level 1 can be decided on" in html
