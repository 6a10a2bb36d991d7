from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.models import Invitation, Membership, Role, User
from cohorts.errors import CohortError
from cohorts.history import enroll, statuses_as_of
from cohorts.import_plan import Change, Does, Plan
from cohorts.learner_import import ImportChanged, ImportReport, import_file, keep_file, plan_of, read_columns
from cohorts.models import Cohort, ColumnReading, Enrollment, ImportedRow, ImportFile, LearnerImport
from cohorts.offering import line_of
from mentoring.models import Mentor
from notifications.models import Message
from organizations.scope import scope
from tests.cohorts.given import NOW, START, a_cohort
from tests.conftest import Cast

LATER = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


def kept(cohort: Cohort, by: Membership, *lines: str, header: str = "email,name", at: datetime = NOW) -> ImportFile:
    return keep_file(cohort=cohort, name="learners.csv", data="\n".join([header, *lines]).encode(), by=by, at=at)


def planned(file: ImportFile) -> Plan:
    plan = plan_of(file)
    assert plan is not None
    return plan


def imported(
    cohort: Cohort, by: Membership, *lines: str, header: str = "email,name", at: datetime = NOW
) -> ImportReport:
    file = kept(cohort, by, *lines, header=header, at=at)
    return import_file(file=file, digest=planned(file).digest, by=by, at=at)


def counts(report: ImportReport) -> tuple[int, ...]:
    return report.enrolled, report.changed, report.recorded, report.waiting, report.invited


def does(plan: Plan) -> list[tuple[int, str, list[tuple[str, str]]]]:
    return [(step.number, step.does, list(step.errors)) for step in plan.steps]


# -- the difference ----------------------------------------------------------------------------------------------------


def test_the_difference_tells_every_row(lantaarn: Cast) -> None:
    cohort = a_cohort()
    amira = enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, external_id="7", at=NOW)
    enroll(cohort=cohort, learner=lantaarn.daan, by=None, effective_on=START, external_id="D", at=NOW)

    with CaptureQueriesContext(connection) as queries:
        file = kept(
            cohort, lantaarn.ilse,
            "amira@lantaarn.example,Amira,8,joris@lantaarn.example,,yes",
            "new@example.org,New,D,amira@lantaarn.example,2026-09-06,",
            "fine@example.org,Fine,9,joris@lantaarn.example,2026-09-07,no",
            "daanlantaarn.example,Daan,D,,,",
            ",Nobody,X-1,,,",
            header="email,name,external_id,mentor_email,starts_on,seeks_job",
        )  # fmt: skip

    plan = planned(file)
    assert len(queries) < 18
    assert [(step.number, step.does) for step in plan.steps] == [
        (2, Does.CHANGED), (3, Does.REFUSED), (4, Does.NEW), (5, Does.REFUSED), (6, Does.REFUSED),
    ]  # fmt: skip
    assert (plan.steps[0].enrollment, plan.steps[0].changes, plan.steps[0].note) == (
        str(amira.pk),
        (
            Change(field="external_id", before="7", after="8"),
            Change(field="mentor_email", before="", after="joris@lantaarn.example"),
            Change(field="seeks_job", before="", after="yes"),
        ),
        "They have joined and write their own name: “Amira” is left out.",
    )
    assert [error for step in plan.steps for error in step.errors] == [
        ("mentor_email", "Nobody with this address is a mentor here. Invite them first."),
        (
            "email",
            "This external id is that of Daan Kuiper (daan@lantaarn.example). Mend one of the two cells.",
        ),
        ("email", "“daanlantaarn.example” is not an email address."),
        ("external_id", "Nobody in this cohort has this external id. To add them, give their email."),
    ]  # fmt: skip
    assert not User.objects.filter(email="fine@example.org").exists()


def test_who_is_not_in_the_file_is_named_and_left_alone(lantaarn: Cast) -> None:
    cohort = a_cohort()
    for learner in (lantaarn.amira, lantaarn.daan):
        enroll(cohort=cohort, learner=learner, by=None, effective_on=START, at=NOW)

    plan = planned(kept(cohort, lantaarn.ilse, "daan@lantaarn.example,", header="email,name,language"))

    assert [(step.number, step.does, step.name) for step in plan.steps] == [
        (2, Does.REFUSED, ""), (0, Does.ABSENT, "Amira Haddad"),
    ]  # fmt: skip
    assert Enrollment.objects.count() == 2


