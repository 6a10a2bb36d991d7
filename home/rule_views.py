"""The table of reminder rules, for staff: what Gilde reminds of by itself, and the own moments of the
organization and of its cohorts."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from cohorts.models import Cohort
from cohorts.views.shared import cohort_named, heading
from notifications.errors import MessageError
from notifications.kinds import KINDS
from notifications.rules import RULES, RuleInForce, offsets, rules_in_force, set_offsets


class RulesForm(forms.Form):
    """One whole number for each rule, within its bounds."""

    def __init__(self, data: Any, *, rules: list[RuleInForce]) -> None:
        super().__init__(data)
        for row in rules:
            self.fields[row.rule.name] = forms.IntegerField(
                label=str(row.rule.what), min_value=row.rule.least, max_value=row.rule.most, initial=row.amount
            )


@requires(Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_rules(request: MemberRequest, organization: str) -> HttpResponse:
    own = offsets().own
    cohorts = Cohort.objects.filter(pk__in=own).order_by("-starts_on", "name") if own else []
    return _edit(request, reverse("home:rules", args=[organization]), {"cohorts": cohorts})


@requires(Role.STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_cohort_rules(request: MemberRequest, organization: str, cohort: str) -> HttpResponse:
    """The moments of one cohort: its own, and the organization's where it has none."""
    found = cohort_named(cohort)
    address = reverse("home:cohort_rules", args=[organization, found.slug])
    return _edit(request, address, heading(found, "messages"), group_id=found.pk)


def _edit(
    request: MemberRequest, address: str, context: dict[str, Any], *, group_id: UUID | None = None
) -> HttpResponse:
    in_force = rules_in_force(group_id)
    form = RulesForm(request.POST or None, rules=in_force)
    reset = request.POST.get("reset", "")
    amounts: dict[str, int | None] | None = {reset: None} if reset in RULES else None
    if amounts is None and request.method == "POST" and form.is_valid():
        amounts = form.cleaned_data
    if amounts is not None:
        try:
            count = set_offsets(amounts=amounts, by=request.user, now=timezone.now(), group_id=group_id)
        except MessageError as error:
            form.add_error(None, str(error))
        else:
            said = ngettext("%(count)s moment is changed.", "%(count)s moments are changed.", count)
            messages.success(request, said % {"count": count} if count else _("Nothing was changed."))
            return redirect(address)
    rows = [
        {"in_force": row, "field": form[row.rule.name], "mandatory": KINDS[row.rule.kind].mandatory} for row in in_force
    ]
    # A form without any field is no answer either.
    status = 422 if form.errors or request.method == "POST" else 200
    return render(request, "home/rules.html", {"form": form, "rows": rows, **context}, status=status)
