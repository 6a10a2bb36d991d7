"""Histories from another system, and taking an import back."""

from datetime import date, timedelta

import pytest

from accounts.inviting import accept
from accounts.models import Invitation, Membership, Role
from cohorts.errors import CohortError
from cohorts.history import enroll, record_status, statuses_as_of
from cohorts.import_undo import plan_undo, undo_import
from cohorts.learner_import import read_columns
from cohorts.models import Cohort, Enrollment, EnrollmentEvent, ImportedRow, LearnerImport
from cohorts.progress import complete_topic
from cohorts.reasons import add_reason
from curriculum.models import Topic
from notifications.models import Message
from organizations.scope import scope
from outcomes.measuring.roster import Fate, roster_as_of
from tests.cohorts.given import NOW, START, a_cohort
from tests.cohorts.test_learner_import import LATER, counts, does, imported, kept, planned
from tests.conftest import Cast

HEADER = "email,name,status,effective_on,reason,returns_on,note"


def history(enrollment: Enrollment) -> list[tuple[str, date, str]]:
    events = enrollment.events.order_by("effective_on", "sequence")
    return [(event.to_status, event.effective_on, event.reason) for event in events]


@pytest.fixture
def cohort(lantaarn: Cast) -> Cohort:
    Membership.objects.joined().update(joined_at=NOW)
    return a_cohort(status=Cohort.Status.RUNNING)


# -- histories ---------------------------------------------------------------------------------------------------------


def test_history_of_somebody_new_is_recorded_with_its_own_dates(lantaarn: Cast, cohort: Cohort) -> None:
    report = imported(
        cohort, lantaarn.ilse,
        "old@example.org,Olga,withdrawn,2026-09-28,health,,Moved in with family",
        "old@example.org,,enrolled,2026-09-01,,,",
        "old@example.org,,active,2026-09-07,,,",
        "on@example.org,Onno,active,2026-09-07,,,",
        "on@example.org,,on leave,2026-09-14,,2026-10-14,",
        header=HEADER, at=LATER,
    )  # fmt: skip

    assert counts(report) == (2, 0, 5, 0, 1)
    olga = Enrollment.objects.get(learner__name="Olga")
    assert history(olga) == [
        ("enrolled", date(2026, 9, 1), ""), ("active", START, ""), ("withdrawn", date(2026, 9, 28), "health"),
    ]  # fmt: skip
    assert (olga.status, olga.events.latest("sequence").recorded_by) == ("withdrawn", lantaarn.ilse)
    assert olga.events.latest("sequence").recorded_at.date() > date(2026, 9, 28)
    # Who had left is known, and is not written to.
    assert set(Message.objects.filter(kind="invitation").values_list("recipient__email", flat=True)) == {
        "on@example.org"
    }


def test_history_again_records_nothing_and_adds_what_is_missing(lantaarn: Cast, cohort: Cohort) -> None:
    first = ["old@example.org,Olga,active,2026-09-07,,,", "old@example.org,,on_leave,2026-09-14,,2026-09-28,"]
    imported(cohort, lantaarn.ilse, *first, header=HEADER, at=LATER)

    assert counts(imported(cohort, lantaarn.ilse, *first, header=HEADER, at=LATER)) == (0, 0, 0, 0, 0)
    report = imported(cohort, lantaarn.ilse, *first, "old@example.org,,active,2026-09-28,,,", header=HEADER, at=LATER)

    assert counts(report) == (0, 0, 1, 0, 0)
    assert [status for status, _day, _reason in history(Enrollment.objects.get())] == ["active", "on_leave", "active"]


def test_move_that_the_table_forbids_leaves_out_all_of_that_learner(lantaarn: Cast, cohort: Cohort) -> None:
    lines = [
        "a@example.org,Anne,active,2026-09-07,,,", "a@example.org,,waiting,2026-09-14,,,",
        "b@example.org,Bo,active,2026-09-07,,,", "b@example.org,,withdrawn,2026-09-14,,,",
        "c@example.org,Cas,active,2026-09-07,,,", "d@example.org,,active,2026-09-07,,,",
    ]  # fmt: skip
    file = kept(cohort, lantaarn.ilse, *lines, header=HEADER, at=LATER)

    assert does(planned(file)) == [
        (2, "refused", [("", "Left out with row 3 of the same learner.")]),
        (3, "refused", [("status", "A learner who is active cannot become waiting.")]),
        (4, "refused", [("", "Left out with row 5 of the same learner.")]),
        (5, "refused", [("reason", "Choose a reason: why somebody left is counted.")]),
        (6, "new", []),
        (7, "refused", [("name", "They are not in this cohort. To add them, give their email and name.")]),
    ]
    assert not Enrollment.objects.exists()
    assert not EnrollmentEvent.objects.exists()
    assert counts(imported(cohort, lantaarn.ilse, *lines, header=HEADER, at=LATER)) == (1, 0, 1, 0, 1)


