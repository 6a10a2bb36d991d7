"""Learners from a file: it lies ready, is shown as a difference, and is imported as it was shown.

Safe to repeat, and safe for two at once: the cohort is locked, the difference is made again, and when it is another
one than was shown nothing is written. Nobody is ever removed. A long file is checked and imported by a worker.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.inviting import invite_many
from accounts.models import Membership, Role, User
from cohorts.errors import CohortError
from cohorts.history import Entry, enroll_many
from cohorts.import_columns import check_columns, columns_of, is_history, remember
from cohorts.import_history import check_length, plan_history, record_history
from cohorts.import_plan import Does, Plan, Present, Step, plan_rows, present_in
from cohorts.import_rows import LearnerRow, Sheet, read_rows
from cohorts.import_table import Table, decode, read_table
from cohorts.import_work import Work, ask_for, give_up, is_long, language_of
from cohorts.mentors import record_mentors
from cohorts.models import (
    Cohort,
    Enrollment,
    EnrollmentEvent,
    ImportedRow,
    ImportFile,
    LearnerImport,
    LeavingReason,
    MentorAssignment,
)
from organizations.errors import DomainError

Kind = ImportedRow.Kind


@dataclass(frozen=True)
class ImportReport:
    """What was done; `done` is None when the file says nothing new. `invited` got a mail, `waiting` wait for a seat."""

    done: LearnerImport | None
    enrolled: int = 0
    changed: int = 0
    recorded: int = 0
    waiting: int = 0
    invited: int = 0


class ImportChanged(CohortError):
    """Importing would now do something else than what was shown; the file's plan is the new one."""

    is_conflict = True


# -- the file that lies ready ------------------------------------------------------------------------------------------


def keep_file(*, cohort: Cohort, name: str, data: bytes, by: Membership, at: datetime) -> ImportFile:
    """Put the file ready in place of an earlier one, with its columns guessed; planned when they leave no question.

    Raises CohortError as `decode` and `read_table` do.
    """
    text = decode(data)
    table = read_table(text)
    columns = columns_of(table.header)
    with transaction.atomic():
        ImportFile.objects.filter(cohort=cohort, uploaded_by=by).exclude(work=Work.IMPORT).delete()
        file = ImportFile.objects.create(
            cohort=cohort, name=_plain(name), text=text, columns=columns, uploaded_by=by, uploaded_at=at
        )
        if all(columns):
            try:
                read_columns(file=file, columns=columns, by=by, at=at)
            except CohortError:
                return file
    return file


def read_columns(*, file: ImportFile, columns: Sequence[str], by: Membership, at: datetime) -> Plan | None:
    """Read the columns so, remember it for the next file with this header, and plan; None while a worker does that.

    Raises CohortError `wrong_columns`, or `too_many_changes` of a history.
    """
    check_columns(columns)
    table = read_table(file.text)
    if is_history(columns):
        check_length(table.rows)
    remember(table.header, columns)
    file.columns = list(columns)
    if is_long(len(table.rows)):
        file.plan, file.digest = None, ""
        file.save(update_fields=["columns", "plan", "digest"])
        ask_for(file, Work.CHECK, by=by, at=at)
        return None
    return _replan(file, at)


def plan_of(file: ImportFile) -> Plan | None:
    """The preview, once the columns are known."""
    return None if file.plan is None else Plan.from_json(file.plan)


def table_of(file: ImportFile) -> Table:
    return read_table(file.text)


def _read(file: ImportFile) -> Sheet:
    reasons = LeavingReason.objects.all() if is_history(file.columns) else ()
    return read_rows(table_of(file), file.columns, reasons=reasons)


def _replan(file: ImportFile, at: datetime) -> Plan:
    plan = _plan(file.cohort, _read(file), file.columns, at, file.uploaded_by)
    file.plan, file.digest = plan.as_json(), plan.digest
    file.save(update_fields=["columns", "plan", "digest"])
    return plan


def _plan(cohort: Cohort, sheet: Sheet, columns: Sequence[str], at: datetime, by: Membership) -> Plan:
    present = present_in(cohort, sheet.rows)
    if is_history(columns):
        return plan_history(cohort=cohort, sheet=sheet, present=present, by=by, at=at)
    return plan_rows(cohort=cohort, sheet=sheet, present=present, today=cohort.today(at))


# -- importing ---------------------------------------------------------------------------------------------------------


