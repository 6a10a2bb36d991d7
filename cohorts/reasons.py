"""The organization's own list of reasons for leaving: each stands for a fixed category, which is what is counted.

A name may change and a reason may be retired; the category of what was recorded stays, so no number moves.
"""

from typing import Literal

from django.db import transaction
from django.db.models import Count, ProtectedError
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import organizing
from cohorts.errors import CohortError
from cohorts.models import EnrollmentEvent, LeavingReason

Category = EnrollmentEvent.Reason
#: More would be no list to choose from.
MOST_REASONS = 60


def make_standard_reasons() -> None:
    """Begin with one reason for each category, in both languages. For an organization that has none yet."""
    with translation.override("en"):
        names = {category: str(category.label) for category in Category if category}
    with translation.override("nl"):
        dutch = {category: str(category.label) for category in names}
    LeavingReason.objects.bulk_create(
        [
            LeavingReason(
                code=category.value, name=name, name_nl=dutch[category], category=category.value, position=position
            )
            for position, (category, name) in enumerate(names.items(), start=1)
        ]
    )


def reasons_with_use() -> list[LeavingReason]:
    """All of them in order, those in use first, each with `used`: how many events name it. One query."""
    found = LeavingReason.objects.annotate(used=Count("events"))
    return list(found.order_by("is_retired", "position", "pk"))


def add_reason(*, name: str, name_nl: str, category: str) -> LeavingReason:
    """Add it at the end. Raises CohortError `reason_name_taken`, `too_many_reasons` or `category_unknown`."""
    if category not in set(Category.values) - {Category.NONE}:
        raise CohortError("category_unknown", _("Choose what this reason counts as."))
    with transaction.atomic():
        present = _locked()
        if len(present) >= MOST_REASONS:
            raise CohortError(
                "too_many_reasons",
                _("There are %(number)s reasons already. Rename or delete one instead.") % {"number": MOST_REASONS},
            )
        _check_name(name, present)
        position = max((reason.position for reason in present), default=0) + 1
        code = _code(name, {reason.code for reason in present})
        return LeavingReason.objects.create(
            code=code, name=name.strip(), name_nl=name_nl.strip(), category=category, position=position
        )


def rename_reason(*, reason: LeavingReason, name: str, name_nl: str) -> None:
    """What was recorded with it shows the new name and counts as before. Raises CohortError `reason_name_taken`."""
    with transaction.atomic():
        _check_name(name, [other for other in _locked() if other.pk != reason.pk])
        reason.name, reason.name_nl = name.strip(), name_nl.strip()
        reason.save(update_fields=["name", "name_nl"])


def retire_reason(*, reason: LeavingReason) -> None:
    """Offer it no longer; it stays with what was recorded. Raises CohortError `last_reason`: leaving needs one."""
    with transaction.atomic():
        if not any(other.pk != reason.pk and not other.is_retired for other in _locked()):
            raise CohortError("last_reason", _("This is the only reason that can be chosen. Add another one first."))
        LeavingReason.objects.filter(pk=reason.pk).update(is_retired=True)


def restore_reason(*, reason: LeavingReason) -> None:
    """Offer it again, at the end. Raises CohortError `reason_name_taken`."""
    with transaction.atomic():
        present = _locked()
        _check_name(reason.name, [other for other in present if other.pk != reason.pk])
        LeavingReason.objects.filter(pk=reason.pk).update(
            is_retired=False, position=max(other.position for other in present) + 1
        )


def delete_reason(*, reason: LeavingReason) -> None:
    """Raises CohortError `reason_in_use`, or `last_reason` as `retire_reason` does."""
    with transaction.atomic():
        if not reason.is_retired:
            retire_reason(reason=reason)
        try:
            reason.delete()
        except ProtectedError:
            raise CohortError(
                "reason_in_use",
                _("“%(reason)s” was recorded with learners and stays with them. Retire it instead.")
                % {"reason": reason},
            ) from None


def move_reason(*, reason: LeavingReason, direction: Literal["up", "down"]) -> None:
    """Let it change places with its neighbor among those that can be chosen; the first stays first."""
    with transaction.atomic():
        offered = [other for other in _locked() if not other.is_retired]
        place = next((place for place, other in enumerate(offered) if other.pk == reason.pk), None)
        if place is None:
            return
        neighbor = place + (-1 if direction == "up" else 1)
        if 0 <= neighbor < len(offered):
            offered[place], offered[neighbor] = offered[neighbor], offered[place]
        for position, other in enumerate(offered, start=1):
            other.position = position
        LeavingReason.objects.bulk_update(offered, ["position"])


def _locked() -> list[LeavingReason]:
    """All of them, held until the transaction ends: two who edit the list go one after the other."""
    return list(LeavingReason.objects.select_for_update().order_by("position", "pk"))


def _check_name(name: str, others: list[LeavingReason]) -> None:
    if name.strip().casefold() in {other.name.casefold() for other in others if not other.is_retired}:
        raise CohortError("reason_name_taken", _("There is a reason of that name already. Choose another name."))


def _code(name: str, taken: set[str]) -> str:
    wanted = slugify(name)[:36].strip("-") or "reason"
    number, code = 1, wanted
    while code in taken:
        number += 1
        code = f"{wanted}-{number}"
    return code


organizing.register(make_standard_reasons)
