"""What outcomes tells of a learner's history, to staff: what they do since they graduated."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.chronicle import Happening, Question, Source, day_of, register
from outcomes.collecting.verifying import with_verdicts
from outcomes.models import CheckIn, Placement, PlacementStatus


def placements(question: Question) -> Iterator[Happening]:
    if not question.viewer.is_staff:
        return
    rows = with_verdicts(Placement.objects.filter(enrollment__in=question.ids))
    for placement in rows.order_by("-effective_on", "-recorded_at")[: question.most]:
        where = ", ".join(filter(None, (placement.job_title, placement.employer)))
        yield Happening(
            on=placement.effective_on,
            title=f"{placement.get_status_display()}{': ' if where else ''}{where}",
            icon="handshake",
            text=" ".join(filter(None, (placement.note, _second_person(placement)))),
            by=placement.recorded_by.name if placement.recorded_by else "",
            recorded_at=placement.recorded_at if day_of(placement.recorded_at) != placement.effective_on else None,
        )


def _second_person(placement: Placement) -> str:
    """What they said, where one is asked for."""
    verdict = placement.verdict
    if verdict is None:
        return _("Waits for a second person to verify it.") if placement.needs_second else ""
    if verdict.is_verified:
        return _("Verified by %(name)s.") % {"name": verdict.recorded_by.name}
    return _("Sent back by %(name)s: %(reason)s") % {"name": verdict.recorded_by.name, "reason": verdict.reason}


def check_ins(question: Question) -> Iterator[Happening]:
    if not question.viewer.is_staff:
        return
    rows = CheckIn.objects.filter(enrollment__in=question.ids).order_by("-answered_at")
    for row in rows[: question.most]:
        where = ", ".join(filter(None, (row.job_title, row.employer)))
        yield Happening(
            on=day_of(row.answered_at),
            title=_("Check-in after %(number)s days: %(said)s")
            % {"number": row.number, "said": PlacementStatus(row.situation).label},
            icon="message-circle",
            text=" ".join(filter(None, (where, row.note))),
            recorded_at=None,
        )


register(Source(key="check_ins", title=gettext_lazy("Check-ins"), tell=check_ins))
register(Source(key="placements", title=gettext_lazy("Placement"), tell=placements))
