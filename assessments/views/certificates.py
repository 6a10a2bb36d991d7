"""Certificates for who has them and for program staff: to look at, print, download, share, revoke and reissue."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from assessments import certificates as issuing
from assessments.badges import address
from assessments.certificate_pdf import pdf_of, words_of
from assessments.errors import AssessmentError
from assessments.forms import ReasonForm
from assessments.models import Certificate


@requires(Role.LEARNER)
@require_safe
def certificates(request: MemberRequest, organization: str) -> HttpResponse:
    """One's own, from every cohort."""
    own = Certificate.objects.filter(enrollment__learner=request.membership).for_page()
    return render(request, "assessments/certificates.html", {"certificates": own})


@requires(Role.LEARNER, Role.STAFF)
@require_safe
def certificate(request: MemberRequest, organization: str, pk: UUID) -> HttpResponse:
    return _page(request, _find(request, pk))


@requires(Role.LEARNER, Role.STAFF)
@require_safe
def certificate_pdf(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found = _find(request, pk)
    if not found.is_valid:
        raise Http404
    try:
        body = pdf_of(found, request.organization, at=timezone.now())
    except AssessmentError as error:
        messages.error(request, str(error))
        return redirect("assessments:certificate", organization, pk)
    response = HttpResponse(body, content_type="application/pdf")
    name = slugify(f"{found.title} {found.name}") or "certificate"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


@requires(Role.STAFF)
@require_POST
def revoke_certificate(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found, form = _find(request, pk), ReasonForm(request.POST)
    if form.is_valid():
        try:
            issuing.revoke_certificate(
                certificate=found, reason=form.cleaned_data["reason"], by=request.membership, at=timezone.now()
            )
        except AssessmentError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The certificate is revoked, and its public page says so."))
            return redirect("assessments:certificate", organization, pk)
    return _page(request, _find(request, pk), form=form)


@requires(Role.STAFF)
@require_POST
def reissue_certificate(request: MemberRequest, organization: str, pk: UUID) -> HttpResponseBase:
    found = _find(request, pk)
    try:
        fresh = issuing.reissue(certificate=found, by=request.membership, at=timezone.now())
    except AssessmentError as error:
        return _page(request, _find(request, pk), refusal=str(error))
    messages.success(request, _("A new certificate is issued to %(name)s.") % {"name": fresh.name})
    return redirect("assessments:certificate", organization, fresh.pk)


def _find(request: MemberRequest, pk: UUID) -> Certificate:
    """Staff see all, learners their own."""
    found = Certificate.objects.for_page().filter(pk=pk)
    if not request.membership.is_staff:
        found = found.filter(enrollment__learner=request.membership)
    one = found.first()
    if one is None:
        raise Http404
    return one


def _page(
    request: MemberRequest, found: Certificate, *, form: ReasonForm | None = None, refusal: str = ""
) -> HttpResponse:
    context = {
        "certificate": found,
        "words": words_of(found, request.organization),
        "public_address": address("verify", request.organization.slug, found.token),
        "is_own": found.enrollment.learner_id == request.membership.pk,
        "may_change": request.membership.is_staff,
        "has_other_name": found.name != found.enrollment.learner.name,
        "form": form or ReasonForm(),
        "refusal": refusal,
        "shell": "staff.html" if request.membership.is_staff else "learner.html",
    }
    return render(request, "assessments/certificate.html", context, status=422 if form is not None or refusal else 200)
