from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from design.forms import DateInput
from outcomes.forms.shared import NO_DATE
from outcomes.resourcing.estimates import MONEY, YEARS, Plan, Range
from outcomes.resourcing.records import RANGES, Cost, StaffRole

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

NO_NUMBER = _("Enter a number, such as 2.5.")

#: What each pair of fields asks for.
ASKED: dict[str, str | Promise] = {
    "years": _("Years"),
    "once": _("One-time amounts"),
    "yearly": _("Amounts of each year"),
    "person": _("Cost of one person, as stated"),
    "instructors": _("Instructors"),
    "assistants": _("Assistants"),
    "mentors": _("Mentors and career support"),
    "staff": _("Staff in all, as stated"),
}


def _number(label: "str | _StrPromise", **options: Any) -> forms.DecimalField:
    """What is possible is the domain function's to say; here only what is a number."""
    return forms.DecimalField(
        label=label,
        max_digits=14,
        decimal_places=2,
        localize=False,
        error_messages={
            "invalid": NO_NUMBER,
            "max_digits": NO_NUMBER,
            "max_whole_digits": NO_NUMBER,
            "max_decimal_places": _("Enter two decimals at most."),
        },
        **options,
    )


def _day(label: "str | _StrPromise", help_text: "str | _StrPromise" = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=DateInput,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": NO_DATE},
        help_text=help_text,
    )


def _note() -> forms.CharField:
    return forms.CharField(label=_("Note"), required=False, max_length=1000, widget=forms.Textarea({"rows": 2}))


class EstimateForm(forms.Form):
    """Each range has a field for its lowest and one for its highest number."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {
        "estimate_people": "people",
        "estimate_currency": "currency",
        "estimate_day": "effective_on",
        **{f"estimate_{name}": f"{name}_high" for name in RANGES},
    }

    people = forms.IntegerField(label=_("For how many people"), error_messages={"invalid": NO_NUMBER})
    currency = forms.CharField(label=_("Currency"), max_length=3, min_length=3)
    note = _note()
    effective_on = _day(_("From"), _("Earlier days keep the estimate of their day."))

    def __init__(self, data: QueryDict | None = None, *, plan: Plan, today: date) -> None:
        shown: dict[str, Any] = {"people": plan.people, "currency": plan.currency, "effective_on": today}
        super().__init__(data, initial=shown)
        self.fields["people"].widget.attrs["step"] = "1"
        for name in RANGES:
            given: Range = getattr(plan, name)
            for end, number in (("low", given.low), ("high", given.high)):
                self.fields[f"{name}_{end}"] = _number(_("Lowest") if end == "low" else _("Highest"))
                self.initial[f"{name}_{end}"] = Decimal(f"{number.normalize():f}")

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    @property
    def pairs(self) -> list[tuple[str | Promise, forms.BoundField, forms.BoundField]]:
        return [(ASKED[name], self[f"{name}_low"], self[f"{name}_high"]) for name in RANGES]

    @property
    def time_and_money(self) -> list[tuple[str | Promise, forms.BoundField, forms.BoundField]]:
        return self.pairs[: len((YEARS, *MONEY))]

    @property
    def full_time(self) -> list[tuple[str | Promise, forms.BoundField, forms.BoundField]]:
        return self.pairs[len((YEARS, *MONEY)) :]

    @property
    def estimate(self) -> dict[str, Any]:
        """The arguments of `change_estimate`, of a valid form."""
        data = self.cleaned_data
        ranges = {name: Range(data[f"{name}_low"], data[f"{name}_high"]) for name in RANGES}
        return {"ranges": ranges, **{name: data[name] for name in ("people", "currency", "note", "effective_on")}}


class GiveUpForm(forms.Form):
    """From which day on an estimate holds no more."""

    #: Where an error of the domain shows, by its code.
    FIELDS = {"estimate_day": "effective_on", "estimate_not_own": "effective_on"}

    effective_on = _day(_("From"), _("Earlier days keep the estimate of their day."))
    note = _note()

    def __init__(self, data: QueryDict | None = None, *, today: date) -> None:
        super().__init__(data, prefix="give_up", initial={"effective_on": today})


class CostForm(forms.Form):
    #: Where an error of the domain shows, by its code.
    FIELDS = {
        "cost_amount": "amount",
        "cost_currency": "currency",
        "other_currency": "currency",
        "cost_in_the_future": "effective_on",
        "cost_too_early": "effective_on",
    }

    amount = _number(_("Amount"))
    currency = forms.CharField(label=_("Currency"), max_length=3, min_length=3)
    kind = forms.ChoiceField(label=_("Kind"), choices=Cost.Kind.choices)
    is_once = forms.BooleanField(
        label=_("One-time"),
        required=False,
        help_text=_("Bought once for the whole program. Otherwise it belongs to the yearly amounts."),
    )
    effective_on = _day(_("Paid on"))
    note = _note()

    def __init__(self, data: QueryDict | None = None, *, currency: str, today: date) -> None:
        super().__init__(data, initial={"currency": currency, "effective_on": today})

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


class StaffingForm(forms.Form):
    #: Where an error of the domain shows, by its code.
    FIELDS = {
        "staffing_fte": "fte",
        "staffing_in_the_future": "effective_on",
        "staffing_too_early": "effective_on",
    }

    role = forms.ChoiceField(label=_("Role"), choices=StaffRole.choices)
    fte = _number(_("Full-time people"), help_text=_("Two who work half of the week are 1. Nobody is 0."))
    effective_on = _day(_("From"))
    note = _note()

    def __init__(self, data: QueryDict | None = None, *, today: date) -> None:
        super().__init__(data, initial={"effective_on": today})