def test_declaration_of_a_job_stays_after_the_census(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Cohort.Status.RUNNING)
    enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, seeks_job=True, at=NOW)
    after = datetime(2026, 9, 22, 12, tzinfo=UTC)
    line, header = "amira@lantaarn.example,Amira Haddad,no", "email,name,seeks_job"

    assert does(planned(kept(cohort, lantaarn.ilse, line, header=header, at=after))) == [
        (2, "refused", [
            ("seeks_job", "Declared before the census date of 2026-09-21, and it stays. Empty this cell.")
        ]),
    ]  # fmt: skip
    assert counts(imported(cohort, lantaarn.ilse, line, header=header, at=after - timedelta(days=1))) == (0, 1, 0, 0, 0)


def test_columns_that_leave_a_question_are_asked_about(lantaarn: Cast) -> None:
    cohort = a_cohort()

    file = kept(cohort, lantaarn.ilse, "Nadia,nadia@example.org", header="Wie,Adres")
    assert (file.plan, file.columns) == (None, ["", ""])
    with pytest.raises(CohortError) as refused:
        read_columns(file=file, columns=["name", "name"], by=lantaarn.ilse, at=NOW)
    assert refused.value.code == "wrong_columns"
    assert ImportFile.objects.get().text == "Wie,Adres\nNadia,nadia@example.org"

    plan = read_columns(file=file, columns=["name", "email"], by=lantaarn.ilse, at=NOW)
    assert plan is not None
    assert [(step.does, step.name, step.email) for step in plan.steps] == [("new", "Nadia", "nadia@example.org")]
    assert kept(cohort, lantaarn.ilse, "Noor,noor@example.org", header="Wie,Adres").plan is not None
    assert ColumnReading.objects.count() == 1


# -- importing ---------------------------------------------------------------------------------------------------------


def test_import_invites_and_enrolls(lantaarn: Cast) -> None:
    cohort = a_cohort()

    report = imported(
        cohort, lantaarn.ilse,
        "new@example.org,Nadia el Idrissi,A-1,joris@lantaarn.example,yes,America/Toronto,nl",
        "daan@lantaarn.example,Daan again,A-2,,no,,en",
        header="email,name,external_id,mentor_email,seeks_job,time_zone,language",
    )  # fmt: skip

    assert counts(report) == (2, 0, 0, 0, 1)
    assert list(
        Enrollment.objects.order_by("external_id").values_list(
            "learner__user__email", "learner__name", "external_id", "mentor", "seeks_job", "status", "status_since"
        )
    ) == [
        ("new@example.org", "Nadia el Idrissi", "A-1", lantaarn.joris.pk, True, "enrolled", NOW.date()),
        ("daan@lantaarn.example", "Daan Kuiper", "A-2", None, False, "enrolled", NOW.date()),
    ]
    stranger, daan = User.objects.get(email="new@example.org"), User.objects.get(pk=lantaarn.daan.user_id)
    assert (stranger.language, stranger.time_zone) == ("nl", "America/Toronto")
    assert (daan.language, daan.time_zone) == ("en", "Europe/Amsterdam")
    assert Membership.objects.get(user=stranger).roles == [Role.LEARNER]
    assert list(Message.objects.filter(kind="invitation").values_list("recipient__email", flat=True)) == [
        "new@example.org"
    ]
    assert list(ImportedRow.objects.order_by("number").values_list("number", "kind")) == [
        (2, "enrolled"), (3, "enrolled"),
    ]  # fmt: skip
    assert not ImportFile.objects.exists()


