"""What staff enter about the chats of a cohort."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.connecting import choices_for
from notifications.endpoints import ADDRESS_LENGTH, NAME_LENGTH, Endpoint


class NewsForm(forms.Form):
    """What a chat hears of."""

    subscribed = forms.MultipleChoiceField(
        label=_("What it hears of"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that it hears of.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["subscribed"]
        field.choices = choices_for(is_chat=True)


class ChatForm(NewsForm):
    #: The field that each refusal of the domain belongs to.
    FIELDS = {
        "name_needed": "name",
        "unknown_format": "format",
        "unknown_event": "subscribed",
        "nothing_chosen": "subscribed",
    }

    format = forms.ChoiceField(
        label=_("Which chat"),
        choices=[choice for choice in Endpoint.Format.choices if choice[0] != Endpoint.Format.WEBHOOK],
    )
    name = forms.CharField(
        label=_("Channel"), max_length=NAME_LENGTH, help_text=_("As you call it, such as #rotterdam.")
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=ADDRESS_LENGTH,
        help_text=_("Of an incoming webhook, as the chat gives it. Once it is saved, nobody sees it again."),
    )
    field_order = ["format", "name", "address", "subscribed"]

    def add_refusal(self, code: str, message: str) -> None:
        self.add_error("address" if code.startswith("address_") else self.FIELDS.get(code), message)
