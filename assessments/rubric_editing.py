"""Making rubrics and changing them. A change is a new version, and reviews keep the one they have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from assessments.errors import AssessmentError
from assessments.models import Criterion, Rubric, RubricArchival, RubricChoice
from assessments.rubrics import archived_families, choices_in_force, newest, presented_alone
from organizations.models import uuid7

MOST_CRITERIA = 8
LONGEST_KEY = 40


@dataclass(frozen=True)
class CriterionText:
    """A criterion as somebody writes it: `descriptions` says what each of the four scores looks like, from 1 to 4.

    `key` is that of the criterion it goes on from, or empty.
    """

    title: str
    question: str
    descriptions: tuple[str, str, str, str]
    key: str = ""


def create_rubric(
    *, title: str, standard: int, criteria: Sequence[CriterionText], by: Membership, at: datetime
) -> Rubric:
    """The first version of a rubric. Raises AssessmentError `title_taken` or what `_check` refuses."""
    title = title.strip()
    _check(criteria)
    _check_title(title, Rubric.objects.all())
    return _write(uuid7(), title, 1, standard, criteria, by, at)


def change_rubric(
    *, rubric: Rubric, title: str, standard: int, criteria: Sequence[CriterionText], by: Membership, at: datetime
) -> Rubric:
    """The next version, made from `rubric`, which must be the newest; what is under review keeps the version it has,
    and its title.

    Raises AssessmentError `changed_meanwhile`, `nothing_changed`, `title_taken` or what `_check` refuses.
    """
    title = title.strip()
    _check(criteria)
    _check_title(title, Rubric.objects.exclude(family=rubric.family))
    last = newest(rubric.family)
    if last.pk != rubric.pk:
        raise _changed_meanwhile(last)
    known = {criterion.key for criterion in rubric.criteria.all()}
    texts = _with_keys([each if each.key in known else replace(each, key="") for each in criteria])
    if (title, standard, texts) == (rubric.title, rubric.standard, texts_of(rubric)):
        raise AssessmentError("nothing_changed", _("Nothing is different, so there is no new version."))
    return _write(rubric.family, title, rubric.version + 1, standard, texts, by, at)


def texts_of(rubric: Rubric) -> list[CriterionText]:
    return [
        CriterionText(each.title, each.question, _four(each.descriptions), each.key)
        for each in rubric.criteria.order_by("position")
    ]


def set_archived(*, rubric: Rubric, is_archived: bool, by: Membership, at: datetime) -> None:
    """Put a rubric away, or take it out again; reviews that have it keep it.

    Raises AssessmentError `rubric_chosen` while it is what some work is reviewed with.
    """
    chosen = choices_in_force()
    if is_archived and rubric.family in set(chosen.values()):
        raise AssessmentError(
            "rubric_chosen",
            say("Work is reviewed with “%(title)s”. Choose another rubric for it first.") % {"title": rubric.title},
        )
    others = Rubric.objects.exclude(family__in={rubric.family, *archived_families(), *presented_alone(chosen)})
    if is_archived and not others.exists():
        raise AssessmentError("only_rubric", _("This is the only rubric. Make another one first."))
    RubricArchival.objects.create(rubric=rubric, is_archived=is_archived, recorded_by=by, recorded_at=at)


def choose_rubric(*, rubric: Rubric | None, kind: str, level: int | None, by: Membership, at: datetime) -> None:
    """From now on review work of that kind and level with the rubric, whichever version is newest then; None takes a
    choice back. Raises AssessmentError `rubric_archived`.
    """
    if rubric is not None and rubric.family in archived_families():
        raise AssessmentError("rubric_archived", _("This rubric is archived. Take it out of the archive first."))
    RubricChoice.objects.create(rubric=rubric, kind=kind, level=level, recorded_by=by, recorded_at=at)


def _write(
    family: UUID,
    title: str,
    version: int,
    standard: int,
    criteria: Sequence[CriterionText],
    by: Membership,
    at: datetime,
) -> Rubric:
    try:
        with transaction.atomic():
            rubric = Rubric.objects.create(
                family=family, title=title, version=version, standard=standard, created_by=by, created_at=at
            )
            Criterion.objects.bulk_create(
                Criterion(
                    rubric=rubric,
                    position=position,
                    key=each.key,
                    title=each.title,
                    question=each.question,
                    descriptions=list(each.descriptions),
                )
                for position, each in enumerate(_with_keys(criteria), start=1)
            )
    except IntegrityError as error:
        # Another was quicker: the unique version or title names it.
        if "rubric_title_once" in str(error) and not Rubric.objects.filter(family=family, version=version).exists():
            raise _title_taken() from error
        if "rubric_version_once" not in str(error) and "rubric_title_once" not in str(error):
            raise
        raise _changed_meanwhile(newest(family)) from error
    return rubric


def _title_taken() -> AssessmentError:
    return AssessmentError("title_taken", _("There is a rubric with this title. Change that one, or choose another."))


def _check_title(title: str, others: QuerySet[Rubric]) -> None:
    """No two rubrics were ever called the same: what was reviewed names its rubric by the title of then."""
    if others.filter(title__iexact=title).exists():
        raise _title_taken()


def _changed_meanwhile(last: Rubric) -> AssessmentError:
    words = {"name": last.created_by.name if last.created_by else "", "version": last.version}
    return AssessmentError(
        "changed_meanwhile",
        say("%(name)s made version %(version)s meanwhile. What you wrote is still here: look at that version first.")
        % words,
    )


def _check(criteria: Sequence[CriterionText]) -> None:
    if not criteria:
        raise AssessmentError("criteria_needed", _("Add at least one criterion: a review looks at something."))
    if len(criteria) > MOST_CRITERIA:
        raise AssessmentError(
            "too_many_criteria", say("Keep to %(count)s criteria: nobody reads more.") % {"count": MOST_CRITERIA}
        )
    titles = [each.title.casefold() for each in criteria]
    if len(set(titles)) < len(titles):
        raise AssessmentError("criterion_twice", _("Two criteria have the same title. Give each its own."))


def _with_keys(criteria: Sequence[CriterionText]) -> list[CriterionText]:
    """Each with a key of its own: the one it has, else one made of its title."""
    taken = {each.key for each in criteria if each.key}
    found = []
    for number, each in enumerate(criteria, start=1):
        key = each.key
        if not key:
            base = slugify(each.title)[: LONGEST_KEY - 3].strip("-") or f"criterion-{number}"
            key, extra = base, 2
            while key in taken:
                key, extra = f"{base}-{extra}", extra + 1
            taken.add(key)
        found.append(replace(each, key=key))
    return found


def _four(descriptions: Sequence[str]) -> tuple[str, str, str, str]:
    first, second, third, fourth = (*descriptions, "", "", "", "")[:4]
    return first, second, third, fourth
