import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cohorts.models import Cohort, Enrollment
from curriculum.models import Format
from design.forms import DateInput
from outcomes.check_ins import ANSWERS
from outcomes.models import CheckIn, ListedEmployer, Placement, PlacementStatus, Target, TargetKey
from outcomes.placement_records import LEAST_SALARY, MOST_SALARY, Currency
from outcomes.reputation import WORST_RANK
from outcomes.salaries import NOT_A_SALARY
from outcomes.scopes import Scope
from outcomes.targets import Goal, is_share, possible_values

EARLIEST = date(2000, 1, 1)
NO_DATE = gettext_lazy("Enter a day as year, month and day, such as 2026-11-23.")
#: How a target is typed that is no share.
UNITS = {
    TargetKey.COMPLETION_YEARS: gettext_lazy("Years, %(direction)s"),
    TargetKey.SATISFACTION: gettext_lazy("Score from 1 to 5, %(direction)s"),
    TargetKey.REPUTATION: gettext_lazy("Rank, %(direction)s"),
}


class ScopeForm(forms.Form):
    """Which cohorts, as of which day; it lives in the address of the page. Nothing chosen is everybody, today."""

    cohort = forms.ChoiceField(label=gettext_lazy("Cohort"), required=False)
    curriculum = forms.ChoiceField(label=gettext_lazy("Curriculum"), required=False)
    format = forms.ChoiceField(label=gettext_lazy("Format"), required=False)
    started = forms.ChoiceField(label=gettext_lazy("Started"), required=False)
    on = forms.DateField(
        label=pgettext_lazy("date", "As of"),
        required=False,
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
    )

    def __init__(self, data: QueryDict, *, cohorts: Iterable[Cohort], today: date) -> None:
        # The field shows the day that is meant; links keep what was asked, so that today stays today.
        super().__init__({**data.dict(), "on": data.dict().get("on") or today.isoformat()})
        self.asked = data.dict()
        self.today = today
        self.cohorts = {cohort.slug: cohort for cohort in cohorts}
        versions = {cohort.version_id: str(cohort.version) for cohort in self.cohorts.values()}
        years = sorted({cohort.starts_on.year for cohort in self.cohorts.values()}, reverse=True)
        self._offer("cohort", _("All cohorts"), [(slug, cohort.name) for slug, cohort in self.cohorts.items()])
        self._offer("curriculum", _("All curricula"), [(str(pk), title) for pk, title in versions.items()])
        self._offer("format", _("All formats"), [(value, str(label)) for value, label in Format.choices])
        self._offer(
            "started", _("All years"), [(str(year), _("Started in %(year)s") % {"year": year}) for year in years]
        )

    def _offer(self, name: str, everything: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        field.choices = [("", everything), *choices]  # type: ignore[attr-defined]
        field.error_messages["invalid_choice"] = _("“%(value)s” is not there. Choose one from the list.")

    def clean_on(self) -> date:
        on: date | None = self.cleaned_data["on"]
        if on is None:
            return self.today
        if on > self.today:
            raise ValidationError(
                _("That day is in the future: numbers are known up to today, %(today)s.")
                % {"today": self.today.isoformat()}
            )
        if on < EARLIEST:
            raise ValidationError(_("Choose a day from 2000 on."))
        return on

    @property
    def scope(self) -> Scope:
        """Of a valid form."""
        chosen = self.cleaned_data
        return Scope(
            cohort_id=self.cohorts[chosen["cohort"]].pk if chosen["cohort"] else None,
            format=chosen["format"],
            version_id=next(
                (c.version_id for c in self.cohorts.values() if str(c.version_id) == chosen["curriculum"]), None
            ),
            start_year=int(chosen["started"]) if chosen["started"] else None,
        )

    @property
    def day(self) -> date:
        """The as-of date, of a valid form."""
        day: date = self.cleaned_data["on"]
        return day


class TargetForm(forms.Form):
    """What to aim for from a day on; shares are typed in percent. What is possible is the domain function's to say."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {"target_out_of_range": "value", "target_day": "effective_on"}

    is_on = forms.BooleanField(
        label=gettext_lazy("Judge the number by a target"),
        required=False,
        help_text=gettext_lazy("Otherwise it is shown and never called met or missed."),
    )
    value = forms.DecimalField(required=False, max_digits=8, decimal_places=3)
    effective_on = forms.DateField(
        label=gettext_lazy("From"),
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
        help_text=gettext_lazy("Numbers of earlier days keep the target of their day."),
    )

    def __init__(self, data: QueryDict | None = None, *, goal: Goal, today: date) -> None:
        self.is_share = is_share(goal.key)
        value = goal.value * 100 if goal.value is not None and self.is_share else goal.value
        shown = None if value is None else Decimal(f"{value.normalize():f}")
        super().__init__(data, initial={"is_on": goal.is_on, "value": shown, "effective_on": today})
        field = self.fields["value"]
        words = {"direction": Target.Comparison(goal.comparison).label}
        unit = UNITS.get(TargetKey(goal.key), gettext_lazy("Percent, %(direction)s"))
        field.label = str(unit) % words
        field.help_text = _("Left empty, the number is reported without a verdict.")
        field.error_messages = dict.fromkeys(
            ("invalid", "max_digits", "max_decimal_places", "max_whole_digits"), possible_values(goal.key)
        )

    def clean_value(self) -> Decimal | None:
        value: Decimal | None = self.cleaned_data["value"]
        return value / 100 if value is not None and self.is_share else value

    def clean(self) -> dict[str, Any]:
        """What is no target has no number."""
        data = self.cleaned_data
        return data if data.get("is_on") else {**data, "value": None}


class RankForm(forms.Form):
    #: Where an error of the domain shows, by its code.
    FIELDS = {"rank_out_of_range": "rank", "rank_in_the_future": "effective_on", "rank_too_early": "effective_on"}

    ranking = forms.CharField(
        label=gettext_lazy("Ranking"),
        max_length=200,
        help_text=gettext_lazy("Who published it and what it ranks, such as “Course Report, AI bootcamps in NL”."),
    )
    rank = forms.IntegerField(
        label=gettext_lazy("Rank"),
        required=False,
        min_value=1,
        max_value=WORST_RANK,
        help_text=gettext_lazy("Empty if the program is not listed."),
    )
    effective_on = forms.DateField(
        label=gettext_lazy("Came out on"),
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
    )
    source_url = forms.URLField(
        label=gettext_lazy("Link to it"),
        required=False,
        max_length=500,
        assume_scheme="https",
        error_messages={"invalid": gettext_lazy("Enter an address such as https://example.org/ranking.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, data: QueryDict | None = None, *, today: date) -> None:
        super().__init__(data, initial={"effective_on": today})


class EmployerForm(forms.Form):
    #: Where an error of the domain shows, by its code.
    FIELDS = {"employer_name": "name", "employer_taken": "name", "employer_day": "effective_on"}

    name = forms.CharField(label=gettext_lazy("Name"), max_length=160)
    tier = forms.CharField(
        label=gettext_lazy("Tier"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Your own word, such as “FAANG” or “FAANG-adjacent”. Every tier counts."),
    )
    also_known_as = forms.CharField(
        label=gettext_lazy("Also known as"),
        required=False,
        max_length=2000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Other names of the same employer, one on each line."),
    )
    effective_on = forms.DateField(
        label=gettext_lazy("Listed from"),
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
        help_text=gettext_lazy("An earlier day counts for the numbers of days since."),
    )

    def __init__(self, data: QueryDict | None = None, *, name: str, listed: ListedEmployer | None, today: date) -> None:
        known = {"tier": listed.tier, "also_known_as": "\n".join(listed.also_known_as)} if listed else {}
        super().__init__(data, initial={"name": listed.name if listed else name, "effective_on": today, **known})

    def clean_also_known_as(self) -> list[str]:
        names = [line.strip() for line in self.cleaned_data["also_known_as"].splitlines() if line.strip()]
        if too_long := next((name for name in names if len(name) > 160), None):
            raise ValidationError(_("“%(name)s…” is too long: 160 characters at most.") % {"name": too_long[:40]})
        return list(dict.fromkeys(names))


class IntentForm(forms.Form):
    seeks_job = forms.TypedChoiceField(
        label=gettext_lazy("After the program"),
        choices=[("yes", gettext_lazy("Yes, looking for a job")), ("no", gettext_lazy("No, not looking for a job"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )

    def __init__(self, data: QueryDict | None = None, *, enrollment: Enrollment) -> None:
        declared = {True: "yes", False: "no", None: None}[enrollment.seeks_job]
        super().__init__(data, initial={"seeks_job": declared})


class SalaryField(forms.IntegerField):
    """A gross base salary of a year, in whole units; thousands may be parted as people do."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})

    def __init__(self, **options: Any) -> None:
        messages = dict.fromkeys(("invalid", "min_value", "max_value"), NOT_A_SALARY)
        options = {"required": False, "min_value": LEAST_SALARY, "max_value": MOST_SALARY, **options}
        super().__init__(label=gettext_lazy("Gross salary a year"), error_messages=messages, **options)

    def to_python(self, value: Any) -> int | None:
        """45.000 is no 45 with decimals."""
        return super().to_python(re.sub(r"(?<=\d)[\s.,’'](?=\d{3}(?!\d))", "", value) if value else value)


def _currency() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("Currency"), choices=Currency.choices, required=False, initial=Currency.EUR
    )


