"""The organization's numbers as JSON; docs/api.md shows the address and docs/metrics.md what each number means."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response

from accounts.api import ApiRequest, answers
from accounts.gates import requires
from accounts.models import Role
from cohorts.models import Cohort
from outcomes.definitions import DEFINITIONS
from outcomes.forms import ScopeForm
from outcomes.measures import Measure
from outcomes.metrics import MEASURED, AsOf
from outcomes.models import DEFINITION_VERSION, TargetKey
from outcomes.targets import Goal, Targets, judge

#: What the address calls the fields of the form.
NAMES = {"on": "as_of"}
#: What a number counts that is no share between 0 and 1.
UNITS = {TargetKey.COMPLETION_YEARS: "years", TargetKey.SATISFACTION: "points", TargetKey.REPUTATION: "rank"}


@answers("GET")
@requires(Role.STAFF)
def metrics(request: ApiRequest, organization: str) -> Response:
    """Every number of the cohorts asked for, as of a day, from the events."""
    today = timezone.localdate(timezone.now(), ZoneInfo(request.organization.time_zone))
    form = ScopeForm(_asked(request.GET), cohorts=Cohort.objects.for_list(), today=today)
    if not form.is_valid():
        raise ValidationError(_refused(form))
    known, targets = AsOf(form.day), Targets(form.day)
    known.cohorts = {cohort.pk: cohort for cohort in form.cohorts.values()}
    measures = known.measures(form.scope)
    return Response(
        {
            "as_of": form.day.isoformat(),
            "definition": DEFINITION_VERSION,
            "cohort": form.cleaned_data["cohort"] or None,
            "metrics": [metric_row(measure, targets.goal(key, form.scope)) for key, measure in measures.items()],
            "not_measured": [
                {"key": key.value, "name": str(key.label), "missing": str(DEFINITIONS[key].missing)}
                for key in TargetKey
                if key not in MEASURED
            ],
        }
    )


def metric_row(measure: Measure, goal: Goal) -> dict[str, Any]:
    """One number with all that it rests on; a limit beyond every observation is null."""
    counts, found = measure.counts, judge(measure, goal)
    interval = {"low": measure.low, "high": measure.high, "confidence": 0.95, "method": measure.method}
    is_aimed = goal.is_on and goal.value is not None
    return {
        "key": TargetKey(measure.key).value,
        "name": str(TargetKey(measure.key).label),
        "unit": UNITS.get(TargetKey(measure.key), "share"),
        "value": measure.value,
        "interval": interval if measure.method else None,
        "numerator": counts.numerator,
        "denominator": counts.denominator,
        "excluded": counts.excluded,
        "pending": counts.pending,
        "unknown": counts.unknown,
        "bounds": None if measure.lowest is None else {"lowest": measure.lowest, "highest": measure.highest},
        "target": {"comparison": goal.comparison, "value": float(goal.value or 0)} if is_aimed else None,
        "verdict": found.value if found else None,
    }


def _asked(query: QueryDict) -> QueryDict:
    """The query by the names of the form's fields."""
    asked = query.copy()
    for field, name in NAMES.items():
        asked[field] = query.get(name, "")
    return asked


def _refused(form: ScopeForm) -> dict[str, list[ErrorDetail]]:
    return {
        NAMES.get(field, field): [
            ErrorDetail(message, error.code or "invalid") for error in errors for message in error.messages
        ]
        for field, errors in form.errors.as_data().items()
    }
