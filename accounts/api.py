from collections.abc import Callable
from typing import Any, TypeVar

from django.http.response import HttpResponseBase
from rest_framework.decorators import api_view

from accounts.middleware import MemberRequest

V = TypeVar("V", bound=Callable[..., HttpResponseBase])


class ApiRequest(MemberRequest):
    """What a view of the API gets: REST framework's request, which passes on all that the middleware settled."""

    data: Any


def answers(*answered: str) -> Callable[[V], V]:
    """Make the function a view of the API. Stands above `@requires`, so that a refusal becomes problem details too."""
    methods: Any = [*answered, "HEAD"] if "GET" in answered else list(answered)

    def decorate(function: V) -> V:
        view: Any = api_view(methods)(function)
        view.cls.http_method_names = [name.lower() for name in methods]  # without OPTIONS, which shows our docstrings
        made: V = view
        return made

    return decorate