def start_import(*, file: ImportFile, digest: str, by: Membership, at: datetime) -> ImportReport | None:
    """Import the file as it was shown under that digest; None when it is long, and a worker is at it now.

    Raises what `import_file` raises; ImportChanged also where another difference was shown meanwhile.
    """
    if file.work:
        return None
    plan = plan_of(file)
    if plan is None or not is_long(plan.writes):
        return import_file(file=file, digest=digest, by=by, at=at)
    if digest != file.digest:
        raise ImportChanged("import_changed", _changed_meanwhile())
    ask_for(file, Work.IMPORT, by=by, at=at, agreed=digest)
    return None


def work_on(file: ImportFile, *, at: datetime) -> None:
    """Do what is asked for, from `take_up`, all or nothing; what is refused stands at the file. Again it does nothing
    more."""
    with translation.override(language_of(file)), transaction.atomic():
        try:
            if file.work == Work.IMPORT and file.asked_by is not None:
                import_file(file=file, digest=file.agreed, by=file.asked_by, at=at)
                return
            if not ImportFile.objects.select_for_update(of=("self",)).filter(pk=file.pk, work=file.work).exists():
                return
            with transaction.atomic():
                _replan(file, at)
        except DomainError as error:
            if ImportFile.objects.filter(pk=file.pk).exists():
                give_up(file, str(error))
        else:
            give_up(file)


def _changed_meanwhile() -> str:
    return _("Something changed since you looked: nothing was imported. This is what the file would do now.")


def import_file(*, file: ImportFile, digest: str, by: Membership, at: datetime) -> ImportReport:
    """Do what was shown under that digest, all or nothing; refused rows are left out.

    Raises ImportChanged `import_changed` when it would do something else now, CohortError `file_gone` when it was
    imported meanwhile, and as `enroll_many` does.
    """
    try:
        with transaction.atomic():
            cohort = Cohort.objects.select_for_update(no_key=True).get(pk=file.cohort_id)
            locked = ImportFile.objects.select_for_update(of=("self",)).filter(pk=file.pk).first()
            if locked is None:
                raise CohortError("file_gone", _("This file was imported or replaced meanwhile. Look at the imports."))
            sheet = _read(locked)
            present = present_in(cohort, sheet.rows)
            if is_history(locked.columns):
                plan, facts, report = record_history(cohort=cohort, sheet=sheet, present=present, by=by, at=at)
            else:
                plan = plan_rows(cohort=cohort, sheet=sheet, present=present, today=cohort.today(at))
                facts, report = _write(plan, sheet, present, cohort, by, at) if plan.digest == digest else ([], {})
            if plan.digest != digest:
                raise ImportChanged("import_changed", _changed_meanwhile())
            locked.delete()
            done = None
            if facts:
                # Under the id of the file, so that its address leads to what became of it.
                done = LearnerImport.objects.create(
                    id=file.pk, cohort=cohort, file_name=locked.name, recorded_by=by, recorded_at=at
                )
                for fact in facts:
                    fact.learner_import = done
                ImportedRow.objects.bulk_create(facts, batch_size=1000)
    except ImportChanged:
        _replan(file, at)
        raise
    return ImportReport(done=done, **report)


def _write(
    plan: Plan, sheet: Sheet, present: Present, cohort: Cohort, by: Membership, at: datetime
) -> tuple[list[ImportedRow], dict[str, int]]:
    rows = {row.number: row for row in sheet.rows}
    new = {rows[step.number]: _mentor_of(step, present) for step in plan.steps if step.does == Does.NEW}
    changed = [step for step in plan.steps if step.does == Does.CHANGED]
    facts, report = _enroll(new, cohort, by, at)
    return facts + _change(changed, present, cohort, by, at), {**report, "changed": len(changed)}


def _mentor_of(step: Step, present: Present) -> Membership | None:
    """Whom the step gives the learner: nobody when the mentor that the row names has no place."""
    return next((present.mentors[one.after] for one in step.changes if one.field == "mentor_email"), None)