def test_the_same_file_twice_changes_nothing(lantaarn: Cast) -> None:
    cohort = a_cohort()
    line, header = "new@example.org,New,A-1,joris@lantaarn.example,yes", "email,name,external_id,mentor,seeks_job"
    imported(cohort, lantaarn.ilse, line, header=header)

    file = kept(cohort, lantaarn.ilse, line, header=header, at=LATER)
    assert does(planned(file)) == [(2, "unchanged", [])]
    report = import_file(file=file, digest=planned(file).digest, by=lantaarn.ilse, at=LATER)

    assert (report.done, counts(report)) == (None, (0, 0, 0, 0, 0))
    assert Invitation.objects.count() == Enrollment.objects.count() == LearnerImport.objects.count() == 1


def test_what_differs_is_changed_and_an_empty_cell_empties_nothing(lantaarn: Cast) -> None:
    cohort, header = a_cohort(), "email,name,external_id,mentor,seeks_job"
    imported(cohort, lantaarn.ilse, "new@example.org,New,A-1,joris@lantaarn.example,yes", header=header)

    report = imported(cohort, lantaarn.ilse, "new@example.org,Nadia,A-2,,no", header=header, at=LATER - timedelta(20))

    row = Enrollment.objects.get()
    assert counts(report) == (0, 1, 0, 0, 0)
    assert (row.learner.name, row.external_id, row.mentor_id, row.seeks_job) == (
        "Nadia", "A-2", lantaarn.joris.pk, False,
    )  # fmt: skip
    fact = ImportedRow.objects.get(kind="changed")
    assert (fact.before, fact.after) == (
        {"name": "New", "external_id": "A-1", "seeks_job": True},
        {"name": "Nadia", "external_id": "A-2", "seeks_job": False},
    )


def test_learner_is_found_by_external_id_alone(lantaarn: Cast) -> None:
    cohort = a_cohort()
    enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, external_id="7", at=NOW)

    report = imported(cohort, lantaarn.ilse, "7,joris@lantaarn.example", header="external_id,mentor_email")

    assert (counts(report), Enrollment.objects.get().mentor) == ((0, 1, 0, 0, 0), lantaarn.joris)


def test_refused_rows_are_left_out(lantaarn: Cast) -> None:
    report = imported(a_cohort(), lantaarn.ilse, "a@example.org,A", "nonsense,B", "c@example.org,C")

    assert counts(report) == (2, 0, 0, 0, 2)


def test_what_changed_since_the_preview_is_shown_again_and_not_written(lantaarn: Cast) -> None:
    cohort = a_cohort()
    file = kept(cohort, lantaarn.ilse, "amira@lantaarn.example,Amira,A-1", header="email,name,external_id")
    digest = planned(file).digest
    enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, external_id="Z", at=NOW)

    with pytest.raises(ImportChanged):
        import_file(file=file, digest=digest, by=lantaarn.ilse, at=NOW)

    assert Enrollment.objects.get().external_id == "Z"
    file.refresh_from_db()
    assert [(step.does, step.changes) for step in planned(file).steps] == [
        ("changed", (Change(field="external_id", before="Z", after="A-1"),))
    ]


def test_import_into_a_cohort_that_is_over_leaves_nobody_behind(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Cohort.Status.COMPLETED)

    with pytest.raises(CohortError) as refused:
        imported(cohort, lantaarn.ilse, "a@example.org,A")

    assert refused.value.code == "cohort_closed"
    assert not User.objects.filter(email="a@example.org").exists()
    assert ImportFile.objects.exists()


def test_learners_of_a_running_cohort_are_active_from_their_start(lantaarn: Cast) -> None:
    cohort = a_cohort(status=Cohort.Status.RUNNING)

    imported(
        cohort, lantaarn.ilse, "past@example.org,Past,2026-09-07", "now@example.org,Now,",
        "soon@example.org,Soon,2026-11-02", header="email,name,starts_on", at=LATER,
    )  # fmt: skip

    made = {one.learner.user.email[:4]: one for one in Enrollment.objects.select_related("learner__user")}
    assert {name: (one.status, one.status_since) for name, one in made.items()} == {
        "past": ("active", date(2026, 9, 7)),
        "now@": ("active", LATER.date()),
        "soon": ("enrolled", LATER.date()),
    }
    assert statuses_as_of([made["soon"]], on=date(2026, 11, 2)) == {made["soon"].pk: "active"}


