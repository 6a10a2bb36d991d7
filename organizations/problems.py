"""What went wrong, as problem details (RFC 9457) in the reader's language: the one place where the API answers errors.

docs/api.md lists them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError, connection, transaction
from django.http import Http404, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg.errors import ExclusionViolation, UniqueViolation
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError

from organizations.errors import DomainError

CONTENT_TYPE = "application/problem+json"
#: A tag URI (RFC 4151) names the kind of problem; there is nothing to fetch at it.
TYPE = "tag:gilde,2026:problem:"

Words = str | Promise
#: Per status: the code, the title, and the sentence for when nothing more exact is known.
KINDS: dict[int, tuple[str, Words, Words]] = {
    400: (
        "unreadable",
        _("The request could not be read"),
        _("The body is not valid JSON. Mend it, then send it again."),
    ),
    401: (
        "not_signed_in",
        _("Nobody is signed in"),
        _("Sign in, and send the session’s cookie with the request."),
    ),
    403: (
        "forbidden",
        _("This is not open to you"),
        _("Your role does not include this. Ask an administrator of your organization when you need it."),
    ),
    404: (
        "not_found",
        _("There is nothing at this address"),
        _("The link may be old or mistyped, or it belongs to an organization you are not a member of."),
    ),
    405: (
        "method_not_allowed",
        _("This method is not for this address"),
        _("Use one of the methods in the Allow header."),
    ),
    406: (
        "not_acceptable",
        _("Nothing but JSON is given out here"),
        _("Accept application/json."),
    ),
    409: (
        "conflict",
        _("Somebody else was first"),
        _("The same thing was changed at the same moment. Read it again, then try once more."),
    ),
    413: (
        "too_large",
        _("The request is too large"),
        _("Send less at once."),
    ),
    415: (
        "unsupported_media_type",
        _("Nothing but JSON is read here"),
        _("Send JSON, with the content type application/json."),
    ),
    422: (
        "invalid",
        _("That cannot be done"),
        _("Mend what “errors” names, then send it again."),
    ),
    429: (
        "throttled",
        _("Too many requests"),
        _("Wait as many seconds as the Retry-After header says, then go on."),
    ),
    500: (
        "server_error",
        _("Something broke on our side"),
        _("We could not finish what you asked, and it has been recorded. Try again in a few minutes."),
    ),
}

Errors = dict[str, list[dict[str, str]]]


def problem(
    status: int,
    *,
    code: str = "",
    detail: Words = "",
    errors: Errors | None = None,
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    """The answer for that status. `code` is stable, `detail` says what happened and what to do next."""
    usual_code, title, usual_detail = KINDS[status]
    body: dict[str, object] = {
        "type": TYPE + (code or usual_code),
        "title": str(title),
        "status": status,
        "detail": str(detail or usual_detail),
        "code": code or usual_code,
    }
    if errors is not None:
        body["errors"] = errors
    as_utf8 = {"ensure_ascii": False}
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE, headers=headers, json_dumps_params=as_utf8)


def handle(error: Exception, context: Any) -> JsonResponse | None:
    """The answer to what a view of the API raised, with all that it wrote undone; None for a fault of ours."""
    answer = _answer(error)
    if answer is not None and connection.in_atomic_block:
        # The framework answers inside the transaction, which would otherwise end well.
        transaction.set_rollback(True)
    return answer


def _answer(error: Exception) -> JsonResponse | None:
    match error:
        case DomainError():
            return problem(409 if error.is_conflict else 422, code=error.code, detail=str(error))
        case ValidationError():
            return problem(422, errors=dict(_by_field(error.get_full_details())))
        case APIException():
            return _told(error)
        case Http404():
            return problem(404)
        case PermissionDenied():
            return problem(403)
        case RequestDataTooBig():
            return problem(413)
        case IntegrityError() if isinstance(error.__cause__, UniqueViolation | ExclusionViolation):
            return problem(409)
    return None


def _told(error: APIException) -> JsonResponse:
    """The framework's refusals in our words; a code of our own comes with its own sentence."""
    wait = getattr(error, "wait", None)
    headers = {"Retry-After": str(round(wait))} if wait is not None else None
    detail = error.detail
    if isinstance(detail, ErrorDetail) and detail.code and detail.code != error.default_code:
        return problem(error.status_code, code=detail.code, detail=str(detail), headers=headers)
    return problem(error.status_code, headers=headers)


def _by_field(details: Any, name: str = "") -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The errors by the dotted name of their field; those of the whole request stand under `request`."""
    if isinstance(details, Mapping):
        for key, inner in details.items():
            whole = key == "non_field_errors"
            yield from _by_field(inner, name if whole else f"{name}.{key}".lstrip("."))
    else:
        yield name or "request", [{"code": str(one["code"]), "message": str(one["message"])} for one in details]
