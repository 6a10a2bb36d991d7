"""What staff write to learners, to whom, and when it goes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from cohorts.errors import CohortError
from cohorts.merge_fields import FIELDS, check_fields, written
from cohorts.models import LONGEST_SUBJECT, LONGEST_TEXT, Cohort, Enrollment, StaffMessage
from cohorts.staff_audience import LEFT, USUAL
from design.dates import written_day
from design.forms import DateTimeInput
from design.templatetags.design import zone_name

#: Messages may go to these; to who left, never.
OFFERED = [status for status in Enrollment.Status if status not in LEFT]


class CohortsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {written_day(obj.starts_on, 'M Y')} ({obj.get_status_display().lower()})"


class StaffMessageForm(forms.Form):
    """Whole cohorts are chosen here; who was chosen on the roster stays chosen."""

    cohorts = CohortsField(
        label=_("Cohorts"),
        queryset=Cohort.objects.none(),
        to_field_name="slug",
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checks"}),
    )
    statuses = forms.MultipleChoiceField(
        label=_("Learners in them who are"),
        choices=[(one.value, one.label) for one in OFFERED],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checks"}),
        help_text=_("As they are when it goes. Who left by then is skipped, and you see who."),
    )
    subject = forms.CharField(label=_("Subject"), max_length=LONGEST_SUBJECT)
    text = forms.CharField(label=_("Message"), max_length=LONGEST_TEXT, widget=forms.Textarea({"rows": 14}))
    is_mandatory = forms.BooleanField(
        label=_("Everybody must get this"),
        required=False,
        help_text=_(
            "It comes in quiet hours too, also to who switched messages from staff off, and says that everybody gets "
            "it. For what nobody may miss, such as a day that moved."
        ),
    )

    def __init__(self, data: Any = None, *, audience: str, **options: Any) -> None:
        super().__init__(data, **{"initial": {"statuses": list(USUAL)}, **options})
        if audience == StaffMessage.Audience.COHORTS:
            open_ones = Cohort.objects.exclude(status=Cohort.Status.CANCELLED).order_by("-starts_on", "name")
            self.fields["cohorts"].queryset = open_ones  # type: ignore[attr-defined]
        else:
            del self.fields["cohorts"], self.fields["statuses"]
        names = format_html_join(", ", "<code>{}</code> ({})", ((written(name), FIELDS[name]) for name in FIELDS))
        hint = now("Markdown: **bold**, *italic*, lists and links. Each learner reads their own: %(fields)s.")
        other = now("Words after a bar stand where there is nothing to fill in: %(example)s.")
        example = format_html_join("", "<code>{}</code>", [(now("{{ mentor | your mentor }}"),)])
        self.fields["text"].help_text = f"{hint % {'fields': names}} {other % {'example': example}}"

    def clean_subject(self) -> str:
        return self._checked("subject")

    def clean_text(self) -> str:
        return self._checked("text")

    def _checked(self, name: str) -> str:
        text: str = self.cleaned_data[name]
        try:
            check_fields(text)
        except CohortError as error:
            raise forms.ValidationError(str(error), error.code) from None
        return text


class PlanForm(forms.Form):
    """A time on the clock of one zone, whatever the viewer's is."""

    send_at = forms.DateTimeField(widget=DateTimeInput)

    def __init__(self, data: Any = None, *, zone: ZoneInfo, at: datetime) -> None:
        self.zone = zone
        initial = timezone.localtime(at, zone).replace(tzinfo=None)
        super().__init__(data, initial={"send_at": initial})
        self.fields["send_at"].label = now("When, on the clock of %(zone)s") % {"zone": zone_name(zone.key)}

    def full_clean(self) -> None:
        with timezone.override(self.zone):
            super().full_clean()
