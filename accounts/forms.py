from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class SignupForm(forms.Form):
    """What sign-up asks besides the email address and a password."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    organization = forms.CharField(
        label=_("Your organization"),
        max_length=120,
        help_text=_("It is made when you confirm your email address, with you as its admin."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    field_order = ["organization", "name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the person is made."""
        user.name = self.cleaned_data["name"]
        user.wished_organization = self.cleaned_data["organization"]
        user.language = (get_language() or "en")[:2]
        user.save(update_fields=["name", "wished_organization", "language"])
