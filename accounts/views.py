from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_request, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import addresses, inviting, organizing, people, profile, roles
from accounts.errors import AccountError
from accounts.forms import InviteForm, OrganizationForm, PeopleFilter, ProfileForm, RolesForm, SettingsForm
from accounts.gates import requires
from accounts.links import links_for
from accounts.middleware import THEMES, MemberRequest, PersonRequest
from accounts.models import Membership, Role, User
from notifications.addresses import refusal_of, trust_address
from organizations.models import Organization

YEAR = timedelta(days=365)
PEOPLE_PER_PAGE = 25


# -- one's own things --------------------------------------------------------------------------------------------------


@login_required
def list_organizations(request: PersonRequest) -> HttpResponse:
    words = {role.value: str(role.label) for role in Role}
    rows = [
        {"organization": membership.organization, "roles": ", ".join(words[role] for role in membership.roles)}
        for membership in organizing.memberships_of(request.user)
    ]
    return render(request, "accounts/organizations.html", {"rows": rows})


@login_required
def create_organization(request: PersonRequest) -> HttpResponse:
    form = OrganizationForm(
        request.POST or None,
        initial={"language": request.user.language or "en", "time_zone": request.user.time_zone or "Europe/Amsterdam"},
    )
    if request.method == "POST" and form.is_valid():
        try:
            organization = organizing.create_organization(
                admin=request.user, at=timezone.now(), **{name: form.cleaned_data[name] for name in form.fields}
            )
        except AccountError as error:
            form.add_error("slug" if error.code == "slug_taken" else None, str(error))
        else:
            messages.success(request, _("%(name)s is ready. Invite your people next.") % {"name": organization.name})
            return redirect("home:start", organization=organization.slug)
    return _form_page(request, "accounts/create_organization.html", form)


@login_required
def edit_profile(request: PersonRequest) -> HttpResponse:
    # A copy of the person: what is not saved does not show in the rest of the page.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        profile.change_profile(user=request.user, **form.cleaned_data)
        with override(request.user.language or get_language_from_request(request)):
            messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    return _form_page(request, "accounts/profile.html", form, refusals=addresses.refusals_of(user=request.user))


@login_required
@require_POST
def trust_own_address(request: PersonRequest) -> HttpResponse:
    if addresses.trust_everywhere(user=request.user):
        messages.success(request, _("Mail goes to %(address)s again.") % {"address": request.user.email})
    return redirect("accounts:profile")


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    language = profile.check_language(request.POST.get("language", ""))
    if request.user.is_authenticated:
        profile.choose_language(user=request.user, language=language)
    response = _back(request)
    _remember(response, settings.LANGUAGE_COOKIE_NAME, language)
    return response


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        raise AccountError("unknown_theme", _("There is a light and a dark theme. Choose one of the two."))
    response = _back(request)
    _remember(response, "theme", theme)
    return response


