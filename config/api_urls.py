"""The JSON API of an organization, under `/o/<organization>/api/`; docs/api.md tells how to use it."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, re_path
from django.utils.translation import gettext as _
from django.views.defaults import bad_request as bad_request_page
from django.views.defaults import server_error as server_error_page
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.middleware import is_for_api, refusal
from assessments import api as assessments
from assessments import benchmark_api
from cohorts import api as cohorts
from mentoring import api as mentoring
from organizations.errors import DomainError
from organizations.problems import problem
from outcomes import api as outcomes


@api_view(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
def nothing(request: Request, /, organization: str) -> Response:
    """Every other address, which would get a page."""
    raise Http404


def server_error(request: HttpRequest) -> HttpResponse:
    """What broke says so in the form that was asked for."""
    return problem(500) if is_for_api(request) else server_error_page(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What is too much for one form says how much fits, in the reader's language; anything else is a plain 400."""
    if is_for_api(request):
        return problem(400)
    if isinstance(exception, TooManyFieldsSent):
        fields = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        text = _("A form holds %(fields)s fields at most, and this one had more. Remove rows or send it in parts.")
        return refusal(request, DomainError("too_many_fields", text % {"fields": fields}))
    if isinstance(exception, RequestDataTooBig):
        size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
        text = _("A form holds %(size)s MB at most, and this one was larger. Shorten it or send it in parts.")
        return refusal(request, DomainError("too_large", text % {"size": size}))
    return bad_request_page(request, exception)


app_name = "api"
urlpatterns = [
    path("cohorts/", cohorts.cohorts, name="cohorts"),
    path("cohorts/<slug:cohort>/", cohorts.cohort, name="cohort"),
    path("cohorts/<slug:cohort>/roster/", cohorts.roster, name="roster"),
    path("me/path/", cohorts.path, name="path"),
    path("me/path/topics/<uuid:pk>/", cohorts.mark_topic, name="mark_topic"),
    path("me/study-hours/", cohorts.log_study, name="log_study"),
    path("me/gates/", assessments.own_gates, name="own_gates"),
    path("learners/<uuid:pk>/gates/", assessments.gates, name="gates"),
    path("me/projects/", assessments.projects, name="projects"),
    path("projects/<uuid:pk>/submissions/", assessments.submit, name="submit"),
    path("projects/<uuid:pk>/draft/", assessments.draft, name="submission_draft"),
    path("submissions/<uuid:pk>/withdraw/", assessments.withdraw, name="withdraw"),
    path("reviews/", assessments.reviews, name="reviews"),
    path("projects/<uuid:pk>/benchmarks/", benchmark_api.benchmarks, name="benchmarks"),
    path("benchmarks/", benchmark_api.waiting, name="benchmark_reports"),
    path("benchmarks/<uuid:pk>/verdict/", benchmark_api.judge, name="judge_benchmark"),
    path("presentations/", assessments.presentations, name="presentations"),
    path("me/slots/", mentoring.slots, name="slots"),
    path("me/one-on-ones/", mentoring.book, name="book"),
    path("metrics/", outcomes.metrics, name="metrics"),
    path("surveys/", outcomes.surveys, name="surveys"),
    path("surveys/<uuid:pk>/", outcomes.survey, name="survey"),
    re_path("", nothing),
]