def test_reasons_are_those_of_the_organization(lantaarn: Cast, cohort: Cohort) -> None:
    """In either language, or as what they count as; a word that is none is told with those that are."""
    add_reason(name="Went to sea", name_nl="Naar zee", category="moved")
    lines = [
        line
        for number, reason in enumerate(("naar ZEE", "Went to sea", "health", "bad weather"))
        for line in (f"{number}@example.org,L {number},active,2026-09-07,,,",
                     f"{number}@example.org,,withdrawn,2026-09-14,{reason},,")
    ]  # fmt: skip
    file = kept(cohort, lantaarn.ilse, *lines, header=HEADER, at=LATER)
    [(_number, _does, [(column, message)])] = [
        one for one in does(planned(file)) if one[1] == "refused" and one[0] == 9
    ]
    assert (column, "Went to sea" in message) == ("reason", True)
    imported(cohort, lantaarn.ilse, *lines, header=HEADER, at=LATER)
    left = EnrollmentEvent.objects.filter(to_status="withdrawn").order_by("enrollment__learner__name")
    assert [(event.reason, event.reason_name) for event in left.select_related("leaving_reason")[:2]] == [
        ("moved", "Went to sea"), ("moved", "Went to sea"),
    ]  # fmt: skip
    assert left[2].reason == "health"


def test_too_many_changes_are_refused_whole(lantaarn: Cast, cohort: Cohort) -> None:
    lines = [f"l{number}@example.org,L,active,2026-09-07,,," for number in range(1001)]

    file = kept(cohort, lantaarn.ilse, *lines, header=HEADER)
    with pytest.raises(CohortError, match="at most 1000 fit") as refused:
        read_columns(file=file, columns=file.columns, by=lantaarn.ilse, at=NOW)
    assert refused.value.code == "too_many_changes"


# -- taking back -------------------------------------------------------------------------------------------------------


def last_import() -> LearnerImport:
    return LearnerImport.objects.latest("recorded_at")


def taken_back(by: Membership) -> list[tuple[str, str, str]]:
    done = last_import()
    undone = undo_import(done=done, by=by, at=LATER + timedelta(days=1))
    rows = undone.rows.select_related("enrollment__learner").order_by("enrollment__learner__name")
    return [(row.enrollment.learner.name, row.kind, row.note) for row in rows]


def test_whom_it_enrolled_were_never_there(lantaarn: Cast, cohort: Cohort) -> None:
    imported(
        cohort, lantaarn.ilse, "new@example.org,Nadia,2026-09-07", "daan@lantaarn.example,Daan,2026-09-07",
        "joris@lantaarn.example,Joris,2026-09-07", header="email,name,starts_on", at=LATER,
    )  # fmt: skip
    assert len(roster_as_of(date(2026, 11, 1)).entries) == 3

    assert [kind for _name, kind, _note in taken_back(lantaarn.ilse)] == ["taken_back"] * 3

    assert (Enrollment.objects.count(), Enrollment.including_void.count()) == (0, 3)
    assert roster_as_of(date(2026, 11, 1)).entries == ()
    assert cohort.enrollments.count() == 0
    assert not Invitation.objects.open(at=LATER).exists()
    assert Membership.objects.get(pk=lantaarn.joris.pk).roles == [Role.MENTOR]
    with pytest.raises(CohortError) as refused:
        undo_import(done=LearnerImport.objects.get(undoes=None), by=lantaarn.ilse, at=LATER)
    assert refused.value.code == "undone_already"


def test_who_was_taken_back_may_come_in_again(lantaarn: Cast, cohort: Cohort) -> None:
    imported(cohort, lantaarn.ilse, "new@example.org,Nadia,A-1", header="email,name,external_id", at=LATER)
    taken_back(lantaarn.ilse)

    report = imported(cohort, lantaarn.ilse, "new@example.org,Nadia,A-1", header="email,name,external_id", at=LATER)

    assert counts(report) == (1, 0, 0, 0, 1)
    assert Enrollment.objects.get().external_id == "A-1"


