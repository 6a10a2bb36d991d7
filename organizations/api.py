"""What every app's API is made of: how it reads and writes times, days, numbers and pages, and who is behind a request.

Sentences are ours, since those of the framework are half translated.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from io import BytesIO
from typing import IO, Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import ParseError, PermissionDenied
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

MISSING = {"required": _("Fill this in: it is missing."), "null": _("Fill this in: it is missing.")}
NO_DAY = _("Enter a day as year, month and day, such as 2026-11-23.")
NO_INSTANT = _("Enter an instant with its offset from UTC, such as 2026-12-09T09:30Z.")
NO_NUMBER = _("Enter a number with at most two decimals, such as 12.5.")


class Day(serializers.DateField):
    default_error_messages = {**MISSING, "invalid": NO_DAY, "datetime": NO_DAY}


class Instant(serializers.DateTimeField):
    """A time with its offset, in and out; always written in UTC."""

    default_error_messages = {**MISSING, "invalid": NO_INSTANT, "date": NO_INSTANT, "overflow": NO_INSTANT}

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

    def enforce_timezone(self, value: datetime) -> datetime:
        """A time without an offset would be guessed at, and somebody would come at the wrong hour."""
        if timezone.is_naive(value):
            self.fail("invalid")
        return super().enforce_timezone(value)


class Hours(serializers.DecimalField):
    """Hours as a number, in hundredths."""

    default_error_messages = {
        **MISSING,
        **dict.fromkeys(("invalid", "max_digits", "max_decimal_places", "max_whole_digits"), NO_NUMBER),
        "max_string_length": NO_NUMBER,
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=10, decimal_places=2, **options)

    def to_representation(self, value: float | Decimal) -> float:  # type: ignore[override]
        return round(float(value), 2)


class Flag(serializers.BooleanField):
    default_error_messages = {**MISSING, "invalid": _("Enter true or false.")}


class Text(serializers.CharField):
    default_error_messages = {
        **MISSING,
        "invalid": _("Enter text."),
        "blank": _("Fill this in: it is missing."),
        "max_length": _("Enter at most {max_length} characters."),
    }


class Body(serializers.Serializer[Any]):
    """What a request brings."""

    default_error_messages = {**MISSING, "invalid": _("Send one JSON object.")}


class JsonParser(JSONParser):
    """Reads no more than any other request may bring, nor deeper than Python can; the framework leaves both open."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        body = BytesIO(stream.body) if isinstance(stream, HttpRequest) else stream
        try:
            return super().parse(body, media_type, parser_context)
        except RecursionError:
            raise ParseError from None


class Session(SessionAuthentication):
    """The session of the pages; what changes something also needs the CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            sentence = _("Send the value of the csrftoken cookie in the X-CSRFToken header.")
            raise PermissionDenied(sentence, code="csrf_failed") from None


class Pages(PageNumberPagination):
    """`?page=2&page_size=100`, answered with `count`, `next`, `previous` and `results`."""

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100


def page_of(rows: QuerySet[Any] | Sequence[Any], request: Any, row: type[serializers.Serializer[Any]]) -> Response:
    """The page that the request asks for, each of its rows as the serializer writes it."""
    return page_written(rows, request, partial(rows_of, row))


def page_written(
    rows: QuerySet[Any, Any] | Sequence[Any], request: Any, write: Callable[[list[Any]], list[dict[str, Any]]]
) -> Response:
    """The page that the request asks for, its rows written out together."""
    pages = Pages()
    return pages.get_paginated_response(write(pages.paginate_queryset(rows, request) or []))


def rows_of(row: type[serializers.Serializer[Any]], objects: Iterable[Any]) -> list[dict[str, Any]]:
    """Each of the objects as the serializer writes it."""
    return [dict(each) for each in cast(Any, row)(objects, many=True).data]


def read(request: Any, body: type[Body], **context: Any) -> dict[str, Any]:
    """What the request brings, valid. Raises ValidationError."""
    data = request.data if request.data is not None else []  # for null the framework has a sentence of its own
    brought = body(data=data, context=context)
    brought.is_valid(raise_exception=True)
    return dict(brought.validated_data)
