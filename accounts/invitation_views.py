"""The page behind the link of an invitation, for people who may not be members of anything yet."""

import zoneinfo

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.errors import InvitationError
from accounts.forms import AcceptForm
from accounts.inviting import OpenInvitation, accept, accept_as_new, read_invitation
from accounts.models import Membership, Role


@never_cache
@sensitive_post_parameters("password")
def accept_invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Four readers: new here, signed in as the invited person, not signed in yet, or signed in as somebody else."""
    try:
        invitation = read_invitation(token=token, at=timezone.now())
        if request.user.is_authenticated and request.user.pk != invitation.user.pk:
            return _page(request, invitation, "somebody_else")
        if invitation.is_new:
            return _enter_as_new(request, invitation, token)
        if not request.user.is_authenticated:
            return _page(request, invitation, "sign_in")
        if request.method == "POST":
            membership = accept(token=token, user=request.user, at=timezone.now())
            _welcome(request, membership)
            return redirect("home:start", organization=membership.organization.slug)
    except InvitationError as error:
        return _closed(request, error)
    return _page(request, invitation, "accept")


def _enter_as_new(request: HttpRequest, invitation: OpenInvitation, token: str) -> HttpResponseBase:
    form = AcceptForm(request.POST or None, user=invitation.user, initial={"name": invitation.name})
    if request.method != "POST" or not form.is_valid():
        return _page(request, invitation, "new", form)
    language = (get_language() or "en")[:2]
    membership = accept_as_new(token=token, **form.cleaned_data, language=language, at=timezone.now())
    user = membership.user
    _welcome(request, membership)
    record_authentication(request, user, method="password", email=user.email)
    response: HttpResponseBase = perform_login(request, user, redirect_url=f"/o/{membership.organization.slug}/")
    return response


def _welcome(request: HttpRequest, membership: Membership) -> None:
    messages.success(
        request, _("You are a member of %(organization)s now.") % {"organization": membership.organization.name}
    )


def _page(
    request: HttpRequest, invitation: OpenInvitation, reader: str, form: AcceptForm | None = None
) -> HttpResponse:
    words = {role.value: str(role.label) for role in Role}
    context = {
        "invitation": invitation,
        "roles": ", ".join(words[role] for role in invitation.roles),
        "reader": reader,
        "zone": zoneinfo.ZoneInfo(getattr(request.user, "time_zone", "") or invitation.organization.time_zone),
        "form": form,
    }
    return render(request, "accounts/invitation.html", context, status=422 if form and form.errors else 200)


def _closed(request: HttpRequest, error: InvitationError) -> HttpResponse:
    status = {"unknown": 404, "not_yours": 403}.get(error.code, 410)
    return render(request, "accounts/invitation_closed.html", {"error": error}, status=status)
