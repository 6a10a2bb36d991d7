"""Living with a finding: somebody says why it may stay. It then no longer counts as open, until its numbers change.

What was accepted in one version is not accepted in the next by itself: staff see it there with its note, and accept it
again, one by one or all at once. A plan that was imported again may have changed around the finding.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership
from curriculum.audit import audit
from curriculum.audit.findings import Finding
from curriculum.errors import CurriculumError
from curriculum.models import CurriculumVersion, FindingAcceptance
from curriculum.plan.nodes import Plan
from curriculum.tree import plan_of

ACCEPTED = FindingAcceptance.Kind.ACCEPTED
TAKEN_BACK = FindingAcceptance.Kind.TAKEN_BACK


@dataclass(frozen=True, slots=True)
class JudgedFinding:
    """A finding with what was decided about it here, and the latest that an earlier version was published with."""

    finding: Finding
    acceptance: FindingAcceptance | None
    earlier: FindingAcceptance | None

    @property
    def is_open(self) -> bool:
        return self.acceptance is None

    @property
    def is_open_error(self) -> bool:
        return self.is_open and self.finding.severity == "error"


def judge(version: CurriculumVersion, plan: Plan) -> list[JudgedFinding]:
    """Every finding of the plan, which is that of the version, in the order of the audit; in two queries."""
    events = FindingAcceptance.objects.filter(version=version)
    here = _standing(events.select_related("recorded_by").order_by("recorded_at", "pk"))
    others = FindingAcceptance.objects.filter(
        version__curriculum=version.curriculum_id, version__number__lt=version.number
    )
    ordered = others.select_related("recorded_by", "version").order_by("version__number", "recorded_at", "pk")
    earlier = _standing(ordered)
    return [JudgedFinding(each, here.get(each.key), earlier.get(each.key)) for each in audit(plan)]


def _standing(events: Iterable[FindingAcceptance]) -> dict[str, FindingAcceptance]:
    """By key, what is accepted after all the events; of several versions the last one decides."""
    latest = {event.key: event for event in events}
    return {key: event for key, event in latest.items() if event.kind == ACCEPTED}


@transaction.atomic
def accept(
    *, version: CurriculumVersion, key: str, note: str, by: Membership | None, at: datetime
) -> FindingAcceptance:
    """Record that the finding with that key may stay, and why.

    Raises CurriculumError when the version is no draft, its audit has no such finding, the finding is accepted already,
    or the note is empty.
    """
    judged = _find(_lock(version), key)
    if not note.strip():
        raise CurriculumError(
            "note_needed", _("Write why this may stay as it is. Whoever reads the plan next sees it.")
        )
    if not judged.is_open:
        raise CurriculumError("accepted_already", _("This finding is accepted already. Its note is shown with it."))
    return FindingAcceptance.objects.create(
        version=version, key=key, kind=ACCEPTED, note=note.strip(), recorded_by=by, recorded_at=at
    )


@transaction.atomic
def take_back(*, version: CurriculumVersion, key: str, by: Membership | None, at: datetime) -> FindingAcceptance:
    """Open an accepted finding again. Raises CurriculumError when the version is no draft or it is not accepted."""
    judged = _find(_lock(version), key)
    if judged.is_open:
        raise CurriculumError("not_accepted", _("This finding is open already."))
    return FindingAcceptance.objects.create(version=version, key=key, kind=TAKEN_BACK, recorded_by=by, recorded_at=at)


@transaction.atomic
def accept_again(*, version: CurriculumVersion, by: Membership | None, at: datetime) -> list[FindingAcceptance]:
    """Accept every open finding that the version before accepted, with the same note; those accepted now.

    Raises CurriculumError when the version is no draft.
    """
    judged = judge(locked := _lock(version), plan_of(locked))
    return FindingAcceptance.objects.bulk_create(
        FindingAcceptance(
            version=version, key=each.finding.key, kind=ACCEPTED, note=each.earlier.note, recorded_by=by, recorded_at=at
        )
        for each in judged
        if each.is_open and each.earlier
    )


def _lock(version: CurriculumVersion) -> CurriculumVersion:
    """Two people who decide at once, or one who publishes meanwhile, wait for each other."""
    stored = CurriculumVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if not stored.is_draft:
        raise CurriculumError(
            "not_a_draft",
            _("This version is published: what was accepted in it stays as it was. Decide it in the next version."),
        )
    return stored


def _find(version: CurriculumVersion, key: str) -> JudgedFinding:
    found = next((each for each in judge(version, plan_of(version)) if each.finding.key == key), None)
    if found is None:
        raise CurriculumError(
            "no_such_finding",
            _("This finding is no longer there: its numbers changed meanwhile. Look at what the audit finds now."),
        )
    return found