def test_learners_beyond_the_seats_wait(lantaarn: Cast) -> None:
    report = imported(a_cohort(capacity=2), lantaarn.ilse, "a@example.org,A", "b@example.org,B", "c@example.org,C")

    assert counts(report) == (3, 0, 0, 1, 3)
    assert Enrollment.objects.get(status="waiting").learner.user.email == "c@example.org"


def test_people_imported_together_wait_in_the_order_of_the_file(lantaarn: Cast) -> None:
    cohort = a_cohort(capacity=1)
    enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, at=NOW)
    names = ["Zed", "Ann", "Mia", "Bo", "Kim"]
    imported(cohort, lantaarn.ilse, *(f"{name.lower()}@example.org,{name}" for name in names))

    assert [one.learner.name for one in line_of(cohort)] == names


def test_a_mentor_in_the_file_gets_no_more_learners_than_they_take(lantaarn: Cast) -> None:
    cohort = a_cohort()
    Mentor.objects.create(membership=lantaarn.joris, capacity=2)
    enroll(cohort=cohort, learner=lantaarn.amira, by=None, effective_on=START, mentor=lantaarn.joris, at=NOW)
    enroll(cohort=cohort, learner=lantaarn.daan, by=None, effective_on=START, at=NOW)
    lines, joris = (
        [
            "amira@lantaarn.example,Amira Haddad",
            "a@example.org,A",
            "b@example.org,B",
            "daan@lantaarn.example,Daan Kuiper",
        ],
        (",joris@lantaarn.example"),
    )
    file = kept(cohort, lantaarn.ilse, *(line + joris for line in lines), header="email,name,mentor_email")

    said = "All places of Joris Hoekema are taken: the mentor is left out."
    assert [(step.does, step.note, len(step.changes)) for step in planned(file).steps] == [
        ("unchanged", "", 0), ("new", "", 1), ("new", said, 0), ("unchanged", said, 0),
    ]  # fmt: skip
    assert counts(import_file(file=file, digest=file.digest, by=lantaarn.ilse, at=NOW)) == (2, 0, 0, 0, 2)
    theirs = Enrollment.objects.filter(mentor=lantaarn.joris).values_list("learner__name", flat=True)
    assert sorted(theirs) == ["A", "Amira Haddad"]


def test_person_known_elsewhere_keeps_what_they_chose(cast: Cast) -> None:
    with scope(cast.organization.pk):
        imported(
            a_cohort(), cast.ilse, "otto@elsewhere.example,Otto,nl,America/Toronto",
            header="email,name,language,time_zone",
        )  # fmt: skip

    otto = User.objects.get(email="otto@elsewhere.example")
    assert (otto.language, otto.time_zone) == ("en", "Europe/Amsterdam")


def test_queries_do_not_grow_with_the_rows(lantaarn: Cast) -> None:
    def queries(first: int, count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            imported(cohort, lantaarn.ilse, *(f"l{number}@example.org,L" for number in range(first, first + count)))
        return len(captured)

    cohort = a_cohort()
    queries(0, 1)  # which remembers the columns
    assert queries(1, 1) == queries(2, 30)


@pytest.mark.django_db(transaction=True)
def test_two_who_import_the_same_file_at_once_import_it_once(cast: Cast) -> None:
    lines = [f"l{number}@example.org,L {number}" for number in range(20)]
    with scope(cast.organization.pk):
        cohort = a_cohort()
        files = [kept(cohort, person, *lines) for person in (cast.ilse, cast.ada)]
        digest = planned(files[0]).digest

    def run(file: ImportFile) -> str:
        try:
            with scope(cast.organization.pk):
                try:
                    return str(import_file(file=file, digest=digest, by=file.uploaded_by, at=NOW).enrolled)
                except CohortError as error:
                    return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        found: Sequence[str] = sorted(pool.map(run, files))

    assert found == ["20", "import_changed"]
    with scope(cast.organization.pk):
        assert (Enrollment.objects.count(), LearnerImport.objects.count()) == (20, 1)
        assert {step.does for step in planned(ImportFile.objects.get()).steps} == {Does.UNCHANGED}