@require_POST
def set_shortcuts(request: HttpRequest) -> HttpResponse:
    """Keys without a modifier can be turned off (WCAG 2.1.4): speech input and switches may press them unmeant."""
    response = _back(request)
    _remember(response, "shortcuts", "off" if request.POST.get("shortcuts") == "off" else "on")
    return response


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, secure=settings.HTTPS, httponly=True, samesite="Lax")


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page the form stood on, if that is one of ours."""
    page = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(page if ours else "/")


# -- people ------------------------------------------------------------------------------------------------------------


@requires(Role.STAFF)
@require_safe
def list_people(request: MemberRequest, organization: str) -> HttpResponse:
    chosen = PeopleFilter(request.GET).chosen()
    found = Membership.objects.for_people().order_by("name", "pk")
    if chosen["q"]:
        found = found.matching(chosen["q"])
    if chosen["role"]:
        found = found.with_role(Role(chosen["role"]))
    if chosen["standing"]:
        found = found.joined() if chosen["standing"] == people.Standing.JOINED else found.awaited()
    page = Paginator(found, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    counts = people.count_by_role()
    context = {
        "page": page,
        "rows": people.describe(page.object_list, at=timezone.now()),
        "tabs": [{"role": role, "label": label, "count": counts[role]} for role, label in PeopleFilter.ROLES],
        "chosen": chosen,
        "standings": PeopleFilter.STANDINGS,
        "people_url": reverse("accounts:people", args=[organization]),
    }
    fragment = request.htmx.target == "people"
    response = render(request, "accounts/people_list.html" if fragment else "accounts/people.html", context)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


@requires(Role.STAFF)
def invite(request: MemberRequest, organization: str) -> HttpResponse:
    form = InviteForm(request.POST or None, by=request.membership)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = inviting.invite(**form.cleaned_data, by=request.membership, at=timezone.now())
        except AccountError as error:
            form.add_error(None, str(error))
        else:
            if invitation.accepted_at:
                text = _("%(name)s was a member already and has the new role now.")
            else:
                text = _("The invitation to %(name)s is on its way. It works for 14 days.")
            messages.success(request, text % {"name": invitation.membership.name})
            return redirect("accounts:people", organization=organization)
    return _form_page(request, "accounts/invite.html", form)


@requires(Role.STAFF)
@require_safe
def show_person(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    membership = _member(pk)
    form = RolesForm(initial={"roles": membership.roles}) if request.membership.is_admin else None
    return _person_page(request, membership, form)


@requires(Role.ADMIN)
@require_POST
def change_roles(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    membership = _member(pk)
    form = RolesForm(request.POST)
    if form.is_valid():
        try:
            roles.change_roles(membership=membership, roles=form.cleaned_data["roles"], by=request.membership)
        except AccountError as error:
            form.add_error("roles", str(error))
        else:
            messages.success(request, _("The roles of %(name)s are saved.") % {"name": membership.name})
            return redirect("accounts:person", organization=organization, pk=pk)
    return _person_page(request, membership, form)


@requires(Role.STAFF)
@require_POST
def resend(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    membership = _member(pk)
    inviting.resend(membership=membership, by=request.membership, at=timezone.now())
    text = _("A new invitation to %(name)s is on its way. The earlier link stops working.")
    messages.success(request, text % {"name": membership.name})
    return redirect("accounts:person", organization=organization, pk=pk)


@requires(Role.STAFF)
@require_POST
def revoke(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    membership = _member(pk)
    inviting.revoke(membership=membership, at=timezone.now())
    messages.success(request, _("The invitation to %(name)s is withdrawn.") % {"name": membership.name})
    return redirect("accounts:person", organization=organization, pk=pk)


@requires(Role.ADMIN)
@require_POST
def close_access(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    membership = roles.close_access(membership=_member(pk), by=request.membership)
    messages.success(request, _("%(name)s can no longer enter.") % {"name": membership.name})
    if membership.pk == request.membership.pk:
        return redirect("accounts:organizations")
    return redirect("accounts:person", organization=organization, pk=pk)


def _member(pk: UUID) -> Membership:
    return get_object_or_404(Membership.objects.for_people(), pk=pk)


@requires(Role.STAFF)
@require_POST
def trust_address_of(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    membership = _member(pk)
    if trust_address(person=membership.user):
        messages.success(request, _("Mail goes to %(address)s again.") % {"address": membership.user.email})
    return redirect("accounts:person", organization=organization, pk=pk)


def _person_page(request: MemberRequest, membership: Membership, form: RolesForm | None) -> HttpResponse:
    at = timezone.now()
    [person] = people.describe([membership], at=at)
    context = {
        "person": person,
        "invitations": membership.invitations.all(),
        "form": form,
        "may_invite": person.standing != people.Standing.JOINED,
        "may_withdraw": person.standing == people.Standing.INVITED,
        "links": links_for(membership, viewer=request.membership),
        "refusal": refusal_of(membership.user),
    }
    return render(request, "accounts/person.html", context, status=422 if form and form.errors else 200)


# -- the organization --------------------------------------------------------------------------------------------------


@requires(Role.ADMIN)
def edit_settings(request: MemberRequest, organization: str) -> HttpResponse:
    # A copy, so that a refused name does not show in the shell.
    form = SettingsForm(
        request.POST or None,
        instance=Organization.objects.get(pk=request.organization.pk),
        preview_url=reverse("accounts:preview_color", args=[organization]),
    )
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The settings are saved."))
        return redirect("accounts:settings", organization=organization)
    hue = _hue(form["brand_hue"].value())
    return _form_page(request, "accounts/settings.html", form, hue=hue, hues=range(0, 360, 10))


@requires(Role.ADMIN)
@require_safe
def preview_color(request: MemberRequest, organization: str) -> HttpResponse:
    return render(request, "accounts/color_preview.html", {"hue": _hue(request.GET.get("brand_hue"))})


def _hue(value: Any) -> int:
    """The hue to draw; whatever is no angle is drawn as the first."""
    try:
        hue: int = SettingsForm.base_fields["brand_hue"].clean(value)
    except ValidationError:
        return 0
    return hue


def _form_page(request: HttpRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
