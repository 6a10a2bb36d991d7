"""The access gates. Being a member is settled by the middleware (404 otherwise); these settle the role (403)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.http.response import HttpResponseBase

from accounts.middleware import MemberRequest
from accounts.models import Role

P = ParamSpec("P")
R = TypeVar("R", bound=MemberRequest)
View = Callable[Concatenate[R, P], HttpResponseBase]


def requires(*roles: Role) -> Callable[[View[R, P]], View[R, P]]:
    """Let in members who hold one of the roles; admins may do all that staff may. Everyone else gets 403.

    Without roles every member is let in. The role matrix test reads `gate` to find routes that nobody guards.
    """
    allowed = frozenset(roles) | ({Role.ADMIN} if Role.STAFF in roles else frozenset())

    def decorate(view: View[R, P]) -> View[R, P]:
        @wraps(view)
        def gated(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if allowed and not allowed & set(request.membership.roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        marked: Any = gated
        marked.gate = allowed
        return gated

    return decorate
