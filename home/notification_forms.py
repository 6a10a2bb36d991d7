"""What a person wants to get, how and when."""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import Any
from uuid import UUID

from django import forms
from django.forms import BoundField
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from cohorts.models import Cohort
from design.forms import TimeInput
from notifications.kinds import KINDS, Kind
from notifications.records import Preferences

Email = Preferences.Email
DAILY = "daily"


class PreferencesForm(forms.Form):
    """One choice of email for each kind that is not fixed, and whether it enters the list; quiet hours; the digest."""

    quiet_from = forms.TimeField(label=_("From"), required=False, widget=TimeInput)
    quiet_until = forms.TimeField(label=_("Until"), required=False, widget=TimeInput)
    digest_rhythm = forms.ChoiceField(label=_("The digest comes"))
    digest_hour = forms.TypedChoiceField(
        label=_("At"), coerce=int, choices=[(hour, f"{hour}:00") for hour in range(24)]
    )
    muted = forms.MultipleChoiceField(
        label=_("Muted cohorts"), required=False, widget=forms.CheckboxSelectMultiple(attrs={"class": "checks"})
    )

    def __init__(self, data: Any = None, *, preferences: Preferences, cohorts: Sequence[Cohort]) -> None:
        weekday = preferences.digest_weekday
        initial: dict[str, Any] = {
            "quiet_from": preferences.quiet_from,
            "quiet_until": preferences.quiet_until,
            "digest_rhythm": DAILY if weekday is None else str(weekday),
            "digest_hour": preferences.digest_hour,
            "muted": [str(pk) for pk in preferences.muted_groups],
        }
        super().__init__(data, initial=initial)
        self.preferences = preferences
        self.kinds = [kind for kind in KINDS.values() if not kind.mandatory and kind.in_app]
        weekly = [(str(number), now("every %(weekday)s") % {"weekday": name}) for number, name in WEEKDAYS.items()]
        self.fields["digest_rhythm"].choices = [(DAILY, now("every day")), *weekly]  # type: ignore[attr-defined]
        if cohorts:
            self.fields["muted"].choices = [(str(one.pk), one.name) for one in cohorts]  # type: ignore[attr-defined]
        else:
            del self.fields["muted"]
        for kind in self.kinds:
            self._add(kind, preferences)

    def _add(self, kind: Kind, preferences: Preferences) -> None:
        offered = [(each.value, each.label) for each in Email if kind.in_digest or each != Email.DIGEST]
        self.fields[f"email-{kind.name}"] = forms.ChoiceField(
            label=_("By email"), choices=offered, initial=preferences.email(kind.name)
        )
        self.fields[f"list-{kind.name}"] = forms.BooleanField(
            label=_("In your list"), required=False, initial=kind.name not in preferences.silent
        )

    def rows(self) -> Iterator[tuple[Kind, BoundField, BoundField]]:
        """Each kind with its two controls."""
        for kind in self.kinds:
            yield kind, self[f"email-{kind.name}"], self[f"list-{kind.name}"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        start, end = cleaned["quiet_from"], cleaned["quiet_until"]
        if (start is None) != (end is None):
            missing = "quiet_until" if end is None else "quiet_from"
            self.add_error(missing, now("Give both ends of the quiet hours, or neither."))
        elif start is not None and start == end:
            self.add_error("quiet_until", now("Quiet hours end at another time than they begin."))
        return cleaned

    def wanted(self) -> dict[str, Any]:
        """The valid answers, as `change_preferences` takes them."""
        answers = self.cleaned_data
        kept = self.preferences.muted_groups
        start: time | None = answers["quiet_from"]
        rhythm = answers["digest_rhythm"]
        return {
            "emails": {kind.name: answers[f"email-{kind.name}"] for kind in self.kinds},
            "silent": [kind.name for kind in self.kinds if not answers[f"list-{kind.name}"]],
            "quiet": (start, answers["quiet_until"]) if start is not None else None,
            "digest_hour": answers["digest_hour"],
            "digest_weekday": None if rhythm == DAILY else int(rhythm),
            "muted_groups": [UUID(pk) for pk in answers["muted"]] if "muted" in answers else kept,
        }
