"""Every kind of mail as it looks, for staff: both languages, as a page and as text."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role, User
from home.mail_samples import SAMPLES, sample_of
from notifications.framing import framed, with_frames
from notifications.kinds import KINDS, Kind
from notifications.unsubscribing import links_for_preview
from notifications.writing import Written, write
from organizations.models import Organization


@requires(Role.STAFF)
@require_safe
def preview_first(request: MemberRequest, organization: str) -> HttpResponse:
    return redirect("home:preview", organization=organization, kind=_shown()[0].name)


@requires(Role.STAFF)
@require_safe
def preview(request: MemberRequest, organization: str, kind: str) -> HttpResponse:
    """One kind with invented people, in both languages."""
    mails = [(code, name, _written(kind, request.organization, code)) for code, name in User.Language.choices]
    context = {"kind": KINDS[kind], "kinds": _shown(), "mails": mails}
    return with_frames(render(request, "home/preview.html", context))


@requires(Role.STAFF)
@require_safe
def preview_page(request: MemberRequest, organization: str, kind: str, language: str) -> HttpResponse:
    """The mail's own page, for the frame in the preview: it can do nothing, and no style but its own counts."""
    if language not in User.Language.values:
        raise Http404
    return framed(_written(kind, request.organization, language).html)


def _shown() -> list[Kind]:
    return [kind for kind in KINDS.values() if kind.name in SAMPLES]


def _written(kind: str, organization: Organization, language: str) -> Written:
    if kind not in SAMPLES or kind not in KINDS:
        raise Http404
    with translation.override(language):
        context = sample_of(kind, organization, now=timezone.now())
        leaving = None if KINDS[kind].mandatory else links_for_preview(organization)
        return write(kind, context, organization, leaving)