def test_what_was_built_on_is_named_and_left(lantaarn: Cast, cohort: Cohort) -> None:
    imported(
        cohort, lantaarn.ilse, "amira@lantaarn.example,A", "daan@lantaarn.example,D", "in@example.org,In",
        "mentored@example.org,Mo", "still@example.org,Still", at=LATER,
    )  # fmt: skip
    rows = {row.learner.user.email.split("@")[0]: row for row in Enrollment.objects.select_related("learner__user")}
    complete_topic(
        enrollment=rows["amira"], topic=Topic.objects.filter(module__level__version=cohort.version)[0],
        by=lantaarn.ilse, on=LATER.date(),
    )  # fmt: skip
    record_status(
        enrollment=rows["daan"], to="withdrawn", reason="work", effective_on=LATER.date(), by=lantaarn.ilse, at=LATER
    )
    Membership.objects.filter(pk=rows["in"].learner_id).update(joined_at=LATER + timedelta(hours=1))
    Enrollment.objects.filter(pk=rows["mentored"].pk).update(mentor=lantaarn.joris)

    assert taken_back(lantaarn.ilse) == [
        ("Amira Haddad", "left", "Something was recorded about them since."),
        ("Daan Kuiper", "left", "Their status changed since."),
        ("In", "left", "They accepted the invitation."),
        ("Mo", "left", "They were changed since."),
        ("Still", "taken_back", ""),
    ]
    assert Enrollment.objects.count() == 4


def test_changed_fields_get_their_value_of_before(lantaarn: Cast, cohort: Cohort) -> None:
    header = "email,name,external_id,mentor,seeks_job"
    imported(cohort, lantaarn.ilse, "new@example.org,New,A-1,,", "b@example.org,B,B-1,,", header=header, at=NOW)
    imported(
        cohort, lantaarn.ilse, "new@example.org,Nadia,A-2,joris@lantaarn.example,yes", "b@example.org,B,B-2,,",
        header=header, at=NOW + timedelta(hours=1),
    )  # fmt: skip
    Enrollment.objects.filter(external_id="B-2").update(external_id="B-3")

    assert taken_back(lantaarn.ilse) == [("B", "left", "They were changed since."), ("New", "taken_back", "")]
    row = Enrollment.objects.select_related("learner").get(external_id="A-1")
    assert (row.learner.name, row.mentor, row.seeks_job, row.seeks_job_declared_at) == ("New", None, None, None)
    assert Enrollment.objects.filter(external_id="B-3").exists()


def test_recorded_statuses_are_corrected_on_their_own_days(lantaarn: Cast, cohort: Cohort) -> None:
    amira = enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, status="active", at=NOW)
    imported(
        cohort, lantaarn.ilse, "amira@lantaarn.example,,on leave,2026-09-14,,2026-09-20,",
        "amira@lantaarn.example,,active,2026-09-20,,,", "amira@lantaarn.example,,withdrawn,2026-09-25,work,,",
        header=HEADER, at=LATER,
    )  # fmt: skip
    days = [START + timedelta(days=number) for number in range(30)]
    assert {statuses_as_of([amira], on=day)[amira.pk] for day in days} == {"active", "on_leave", "withdrawn"}

    assert taken_back(lantaarn.ilse) == [("Amira Haddad", "taken_back", "")]

    assert {statuses_as_of([amira], on=day)[amira.pk] for day in days} == {"active"}
    assert Enrollment.objects.get().status == "active"
    assert roster_as_of(date(2026, 11, 1)).entries[0].fate is Fate.ACTIVE


def test_the_plan_of_taking_back_says_the_same(lantaarn: Cast, cohort: Cohort) -> None:
    imported(cohort, lantaarn.ilse, "a@example.org,A", "b@example.org,B", at=LATER)
    Enrollment.objects.filter(learner__name="A").update(mentor=lantaarn.joris)

    assert [(one.row.number, one.reason) for one in plan_undo(done=last_import())] == [
        (2, "They were changed since."), (3, ""),
    ]  # fmt: skip
    assert not ImportedRow.objects.filter(kind="taken_back").exists()


def test_accepted_invitations_still_work_after_another_import_is_taken_back(cast: Cast) -> None:
    with scope(cast.organization.pk):
        there = a_cohort(name="There")
        here = a_cohort(name="Here", version=there.version)
        imported(there, cast.ilse, "new@example.org,Nadia", at=NOW)
        imported(here, cast.ilse, "new@example.org,Nadia", at=NOW + timedelta(hours=1))
        undo_import(done=LearnerImport.objects.get(cohort=here), by=cast.ilse, at=NOW + timedelta(hours=2))
        message = Message.objects.filter(kind="invitation").latest("created_at")
        token = message.payload["path"].rstrip("/").rpartition("/")[2]
        user = Membership.objects.get(name="Nadia").user

    assert accept(token=token, user=user, at=NOW + timedelta(hours=3)).name == "Nadia"
