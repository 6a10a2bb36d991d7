"""The preview of an import: what each row of the file would do to the cohort, as a difference."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.models import Membership, Role
from cohorts.import_rows import LearnerRow, RowError, Sheet
from cohorts.mentors import places_left
from cohorts.models import Cohort, Enrollment

#: What a row may change of somebody who is in the cohort already.
CHANGEABLE = ("name", "external_id", "mentor_email", "seeks_job")


class Does(models.TextChoices):
    """What a row does; `absent` are learners whom the file does not name: they are left alone."""

    NEW = "new", _lazy("New")
    CHANGED = "changed", _lazy("Changed")
    UNCHANGED = "unchanged", _lazy("Unchanged")
    REFUSED = "refused", _lazy("Refused")
    ABSENT = "absent", _lazy("Not in the file")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field, and its words before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one row does, or one learner who is not in the file (number 0). `errors` are (column, message)."""

    number: int
    does: str
    name: str
    email: str = ""
    enrollment: str = ""
    changes: tuple[Change, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    note: str = ""

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Step":
        changes = tuple(Change(**change) for change in values["changes"])
        return cls(**{**values, "changes": changes, "errors": tuple((at, said) for at, said in values["errors"])})


@dataclass(frozen=True)
class Plan:
    """Every step, in the order of the file; then those who are not in it."""

    steps: tuple[Step, ...]

    def count(self, does: str) -> int:
        return sum(step.does == does for step in self.steps)

    @property
    def writes(self) -> int:
        return self.count(Does.NEW) + self.count(Does.CHANGED)

    @property
    def digest(self) -> str:
        """Another one when importing now would do anything else than what was shown."""
        said = [
            (step.number, step.does, step.email, step.enrollment, [asdict(change) for change in step.changes])
            for step in self.steps
            if step.does in (Does.NEW, Does.CHANGED)
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(step) for step in self.steps]

    @classmethod
    def from_json(cls, steps: Sequence[dict[str, Any]]) -> "Plan":
        return cls(tuple(Step.from_json(values) for values in steps))


@dataclass(frozen=True)
class Present:
    """Who is in a cohort, by what files know them by; the mentors whom the file names, by their address.

    `places` says how many more learners those mentors take, who do not take any number.
    """

    by_email: dict[str, Enrollment]
    by_external_id: dict[str, Enrollment]
    mentors: dict[str, Membership]
    places: Mapping[UUID, int]

    def match(self, row: LearnerRow) -> Enrollment | None:
        """By the external id, then by the address."""
        return (self.by_external_id.get(row.external_id) if row.external_id else None) or self.by_email.get(row.email)


def present_in(cohort: Cohort, rows: Sequence[LearnerRow]) -> Present:
    """The same number of queries for any number of rows. The mentors are held until the transaction ends."""
    enrollments = list(Enrollment.objects.filter(cohort=cohort).select_related("learner__user", "mentor__user"))
    wanted = {row.mentor_email for row in rows if row.mentor_email}
    mentors = list(Membership.objects.with_role(Role.MENTOR).filter(user__email__in=wanted).select_related("user"))
    return Present(
        {one.learner.user.email: one for one in enrollments},
        {one.external_id: one for one in enrollments if one.external_id},
        {mentor.user.email: mentor for mentor in mentors},
        places_left(mentors),
    )


def plan_rows(*, cohort: Cohort, sheet: Sheet, present: Present, today: date) -> Plan:
    """What importing the file today would do: nobody is ever removed, an empty cell never empties anything."""
    steps, seen = [_refused_cells(sheet, number) for number in sorted({error.number for error in sheet.errors})], set()
    left = dict(present.places)
    for row in sheet.rows:
        found = present.match(row)
        if found is None:
            steps.append(_with_a_place(_new(row, cohort, present), present, left))
            continue
        if found.pk in seen:
            steps.append(_refused(row, [("external_id", _("Another row of this file is about the same learner."))]))
            continue
        seen.add(found.pk)
        steps.append(_with_a_place(_changed(row, found, cohort, present, today), present, left))
    steps.sort(key=lambda step: step.number)
    return Plan((*steps, *absent_from(present, seen, sheet)))


def absent_from(present: Present, seen: set[UUID], sheet: Sheet) -> list[Step]:
    """Learners of the cohort whom no row names, also none of the refused ones."""
    return [
        Step(number=0, does=Does.ABSENT, name=one.learner.name, email=email, enrollment=str(one.pk))
        for email, one in sorted(present.by_email.items(), key=lambda entry: entry[1].learner.name.casefold())
        if one.pk not in seen and not {email, one.external_id.lower()} & sheet.named
    ]


def _refused_cells(sheet: Sheet, number: int) -> Step:
    errors = tuple((error.column, error.message) for error in sheet.errors if error.number == number)
    return Step(number=number, does=Does.REFUSED, name="", errors=errors)


def _refused(row: LearnerRow, errors: Sequence[tuple[str, str]]) -> Step:
    return Step(number=row.number, does=Does.REFUSED, name=row.name, email=row.email, errors=tuple(errors))


def _new(row: LearnerRow, cohort: Cohort, present: Present) -> Step:
    errors = [error for error in (_mentor_error(row, present),) if error]
    if not row.email:
        errors.append(("external_id", _("Nobody in this cohort has this external id. To add them, give their email.")))
    if not row.name:
        errors.append(("name", _("They are new here. Give their name.")))
    if row.starts_on and row.starts_on < cohort.starts_on:
        errors.append(("starts_on", _("This is before the start of the cohort.")))
    if errors:
        return _refused(row, errors)
    said = [
        ("external_id", row.external_id),
        ("mentor_email", row.mentor_email),
        ("seeks_job", words_of(row.seeks_job)),
    ]
    if row.starts_on:
        said.append(("starts_on", row.starts_on.isoformat()))
    changes = tuple(Change(field=field, before="", after=after) for field, after in said if after)
    return Step(number=row.number, does=Does.NEW, name=row.name, email=row.email, changes=changes)


def _changed(row: LearnerRow, found: Enrollment, cohort: Cohort, present: Present, today: date) -> Step:
    learner = found.learner
    errors = [error for error in (_mentor_error(row, present),) if error]
    if row.email and row.email != learner.user.email:
        errors.append(
            (
                "email",
                _("This external id is that of %(name)s (%(email)s). Mend one of the two cells.")
                % {"name": learner.name, "email": learner.user.email},
            )
        )
    mentor = found.mentor.user.email if found.mentor else ""
    now = {
        "name": learner.name,
        "external_id": found.external_id,
        "mentor_email": mentor,
        "seeks_job": words_of(found.seeks_job),
    }
    said = {
        "name": row.name,
        "external_id": row.external_id,
        "mentor_email": row.mentor_email,
        "seeks_job": words_of(row.seeks_job),
    }
    changes = [
        Change(field=field, before=now[field], after=said[field])
        for field in CHANGEABLE
        if said[field] and said[field] != now[field]
    ]
    note = ""
    if learner.joined_at and any(change.field == "name" for change in changes):
        changes = [change for change in changes if change.field != "name"]
        note = _("They have joined and write their own name: “%(name)s” is left out.") % {"name": row.name}
    if today > cohort.census_on and any(change.field == "seeks_job" for change in changes):
        errors.append(
            (
                "seeks_job",
                _("Declared before the census date of %(date)s, and it stays. Empty this cell.")
                % {"date": cohort.census_on.isoformat()},
            )
        )
    if errors:
        return _refused(row, errors)
    return Step(
        number=row.number,
        does=Does.CHANGED if changes else Does.UNCHANGED,
        name=learner.name,
        email=learner.user.email,
        enrollment=str(found.pk),
        changes=tuple(changes),
        note=note,
    )


def _with_a_place(step: Step, present: Present, left: dict[UUID, int]) -> Step:
    """The step as it is while the mentor it names has a place, which it takes; else without the mentor, and a note."""
    wanted = next((change.after for change in step.changes if change.field == "mentor_email"), "")
    mentor = present.mentors.get(wanted)
    if mentor is None or mentor.pk not in left:
        return step
    left[mentor.pk] -= 1
    if left[mentor.pk] >= 0:
        return step
    kept = tuple(change for change in step.changes if change.field != "mentor_email")
    said = _("All places of %(name)s are taken: the mentor is left out.") % {"name": mentor.name}
    does = Does.UNCHANGED if step.does == Does.CHANGED and not kept else Does(step.does)
    return replace(step, does=does, changes=kept, note=f"{step.note} {said}".strip())


def _mentor_error(row: LearnerRow, present: Present) -> tuple[str, str] | None:
    if row.mentor_email and row.mentor_email not in present.mentors:
        return "mentor_email", _("Nobody with this address is a mentor here. Invite them first.")
    if row.mentor_email and row.mentor_email == row.email:
        return "mentor_email", _("Nobody is their own mentor. Choose somebody else.")
    return None


def words_of(declared: bool | None) -> str:
    """As the file writes it, the same in every language."""
    return {True: "yes", False: "no", None: ""}[declared]


def errors_of(plan: Plan) -> list[RowError]:
    return [RowError(step.number, column, message) for step in plan.steps for column, message in step.errors]