def _enroll(
    mentors: Mapping[LearnerRow, Membership | None], cohort: Cohort, by: Membership, at: datetime
) -> tuple[list[ImportedRow], dict[str, int]]:
    """Invite and enroll, with the mentor of each row: as of today, or their own start when it lies before.

    In a running cohort they are active.
    """
    rows = list(mentors)
    if not rows:
        return [], {}
    emails = [row.email for row in rows]
    known = set(User.objects.filter(email__in=emails).values_list("email", flat=True))
    had = dict(Membership.objects.filter(user__email__in=emails).values_list("user__email", "roles"))
    learners = invite_many(names={row.email: row.name for row in rows}, roles=[Role.LEARNER], by=by, at=at)
    strangers = []
    for row in rows:
        if row.email not in known and (row.language or row.time_zone):
            person = learners[row.email].user
            person.language, person.time_zone = row.language, row.time_zone
            strangers.append(person)
    # Only of people whom this import made: what others chose is theirs.
    User.objects.bulk_update(strangers, ["language", "time_zone"], batch_size=1000)
    today = cohort.today(at)
    entries = [_entry(row, learners[row.email], mentor, cohort, today) for row, mentor in mentors.items()]
    enrollments = enroll_many(cohort=cohort, entries=entries, by=by, at=at)
    events: dict[UUID, list[str]] = defaultdict(list)
    recorded = EnrollmentEvent.objects.filter(enrollment__in=enrollments).order_by("sequence")
    for enrollment_id, pk in recorded.values_list("enrollment", "pk"):
        events[enrollment_id].append(str(pk))
    facts = [
        ImportedRow(
            number=row.number,
            kind=Kind.ENROLLED,
            enrollment=enrollment,
            after=state_of(enrollment)
            | {"events": events[enrollment.pk], "gave_role": Role.LEARNER not in had.get(row.email, [Role.LEARNER])},
        )
        for row, enrollment in zip(rows, enrollments, strict=True)
    ]
    return facts, {
        "enrolled": len(enrollments),
        "waiting": sum(enrollment.status == Enrollment.Status.WAITING for enrollment in enrollments),
        "invited": sum(entry.learner.joined_at is None for entry in entries),
    }


def state_of(enrollment: Enrollment) -> dict[str, Any]:
    """What an import may set of an enrollment, as JSON keeps it."""
    mentor = enrollment.mentor_id and str(enrollment.mentor_id)
    return {"mentor": mentor, "external_id": enrollment.external_id, "seeks_job": enrollment.seeks_job}


def _entry(row: LearnerRow, learner: Membership, mentor: Membership | None, cohort: Cohort, today: date) -> Entry:
    active_on = row.starts_on
    if active_on is None and cohort.status == Cohort.Status.RUNNING:
        active_on = today
    return Entry(
        learner=learner,
        effective_on=min(today, active_on or today),
        active_on=active_on,
        external_id=row.external_id,
        seeks_job=row.seeks_job,
        mentor=mentor,
    )


def _change(steps: Sequence[Step], present: Present, cohort: Cohort, by: Membership, at: datetime) -> list[ImportedRow]:
    """Set what the steps name and nothing else."""
    enrollments = {str(one.pk): one for one in present.by_email.values()}
    facts, people = [], []
    for step in steps:
        enrollment = enrollments[step.enrollment]
        before, asked = (
            state_of(enrollment) | {"name": enrollment.learner.name},
            {c.field: c.after for c in step.changes},
        )
        if "external_id" in asked:
            enrollment.external_id = asked["external_id"]
        if "mentor_email" in asked:
            enrollment.mentor = present.mentors[asked["mentor_email"]]
        if "seeks_job" in asked:
            enrollment.seeks_job, enrollment.seeks_job_declared_at = asked["seeks_job"] == "yes", at
        if "name" in asked:
            enrollment.learner.name = asked["name"]
            people.append(enrollment.learner)
        after = state_of(enrollment) | {"name": enrollment.learner.name}
        changed = [field for field in after if after[field] != before[field]]
        facts.append(
            ImportedRow(
                number=step.number,
                kind=Kind.CHANGED,
                enrollment=enrollment,
                before={field: before[field] for field in changed},
                after={field: after[field] for field in changed},
            )
        )
    fields = ["external_id", "mentor", "seeks_job", "seeks_job_declared_at"]
    Enrollment.objects.bulk_update([fact.enrollment for fact in facts], fields, batch_size=1000)
    mentored = [(fact.enrollment, cohort.today(at)) for fact in facts if "mentor" in fact.after]
    record_mentors(mentored, by=by, reason=MentorAssignment.Reason.BY_HAND, at=at)
    Membership.objects.bulk_update(people, ["name"], batch_size=1000)
    return facts


def _plain(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())[:200]
