"""What mentoring tells of a learner's history: their 1-on-1s, with what became of them."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cohorts.chronicle import Happening, Question, Source, day_of, register
from mentoring.models import OneOnOne

Status = OneOnOne.Status


def one_on_ones(question: Question) -> Iterator[Happening]:
    """Those whose time has come, and the cancelled ones; what is said in them stays there."""
    rows = OneOnOne.objects.filter(enrollment__in=question.ids).with_people().past(at=question.at)
    for one in rows[: question.most]:
        outcome = _("nobody has said how it went") if one.is_unconfirmed(at=question.at) else one.get_status_display()
        yield Happening(
            on=day_of(one.starts_at),
            at=one.starts_at,
            title=_("1-on-1 with %(mentor)s: %(outcome)s")
            % {"mentor": one.mentor.membership.name, "outcome": outcome[:1].lower() + outcome[1:]},
            icon="calendar-check" if one.status == Status.HELD else "calendar-days",
            url=reverse("mentoring:session", args=[question.slug, one.pk]),
            hot=one.status in (Status.LEARNER_NO_SHOW, Status.MENTOR_NO_SHOW),
        )


register(Source(key="one_on_ones", title=gettext_lazy("1-on-1s"), tell=one_on_ones))
