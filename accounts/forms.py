from typing import Any

from allauth.core import context as current
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as now
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Role, User
from accounts.people import Standing
from accounts.roles import in_order, roles_given_by
from accounts.second_steps import SecondStepAdapter
from accounts.zones import zone_choices, zone_names
from organizations.models import Organization

INVITATION_PATH = "/invitations/"


class ZoneField(forms.ChoiceField):
    """A time zone of today to choose from; an older name that is stored already stays valid."""

    default_error_messages = {
        "invalid_choice": _("“%(value)s” is not a time zone. Choose one such as Europe/Amsterdam.")
    }

    def __init__(self, *, blank: Any = "", **options: Any) -> None:
        super().__init__(**options)
        self.choices = [("", blank), *zone_choices()] if blank else zone_choices()

    def valid_value(self, value: str) -> bool:
        return value in zone_names()

    def offer(self, stored: str) -> None:
        """Let a stored name that is not in the list be kept."""
        if stored and not super().valid_value(stored):
            self.choices = [*list(self.widget.choices), (stored, stored)]


class RangeInput(forms.NumberInput):
    input_type = "range"


class ActivateAuthenticatorForm(ActivateTOTPForm):  # type: ignore[misc]
    """Setting up an authenticator app. Its secret waits in the session for the first code, sealed like the stored ones.

    allauth reads and writes the session's text as it is: it is opened for that, and sealed before the session is kept.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        session, adapter = current.request.session, SecondStepAdapter()
        if SECRET_SESSION_KEY in session:
            session[SECRET_SESSION_KEY] = adapter.decrypt(session[SECRET_SESSION_KEY])
        super().__init__(*args, **options)
        session[SECRET_SESSION_KEY] = adapter.encrypt(self.secret)


class SignupForm(forms.Form):
    """What sign-up asks besides the email address and a password. Nobody who was invited needs an organization."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    organization = forms.CharField(
        label=_("Your organization"),
        max_length=120,
        help_text=_("It is made when you confirm your email address, with you as its admin."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    field_order = ["organization", "name", "email", "password1"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        request = current.request
        if request and (request.POST.get("next") or request.GET.get("next", "")).startswith(INVITATION_PATH):
            del self.fields["organization"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the person is made."""
        user.name = self.cleaned_data["name"]
        user.wished_organization = self.cleaned_data.get("organization", "")
        user.language = (get_language() or "en")[:2]
        user.save(update_fields=["name", "wished_organization", "language"])


class AcceptForm(forms.Form):
    """What an invited person who is new here says."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 8 characters, unlike your name and email, and not one that many people use."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.user.email, name=self.cleaned_data.get("name", "")))
        return password


class InviteForm(forms.Form):
    """An invitation by somebody, who may give certain roles only."""

    email = forms.EmailField(label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("As your organization knows them; they can change it when they join."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, by: Membership, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["roles"].choices = [(role.value, role.label) for role in roles_given_by(by)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Inviting a member again is no mistake when it gives a role; otherwise it would do nothing."""
        cleaned = super().clean() or {}
        if "email" in cleaned and "roles" in cleaned:
            address = User.objects.normalize_email(cleaned["email"])
            member = Membership.objects.joined().filter(user__email=address).first()
            if member and set(cleaned["roles"]) <= set(member.roles):
                self.add_error("email", now("%(name)s is a member with this role already.") % {"name": member.name})
        return cleaned


class RolesForm(forms.Form):
    """All the roles of one person."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )

    def clean_roles(self) -> list[str]:
        return in_order(self.cleaned_data["roles"])


class PeopleFilter(forms.Form):
    """Which people to list. A word that is no choice is ignored, as everywhere in an address bar."""

    ROLES = [
        ("", _("Everybody")),
        (Role.ADMIN.value, _("Admins")),
        (Role.STAFF.value, pgettext_lazy("people", "Staff")),
        (Role.MENTOR.value, _("Mentors")),
        (Role.LEARNER.value, _("Learners")),
    ]
    STANDINGS = [("", _("Joined or not")), (Standing.JOINED.value, _("Joined")), ("awaited", _("Not joined"))]

    q = forms.CharField(required=False, max_length=120)
    role = forms.ChoiceField(required=False, choices=ROLES)
    standing = forms.ChoiceField(required=False, choices=STANDINGS)

    def chosen(self) -> dict[str, str]:
        """The valid values, and `""` for the others."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    time_zone = ZoneField(
        label=_("Time zone"),
        required=False,
        blank=_("My organization's time zone"),
        help_text=_("Every time you see is on this clock."),
    )

    class Meta:
        model = User
        fields = ["name", "language", "time_zone"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}
        help_texts = {"name": _("Every organization you belong to shows it.")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].required = True
        self.fields["language"].choices = [("", _("My browser's language")), *User.Language.choices]  # type: ignore[attr-defined]
        self.fields["time_zone"].offer(self.instance.time_zone)  # type: ignore[attr-defined]


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new organization."""

    slug = forms.SlugField(
        label=_("Address"),
        max_length=40,
        required=False,
        help_text=_("The part of every link after /o/. Left empty, it is made from the name. It never changes."),
        validators=Organization._meta.get_field("slug").validators,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=User.Language.choices, help_text=_("For the first mail to people you invite.")
    )
    time_zone = ZoneField(label=_("Time zone"), help_text=_("For everybody who has not chosen their own."))

    class Meta:
        model = Organization
        fields = ["name", "slug", "language", "time_zone"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "organization"})}

    def validate_unique(self) -> None:
        """The domain function knows which addresses are taken, and by when."""


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an admin may change of the organization."""

    brand_hue = forms.IntegerField(
        label=_("Color"),
        min_value=0,
        max_value=359,
        help_text=_("One angle on the color wheel. Lightness is fixed, so that every choice can be read well."),
        error_messages={
            "min_value": _("Choose an angle from 0 to 359."),
            "max_value": _("Choose an angle from 0 to 359."),
            "invalid": _("Choose an angle from 0 to 359."),
        },
        widget=RangeInput,
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=User.Language.choices, help_text=_("For the first mail to people you invite.")
    )
    time_zone = ZoneField(label=_("Time zone"), help_text=_("For everybody who has not chosen their own."))

    class Meta:
        model = Organization
        fields = ["name", "brand_hue", "language", "time_zone"]

    def __init__(self, *args: Any, preview_url: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["brand_hue"].widget.attrs |= {
            "hx-get": preview_url,
            "hx-trigger": "input throttle:100ms",
            "hx-target": "#color-preview",
            "hx-swap": "innerHTML",
            "hx-sync": "this:replace",
        }
        self.fields["time_zone"].offer(self.instance.time_zone)  # type: ignore[attr-defined]
