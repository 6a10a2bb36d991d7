"""Forms about webhooks."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from design.forms import DateTimeInput
from notifications.connecting import choices_for
from notifications.endpoints import ADDRESS_LENGTH, NAME_LENGTH, Delivery


class WebhookForm(forms.Form):
    """What a webhook is called, where it is, and what it hears of."""

    #: The field that each refusal of the domain belongs to.
    FIELDS = {"name_needed": "name", "unknown_event": "subscribed", "nothing_chosen": "subscribed"}

    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH, help_text=_("For yourselves: what listens there."))
    address = forms.CharField(
        label=_("Address"),
        max_length=ADDRESS_LENGTH,
        help_text=_("A public address that starts with https:// and answers a POST with 2xx within 15 seconds."),
    )
    subscribed = forms.MultipleChoiceField(
        label=_("What it hears of"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that it hears of.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["subscribed"]
        field.choices = [(name, f"{title} ({name})") for name, title in choices_for(is_chat=False)]

    def add_refusal(self, code: str, message: str) -> None:
        self.add_error("address" if code.startswith("address_") else self.FIELDS.get(code), message)


class ReplayForm(forms.Form):
    """Since when what failed is sent again, on the viewer's clock."""

    since = forms.DateTimeField(label=_("Failed since"), widget=DateTimeInput)

    def clean_since(self) -> datetime:
        since: datetime = self.cleaned_data["since"]
        # Years alone are compared: at the ends of time there is no other zone's hour to compare.
        if since.year < timezone.now().year - 10:
            raise forms.ValidationError(_("Choose a time of the last ten years."), code="too_long_ago")
        return since


class DeliveryFilter(forms.Form):
    """Which deliveries a page shows; what is not in the lists is left out."""

    state = forms.ChoiceField(required=False, choices=[("", _("All")), *Delivery.State.choices])
    event = forms.ChoiceField(required=False, label=_("Event"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        names = [("webhook.test", "webhook.test"), *((name, name) for name, _title in choices_for(is_chat=False))]
        field: Any = self.fields["event"]
        field.choices = [("", _("All events")), *names]
