"""The table of reminder rules, for staff: what Gilde reminds of by itself, and the organization's own moments."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.gates import requires
from accounts.middleware import MemberRequest
from accounts.models import Role
from notifications.errors import MessageError
from notifications.kinds import KINDS
from notifications.rules import RuleInForce, rules_in_force, set_offsets


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
    in_force = rules_in_force()
    form = RulesForm(request.POST or None, rules=in_force)
    if request.method == "POST" and form.is_valid():
        try:
            count = set_offsets(amounts=form.cleaned_data, by=request.user, now=timezone.now())
        except MessageError as error:
            form.add_error(None, str(error))
        else:
            said = ngettext("%(count)s moment is changed.", "%(count)s moments are changed.", count)
            messages.success(request, said % {"count": count} if count else _("Nothing was changed."))
            return redirect("home:rules", organization=organization)
    rows = [
        {"rule": row.rule, "own": row.own, "field": form[row.rule.name], "mandatory": KINDS[row.rule.kind].mandatory}
        for row in in_force
    ]
    # A form without any field is no answer either.
    status = 422 if form.errors or request.method == "POST" else 200
    return render(request, "home/rules.html", {"form": form, "rows": rows}, status=status)