class CheckInForm(forms.Form):
    """What a graduate tells of themselves."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {
        "employer_missing": "employer",
        "since_missing": "since",
        "since_in_the_future": "since",
        "since_too_early": "since",
        "salary_without_job": "salary",
        "salary_out_of_range": "salary",
    }

    situation = forms.ChoiceField(
        label=gettext_lazy("What do you do now?"), choices=list(ANSWERS.items()), widget=forms.RadioSelect
    )
    since = forms.DateField(
        label=gettext_lazy("Since when"),
        required=False,
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
        help_text=gettext_lazy("Not needed while you are looking, or not looking, for a job."),
    )
    employer = forms.CharField(label=gettext_lazy("Employer"), required=False, max_length=160)
    job_title = forms.CharField(label=pgettext_lazy("job", "Role"), required=False, max_length=160)
    salary = SalaryField(
        help_text=gettext_lazy(
            "Only if you like. You and the admins see it, nobody else; what is published is the median of five or more."
        )
    )
    currency = _currency()
    note = forms.CharField(
        label=gettext_lazy("Anything else we should know, or can help with"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, data: QueryDict | None = None, *, latest: CheckIn | None) -> None:
        # Whoever finds the link of a mail reads the answer that it opens: never the salary.
        told = [name for name in self.base_fields if name not in ("salary", "currency")]
        super().__init__(data, initial={name: getattr(latest, name) for name in told} if latest else {})

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or Currency.EUR.value


class PlacementForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a graduate does from a day on. The rules that need the history are the domain function's."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {"salary_without_job": "salary", "salary_out_of_range": "salary"}

    salary = SalaryField(help_text=gettext_lazy("Only if the graduate agrees. You can write it down; admins read it."))
    currency = _currency()

    class Meta:
        model = Placement
        fields = (
            "status", "effective_on", "employer", "job_title", "is_relevant", "evidence", "evidence_on", "note",
        )  # fmt: skip
        widgets = {
            "effective_on": DateInput,
            "evidence_on": DateInput,
            "note": forms.Textarea(attrs={"rows": 3}),
            "employer": forms.TextInput(attrs={"list": "employers"}),
        }
        labels = {"is_relevant": gettext_lazy("The role is relevant to the program")}
        help_texts = {
            "effective_on": gettext_lazy("The first day of this situation, from the graduation on."),
            "is_relevant": gettext_lazy("Only relevant roles in field (1A to 1E) count as placed."),
            "evidence": gettext_lazy("Needed for everything but seeking (3A). You stand for having seen it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(value, f"{value} · {label}") for value, label in PlacementStatus.choices]
        self.fields["status"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]
        self.fields["evidence"].choices = [("", "—"), *Placement.Evidence.choices]  # type: ignore[attr-defined]
        self.fields["evidence_on"].required = False
        for name in ("effective_on", "evidence_on"):
            self.fields[name].input_formats = ["%Y-%m-%d"]  # type: ignore[attr-defined]
            self.fields[name].error_messages["invalid"] = NO_DATE

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or Currency.EUR.value

    def _post_clean(self) -> None:
        """The record is made by the domain function: nothing to check against the model here."""


class VerdictForm(forms.Form):
    """What a second person says of a placement."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {"reason_missing": "reason"}

    verdict = forms.ChoiceField(
        choices=[("verified", gettext_lazy("Verified")), ("sent_back", gettext_lazy("Sent back"))],
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("What is missing"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Needed to send it back. Whoever recorded it reads this."),
    )


class PlacementPolicyForm(forms.Form):
    needs_second = forms.TypedChoiceField(
        label=gettext_lazy("Placements count"),
        choices=[
            ("no", gettext_lazy("as soon as they are recorded with evidence")),
            ("yes", gettext_lazy("once a second person verified the evidence")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the two.")},
    )
